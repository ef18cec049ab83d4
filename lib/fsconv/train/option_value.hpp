// How the value of an option is read, written in JSON and kept in range, by its type.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <fsconv/base/names.hpp>
#include <fsconv/data/augment.hpp>
#include <fsconv/engine/precision.hpp>
#include <fsconv/geometry/stride.hpp>
#include <fsconv/nn/activation.hpp>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

// For a type T of options:
//     Legal                which values are legal
//     read(text)           the value that a command line gives, or nothing where it is none
//     write(value)         the value in JSON, and fits(json): whether JSON is of that type
//     is_legal(value, legal), and expected(legal): what an error says of them
template <class T>
struct OptionValue;

template <class T>
requires std::integral<T>
struct OptionValue<T> {
  struct Legal {
    T least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
  };
  static std::optional<T> read(const std::string& text) {
    T value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }
  static nlohmann::json write(T value) { return value; }
  static bool fits(const nlohmann::json& json) { return json.is_number_integer(); }
  static bool is_legal(T value, const Legal& legal) { return legal.least <= value && value <= legal.most; }
  static std::string expected(const Legal& legal) {
    return fmt::format("must be an integer from {} to {}", legal.least, legal.most);
  }
};

template <>
struct OptionValue<bool> {
  struct Legal {};
  static std::optional<bool> read(const std::string& text) {
    if (text != "true" && text != "false") return std::nullopt;
    return text == "true";
  }
  static nlohmann::json write(bool value) { return value; }
  static bool fits(const nlohmann::json& json) { return json.is_boolean(); }
  static bool is_legal(bool, const Legal&) { return true; }
  static std::string expected(const Legal&) { return "must be true or false"; }
};

// Finite numbers only.
template <>
struct OptionValue<double> {
  struct Legal {
    double least = 0, most = std::numeric_limits<double>::max();
    bool without_least = false, without_most = false;  // these two themselves are not legal
  };
  static std::optional<double> read(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }
  static nlohmann::json write(double value) { return value; }
  static bool fits(const nlohmann::json& json) { return json.is_number(); }
  static bool is_legal(double value, const Legal& legal) {
    return std::isfinite(value) && (legal.without_least ? value > legal.least : value >= legal.least) &&
           (legal.without_most ? value < legal.most : value <= legal.most);
  }
  static std::string expected(const Legal& legal) {
    const std::string from =
        fmt::format("{} {}", legal.without_least ? "larger than" : "at least", legal.least);
    if (legal.most == Legal().most) return "must be a number " + from;
    return fmt::format("must be a number {} and {} {}", from, legal.without_most ? "smaller than" : "at most",
                       legal.most);
  }
};

// A positive number, or nothing, which is written `learned`.
template <>
struct OptionValue<std::optional<double>> {
  struct Legal {};
  static constexpr auto nothing = "learned";
  static std::optional<std::optional<double>> read(const std::string& text) {
    if (text == nothing) return std::optional<double>();
    if (const auto number = OptionValue<double>::read(text)) return number;
    return std::nullopt;
  }
  static nlohmann::json write(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nothing);
  }
  static bool fits(const nlohmann::json& json) { return json.is_number() || json == nothing; }
  static bool is_legal(const std::optional<double>& value, const Legal&) {
    return !value || (std::isfinite(*value) && *value > 0);
  }
  static std::string expected(const Legal&) { return "must be a number larger than 0, or learned"; }
};

template <>
struct OptionValue<std::string> {
  struct Legal {};
  static std::optional<std::string> read(const std::string& text) { return text; }
  static nlohmann::json write(const std::string& value) { return value; }
  static bool fits(const nlohmann::json& json) { return json.is_string(); }
  static bool is_legal(const std::string& value, const Legal&) { return !value.empty(); }
  static std::string expected(const Legal&) { return "must not be empty"; }
};

template <Named E>
struct OptionValue<E> {
  struct Legal {};
  // `bounded` is for the log-variances of a model and nothing that a user chooses; models are trained in floats.
  static std::vector<std::string> offered() {
    std::vector<std::string> names = all_names<E>();
    if constexpr (std::same_as<E, Precision>) names = names_in(float_precisions);
    if constexpr (std::same_as<E, Activation>) std::erase(names, name(Activation::bounded));
    return names;
  }
  static std::optional<E> read(const std::string& text) {
    const auto names = offered();
    if (std::find(names.begin(), names.end(), text) == names.end()) return std::nullopt;
    return named<E>(text);
  }
  static nlohmann::json write(E value) { return std::string(name(value)); }
  static bool fits(const nlohmann::json& json) { return json.is_string(); }
  static bool is_legal(E value, const Legal&) { return read(std::string(name(value))).has_value(); }
  static std::string expected(const Legal&) { return "choose " + alternatives(offered()); }
};

