// Noise by its key and place: the generator against the paper's, the normals against their distribution.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/noise.hpp>
#include <functional>
#include <numbers>
#include <set>
#include <vector>

using namespace fsconv;

namespace {

using Words = std::array<std::uint32_t, 4>;

// Philox4x32-10 as the paper's figure has it: a second witness beside Random123.
Words philox(Words counter, std::uint32_t key_0, std::uint32_t key_1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0],
                        b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key_0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key_1, static_cast<std::uint32_t>(a)};
    key_0 += 0x9E3779B9;
    key_1 += 0xBB67AE85;
  }
  return counter;
}

std::vector<std::uint32_t> words(const NoiseKey& key, std::uint64_t image, std::uint32_t draw,
                                 std::size_t count) {
  std::vector<std::uint32_t> out(count);
  noise_words(key, image, draw, out);
  return out;
}

template <class T = float>
std::vector<T> normals(const NoiseKey& key, std::uint64_t image, std::uint32_t draw, Index count) {
  std::vector<T> out(static_cast<std::size_t>(count));
  noise_normals(key, image, draw, out.data(), count);
  return out;
}

// 2^20 normals: of 64 images, 64 draws, 256 elements.
template <class T>
std::vector<double> many_normals() {
  std::vector<double> all;
  for (std::uint64_t image = 0; image < 64; ++image)
    for (std::uint32_t draw = 0; draw < 64; ++draw)
      for (T z : normals<T>({3, 1, 4}, image, draw, 256)) all.push_back(z);
  return all;
}

// The mean of a power has standard deviation sqrt((E z^(2p) - (E z^p)^2) / n); E z^(2p) = 1, 3, 15, 105. Five of them
// are exceeded by chance once in 1.7 million tries, and the seed is fixed.
void check_moments(const std::vector<double>& z) {
  const std::array<double, 4> expected = {0, 1, 0, 3}, variance = {1, 2, 15, 96};
  for (std::size_t p = 1; p <= 4; ++p) {
    double sum = 0;
    for (double value : z) sum += std::pow(value, static_cast<double>(p));
    const double n = static_cast<double>(z.size());
    INFO("power " << p);
    CHECK(std::abs(sum / n - expected[p - 1]) < 5 * std::sqrt(variance[p - 1] / n));
  }
}

using Source = std::function<float(std::uint64_t image, std::uint32_t draw, Index element)>;

float library(std::uint64_t image, std::uint32_t draw, Index element) {
  return normals({5, 0, 0}, image, draw, element + 1).back();
}

// Whether numbers at neighbouring places are uncorrelated: the mean of n products of two independent normals has
// standard deviation 1/sqrt(n).
bool neighbours_are_strangers(const Source& source) {
  double by_image = 0, by_draw = 0, by_element = 0;
  int n = 0;
  for (std::uint64_t image = 0; image < 24; ++image)
    for (std::uint32_t draw = 0; draw < 24; ++draw)
      for (Index element = 0; element < 24; ++element, ++n) {
        const double z = source(image, draw, element);
        by_image += z * source(image + 1, draw, element);
        by_draw += z * source(image, draw + 1, element);
        by_element += z * source(image, draw, element + 1);
      }
  return std::max({std::abs(by_image), std::abs(by_draw), std::abs(by_element)}) < 5 * std::sqrt(n);
}

}  // namespace

