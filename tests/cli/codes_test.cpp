// fsconv encode, decode and reconstruct: they agree with each other bit for bit, draws depend on the seed alone, and
// refusals.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/io/array_file.hpp>
#include <limits>

#include "cli/trained_runs.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

constexpr auto vae = "--model vae --latent 6";
constexpr auto map = "--latent 0";

// Width and height, as a PNG's header states them.
std::pair<std::uint32_t, std::uint32_t> png_size(const std::string& bytes) {
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t byte = 0; byte < 4; ++byte)
      value = value << 8 | static_cast<unsigned char>(bytes.at(at + byte));
    return value;
  };
  return {number(16), number(20)};
}

Tensor<double> row_of(const Tensor<double>& values, Index at) {
  Shape shape(values.shape().begin() + 1, values.shape().end());
  const Index size = element_count(shape);
  return {shape, std::vector<double>(values.begin() + at * size, values.begin() + (at + 1) * size)};
}

}  // namespace

TEST_CASE("cli codes: encode and decode make what reconstruct makes, bit for bit", "[slow]") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  folder.train("ae.h5", "--latent 6");
  folder.train("map.h5", map);
  for (const std::string run : {"vae.h5", "ae.h5", "map.h5"}) {
    INFO(run);
    folder.run("encode " + run + " --images 40 --output codes-" + run);
    folder.run("encode " + run + " --images 40 --output codes.npy");
    folder.run("decode " + run + " --codes codes-" + run + " --output decoded.npy");
    folder.run("decode " + run + " --codes codes.npy --output too.npy");
    folder.run("decode " + run + " --codes codes-" + run + ":/mean --output decoded-" + run);
    folder.run("reconstruct " + run + " --images 40 --output pairs.npy");
    folder.run("reconstruct " + run + " --images 40 --output pairs-" + run);
    CHECK(folder.bytes("decoded.npy") == folder.bytes("pairs.npy"));
    CHECK(folder.bytes("too.npy") == folder.bytes("pairs.npy"));
    CHECK(folder.read<float>("decoded-" + run, "/images") ==
          folder.read<float>("pairs-" + run, "/reconstructions"));
    CHECK(folder.read<float>("decoded-" + run, "/codes") == folder.read<float>("codes-" + run, "/mean"));
    CHECK(folder.read<float>("pairs-" + run, "/originals").shape() == Shape{40, 1, 28, 28});
    const hdf5::File file = hdf5::File::open(folder / ("codes-" + run));
    CHECK(file.exists("/log_variance") == (run == "vae.h5"));
    CHECK(file.shape("/label") == Shape{40});
    CHECK(file.shape("/mean") == (run == "map.h5" ? Shape{40, 8, 7, 7} : Shape{40, 6}));
    CHECK(file.string_attribute("/", "kind") == "encode");
    CHECK(file.string_attribute("/", "run") == run);
  }
  // A NumPy file of a vae says that it is not all.
  CHECK(folder.run("encode vae.h5 --output some.npy").find("without log-variances") != std::string::npos);
}

TEST_CASE("cli codes: encode says how codes follow the numbers that images were drawn from") {
  const TrainedFolder folder;
  folder.run(
      "train --data generated:16x16x3,factors --train-images 200 --test-images 40 --epochs 1 --channels 4,8 --latent 6 "
      "--output factors.h5");
  const nlohmann::json said = folder.json("encode factors.h5 --output codes.h5");
  for (const std::string factor : {"x", "y", "radius", "hue"}) {
    INFO(factor);
    CHECK(said.at("factors").at(factor).at("r2").is_number());
    CHECK(folder.read<float>("codes.h5", "/factor/" + factor).shape() == Shape{40});
  }
}

TEST_CASE("cli codes: the same bytes on one thread and on two", "[slow]") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  for (const std::string line :
       {"encode vae.h5 --output OUT.npy", "reconstruct vae.h5 --output OUT.png",
        "decode vae.h5 --sample 70 --output OUT.npy", "decode vae.h5 --sample 70 --output OUT.png",
        "decode vae.h5 --interpolate 3,9 --output OUT.npy",
        "decode vae.h5 --traverse 0,5 --image 2 --output OUT.npy"}) {
    const auto on_threads = [&](const std::string& threads) {
      std::string changed = line;
      changed.replace(changed.find("OUT"), 3, "out" + threads);
      folder.run(changed + " --threads " + threads);
      return folder.bytes("out" + threads + changed.substr(changed.size() - 4));
    };
    INFO(line);
    CHECK(on_threads("1") == on_threads("2"));
  }
}

