// Likelihoods are densities: they integrate to one, say their own mean, and have the slopes that they should.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/nn/likelihood.hpp>
#include <fsconv/nn/losses.hpp>
#include <functional>
#include <limits>

#include "nn/exact_series.hpp"

using namespace fsconv;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr double logits[] = {0, 1e-3, -1e-3, 0.049, -0.049, 0.051, -0.051, 0.3, 1, -1, 5, -5, 20, -20};
constexpr Likelihood all[] = {Likelihood::bernoulli, Likelihood::continuous_bernoulli, Likelihood::gaussian,
                              Likelihood::bce_grey, Likelihood::mse};

// The integral of f from a to b: Gauss and Legendre's rule of 5 points on `pieces` pieces of length h. Its error is
// below (b-a) h^10 times a tenth derivative times 1/(11 * 10!) * (5!)^4 / 10!^2 < 1e-15 of it: nothing, here.
double integral(const std::function<double(double)>& f, double a, double b, int pieces) {
  constexpr double points[] = {0, 0.538469310105683091, 0.906179845938663993},
                   weights[] = {0.568888888888888889, 0.478628670499366468, 0.236926885056189088};
  double sum = 0;
  const double half = (b - a) / pieces / 2;
  for (int piece = 0; piece < pieces; ++piece) {
    const double middle = a + (2 * piece + 1) * half;
    sum += weights[0] * f(middle);
    for (int at = 1; at < 3; ++at)
      sum += weights[at] * (f(middle - points[at] * half) + f(middle + points[at] * half));
  }
  return sum * half;
}

using Loss = std::function<double(double x, double z)>;

double mass_in_bits(const Loss& loss, double z) { return std::exp(-loss(0, z)) + std::exp(-loss(1, z)); }
double mass_in_interval(const Loss& loss, double z) {
  return integral([&](double x) { return std::exp(-loss(x, z)); }, 0, 1, 64);
}

Loss loss_of(Likelihood likelihood) {
  return [likelihood](double x, double z) { return pixel_loss(likelihood, x, z); };
}

// A loss of size L is off by some eps L, and e^-L by as much of itself; sums and rules add a few roundings more.
double rounding(double z) { return 16 * eps * (1 + std::abs(z)); }

}  // namespace

TEST_CASE("likelihood: by hand") {
  // s(0) = 1/2, s(log 3) = 3/4, s(-log 3) = 1/4
  CHECK(pixel_loss(Likelihood::bernoulli, 0.0, 0.0) == Approx(std::log(2)).epsilon(4 * eps));
  CHECK(pixel_loss(Likelihood::bernoulli, 1.0, std::log(3)) == Approx(-std::log(0.75)).epsilon(4 * eps));
  CHECK(pixel_loss(Likelihood::bce_grey, 0.25, -std::log(3)) ==
        Approx(-0.25 * std::log(0.25) - 0.75 * std::log(0.75)).epsilon(4 * eps));
  CHECK(pixel_loss_slope(Likelihood::bernoulli, 0.0, 0.0) == 0.5);
  CHECK(pixel_loss_slope(Likelihood::bernoulli, 1.0, std::log(3)) == Approx(-0.25).epsilon(8 * eps));
  CHECK(std::abs(pixel_loss_slope(Likelihood::bce_grey, 0.25, -std::log(3))) <
        2 * eps);  // what the output says
  // p(x) = 3^x log 3 / 2
  CHECK(pixel_loss(Likelihood::continuous_bernoulli, 0.5, std::log(3)) ==
        Approx(-std::log(std::sqrt(3.0) * std::log(3) / 2)).epsilon(8 * eps));
  CHECK(pixel_loss(Likelihood::continuous_bernoulli, 0.3, 0.0) == 0);  // uniform
  CHECK(pixel_loss(Likelihood::mse, 0.25, 0.75) == 0.25);
  CHECK(pixel_loss(Likelihood::gaussian, 0.25, 0.75) == 0.25);
  CHECK(pixel_loss_slope(Likelihood::mse, 0.25, 0.75) == 1);
}

TEST_CASE("likelihood: Bernoulli's probabilities of 0 and 1 sum to 1") {
  for (const double z : logits) {
    CAPTURE(z);
    CHECK(std::abs(mass_in_bits(loss_of(Likelihood::bernoulli), z) - 1) < rounding(z));
  }
}

TEST_CASE("likelihood: continuous Bernoulli's density integrates to 1 over [0, 1], and bce-grey's is none") {
  for (const double z : logits) {
    CAPTURE(z);
    CHECK(std::abs(mass_in_interval(loss_of(Likelihood::continuous_bernoulli), z) - 1) < rounding(z));
    // (e^z - 1)/z / (1 + e^z): at most 1/2
    CHECK(mass_in_interval(loss_of(Likelihood::bce_grey), z) <= 0.5 + 1e-13);
    CHECK_FALSE(std::abs(mass_in_bits(loss_of(Likelihood::continuous_bernoulli), z) - 1) < rounding(z));
  }
  CHECK(is_likelihood(Likelihood::bernoulli));
  CHECK(is_likelihood(Likelihood::continuous_bernoulli));
  CHECK(is_likelihood(Likelihood::gaussian));
  CHECK_FALSE(is_likelihood(Likelihood::bce_grey));
  CHECK_FALSE(is_likelihood(Likelihood::mse));
}

