// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/base/half.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/numpy/npy_header.hpp>
#include <limits>
#include <numeric>
#include <type_traits>

namespace fsconv {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");

constexpr std::size_t block_bytes = std::size_t{1}
                                    << 20;     // read and converted at a time: a multiple of every size
constexpr std::size_t longest_header = 65536;  // what version 1.0 can state; an array of numbers needs 200

template <class T>
T value_at(std::span<const std::byte> bytes, bool big_endian) {
  std::array<std::byte, sizeof(T)> raw;
  std::copy_n(bytes.begin(), sizeof(T), raw.begin());
  if (big_endian) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<T>(raw);
}

// A double holds every integer up to 2^53, and not the next one.
template <class T>
double exact_double(T value, std::string_view where) {
  constexpr auto limit = std::uint64_t{1} << 53;
  const auto magnitude =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  if (magnitude > limit)
    throw BadData(where, fmt::format("holds the integer {}", value),
                  "integers beyond 2^53 are not read exactly");
  return static_cast<double>(value);
}

double decode(std::span<const std::byte> bytes, const NpyHeader& header, std::string_view where) {
  const bool swap = header.big_endian;
  switch (header.kind) {
    case 'f':
      if (header.bytes == 2) return half_to_double(value_at<std::uint16_t>(bytes, swap));
      if (header.bytes == 4) return value_at<float>(bytes, swap);
      return value_at<double>(bytes, swap);
    case 'i':
      if (header.bytes == 1) return value_at<std::int8_t>(bytes, swap);
      if (header.bytes == 2) return value_at<std::int16_t>(bytes, swap);
      if (header.bytes == 4) return value_at<std::int32_t>(bytes, swap);
      return exact_double(value_at<std::int64_t>(bytes, swap), where);
    case 'u':
      if (header.bytes == 1) return value_at<std::uint8_t>(bytes, swap);
      if (header.bytes == 2) return value_at<std::uint16_t>(bytes, swap);
      if (header.bytes == 4) return value_at<std::uint32_t>(bytes, swap);
      return exact_double(value_at<std::uint64_t>(bytes, swap), where);
    default:
      return value_at<std::uint8_t>(bytes, swap) != 0 ? 1 : 0;
  }
}

template <class T>
Tensor<T> reverse_axes(const Tensor<T>& values) {
  std::vector<Index> order(static_cast<std::size_t>(values.rank()));
  std::iota(order.rbegin(), order.rend(), 0);
  return permute(values, order);
}

// What begins otherwise is often something that can be named; the next bytes say more of it.
[[noreturn]] void refuse_start(std::span<const std::byte> preamble, std::uint64_t next,
                               const ByteSource& source, std::string_view where) {
  std::vector<std::byte> start(preamble.begin(), preamble.end());
  start.resize(preamble.size() + next);
  source(std::span(start).subspan(preamble.size()));
  throw BadData(where, with_kind("is no npy array: it does not begin so", content_kind(start)));
}

float narrowed(double value, std::string_view where) {
  const auto narrow = static_cast<float>(value);
  if (std::isinf(narrow) && !std::isinf(value))
    throw BadData(
        where, fmt::format("holds {}", value),
        fmt::format("every number must fit a float, at most {:.4g}", std::numeric_limits<float>::max()));
  return narrow;
}

// Where a value is that lies `at` so many values behind the first one: its index in C order.
Index place_in_c_order(const NpyHeader& header, Index at) {
  if (!header.fortran_order) return at;
  Index place = 0, step = element_count(header.shape);
  for (const Index extent : header.shape) {  // the first axis runs fastest
    step /= extent;
    place += at % extent * step;
    at /= extent;
  }
  return place;
}

// The values behind a header, in C order; `convert` makes one of its bytes and of its place among them.
template <class T, class Convert>
Tensor<T> read_values(const ByteSource& source, const NpyHeader& header, std::string_view where,
                      const Convert& convert) {
  const Index count = element_count(header.shape);
  require_memory_for(where, count, sizeof(T));
  Shape stored = header.shape;
  if (header.fortran_order) std::reverse(stored.begin(), stored.end());
  Tensor<T> values(stored);
  std::vector<std::byte> block(
      std::min<std::size_t>(block_bytes, static_cast<std::size_t>(count) * header.bytes));
  for (Index done = 0; done < count;) {
    stop_if_interrupted();
    const Index now = std::min(count - done, static_cast<Index>(block.size() / header.bytes));
    const auto raw = std::span(block).first(static_cast<std::size_t>(now) * header.bytes);
    source(raw);
    for (Index at = 0; at < now; ++at)
      values[done + at] = convert(raw.subspan(static_cast<std::size_t>(at) * header.bytes), done + at);
    done += now;
  }
  if (!header.fortran_order || header.shape.size() < 2) return values;
  require_memory_for(where, count, sizeof(T));
  return reverse_axes(values);
}

// The bytes of a file, from its first one.
ByteSource bytes_of(const InputFile& file) {
  return [&file, position = std::uint64_t{0}](std::span<std::byte> bytes) mutable {
    file.read(position, bytes);
    position += bytes.size();
  };
}

}  // namespace

Array read_npy(const std::string& path) {
  const InputFile file(path);
  return read_npy(bytes_of(file), file.size(), path);
}

ByteArray read_npy_bytes(const std::string& path, const NpyCheck& check, const ByteRule& rule) {
  const InputFile file(path);
  return read_npy_bytes(bytes_of(file), file.size(), path, check, rule);
}

