// A batch in blocks on threads: the same bits on any number of them, and the sum over its images.
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/nn/adam.hpp>
#include <fsconv/nn/batch.hpp>
#include <limits>

using namespace fsconv;

namespace {

const AutoencoderShape shape{
    .image_channels = 1, .image_size = {6, 5}, .convolutions = {{3, 3, 2}, {4, 3, 2}}, .latent = 3};

constexpr Index count = 5 * images_per_block + 3;  // the last block is not full

// Bright boxes of random place on black.
template <class T>
Tensor<T> boxes() {
  Random random(11);
  Tensor<T> images({count, 1, 6, 5});
  for (Index n = 0; n < count; ++n) {
    const Index top = random.integer(0, 3), left = random.integer(0, 2);
    for (Index y = top; y < top + 3; ++y)
      for (Index x = left; x < left + 3; ++x) images[(n * 6 + y) * 5 + x] = T(0.75);
  }
  return images;
}

template <class T>
Tensor<T> image(const Tensor<T>& images, Index n) {
  const T* first = images.data() + n * 30;
  return Tensor<T>({1, 1, 6, 5}, std::vector<T>(first, first + 30));
}

}  // namespace

TEST_CASE("batch: the same bits on 1, 2, 3 and 8 threads") {
  const std::string form = GENERATE("im2col", "batched");
  const auto images = boxes<float>();
  TiedAutoencoder<float> one(shape, form_named<float>(form), 1);
  const double loss = BatchRunner(one, 1).gradient(Loss::bce, images);
  const double test_loss = BatchRunner(one, 1).loss(Loss::bce, images);
  const Tensor<float> pixels = BatchRunner(one, 1).reconstruct(Loss::bce, images);
  for (const int threads : {2, 3, 8}) {
    TiedAutoencoder<float> many(shape, form_named<float>(form), 1);
    CHECK(BatchRunner(many, threads).gradient(Loss::bce, images) == loss);
    CHECK(BatchRunner(many, threads).loss(Loss::bce, images) == test_loss);
    CHECK(BatchRunner(many, threads).reconstruct(Loss::bce, images) == pixels);
    for (std::size_t at = 0; at < one.parameters().size(); ++at)
      CHECK(many.parameters()[at].gradient == one.parameters()[at].gradient);
  }
}

TEST_CASE("batch: the gradient is the mean over the images, the loss their sum") {
  const std::string form = GENERATE("gather", "batched");
  const auto images = boxes<double>();
  TiedAutoencoder<double> model(shape, form_named<double>(form), 1);
  const double loss = BatchRunner(model, 2).gradient(Loss::mse, images);
  CHECK(BatchRunner(model, 2).loss(Loss::mse, images) == loss);

  double sum = 0;
  std::vector<Tensor<double>> means, magnitudes;
  for (const auto& parameter : model.parameters()) {
    means.emplace_back(parameter.value.shape());
    magnitudes.emplace_back(parameter.value.shape());
  }
  TiedAutoencoder<double> single(shape, form_named<double>(form), 1);
  for (Index n = 0; n < count; ++n) {
    sum += BatchRunner(single, 1).gradient(Loss::mse, image(images, n));
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
  const auto images = boxes<double>();
  TiedAutoencoder<double> model(shape, form_named<double>(form), 1);
  // A matrix product may add in another order for another number of images: fewer than 100 additions of
  // numbers of order one lead to a pixel. Different images differ by far more.
  constexpr double rounding = 100 * std::numeric_limits<double>::epsilon();
  REQUIRE(std::abs(image(images, 0)[7] - image(images, 17)[7]) > 0.1);
  const Tensor<double> all = BatchRunner(model, 3).reconstruct(Loss::bce, images);
  for (const Index n : {Index{0}, Index{17}, count - 1})
    for (Index pixel = 0; pixel < 30; ++pixel)
      CHECK(std::abs(image(all, n)[pixel] -
                     BatchRunner(model, 1).reconstruct(Loss::bce, image(images, n))[pixel]) < rounding);
}

TEST_CASE("batch: training lowers the loss, tied and untied") {
  const std::string form = GENERATE("im2col", "batched");
  const auto images = boxes<float>();
  for (const bool tied : {true, false}) {
    AutoencoderShape chosen = shape;
    chosen.tied = tied;
    TiedAutoencoder<float> model(chosen, form_named<float>(form), 1);
    Adam adam{.learning_rate = 0.01};
    const double before = BatchRunner(model, 2).loss(Loss::mse, images);
    for (int step = 0; step < 100; ++step) {
      BatchRunner(model, 2).gradient(Loss::mse, images);
      adam.step(model.parameters());
    }
    CHECK(BatchRunner(model, 2).loss(Loss::mse, images) < before / 2);
  }
}
