// fsconv apply: hand-computed results in every system's own layout, and properties over files.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/io/array_file.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

using Grid = std::vector<std::vector<double>>;

// code [[1, 2], [3, 4]], stride 2, two filters:  1 2 3      0 1 0
//                                                4 5 6  and 0 0 0
//                                                7 8 9      0 0 0
const std::vector<double> code = {1, 2, 3, 4};
const Grid filters = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 1, 0, 0, 0, 0, 0, 0, 0}};

// image[2*i + a][2*j + b] += code[i][j] * filter[a][b], by hand, one grid per filter
const std::vector<Grid> images = {{{1, 2, 5, 4, 6},  //
                                   {4, 5, 14, 10, 12},
                                   {10, 14, 36, 24, 30},
                                   {12, 15, 34, 20, 24},
                                   {21, 24, 55, 32, 36}},
                                  {{0, 1, 0, 2, 0},  //
                                   {0, 0, 0, 0, 0},
                                   {0, 3, 0, 4, 0},
                                   {0, 0, 0, 0, 0},
                                   {0, 0, 0, 0, 0}}};

// the same with both filters turned by 180 degrees, which is what Theano and JAX apply
const std::vector<Grid> turned_images = {{{9, 8, 25, 16, 14},  //
                                          {6, 5, 16, 10, 8},
                                          {30, 26, 64, 36, 30},
                                          {18, 15, 36, 20, 16},
                                          {9, 6, 15, 8, 4}},
                                         {{0, 0, 0, 0, 0},  //
                                          {0, 0, 0, 0, 0},
                                          {0, 1, 0, 2, 0},
                                          {0, 0, 0, 0, 0},
                                          {0, 3, 0, 4, 0}}};

// What a line prints as [N, C, H, W] or [N, H, W, C], rows and columns from `first` on.
std::vector<double> laid_out(const std::vector<Grid>& grids, bool channels_last, std::size_t first,
                             std::size_t size) {
  std::vector<double> values;
  const auto at = [&](std::size_t c, std::size_t row, std::size_t column) {
    values.push_back(grids[c][first + row][first + column]);
  };
  if (channels_last) {
    for (std::size_t row = 0; row < size; ++row)
      for (std::size_t column = 0; column < size; ++column)
        for (std::size_t c = 0; c < grids.size(); ++c) at(c, row, column);
  } else {
    for (std::size_t c = 0; c < grids.size(); ++c)
      for (std::size_t row = 0; row < size; ++row)
        for (std::size_t column = 0; column < size; ++column) at(c, row, column);
  }
  return values;
}

struct Sample {
  const char* settings;
  bool channels_last;
  bool turned;
  std::size_t first, size;  // the part of the 5x5 grids that comes out
};

const std::vector<Sample> samples = {
    {"--convention native --size 5,5", false, false, 0, 5},
    {"--convention pytorch", false, false, 0, 5},
    {"--convention pytorch --padding 1 --output-padding 1", false, false, 1, 4},
    {"--convention tensorflow --padding valid --size 5,5", true, false, 0, 5},
    // SAME puts the odd pixel of padding behind: nothing is cut in front
    {"--convention tensorflow --padding same --size 4,4", true, false, 0, 4},
    {"--convention tensorflow --padding same --size 3,3", true, false, 1, 3},
    {"--convention keras", true, false, 0, 5},
    {"--convention keras --padding same", true, false, 0, 4},
    {"--convention theano --size 5,5", false, true, 0, 5},
    {"--convention theano --padding half --size 4,4", false, true, 1, 4},
    {"--convention theano --padding half --size 4,4 --flip false", false, false, 1, 4},
    {"--convention onnx", false, false, 0, 5},
    {"--convention onnx --padding 1:0", false, false, 1, 4},
    {"--convention onnx --size 4,4 --padding same", false, false, 0, 4},
    {"--convention onnx --size 4,4 --padding same_lower", false, false, 1, 4},
    {"--convention jax --padding valid", true, true, 0, 5},
    {"--convention jax --padding valid --flip false", true, false, 0, 5},
};

bool is_jax(const Sample& sample) { return std::string(sample.settings).find("jax") != std::string::npos; }

