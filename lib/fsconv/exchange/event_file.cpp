// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <bit>
#include <cmath>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/exchange/event_file.hpp>
#include <limits>

namespace fsconv {
namespace {

constexpr std::array<std::uint32_t, 256> crc_of_bytes = [] {
  constexpr std::uint32_t reflected_polynomial = 0x82F63B78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? reflected_polynomial : 0);
    table[byte] = rest;
  }
  return table;
}();

std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8; }

// The wire format of Protocol Buffers: a field's number and type, then what it holds.
enum class Wire : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void append_varint(std::string& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) to += static_cast<char>((number & 0x7f) | 0x80);
  to += static_cast<char>(number);
}

void append_key(std::string& to, unsigned field, Wire wire) {
  append_varint(to, field << 3 | static_cast<unsigned>(wire));
}

std::string integer_field(unsigned field, std::uint64_t number) {
  std::string text;
  append_key(text, field, Wire::varint);
  append_varint(text, number);
  return text;
}

std::string bytes_field(unsigned field, std::string_view content) {
  std::string text;
  append_key(text, field, Wire::bytes);
  append_varint(text, content.size());
  return text.append(content);
}

std::string double_field(unsigned field, double number) {
  std::string text;
  append_key(text, field, Wire::fixed64);
  append_little_endian(text, std::bit_cast<std::uint64_t>(number), 8);
  return text;
}

std::string float_field(unsigned field, double number) {
  constexpr double most = std::numeric_limits<float>::max();
  const float rounded = std::abs(number) > most ? std::copysign(std::numeric_limits<float>::infinity(),
                                                                static_cast<float>(number > 0 ? 1 : -1))
                                                : static_cast<float>(number);
  std::string text;
  append_key(text, field, Wire::fixed32);
  append_little_endian(text, std::bit_cast<std::uint32_t>(rounded), 4);
  return text;
}

// The numbers of the messages' fields.
namespace event {
constexpr unsigned wall_time = 1, step = 2, file_version = 3, summary = 5;
}
namespace summary {
constexpr unsigned value = 1;
}
namespace value {
constexpr unsigned tag = 1, simple_value = 2, image = 4, tensor = 8, metadata = 9;
}
namespace image {
constexpr unsigned height = 1, width = 2, colorspace = 3, encoded = 4;
}
namespace metadata {
constexpr unsigned plugin_data = 1, plugin_name = 1, data_class = 4, class_of_tensors = 2;
}
namespace tensor {
constexpr unsigned dtype = 1, shape = 2, string_value = 8, type_of_strings = 7;
constexpr unsigned dimension = 2, size = 1;  // of the shape
}  // namespace tensor

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char byte : bytes)
    crc = (crc >> 8) ^ crc_of_bytes[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  return ~crc;
}

std::string framed_record(std::string_view content) {
  std::string record;
  append_little_endian(record, std::uint64_t{content.size()}, 8);
  append_little_endian(record, masked(crc32c(record)), 4);
  record += content;
  append_little_endian(record, masked(crc32c(content)), 4);
  return record;
}

EventFile::EventFile(double time)
    : bytes_(framed_record(double_field(event::wall_time, time) +
                           bytes_field(event::file_version, "brain.Event:2"))) {}

void EventFile::add_value(double time, std::int64_t step, const std::string& value) {
  bytes_ += framed_record(double_field(event::wall_time, time) +
                          integer_field(event::step, static_cast<std::uint64_t>(step)) +
                          bytes_field(event::summary, bytes_field(summary::value, value)));
}

void EventFile::add_number(double time, std::int64_t step, std::string_view tag, double number) {
  add_value(time, step, bytes_field(value::tag, tag) + float_field(value::simple_value, number));
}

void EventFile::add_text(double time, std::int64_t step, std::string_view tag, std::string_view markdown) {
  const std::string one = bytes_field(tensor::dimension, integer_field(tensor::size, 1));
  const std::string text = integer_field(tensor::dtype, tensor::type_of_strings) +
                           bytes_field(tensor::shape, one) + bytes_field(tensor::string_value, markdown);
  const std::string plugin = bytes_field(metadata::plugin_data, bytes_field(metadata::plugin_name, "text")) +
                             integer_field(metadata::data_class, metadata::class_of_tensors);
  add_value(
      time, step,
      bytes_field(value::tag, tag) + bytes_field(value::tensor, text) + bytes_field(value::metadata, plugin));
}

void EventFile::add_picture(double time, std::int64_t step, std::string_view tag, const Picture& picture) {
  const std::vector<std::uint8_t> png = png_bytes(picture);
  const std::string content =
      integer_field(image::height, static_cast<std::uint64_t>(picture.height)) +
      integer_field(image::width, static_cast<std::uint64_t>(picture.width)) +
      integer_field(image::colorspace, static_cast<std::uint64_t>(picture.channels)) +  // 1 grey, 3 RGB
      bytes_field(image::encoded, std::string(png.begin(), png.end()));
  add_value(time, step, bytes_field(value::tag, tag) + bytes_field(value::image, content));
}

}  // namespace fsconv
