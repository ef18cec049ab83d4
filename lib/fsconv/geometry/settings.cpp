#include <fsconv/base/text.hpp>
#include <fsconv/geometry/settings.hpp>
#include <numeric>

namespace fsconv {
namespace {

Index integer_or_throw(std::string_view field, std::string_view text, std::string_view legal) {
  if (const auto value = to_integer(text)) return *value;
  throw InvalidArgument(field, fmt::format("'{}' cannot be read", text), legal);
}

}  // namespace

std::vector<Stride> parse_stride(std::string_view text) {
  constexpr auto legal = "give a whole number or a fraction for each axis, like 2 or 1/2 or 2,2/3";
  std::vector<Stride> strides;
  for (const std::string& piece : split(text, ',')) {
    const auto parts = split(piece, '/');
    if (parts.size() > 2) throw InvalidArgument("stride", fmt::format("'{}' cannot be read", piece), legal);
    Stride stride{integer_or_throw("stride", parts[0], legal),
                  parts.size() == 2 ? integer_or_throw("stride", parts[1], legal) : 1};
    if (stride.down < 1 || stride.up < 1)
      throw InvalidArgument("stride", fmt::format("is {}", piece),
                            "numerator and denominator must be at least 1");
    const Index common = std::gcd(stride.down, stride.up);
    strides.push_back({stride.down / common, stride.up / common});
  }
  return strides;
}

std::string_view name(PaddingRule rule) {
  switch (rule) {
    case PaddingRule::listed:
      return "numbers";
    case PaddingRule::valid:
      return "valid";
    case PaddingRule::same:
      return "same";
    case PaddingRule::same_lower:
      return "same_lower";
    case PaddingRule::half:
      return "half";
    case PaddingRule::full:
      return "full";
  }
  return "";
}

Padding parse_padding(std::string_view text) {
  for (PaddingRule rule :
       {PaddingRule::valid, PaddingRule::same, PaddingRule::same_lower, PaddingRule::half, PaddingRule::full})
    if (text == name(rule)) return {rule, {}, {}};
  constexpr auto legal = "give P or BEGIN:END for each axis, or valid, same, same_lower, half, full";
  Padding padding;
  for (const std::string& piece : split(text, ',')) {
    const auto sides = split(piece, ':');
    if (sides.size() > 2) throw InvalidArgument("padding", fmt::format("'{}' cannot be read", piece), legal);
    padding.begin.push_back(integer_or_throw("padding", sides.front(), legal));
    padding.end.push_back(integer_or_throw("padding", sides.back(), legal));
  }
  return padding;
}

}  // namespace fsconv
