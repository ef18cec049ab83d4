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