NpyHeader read_npy_header(const ByteSource& source, std::uint64_t length, std::string_view where) {
  std::uint64_t left = length;
  auto take = [&](std::span<std::byte> bytes) {
    if (left < bytes.size())
      throw BadData(where, fmt::format("its npy header ends early, after {} bytes", length));
    source(bytes);
    left -= bytes.size();
  };

  if (length == 0) throw BadData(where, "is empty", "an npy array begins with a header");
  std::array<std::byte, 8> preamble;
  take(preamble);
  if (std::memcmp(preamble.data(), "\x93NUMPY", 6) != 0)
    refuse_start(preamble, std::min<std::uint64_t>(left, 1024), source, where);
  const auto major = std::to_integer<unsigned>(preamble[6]), minor = std::to_integer<unsigned>(preamble[7]);
  if (major < 1 || major > 3 || minor != 0)
    throw BadData(where, fmt::format("is an npy array of version {}.{}", major, minor),
                  "fsconv reads 1.0, 2.0 and 3.0");

  std::array<std::byte, 4> length_field;
  const auto length_bytes = std::span(length_field).first(major == 1 ? 2 : 4);
  take(length_bytes);
  const std::uint64_t header_length = little_endian(length_bytes);
  if (header_length > longest_header)
    throw BadData(where, fmt::format("states an npy header of {} bytes", header_length),
                  "an array's has a few hundred");
  std::string text(header_length, '\0');
  take(std::as_writable_bytes(std::span(text)));
  NpyHeader header = parse_npy_header(text, where);

  // The values must fill the rest to the byte: a wrong shape or a damaged file is found before anything is
  // allocated.
  const Index count = stated_count(where, header.shape);
  const auto bytes = checked_multiply(count, static_cast<Index>(header.bytes));
  if (!bytes || static_cast<std::uint64_t>(*bytes) > left)
    throw BadData(where, fmt::format("ends early: {} values of {} bytes are stated, {} bytes are there",
                                     count, header.bytes, left));
  if (static_cast<std::uint64_t>(*bytes) < left)
    throw BadData(where, counted(static_cast<Index>(left - static_cast<std::uint64_t>(*bytes)),
                                 "byte follows", "bytes follow") +
                             " the last value");
  return header;
}

Array read_npy(const ByteSource& source, std::uint64_t length, std::string_view where) {
  const NpyHeader header = read_npy_header(source, length, where);
  const auto number = [&](std::span<const std::byte> bytes, Index) { return decode(bytes, header, where); };
  return {read_values<double>(source, header, where, number), header.dtype()};
}

ByteArray read_npy_bytes(const ByteSource& source, std::uint64_t length, std::string_view where,
                         const NpyCheck& check, const ByteRule& rule) {
  const NpyHeader header = read_npy_header(source, length, where);
  check(header);
  const std::string dtype = header.dtype();
  const bool are_bytes = dtype == "u1", are_booleans = dtype == "b1";
  const auto byte = [&](std::span<const std::byte> bytes, Index at) {
    const auto first = std::to_integer<std::uint8_t>(bytes.front());
    if (are_bytes) return first;
    if (are_booleans) return static_cast<std::uint8_t>(first != 0);
    const double value = decode(bytes, header, where);
    const std::optional<std::uint8_t> made = rule.byte_of(value);
    if (!made)
      throw BadData(
          where,
          fmt::format("holds {} at {}", value, position_text(header.shape, place_in_c_order(header, at))),
          rule.legal);
    return *made;
  };
  return {read_values<std::uint8_t>(source, header, where, byte), dtype};
}

Tensor<float> read_npy_floats(const ByteSource& source, std::uint64_t length, std::string_view where,
                              const NpyCheck& check) {
  const NpyHeader header = read_npy_header(source, length, where);
  check(header);
  const auto number = [&](std::span<const std::byte> bytes, Index) {
    return narrowed(decode(bytes, header, where), where);
  };
  return read_values<float>(source, header, where, number);
}

namespace {

template <class To, class From>
void write_converted(const ByteSink& sink, const Tensor<From>& values) {
  std::vector<To> block;
  for (Index first = 0; first < values.size(); first += static_cast<Index>(block.size())) {
    block.resize(static_cast<std::size_t>(
        std::min(values.size() - first, static_cast<Index>(block_bytes / sizeof(To)))));
    for (std::size_t at = 0; at < block.size(); ++at) {
      const From value = values[first + static_cast<Index>(at)];
      block[at] = static_cast<To>(value);
      if (std::isinf(block[at]) && !std::isinf(value))
        throw InvalidArgument("dtype f4", fmt::format("cannot hold the value {}", value), "write f8");
    }
    sink(std::as_bytes(std::span(block)));
  }
}

}  // namespace

template <class T>
void write_npy_values(const ByteSink& sink, const Tensor<T>& values, const std::string& dtype) {
  if (dtype == "f8")
    write_converted<double>(sink, values);
  else if (dtype == "f4")
    write_converted<float>(sink, values);
  else
    throw InvalidArgument("dtype", fmt::format("'{}' cannot be written", dtype), "f4 or f8");
}

template <class T>
void write_npy(const std::string& path, const Tensor<T>& values, const std::string& dtype) {
  AtomicFile file(path);
  file.write(npy_header("<" + dtype, values.shape()));
  write_npy_values([&](std::span<const std::byte> bytes) { file.write(bytes); }, values, dtype);
  file.commit();
}

template void write_npy_values(const ByteSink&, const Tensor<float>&, const std::string&);
template void write_npy_values(const ByteSink&, const Tensor<double>&, const std::string&);
template void write_npy(const std::string&, const Tensor<float>&, const std::string&);
template void write_npy(const std::string&, const Tensor<double>&, const std::string&);

}  // namespace fsconv