void write_inputs(const ScratchFolder& folder, const Sample& sample) {
  const Shape code_shape = sample.channels_last ? Shape{1, 2, 2, 1} : Shape{1, 1, 2, 2};
  std::vector<double> weight;
  Shape weight_shape{1, 2, 3, 3};  // [code, image, kh, kw]
  if (sample.channels_last) {      // [kh, kw, image, code]; JAX's HWIO is [kh, kw, code, image]
    weight_shape = is_jax(sample) ? Shape{3, 3, 1, 2} : Shape{3, 3, 2, 1};
    for (std::size_t tap = 0; tap < 9; ++tap)
      for (const auto& filter : filters) weight.push_back(filter[tap]);
  } else {
    for (const auto& filter : filters) weight.insert(weight.end(), filter.begin(), filter.end());
  }
  write_array(folder / "code.npy", Tensor<double>(code_shape, code), "f8");
  write_array(folder / "weight.npy", Tensor<double>(weight_shape, weight), "f8");
}

Finished apply_line(const ScratchFolder& folder, const std::string& line) {
  const std::vector<std::string> arguments = words("apply " + line);
  Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  return finished;
}

double dot(const Tensor<double>& a, const Tensor<double>& b) {
  REQUIRE(a.shape() == b.shape());
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Integers from -3 to 3 that repeat after 7, 11 or 13 entries.
Tensor<double> integers(const Shape& shape, Index step, Index period) {
  Tensor<double> values(shape);
  for (Index at = 0; at < values.size(); ++at) values[at] = static_cast<double>(at * step % period % 7 - 3);
  return values;
}

}  // namespace

TEST_CASE("cli apply: conv_transpose computed by hand in every system's layout") {
  for (const Sample& sample : samples) {
    const ScratchFolder folder;
    write_inputs(folder, sample);
    INFO(sample.settings);
    apply_line(folder,
               std::string("--op conv_transpose --input code.npy --weight weight.npy --output image.npy "
                           "--stride 2 ") +
                   sample.settings);
    const Array image = read_array(folder / "image.npy");
    const auto size = static_cast<Index>(sample.size);
    CHECK(image.dtype == "f8");
    CHECK(image.values.shape() == (sample.channels_last ? Shape{1, size, size, 2} : Shape{1, 2, size, size}));
    const std::vector<double> expected =
        laid_out(sample.turned ? turned_images : images, sample.channels_last, sample.first, sample.size);
    CHECK(std::vector<double>(image.values.begin(), image.values.end()) == expected);
  }
}

TEST_CASE("cli apply: the hand-computed images of flipped and unflipped filters differ") {
  // Otherwise the test above could not tell a forgotten flip, nor a shift by one.
  CHECK(laid_out(images, false, 0, 5) != laid_out(turned_images, false, 0, 5));
  CHECK(laid_out(images, true, 0, 4) != laid_out(images, true, 1, 4));
}

TEST_CASE("cli apply: every form writes the same bits") {
  const ScratchFolder folder;
  write_inputs(folder, samples.front());
  const std::string line = "--op conv_transpose --input code.npy --weight weight.npy --stride 2 --size 5,5 ";
  apply_line(folder, line + "--output default.npy");
  for (const char* form :
       {"gather", "scatter", "zero_insertion", "polyphase", "matrix", "bilinear", "im2col", "batched"}) {
    INFO(form);
    apply_line(folder, line + "--output one.npy --form " + form);
    CHECK(content_of(folder / "one.npy") == content_of(folder / "default.npy"));
  }
}