TEST_CASE("likelihood: a normalisation that is slightly wrong is seen") {
  // The series short of its last term, z^4/2880: 2e-9 at 0.049.
  const Loss without_fourth = [](double x, double z) { return (0.5 - x) * z + z * z / 24; };
  CHECK(std::abs(mass_in_interval(without_fourth, 0.049) - 1) > 100 * rounding(0.049));
  const Loss wrong_sign = [](double x, double z) { return (0.5 - x) * z - z * z / 24; };
  CHECK(std::abs(mass_in_interval(wrong_sign, 1e-3) - 1) > 100 * rounding(1e-3));
  const Loss bernoulli_of_minus = [](double x, double z) {
    return pixel_loss(Likelihood::bernoulli, x, -z) + z;
  };
  CHECK(std::abs(mass_in_bits(bernoulli_of_minus, 1) - 1) > 100 * rounding(1));
}

TEST_CASE("likelihood: a Gaussian integrates to 1, whatever its variance") {
  for (const double log_variance : {-3.0, 0.0, 1.5})
    for (const double mean : {-1.0, 0.0, 0.7}) {
      const double deviation = std::exp(log_variance / 2);
      const auto density = [&](double x) {
        return std::exp(-gaussian_loss(pixel_loss(Likelihood::gaussian, x, mean), log_variance, 1));
      };
      CAPTURE(log_variance, mean);
      // 9 deviations leave out 2e-19
      CHECK(integral(density, mean - 9 * deviation, mean + 9 * deviation, 256) == Approx(1).epsilon(1e-13));
      CHECK(integral([&](double x) { return (x - mean) * (x - mean) * density(x); }, mean - 12 * deviation,
                     mean + 12 * deviation, 256) == Approx(std::exp(log_variance)).epsilon(1e-12));
      // several pixels: the product of their densities
      CHECK(
          gaussian_loss(0.3 + 0.5, log_variance, 2) ==
          Approx(gaussian_loss(0.3, log_variance, 1) + gaussian_loss(0.5, log_variance, 1)).epsilon(8 * eps));
    }
}

TEST_CASE("likelihood: the expected pixel is the density's mean") {
  for (const double z : logits) {
    CAPTURE(z);
    CHECK(std::abs(expected_pixel(Likelihood::bernoulli, z) -
                   std::exp(-pixel_loss(Likelihood::bernoulli, 1.0, z))) < rounding(z));
    CHECK(expected_pixel(Likelihood::bce_grey, z) == expected_pixel(Likelihood::bernoulli, z));
    const double mean =
        integral([&](double x) { return x * std::exp(-pixel_loss(Likelihood::continuous_bernoulli, x, z)); },
                 0, 1, 64);
    // The closed form loses digits where 1/(1 - e^-z) and 1/z are large: some eps/z^2.
    const double lost = std::abs(z) < small_logit<double> ? 0 : 8 * eps / (z * z);
    CHECK(std::abs(expected_pixel(Likelihood::continuous_bernoulli, z) - mean) < rounding(z) + lost);
    CHECK(expected_pixel(Likelihood::continuous_bernoulli, z) +
              expected_pixel(Likelihood::continuous_bernoulli, -z) ==
          Approx(1).epsilon(1e-12));
  }
  for (const Likelihood likelihood : all)
    for (const double z : {-1000.0, -2.0, -0.0, 0.25, 1.0, 3.0, 1000.0}) {
      CHECK(expected_pixel(likelihood, z) >= 0);
      CHECK(expected_pixel(likelihood, z) <= 1);
    }
  for (const Likelihood likelihood : {Likelihood::gaussian, Likelihood::mse}) {
    CHECK(expected_pixel(likelihood, 0.25) == 0.25);
    CHECK(expected_pixel(likelihood, -2.0) == 0);
    CHECK(expected_pixel(likelihood, 2.0f) == 1);
  }
}

TEST_CASE("likelihood: slopes are the derivatives of the losses") {
  // A central difference is off by h^2/6 of a third derivative, which is at most 1/8 (0 for squares), and by roundings
  // of the loss divided by h.
  constexpr double h = 1e-5;
  for (const Likelihood likelihood : all)
    for (const double x : {0.0, 0.25, 0.6, 1.0})
      for (const double z : {0.0, 1e-3, -0.02, 0.04, -0.04, 0.06, -0.06, 0.5, 3.0, -3.0, 15.0, -15.0}) {
        CAPTURE(name(likelihood), x, z);
        const double difference =
            (pixel_loss(likelihood, x, z + h) - pixel_loss(likelihood, x, z - h)) / (2 * h);
        const double tolerance = h * h / 48 + 16 * eps * (1 + std::abs(pixel_loss(likelihood, x, z))) / h;
        CHECK(std::abs(pixel_loss_slope(likelihood, x, z) - difference) < tolerance);
        // that of another pixel is not
        CHECK(std::abs(pixel_loss_slope(likelihood, x + 0.01, z) - difference) > tolerance);
      }
}

