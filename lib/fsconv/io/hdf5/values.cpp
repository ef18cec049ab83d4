// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/half.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/hdf5/content_digest.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <numeric>
#include <optional>
#include <utility>
#include <variant>

namespace fsconv::hdf5 {
namespace {

// A number of the stored ones that an attribute names.
struct Named {
  std::string attribute;
  double value;
};

struct Meaning {
  std::string stored;  // the dtype
  bool as_unsigned = false;
  std::vector<Named> missing;
  std::optional<Named> least, most;
  std::optional<double> scale, offset;
  std::string result;  // the dtype of the values
  bool from_matlab = false;

  bool packed() const { return scale || offset; }
  bool plain() const {
    return !as_unsigned && missing.empty() && !least && !most && !packed() && !from_matlab;
  }
};

bool is_float(const std::string& dtype) { return dtype.front() == 'f'; }
int bits_of(const std::string& dtype) { return 8 * (dtype.back() - '0'); }

// Reads the attributes of one dataset.
class MeaningReader {
 public:
  MeaningReader(const File& file, const std::string& name)
      : file_(file), name_(name), where_(file.path() + ":" + name) {}

  Meaning read() {
    meaning_.stored = meaning_.result = file_.dtype(name_);
    read_matlab();
    read_sign();
    read_packing();
    read_missing();
    read_limits();
    return meaning_;
  }

 private:
  bool has(const char* attribute) const { return file_.has_attribute(name_, attribute); }

  [[noreturn]] void refuse(const std::string& attribute, const std::string& problem,
                           const char* legal) const {
    throw BadData(where_, fmt::format("its attribute {} {}", attribute, problem), legal);
  }

  void read_matlab() {
    if (!has("MATLAB_class")) return;
    const std::string kind = file_.string_attribute(name_, "MATLAB_class");
    if (has("MATLAB_empty") && file_.number_attribute(name_, "MATLAB_empty") != 0)
      throw BadData(where_, "is an empty array of MATLAB: the file has its size instead of values");
    if (kind == "char") throw BadData(where_, "holds a text of MATLAB", "an array of numbers is wanted");
    meaning_.from_matlab = true;
  }

  void read_sign() {
    if (!has("_Unsigned")) return;
    const std::string text = lower_case(file_.string_attribute(name_, "_Unsigned"));
    const char kind = meaning_.stored.front();
    if (text == "true" && kind == 'i') {
      meaning_.as_unsigned = true;
      meaning_.result.front() = 'u';
    } else if ((text == "true" && kind != 'u') || (text == "false" && kind == 'u') ||
               (text != "true" && text != "false")) {
      refuse("_Unsigned", fmt::format("is '{}' beside numbers of type {}", excerpt(text), meaning_.stored),
             "\"true\" goes with signed integers");
    }
  }

  // One finite factor or summand.
  std::optional<double> coefficient(const char* attribute, bool& single) const {
    if (!has(attribute)) return std::nullopt;
    const Numbers numbers = file_.numbers_attribute(name_, attribute);
    if (numbers.values.size() != 1 || !std::isfinite(numbers.values[0]))
      refuse(attribute,
             numbers.values.empty() ? "holds no number"
                                    : fmt::format("holds {}", fmt::join(numbers.values, ", ")),
             "one finite number is wanted");
    single = single && (numbers.dtype == "f4" || numbers.dtype == "f2");
    return numbers.values[0];
  }

  void read_packing() {
    bool single = is_float(meaning_.stored) ? bits_of(meaning_.stored) <= 32 : bits_of(meaning_.stored) <= 16;
    meaning_.scale = coefficient("scale_factor", single);
    meaning_.offset = coefficient("add_offset", single);
    if (meaning_.packed()) meaning_.result = single ? "f4" : "f8";
  }

  // A number that an attribute names, as the stored numbers are read: of an f4 or f2 it is the nearest of these, of integers
  // that are read as unsigned ones the one with the same bits.
  double as_stored(double value, const std::string& dtype) const {
    if (meaning_.stored == "f4") return static_cast<float>(value);
    if (meaning_.stored == "f2") return rounded_to_half(value);
    if (meaning_.as_unsigned && dtype.front() == 'i' && value < 0)
      return value + std::ldexp(1, bits_of(meaning_.stored));
    return value;
  }

