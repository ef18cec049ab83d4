// SPDX-License-Identifier: Apache-2.0
#include <Random123/philox.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/noise.hpp>
#include <numbers>

namespace fsconv {
namespace {

using Philox = r123::Philox4x32;  // 10 rounds

constexpr Index most_elements = Index{1} << 34;
constexpr std::size_t block_words = 512;  // all arrays of a block fit the first cache
using BlockWords = std::array<std::uint32_t, block_words>;

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

// The generator at one place (key, image, draw).
class Place {
 public:
  Place(const NoiseKey& key, std::uint64_t image, std::uint32_t draw)
      : counter_{{0, draw, low(image), high(image)}} {
    const auto words = Philox()({{key.stream, key.epoch, 0, 0}}, {{low(key.seed), high(key.seed)}});
    key_ = {{words[0], words[1]}};
  }

  // Words first .. first+out.size()-1; `first` is a multiple of 4.
  void fill(Index first, std::span<std::uint32_t> out) {
    counter_[0] = low(static_cast<std::uint64_t>(first) / 4);
    std::size_t at = 0;
    for (; at + 4 <= out.size(); at += 4, ++counter_[0]) {
      const auto words = Philox()(counter_, key_);
      for (std::size_t k = 0; k < 4; ++k) out[at + k] = words[k];
    }
    if (at == out.size()) return;
    const auto words = Philox()(counter_, key_);
    for (std::size_t k = 0; at < out.size(); ++at, ++k) out[at] = words[k];
  }

 private:
  Philox::ctr_type counter_;
  Philox::key_type key_;
};

void require_elements(Index count) {
  if (count < 0 || count > most_elements)
    throw InvalidArgument("noise", fmt::format("{} elements", count), "0 to 2^34 elements at a place");
}

// u(word). In float the word is converted by halves, because processors have vector instructions for signed integers
// only; the sum of the halves rounds once.
inline double unit(std::uint32_t word, double) { return (word + 0.5) * 0x1p-32; }
inline float unit(std::uint32_t word, float) {
  const auto upper = static_cast<float>(static_cast<std::int32_t>(word >> 16));
  const auto lower = static_cast<float>(static_cast<std::int32_t>(word & 0xffff));
  return (upper * 65536 + (lower + 0.5f)) * 0x1p-32f;
}

// sqrt(-2 log u(word)).
inline double radius(std::uint32_t word, double) { return std::sqrt(-2 * std::log(unit(word, double()))); }

// With log u = e log 2 + log(1 + f), 1/sqrt(2) <= 1 + f < sqrt(2). Near u = 1 the difference f = u - 1 comes from the
// complement of the word, before a rounding of u to 24 bits would lose it; it is chosen by a mask, since a branch
// would keep the loop from becoming vector instructions. The polynomial and the two parts of log 2 are those of
// Cephes' logf (Moshier 1984-1992).
inline float radius(std::uint32_t word, float) {
  constexpr std::uint32_t root_half = 0x3f3504f3;  // the bits of sqrt(1/2)
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(unit(word, float()));
  const std::int32_t exponent = static_cast<std::int32_t>(bits - root_half) >> 23;
  const float mantissa = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(exponent) << 23));
  const std::uint32_t near = exponent == 0 ? 0xffffffffu : 0;
  const float f = std::bit_cast<float>((std::bit_cast<std::uint32_t>(-unit(~word, float())) & near) |
                                       (std::bit_cast<std::uint32_t>(mantissa - 1) & ~near));
  const float e = static_cast<float>(exponent);
  const float z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const float tail = p * f * z + e * -2.12194440e-4f - 0.5f * z;
  return std::sqrt(-2 * (f + tail + e * 0.693359375f));
}

// cos and sin of a = 2 pi u(word).
template <class T>
struct Direction {
  T cos, sin;
};
inline Direction<double> direction(std::uint32_t word, double) {
  const double angle = 2 * std::numbers::pi * unit(word, double());
  return {std::cos(angle), std::sin(angle)};
}

// The angle is split without rounding into `quarter` right angles and a rest in [-pi/4, pi/4]; the polynomials for
// the rest are those of Cephes' sinf and cosf.
inline Direction<float> direction(std::uint32_t word, float) {
  const std::uint32_t quarter = (word + 0x20000000u) >> 30;
  const auto rest = static_cast<std::int32_t>(word - (quarter << 30));
  const float x = (static_cast<float>(rest) + 0.5f) * static_cast<float>(std::numbers::pi * 0x1p-31);
  const float z = x * x;
  const float sine = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * x + x;
  const float cosine =
      ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z +
      1;
  const bool odd = (quarter & 1) != 0;
  const std::uint32_t cos_sign = ((quarter + 1) & 2) << 30, sin_sign = (quarter & 2) << 30;
  const float c = odd ? sine : cosine, s = odd ? cosine : sine;
  return {std::bit_cast<float>(std::bit_cast<std::uint32_t>(c) ^ cos_sign),
          std::bit_cast<float>(std::bit_cast<std::uint32_t>(s) ^ sin_sign)};
}

// Separate loops over arrays: the compiler turns those in float into vector instructions (with -fno-math-errno, or
// the square root might set errno).
template <class T>
void box_muller(const BlockWords& words, std::size_t pairs, std::array<T, block_words>& out) {
  std::array<T, block_words / 2> radii;
  for (std::size_t j = 0; j < pairs; ++j) radii[j] = radius(words[2 * j], T());
  for (std::size_t j = 0; j < pairs; ++j) {
    const Direction<T> at = direction(words[2 * j + 1], T());
    out[2 * j] = radii[j] * at.cos;
    out[2 * j + 1] = radii[j] * at.sin;
  }
}

}  // namespace

void noise_words(const NoiseKey& key, std::uint64_t image, std::uint32_t draw, std::span<std::uint32_t> out) {
  require_elements(static_cast<Index>(out.size()));
  Place(key, image, draw).fill(0, out);
}

template <class T>
void noise_normals(const NoiseKey& key, std::uint64_t image, std::uint32_t draw, T* out, Index count,
                   Index stride) {
  require_elements(count);
  if (stride == 0) throw InvalidArgument("noise", "a stride of 0", "any other stride");
  Place place(key, image, draw);
  BlockWords words;
  std::array<T, block_words> normals;
  for (Index first = 0; first < count; first += Index{block_words}) {
    const Index here = std::min(count - first, Index{block_words});
    const auto pairs = static_cast<std::size_t>((here + 1) / 2);
    place.fill(first, std::span(words).first(2 * pairs));
    box_muller(words, pairs, normals);
    for (Index e = 0; e < here; ++e) out[(first + e) * stride] = normals[static_cast<std::size_t>(e)];
  }
}

template void noise_normals(const NoiseKey&, std::uint64_t, std::uint32_t, float*, Index, Index);
template void noise_normals(const NoiseKey&, std::uint64_t, std::uint32_t, double*, Index, Index);

}  // namespace fsconv
