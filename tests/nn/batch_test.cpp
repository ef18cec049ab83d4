// A batch in blocks on threads: the same bits on any number of them, and the sum over its images.
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/data/batch.hpp>
#include <fsconv/nn/adam.hpp>
#include <fsconv/nn/batch.hpp>
#include <limits>

using namespace fsconv;

namespace {

const AutoencoderShape shape{
    .image_channels = 1, .image_size = {6, 5}, .convolutions = {{3, 3, 2}, {4, 3, 2}}, .latent = 3};

constexpr Index count = 5 * images_per_block + 3;  // the last block is not full

// Bright boxes of random place on black.
Tensor<std::uint8_t> boxes() {
  Random random(11);
  Tensor<std::uint8_t> images({count, 1, 6, 5});
  for (Index n = 0; n < count; ++n) {
    const Index top = random.integer(0, 3), left = random.integer(0, 2);
    for (Index y = top; y < top + 3; ++y)
      for (Index x = left; x < left + 3; ++x) images[(n * 6 + y) * 5 + x] = 191;
  }
  return images;
}

const std::vector<Index> all = natural_order(count);

std::vector<Index> only(Index n) { return {n}; }

}  // namespace

TEST_CASE("batch: the same bits on 1, 2, 3, 4 and 8 threads") {
  const std::string form = GENERATE("im2col", "batched");
  const auto images = boxes();
  TiedAutoencoder<float> one(shape, form_named<float>(form), 1);
  const double loss = BatchRunner(one, 1).gradient(Loss::bce, images, all);
  const double test_loss = BatchRunner(one, 1).loss(Loss::bce, images, all);
  const Tensor<float> pixels = BatchRunner(one, 1).reconstruct(Loss::bce, images, all);
  for (const int threads : {2, 3, 4, 8}) {
    TiedAutoencoder<float> many(shape, form_named<float>(form), 1);
    CHECK(BatchRunner(many, threads).gradient(Loss::bce, images, all) == loss);
    CHECK(BatchRunner(many, threads).loss(Loss::bce, images, all) == test_loss);
    CHECK(BatchRunner(many, threads).reconstruct(Loss::bce, images, all) == pixels);
    for (std::size_t at = 0; at < one.parameters().size(); ++at)
      CHECK(many.parameters()[at].gradient == one.parameters()[at].gradient);
  }
}

TEST_CASE("batch: the gradient is the mean over the images, the loss their sum") {
  const std::string form = GENERATE("gather", "batched");
  const auto images = boxes();
  TiedAutoencoder<double> model(shape, form_named<double>(form), 1);
  const double loss = BatchRunner(model, 2).gradient(Loss::mse, images, all);
  CHECK(BatchRunner(model, 2).loss(Loss::mse, images, all) == loss);

  double sum = 0;
  std::vector<Tensor<double>> means, magnitudes;
  for (const auto& parameter : model.parameters()) {
    means.emplace_back(parameter.value.shape());
    magnitudes.emplace_back(parameter.value.shape());
  }
  TiedAutoencoder<double> single(shape, form_named<double>(form), 1);
  for (Index n = 0; n < count; ++n) {
    sum += BatchRunner(single, 1).gradient(Loss::mse, images, only(n));
    for (std::size_t at = 0; at < means.size(); ++at)
      for (Index e = 0; e < means[at].size(); ++e) {
        means[at][e] += single.parameters()[at].gradient[e] / count;
        magnitudes[at][e] += std::abs(single.parameters()[at].gradient[e]) / count;
      }
  }
  // Each side adds `count` numbers of these magnitudes, each itself a sum of at most 200 products whose own
  // magnitudes may be larger by cancellation; 1e4 roundings cover that with room, and one image would be
  // 1/83.
  constexpr double rounding = 1e4 * std::numeric_limits<double>::epsilon();
  CHECK(loss == Approx(sum).epsilon(rounding));
  for (std::size_t at = 0; at < means.size(); ++at)
    for (Index e = 0; e < means[at].size(); ++e)
      CHECK(std::abs(model.parameters()[at].gradient[e] - means[at][e]) <=
            rounding * (magnitudes[at][e] + 1));
}

