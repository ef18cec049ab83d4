// PSNR and SSIM: by hand, by a plain second implementation, and against scikit-image's recorded numbers.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/nn/image_measures.hpp>
#include <limits>
#include <vector>

using namespace fsconv;
using Catch::Matchers::Contains;

namespace {

// Sums of some thousand terms of order 1, divided by v + c2 > 9e-4: 2^-53 * 10 / 9e-4 = 1.2e-12.
constexpr double tolerance = 2e-12;

// What may be different in what others call SSIM.
struct Variant {
  bool gaussian = true;
  bool sample_covariance = false;  // divided by 120 and not by 121
};

// One channel, place by place with the whole window and centred differences.
double plain_ssim(const double* a, const double* b, Index height, Index width, const Variant& variant = {}) {
  auto weight = [&](Index y, Index x) {
    const auto d = static_cast<double>((y - 5) * (y - 5) + (x - 5) * (x - 5));
    return variant.gaussian ? std::exp(-d / (2 * 1.5 * 1.5)) : 1.0;
  };
  // mean of f(position) under the window at (top, left)
  auto mean = [&](Index top, Index left, auto f) {
    double sum = 0, weights = 0;
    for (Index y = 0; y < 11; ++y)
      for (Index x = 0; x < 11; ++x) {
        sum += weight(y, x) * f((top + y) * width + left + x);
        weights += weight(y, x);
      }
    return sum / weights;
  };
  const double factor = variant.sample_covariance ? 121.0 / 120 : 1, c1 = 1e-4, c2 = 9e-4;
  double sum = 0;
  for (Index top = 0; top + 11 <= height; ++top)
    for (Index left = 0; left + 11 <= width; ++left) {
      const double m_a = mean(top, left, [&](Index at) { return a[at]; });
      const double m_b = mean(top, left, [&](Index at) { return b[at]; });
      const double v_aa = factor * mean(top, left, [&](Index at) { return std::pow(a[at] - m_a, 2); });
      const double v_bb = factor * mean(top, left, [&](Index at) { return std::pow(b[at] - m_b, 2); });
      const double v_ab = factor * mean(top, left, [&](Index at) { return (a[at] - m_a) * (b[at] - m_b); });
      sum += (2 * m_a * m_b + c1) * (2 * v_ab + c2) / ((m_a * m_a + m_b * m_b + c1) * (v_aa + v_bb + c2));
    }
  return sum / static_cast<double>((height - 10) * (width - 10));
}

// numpy's default_rng(0): a = random((28, 28)), b = clip(a + 0.1 standard_normal((28, 28)), 0, 1).
const double* golden_pair() {
  static const Array pair = read_array(FSCONV_SOURCE_DIR "/tests/vectors/ssim_pair.npy");
  REQUIRE(pair.values.shape() == Shape{2, 28, 28});
  return pair.values.data();
}

// scikit-image 0.19.3: structural_similarity(a, b, data_range=1,
// gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
bool is_golden(double ssim) { return std::abs(ssim - 0.936861325191040) < tolerance; }

// Pixels (factor * i mod divisor) / divisor.
std::vector<double> pattern(Index size, Index factor, Index divisor) {
  std::vector<double> pixels;
  for (Index i = 0; i < size; ++i)
    pixels.push_back(static_cast<double>(i * factor % divisor) / static_cast<double>(divisor));
  return pixels;
}

struct Pair {
  std::vector<double> a, b;
};
Pair pattern_pair(Index size) {
  Pair pair{pattern(size, 37, 101), pattern(size, 53, 97)};
  for (std::size_t i = 0; i < pair.a.size(); ++i) pair.b[i] = (3 * pair.a[i] + pair.b[i]) / 4;
  return pair;
}

}  // namespace

TEST_CASE("image measures: PSNR by hand") {
  const std::vector<double> a = {0, 0.5, 1, 0.25}, b = {0.1, 0.5, 1, 0.25};
  CHECK(psnr(a.data(), b.data(), 4) == Approx(10 * std::log10(400.0)).epsilon(1e-14));  // MSE 0.01 / 4
  CHECK(psnr(b.data(), a.data(), 4) == psnr(a.data(), b.data(), 4));
  CHECK(psnr(a.data(), b.data(), 4, 255) == Approx(10 * std::log10(400.0 * 255 * 255)).epsilon(1e-14));
  const std::vector<float> black = {0, 0}, white = {1, 1};
  CHECK(psnr(black.data(), white.data(), 2) == 0);
  CHECK(psnr(white.data(), white.data(), 2) == std::numeric_limits<double>::infinity());
}

TEST_CASE("image measures: SSIM by hand, of flat images and of a single pixel") {
  const std::vector<double> half(121, 0.5), quarter(121, 0.25), black(121, 0);
  CHECK(ssim(half.data(), quarter.data(), 1, 11, 11) == Approx(0.2501 / 0.3126).epsilon(tolerance));
  CHECK(ssim(half.data(), half.data(), 1, 11, 11) == Approx(1).epsilon(tolerance));
  std::vector<double> dot = black;
  dot[60] = 1;
  double side = 0;
  for (int k = -5; k <= 5; ++k) side += std::exp(-k * k / 4.5);
  const double g = 1 / (side * side);  // the window's weight at its centre: mean g, variance g - g^2
  const double expected = 1e-4 * 9e-4 / ((g * g + 1e-4) * (g - g * g + 9e-4));
  CHECK(ssim(dot.data(), black.data(), 1, 11, 11) == Approx(expected).epsilon(tolerance));
}

