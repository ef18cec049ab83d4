// Numbers as the types that are asked for: none is bent silently.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/content_check.hpp>
#include <limits>
#include <type_traits>

namespace fsconv::hdf5 {
namespace {

// A numeric dataset that is about to be read, and where it is.
struct Source {
  const Access& access;
  std::string file, name;
  Shape shape;
  char kind;          // of the stored numbers: f, i, u, b
  std::size_t bytes;  // of one of them

  std::string where() const { return file + ":" + name; }

  template <class T>
  Tensor<T> read_as() const {
    require_memory_for(where(), element_count(shape), sizeof(T));
    Tensor<T> values(shape);
    access.read_numbers(
        name, number_type<T>(),
        std::as_writable_bytes(std::span(values.data(), static_cast<std::size_t>(values.size()))));
    return values;
  }
};

Source describe(const Access& access, const std::string& file, const std::string& name) {
  const Description described = access.describe_numbers(name);
  return {access,
          file,
          name,
          described.shape,
          described.dtype.front(),
          static_cast<std::size_t>(described.dtype.back() - '0')};
}

// Floating-point numbers rounded to a shorter type.
Tensor<float> narrowed(const Source& source) {
  const Tensor<double> wide = source.read_as<double>();
  Tensor<float> values = cast<float>(wide);
  for (Index at = 0; at < values.size(); ++at)
    if (std::isinf(values[at]) && !std::isinf(wide[at]))
      throw BadData(source.where(), fmt::format("holds {} at {}, which no float can hold", wide[at],
                                                position_text(wide.shape(), at)));
  return values;
}

// Integers in floating point: each must be held exactly.
template <class T, class Integer>
Tensor<T> exact(const Source& source) {
  const Tensor<Integer> integers = source.read_as<Integer>();
  constexpr auto limit = static_cast<Integer>(std::uint64_t{1} << std::numeric_limits<T>::digits);
  for (Index at = 0; at < integers.size(); ++at)
    if (integers[at] > limit || (std::is_signed_v<Integer> && integers[at] < Integer{0} - limit))
      throw BadData(
          source.where(),
          fmt::format("holds the integer {} at {}", integers[at], position_text(integers.shape(), at)),
          fmt::format("beyond 2^{} they are not held exactly", std::numeric_limits<T>::digits));
  return cast<T>(integers);
}

// An enumeration of two names can hold other numbers all the same.
template <class T>
Tensor<T> truths(const Source& source) {
  const auto values = source.read_as<std::int64_t>();  // of bytes without a sign HDF5 would make 0 of -1
  for (Index at = 0; at < values.size(); ++at)
    if (values[at] != 0 && values[at] != 1)
      throw BadData(source.where(),
                    fmt::format("holds {} at {}", values[at], position_text(values.shape(), at)),
                    "its booleans are 0 and 1");
  return cast<T>(values);
}

template <class T>
Tensor<T> read_from(const Source& source) {
  if (source.kind == 'b') return truths<T>(source);
  if constexpr (std::is_floating_point_v<T>) {
    if (source.kind == 'i') return exact<T, std::int64_t>(source);
    if (source.kind == 'u') return exact<T, std::uint64_t>(source);
    if constexpr (std::is_same_v<T, float>)
      if (source.bytes > sizeof(float)) return narrowed(source);
  } else {
    constexpr bool is_signed = std::is_signed_v<T>;
    const bool fits = source.kind == 'i' ? is_signed && source.bytes <= sizeof(T)
                                         : source.kind == 'u' && source.bytes + is_signed <= sizeof(T);
    if (!fits)
      throw BadData(source.where(), fmt::format("holds numbers of type {}{}", source.kind, source.bytes),
                    fmt::format("{}{} is wanted, or a shorter one", is_signed ? 'i' : 'u', sizeof(T)));
  }
  return source.read_as<T>();
}

}  // namespace

template <class T>
Tensor<T> File::read(const std::string& name) const {
  const Source source = describe(*access_, path_, name);
  Tensor<T> values = read_from<T>(source);
  if (!check() || !check()->lists(name)) return values;
  if (const std::string dtype = dtype_of<T>(); dtype == fmt::format("{}{}", source.kind, source.bytes))
    check()->compare(
        name,
        hash_of_numbers(dtype, values.shape(),
                        std::as_bytes(std::span(values.data(), static_cast<std::size_t>(values.size())))));
  else
    check()->check_dataset(name);
  return values;
}

template Tensor<double> File::read(const std::string&) const;
template Tensor<float> File::read(const std::string&) const;
template Tensor<std::int64_t> File::read(const std::string&) const;
template Tensor<std::uint8_t> File::read(const std::string&) const;

}  // namespace fsconv::hdf5