TEST_CASE("cli codes: samples are a function of the seed and their number") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  const auto sample = [&](const std::string& name, const std::string& more) {
    folder.run("decode vae.h5 --output " + name + " --sample " + more);
    return folder.bytes(name);
  };
  const std::string first = sample("a.npy", "12");
  CHECK(sample("b.npy", "12") == first);
  CHECK(sample("c.npy", "12 --seed 0 --temperature 1") == first);
  CHECK_FALSE(sample("d.npy", "12 --seed 1") == first);
  CHECK_FALSE(sample("e.npy", "12 --temperature 0.5") == first);
  CHECK(sample("a.png", "12") == sample("b.png", "12"));
  sample("few.h5", "5");
  sample("many.h5", "12");
  sample("none.h5", "3 --temperature 0");
  const auto few = folder.read<double>("few.h5", "/images"), many = folder.read<double>("many.h5", "/images");
  for (Index at = 0; at < 5; ++at) CHECK(row_of(few, at) == row_of(many, at));
  CHECK_FALSE(row_of(many, 0) == row_of(many, 1));
  for (const double number : folder.read<double>("none.h5", "/codes")) CHECK(number == 0);
  bool in_range = true;
  for (const double pixel : many) in_range = in_range && 0 <= pixel && pixel <= 1;
  CHECK(in_range);
}

TEST_CASE("cli codes: a line goes from image to image, a traversal through the code of its image") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  folder.run("encode vae.h5 --output codes.h5");
  folder.run("reconstruct vae.h5 --images 40 --output pairs.h5");
  const auto codes = folder.read<double>("codes.h5", "/mean"),
             made = folder.read<double>("pairs.h5", "/reconstructions");

  folder.run("decode vae.h5 --interpolate 3,17 --steps 5 --output line.h5");
  const auto line = folder.read<double>("line.h5", "/images");
  CHECK(line.shape() == Shape{5, 1, 28, 28});
  CHECK(row_of(line, 0) == row_of(made, 3));
  CHECK(row_of(line, 4) == row_of(made, 17));
  CHECK(folder.read<double>("line.h5", "/fraction") == Tensor<double>({5}, {0, 0.25, 0.5, 0.75, 1}));

  folder.run("decode vae.h5 --traverse 4,0 --steps 3 --range 2 --image 7 --output around.h5");
  const auto around = folder.read<double>("around.h5", "/codes");
  REQUIRE(around.shape() == Shape{2, 3, 6});
  CHECK(folder.read<double>("around.h5", "/number") == Tensor<double>({2}, {4, 0}));
  CHECK(folder.read<double>("around.h5", "/value") == Tensor<double>({3}, {-2, 0, 2}));
  for (Index row = 0; row < 2; ++row)
    for (Index step = 0; step < 3; ++step)
      for (Index at = 0; at < 6; ++at) {
        const double wanted =
            at == (row == 0 ? 4 : 0) ? 2.0 * static_cast<double>(step - 1) : codes[7 * 6 + at];
        CHECK(around[(row * 3 + step) * 6 + at] == wanted);
      }
  folder.run("decode vae.h5 --traverse 1 --output middle.h5");  // around the prior's middle
  for (Index step = 0; step < 9; ++step) CHECK(folder.read<double>("middle.h5", "/codes")[step * 6] == 0);
}

TEST_CASE("cli codes: grids are as large as their images, labels and options make them") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  const auto size = [&](const std::string& line) {
    folder.run(line + " --output x.png");
    return png_size(folder.bytes("x.png"));
  };
  // Images of 28 x 28 at scale Z, a grey line between; a row label of one digit takes a strip of 5 + 2 * 2
  // pixels and a line, column labels one of 9 + 2 * 2 and a line.
  CHECK(size("decode vae.h5 --sample 10 --scale 1 --columns 5") == std::pair(5u * 29 - 1 + 10, 2u * 29 - 1));
  CHECK(size("decode vae.h5 --sample 10 --scale 1 --columns 50").second == 28);
  CHECK(size("decode vae.h5 --sample 9 --scale 2").second == 3u * 57 - 1);
  CHECK(size("decode vae.h5 --traverse 0,1,2 --steps 5 --scale 2").second == 3u * 57 - 1 + 14);
  CHECK(size("reconstruct vae.h5 --scale 1").second == 2u * 29 - 1);
  CHECK(size("reconstruct vae.h5 --images 20 --columns 8 --scale 1").second == 6u * 29 - 1);
}

