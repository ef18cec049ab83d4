// How draws and posteriors become numbers: against long double, by hand, and against numeric integration.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/nn/losses.hpp>
#include <limits>
#include <numbers>
#include <numeric>

using namespace fsconv;
using Exact = long double;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

using Combine = double (*)(const std::vector<double>&, std::vector<double>&);

// Whether -log mean exp(-loss), and its derivatives, are those of long double. The exponents are at most as wrong as
// the losses are large, which is half an eps of each; K terms and the logarithm add a few roundings.
bool is_log_mean_exp(Combine combine, const std::vector<double>& losses) {
  Exact smallest = losses.front(), sum = 0, largest = 0;
  for (const double loss : losses)
    smallest = std::min(smallest, static_cast<Exact>(loss)),
    largest = std::max(largest, std::abs(static_cast<Exact>(loss)));
  for (const double loss : losses) sum += std::exp(smallest - loss);
  const Exact exact = smallest - std::log(sum) + std::log(static_cast<Exact>(losses.size()));
  const double tolerance = eps * (static_cast<double>(losses.size()) + 8 + 2 * static_cast<double>(largest));
  std::vector<double> weights = {7, 7, 7};  // is replaced
  const double found = combine(losses, weights);
  if (!(std::abs(found - static_cast<double>(exact)) <= tolerance) || weights.size() != losses.size())
    return false;
  double total = 0;
  for (std::size_t at = 0; at < losses.size(); ++at) {
    const double weight = static_cast<double>(std::exp(smallest - losses[at]) / sum);
    if (!(std::abs(weights[at] - weight) <= tolerance) || weights[at] < 0) return false;
    total += weights[at];
  }
  return std::abs(total - 1) <= eps * (1 + static_cast<double>(losses.size()));
}

const std::vector<std::vector<double>> lists = {
    {3.0},
    {1.0, 1.0},
    {1.0, 2.0, 3.0},
    {0.0, 0.0, 0.0, 0.0, 0.0},
    {-5.0, 2.5, 0.25, -0.125},
    {1e5, 1e5 + 1, 1e5 + 0.5},  // e^-1e5 is no number
    {-1e5, -1e5 - 3},           // nor is e^1e5
    {90.0, 5000.0},             // one draw is all
    {1e-300, -1e-300, 5e-324},
    {1e-9, 2e-9, 3e-9, 4e-9},
    {700.0, 745.0, 750.0, 10000.0},
};

// The integral over the line of a Gaussian density of this mean and deviation times f: the rule of equal steps,
// which for smooth functions that vanish at both ends is as exact as their tails, here e^-72 of them.
template <class F>
double expectation(double mean, double deviation, F&& f) {
  constexpr int steps = 480;
  constexpr double reach = 12;
  double sum = 0;
  for (int at = -steps; at <= steps; ++at) {
    const double u = reach * at / steps;
    sum += std::exp(-u * u / 2) * f(mean + deviation * u);
  }
  return sum * reach / steps / std::sqrt(2 * std::numbers::pi);
}

}  // namespace

TEST_CASE("losses: log_mean_exp by hand") {
  std::vector<double> weights;
  // one draw is itself; equal ones, too
  CHECK(log_mean_exp_loss<double>({2.5}, weights) == 2.5);
  CHECK(weights == std::vector<double>{1});
  CHECK(log_mean_exp_loss<double>({2, 2, 2, 2}, weights) == Approx(2).epsilon(4 * eps));
  CHECK(weights == std::vector<double>{0.25, 0.25, 0.25, 0.25});
  // -log((1 + 1/3)/2), weights 1/(1 + 1/3) and (1/3)/(1 + 1/3)
  CHECK(log_mean_exp_loss<double>({0, std::log(3)}, weights) == Approx(-std::log(2.0 / 3)).epsilon(4 * eps));
  CHECK(weights[0] == Approx(0.75).epsilon(4 * eps));
  CHECK(weights[1] == Approx(0.25).epsilon(4 * eps));
}

TEST_CASE("losses: log_mean_exp for huge and tiny losses") {
  for (const std::vector<double>& losses : lists) {
    CAPTURE(losses);
    CHECK(is_log_mean_exp(log_mean_exp_loss<double>, losses));
    std::vector<double> weights;
    const double bound = log_mean_exp_loss(losses, weights);
    // between the smallest and the mean [BGS16]
    const double mean =
        std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
    const double rounding = 16 * eps * (1 + std::abs(mean));
    CHECK(bound >= *std::min_element(losses.begin(), losses.end()) - rounding);
    CHECK(bound <= mean + rounding);
    // shifted losses shift the bound and leave the weights
    std::vector<double> shifted = losses, shifted_weights;
    for (double& loss : shifted) loss += 1024;
    CHECK(std::abs(log_mean_exp_loss(shifted, shifted_weights) - bound - 1024) < 1e3 * rounding + 2048 * eps);
  }
}

