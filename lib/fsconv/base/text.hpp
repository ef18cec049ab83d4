// Strict reading of numbers and lists from text, and words about them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// The integer that `text` is from its first to its last character, or nothing.
std::optional<Index> to_integer(std::string_view text);

// Why `text` is no integer, for errors: "'2x' is not an integer" or "'99999999999999999999' is too large: at most ...".
std::string not_an_integer(std::string_view text);

// The integer that `text` is, from `least` to `most`. Throws InvalidArgument naming `field`.
Index integer_in(std::string_view field, std::string_view text, Index least, Index most);

// The pieces between separators; one empty piece for the empty text.
std::vector<std::string> split(std::string_view text, char separator);

// Reads "2" or "2,3,4". Throws InvalidArgument naming `field`.
std::vector<Index> to_integers(std::string_view field, std::string_view text);

// One value for every axis: itself where `values` has `count` entries, repeated where it has one.
// Throws InvalidArgument naming `field` otherwise.
template <class T>
std::vector<T> one_per(std::string_view field, const std::vector<T>& values, std::size_t count,
                       const char* of = "axis");

// a, b, c -> "a, b or c"
std::string alternatives(const std::vector<std::string>& names);

// a, b, c -> "a, b and c"
std::string enumeration(const std::vector<std::string>& names);

// The letters of ASCII in one case; other bytes stay.
std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);

// The text that all of them are, or all of them with `separator` between; there is one at least.
std::string one_or_joined(const std::vector<std::string>& texts, std::string_view separator);

// "1 geometry", "2 geometries"; without a plural of its own, "1 check", "2 checks".
std::string counted(Index count, std::string_view one, std::string_view several = {});

// Those of `names` that `word` may be a slip of the finger for, the likeliest first, two at most: with few letters
// added, left out, replaced or swapped, capital or not; or begun and not ended, where few begin so.
std::vector<std::string> similar(std::string_view word, const std::vector<std::string>& names);

// "did you mean --epochs or --batch?" of what is similar, with `before` before each; nothing where nothing is.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& names,
                         std::string_view before = {});

// What may stand in the place of an unknown `word`: "did you mean oak?", and where nothing is similar all names, "use oak or fir".
std::string instead_of(std::string_view word, const std::vector<std::string>& names);

// Without blanks, tabs and ends of lines at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace fsconv

#include <fmt/format.h>

#include <fsconv/base/error.hpp>

template <class T>
std::vector<T> fsconv::one_per(std::string_view field, const std::vector<T>& values, std::size_t count,
                               const char* of) {
  if (values.size() == count) return values;
  if (values.size() == 1) return std::vector<T>(count, values.front());
  throw InvalidArgument(field, "has " + counted(static_cast<Index>(values.size()), "entry", "entries"),
                        fmt::format("give one, or one per {}: {}", of, count));
}