  // Whether some stored number can have this value.
  bool can_be_stored(double value) const {
    if (is_float(meaning_.stored)) return true;
    const int bits = bits_of(meaning_.stored);
    const bool has_sign = meaning_.stored.front() == 'i' && !meaning_.as_unsigned;
    const double least = has_sign ? -std::ldexp(1, bits - 1) : 0,
                 beyond = std::ldexp(1, has_sign ? bits - 1 : bits);
    return value == std::floor(value) && value >= least && value < beyond;
  }

  void read_missing() {
    for (const char* attribute : {"_FillValue", "missing_value"}) {
      if (!has(attribute)) continue;
      const Numbers numbers = file_.numbers_attribute(name_, attribute);
      for (const double number : numbers.values) {
        const double value = as_stored(number, numbers.dtype);
        if (can_be_stored(value))
          meaning_.missing.push_back({attribute, value});
        else if (meaning_.packed())
          refuse(attribute,
                 fmt::format("is {}, which no packed number of type {} can be", number, meaning_.stored),
                 "it must be one of the stored numbers");
      }
    }
    if (!has("_FillValue")) read_default_fill();
  }

  // netCDF marks what was never written by numbers of its own (netcdf.h); they are told from data by the file's saying
  // that unwritten elements hold them. Those of 8-byte integers are beyond what is read exactly.
  void read_default_fill() {
    constexpr std::pair<const char*, double> defaults[] = {{"i2", -32767},        {"u2", 65535},
                                                           {"i4", -2147483647.0}, {"u4", 4294967295.0},
                                                           {"f4", 0x1.ep+122},    {"f8", 0x1.ep+122}};
    const std::optional<double> unwritten = file_.fill_value(name_);
    for (const auto& [dtype, value] : defaults)
      if (meaning_.stored == dtype && unwritten == value)
        meaning_.missing.push_back({"netCDF's default _FillValue", as_stored(value, dtype)});
  }

  Named limit(const char* attribute, const Numbers& numbers, std::size_t at) const {
    if (meaning_.packed() && is_float(numbers.dtype) != is_float(meaning_.stored))
      refuse(attribute,
             fmt::format(
                 "is of type {} beside packed numbers of type {}: it may limit these or the unpacked values",
                 numbers.dtype, meaning_.stored),
             "give it the stored type");
    return {attribute, as_stored(numbers.values[at], numbers.dtype)};
  }

  void read_limits() {
    const auto numbers_of = [&](const char* attribute, std::size_t count) {
      Numbers numbers = file_.numbers_attribute(name_, attribute);
      if (numbers.values.size() != count)
        refuse(attribute, fmt::format("holds {} numbers", numbers.values.size()),
               count == 2 ? "the smallest and the largest are wanted" : "one is wanted");
      return numbers;
    };
    if (has("valid_range")) {
      const Numbers numbers = numbers_of("valid_range", 2);
      meaning_.least = limit("valid_range", numbers, 0);
      meaning_.most = limit("valid_range", numbers, 1);
      return;
    }
    if (has("valid_min")) meaning_.least = limit("valid_min", numbers_of("valid_min", 1), 0);
    if (has("valid_max")) meaning_.most = limit("valid_max", numbers_of("valid_max", 1), 0);
  }

