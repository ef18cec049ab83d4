// What a user says about a convolution, before a convention turns it into a geometry.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/geometry/stride.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// valid: none. same: the code has ceil(image/stride) pixels, an odd pixel of padding goes to the end (same_lower: to
// the beginning). half: floor(extent/2) on both sides. full: extent-1 on both sides. causal: extent-1 in front, so
// that no code pixel sees what comes after it. listed: as given.
enum class PaddingRule { listed, valid, same, same_lower, half, full, causal };
constexpr auto names_of(PaddingRule) {
  return NameTable<PaddingRule, 7>{"padding",
                                   {{{PaddingRule::listed, "numbers"},
                                     {PaddingRule::valid, "valid"},
                                     {PaddingRule::same, "same"},
                                     {PaddingRule::same_lower, "same_lower"},
                                     {PaddingRule::half, "half"},
                                     {PaddingRule::full, "full"},
                                     {PaddingRule::causal, "causal"}}}};
}

inline bool is_same(PaddingRule rule) { return rule == PaddingRule::same || rule == PaddingRule::same_lower; }

struct Padding {
  PaddingRule rule = PaddingRule::listed;
  std::vector<Index> begin = {}, end = {};  // only with `listed`: as many entries as the user gave
  bool operator==(const Padding&) const = default;
};

// How the padding of one axis of a geometry was said. The geometry keeps what stands in front of the image only: the rule
// tells which images share a code, and so does the padding behind.
struct SaidPadding {
  PaddingRule rule = PaddingRule::listed;
  std::optional<Index> behind = {};  // nothing: nobody said one, and any that gives the code will do
  bool operator==(const SaidPadding&) const = default;
};

// Lists have one entry per axis, or one for all axes, or what else the system's own lists have: TensorFlow's entries
// for batch and channels, ONNX's pads that name all beginnings before all ends, the whole output_shape.
struct Settings {
  std::vector<Stride> stride{{1, 1}};
  std::optional<Padding> padding;  // nothing: the convention's default
  std::optional<std::vector<Index>> output_padding;
  std::vector<Index> dilation{1};
  std::optional<Index> groups;             // nothing: what the arrays imply where the system does so, else 1
  std::optional<std::vector<Index>> size;  // the image size that a transposed convolution shall return to
  std::string data_format;        // the order of the arrays' axes as the system names it; empty: its default
  std::optional<bool> flip;       // reverse the filter; nothing: the convention's rule
  bool transpose_kernel = false;  // JAX's conv_transpose: the filter is the forward convolution's
  bool consistent_padding = false;  // JAX's use_consistent_padding: numbers pad the image, not the code
};

// "1", "1:2,0", "-1:1"; or a rule in capitals or not: "valid", "same" (also "same_upper"), "same_lower", "half",
// "full", "causal", and ONNX's "notset", which pads nothing.
Padding parse_padding(std::string_view text);

}  // namespace fsconv
