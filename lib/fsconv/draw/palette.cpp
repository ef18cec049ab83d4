// Counting, and the choice of the worst served.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/draw/palette.hpp>
#include <limits>

namespace fsconv::draw {

namespace {

Index squared_distance(std::uint32_t one, std::uint32_t other) {
  Index sum = 0;
  for (const int shift : {16, 8, 0}) {
    const Index apart = static_cast<Index>(one >> shift & 255) - static_cast<Index>(other >> shift & 255);
    sum += apart * apart;
  }
  return sum;
}

}  // namespace

void Palette::count(std::span<const std::uint8_t> pixels) {
  std::uint32_t last = 0;
  Index run = 0;  // most pixels are like the one before
  for (std::size_t at = 0; at + 2 < pixels.size(); at += 3) {
    const std::uint32_t rgb = static_cast<std::uint32_t>(pixels[at]) << 16 |
                              static_cast<std::uint32_t>(pixels[at + 1]) << 8 | pixels[at + 2];
    if (rgb != last && run > 0) {
      counts_[last] += run;
      run = 0;
    }
    last = rgb;
    ++run;
  }
  if (run > 0) counts_[last] += run;
}

void Palette::choose(std::size_t most) {
  struct Served {
    std::uint32_t rgb;
    Index count, distance;
    std::size_t by;
  };
  std::vector<Served> all;
  for (const auto& [rgb, count] : counts_) all.push_back({rgb, count, std::numeric_limits<Index>::max(), 0});
  // The commonest first, equals by their value: the order of a map is nobody's.
  std::sort(all.begin(), all.end(), [](const Served& one, const Served& other) {
    return one.count != other.count ? one.count > other.count : one.rgb < other.rgb;
  });
  colours_.clear();
  nearest_.clear();
  for (std::size_t worst = 0; !all.empty() && colours_.size() < most;) {
    stop_if_interrupted();
    colours_.push_back(all[worst].rgb);
    Index damage = 0;
    for (std::size_t at = 0; at < all.size(); ++at) {
      Served& one = all[at];
      if (const Index distance = squared_distance(one.rgb, colours_.back()); distance < one.distance) {
        one.distance = distance;
        one.by = colours_.size() - 1;
      }
      if (one.distance * one.count > damage) {
        damage = one.distance * one.count;
        worst = at;
      }
    }
    if (damage == 0) break;
  }
  for (const Served& one : all) nearest_[one.rgb] = static_cast<std::uint8_t>(one.by);
}

}  // namespace fsconv::draw
