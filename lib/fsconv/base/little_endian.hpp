// Whole numbers as file formats hold them, least byte first.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fsconv {

// The lowest `width` bytes of a number, 8 at most.
inline void append_little_endian(std::string& to, std::uint64_t number, int width) {
  for (; width > 0; --width, number >>= 8) to += static_cast<char>(number & 0xff);
}

// The number that up to 8 bytes hold.
inline std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t number = 0;
  for (std::size_t at = bytes.size(); at-- > 0;)
    number = number << 8 | std::to_integer<std::uint64_t>(bytes[at]);
  return number;
}

}  // namespace fsconv
