// Reads the IDX format of MNIST and its relatives, plain or gzipped.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/data/images.hpp>
#include <string>
#include <vector>

namespace fsconv {

// An IDX file of images (magic 2051) as [count, 1, rows, columns], and of labels (magic 2049).
// IoError if it cannot be opened; BadData if it is empty, truncated, of another kind, if the header's sizes are absurd
// (checked before anything is allocated) or bytes follow the last image. Of a gzipped file every member is checked
// against its CRC (unpacked_file.hpp). IDX itself has no checksum: a changed byte of a plain file is another pixel or
// label, and nobody can tell.
// Images of a plain file of more than largest_in_memory stay in it.
Images read_idx_images(const std::string& path);
std::vector<std::uint8_t> read_idx_labels(const std::string& path);

}  // namespace fsconv