TEST_CASE("noise: Philox4x32-10 has the published answers") {  // kat_vectors of Random123
  CHECK(philox({0, 0, 0, 0}, 0, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t f = 0xffffffff;
  CHECK(philox({f, f, f, f}, f, f) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("noise: words are those of the header's formula, element by element") {
  const NoiseKey key{0x0123456789abcdef, 7, 11};
  const Words derived = philox({7, 11, 0, 0}, 0x89abcdef, 0x01234567);
  const std::uint64_t image = 0xfedcba9876543210;
  const auto out = words(key, image, 13, 1030);
  for (std::size_t e = 0; e < out.size(); ++e) {
    const Words block =
        philox({static_cast<std::uint32_t>(e / 4), 13, 0x76543210, 0xfedcba98}, derived[0], derived[1]);
    REQUIRE(out[e] == block[e % 4]);
  }
}

TEST_CASE("noise: element e is the same whatever the count and the stride") {
  const NoiseKey key{1, 2, 3};
  const auto all_words = words(key, 4, 5, 2000);
  const auto all = normals(key, 4, 5, 2000);
  const auto all_double = normals<double>(key, 4, 5, 2000);
  for (Index count : {0, 1, 2, 3, 4, 5, 32, 511, 512, 513, 1025, 1999}) {
    const auto n = static_cast<std::size_t>(count);
    CHECK(words(key, 4, 5, n) == std::vector(all_words.begin(), all_words.begin() + count));
    CHECK(normals(key, 4, 5, count) == std::vector(all.begin(), all.begin() + count));
    CHECK(normals<double>(key, 4, 5, count) == std::vector(all_double.begin(), all_double.begin() + count));
    std::vector<float> spread(3 * n + 1, -9);
    noise_normals(key, 4, 5, spread.data(), count, 3);
    for (std::size_t at = 0; at < spread.size(); ++at)
      REQUIRE(spread[at] == (at % 3 == 0 && at < 3 * n ? all[at / 3] : -9.0f));
  }
}

TEST_CASE("noise: every part of the key and of the place matters") {
  std::set<std::vector<std::uint32_t>> seen;
  int places = 0;
  auto add = [&](const NoiseKey& key, std::uint64_t image, std::uint32_t draw) {
    seen.insert(words(key, image, draw, 4));
    ++places;
  };
  add({0, 0, 0}, 0, 0);
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t wide = std::uint64_t{1} << bit;
    add({wide, 0, 0}, 0, 0);
    add({0, 0, 0}, wide, 0);
    if (bit >= 32) continue;
    const auto narrow = static_cast<std::uint32_t>(wide);
    add({0, narrow, 0}, 0, 0);
    add({0, 0, narrow}, 0, 0);
    add({0, 0, 0}, 0, narrow);
  }
  CHECK(places == 1 + 2 * 64 + 3 * 32);
  CHECK(static_cast<int>(seen.size()) == places);
}

TEST_CASE("noise: normals are Box and Muller's of the words") {
  // The header's bound for float; r is recovered from the pair. 1e-14 covers double's rounding of values up to 6.8.
  for (std::uint32_t draw = 0; draw < 100; ++draw) {
    const auto w = words({8, 8, 8}, 9, draw, 600);
    const auto single = normals<float>({8, 8, 8}, 9, draw, 600);
    const auto wide = normals<double>({8, 8, 8}, 9, draw, 600);
    for (std::size_t e = 0; e < 600; ++e) {
      const double r = std::sqrt(-2 * std::log((w[e / 2 * 2] + 0.5) / 4294967296.0));
      const double a = 2 * std::numbers::pi * ((w[e / 2 * 2 + 1] + 0.5) / 4294967296.0);
      const double z = r * (e % 2 == 0 ? std::cos(a) : std::sin(a));
      REQUIRE(std::abs(wide[e] - z) < 1e-14);
      REQUIRE(std::abs(single[e] - z) < 3.2e-7 * r);
    }
  }
}

TEST_CASE("noise: the smallest and the largest word give finite normals, not rounded to nothing") {
  struct Extreme {
    std::uint64_t image;
    std::uint32_t draw;
    Index element;
    std::uint32_t word;
  };
  // found by running Philox backwards
  const NoiseKey key{1, 0, 0};
  for (const Extreme& at : {Extreme{17893637564058893909u, 1051795356, 116, 0},
                            Extreme{16474623341897585867u, 3836358893, 188, 0xffffffff},
                            Extreme{11988754472448931231u, 4043651624, 197, 0},
                            Extreme{16987253430335919342u, 4230547586, 37, 0xffffffff}}) {
    REQUIRE(words(key, at.image, at.draw, 300)[static_cast<std::size_t>(at.element)] == at.word);
    const auto first = static_cast<std::size_t>(at.element / 2 * 2);
    const auto single = normals<float>(key, at.image, at.draw, 300);
    const auto wide = normals<double>(key, at.image, at.draw, 300);
    const double r = std::hypot(wide[first], wide[first + 1]);
    for (std::size_t e : {first, first + 1}) {
      CHECK(std::isfinite(single[e]));
      CHECK(single[e] != 0);
      CHECK(std::abs(single[e] - wide[e]) < 3.2e-7 * r);
    }
    // -2 log(2^-33) = 66 log 2 and -2 log(1 - 2^-33) = 2^-32 to 33 bits
    if (at.element % 2 == 0) CHECK(r == Approx(at.word == 0 ? std::sqrt(66 * std::log(2.0)) : 0x1p-16));
  }
}

TEST_CASE("noise: normals in float are the same on every machine, bit by bit") {
  // Recorded on x86-64. Fused multiply-adds change one number in a hundred.
  std::uint32_t all = 0;
  for (float z : normals({1, 2, 3}, 5, 4, 200000)) all = all * 16777619u ^ std::bit_cast<std::uint32_t>(z);
  CHECK(all == 0x26fe6ee3);
}

TEST_CASE("noise: normals have the moments and the distribution of normals") {
  for (std::vector<double> z : {many_normals<float>(), many_normals<double>()}) {
    check_moments(z);
    // Kolmogorov and Smirnov: sqrt(n) sup |F_n - F| exceeds 2.2 with probability 2 exp(-2 * 2.2^2) = 1.3e-4.
    std::sort(z.begin(), z.end());
    const double n = static_cast<double>(z.size());
    double distance = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double below = std::erfc(-z[i] / std::numbers::sqrt2) / 2, rank = static_cast<double>(i);
      distance = std::max({distance, below - rank / n, (rank + 1) / n - below});
    }
    CHECK(std::sqrt(n) * distance < 2.2);
    // P(|z| > 4) = 6.334e-5: 66.4 of 2^20 are expected, with standard deviation 8.1
    const auto far = std::count_if(z.begin(), z.end(), [](double value) { return std::abs(value) > 4; });
    CHECK(std::abs(static_cast<double>(far) - 66.4) < 5 * 8.1);
  }
}

TEST_CASE(
    "noise: neighbouring images, draws and elements are uncorrelated, and the check sees a draw ignored") {
  CHECK(neighbours_are_strangers(library));
  CHECK_FALSE(neighbours_are_strangers(
      [](std::uint64_t image, std::uint32_t, Index element) { return library(image, 0, element); }));
  CHECK_FALSE(neighbours_are_strangers([](std::uint64_t image, std::uint32_t draw, Index element) {
    return library(image / 2, draw, element);
  }));
}

TEST_CASE("noise: impossible counts and strides are rejected") {
  float out = 0;
  CHECK_THROWS_AS(noise_normals({1, 0, 0}, 0, 0, &out, -1), InvalidArgument);
  CHECK_THROWS_AS(noise_normals({1, 0, 0}, 0, 0, &out, (Index{1} << 34) + 1), InvalidArgument);
  CHECK_THROWS_AS(noise_normals({1, 0, 0}, 0, 0, &out, 1, 0), InvalidArgument);
}
