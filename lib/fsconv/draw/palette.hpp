// Few colours that stand for many.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <span>
#include <unordered_map>
#include <vector>

namespace fsconv::draw {

// The colours of pictures as 0xRRGGBB, counted, and then the few that stand for them: all, where they are not more
// than `most`; else the commonest, and then again and again the one that is worst served by those there are, its
// number times the square of its distance in RGB. So the flat colours of a drawing stay as they are, and the blends at
// the edges of lines and letters take what is near.
class Palette {
 public:
  // pixels  red, green, blue, and so on
  void count(std::span<const std::uint8_t> pixels);
  void choose(std::size_t most);

  const std::vector<std::uint32_t>& colours() const { return colours_; }
  // Which of colours() is nearest to one that was counted.
  std::uint8_t index_of(std::uint32_t rgb) const { return nearest_.at(rgb); }

 private:
  std::unordered_map<std::uint32_t, Index> counts_;
  std::vector<std::uint32_t> colours_;
  std::unordered_map<std::uint32_t, std::uint8_t> nearest_;
};

}  // namespace fsconv::draw
