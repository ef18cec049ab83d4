// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/exchange/window_words.hpp>
#include <numeric>
#include <vector>

#include "exchange/odd_models.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

using Line = std::vector<Index>;

Line filter_of(const Axis& axis) {
  Line w(static_cast<std::size_t>(axis.taps));
  std::iota(w.begin(), w.end(), Index{2});
  return w;
}
Line numbers(Index count) {
  Line line(static_cast<std::size_t>(count));
  for (std::size_t at = 0; at < line.size(); ++at) line[at] = static_cast<Index>(1 + at * at);
  return line;
}
Index at(const Line& line, Index place) { return line[static_cast<std::size_t>(place)]; }

Line padded(Line line, Index begin, Index end) {
  line.insert(line.begin(), static_cast<std::size_t>(begin), 0);
  line.insert(line.end(), static_cast<std::size_t>(end), 0);
  return line;
}
Line cut(const Line& line, Index begin, Index end) { return {line.begin() + begin, line.end() - end}; }

// The equation of the axis.
Line conv_by_taps(const Axis& axis, const Line& image) {
  Line code(static_cast<std::size_t>(axis.out));
  for (Index o = 0; o < axis.out; ++o)
    for (Index k = 0; k < axis.taps; ++k)
      if (const auto i = image_at(axis, o, k))
        code[static_cast<std::size_t>(o)] += at(filter_of(axis), k) * at(image, *i);
  return code;
}
Line transpose_by_taps(const Axis& axis, const Line& code) {
  Line image(static_cast<std::size_t>(axis.in));
  for (Index o = 0; o < axis.out; ++o)
    for (Index k = 0; k < axis.taps; ++k)
      if (const auto i = image_at(axis, o, k))
        image[static_cast<std::size_t>(*i)] += at(filter_of(axis), k) * at(code, o);
  return image;
}

// ONNX's and PyTorch's operators with those words, by their own definitions.
Line conv_by_words(const Axis& axis, const WindowWords& words, const Line& image) {
  Line x(static_cast<std::size_t>(axis.stretched_image()));
  for (Index i = 0; i < axis.in; ++i) x[static_cast<std::size_t>(axis.up * i)] = at(image, i);
  x = cut(padded(x, words.zero_begin, words.zero_end), words.cut_begin, words.cut_end);
  x = padded(x, words.begin, words.end);
  Line code;
  for (Index start = 0; start + axis.extent() <= static_cast<Index>(x.size()); start += axis.down) {
    Index sum = 0;
    for (Index k = 0; k < axis.taps; ++k) sum += at(filter_of(axis), k) * at(x, start + axis.dilation * k);
    code.push_back(sum);
  }
  return code;
}
Line transpose_by_words(const Axis& axis, const WindowWords& words, const Line& code) {
  const Line y = padded(code, words.zero_begin, words.zero_end);
  Line x(static_cast<std::size_t>(axis.down * (static_cast<Index>(y.size()) - 1) + axis.extent() +
                                  words.output_padding));
  for (Index o = 0; o < static_cast<Index>(y.size()); ++o)
    for (Index k = 0; k < axis.taps; ++k)
      x[static_cast<std::size_t>(axis.down * o + axis.dilation * k)] += at(filter_of(axis), k) * at(y, o);
  x = cut(x, words.begin, words.end);
  Line image;
  for (Index i = 0; i < static_cast<Index>(x.size()); i += axis.up) image.push_back(at(x, i));
  return image;
}

}  // namespace

TEST_CASE("window words: the usual geometry is the usual padding and output_padding") {
  const Axis axis{.in = 28, .out = 14, .taps = 3, .down = 2, .pad = 1};
  const WindowWords conv = conv_words(axis), transpose = conv_transpose_words(axis);
  CHECK(conv.begin == 1);
  CHECK(conv.end == 1);
  CHECK(transpose.begin == 1);
  CHECK(transpose.end == 1);
  CHECK(transpose.output_padding == 1);
}

TEST_CASE("window words: with them ONNX's operators are the operator and its transpose") {
  for (const Axis& axis : odd_axes()) {
    const WindowWords conv = conv_words(axis), transpose = conv_transpose_words(axis);
    INFO(axis.in << " " << axis.out << " k" << axis.taps << " s" << stride_text(axis) << " d" << axis.dilation
                 << " p" << axis.pad);
    CHECK(conv_by_words(axis, conv, numbers(axis.in)) == conv_by_taps(axis, numbers(axis.in)));
    CHECK(transpose_by_words(axis, transpose, numbers(axis.out)) ==
          transpose_by_taps(axis, numbers(axis.out)));
    for (const WindowWords& words : {conv, transpose}) {
      CHECK(std::min({words.begin, words.end, words.cut_begin, words.cut_end, words.zero_begin,
                      words.zero_end}) >= 0);
      CHECK(words.output_padding >= 0);
      CHECK((words.output_padding == 0 || words.output_padding < axis.down));
    }
  }
}

TEST_CASE("window words: a window that lies elsewhere makes something else") {
  const Axis axis{.in = 7, .out = 4, .taps = 3, .down = 2, .pad = 1};
  WindowWords moved = conv_words(axis);
  ++moved.begin, --moved.end;
  CHECK(conv_by_words(axis, moved, numbers(7)) != conv_by_taps(axis, numbers(7)));
  WindowWords longer = conv_transpose_words(axis);
  ++longer.output_padding;
  CHECK(transpose_by_words(axis, longer, numbers(4)) != transpose_by_taps(axis, numbers(4)));
}