TEST_CASE("cli codes: mistakes in encode are named, and nothing is written") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  put_content(folder / "images.h5", folder.bytes("vae.h5"));
  CHECK(
      first_unrefused(
          folder,
          {
              {"encode --output c.h5", 2, {"RUN", "missing"}},
              {"encode vae.h5", 2, {"output", "missing"}},
              {"encode vae.h5 --output c.png", 2, {"output", "c.png", ".h5", ".npy"}},
              {"encode vae.h5 --output c.h5:/mean", 2, {"output", "c.h5:/mean"}},
              {"encode vae.h5 --output vae.h5", 2, {"output", "vae.h5", "read"}},
              {"encode vae.h5 --output images.h5", 2, {"output", "images.h5", "fsconv train"}},
              {"encode vae.h5 --output none/c.h5", 5, {"none/c.h5"}},
              {"encode vae.h5 --output c.h5 --split all --images 7001", 2, {"images", "7001", "7000"}},
              {"encode vae.h5 --output c.h5 --split validation", 2, {"split", "kept no images"}},
              {"encode vae.h5 --output c.h5 --data generated:28x28x3", 4, {"28x28 pixels with 3", "vae.h5"}},
              {"encode vae.h5 --output c.h5 --data nothing.npy", 5, {"nothing.npy"}},
              {"encode vae.h5 --output c.h5 --binarise none", 2, {"binarise", "bernoulli"}},
              {"encode vae.h5 --output c.h5 --precision bf16", 2, {"--precision", "belongs to"}},
              {"encode missing.h5 --output c.h5", 5, {"missing.h5"}},
          }) == "");
}