TEST_CASE("cli apply: conv and conv_transpose of the same files are adjoint, and sizes come back") {
  struct Round {
    const char* settings;
    const char* back;  // what else the way back needs
    bool channels_last;
  };
  for (const Round& round : {Round{"--convention native --padding 1", "--size 7,6", false},
                             Round{"--convention pytorch --padding 1", "--size 7,6", false},
                             Round{"--convention pytorch --padding 1 --groups 2", "--size 7,6", false},
                             Round{"--convention tensorflow --padding same", "--size 7,6", true},
                             Round{"--convention theano --padding half", "--size 7,6", false},
                             Round{"--convention theano --padding full --groups 2", "--size 7,6", false},
                             Round{"--convention onnx --padding 1:1", "--output-padding 0,1", false},
                             Round{"--convention keras", "--output-padding 0,1", true}}) {
    const ScratchFolder folder;
    INFO(round.settings);
    const bool grouped = std::string(round.settings).find("groups") != std::string::npos;
    const Shape image_shape = round.channels_last ? Shape{2, 7, 6, 2} : Shape{2, 2, 7, 6};
    const Shape weight_shape = round.channels_last ? Shape{3, 3, 2, 4}
                               : grouped           ? Shape{4, 1, 3, 3}
                                                   : Shape{4, 2, 3, 3};
    const Tensor<double> x = integers(image_shape, 5, 13);
    write_array(folder / "x.npy", x, "f8");
    write_array(folder / "w.npy", integers(weight_shape, 3, 11), "f8");
    const std::string settings = std::string(" --weight w.npy --stride 2 ") + round.settings;
    apply_line(folder, "--op conv --input x.npy --output wx.npy" + settings);
    const Tensor<double> wx = read_array(folder / "wx.npy").values;
    const Tensor<double> y = integers(wx.shape(), 4, 17);
    write_array(folder / "data.h5:/y", y, "f8");
    apply_line(folder,
               "--op conv_transpose --input data.h5:/y --output data.h5:/wty" + settings + " " + round.back);
    const Tensor<double> wty = read_array(folder / "data.h5:/wty").values;
    CHECK(wty.shape() == image_shape);
    CHECK(dot(wx, y) != 0);
    CHECK(dot(wx, y) == dot(x, wty));                      // integers: exact
    CHECK(read_array(folder / "data.h5:/y").values == y);  // still there beside the result
  }
}

TEST_CASE("cli apply: weight_gradient by hand, in the layout of the weights") {
  // L = sum of gradient * conv(x): dL/dw[k] = sum_o gradient[o] * x[2*o + k], x = 1..5, gradient = (1, 10)
  const ScratchFolder folder;
  write_array(folder / "x.npy", Tensor<double>({1, 1, 5}, {1, 2, 3, 4, 5}), "f8");
  write_array(folder / "g.npy", Tensor<double>({1, 1, 2}, {1, 10}), "f8");
  const std::string line =
      "--op weight_gradient --input x.npy --output-gradient g.npy --kernel 3 --stride 2 --output w.npy";
  apply_line(folder, line);
  CHECK(read_array(folder / "w.npy").values == Tensor<double>({1, 1, 3}, {31, 42, 53}));
  // Theano, which has it in two dimensions: turned
  write_array(folder / "x.npy", Tensor<double>({1, 1, 1, 5}, {1, 2, 3, 4, 5}), "f8");
  write_array(folder / "g.npy", Tensor<double>({1, 1, 1, 2}, {1, 10}), "f8");
  apply_line(
      folder,
      "--op weight_gradient --input x.npy --output-gradient g.npy --kernel 1,3 --stride 1,2 --output w.npy "
      "--convention theano");
  CHECK(read_array(folder / "w.npy").values == Tensor<double>({1, 1, 1, 3}, {53, 42, 31}));
}

TEST_CASE("cli apply: bias is added to every pixel of its channel") {
  const ScratchFolder folder;
  write_inputs(folder, samples.front());
  write_array(folder / "bias.npy", Tensor<double>({2}, {100, -1}), "f8");
  apply_line(folder,
             "--op conv_transpose --input code.npy --weight weight.npy --stride 2 --size 5,5 --bias bias.npy "
             "--output image.npy");
  const Tensor<double> image = read_array(folder / "image.npy").values;
  const std::vector<double> without = laid_out(images, false, 0, 5);
  for (Index at = 0; at < 50; ++at)
    CHECK(image[at] == without[static_cast<std::size_t>(at)] + (at < 25 ? 100 : -1));
}

TEST_CASE("cli apply: f4 files stay f4, a mixture becomes f8, --json says which") {
  const ScratchFolder folder;
  write_array(folder / "x4.npy", Tensor<double>({1, 1, 3}, {1, 2, 3}), "f4");
  write_array(folder / "w4.npy", Tensor<double>({1, 1, 2}, {1, 1}), "f4");
  write_array(folder / "w8.npy", Tensor<double>({1, 1, 2}, {1, 1}), "f8");
  for (const auto& [weight, dtype] : {std::pair{"w4.npy", "f4"}, std::pair{"w8.npy", "f8"}}) {
    const Finished finished =
        apply_line(folder, fmt::format("--op conv --input x4.npy --weight {} --output y.npy --json", weight));
    const auto json = nlohmann::json::parse(finished.out);
    CHECK(json["dtype"] == dtype);
    CHECK(json["shape"] == nlohmann::json({1, 1, 2}));
    CHECK(json["output"] == "y.npy");
    CHECK(json["case"] == "ic1oc1i3o2k2");
    const Array y = read_array(folder / "y.npy");
    CHECK(y.dtype == dtype);
    CHECK(y.values == Tensor<double>({1, 1, 2}, {3, 5}));
    CHECK(finished.err == (dtype == std::string("f4")
                               ? ""
                               : "fsconv: input is f4, weight is f8: computed and written in f8\n"));
  }
}

