// The losses against values worked out by hand, and where the plain formula would overflow.
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/nn/loss.hpp>
#include <limits>

using namespace fsconv;

namespace {

// A few roundings of numbers of order one.
constexpr double rounding = 16 * std::numeric_limits<double>::epsilon();

const Tensor<double> images({1, 1, 1, 3}, {0.0, 1.0, 0.25});
const Tensor<double> outputs({1, 1, 1, 3}, {0.0, std::log(3.0), -std::log(3.0)});

// One pixel's bce in long double, from the library's own logarithm.
long double exact_bce(long double x, long double z) {
  return (z > 0 ? 1 - x : -x) * z + std::log1p(std::exp(-std::abs(z)));
}

// The largest error of bce(x, z) over pixels and logits, as a fraction of the value. Values below `smallest`,
// where a number loses its digits, count as if they were that large.
template <class T, class F>
double worst_error(F&& bce) {
  constexpr long double smallest = std::numeric_limits<T>::min();
  double worst = 0;
  for (const T x : {T(0), T(1e-3), T(0.25), T(0.5), T(0.996), T(1)})
    for (int step = -12000; step <= 12000; ++step) {
      const T z = T(step) * T(0.01) + T(step % 7) * T(1e-4);
      const long double exact = exact_bce(x, z);
      const auto error = std::abs(static_cast<long double>(bce(x, z)) - exact) / std::max(exact, smallest);
      worst = std::max(worst, static_cast<double>(error));
    }
  return worst;
}

template <class T>
double bce_of(T x, T z) {
  return total_loss(Loss::bce, &x, &z, 1);
}

}  // namespace

TEST_CASE("loss: bce by hand") {
  // s(0) = 1/2, s(log 3) = 3/4, s(-log 3) = 1/4
  const double expected = -std::log(0.5) - std::log(0.75) - (0.25 * std::log(0.25) + 0.75 * std::log(0.75));
  CHECK(total_loss(Loss::bce, images, outputs) == Approx(expected).epsilon(rounding));

  const Tensor<double> gradient = loss_gradient(Loss::bce, images, outputs, 2.0);
  CHECK(gradient[0] == Approx(2 * (0.5 - 0)).margin(rounding));
  CHECK(gradient[1] == Approx(2 * (0.75 - 1)).margin(rounding));
  CHECK(gradient[2] == Approx(0).margin(rounding));  // the minimum: the output says what the pixel is
}

TEST_CASE("loss: mse by hand") {
  const Tensor<double> guess({1, 1, 1, 3}, {0.5, 3.0, 0.25});
  CHECK(total_loss(Loss::mse, images, guess) == 0.25 + 4.0);
  CHECK(loss_gradient(Loss::mse, images, guess, 0.5) == Tensor<double>({1, 1, 1, 3}, {0.5, 2.0, 0.0}));
}

TEST_CASE("loss: extreme logits stay finite") {
  const Tensor<float> pixels({1, 1, 1, 4}, {0, 1, 0, 1});
  const Tensor<float> logits({1, 1, 1, 4}, {1000, -1000, -1000, 1000});
  CHECK(total_loss(Loss::bce, pixels, logits) == 2000.0);
  CHECK(loss_gradient(Loss::bce, pixels, logits, 1.0f) == Tensor<float>({1, 1, 1, 4}, {1, -1, 0, 0}));
}

TEST_CASE("loss: pixels lie in 0..1") {
  const Tensor<double> raw({1, 1, 1, 3}, {-2.0, 0.0, 2.0});
  CHECK(to_pixels(Loss::mse, raw) == Tensor<double>({1, 1, 1, 3}, {0.0, 0.0, 1.0}));
  CHECK(to_pixels(Loss::bce, outputs)[1] == Approx(0.75).epsilon(rounding));
}

TEST_CASE("loss: names") {
  CHECK(loss_named(name(Loss::bce)) == Loss::bce);
  CHECK(loss_named(name(Loss::mse)) == Loss::mse);
  CHECK_THROWS_AS(loss_named("l1"), InvalidArgument);
}

TEST_CASE("loss: the bce of a pixel keeps its digits for every logit") {
  // Some five roundings, each of half an epsilon: the difference, product and sum, the exponential, the
  // quotient.
  CHECK(worst_error<float>(bce_of<float>) < 4 * std::numeric_limits<float>::epsilon());
  CHECK(worst_error<double>(bce_of<double>) < 4 * std::numeric_limits<double>::epsilon());
  // What is easily written instead, and is wrong where the loss is small.
  CHECK(worst_error<float>([](float x, float z) {
          return std::max(z, 0.0f) - x * z + std::log(1 + std::exp(-std::abs(z)));
        }) > 1e-3);
  CHECK(worst_error<float>([](float x, float z) {
          return std::max(z, 0.0f) - x * z + std::log1p(std::exp(-std::abs(z)));
        }) > 1e-6);
}

TEST_CASE("loss: a logit that is no number, or infinite, is not taken for one") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double x : {0.0, 0.5, 1.0}) {
    CHECK(std::isnan(bce_of(x, nan)));
    for (const double z : {infinity, -infinity}) {
      CHECK_FALSE(std::isfinite(bce_of(x, z)));
      CHECK_FALSE(std::isfinite(bce_of(static_cast<float>(x), static_cast<float>(z))));
    }
    double logits[] = {infinity, -infinity, nan};
    const double pixels[] = {x, x, x};
    CHECK_FALSE(std::isfinite(replace_by_loss_gradient(Loss::bce, pixels, logits, 3, 1.0)));
    CHECK(logits[0] == 1 - x);
    CHECK(logits[1] == -x);
    CHECK(std::isnan(logits[2]));
  }
}

TEST_CASE("loss: the same bits for a pixel wherever it stands") {
  const Loss loss = GENERATE(Loss::bce, Loss::mse);
  constexpr Index count = 1003;  // several ranges, and a rest that fills no vector
  Tensor<float> pixels({count}), logits({count});
  for (Index at = 0; at < count; ++at) {
    pixels[at] = static_cast<float>(at * 37 % 256) / 255;
    logits[at] = static_cast<float>(at * 61 % 503 - 250) / 10;
  }
  double sum = 0;
  Tensor<float> alone = logits, together = logits;
  for (Index at = 0; at < count; ++at)
    sum += replace_by_loss_gradient(loss, &pixels[at], &alone[at], 1, 0.125f);
  CHECK(total_loss(loss, pixels, logits) == sum);
  CHECK(replace_by_loss_gradient(loss, pixels.data(), together.data(), count, 0.125f) == sum);
  CHECK(together == alone);
}
