// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/io/images/orientation.hpp>
#include <optional>

namespace fsconv {
namespace {

// Numbers of a TIFF block, which says in its first bytes what their order is.
class TiffBytes {
 public:
  TiffBytes(std::span<const std::byte> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<std::uint32_t> u16(std::size_t at) const { return number(at, 2); }
  std::optional<std::uint32_t> u32(std::size_t at) const { return number(at, 4); }

 private:
  std::optional<std::uint32_t> number(std::size_t at, std::size_t length) const {
    if (at > bytes_.size() || bytes_.size() - at < length) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t byte = 0; byte < length; ++byte)
      value =
          value << 8 | std::to_integer<std::uint32_t>(bytes_[at + (big_endian_ ? byte : length - 1 - byte)]);
    return value;
  }

  std::span<const std::byte> bytes_;
  bool big_endian_;
};

// The picture's own entries are those of directory 0; those of a thumbnail follow in another one.
std::optional<std::uint32_t> orientation_entry(const TiffBytes& tiff) {
  constexpr std::uint32_t magic = 42, orientation_tag = 0x0112, type_short = 3,
                          type_long = 4;  // which the standard does not allow, and some programs write
  constexpr std::size_t entry_bytes = 12;
  const auto directory = tiff.u32(4);
  if (tiff.u16(2) != magic || !directory) return std::nullopt;
  const std::uint32_t entries = tiff.u16(*directory).value_or(0);
  for (std::size_t entry = 0; entry < entries; ++entry) {
    const std::size_t at = *directory + 2 + entry * entry_bytes;
    const auto tag = tiff.u16(at);
    if (!tag) break;
    if (*tag != orientation_tag || tiff.u32(at + 4) != 1u) continue;
    if (tiff.u16(at + 2) == type_short) return tiff.u16(at + 8);
    if (tiff.u16(at + 2) == type_long) return tiff.u32(at + 8);
  }
  return std::nullopt;
}

}  // namespace

int exif_orientation(std::span<const std::byte> tiff) {
  constexpr std::byte intel{'I'}, motorola{'M'};
  if (tiff.size() < 2 || tiff[0] != tiff[1] || (tiff[0] != intel && tiff[0] != motorola)) return 1;
  const std::uint32_t value = orientation_entry(TiffBytes(tiff, tiff[0] == motorola)).value_or(1);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

Picture oriented(const Picture& picture, int orientation) {
  if (orientation < 1 || orientation > 8)
    throw InvalidArgument("orientation", fmt::format("{}", orientation), "1 to 8");
  if (orientation == 1) return picture;
  // The last four have rows for columns; each of the others is a mirror image up and down, left and right, or both.
  const bool swapped = orientation >= 5;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  Picture seen{swapped ? picture.height : picture.width, swapped ? picture.width : picture.height,
               picture.channels, std::vector<std::uint8_t>(picture.pixels.size())};
  const Index channels = picture.channels;
  auto to = seen.pixels.begin();
  for (Index row = 0; row < seen.height; ++row)
    for (Index column = 0; column < seen.width; ++column) {
      // where this pixel of the scene is stored
      Index stored_row = swapped ? column : row, stored_column = swapped ? row : column;
      if (from_bottom) stored_row = picture.height - 1 - stored_row;
      if (from_right) stored_column = picture.width - 1 - stored_column;
      const auto from = picture.pixels.begin() + (stored_row * picture.width + stored_column) * channels;
      to = std::copy(from, from + channels, to);
    }
  return seen;
}

}  // namespace fsconv
