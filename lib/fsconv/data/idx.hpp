// Reads the IDX format of MNIST and its relatives, plain or gzipped.
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <string>
#include <vector>

namespace fsconv {

// An IDX file of images (magic 2051) as [count, 1, rows, columns], and of labels (magic 2049).
// IoError if it cannot be opened; BadData if it is empty, truncated, damaged (gzip's CRC), of another kind,
// if the header's sizes are absurd (checked before anything is allocated) or bytes follow the last image.
Tensor<std::uint8_t> read_idx_images(const std::string& path);
std::vector<std::uint8_t> read_idx_labels(const std::string& path);

}  // namespace fsconv
