// How well codes follow factors: hand-computed tables, codes that hold them, hide them, or have nothing to do with them.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/train/factor_fit.hpp>
#include <limits>

using namespace fsconv;

namespace {

Tensor<float> uniform(Index rows, Index columns, std::uint64_t seed) {
  Random random(seed);
  Tensor<float> values({rows, columns});
  for (float& value : values) value = static_cast<float>(random.integer(-1000, 1000)) / 1000;
  return values;
}

Tensor<float> product(const Tensor<float>& a, const Tensor<float>& b, float constant) {
  Tensor<float> c({a.shape()[0], b.shape()[1]});
  for (Index i = 0; i < a.shape()[0]; ++i)
    for (Index j = 0; j < b.shape()[1]; ++j) {
      float sum = constant;
      for (Index k = 0; k < b.shape()[0]; ++k) sum += a[i * a.shape()[1] + k] * b[k * b.shape()[1] + j];
      c[i * b.shape()[1] + j] = sum;
    }
  return c;
}

}  // namespace

TEST_CASE("factor fit: hand-computed correlations") {
  // f = 1, 2, 3, 4; z_0 = 2 f; z_1 = -f + 7; z_2 = 1, -1, -1, 1; z_3 always 5; z_4 = 1, 1, 1, 5
  const Tensor<float> factors({4, 1}, {1, 2, 3, 4});
  const Tensor<float> codes({4, 5}, {2, 6, 1, 5, 1, 4, 5, -1, 5, 1, 6, 4, -1, 5, 1, 8, 3, 1, 5, 5});
  const FactorFit fit = fit_factors(codes, factors, {"f"});
  CHECK(fit.squared_correlation.shape() == Shape{1, 5});
  CHECK(std::abs(fit.squared_correlation[0] - 1) < 1e-12);
  CHECK(std::abs(fit.squared_correlation[1] - 1) < 1e-12);
  CHECK(std::abs(fit.squared_correlation[2]) < 1e-12);
  CHECK(fit.squared_correlation[3] == 0);
  // covariance (-1.5 -0.5 +0.5) (-1) + 1.5 * 3 = 6, variances 5 and 12: 36 / 60
  CHECK(std::abs(fit.squared_correlation[4] - 0.6) < 1e-12);
  CHECK(fit.r2.empty());  // four images for five numbers
}

TEST_CASE("factor fit: an invertible mixture is read off, noise is not, a cut mixture in part") {
  const Tensor<float> factors = uniform(400, 4, 1), noise = uniform(400, 6, 2);
  const Tensor<float> mixed =
      product(factors, uniform(4, 6, 3), 0.5f);  // six numbers hold four: not of full rank
  for (const double r2 : fit_factors(mixed, factors, {"a", "b", "c", "d"}).r2)
    CHECK(r2 > 1 - 1e-6);  // floats
  for (const double r2 : fit_factors(noise, factors, {"a", "b", "c", "d"}).r2) CHECK(std::abs(r2) < 0.2);
  double sum = 0;
  for (const double r2 : fit_factors(product(factors, uniform(4, 2, 4), 0), factors, {"a", "b", "c", "d"}).r2)
    sum += r2;
  CHECK((sum > 1.5 && sum < 2.5));  // two numbers hold two of four directions
  // Mutant: the factors of the image before.
  Tensor<float> shifted = factors;
  std::rotate(shifted.begin(), shifted.begin() + 4, shifted.end());
  for (const double r2 : fit_factors(mixed, shifted, {"a", "b", "c", "d"}).r2) CHECK(r2 < 0.2);
}

TEST_CASE("factor fit: scale and place of codes change nothing, further axes are one") {
  const Tensor<float> factors = uniform(200, 2, 5), codes = uniform(200, 12, 6);
  const FactorFit fit = fit_factors(codes, factors, {"a", "b"});
  Tensor<float> moved = codes;
  for (Index at = 0; at < moved.size(); ++at) moved[at] = 1000 + 50 * moved[at];
  const FactorFit other = fit_factors(std::move(moved).reshaped({200, 3, 2, 2}), factors, {"a", "b"});
  REQUIRE(fit.r2.size() == 2);
  for (std::size_t a = 0; a < 2; ++a) CHECK(std::abs(fit.r2[a] - other.r2[a]) < 1e-3);  // floats near 1000
  for (Index at = 0; at < 24; ++at)
    CHECK(std::abs(fit.squared_correlation[at] - other.squared_correlation[at]) < 1e-4);
}

TEST_CASE("factor fit: refused arguments, and what is shown") {
  const Tensor<float> factors = uniform(50, 2, 7), codes = uniform(50, 3, 8);
  CHECK_THROWS_AS(fit_factors(uniform(49, 3, 8), factors, {"a", "b"}), InvalidArgument);
  CHECK_THROWS_AS(fit_factors(codes, factors, {"a"}), InvalidArgument);
  CHECK_THROWS_AS(fit_factors(uniform(1, 3, 8), uniform(1, 2, 8), {"a", "b"}), InvalidArgument);
  CHECK_THROWS_AS(fit_factors(Tensor<float>(Shape{50}), factors, {"a", "b"}), InvalidArgument);
  Tensor<float> wrong = codes;
  wrong[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(fit_factors(wrong, factors, {"a", "b"}), InvalidArgument);

  const FactorFit fit = fit_factors(codes, codes, {"first", "second", "third"});
  const nlohmann::json json = to_json(fit);
  CHECK(json["second"]["squared_correlation"].size() == 3);
  CHECK(json["second"]["squared_correlation"][1] > 0.999);
  CHECK(json["first"]["r2"] > 0.999);
  const std::string table = text(fit, 80);
  CHECK(table.find("second") != std::string::npos);
  CHECK(table.find("1 (r2 1.00)") != std::string::npos);
  CHECK(text(fit_factors(uniform(4, 3, 1), uniform(4, 1, 2), {"f"}), 80).find("too few images") !=
        std::string::npos);
}