TEST_CASE("cli apply: data formats, capitals and JAX's words reach the arrays") {
  const ScratchFolder folder;
  write_array(folder / "code.npy", Tensor<double>({1, 1, 2, 2}, code), "f8");
  std::vector<double> weight;  // [kh, kw, image, code]
  for (std::size_t tap = 0; tap < 9; ++tap)
    for (const auto& filter : filters) weight.push_back(filter[tap]);
  write_array(folder / "weight.npy", Tensor<double>({3, 3, 2, 1}, weight), "f8");
  const std::string line =
      "--op conv_transpose --input code.npy --weight weight.npy --output image.npy --stride 2 ";
  for (const char* words :
       {"--convention tensorflow --data-format NCHW --padding VALID --size 1,2,5,5",
        "--convention keras --data-format channels_first --padding Valid",
        "--convention jax --data-format NCHW --padding VALID --transpose-kernel true",
        "--convention jax --data-format NCHW,HWIO,NCHW --padding 2:2,2:2 --transpose-kernel true",
        "--convention jax --data-format NCHW --padding 0:0,0:0 --transpose-kernel true "
        "--use-consistent-padding true",
        "--convention native --data-format NCHW,HWIO --padding valid --size 5,5"}) {
    INFO(words);
    apply_line(folder, line + words);
    const Tensor<double> image = read_array(folder / "image.npy").values;
    CHECK(image == Tensor<double>({1, 2, 5, 5}, laid_out(images, false, 0, 5)));
  }
}

TEST_CASE("cli apply: what an operation does not read is refused, not ignored") {
  const ScratchFolder folder;
  write_inputs(folder, samples.front());
  const std::string files = " --input code.npy --output o.npy ";
  for (const char* line :
       {"--op conv --weight weight.npy --kernel 7", "--op conv --weight weight.npy --output-gradient g.npy",
        "--op conv_transpose --weight weight.npy --kernel 3",
        "--op weight_gradient --output-gradient code.npy --kernel 1 --bias weight.npy",
        "--op weight_gradient --output-gradient code.npy --kernel 1 --weight none.npy"}) {
    const Finished finished = run_fsconv(words("apply " + files + line), folder.path());
    INFO(line << "\n" << finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find("would have no effect") != std::string::npos);
  }
}

TEST_CASE("cli apply: its help names every form") {
  const Finished help = run_fsconv({"apply", "--help"}, ".");
  for (const Form<float>& form : forms<float>()) CHECK(help.out.find(form.name) != std::string::npos);
}

TEST_CASE("cli shape: a fractional stride shows what each reading of it gives") {
  const Finished finished =
      run_fsconv(words("shape --input-size 14 --kernel 4 --stride 1/2 --padding 1"), ".");
  REQUIRE(finished.exit_code == 0);
  CHECK(finished.out.find("conv_transpose  1 x 14 -> 1 x 8") != std::string::npos);
  CHECK(finished.out.find("--op conv --stride 1/2    14 -> 26") != std::string::npos);
  CHECK(finished.out.find("--stride 2                14 -> 28") != std::string::npos);
  const Finished said =
      run_fsconv(words("shape --op conv --input-size 14 --kernel 4 --stride 1/2 --padding 1"), ".");
  CHECK(said.out.find("perhaps") == std::string::npos);
}

TEST_CASE("cli shape: where ONNX Runtime and ONNX's text part, both are said") {
  const std::string line = "--input-size 3 --kernel 3 --stride 4 --size 13";
  const auto pad = [&](const std::string& convention) {
    const Finished finished = run_fsconv(words("shape --json --convention " + convention + " " + line), ".");
    return nlohmann::json::parse(finished.out)["axes"][0]["pad_begin"];
  };
  CHECK(pad("onnx") == 0);
  CHECK(pad("onnx-reference") == -1);
  const Finished finished = run_fsconv(words("shape --convention onnx " + line), ".");
  CHECK(finished.out.find("onnx-reference") != std::string::npos);
  const Finished agreed =
      run_fsconv(words("shape --convention onnx --input-size 3 --kernel 3 --stride 2 --size 6"), ".");
  CHECK(agreed.out.find("onnx-reference") == std::string::npos);
}

