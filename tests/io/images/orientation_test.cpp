// Orientations: all eight by hand, and Exif blocks of every kind.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/images/orientation.hpp>

#include "io/images/picture_files.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

Picture grey(Index height, Index width, std::vector<std::uint8_t> pixels) {
  return {width, height, 1, std::move(pixels)};
}

}  // namespace

TEST_CASE("orientation: all eight of a picture, by hand") {
  const Picture stored = grey(2, 3,
                              {1, 2, 3,  //
                               4, 5, 6});
  CHECK(oriented(stored, 1) == stored);
  CHECK(oriented(stored, 2) == grey(2, 3, {3, 2, 1, 6, 5, 4}));  // a mirror
  CHECK(oriented(stored, 3) == grey(2, 3, {6, 5, 4, 3, 2, 1}));  // half a turn
  CHECK(oriented(stored, 4) == grey(2, 3, {4, 5, 6, 1, 2, 3}));  // upside down, in a mirror
  CHECK(oriented(stored, 5) == grey(3, 2, {1, 4, 2, 5, 3, 6}));  // transposed
  CHECK(oriented(stored, 6) == grey(3, 2, {4, 1, 5, 2, 6, 3}));  // to be turned clockwise
  CHECK(oriented(stored, 7) == grey(3, 2, {6, 3, 5, 2, 4, 1}));  // transposed along the other diagonal
  CHECK(oriented(stored, 8) == grey(3, 2, {3, 6, 2, 5, 1, 4}));  // to be turned against the clock
  CHECK_THROWS_AS(oriented(stored, 0), InvalidArgument);
  CHECK_THROWS_AS(oriented(stored, 9), InvalidArgument);
}

TEST_CASE("orientation: a turn and its reverse give the picture back, in colour too") {
  const Picture stored = random_picture(5, 7, 3);
  for (const auto& [one, other] : {std::pair{2, 2}, std::pair{3, 3}, std::pair{4, 4}, std::pair{5, 5},
                                   std::pair{6, 8}, std::pair{7, 7}}) {
    CHECK(oriented(oriented(stored, one), other) == stored);
    CHECK(oriented(oriented(stored, other), one) == stored);
    CHECK(oriented(stored, one) != stored);
  }
}

TEST_CASE("orientation: read from Exif in either order of bytes, and nothing else is taken for one") {
  for (const bool motorola : {false, true}) {
    for (int value = 1; value <= 8; ++value)
      CHECK(exif_orientation(bytes_of(exif_block(value, motorola))) == value);
    for (const int value : {0, 9, 0x100}) CHECK(exif_orientation(bytes_of(exif_block(value, motorola))) == 1);
    CHECK(exif_orientation(bytes_of(exif_block(6, motorola, 4))) == 6);  // in four bytes
    CHECK(exif_orientation(bytes_of(exif_block(0x10006, motorola, 4))) == 1);
    for (const int type : {1, 2, 5, 9}) CHECK(exif_orientation(bytes_of(exif_block(6, motorola, type))) == 1);
    // Cut anywhere, it says 6 only if the number is there; and nothing outside is read (sanitizers see that).
    const std::string whole = exif_block(6, motorola);
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      const std::vector<std::byte> cut(bytes_of(whole).begin(),
                                       bytes_of(whole).begin() + static_cast<long>(length));
      CHECK(exif_orientation(cut) == (length >= 32 ? 6 : 1));
    }
    // A directory that would lie behind the end, however far, or in the very last bytes.
    for (const std::size_t place :
         {std::size_t{0xffffffff}, std::size_t{0xfffffff0}, whole.size(), whole.size() - 1}) {
      std::string wrong = whole;
      const std::string number = big_endian(place);
      wrong.replace(4, 4, motorola ? number : std::string(number.rbegin(), number.rend()));
      CHECK(exif_orientation(bytes_of(wrong)) == 1);
    }
  }
  CHECK(exif_orientation(bytes_of("IM" + exif_block(6, false).substr(2))) == 1);
}
