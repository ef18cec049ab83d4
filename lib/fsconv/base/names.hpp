// Names: of an enumeration's values, in one table that is read in both directions, and of the entries of a list.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <iterator>
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
constexpr std::string_view name(E value) {
  constexpr auto names = names_of(E{});
  for (const auto& [one, text] : names.entries)
    if (one == value) return text;
  return {};
}

// Of a list of values, and of all that there are.
template <class List>
std::vector<std::string> names_in(const List& values) {
  std::vector<std::string> list;
  for (const auto& value : values) list.emplace_back(name(value));
  return list;
}
template <Named E>
constexpr auto all_values() {
  constexpr auto names = names_of(E{});
  std::array<E, names.entries.size()> values{};
  for (std::size_t at = 0; at < values.size(); ++at) values[at] = names.entries[at].first;
  return values;
}
template <Named E>
std::vector<std::string> all_names() {
  return names_in(all_values<E>());
}

// The value that `text` names, of `legal` ones where not all are. Throws InvalidArgument that lists the legal names.
template <Named E, class List>
E named(std::string_view text, const List& legal) {
  for (const E value : legal)
    if (name(value) == text) return value;
  throw InvalidArgument(names_of(E{}).what, fmt::format("is '{}'", text),
                        "choose " + alternatives(names_in(legal)));
}
template <Named E>
E named(std::string_view text) {
  return named<E>(text, all_values<E>());
}

// The entry of a list whose member `name` is `wanted`. Throws InvalidArgument("what", ...) that names others; `where`
// is put behind "'gather' is unknown": " for double".
template <class List>
const auto& entry_named(const List& list, std::string_view what, std::string_view wanted,
                        std::string_view where = {}) {
  const auto found =
      std::find_if(std::begin(list), std::end(list), [&](const auto& entry) { return entry.name == wanted; });
  if (found != std::end(list)) return *found;
  std::vector<std::string> names;
  for (const auto& entry : list) names.emplace_back(entry.name);
  throw InvalidArgument(what, fmt::format("'{}' is unknown{}", wanted, where), instead_of(wanted, names));
}

}  // namespace fsconv
