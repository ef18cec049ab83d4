// NumPy's .npy format: one array, a short header and the raw values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fsconv/base/array.hpp>
#include <fsconv/io/numpy/npy_header.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fsconv {

// The next bytes of an input, in order; fills the span or throws.
using ByteSource = std::function<void(std::span<std::byte>)>;
// Takes the next bytes of an output.
using ByteSink = std::function<void(std::span<const std::byte>)>;

// Versions 1.0, 2.0 and 3.0; little and big endian (little where the header does not say); C and Fortran order;
// f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, under these and NumPy's other names ("?", "float32", "d"). BadData names what is
// wrong: no magic (and what the file is instead), version, header, type (objects, strings, complex numbers, records), a
// length that is not the shape's, an integer beyond 2^53. IoError if the system fails. The format has no checksum: a
// changed value is another value, and nobody can tell.
Array read_npy(const std::string& path);

// The same from `length` bytes of any source; `where` stands in messages.
Array read_npy(const ByteSource& source, std::uint64_t length, std::string_view where);

// Sees the type and the shape, and throws where they are not wanted, before room is made for any value.
using NpyCheck = std::function<void(const NpyHeader&)>;

// What a byte is made of numbers that are none: nothing of those that it does not take. `legal` says which it takes.
struct ByteRule {
  std::function<std::optional<std::uint8_t>(double)> byte_of;
  std::string legal;
};

struct ByteArray {
  Tensor<std::uint8_t> values;
  std::string dtype;  // of the file
};

// As read_npy(), in one byte a value: u1 as it is, b1 as 0 and 1, all else by the rule; BadData names the first number that
// it does not take. In Fortran order there are, for a while, two copies.
ByteArray read_npy_bytes(const std::string& path, const NpyCheck& check, const ByteRule& rule);
ByteArray read_npy_bytes(const ByteSource& source, std::uint64_t length, std::string_view where,
                         const NpyCheck& check, const ByteRule& rule);

// As read_npy(), each number rounded to the nearest float; BadData for one that overflows there.
Tensor<float> read_npy_floats(const ByteSource& source, std::uint64_t length, std::string_view where,
                              const NpyCheck& check);

// The header of an array of npy, whose values lie in its last bytes, for whoever reads these himself. Throws what
// read_npy() throws before it reads the first value.
NpyHeader read_npy_header(const ByteSource& source, std::uint64_t length, std::string_view where);

// Writes an array as little endian "f4" or "f8". A finite value that overflows f4 is an InvalidArgument.
template <class T>
void write_npy(const std::string& path, const Tensor<T>& values, const std::string& dtype);

// The header (version 1.0, padded to 64 bytes) of a C-order array. `descr` is NumPy's: "<f8", "<i8", "|S3".
std::string npy_header(const std::string& descr, const Shape& shape);

// The values as they stand after the header.
template <class T>
void write_npy_values(const ByteSink& sink, const Tensor<T>& values, const std::string& dtype);

}  // namespace fsconv