TEST_CASE("cli codes: mistakes in decode are named, and nothing is written", "[slow]") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  folder.train("ae.h5", "--latent 6");
  folder.run("encode vae.h5 --output codes.h5");
  write_array(folder / "narrow.npy", Tensor<double>({3, 5}), "f8");
  write_array(folder / "flat.npy", Tensor<double>({6}), "f8");
  write_array(folder / "empty.npy", Tensor<double>({0, 6}), "f8");
  write_array(folder / "nan.npy", Tensor<double>({1, 6}, {0, 0, std::nan(""), 0, 0, 0}), "f8");
  write_array(folder / "huge.npy", Tensor<double>({1, 6}, {0, 0, 1e200, 0, 0, 0}), "f8");
  CHECK(first_unrefused(
            folder,
            {
                {"decode vae.h5 --output x.png", 2, {"--codes", "--sample", "--interpolate", "--traverse"}},
                {"decode vae.h5 --sample 3", 2, {"output", "missing"}},
                {"decode --sample 3 --output x.png", 2, {"RUN", "missing"}},
                {"decode vae.h5 --sample 3 --interpolate 0,1 --output x.png",
                 2,
                 {"interpolate", "contradicts --sample"}},
                {"decode vae.h5 --sample 3 --output x.txt", 2, {"output", "x.txt", ".png", ".npy", ".h5"}},
                {"decode vae.h5 --sample 0 --output x.png", 2, {"sample", "0"}},
                {"decode vae.h5 --sample 100000000000000 --output x.png", 2, {"sample", "memory"}},
                {"decode vae.h5 --sample 100000000000000 --output x.npy", 2, {"sample", "memory"}},
                {"decode vae.h5 --sample 3 --temperature -1 --output x.png", 2, {"temperature", "-1"}},
                {"decode vae.h5 --sample 3 --temperature nan --output x.png", 2, {"temperature", "nan"}},
                {"decode vae.h5 --sample 3 --steps 3 --output x.png", 2, {"steps", "--sample"}},
                {"decode vae.h5 --sample 3 --scale 2 --output x.npy", 2, {"scale", "FILE.png"}},
                {"decode vae.h5 --sample 3 --scale 0 --output x.png", 2, {"scale", "0"}},
                {"decode ae.h5 --sample 3 --output x.png", 2, {"sample", "variational", "--interpolate"}},
                {"decode ae.h5 --traverse 1 --output x.png", 2, {"image", "autoencoder", "--image"}},
                {"decode vae.h5 --codes narrow.npy --output x.png", 4, {"narrow.npy", "[3, 5]", "[N, 6]"}},
                {"decode vae.h5 --codes flat.npy --output x.png", 4, {"flat.npy", "[6]", "[N, 6]"}},
                {"decode vae.h5 --codes empty.npy --output x.png", 4, {"empty.npy", "no codes"}},
                {"decode vae.h5 --codes nan.npy --output x.png", 4, {"nan.npy", "nan", "[0, 2]"}},
                {"decode vae.h5 --codes huge.npy --output x.png", 4, {"huge.npy", "1e+200"}},
                {"decode vae.h5 --codes codes.h5:/label --output x.png", 4, {"codes.h5:/label"}},
                {"decode vae.h5 --codes codes.h5:/nothing --output x.png", 4, {"codes.h5", "/nothing"}},
                {"decode vae.h5 --codes missing.npy --output x.png", 5, {"missing.npy"}},
                {"decode vae.h5 --codes codes.png --output x.png", 2, {"codes.png"}},
                {"decode vae.h5 --codes codes.h5 --output codes.h5", 2, {"output", "codes.h5", "read"}},
                {"decode vae.h5 --codes codes.h5 --data generated --output x.png", 2, {"data", "--codes"}},
                {"decode vae.h5 --interpolate 0 --output x.png", 2, {"interpolate", "I,J"}},
                {"decode vae.h5 --interpolate 0,40 --output x.png", 2, {"interpolate", "40", "39"}},
                {"decode vae.h5 --interpolate 0,-1 --output x.png", 2, {"interpolate", "-1"}},
                {"decode vae.h5 --interpolate a,b --output x.png", 2, {"interpolate", "a"}},
                {"decode vae.h5 --interpolate 0,1 --steps 1 --output x.png", 2, {"steps", "1", "2"}},
                {"decode vae.h5 --interpolate 0,1 --steps 1000000000000 --output x.npy",
                 2,
                 {"steps", "memory"}},
                {"decode vae.h5 --traverse 1 --steps 1000000000000 --output x.npy", 2, {"steps", "memory"}},
                {"decode vae.h5 --interpolate 0,1 --data generated:30x28x1 --output x.png",
                 4,
                 {"30x28", "28x28"}},
                {"decode vae.h5 --traverse 6 --output x.png", 2, {"traverse", "6", "0 to 5"}},
                {"decode vae.h5 --traverse 1 --range 0 --output x.png", 2, {"range", "0"}},
                {"decode vae.h5 --traverse 1 --image 40 --output x.png", 2, {"image", "40", "39"}},
                {"decode vae.h5 --traverse 1 --split train --output x.png", 2, {"split", "--image"}},
                {"decode vae.h5 --sample 3 --output none/x.png", 5, {"none/x.png"}},
            }) == "");
}

TEST_CASE("cli codes: mistakes in reconstruct are named, and nothing is written") {
  const TrainedFolder folder;
  folder.train("vae.h5", vae);
  CHECK(first_unrefused(
            folder,
            {
                {"reconstruct --output x.png", 2, {"RUN", "missing"}},
                {"reconstruct vae.h5", 2, {"output", "missing"}},
                {"reconstruct vae.h5 --output x.jpg", 2, {"output", "x.jpg", ".png"}},
                {"reconstruct vae.h5 --output vae.h5", 2, {"output", "vae.h5", "read"}},
                {"reconstruct vae.h5 --output x.npy --columns 3", 2, {"columns", "FILE.png"}},
                {"reconstruct vae.h5 --output x.png --columns 0", 2, {"columns", "0"}},
                {"reconstruct vae.h5 --output x.png --scale 1000000", 2, {"scale", "1000"}},
                {"reconstruct vae.h5 --output x.png --images 1001", 2, {"images", "1001", "1000"}},
                {"reconstruct vae.h5 --output x.png --split validation", 2, {"split", "kept no images"}},
                {"reconstruct vae.h5 --output x.png --data generated:8x8x1", 4, {"8x8", "28x28"}},
                {"reconstruct vae.h5 --output none/x.png", 5, {"none/x.png"}},
                {"reconstruct vae.png --output x.png", 4, {"vae.png"}},
            }) == "");
}
