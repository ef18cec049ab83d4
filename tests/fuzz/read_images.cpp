// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/data/cifar.hpp>
#include <fsconv/data/idx.hpp>
#include <fsconv/data/picture_folder.hpp>
#include <fsconv/io/images/orientation.hpp>
#include <fsconv/io/images/picture_reader.hpp>
#include <optional>

#include "readers.hpp"

namespace fsconv::fuzz {
namespace {

// A PNG as whoever damaged it would have left it who computes checksums anew: of every chunk's type and content. Nothing
// where they are right, or where it is no PNG.
std::optional<std::vector<std::byte>> with_right_checksums(Bytes bytes) {
  constexpr std::string_view signature("\x89PNG\r\n\x1a\n", 8);
  constexpr std::size_t head = 8, checksum = 4;
  if (bytes.size() < signature.size() || std::memcmp(bytes.data(), signature.data(), signature.size()) != 0)
    return std::nullopt;
  std::vector<std::byte> mended(bytes.begin(), bytes.end());
  const auto byte = [&](std::size_t at) { return std::to_integer<std::size_t>(mended[at]); };
  for (std::size_t at = signature.size(); mended.size() - at >= head + checksum;) {
    const std::size_t length = byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    if (length > mended.size() - at - head - checksum) break;
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(&mended[at + 4]), static_cast<uInt>(length + 4));
    at += head + length;
    for (int shift = 24; shift >= 0; shift -= 8) mended[at++] = static_cast<std::byte>(sum >> shift & 0xff);
  }
  if (std::equal(mended.begin(), mended.end(), bytes.begin())) return std::nullopt;
  return mended;
}

void decode(Bytes bytes) {
  const Picture picture = decode_picture(bytes, "input", {.most_pixels = 1 << 20});
  require(
      picture.pixels.size() == static_cast<std::size_t>(picture.width * picture.height * picture.channels),
      "a picture has all its pixels");
}

}  // namespace

void read_idx_bytes(Bytes bytes) {
  const std::string path = file_of(bytes, "input-idx");
  try {
    read_idx_labels(path);
  } catch (const Error&) {
    read_idx_images(path);
  }
}

void read_cifar_bytes(Bytes bytes) {
  for (const char* name : {"cifar-100/train.bin", "cifar-10/data_batch_1.bin"}) file_of(bytes, name);
  static const std::string rest = [&] {
    const std::vector<std::byte> record(3074);
    for (const char* name :
         {"data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"})
      file_of(Bytes(record).first(3073), std::string("cifar-10/") + name);
    return file_of(record, "cifar-100/test.bin");
  }();
  const std::string folder = rest.substr(0, rest.rfind("cifar-100"));
  try {
    read_cifar100_folder("input", folder + "cifar-100");
  } catch (const Error&) {
    read_cifar10_folder("input", folder + "cifar-10");
  }
}

void read_picture_bytes(Bytes bytes) {
  exif_orientation(bytes);
  if (const auto mended = with_right_checksums(bytes)) {
    try {
      decode(*mended);
    } catch (const Error&) {
      // and as it was
    }
  }
  decode(bytes);
}

void read_partition_bytes(Bytes bytes) {
  static const std::string folder = [] {
    constexpr std::byte nothing[1] = {};
    file_of(nothing, "pictures/cats/1.png");
    const std::string last = file_of(nothing, "pictures/dogs/2 b.jpg");
    return last.substr(0, last.rfind("/dogs"));
  }();
  list_pictures(folder, file_of(bytes, "list.txt"));
}

}  // namespace fsconv::fuzz
