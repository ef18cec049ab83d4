// The names of an enumeration's values, in one table that is read in both directions.
#pragma once

#include <fmt/format.h>

#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fsconv {

// What a header says of its enum, as the result of a function names_of(E) beside it:
//     enum class Fruit { apple, pear };
//     constexpr auto names_of(Fruit) { return NameTable<Fruit, 2>{"fruit", {{{Fruit::apple, "apple"}, ...}}}; }
// `what` is the option or field that an error names.
template <class E, std::size_t N>
struct NameTable {
  std::string_view what;
  std::array<std::pair<E, std::string_view>, N> entries;
};

template <class E>
concept Named = requires(E value) {
  names_of(value).entries;
};

template <Named E>
std::string_view name(E value) {
  constexpr auto names = names_of(E{});
  for (const auto& [one, text] : names.entries)
    if (one == value) return text;
  return {};
}

template <Named E>
std::vector<std::string> all_names() {
  constexpr auto names = names_of(E{});
  std::vector<std::string> list;
  for (const auto& entry : names.entries) list.emplace_back(entry.second);
  return list;
}

// Throws InvalidArgument that lists the legal names.
template <Named E>
E named(std::string_view text) {
  constexpr auto names = names_of(E{});
  for (const auto& [value, known] : names.entries)
    if (known == text) return value;
  throw InvalidArgument(names.what, fmt::format("is '{}'", text), "choose " + alternatives(all_names<E>()));
}

}  // namespace fsconv
