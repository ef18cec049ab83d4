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
//   generated       6000 + 1000 grey images of 28x28, drawn from `seed` (generator.hpp);
//                   generated:HEIGHTxWIDTHxCHANNELS as many of that format
//   a DIR           holding train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-... (each plain or .gz),
//                   or CIFAR-10's data_batch_1.bin to data_batch_5.bin and test_batch.bin (cifar10.hpp)
//   a FILE          of IDX images, or FILE.npy, FILE.npz[:NAME] or FILE.h5:/DATASET with bytes [N, C, H, W]
//                   (image_array.hpp); the last tenth becomes the test set
// `seed` matters to "generated" only. IoError if there is nothing under that name, with a hint; BadData if a
// file is broken, files do not fit each other or do not fit the memory; InvalidArgument "data" for a format
// that cannot be generated.
Dataset load_dataset(const std::string& name_or_path, std::uint64_t seed);

// A copy of images first ... first + count - 1 of [N, C, H, W]. InvalidArgument if they are not all there or
// do not fit the memory.
Tensor<std::uint8_t> part_of(const Tensor<std::uint8_t>& images, Index first, Index count);

}  // namespace fsconv
