#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/geometry/axis.hpp>
#include <numeric>

namespace fsconv {
namespace {

// Products of two stay below 2^60 and sums of several below 2^63, and a loop over the taps or phases of an
// axis ends.
constexpr Index largest_size = Index{1} << 30;
constexpr Index largest_step = Index{1} << 20;

void require(bool good, const std::string& field, Index value, std::string_view legal) {
  if (!good) throw InvalidArgument(field, fmt::format("is {}", value), legal);
}

}  // namespace

void check(const Axis& axis, const std::string& name) {
  auto between_1_and = [&](Index largest, Index value, const char* field) {
    require(value >= 1, name + " " + field, value, "must be at least 1");
    require(value <= largest, name + " " + field, value, fmt::format("must be at most {}", largest));
  };
  between_1_and(largest_size, axis.in, "image size");
  between_1_and(largest_size, axis.out, "code size");
  between_1_and(largest_step, axis.taps, "taps");
  between_1_and(largest_step, axis.down, "stride");
  between_1_and(largest_step, axis.up, "stride denominator");
  between_1_and(largest_step, axis.dilation, "dilation");
  require(std::gcd(axis.down, axis.up) == 1, name + " stride", axis.down, "must be in lowest terms");
  require(axis.pad >= -largest_size && axis.pad <= largest_size, name + " padding", axis.pad,
          "must be between -2^30 and 2^30");
}

std::string stride_text(const Axis& axis) {
  return axis.up == 1 ? fmt::format("{}", axis.down) : fmt::format("{}/{}", axis.down, axis.up);
}

Index code_size(const Axis& axis, Index in, Index begin, Index end) {
  return floor_div(axis.up * (in - 1) + 1 + begin + end - axis.extent(), axis.down) + 1;
}

SizeRange image_sizes(const Axis& axis, Index out, Index begin, Index end) {
  // code_size(n) = out  <=>  down*(out-1) <= up*(n-1) + c < down*out  with  c = 1 + begin + end - extent
  const Index c = 1 + begin + end - axis.extent();
  const Index smallest = ceil_div(axis.down * (out - 1) - c, axis.up) + 1;
  const Index largest = ceil_div(axis.down * out - c, axis.up);
  return {std::max<Index>(smallest, 1), largest};
}

Index same_code_size(const Axis& axis, Index in) { return ceil_div(axis.up * in, axis.down); }

Index same_total_padding(const Axis& axis, Index in) {
  const Index code = same_code_size(axis, in);
  return std::max<Index>((code - 1) * axis.down + axis.extent() - (axis.up * (in - 1) + 1), 0);
}

SizeRange same_image_sizes(const Axis& axis, Index out) {
  return {floor_div(axis.down * (out - 1), axis.up) + 1, floor_div(axis.down * out, axis.up)};
}

}  // namespace fsconv
