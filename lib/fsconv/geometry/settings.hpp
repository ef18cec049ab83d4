// What a user says about a convolution, before a convention turns it into a geometry.
#pragma once

#include <fsconv/base/index.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// down/up in lowest terms: 2 is {2, 1}, 1/2 is {1, 2}.
struct Stride {
  Index down = 1;
  Index up = 1;
  bool operator==(const Stride&) const = default;
};

// valid: none. same: the code has ceil(image/stride) pixels, an odd pixel of padding goes to the end
// (same_lower: to the beginning). half: floor(extent/2) on both sides. full: extent-1 on both sides. listed:
// as given.
enum class PaddingRule { listed, valid, same, same_lower, half, full };

inline bool is_same(PaddingRule rule) { return rule == PaddingRule::same || rule == PaddingRule::same_lower; }

struct Padding {
  PaddingRule rule = PaddingRule::listed;
  std::vector<Index> begin, end;  // only with `listed`: one entry for every axis, or one for all
  bool operator==(const Padding&) const = default;
};

// Lists have one entry per axis, or one for all axes.
struct Settings {
  std::vector<Stride> stride{{1, 1}};
  std::optional<Padding> padding;  // nothing: the convention's default
  std::optional<std::vector<Index>> output_padding;
  std::vector<Index> dilation{1};
  Index groups = 1;
  std::optional<std::vector<Index>> size;  // the image size that a transposed convolution shall return to
};

// "2", "1/2", "2,2/3". Fractions are reduced; 0 and 1/0 are InvalidArgument.
std::vector<Stride> parse_stride(std::string_view text);

// "1", "1:2,0", "-1:1", "valid", "same", "same_lower", "full", "half".
Padding parse_padding(std::string_view text);

std::string_view name(PaddingRule rule);

}  // namespace fsconv
