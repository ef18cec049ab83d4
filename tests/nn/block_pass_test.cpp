// The autoencoder on the engine against the same model run plainly, layer by layer, in double precision.
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/nn/batch.hpp>

using namespace fsconv;

namespace {

// Odd sizes, channels that fill no vector, dilation-free strides that do not divide them, a batch with a
// rest.
AutoencoderShape odd_shape(bool tied) {
  return {.image_channels = 3,
          .image_size = {9, 7},
          .convolutions = {{5, 3, 2}, {17, 2, 1, 0}, {33, 3, 2}},
          .latent = 3,
          .tied = tied};
}

template <class T>
Tensor<T> noise(Index count) {
  Random random(3);
  Tensor<T> images({count, 3, 9, 7});
  for (T& pixel : images) pixel = static_cast<T>(random.uniform());
  return images;
}

template <class T>
TiedAutoencoder<T> random_model(const char* form, bool tied) {
  TiedAutoencoder<T> model(odd_shape(tied), form_named<T>(form), 1);
  Random random(2);
  for (auto& parameter : model.parameters())
    for (T& value : parameter.value) value = static_cast<T>(random.uniform() - 0.5);
  return model;
}

// The largest difference of two gradients as a fraction of the largest derivative of the same parameter.
template <class A, class B>
double worst_difference(const Parameters<A>& ours, const Parameters<B>& theirs) {
  double worst = 0;
  for (std::size_t at = 0; at < ours.size(); ++at) {
    double scale = 0, difference = 0;
    for (Index e = 0; e < ours[at].gradient.size(); ++e) {
      const auto a = static_cast<double>(ours[at].gradient[e]),
                 b = static_cast<double>(theirs[at].gradient[e]);
      scale = std::max(scale, std::abs(b));
      difference = std::max(difference, std::abs(a - b));
    }
    REQUIRE(scale > 0);
    worst = std::max(worst, difference / scale);
  }
  return worst;
}

}  // namespace

TEST_CASE("block_pass: loss, gradient and pixels are those of the plain model") {
  const bool tied = GENERATE(true, false);
  const Loss loss = GENERATE(Loss::bce, Loss::mse);
  const Index count = GENERATE(Index{1}, Index{32}, Index{75});
  CAPTURE(tied, name(loss), count);
  const auto images = noise<double>(count);
  auto plain = random_model<double>("gather", tied), fast = random_model<double>("batched", tied);
  BatchRunner<double> plain_runner(plain, 2), fast_runner(fast, 2);
  // A derivative sums fewer than 75*63*33*9*17 = 2.4e7 products; rounding grows with the root of that at
  // worst here.
  constexpr double rounding = 1e-11;
  CHECK(fast_runner.gradient(loss, images) == Approx(plain_runner.gradient(loss, images)).epsilon(rounding));
  CHECK(worst_difference(fast.parameters(), plain.parameters()) < rounding);
  CHECK(fast_runner.loss(loss, images) == Approx(plain_runner.loss(loss, images)).epsilon(rounding));
  const auto ours = fast_runner.reconstruct(loss, images), theirs = plain_runner.reconstruct(loss, images);
  for (Index at = 0; at < ours.size(); ++at) CHECK(std::abs(ours[at] - theirs[at]) < rounding);
}

TEST_CASE("block_pass: the gradient in float is that in double to 1e-5") {
  const auto images = noise<double>(64);
  auto exact = random_model<double>("gather", true);
  auto fast = random_model<float>("batched", true);
  for (std::size_t at = 0; at < fast.parameters().size(); ++at)
    exact.parameters()[at].value = cast<double>(fast.parameters()[at].value);
  BatchRunner<double>(exact, 2).gradient(Loss::bce, cast<double>(cast<float>(images)));
  BatchRunner<float>(fast, 2).gradient(Loss::bce, cast<float>(images));
  CHECK(worst_difference(fast.parameters(), exact.parameters()) < 1e-5);
}

TEST_CASE("block_pass: numbers that changed between batches are seen") {
  const auto images = noise<double>(40);
  auto plain = random_model<double>("gather", true), fast = random_model<double>("batched", true);
  BatchRunner<double> plain_runner(plain, 1), fast_runner(fast, 1);
  fast_runner.gradient(Loss::mse, images);
  for (auto* model : {&plain, &fast})
    for (auto& parameter : model->parameters())
      for (double& value : parameter.value) value *= -1.5;
  CHECK(fast_runner.loss(Loss::mse, images) == Approx(plain_runner.loss(Loss::mse, images)).epsilon(1e-11));
  // And a gradient replaces the one before.
  plain_runner.gradient(Loss::mse, images);
  fast_runner.gradient(Loss::mse, images);
  CHECK(worst_difference(fast.parameters(), plain.parameters()) < 1e-11);
}

TEST_CASE("block_pass: a batch of more blocks than are added at once") {
  const auto images = noise<double>(32 * 9 + 5);  // one thread adds four at a time
  auto plain = random_model<double>("gather", true), fast = random_model<double>("batched", true);
  BatchRunner<double>(plain, 1).gradient(Loss::bce, images);
  BatchRunner<double>(fast, 1).gradient(Loss::bce, images);
  CHECK(worst_difference(fast.parameters(), plain.parameters()) < 1e-11);
}

TEST_CASE("block_pass: an error in the engine's place would be seen") {
  const auto images = noise<double>(5);
  auto plain = random_model<double>("gather", true), fast = random_model<double>("batched", true);
  fast.parameters()[2].value[7] += 1e-6;  // one weight of a middle layer
  BatchRunner<double>(plain, 1).gradient(Loss::bce, images);
  BatchRunner<double>(fast, 1).gradient(Loss::bce, images);
  CHECK(worst_difference(fast.parameters(), plain.parameters()) > 1e-11);
}
