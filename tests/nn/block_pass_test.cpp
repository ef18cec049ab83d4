// The autoencoder on the engine against the same model run plainly, layer by layer, in double precision.
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/data/batch.hpp>
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

Tensor<std::uint8_t> noise(Index count) {
  Random random(3);
  Tensor<std::uint8_t> images({count, 3, 9, 7});
  for (auto& pixel : images) pixel = static_cast<std::uint8_t>(random.integer(0, 255));
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
  const auto images = noise(count);
  const auto order = natural_order(images.shape()[0]);
  auto plain = random_model<double>("gather", tied), fast = random_model<double>("batched", tied);
  BatchRunner<double> plain_runner(plain, 2), fast_runner(fast, 2);
  // A derivative sums fewer than 75*63*33*9*17 = 2.4e7 products; rounding grows with the root of that at
  // worst here.
  constexpr double rounding = 1e-11;
  CHECK(fast_runner.gradient(loss, images, order) ==
        Approx(plain_runner.gradient(loss, images, order)).epsilon(rounding));
  CHECK(worst_difference(fast.parameters(), plain.parameters()) < rounding);
  CHECK(fast_runner.loss(loss, images, order) ==
        Approx(plain_runner.loss(loss, images, order)).epsilon(rounding));
  const auto ours = fast_runner.reconstruct(loss, images, order),
             theirs = plain_runner.reconstruct(loss, images, order);
  for (Index at = 0; at < ours.size(); ++at) CHECK(std::abs(ours[at] - theirs[at]) < rounding);
}

TEST_CASE("block_pass: the gradient in float is that in double to 1e-5") {
  const auto images = noise(64);
  const auto order = natural_order(images.shape()[0]);
  auto exact = random_model<double>("gather", true);
  auto fast = random_model<float>("batched", true);
  for (std::size_t at = 0; at < fast.parameters().size(); ++at)
    exact.parameters()[at].value = cast<double>(fast.parameters()[at].value);
  BatchRunner<double>(exact, 2).gradient(Loss::bce, images, order);
  BatchRunner<float>(fast, 2).gradient(Loss::bce, images, order);
  CHECK(worst_difference(fast.parameters(), exact.parameters()) < 1e-5);
}

TEST_CASE("block_pass: numbers that changed between batches are seen") {
  const auto images = noise(40);
  const auto order = natural_order(images.shape()[0]);
  auto plain = random_model<double>("gather", true), fast = random_model<double>("batched", true);
  BatchRunner<double> plain_runner(plain, 1), fast_runner(fast, 1);
  fast_runner.gradient(Loss::mse, images, order);
  for (auto* model : {&plain, &fast})
    for (auto& parameter : model->parameters())
      for (double& value : parameter.value) value *= -1.5;
  CHECK(fast_runner.loss(Loss::mse, images, order) ==
        Approx(plain_runner.loss(Loss::mse, images, order)).epsilon(1e-11));
  // And a gradient replaces the one before.
  plain_runner.gradient(Loss::mse, images, order);
  fast_runner.gradient(Loss::mse, images, order);
  CHECK(worst_difference(fast.parameters(), plain.parameters()) < 1e-11);
}

TEST_CASE("block_pass: a batch of more blocks than are added at once") {
  const auto images = noise(32 * 9 + 5);  // one thread adds four at a time
  const auto order = natural_order(images.shape()[0]);
  auto plain = random_model<double>("gather", true), fast = random_model<double>("batched", true);
  BatchRunner<double>(plain, 1).gradient(Loss::bce, images, order);
  BatchRunner<double>(fast, 1).gradient(Loss::bce, images, order);
  CHECK(worst_difference(fast.parameters(), plain.parameters()) < 1e-11);
}

