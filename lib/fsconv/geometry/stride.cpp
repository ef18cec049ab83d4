// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/text.hpp>
#include <fsconv/geometry/stride.hpp>

namespace fsconv {
namespace {

// What stands above or below in the fraction `whole`.
Index part(std::string_view text, std::string_view whole) {
  if (const auto value = to_integer(text)) return *value;
  throw InvalidArgument(
      "stride", text == whole ? not_an_integer(text) : fmt::format("'{}': {}", whole, not_an_integer(text)),
      "give a whole number or a fraction for each axis, like 2 or 1/2 or 2,2/3");
}

}  // namespace

std::string text(const Stride& stride) {
  return stride.up == 1 ? fmt::format("{}", stride.down) : fmt::format("{}/{}", stride.down, stride.up);
}

std::vector<Stride> parse_stride(std::string_view text) {
  std::vector<Stride> strides;
  for (const std::string& piece : split(text, ',')) {
    const std::size_t slash = piece.find('/');
    const Stride stride{part(piece.substr(0, slash), piece),
                        slash == std::string::npos ? 1 : part(piece.substr(slash + 1), piece)};
    if (stride.down < 1 || stride.up < 1)
      throw InvalidArgument("stride", fmt::format("is {}", piece),
                            "numerator and denominator must be at least 1");
    strides.push_back(stride);
  }
  return strides;
}

}  // namespace fsconv