  const File& file_;
  const std::string& name_;
  std::string where_;
  Meaning meaning_;
};

[[noreturn]] void refuse_value(const std::string& where, const Tensor<double>& values, Index at,
                               const std::string& reason) {
  throw BadData(where,
                fmt::format("holds {} at {}, {}", values[at], position_text(values.shape(), at), reason),
                "every value must be a number");
}

void read_as_unsigned(const std::string& where, const std::string& stored, Tensor<double>& values) {
  const double beyond = std::ldexp(1, bits_of(stored)), exact = std::ldexp(1, 53);
  for (Index at = 0; at < values.size(); ++at) {
    if (values[at] < 0) values[at] += beyond;
    if (values[at] > exact)
      throw BadData(where,
                    fmt::format("holds an integer beyond 2^53 at {}", position_text(values.shape(), at)),
                    "beyond 2^53 they are not held exactly");
  }
}

void require_all_there(const std::string& where, const Meaning& meaning, const Tensor<double>& values) {
  for (Index at = 0; at < values.size(); ++at) {
    const double value = values[at];
    for (const Named& missing : meaning.missing)
      if (value == missing.value || (std::isnan(value) && std::isnan(missing.value)))
        refuse_value(where, values, at,
                     fmt::format("which says that there is no value ({})", missing.attribute));
    if (meaning.least && value < meaning.least->value)
      refuse_value(where, values, at,
                   fmt::format("below the smallest valid one, {} ({})", meaning.least->value,
                               meaning.least->attribute));
    if (meaning.most && value > meaning.most->value)
      refuse_value(
          where, values, at,
          fmt::format("above the largest valid one, {} ({})", meaning.most->value, meaning.most->attribute));
  }
}

// Product and sum are rounded one after the other, each to T, as netCDF4-python's arrays are.
template <class T>
void unpack(const Meaning& meaning, Tensor<double>& values) {
  if (meaning.scale)
    for (double& value : values) value = static_cast<T>(value) * static_cast<T>(*meaning.scale);
  if (meaning.offset)
    for (double& value : values) value = static_cast<T>(value) + static_cast<T>(*meaning.offset);
}

Tensor<double> with_axes_reversed(const Tensor<double>& values) {
  std::vector<Index> order(static_cast<std::size_t>(values.rank()));
  std::iota(order.rbegin(), order.rend(), Index{0});
  return permute(values, order);
}

std::string packing_text(const Meaning& meaning) {
  std::string text = "stored";
  if (meaning.scale) text += fmt::format(" * {}", *meaning.scale);
  if (meaning.offset) text += fmt::format(" + {}", *meaning.offset);
  return text;
}

// Of a dimension without coordinates netCDF stores the length alone, as a dataset that nobody has written to.
bool is_mere_dimension(const File& file, const std::string& name) {
  if (!file.has_attribute(name, "NAME")) return false;
  const Value title = file.attribute(name, "NAME");
  const auto* text = std::get_if<std::string>(&title);
  return text && text->starts_with("This is a netCDF dimension but not a netCDF variable");
}

}  // namespace

std::vector<std::string> datasets_with_values(const File& file, const std::string& within) {
  std::vector<std::string> names = file.datasets();
  std::erase_if(names, [&](const std::string& name) {
    return !is_within(within, name) || is_mere_dimension(file, name);
  });
  return names;
}

bool is_plain(const File& file, const std::string& name) { return MeaningReader(file, name).read().plain(); }

// netCDF's name in the file for a variable that is called like a dimension but does not run along it.
std::string stored_name(const File& file, const std::string& name) {
  const std::size_t slash = name.rfind('/') + 1;
  const std::string other = name.substr(0, slash) + "_nc4_non_coord_" + name.substr(slash);
  return file.exists(name) && is_mere_dimension(file, name) && file.exists(other) ? other : name;
}

Array read_values(const File& file, const std::string& given) {
  const std::string name = stored_name(file, given);
  if (!file.exists(name)) {
    const std::vector<std::string> names = datasets_with_values(file);
    throw BadData(file.path(), fmt::format("has no dataset {}", excerpt(name)),
                  names.empty() ? "it has none at all" : "it has " + excerpt_of_names(names));
  }
  const std::string where = file.path() + ":" + name;
  if (is_mere_dimension(file, name))
    throw BadData(where, "is a dimension of netCDF, which has no values of its own");
  Array array{file.read<double>(name), {}};
  const Meaning meaning = MeaningReader(file, name).read();
  array.dtype = meaning.result;
  if (meaning.as_unsigned) {
    read_as_unsigned(where, meaning.stored, array.values);
    array.notes.push_back(where + ": _Unsigned: its integers are read as unsigned ones");
  }
  require_all_there(where, meaning, array.values);
  if (meaning.packed()) {
    if (meaning.result == "f4")
      unpack<float>(meaning, array.values);
    else
      unpack<double>(meaning, array.values);
    array.notes.push_back(fmt::format("{}: packed: its values are {}, of type {}", where,
                                      packing_text(meaning), meaning.result));
  }
  if (meaning.from_matlab && array.values.rank() > 1) {
    array.values = with_axes_reversed(array.values);
    array.notes.push_back(fmt::format("{}: MATLAB stores axes in reverse; read as MATLAB shows it, [{}]",
                                      where, fmt::join(array.values.shape(), ", ")));
  }
  return array;
}

}  // namespace fsconv::hdf5
