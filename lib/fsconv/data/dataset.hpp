// Data sets of images by name or path.
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <string>
#include <vector>

namespace fsconv {

struct ImageSet {
  Tensor<std::uint8_t> images;       // [N, C, H, W]
  std::vector<std::uint8_t> labels;  // N of them, or none
};

struct Dataset {
  std::string name;    // as asked for
  std::string source;  // where it was read, or how it was made
  ImageSet train, test;
};

// `name_or_path` is
//   fashion-mnist   Debian's package dataset-fashion-mnist
//   mnist           the folder mnist or data/mnist
//   generated       6000 + 1000 grey images of 28x28, drawn from `seed` (generator.hpp)
//   a DIR           holding train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-... (each plain or .gz)
//   a FILE          of IDX images; the last tenth becomes the test set
// `seed` matters to "generated" only. IoError if there is nothing under that name, with a hint; BadData if a
// file is broken or files do not fit each other.
Dataset load_dataset(const std::string& name_or_path, std::uint64_t seed);

}  // namespace fsconv
