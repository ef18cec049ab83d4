#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/geometry/axis.hpp>
#include <numeric>

namespace fsconv {
namespace {

constexpr Index largest_number = Index{1}
                                 << 30;  // products of two stay below 2^60, sums of several below 2^63

void require(bool good, const std::string& field, Index value, const char* legal) {
  if (!good) throw InvalidArgument(field, fmt::format("is {}", value), legal);
}

}  // namespace

void check(const Axis& axis, const std::string& name) {
  auto positive = [&](Index value, const char* field) {
    require(value >= 1, name + " " + field, value, "must be at least 1");
    require(value <= largest_number, name + " " + field, value, "must be at most 2^30");
  };
  positive(axis.in, "image size");
  positive(axis.out, "code size");
  positive(axis.taps, "taps");
  positive(axis.down, "stride");
  positive(axis.up, "stride denominator");
  positive(axis.dilation, "dilation");
  require(std::gcd(axis.down, axis.up) == 1, name + " stride", axis.down, "must be in lowest terms");
  require(axis.pad >= -largest_number && axis.pad <= largest_number, name + " padding", axis.pad,
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

}  // namespace fsconv
