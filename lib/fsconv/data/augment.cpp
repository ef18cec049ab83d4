// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/augment.hpp>

namespace fsconv {
namespace {

constexpr std::string_view shift_is = "shift=";

// A whole number from 0 to below `count`.
Index part_of_range(std::uint32_t word, Index count) {
  return static_cast<Index>((std::uint64_t{word} * static_cast<std::uint64_t>(count)) >> 32);
}

InvalidArgument not_an_augment(std::string_view text) {
  return {
      "augment", fmt::format("is '{}'", text),
      fmt::format("write flip, shift=N with N from 1 to {}, or both with a comma between", largest_shift)};
}

}  // namespace

Augment parse_augment(std::string_view text) {
  Augment augment;
  for (const std::string& piece : split(text, ',')) {
    if (piece == "flip" && !augment.flip) {
      augment.flip = true;
      continue;
    }
    const auto shift = piece.starts_with(shift_is) && augment.shift == 0
                           ? to_integer(std::string_view(piece).substr(shift_is.size()))
                           : std::nullopt;
    if (!shift || *shift < 1 || *shift > largest_shift) throw not_an_augment(text);
    augment.shift = *shift;
  }
  return augment;
}

std::string text(const Augment& augment) {
  std::string text = augment.flip ? "flip" : "";
  if (augment.shift > 0) text += fmt::format("{}{}{}", text.empty() ? "" : ",", shift_is, augment.shift);
  return text;
}

Move move_of(const Augment& augment, const NoiseKey& key, Index image) {
  std::array<std::uint32_t, 3> words{};
  noise_words(key, static_cast<std::uint64_t>(image), 0, words);
  const Index places = 2 * augment.shift + 1;
  return {.flip = augment.flip && words[0] >> 31 != 0,
          .down = part_of_range(words[1], places) - augment.shift,
          .right = part_of_range(words[2], places) - augment.shift};
}

void augment(const Augment& augment, const NoiseKey& key, Index image, const Shape& chw,
             const std::uint8_t* from, std::uint8_t* to) {
  if (chw.size() != 3 || std::any_of(chw.begin(), chw.end(), [](Index size) { return size < 1; }))
    throw InvalidArgument("augment", fmt::format("images of [{}]", fmt::join(chw, ", ")),
                          "channels, height, width");
  const Index height = chw[1], width = chw[2];
  const auto [flip, down, right] = move_of(augment, key, image);
  for (Index row = 0; row < chw[0] * height; ++row) {
    const Index source = std::clamp<Index>(row % height - down, 0, height - 1);
    const std::uint8_t* line = from + (row - row % height + source) * width;
    for (Index x = 0; x < width; ++x) {
      const Index at = std::clamp<Index>(x - right, 0, width - 1);
      *to++ = line[flip ? width - 1 - at : at];
    }
  }
}

}  // namespace fsconv
