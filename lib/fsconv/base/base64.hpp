// Bytes as text: the base64 of RFC 4648.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace fsconv {

// Four characters of A-Z a-z 0-9 + / for each three bytes, filled up with =, in one line: as data URLs have it.
// Source: [RFC4648] section 4.
std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace fsconv
