// Reads one picture from a file: JPEG by libjpeg-turbo, PNG by libpng, with settings that are fixed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fsconv/base/names.hpp>
#include <fsconv/io/picture.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

enum class PictureFormat { jpeg, png };

// What the first bytes of a file say that it is, whatever its name; nothing where they begin neither. Eight are enough.
constexpr std::size_t picture_signature_bytes = 8;
std::optional<PictureFormat> picture_format(std::span<const std::byte> beginning);

// The same of a file, of which no more than these bytes are read. Nothing for what is no regular file. IoError where it
// cannot be read.
std::optional<PictureFormat> picture_format(const std::string& path);

// What becomes of a picture whose file says that it is to be seen turned or in a mirror (orientation.hpp).
enum class Orientation { applied, ignored };
constexpr auto names_of(Orientation) {
  return NameTable<Orientation, 2>{"orientation",
                                   {{{Orientation::applied, "applied"}, {Orientation::ignored, "ignored"}}}};
}

struct DecodeOptions {
  Orientation orientation = Orientation::applied;
  // A picture with more pixels is refused as soon as its header says so: a file of some kilobytes may claim 65500 x
  // 65500 of them.
  Index most_pixels = 100'000'000;
};

// The picture that a JPEG or PNG file's bytes hold; `where` names the file in messages. Grey pictures have one channel,
// all others three. Values are what the file holds: neither gamma nor a colour profile is looked at.
//
// JPEG   the slow exact inverse transform (JDCT_ISLOW), fancy upsampling, full size, no smoothing of blocks: the bytes are
//        the same on every processor. Baseline and progressive, Huffman and arithmetic. Refused: CMYK and YCCK, 12 bits
//        per value, more than 100 scans (in arithmetic coding fewer of large pictures in few bytes).
// PNG    all of 1, 2, 4 and 8 bits, palettes, interlaced ones. 16 bits are refused: what they hold often fills a small part
//        of their range, so that keeping the upper half would silently lose it. Transparency is refused where a pixel
//        is not opaque (its colour would depend on a background that nobody stated), and dropped where all are.
//
// Whatever a decoder warns of is an error: a file that ends early, a wrong checksum, values out of range. What follows
// after the end of the picture is not looked at (telephones put a second picture there). Chunks of PNG that are not
// needed are skipped, but for their checksums; one that is needed has 8 MB at most.
//
// A header that claims more pixels than the file's bytes can hold is refused before they are allocated: of PNG by the most
// that deflate can pack, of JPEG by Huffman's shortest code. Arithmetic coding knows no such bound: there more than 256 blocks of 8 x 8 pixels for a byte
// are refused, which a picture of some million pixels reaches if it is one colour all over.
//
// Throws BadData for what is no picture, is refused or is broken, has more than most_pixels, or does not fit the memory.
// Interrupted after Ctrl-C, where it is caught, in the middle of a JPEG.
Picture decode_picture(std::span<const std::byte> bytes, const std::string& where,
                       const DecodeOptions& options = {});

// All bytes of a file, which has 1 GiB at most and begins as a picture does. IoError if it is no regular file or cannot
// be read; BadData. A pipe is never waited for (input_file.hpp).
std::vector<std::byte> picture_file_bytes(const std::string& path);

// The two above, one after the other.
Picture read_picture(const std::string& path, const DecodeOptions& options = {});

// Versions and settings in one line, to be stored with what was decoded: pictures decoded under the same text are equal.
//     "libjpeg-turbo 2.1.5 (islow, fancy upsampling), libpng 1.6.39"
std::string decoder_text();

}  // namespace fsconv
