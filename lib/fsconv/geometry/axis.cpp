// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/geometry/axis.hpp>

namespace fsconv {
namespace {

// Products of two stay below 2^60 and sums of several below 2^63, and a loop over the taps or phases of an axis ends.
constexpr Index largest_size = Index{1} << 30;
constexpr Index largest_step = Index{1} << 20;

// What is wrong with an axis, in parts: words are put together only where somebody reads them.
struct Fault {
  const char* field;
  Index value, least, most;
};

std::optional<Fault> fault_of(const Axis& axis, Index least_size) {
  const Fault fields[] = {{"image size", axis.in, least_size, largest_size},
                          {"code size", axis.out, least_size, largest_size},
                          {"taps", axis.taps, 1, largest_step},
                          {"stride", axis.down, 1, largest_step},
                          {"stride denominator", axis.up, 1, largest_step},
                          {"dilation", axis.dilation, 1, largest_step},
                          {"padding", axis.pad, -largest_size, largest_size}};
  for (const Fault& field : fields)
    if (field.value < field.least || field.value > field.most) return field;
  return std::nullopt;
}

}  // namespace

void check(const Axis& axis, std::string_view name, Index least_size) {
  const auto fault = fault_of(axis, least_size);
  if (!fault) return;
  const std::string legal = fault->least < 0
                                ? fmt::format("must be between {} and {}", fault->least, fault->most)
                            : fault->value < fault->least ? fmt::format("must be at least {}", fault->least)
                                                          : fmt::format("must be at most {}", fault->most);
  throw InvalidArgument(fmt::format("{} {}", name, fault->field), fmt::format("is {}", fault->value), legal);
}

std::string stride_text(const Axis& axis) {
  return axis.up == 1 ? fmt::format("{}", axis.down) : fmt::format("{}/{}", axis.down, axis.up);
}

Index code_size(const Axis& axis, Index in, Index begin, Index end) {
  return floor_div(stretched(in, axis.up) + begin + end - axis.extent(), axis.down) + 1;
}

SizeRange image_sizes(const Axis& axis, Index out, Index begin, Index end) {
  // code_size(n) = out  <=>  down*(out-1) <= up*(n-1) + c < down*out  with  c = 1 + begin + end - extent
  const Index c = 1 + begin + end - axis.extent();
  const Index smallest = ceil_div(axis.down * (out - 1) - c, axis.up) + 1;
  const Index largest = ceil_div(axis.down * out - c, axis.up);
  return {out == 0 ? 1 : std::max<Index>(smallest, 1), largest};
}

bool empty_image_has(const Axis& axis, Index out, Index begin, Index end) {
  return begin + end >= 0 && std::max<Index>(code_size(axis, 0, begin, end), 0) == out;
}

Index same_code_size(const Axis& axis, Index in) { return ceil_div(axis.up * in, axis.down); }

Index same_total_padding(const Axis& axis, Index in) {
  const Index code = same_code_size(axis, in);
  return std::max<Index>((code - 1) * axis.down + axis.extent() - stretched(in, axis.up), 0);
}

SizeRange same_image_sizes(const Axis& axis, Index out) {
  if (out == 0) return {0, 0};
  return {floor_div(axis.down * (out - 1), axis.up) + 1, floor_div(axis.down * out, axis.up)};
}

}  // namespace fsconv