// Nothing is written `none`.
template <>
struct OptionValue<std::optional<Augment>> {
  struct Legal {};
  static constexpr auto nothing = "none";
  static std::optional<std::optional<Augment>> read(const std::string& text) {
    if (text == nothing) return std::optional<Augment>();
    try {
      return parse_augment(text);
    } catch (const InvalidArgument&) {
      return std::nullopt;
    }
  }
  static nlohmann::json write(const std::optional<Augment>& value) { return value ? text(*value) : nothing; }
  static bool fits(const nlohmann::json& json) { return json.is_string(); }
  static bool is_legal(const std::optional<Augment>& value, const Legal&) {
    return !value || (value->shift >= 0 && value->shift <= largest_shift && *value != Augment());
  }
  static std::string expected(const Legal&) {
    return fmt::format("must be flip, shift=N with N from 1 to {}, both with a comma between, or none",
                       largest_shift);
  }
};

// Nothing stands for what follows from other options, and cannot be written.
template <Named E>
struct OptionValue<std::optional<E>> {
  struct Legal {};
  static std::optional<std::optional<E>> read(const std::string& text) {
    if (const auto value = OptionValue<E>::read(text)) return value;
    return std::nullopt;
  }
  static nlohmann::json write(const std::optional<E>& value) {
    return value ? OptionValue<E>::write(*value) : nlohmann::json();
  }
  static bool fits(const nlohmann::json& json) { return json.is_string(); }
  static bool is_legal(const std::optional<E>& value, const Legal&) {
    return !value || OptionValue<E>::is_legal(*value, {});
  }
  static std::string expected(const Legal&) { return OptionValue<E>::expected({}); }
};

template <>
struct OptionValue<std::vector<Index>> {
  struct Legal {
    Index least = 1, most = 1'000'000'000;
    bool or_none = false;  // the empty list
  };
  static std::optional<std::vector<Index>> read(const std::string& text) {
    std::vector<Index> list;
    if (text.empty()) return list;
    for (const std::string& piece : split(text, ',')) {
      const auto value = to_integer(piece);
      if (!value) return std::nullopt;
      list.push_back(*value);
    }
    return list;
  }
  static nlohmann::json write(const std::vector<Index>& value) { return value; }
  static bool fits(const nlohmann::json& json) {
    return json.is_array() && std::all_of(json.begin(), json.end(), [](const nlohmann::json& entry) {
             return entry.is_number_integer();
           });
  }
  static bool is_legal(const std::vector<Index>& value, const Legal& legal) {
    return (legal.or_none || !value.empty()) && std::all_of(value.begin(), value.end(), [&](Index entry) {
             return legal.least <= entry && entry <= legal.most;
           });
  }
  static std::string expected(const Legal& legal) {
    return fmt::format("must be integers from {} to {}, with commas between", legal.least, legal.most);
  }
};

// Whole strides are numbers in JSON, others texts: [2, "3/2"].
template <>
struct OptionValue<std::vector<Stride>> {
  struct Legal {};
  static std::optional<std::vector<Stride>> read(const std::string& text) {
    try {
      return parse_stride(text);
    } catch (const InvalidArgument&) {
      return std::nullopt;
    }
  }
  static nlohmann::json write(const std::vector<Stride>& value) {
    nlohmann::json list = nlohmann::json::array();
    for (const Stride& stride : value)
      if (stride.up == 1)
        list.push_back(stride.down);
      else
        list.push_back(fmt::format("{}/{}", stride.down, stride.up));
    return list;
  }
  static bool fits(const nlohmann::json& json) {
    return json.is_array() && std::all_of(json.begin(), json.end(), [](const nlohmann::json& entry) {
             return entry.is_number_integer() ||
                    (entry.is_string() && entry.get_ref<const std::string&>().find('/') != std::string::npos);
           });
  }
  static bool is_legal(const std::vector<Stride>& value, const Legal&) {
    return !value.empty() && std::all_of(value.begin(), value.end(), [](const Stride& stride) {
      return stride.down >= 1 && stride.up >= 1;
    });
  }
  static std::string expected(const Legal&) {
    return "must be whole numbers or fractions, at least 1 above and below, with commas between: 2 or 2,3/2";
  }
};

}  // namespace fsconv