TEST_CASE("image measures: SSIM is Wang's, and the check sees another window or covariance") {
  const double *a = golden_pair(), *b = a + 784;
  CHECK(is_golden(ssim(a, b, 1, 28, 28)));
  CHECK(is_golden(plain_ssim(a, b, 28, 28)));
  CHECK_FALSE(is_golden(plain_ssim(a, b, 28, 28, {.sample_covariance = true})));
  CHECK_FALSE(is_golden(plain_ssim(a, b, 28, 28, {.gaussian = false})));
  CHECK(psnr(a, b, 784) == Approx(20.682449413092026).epsilon(1e-14));
}

TEST_CASE("image measures: SSIM and PSNR agree with scikit-image for other sizes, channels and ranges") {
  struct Recorded {
    Index channels, height, width;
    double range_1, range_2, psnr;
  };
  for (const Recorded& at : {Recorded{.channels = 1,
                            .height = 11,
                            .width = 11,
                            .range_1 = 0.938279528828017,
                            .range_2 = 0.939392843245072,
                            .psnr = 20.2485257877052},
                             Recorded{.channels = 1,
                             .height = 11,
                             .width = 17,
                             .range_1 = 0.929513496359870,
                             .range_2 = 0.930873716512367,
                             .psnr = 20.0176675873894},
                             Recorded{.channels = 3,
                             .height = 12,
                             .width = 15,
                             .range_1 = 0.932185579700072,
                             .range_2 = 0.933489101882396,
                             .psnr = 19.9024077994430},
                             Recorded{.channels = 3,
                             .height = 28,
                             .width = 20,
                             .range_1 = 0.923224968697226,
                             .range_2 = 0.924761127967773,
                             .psnr = 19.8683658538858}}) {
    const Index size = at.channels * at.height * at.width;
    const auto [a, b] = pattern_pair(size);
    INFO(at.channels << " x " << at.height << " x " << at.width);
    CHECK(std::abs(ssim(a.data(), b.data(), at.channels, at.height, at.width) - at.range_1) < tolerance);
    CHECK(std::abs(ssim(a.data(), b.data(), at.channels, at.height, at.width, 2) - at.range_2) < tolerance);
    CHECK(std::abs(psnr(a.data(), b.data(), size) - at.psnr) < 1e-12);
  }
}

TEST_CASE("image measures: SSIM is symmetric, scales with its range and averages channels") {
  auto [a, b] = pattern_pair(2 * 13 * 19);
  const double both = ssim(a.data(), b.data(), 2, 13, 19);
  CHECK(std::abs(ssim(b.data(), a.data(), 2, 13, 19) - both) < tolerance);
  CHECK(std::abs((plain_ssim(a.data(), b.data(), 13, 19) + plain_ssim(&a[13 * 19], &b[13 * 19], 13, 19)) / 2 -
                 both) < tolerance);
  for (auto* pixels : {&a, &b})
    for (double& pixel : *pixels) pixel *= 255;
  CHECK(std::abs(ssim(a.data(), b.data(), 2, 13, 19, 255) - both) < tolerance);
  CHECK(std::abs(ssim(a.data(), b.data(), 2, 13, 19) - both) > 1e-4);
}

TEST_CASE("image measures: pixels in float give what the same pixels in double give") {
  auto [a, b] = pattern_pair(15 * 15);
  const std::vector<float> single_a(a.begin(), a.end()), single_b(b.begin(), b.end());
  a.assign(single_a.begin(), single_a.end());
  b.assign(single_b.begin(), single_b.end());
  CHECK(ssim(single_a.data(), single_b.data(), 1, 15, 15) == ssim(a.data(), b.data(), 1, 15, 15));
  CHECK(psnr(single_a.data(), single_b.data(), 225) == psnr(a.data(), b.data(), 225));
}

TEST_CASE("image measures: images without the measure are rejected") {
  const std::vector<float> pixels(121, 0);
  const float* p = pixels.data();
  CHECK_THROWS_WITH(ssim(p, p, 1, 10, 12),
                    Contains("image: 10x12 pixels with 1 channels have no SSIM; at least 11x11"));
  CHECK_THROWS_AS(ssim(p, p, 1, 12, 10), InvalidArgument);
  CHECK_THROWS_AS(ssim(p, p, 0, 11, 11), InvalidArgument);
  CHECK_THROWS_WITH(ssim(p, p, 1, 11, 11, 0), Contains("range: 0"));
  CHECK_THROWS_AS(psnr(p, p, 0), InvalidArgument);
  CHECK_THROWS_AS(psnr(p, p, 1, std::numeric_limits<double>::quiet_NaN()), InvalidArgument);
}
