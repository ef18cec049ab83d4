// Codes in use: each depends on its own image or number only, lines and traversals go through the codes they name, and
// what no model can decode is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/data/dataset.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/nn/parameter.hpp>
#include <fsconv/train/codes.hpp>
#include <fsconv/train/codes_file.hpp>
#include <limits>

#include "train/small_run.hpp"

using namespace fsconv;
using test::TemporaryFolder;

namespace {

TrainConfig config_of(ModelKind kind, Index latent) {
  TrainConfig config = test::small_config();
  config.model = kind;
  config.latent = latent;
  return config;
}

// An untrained model of 28 x 28 pixels.
TrainedRun run_of(ModelKind kind, Index latent = 5) {
  TrainedRun run{"run.h5", {.config = config_of(kind, latent), .model = {}, .parameters = {}}};
  run.trained.model = make_model(model_spec(run.trained.config, 1, {28, 28}));
  run.trained.parameters = initial_parameters<float>(run.trained.model, 3);
  return run;
}

ShownImages images_of(const TrainedRun& run, Index count) {
  return load_images(run, {.data = {}, .split = Split::train, .images = count, .binarise = {}, .seed = 7});
}

std::vector<float> row_of(const Tensor<float>& values, Index at) {
  const Index size = values.size() / values.shape()[0];
  return {values.begin() + at * size, values.begin() + (at + 1) * size};
}

// The field that an InvalidArgument names, or nothing where none is thrown.
template <class F>
std::string refused(F&& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.field();
  }
  return "";
}

}  // namespace

TEST_CASE("codes: their shape is a list of a linear layer's numbers, or a feature map") {
  CHECK(code_shape(run_of(ModelKind::vae).trained.model) == Shape{5});
  CHECK(code_axes(run_of(ModelKind::vae).trained.model) == std::vector<std::string>{"latent"});
  CHECK(code_shape(run_of(ModelKind::ae, 0).trained.model) == Shape{4, 7, 7});
  CHECK(code_size(run_of(ModelKind::ae, 0).trained.model) == 4 * 7 * 7);
  CHECK(code_axes(run_of(ModelKind::ae, 0).trained.model).size() == 3);
  // Of one pixel it still is one; files that have it as a list are read.
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae}) {
    TrainConfig config = config_of(kind, 0);
    config.channels = {4, 3};
    const Model model = make_model(model_spec(config, 1, {4, 4}));
    CHECK(code_shape(model) == Shape{3, 1, 1});
    CHECK(code_axes(model).size() == 3);
    const TemporaryFolder folder;
    write_array(folder.file("list.npy"), Tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6}), "f4");
    CHECK(read_codes(folder.file("list.npy"), model) == Tensor<float>({2, 3, 1, 1}, {1, 2, 3, 4, 5, 6}));
  }
}

TEST_CASE("codes: no bit depends on threads or on the images beside an image") {
  const TrainedRun run = run_of(ModelKind::vae);
  const ShownImages images = images_of(run, 70);
  Runner<float> one = make_runner(run, 1), three = make_runner(run, 3);
  const Codes<float> all = encode(one, images, natural_order(70));
  const Codes<float> on_three = encode(three, images, natural_order(70));
  CHECK(all.means == on_three.means);
  CHECK(all.log_variances == on_three.log_variances);
  CHECK(all.means.shape() == Shape{70, 5});
  const Tensor<float> pixels = decode(one, all.means);
  CHECK(pixels == decode(three, all.means));
  for (const Index image : {Index{0}, Index{37}, Index{69}}) {
    const Codes<float> alone = encode(one, images, std::vector<Index>{image});
    CHECK(alone.means.size() == 5);
    CHECK(row_of(alone.means, 0) == row_of(all.means, image));
    CHECK(row_of(decode(one, alone.means), 0) == row_of(pixels, image));
  }
}

TEST_CASE("codes: a reconstruction is the decoded code, beside the image as the model is shown it") {
  for (const auto kind : {ModelKind::ae, ModelKind::vae})
    for (const Index latent : {Index{0}, Index{5}}) {
      const TrainedRun run = run_of(kind, latent);
      const ShownImages images = images_of(run, 5);
      Runner<float> runner = make_runner(run, 2);
      const ImagePairs pairs = reconstruct(runner, images, natural_order(5));
      CHECK(pairs.reconstructions == decode(runner, encode(runner, images, natural_order(5)).means));
      CHECK((encode(runner, images, natural_order(5)).log_variances.size() > 0) == (kind == ModelKind::vae));
      bool is_shown = true;
      for (Index at = 0; at < pairs.originals.size(); ++at) {
        const float pixel = pairs.originals[at],
                    grey = static_cast<float>(images.images.in_place()[at]) / 255;
        is_shown = is_shown && (kind == ModelKind::vae ? pixel == 0 || pixel == 1
                                                       : pixel == grey);  // bernoulli: binarised
      }
      CHECK(is_shown);
    }
}

