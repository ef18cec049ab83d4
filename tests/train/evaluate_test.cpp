// Evaluation on a test set: the mean over its images, whatever they are cut into.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/data/batch.hpp>
#include <fsconv/nn/gather_batch.hpp>
#include <fsconv/train/evaluate.hpp>
#include <limits>

using namespace fsconv;

namespace {

TiedAutoencoder<float> small_model() {
  const AutoencoderShape shape{
      .image_channels = 1, .image_size = {4, 5}, .convolutions = {{2, 3, 2}}, .latent = 2};
  return {shape, form_named<float>("im2col"), 1};
}

Tensor<std::uint8_t> noise(Index count) {
  Random random(4);
  Tensor<std::uint8_t> images({count, 1, 4, 5});
  for (auto& pixel : images) pixel = static_cast<std::uint8_t>(random.integer(0, 255));
  return images;
}

}  // namespace

TEST_CASE("evaluate: the mean over all images, those of the last piece too") {
  auto model = small_model();
  const Index count = 32 * images_per_block + 7;
  const auto images = noise(count);
  const std::vector<Index> order = natural_order(count);
  double sum = 0;
  for (std::size_t first = 0; first < order.size(); first += images_per_block) {
    const std::size_t taken = std::min<std::size_t>(images_per_block, order.size() - first);
    sum += BatchRunner(model, 1).loss(Loss::bce, images, std::span(order).subspan(first, taken));
  }
  // The blocks are the same, so each block's sum is; only additions of the blocks' sums may be ordered
  // otherwise.
  BatchRunner<float> runner(model, 1);
  const double rounding = static_cast<double>(count) * std::numeric_limits<double>::epsilon();
  CHECK(evaluate(runner, Loss::bce, images) ==
        Approx(sum / static_cast<double>(count)).epsilon(rounding).margin(0));
}

TEST_CASE("evaluate: the same bits on any number of threads") {
  auto model = small_model();
  const auto images = noise(1000);
  const auto on_threads = [&](int threads) {
    BatchRunner<float> runner(model, threads);
    return evaluate(runner, Loss::mse, images);
  };
  const double one = on_threads(1);
  CHECK(on_threads(2) == one);
  CHECK(on_threads(3) == one);
}

TEST_CASE("evaluate: samples are the first images and what the model makes of them") {
  auto model = small_model();
  const auto images = noise(5);
  BatchRunner<float> runner(model, 1);
  const Samples samples = sample_reconstructions(runner, Loss::bce, images, 3);
  CHECK(samples.originals == gather_batch<float>(images, natural_order(3)));
  CHECK(samples.reconstructions == runner.reconstruct(Loss::bce, images, natural_order(3)));
  CHECK(sample_reconstructions(runner, Loss::bce, images, 9).originals.shape() == Shape{5, 1, 4, 5});
}