TEST_CASE("cli shape: no line is longer than a page") {
  for (const char* line : {"--input-size 14,14 --kernel 4 --stride 2 --padding 1 --channels 16,32",
                           "--case g2ic4oc6i9x7x8o4x3x3k4x3x2s2/3d2p1",
                           "--stack c32k4s2p1,c64k3s2p1,c128k5s3/2d2 --input-size 129,129 --channels 3",
                           "--convention onnx --input-size 3 --kernel 3 --stride 4 --size 13"}) {
    const Finished finished = run_fsconv(words(std::string("shape ") + line), ".");
    REQUIRE(finished.exit_code == 0);
    for (std::size_t begin = 0; begin < finished.out.size();) {
      const std::size_t end = finished.out.find('\n', begin);
      INFO(finished.out.substr(begin, end - begin));
      CHECK(end - begin <= 80);
      begin = end + 1;
    }
  }
}

TEST_CASE("cli apply: an output that names no place is refused before anything is read") {
  const ScratchFolder folder;
  for (const char* output : {"/dev/null", "y.txt", "y.h5", "y.h5:/"}) {
    const Finished finished = run_fsconv(
        {"apply", "--op", "conv", "--input", "none.npy", "--weight", "none.npy", "--output", output},
        folder.path());
    INFO(finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find("names no place for an array") != std::string::npos);
  }
}

TEST_CASE("cli apply: a fixed filter needs no file, and says what it does to borders") {
  const ScratchFolder folder;
  write_array(folder / "ones.npy", Tensor<float>({1, 1, 3}, {1, 1, 1}), "f4");
  const Finished up =
      apply_line(folder, "--op conv_transpose --input ones.npy --weight bilinear:2 -o up.npy");
  CHECK(up.err.find("bilinear:2: outside the input there are zeros") != std::string::npos);
  CHECK(up.err.find("as little as 0.75") != std::string::npos);
  const Array image = read_array(folder / "up.npy");
  CHECK(image.dtype == "f4");
  CHECK(image.values == Tensor<double>({1, 1, 6}, {0.75, 1, 1, 1, 1, 0.75}));
  // In every system's words, and back.
  for (const char* convention : {"pytorch", "onnx", "onnx-reference", "native"}) {
    apply_line(
        folder,
        fmt::format("--op conv_transpose --input ones.npy --weight bilinear:2 -o up.npy --convention {}",
                    convention));
    CHECK(read_array(folder / "up.npy").values == image.values);
  }
  const Finished down = apply_line(folder, "--op conv --input up.npy --weight nearest:2 -o down.npy");
  CHECK(down.err.find("sum to 2") != std::string::npos);
  CHECK(read_array(folder / "down.npy").values == Tensor<double>({1, 1, 3}, {1.75, 2, 1.75}));
  // An array may have the name of a filter; its place says that it is one.
  write_array(folder / "bilinear:2.npy", Tensor<double>({1, 1, 1}, {5}), "f8");
  apply_line(folder, "--op conv --input ones.npy --weight ./bilinear:2.npy -o five.npy");
  CHECK(read_array(folder / "five.npy").values == Tensor<double>({1, 1, 3}, {5, 5, 5}));
  const std::string line = "apply --op conv_transpose --input ones.npy --output o.npy --weight ";
  struct Refused {
    const char* words;
    const char* says;
  };
  for (const Refused& one : {Refused{"bilinear", "lacks its factor"},
                             {"bilinear:0", "no factor"},
                             {"bilinear:1/2", "--op conv"},
                             {"bilinear:2.npy", "./bilinear:2.npy"},
                             {"bilinear:2 --stride 2", "stride: would have no effect"},
                             {"bilinear:2 --stride 1", "stride: would have no effect"},
                             {"bilinear:2 --flip true", "flip: would have"},
                             {"bilinear:2 --dilation 1", "dilation: would have"},
                             {"bilinear:2,2", "input: has 3 axes"},
                             {"bilinear:2 --groups 2", "groups"},
                             {"bilinear:2 --size 99", "legal sizes"},
                             {"bilinear:3/2 --convention pytorch", "no rational stride"}}) {
    const std::vector<std::string> arguments = words(line + one.words);
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.error_lines() <= 2);
    CHECK(finished.err.find(one.says) != std::string::npos);
  }
}