TEST_CASE("losses: what is easily written instead is refused") {
  const auto refused = [](Combine combine) {
    bool all = true;
    for (const std::vector<double>& losses : lists) all = all && is_log_mean_exp(combine, losses);
    return !all;
  };
  CHECK_FALSE(refused(log_mean_exp_loss<double>));
  // without the smallest loss taken out
  CHECK(refused([](const std::vector<double>& losses, std::vector<double>& weights) {
    double sum = 0;
    weights.clear();
    for (const double loss : losses) weights.push_back(std::exp(-loss)), sum += weights.back();
    for (double& weight : weights) weight /= sum;
    return -std::log(sum / static_cast<double>(losses.size()));
  }));
  // the sum and not the mean
  CHECK(refused([](const std::vector<double>& losses, std::vector<double>& weights) {
    return log_mean_exp_loss(losses, weights) - std::log(static_cast<double>(losses.size()));
  }));
  // weights of the wrong sign
  CHECK(refused([](const std::vector<double>& losses, std::vector<double>& weights) {
    std::vector<double> negative;
    for (const double loss : losses) negative.push_back(-loss);
    log_mean_exp_loss(negative, weights);
    std::vector<double> ignored;
    return log_mean_exp_loss(losses, ignored);
  }));
  // equal weights
  CHECK(refused([](const std::vector<double>& losses, std::vector<double>& weights) {
    const double bound = log_mean_exp_loss(losses, weights);
    weights.assign(losses.size(), 1 / static_cast<double>(losses.size()));
    return bound;
  }));
}

TEST_CASE("losses: the weights are the derivatives by the losses") {
  const std::vector<double> losses = {0.3, 1.7, -0.4, 0.9};
  std::vector<double> weights, ignored;
  log_mean_exp_loss(losses, weights);
  // h^2/6 of a third derivative, which is below 1/8, and 8 roundings of the loss over h
  constexpr double h = 1e-5;
  for (std::size_t at = 0; at < losses.size(); ++at) {
    std::vector<double> above = losses, below = losses;
    above[at] += h;
    below[at] -= h;
    const double difference =
        (log_mean_exp_loss(above, ignored) - log_mean_exp_loss(below, ignored)) / (2 * h);
    CHECK(std::abs(difference - weights[at]) < h * h / 48 + 8 * eps * 2 / h);
  }
}

TEST_CASE("losses: the KL is 0 for the standard normal alone, and nowhere negative") {
  CHECK(kl_to_normal(0.0, 0.0) == 0);
  CHECK(kl_to_normal(0.0f, 0.0f) == 0);
  CHECK(kl_to_normal(1.0, 0.0) == 0.5);
  CHECK(kl_to_normal(0.0, std::log(2)) == Approx((1 - std::log(2)) / 2).epsilon(8 * eps));
  for (int m = -40; m <= 40; ++m)
    for (int s = -40; s <= 40; ++s) {
      const double mean = m * 0.1, log_variance = s * 0.2;
      const double kl = kl_to_normal(mean, log_variance);
      // e^s - s - 1 is a difference of numbers as large as 1 + |s|
      CHECK(kl >= -2 * eps * (1 + std::abs(log_variance)));
      if (m != 0 || s != 0) CHECK(kl > 1e-3);
      CHECK(kl_to_normal(-mean, log_variance) == kl);
    }
}

TEST_CASE("losses: the KL is the mean of the log-ratio, by numeric integration") {
  for (const double mean : {-1.5, 0.0, 0.4, 3.0})
    for (const double log_variance : {-3.0, -0.5, 0.0, 1.2}) {
      const double deviation = std::exp(log_variance / 2);
      // log q(z) - log p(z); the constants are the same
      const double integral = expectation(mean, deviation, [&](double z) {
        const double u = (z - mean) / deviation;
        return (z * z - u * u - log_variance) / 2;
      });
      CAPTURE(mean, log_variance);
      const double size = 1 + mean * mean + std::exp(log_variance) + std::abs(log_variance);
      CHECK(std::abs(kl_to_normal(mean, log_variance) - integral) < 1e-13 * size);
      // The other way round, KL(p || q), is another number.
      if (mean != 0 || log_variance != 0) {
        const double other = expectation(0, 1, [&](double z) {
          const double u = (z - mean) / deviation;
          return (u * u - z * z + log_variance) / 2;
        });
        if (std::abs(log_variance) > 0) CHECK(std::abs(kl_to_normal(mean, log_variance) - other) > 1e-3);
      }
    }
}

TEST_CASE("losses: a Gaussian's loss by hand") {
  // variance 4: 2/(2*4) + 3/2 (log 4 + log 2 pi)
  CHECK(gaussian_loss(2.0, std::log(4), 3) ==
        Approx(0.25 + 1.5 * std::log(8 * std::numbers::pi)).epsilon(8 * eps));
  // smallest where the variance is the mean squared error
  const double best = gaussian_loss(6.0, std::log(2.0), 3);
  for (const double log_variance : {std::log(1.9), std::log(2.1), 0.0, 3.0})
    CHECK(gaussian_loss(6.0, log_variance, 3) > best);
}

TEST_CASE("losses: they add up, number by number") {
  Losses sum{1, 2, 3};
  sum += {0.5, 0.25, 0.125};
  CHECK(sum == Losses{.objective = 1.5, .reconstruction = 2.25, .kl = 3.125});
  CHECK_FALSE(sum == Losses{.objective = 1.5, .reconstruction = 2.25, .kl = 3});
}
