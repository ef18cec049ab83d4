// Prepared images: an HDF5 file from which training reads one image at a time, each with its checksum.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <fsconv/data/data_part.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/run_log.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

// The file, of kind "data", holds for each of its parts /train, /validation (may be missing) and /test
//     /PART/images   u1 [image, channel, row, column], uncompressed and in one piece, so that an image's place is known
//     /PART/crc32    i8 [image], CRC-32 (of zlib) of the image's bytes
//     /PART/label    u1 [image], of data with labels
//     /PART/source   texts [image]: the file that it was made of
//     /PART/sha256   texts [image]: SHA-256 of that file, where it is known
// and at the root, beside what write_environment() writes, the attributes
//     contents          JSON: {"image": [C, H, W], "labels": true, "test": 10, "train": 90, "validation": 0}
//     recipe            JSON
//     decoder           text
//     classes, notes    JSON lists of texts
// The digest of the file covers all but the pixels, whose CRCs it covers.

struct PreparedDescription {
  nlohmann::json recipe = nlohmann::json::object();  // how a picture became an image
  std::string decoder;                               // what decoded it, with versions
  std::vector<std::string> classes = {};             // the names of the labels 0, 1, ...; or none
  std::vector<std::string> notes = {};               // what a user should know, one line each
};

// Where an image comes from.
struct PreparedSource {
  std::string name;                        // of the file, as a user finds it again
  std::string sha256 = {};                 // of it, or nothing: all images of a file have one, or none
  std::optional<std::uint8_t> label = {};  // all images of a file have one, or none
};

// IoError where the disk has less room than the pixels of so many images [C, H, W] take. The folder need not be there yet.
void require_disk_room(const std::string& path, const Shape& image, Index count);

// Writes such a file, one image after the other, and keeps none of them: a mebibyte or two at a time, and what is stored
// per image beside its pixels. The file appears with commit(), whole or not at all.
class PreparedWriter {
 public:
  // `image` is [C, H, W]; `counts` the numbers of images of train, validation and test, in this order; the last two may be
  // 0. InvalidArgument for sizes that are none; IoError, also where the disk has less room than the pixels take.
  PreparedWriter(const std::string& path, RunInfo info, PreparedDescription description, const Shape& image,
                 const std::array<Index, 3>& counts);

  // The next image of a part; parts may be interleaved. `pixels` are its C*H*W bytes. InvalidArgument for one too many, or with
  // a label or SHA-256 where others have none, or the reverse. IoError.
  void add(DataPart part, std::span<const std::uint8_t> pixels, PreparedSource source);

  // InvalidArgument where images are missing. IoError.
  void commit();

 private:
  struct Part {
    Index count = 0, added = 0, written = 0;
    std::vector<std::uint8_t> waiting;  // pixels of the images written ... added - 1
    std::vector<std::int64_t> crcs;
    std::vector<std::uint8_t> labels;
    std::vector<std::string> names, sums;
  };

  Part& at(DataPart part) { return parts_[static_cast<std::size_t>(part)]; }
  void write_waiting(DataPart part);
  void write_rest(DataPart part);

  RunInfo info_;
  PreparedDescription description_;
  Shape image_;
  Index image_size_ = 0;
  std::array<Part, 3> parts_;
  hdf5::File file_;
};

struct PreparedData {
  PreparedDescription description;
  std::array<ImageSet, 3> parts;  // by DataPart; an empty one has no images

  const ImageSet& operator[](DataPart part) const { return parts[static_cast<std::size_t>(part)]; }
};

// What an HDF5 file says of its kind, as "data" or "train"; nothing where it does not. IoError and BadData as hdf5::File::open.
std::string kind_of_file(const std::string& path);

// Whether it is an HDF5 file of fsconv of the kind "data". IoError and BadData as hdf5::File::open.
bool is_prepared(const std::string& path);

// The images of a prepared file, which stay in it and are read where they are used, and their labels. No pixel is looked
// at. IoError; BadData where anything contradicts the digest, another part or the size of the file.
PreparedData open_prepared(const std::string& path);

// The names of the files that a part's images were made of.
std::vector<std::string> prepared_sources(const std::string& path, DataPart part);

// Reads every pixel and everything else, compares it with its checksums, and returns how many images it has read. BadData
// that names the first image or object that is not what was written; Interrupted after Ctrl-C, where it is caught.
Index verify_prepared(const std::string& path);

}  // namespace fsconv
