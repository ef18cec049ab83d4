// Base64 of RFC 4648's own examples, and of all bytes, read back.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/base64.hpp>
#include <string_view>
#include <vector>

using namespace fsconv;

namespace {

std::string of(std::string_view text) { return base64(std::vector<std::uint8_t>(text.begin(), text.end())); }

std::vector<std::uint8_t> read_back(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char letter : text) {
    if (letter == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(letters.find(letter));
    count += 6;
    if (count >= 8) bytes.push_back(static_cast<std::uint8_t>(bits >> (count -= 8)));
  }
  return bytes;
}

}  // namespace

TEST_CASE("base64: the examples of RFC 4648, section 10") {
  CHECK(of("") == "");
  CHECK(of("f") == "Zg==");
  CHECK(of("fo") == "Zm8=");
  CHECK(of("foo") == "Zm9v");
  CHECK(of("foob") == "Zm9vYg==");
  CHECK(of("fooba") == "Zm9vYmE=");
  CHECK(of("foobar") == "Zm9vYmFy");
}

TEST_CASE("base64: every byte at every place comes back, in four characters for three bytes") {
  std::vector<std::uint8_t> bytes;
  for (int shift = 0; shift < 3; ++shift) {
    for (int byte = 255; byte >= 0; --byte) bytes.push_back(static_cast<std::uint8_t>(byte));
    bytes.push_back(static_cast<std::uint8_t>(shift));
    const std::string text = base64(bytes);
    CHECK(read_back(text) == bytes);
    CHECK(text.size() == (bytes.size() + 2) / 3 * 4);
  }
}
