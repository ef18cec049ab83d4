// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/conventions/dialect.hpp>

namespace fsconv {
namespace {

std::string without(std::string letters, std::string_view others) {
  std::erase_if(letters, [&](char letter) { return others.find(letter) != std::string_view::npos; });
  return letters;
}

// Whether these are the letters of `rank` axes of space and the two others, each once.
bool is_format(const std::string& letters, std::string_view others, std::size_t rank) {
  std::string sorted = letters;
  std::sort(sorted.begin(), sorted.end());
  const bool different = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  const bool words = std::all_of(letters.begin(), letters.end(),
                                 [](unsigned char letter) { return std::isalnum(letter) != 0; });
  return different && words && letters.size() == rank + 2 && without(letters, others).size() == rank;
}

}  // namespace

std::vector<Index> inverse_order(const std::vector<Index>& order) {
  std::vector<Index> inverse(order.size());
  for (std::size_t axis = 0; axis < order.size(); ++axis)
    inverse[static_cast<std::size_t>(order[axis])] = static_cast<Index>(axis);
  return inverse;
}

std::string space_letters(std::size_t rank) { return std::string("DHW").substr(3 - rank); }
std::string channels_first(std::size_t rank) { return "NC" + space_letters(rank); }
std::string channels_last(std::size_t rank) { return "N" + space_letters(rank) + "C"; }

std::vector<Index> places(std::string_view letters, std::string_view wanted) {
  std::vector<Index> order;
  for (char letter : wanted) order.push_back(static_cast<Index>(letters.find(letter)));
  return order;
}

ArrayOrder order_of_letters(std::size_t rank, const std::string& activation, const std::string& weight,
                            char code, char image) {
  const std::string space = space_letters(rank);
  ArrayOrder order;
  order.image = order.code = places(activation, "NC" + space);
  order.weight = places(weight, std::string{code, image} + space);
  return order;
}

ArrayOrder order_of_dimension_numbers(const std::string& format, Direction direction, std::size_t rank,
                                      const std::string& filter_by_default, char code, char image) {
  const auto refuse = [&](std::string_view problem) {
    const std::string space = space_letters(rank);
    throw InvalidArgument("data_format", fmt::format("'{}' {}", format, problem),
                          fmt::format("write what is read, the filter and the result, like N{}C,{}IO,N{}C",
                                      space, space, space));
  };
  std::vector<std::string> parts = split(format, ',');
  if (parts.size() > 3) refuse("has more than three parts");
  if (!is_format(parts[0], "NC", rank)) refuse("does not name N, C and the axes of space once each");
  if (parts.size() == 1) {
    // The filter's own order, with the letters of what is read.
    const std::string ours = space_letters(rank), theirs = without(parts[0], "NC");
    parts.push_back(filter_by_default);
    for (char& letter : parts[1])
      if (const std::size_t at = ours.find(letter); at != std::string::npos) letter = theirs[at];
  }
  if (parts.size() == 2) parts.push_back(parts[0]);
  if (!is_format(parts[1], "IO", rank)) refuse("does not name I, O and the axes of the filter once each");
  const std::string space = without(parts[1], "IO");  // strides and other lists follow the filter
  if (!is_format(parts[2], "NC", rank)) refuse("does not name N, C and the axes of the result once each");
  for (const auto& [part, others] : {std::pair{parts[1], "IO"}, std::pair{parts[2], "NC"}}) {
    std::string a = without(part, others), b = space;
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    if (a != b) refuse("does not name the same axes of space everywhere");
  }
  ArrayOrder order;
  const std::vector<Index> read = places(parts[0], "NC" + space), written = places(parts[2], "NC" + space);
  order.image = direction == Direction::conv ? read : written;
  order.code = direction == Direction::conv ? written : read;
  order.weight = places(parts[1], std::string{code, image} + space);
  return order;
}

ArrayOrder array_order(Convention convention, Direction direction, std::size_t rank,
                       const Settings& settings) {
  ArrayOrder order = dialect(convention).order(direction, rank, settings);
  if (settings.flip) order.flip = *settings.flip;
  return order;
}

FilterUse filter_use(Convention convention, Direction direction, std::size_t rank, const Settings& settings) {
  FilterUse use{.reversed = array_order(convention, direction, rank, settings).flip};
  if (convention == Convention::jax && direction == Direction::conv_transpose)
    use.transpose_kernel = settings.transpose_kernel;
  return use;
}

}  // namespace fsconv
