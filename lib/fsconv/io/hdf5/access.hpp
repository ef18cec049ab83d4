// What can be asked of an open HDF5 file, whoever calls HDF5 for it: this process (local_file.hpp) or one that may crash
// (remote_file.hpp). For the sources of io/hdf5 only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fsconv/io/hdf5/file.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fsconv::hdf5 {

// The types in which numbers are handed over, in this machine's byte order.
enum class NumberType { f8, f4, i8, u8, u1 };

template <class T>
constexpr NumberType number_type() {
  if constexpr (std::is_same_v<T, double>) return NumberType::f8;
  if constexpr (std::is_same_v<T, float>) return NumberType::f4;
  if constexpr (std::is_same_v<T, std::int64_t>) return NumberType::i8;
  if constexpr (std::is_same_v<T, std::uint64_t>) return NumberType::u8;
  if constexpr (std::is_same_v<T, std::uint8_t>) return NumberType::u1;
}

// A dataset of numbers as it is stored.
struct Description {
  Shape shape;
  std::string dtype;  // as File::dtype() says it: "f4", "b1"
};

// The names and errors are those of File's functions.
class Access {
 public:
  virtual ~Access() = default;

  virtual bool exists(const std::string& name) const = 0;
  virtual bool is_group(const std::string& name) const = 0;
  virtual std::vector<std::string> members(const std::string& group) const = 0;
  virtual std::vector<std::string> datasets() const = 0;
  virtual Shape shape(const std::string& name) const = 0;
  virtual std::string dtype(const std::string& name) const = 0;
  virtual std::optional<double> fill_value(const std::string& name) const = 0;
  virtual std::vector<std::string> read_strings(const std::string& name) const = 0;
  virtual std::vector<std::string> attributes(const std::string& object) const = 0;
  virtual bool has_attribute(const std::string& object, const std::string& name) const = 0;
  virtual Value attribute(const std::string& object, const std::string& name) const = 0;
  virtual Numbers numbers_attribute(const std::string& object, const std::string& name) const = 0;

  // Throws BadData unless it is a dataset of numbers that can be read, and of a size that its file can hold.
  virtual Description describe_numbers(const std::string& name) const = 0;
  // All numbers of a described dataset, converted by HDF5; `into` has their size.
  virtual void read_numbers(const std::string& name, NumberType type, std::span<std::byte> into) const = 0;

  // Where in the file the first byte of its numbers is, where they lie there as they are, one behind the other.
  virtual std::optional<std::uint64_t> place(const std::string& name) const = 0;

  virtual void create_group(const std::string& name) = 0;
  virtual void write_numbers(const std::string& name, NumberType type, std::span<const std::byte> values,
                             const Shape& shape, const Storage& storage) = 0;
  virtual void reserve_numbers(const std::string& name, NumberType type, const Shape& shape,
                               const Storage& storage) = 0;
  virtual void write_part(const std::string& name, NumberType type, Index first,
                          std::span<const std::byte> values) = 0;
  virtual void write_strings(const std::string& name, const std::vector<std::string>& values,
                             const Storage& storage) = 0;
  virtual void set_attribute(const std::string& object, const std::string& name, const Value& value) = 0;
  virtual void remove(const std::string& name) = 0;
  // Writes what is kept back. IoError if that fails. Nothing else may follow.
  virtual void close() = 0;
};

}  // namespace fsconv::hdf5
