// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fsconv/base/random.hpp>
#include <numbers>

namespace fsconv {
namespace {

// One step of splitmix64 (Steele, Lea & Flood 2014): turns neighbouring seeds into unrelated ones.
std::uint64_t mix(std::uint64_t state) {
  state += 0x9e3779b97f4a7c15u;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebu;
  return state ^ (state >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t stream) : engine_(mix(seed ^ mix(stream))) {}

double Random::uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

// Box and Muller's transform; 1 - uniform() is never 0, so the logarithm is finite.
double Random::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

Index Random::integer(Index low, Index high) {
  const auto range = static_cast<std::uint64_t>(high - low) + 1;
  const std::uint64_t unbiased = std::mt19937_64::max() - std::mt19937_64::max() % range;
  std::uint64_t draw = engine_();
  while (draw >= unbiased) draw = engine_();
  return low + static_cast<Index>(draw % range);
}

}  // namespace fsconv
