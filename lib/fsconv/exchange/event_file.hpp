// Event files, which TensorBoard reads: records with checksums, and in each one a message of Protocol Buffers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <fsconv/io/picture.hpp>
#include <string>
#include <string_view>

namespace fsconv {

// CRC-32C (Castagnoli: polynomial 0x1EDC6F41, reflected, begun and ended with all ones): 0xE3069283 of "123456789".
// Source: [RFC3720] appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

// A record: its length as u64, the masked CRC-32C of these eight bytes, the content and the masked CRC-32C of it, all
// little-endian; masked(c) = ((c >> 15) | (c << 17)) + 0xa282ead8. Source: TensorFlow, core/lib/io/record_writer.h.
std::string framed_record(std::string_view content);

// A file in memory, to be written whole. The first record says "brain.Event:2"; each other one is one value of one tag at one step.
// Source of the field numbers: TensorBoard, compat/proto/{event,summary,tensor,tensor_shape}.proto.
//   step   the number of the epoch
//   time   seconds since 1970
class EventFile {
 public:
  explicit EventFile(double time);

  // As a float, which is all that the format has: a number that overflows one becomes infinite.
  void add_number(double time, std::int64_t step, std::string_view tag, double value);
  // Text in Markdown, UTF-8.
  void add_text(double time, std::int64_t step, std::string_view tag, std::string_view markdown);
  // As PNG. InvalidArgument as png_bytes().
  void add_picture(double time, std::int64_t step, std::string_view tag, const Picture& picture);

  const std::string& bytes() const { return bytes_; }

 private:
  void add_value(double time, std::int64_t step, const std::string& value);

  std::string bytes_;
};

}  // namespace fsconv