TEST_CASE("likelihood: the series meets the closed form at its edge") {
  for (const double sign : {-1.0, 1.0})
    for (const double x : {0.0, 0.3, 1.0}) {
      const double inside = sign * std::nextafter(small_logit<double>, 0.0),
                   outside = sign * small_logit<double>;
      // what the closed form loses
      CHECK(std::abs(pixel_loss(Likelihood::continuous_bernoulli, x, inside) -
                     pixel_loss(Likelihood::continuous_bernoulli, x, outside)) <
            4 * eps / small_logit<double>);
      CHECK(std::abs(pixel_loss_slope(Likelihood::continuous_bernoulli, x, inside) -
                     pixel_loss_slope(Likelihood::continuous_bernoulli, x, outside)) <
            8 * eps / (small_logit<double> * small_logit<double>));
    }
}

TEST_CASE("likelihood: the series are exact to doubles, and short of a term they are not") {
  using test::exact_series, test::exact_series_slope;
  for (const long double z : {0.01L, 0.25L})  // where sinh is as good
    CHECK(std::abs(exact_series(z) - std::log(std::sinh(z / 2) / (z / 2))) < 0x1p-61L);
  for (int step = 1; step <= 256; ++step) {
    const double z = small_logit<double> * step / 256, q = z * z;  // its square is exact
    CAPTURE(z);
    // Half an eps is left out; the other terms, below 1/720 of the first one, are rounded with it, by their sum and by
    // the product with q: 4 halves in all.
    const long double loss = exact_series(z), slope = exact_series_slope(z) / z;
    CHECK(std::abs(continuous_series(q) - loss) <= 2 * static_cast<long double>(eps) * loss);
    CHECK(std::abs(continuous_slope_series(q) - slope) <= 2 * static_cast<long double>(eps) * slope);
    if (z == small_logit<double>) continue;
    // What a pixel of 1/2 costs is nothing else.
    CHECK(std::abs(pixel_loss(Likelihood::continuous_bernoulli, 0.5, -z) - loss) <=
          2 * static_cast<long double>(eps) * loss);
    CHECK(std::abs(pixel_loss_slope(Likelihood::continuous_bernoulli, 0.5, z) - slope * z) <=
          static_cast<long double>(eps));
  }
  // At the edge, of the first term: what the seventh has, and what the sixth had.
  const long double edge = small_logit<double>;
  CHECK(std::abs(exact_series(edge, 6) - exact_series(edge)) < 0x1p-53L * exact_series(edge));
  CHECK(std::abs(exact_series_slope(edge, 6) - exact_series_slope(edge)) <
        0x1p-53L * exact_series_slope(edge));
  CHECK(std::abs(exact_series(edge, 5) - exact_series(edge)) > 4 * eps * exact_series(edge));
  CHECK(std::abs(exact_series_slope(edge, 5) - exact_series_slope(edge)) >
        4 * eps * exact_series_slope(edge));
  // Of floats four are enough.
  CHECK(std::abs(exact_series(edge, 4) - exact_series(edge)) < 0x1p-24L * exact_series(edge));
  CHECK(std::abs(exact_series_slope(edge, 4) - exact_series_slope(edge)) <
        0x1p-24L * exact_series_slope(edge));
}

TEST_CASE("likelihood: extreme logits stay finite") {
  for (const Likelihood likelihood :
       {Likelihood::bernoulli, Likelihood::continuous_bernoulli, Likelihood::bce_grey})
    for (const float x : {0.0f, 0.5f, 1.0f})
      for (const float z : {1000.0f, -1000.0f}) {
        CAPTURE(name(likelihood), x, z);
        const float linear = (z > 0 ? 1 - x : -x) * z;
        // continuous: log((1 - e^-1000)/1000) is there, too
        const float constant = likelihood == Likelihood::continuous_bernoulli ? -std::log(1000.0f) : 0;
        CHECK(pixel_loss(likelihood, x, z) == Approx(linear + constant).epsilon(1e-6));
        const float limit =
            (z > 0 ? 1.0f : 0.0f) - x - (likelihood == Likelihood::continuous_bernoulli ? 1 / z : 0);
        CHECK(pixel_loss_slope(likelihood, x, z) == Approx(limit).margin(1e-6));
      }
}

TEST_CASE("likelihood: names, units and what z is") {
  for (const Likelihood likelihood : all) CHECK(named<Likelihood>(name(likelihood)) == likelihood);
  CHECK(all_names<Likelihood>() ==
        std::vector<std::string>{"bernoulli", "continuous-bernoulli", "gaussian", "bce-grey", "mse"});
  CHECK_THROWS_AS(named<Likelihood>("l1"), InvalidArgument);
  CHECK(is_logit(Likelihood::bce_grey));
  CHECK_FALSE(is_logit(Likelihood::gaussian));
  CHECK(units(Likelihood::mse) != units(Likelihood::gaussian));
  CHECK(units(Likelihood::bernoulli) == "nats per image");
}
