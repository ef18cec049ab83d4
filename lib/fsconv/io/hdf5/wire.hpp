// Values as bytes and back, between this process and its forked copy. For the sources of io/hdf5 only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <fsconv/io/hdf5/access.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace fsconv::hdf5::wire {

// What was received is no message.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The members of what consists of several.
template <class S>
requires std::same_as<std::remove_const_t<S>, Numbers>
auto parts(S& value) { return std::tie(value.values, value.dtype); }
template <class S>
requires std::same_as<std::remove_const_t<S>, Description>
auto parts(S& value) { return std::tie(value.shape, value.dtype); }
template <class S>
requires std::same_as<std::remove_const_t<S>, Storage>
auto parts(S& value) {
  return std::tie(value.dimensions, value.compressed, value.plain, value.units, value.long_name);
}

template <class T>
concept Plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <class T>
concept Composed = requires(T& value) {
  parts(value);
};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
void put(std::string& bytes, const T& value) {
  if constexpr (Plain<T>) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  } else if constexpr (std::same_as<T, std::string>) {
    put(bytes, static_cast<std::uint64_t>(value.size()));
    bytes += value;
  } else if constexpr (std::same_as<T, Value>) {
    put(bytes, static_cast<std::uint64_t>(value.index()));
    std::visit([&](const auto& held) { put(bytes, held); }, value);
  } else if constexpr (IsOptional<T>::value) {
    put(bytes, value.has_value());
    if (value) put(bytes, *value);
  } else if constexpr (Composed<const T>) {
    std::apply([&](const auto&... part) { (put(bytes, part), ...); }, parts(value));
  } else {
    put(bytes, static_cast<std::uint64_t>(value.size()));
    for (const auto& element : value) put(bytes, element);
  }
}

// Takes bytes from the front of `bytes`. The other process may be out of its mind: sizes are looked at before they are
// believed. Malformed if there are too few bytes.
inline std::string_view take(std::string_view& bytes, std::uint64_t count) {
  if (count > bytes.size()) throw Malformed("gave an answer that ends early");
  const std::string_view front = bytes.substr(0, count);
  bytes.remove_prefix(count);
  return front;
}

template <class T>
T get(std::string_view& bytes) {
  T value{};
  if constexpr (std::same_as<T, bool>) {
    value = take(bytes, 1).front() != 0;
  } else if constexpr (Plain<T>) {
    std::memcpy(&value, take(bytes, sizeof value).data(), sizeof value);
  } else if constexpr (std::same_as<T, std::string>) {
    value = take(bytes, get<std::uint64_t>(bytes));
  } else if constexpr (std::same_as<T, Value>) {
    switch (get<std::uint64_t>(bytes)) {
      case 0:
        return get<std::variant_alternative_t<0, Value>>(bytes);
      case 1:
        return get<std::variant_alternative_t<1, Value>>(bytes);
      case 2:
        return get<std::variant_alternative_t<2, Value>>(bytes);
      default:
        return get<std::variant_alternative_t<3, Value>>(bytes);
    }
  } else if constexpr (IsOptional<T>::value) {
    if (get<bool>(bytes)) value = get<typename T::value_type>(bytes);
  } else if constexpr (Composed<T>) {
    std::apply([&](auto&... part) { ((part = get<std::remove_reference_t<decltype(part)>>(bytes)), ...); },
               parts(value));
  } else {
    for (auto count = get<std::uint64_t>(bytes); count > 0; --count)
      value.push_back(get<typename T::value_type>(bytes));
  }
  return value;
}

}  // namespace fsconv::hdf5::wire
