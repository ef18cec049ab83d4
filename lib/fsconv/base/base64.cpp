// Three bytes of eight bits as four letters of six.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/base64.hpp>
#include <string_view>

namespace fsconv {

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t n = 0; n < 3; ++n) group = group << 8 | (n < count ? bytes[at + n] : 0u);
    for (std::size_t n = 0; n < 4; ++n) text += n <= count ? letters[group >> (18 - 6 * n) & 63] : '=';
  }
  return text;
}

}  // namespace fsconv