TEST_CASE(
    "codes: a sample of the prior is a function of seed and number, and the temperature its deviation") {
  const Model model = run_of(ModelKind::vae).trained.model;
  const Tensor<float> few = prior_codes(model, 3, 1, 11), many = prior_codes(model, 2000, 1, 11);
  for (Index at = 0; at < 3; ++at) CHECK(row_of(few, at) == row_of(many, at));
  CHECK_FALSE(row_of(few, 0) == row_of(few, 1));
  CHECK_FALSE(row_of(prior_codes(model, 1, 1, 12), 0) == row_of(few, 0));
  const Tensor<float> half = prior_codes(model, 3, 0.5, 11);
  for (Index at = 0; at < half.size(); ++at) CHECK(half[at] == few[at] / 2);
  for (const float number : prior_codes(model, 3, 0, 11)) CHECK(number == 0);
  // 10,000 normal numbers: their mean has deviation 0.01, their mean square 0.0142. Six deviations are the bounds.
  double sum = 0, squares = 0;
  for (const float number : many) {
    sum += static_cast<double>(number);
    squares += static_cast<double>(number) * static_cast<double>(number);
  }
  CHECK(std::abs(sum / 10'000) < 0.06);
  CHECK(std::abs(squares / 10'000 - 1) < 0.085);
}

TEST_CASE("codes: noise of the prior is apart from that of images") {
  // Were it not, sample n would be the very noise that image n is encoded with.
  const TrainedRun run = run_of(ModelKind::vae);
  const Tensor<float> samples = prior_codes(run.trained.model, 1, 1, 7);
  ShownImages images = images_of(run, 1);
  for (const Split split : {Split::train, Split::validation, Split::test, Split::other}) {
    images.split = split;
    std::vector<float> noise(5);
    noise_normals(images.batch(std::vector<Index>{0}).latents, 0, 0, noise.data(), 5);
    CHECK_FALSE(noise == row_of(samples, 0));
  }
}

TEST_CASE("codes: a line begins and ends at its codes and has equal steps") {
  const Model model = run_of(ModelKind::ae).trained.model;
  const Tensor<float> ends({2, 5}, {0, 1, -2, 0.1f, 3, 4, 1, 2, -0.7f, 1e-3f});
  const Tensor<float> line = interpolated_codes(model, ends, 5);
  CHECK(line.shape() == Shape{5, 5});
  CHECK(row_of(line, 0) == row_of(ends, 0));
  CHECK(row_of(line, 4) == row_of(ends, 1));
  CHECK(row_of(line, 1)[0] == 1);
  CHECK(row_of(line, 2)[2] == 0);
  CHECK(row_of(line, 3)[1] == 1);
  CHECK(equal_steps(-3, 3, 3) == std::vector<double>{-3, 0, 3});
}

TEST_CASE("codes: a traversal sets one number of a code and leaves the others") {
  const Model model = run_of(ModelKind::vae).trained.model;
  const Tensor<float> middle({1, 5}, {10, 11, 12, 13, 14});
  const Tensor<float> codes = traversed_codes(model, middle, {3, 0}, 2, 3);
  CHECK(codes.shape() == Shape{6, 5});
  CHECK(row_of(codes, 0) == std::vector<float>{10, 11, 12, -2, 14});
  CHECK(row_of(codes, 1) == std::vector<float>{10, 11, 12, 0, 14});
  CHECK(row_of(codes, 5) == std::vector<float>{2, 11, 12, 13, 14});
}

TEST_CASE("codes: what cannot be drawn, joined or traversed is refused before there is memory for it") {
  const Model vae = run_of(ModelKind::vae).trained.model, ae = run_of(ModelKind::ae).trained.model;
  const Tensor<float> middle({1, 5}), ends({2, 5});
  constexpr Index absurd = Index{1} << 60;
  CHECK(refused([&] { prior_codes(ae, 1, 1, 0); }) == "sample");
  CHECK(refused([&] { prior_codes(vae, 0, 1, 0); }) == "sample");
  CHECK(refused([&] { prior_codes(vae, absurd, 1, 0); }) == "sample");
  CHECK(refused([&] { prior_codes(vae, 1'000'000'000, 1, 0); }) == "sample");
  CHECK(refused([&] { prior_codes(vae, 1, -1, 0); }) == "temperature");
  CHECK(refused([&] { prior_codes(vae, 1, std::nan(""), 0); }) == "temperature");
  CHECK(refused([&] { interpolated_codes(ae, ends, 1); }) == "steps");
  CHECK(refused([&] { interpolated_codes(ae, ends, absurd); }) == "steps");
  CHECK(refused([&] { traversed_codes(vae, middle, {5}, 3, 3); }) == "traverse");
  CHECK(refused([&] { traversed_codes(vae, middle, {-1}, 3, 3); }) == "traverse");
  CHECK(refused([&] { traversed_codes(vae, middle, {0}, 0, 3); }) == "range");
  CHECK(refused([&] { traversed_codes(vae, middle, {0}, 3, 1); }) == "steps");
  CHECK(refused([&] { traversed_codes(vae, middle, {0, 1, 2}, 3, absurd); }) == "steps");
  CHECK(refused([&] { traversed_codes(vae, middle, {0}, 3, 3); }) == "");
}

TEST_CASE("codes: an array of another shape, empty, not finite or too large for a float is bad data") {
  const TemporaryFolder folder;
  const Model model = run_of(ModelKind::vae).trained.model;
  const auto is_bad = [&](const Tensor<double>& values) {
    write_array(folder.file("codes.npy"), values, "f8");
    try {
      read_codes(folder.file("codes.npy"), model);
    } catch (const BadData& error) {
      return std::string(error.what()).find("codes.npy") != std::string::npos;
    }
    return false;
  };
  CHECK_FALSE(is_bad(Tensor<double>({2, 5})));
  CHECK(is_bad(Tensor<double>({2, 4})));
  CHECK(is_bad(Tensor<double>({5})));
  CHECK(is_bad(Tensor<double>({2, 5, 1})));
  CHECK(is_bad(Tensor<double>({0, 5})));
  CHECK(is_bad(Tensor<double>({1, 5}, {0, 0, std::nan(""), 0, 0})));
  CHECK(is_bad(Tensor<double>({1, 5}, {0, 0, std::numeric_limits<double>::infinity(), 0, 0})));
  CHECK(is_bad(Tensor<double>({1, 5}, {0, 0, 1e300, 0, 0})));
  write_array(folder.file("codes.h5") + ":/mean", Tensor<float>({1, 5}, {1, 2, 3, 4, 5}), "f4");
  CHECK(read_codes(folder.file("codes.h5"), model) == Tensor<float>({1, 5}, {1, 2, 3, 4, 5}));
  CHECK(read_codes(folder.file("codes.h5") + ":/mean", model).size() == 5);
  CHECK_THROWS_AS(read_codes(folder.file("codes.h5") + ":/log_variance", model), BadData);
}

TEST_CASE("codes: images of a run are those it kept for that purpose") {
  TrainedRun run = run_of(ModelKind::ae);
  run.trained.config.validation = 30;
  const ShownImages trained = load_images(run, {.split = Split::train});
  const ShownImages validated = load_images(run, {.split = Split::validation});
  const ShownImages tested = load_images(run, {.split = Split::test});
  const ShownImages all = load_images(run, {.split = Split::other});
  CHECK(trained.images.shape() == Shape{70, 1, 28, 28});  // as many as small_config() trains on
  CHECK(validated.images.shape()[0] == 30);
  CHECK(tested.images.shape()[0] == 20);
  CHECK(all.images.shape()[0] == 7000);
  CHECK(all.labels.size() == 7000);
  const auto part = [](const ShownImages& images, Index first, Index count) {
    return images.images.part(first, count);
  };
  CHECK(part(all, 0, 70) == trained.images);
  CHECK(part(all, 6000 - 30, 30) == validated.images);
  CHECK(part(all, 6000, 20) == tested.images);
  CHECK(validated.labels == std::vector<std::uint8_t>(all.labels.begin() + 5970, all.labels.begin() + 6000));
  CHECK(load_images(run, {.split = Split::train, .images = 5970}).images.shape()[0] ==
        5970);  // never those kept apart
  CHECK(refused([&] { load_images(run, {.split = Split::train, .images = 5971}); }) == "images");
  CHECK(refused([&] { load_images(run, {.binarise = Binarise::none}); }) == "");
  CHECK(refused([&] { load_images(run_of(ModelKind::vae), {.binarise = Binarise::none}); }) == "binarise");
  run.trained.config.validation = 0;
  CHECK(refused([&] { load_images(run, {.split = Split::validation}); }) == "split");
  CHECK_THROWS_AS(load_images(run, {.data = "generated:32x32x1"}), BadData);
  CHECK_THROWS_AS(load_images(run, {.data = "generated:28x28x3"}), BadData);
}

TEST_CASE(
    "codes: a file of codes that was changed is refused, and one that fsconv itself has changed is not") {
  const TrainedRun run = run_of(ModelKind::vae);
  const ShownImages images = images_of(run, 3);
  Runner<float> runner = make_runner(run, 1);
  const Codes<float> codes = encode(runner, images, natural_order(3));
  const TemporaryFolder folder;
  const std::string file = folder.file("codes.h5");
  RunInfo info;
  info.kind = "encode";
  write_codes(file, info, run, images, codes);
  CHECK(read_codes(file, run.trained.model) == codes.means);
  Tensor<float> other = codes.means;
  other[4] = std::nextafter(other[4], 0.0f);
  {
    auto changed = hdf5::File::modify(file);
    changed.remove("/mean");
    changed.write("/mean", other, {.dimensions = {"image", "latent"}});
    changed.commit();
  }
  CHECK_THROWS_AS(read_codes(file, run.trained.model), BadData);
  CHECK_THROWS_WITH(read_codes(file, run.trained.model),
                    Catch::Matchers::Contains("codes.h5:/mean: is not what fsconv"));
  CHECK(read_array(file + ":/log_variance").values.size() == 15);
  write_array(file + ":/mean", other, "f4");
  CHECK(read_codes(file, run.trained.model) == other);
}

TEST_CASE("codes: decoded pictures and reconstructions are read back as they were written") {
  const TemporaryFolder folder;
  const TrainedRun run = run_of(ModelKind::vae);
  Runner<float> runner = make_runner(run, 1);
  const Tensor<float> four = prior_codes(run.trained.model, 4, 1, 5), two = leading(four, 2);
  const std::vector<Decoded> all = {
      {.axes = {{sample_axis, {0, 1, 2, 3}}}, .codes = four, .images = {}},
      {.axes = {{code_axis, {0, 1, 2, 3}}}, .codes = four, .images = {}},
      {.axes = {{line_axis, equal_steps(0, 1, 3)}},
       .codes = interpolated_codes(run.trained.model, two, 3),
       .images = {}},
      {.axes = {{number_axis, {0, 1}}, {value_axis, equal_steps(-2, 2, 5)}},
       .codes = traversed_codes(run.trained.model, leading(four, 1), {0, 1}, 2, 5),
       .images = {}}};
  const RunInfo info{.kind = "decode", .command_line = "fsconv decode", .start_time = now()};
  for (Decoded decoded : all) {
    INFO(decoded.axes[0].name);
    decoded.images = decode(runner, decoded.codes);
    write_decoded(folder.file("d.h5"), info, run, decoded, {});
    const Decoded back = read_decoded(hdf5::File::open(folder.file("d.h5")));
    REQUIRE(back.axes.size() == decoded.axes.size());
    for (std::size_t axis = 0; axis < back.axes.size(); ++axis) {
      CHECK(back.axes[axis].name == decoded.axes[axis].name);
      CHECK(back.axes[axis].values == decoded.axes[axis].values);
    }
    CHECK(back.images == decoded.images);
    CHECK(std::equal(back.codes.begin(), back.codes.end(), decoded.codes.begin(), decoded.codes.end()));
    CHECK(picture_of(back) == picture_of(decoded));
  }
  const ShownImages images = images_of(run, 5);
  const ImagePairs pairs = reconstruct(runner, images, natural_order(5));
  RunInfo other = info;
  other.kind = "reconstruct";
  write_reconstructions(folder.file("r.h5"), other, run, images, pairs, {});
  const ImagePairs back = read_reconstructions(hdf5::File::open(folder.file("r.h5")));
  CHECK(back.originals == pairs.originals);
  CHECK(back.reconstructions == pairs.reconstructions);
  CHECK(back.binarise == pairs.binarise);
  CHECK(back.binarise == Binarise::dynamic);
  CHECK_THROWS_AS(read_decoded(hdf5::File::open(folder.file("r.h5"))), BadData);
}
