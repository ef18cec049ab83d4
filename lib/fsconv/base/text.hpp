// Strict reading of numbers and lists from text.
#pragma once

#include <fsconv/base/index.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// The integer that `text` is from its first to its last character, or nothing.
std::optional<Index> to_integer(std::string_view text);

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

}  // namespace fsconv

#include <fmt/format.h>

#include <fsconv/base/error.hpp>

template <class T>
std::vector<T> fsconv::one_per(std::string_view field, const std::vector<T>& values, std::size_t count,
                               const char* of) {
  if (values.size() == count) return values;
  if (values.size() == 1) return std::vector<T>(count, values.front());
  throw InvalidArgument(field, fmt::format("has {} entries", values.size()),
                        fmt::format("give one, or one per {}: {}", of, count));
}
