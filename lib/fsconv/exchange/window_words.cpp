// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/exchange/window_words.hpp>
#include <utility>

namespace fsconv {
namespace {

// Windows that end before the edge leave fewer than `down` pixels unread: with as much padding behind as before, which is
// how most people write it, conv rounds down and conv_transpose has that many as output_padding.
bool is_symmetric(const Axis& axis) {
  return axis.pad >= 0 && axis.pad_end() <= axis.pad && axis.pad - axis.pad_end() < axis.down;
}

}  // namespace

WindowWords conv_words(const Axis& axis) {
  if (is_symmetric(axis)) return {.begin = axis.pad, .end = axis.pad};
  const Index pad = axis.pad, end = axis.pad_end();
  WindowWords words{.begin = std::max<Index>(pad, 0),
                    .end = std::max<Index>(end, 0),
                    .cut_begin = std::max<Index>(-pad, 0),
                    .cut_end = -end < axis.down ? 0 : -end};
  // Windows that see nothing but padding: it must be there before all of the image is gone.
  if (words.cut_begin + words.cut_end >= axis.stretched_image()) {
    std::swap(words.begin, words.zero_begin);
    std::swap(words.end, words.zero_end);
  }
  return words;
}

WindowWords conv_transpose_words(const Axis& axis) {
  const Index pad = axis.pad, end = axis.pad_end();
  if (is_symmetric(axis)) return {.begin = pad, .end = pad, .output_padding = pad - end};
  const auto zeros = [&](Index padding) { return padding < 0 ? ceil_div(-padding, axis.down) : 0; };
  if (pad >= 0 && end < 0 && -end < axis.down) return {.begin = pad, .output_padding = -end};
  return {.begin = pad + zeros(pad) * axis.down,
          .end = end + zeros(end) * axis.down,
          .zero_begin = zeros(pad),
          .zero_end = zeros(end)};
}

}  // namespace fsconv
