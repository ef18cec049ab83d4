// Small changes of training images that leave what they show: another image in every epoch, at no cost of memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/noise.hpp>
#include <fsconv/base/tensor.hpp>
#include <string>
#include <string_view>

namespace fsconv {

// What may happen to an image, as `--augment flip,shift=2` says it.
struct Augment {
  bool flip = false;  // mirrored left-right with probability 1/2
  Index shift = 0;  // moved by whole pixels from -shift to shift, each as likely, on both axes by themselves

  bool operator==(const Augment&) const = default;
};

constexpr Index largest_shift = 1000;  // pixels

// Reads "flip", "shift=N" with N from 1 to largest_shift, or both with a comma between. InvalidArgument "augment".
Augment parse_augment(std::string_view text);
std::string text(const Augment& augment);  // "flip,shift=2"

// What happens to one image.
struct Move {
  bool flip = false;
  Index down = 0, right = 0;  // pixels

  bool operator==(const Move&) const = default;
};

// A pure function of the key and the image: of the words v = noise_words(key, image, draw 0),
//   flip = v[0] >= 2^31,   down = floor(v[1] (2 shift + 1) / 2^32) - shift,   right = the same of v[2]
// so that a number is off from equally likely by less than 2^-21 of its probability.
Move move_of(const Augment& augment, const NoiseKey& key, Index image);

// to[c, y, x] = from[c, y', x']  with  y' = y - down,  x' = x - right,  held inside the image (its edge is repeated), and
// then x' counted from the other side where it is mirrored: first mirrored, then shifted. Both are planes
// [channels, height, width] and lie apart. InvalidArgument "augment" for a shape of other than three positive sizes.
void augment(const Augment& augment, const NoiseKey& key, Index image, const Shape& chw,
             const std::uint8_t* from, std::uint8_t* to);

}  // namespace fsconv