TEST_CASE("block_pass: an error in the engine's place would be seen") {
  const auto images = noise(5);
  const auto order = natural_order(images.shape()[0]);
  auto plain = random_model<double>("gather", true), fast = random_model<double>("batched", true);
  fast.parameters()[2].value[7] += 1e-6;  // one weight of a middle layer
  BatchRunner<double>(plain, 1).gradient(Loss::bce, images, order);
  BatchRunner<double>(fast, 1).gradient(Loss::bce, images, order);
  CHECK(worst_difference(fast.parameters(), plain.parameters()) > 1e-11);
}

namespace {

// How far two gradients point apart, over all parameters: the cosine of the angle, and the distance as a
// fraction of the second one's length.
struct Agreement {
  double cosine, distance;
};
Agreement agreement(const Parameters<float>& ours, const Parameters<double>& theirs) {
  double product = 0, our_square = 0, their_square = 0, distance = 0;
  for (std::size_t at = 0; at < ours.size(); ++at)
    for (Index e = 0; e < ours[at].gradient.size(); ++e) {
      const double a = ours[at].gradient[e], b = theirs[at].gradient[e];
      product += a * b;
      our_square += a * a;
      their_square += b * b;
      distance += (a - b) * (a - b);
    }
  return {product / std::sqrt(our_square * their_square), std::sqrt(distance / their_square)};
}

}  // namespace

TEST_CASE("block_pass: the gradient in BFloat16 points where that in double does") {
  const bool tied = GENERATE(true, false);
  const Loss loss = GENERATE(Loss::bce, Loss::mse);
  CAPTURE(tied, name(loss));
  const auto images = noise(70);
  const auto order = natural_order(images.shape()[0]);
  auto exact = random_model<double>("gather", tied);
  auto fast = random_model<float>("batched", tied);
  for (std::size_t at = 0; at < fast.parameters().size(); ++at)
    exact.parameters()[at].value = cast<double>(fast.parameters()[at].value);
  const double exact_loss = BatchRunner<double>(exact, 2).gradient(loss, images, order);
  BatchRunner<float> runner(fast, 2, Operands::bf16);
  // Eight bits: every number on the way is off by up to 2^-8 of itself.
  CHECK(runner.gradient(loss, images, order) == Approx(exact_loss).epsilon(3e-2));
  Agreement found = agreement(fast.parameters(), exact.parameters());
  CHECK(found.distance < 3e-2);
  CHECK(found.cosine > 0.9995);
  // and is not that of floats by accident: its operands were rounded
  CHECK(found.distance > 1e-5);

  // a sign in a middle layer that is wrong is seen
  for (float& value : fast.parameters()[2].value) value = -value;
  runner.gradient(loss, images, order);
  found = agreement(fast.parameters(), exact.parameters());
  CHECK(found.cosine < 0.9995);
}

TEST_CASE("block_pass: BFloat16 gives the same bits on any number of threads, and needs a model of floats") {
  const auto images = noise(75);
  const auto order = natural_order(images.shape()[0]);
  auto one = random_model<float>("batched", true), other = random_model<float>("batched", true);
  const double loss = BatchRunner<float>(one, 1, Operands::bf16).gradient(Loss::bce, images, order);
  for (const int threads : {2, 3, 4}) {
    CHECK(BatchRunner<float>(other, threads, Operands::bf16).gradient(Loss::bce, images, order) == loss);
    for (std::size_t at = 0; at < one.parameters().size(); ++at)
      CHECK(one.parameters()[at].gradient == other.parameters()[at].gradient);
  }
  auto doubles = random_model<double>("batched", true);
  CHECK_THROWS_AS(BatchRunner<double>(doubles, 1, Operands::bf16), InvalidArgument);
  auto plain = random_model<float>("gather", true);
  CHECK_THROWS_AS(BatchRunner<float>(plain, 1, Operands::bf16), InvalidArgument);
  CHECK(operands_named("bf16") == Operands::bf16);
  CHECK_THROWS_AS(operands_named("bf8"), InvalidArgument);
}