TEST_CASE("batch: reconstructions stand in the images' order") {
  const std::string form = GENERATE("gather", "batched");
  const auto images = boxes();
  TiedAutoencoder<double> model(shape, form_named<double>(form), 1);
  // A matrix product may add in another order for another number of images: fewer than 100 additions of
  // numbers of order one lead to a pixel. Different images differ by far more.
  constexpr double rounding = 100 * std::numeric_limits<double>::epsilon();
  REQUIRE(images[7] != images[17 * 30 + 7]);
  const Tensor<double> pixels = BatchRunner(model, 3).reconstruct(Loss::bce, images, all);
  for (const Index n : {Index{0}, Index{17}, count - 1}) {
    const Tensor<double> alone = BatchRunner(model, 1).reconstruct(Loss::bce, images, only(n));
    for (Index pixel = 0; pixel < 30; ++pixel)
      CHECK(std::abs(pixels[n * 30 + pixel] - alone[pixel]) < rounding);
  }
}

TEST_CASE("batch: the order names the images, and one that is not there is rejected") {
  const std::string form = GENERATE("gather", "batched");
  const auto images = boxes();
  // The same batch, copied together by hand; an image may come twice.
  const std::vector<Index> order = {70, 3, 3, 0, count - 1, 41};
  Tensor<std::uint8_t> copied({6, 1, 6, 5});
  for (Index n = 0; n < 6; ++n)
    std::copy_n(images.data() + order[static_cast<std::size_t>(n)] * 30, 30, copied.data() + n * 30);
  TiedAutoencoder<float> ours(shape, form_named<float>(form), 1), theirs(shape, form_named<float>(form), 1);
  BatchRunner<float> runner(ours, 2), other(theirs, 2);
  CHECK(runner.gradient(Loss::bce, images, order) == other.gradient(Loss::bce, copied, natural_order(6)));
  for (std::size_t at = 0; at < ours.parameters().size(); ++at)
    CHECK(ours.parameters()[at].gradient == theirs.parameters()[at].gradient);
  CHECK(runner.loss(Loss::mse, images, order) == other.loss(Loss::mse, copied, natural_order(6)));
  CHECK(runner.reconstruct(Loss::mse, images, order) ==
        other.reconstruct(Loss::mse, copied, natural_order(6)));
  CHECK(runner.loss(Loss::mse, images, order) != other.loss(Loss::mse, images, natural_order(6)));

  for (const Index wrong : {Index{-1}, count}) {
    CHECK_THROWS_AS(runner.gradient(Loss::bce, images, only(wrong)), InvalidArgument);
    CHECK_THROWS_AS(runner.loss(Loss::bce, images, only(wrong)), InvalidArgument);
    CHECK_THROWS_AS(runner.reconstruct(Loss::bce, images, only(wrong)), InvalidArgument);
  }
}

TEST_CASE("batch: training lowers the loss, tied and untied") {
  const std::string form = GENERATE("im2col", "batched");
  const auto images = boxes();
  for (const bool tied : {true, false}) {
    AutoencoderShape chosen = shape;
    chosen.tied = tied;
    TiedAutoencoder<float> model(chosen, form_named<float>(form), 1);
    Adam adam{.learning_rate = 0.01};
    const double before = BatchRunner(model, 2).loss(Loss::mse, images, all);
    for (int step = 0; step < 100; ++step) {
      BatchRunner(model, 2).gradient(Loss::mse, images, all);
      adam.step(model.parameters());
    }
    CHECK(BatchRunner(model, 2).loss(Loss::mse, images, all) < before / 2);
  }
}

TEST_CASE("batch: images of another size than the model's, or none, are refused by every form") {
  for (const char* form : {"batched", "gather"}) {
    INFO(form);
    TiedAutoencoder<float> model(shape, form_named<float>(form), 0);
    BatchRunner<float> runner(model, 2);
    const std::vector<Index> first = {0};
    for (const Shape& wrong : {Shape{2, 1, 5, 6}, Shape{2, 3, 6, 5}, Shape{2, 1, 60, 50}}) {
      const Tensor<std::uint8_t> images(wrong);
      CHECK_THROWS_AS(runner.gradient(Loss::bce, images, first), InvalidArgument);
      CHECK_THROWS_AS(runner.loss(Loss::bce, images, first), InvalidArgument);
      CHECK_THROWS_AS(runner.reconstruct(Loss::bce, images, first), InvalidArgument);
    }
    CHECK_THROWS_AS(runner.gradient(Loss::bce, boxes(), {}), InvalidArgument);
  }
}
