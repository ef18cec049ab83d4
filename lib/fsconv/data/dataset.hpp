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
  std::vector<std::string> notes = {};  // what a user should know of how it was read, one line each
};

// How many images a generated set has.
constexpr Index generated_train_images = 6000, generated_test_images = 1000;

// `name_or_path` is
//   fashion-mnist   Debian's package dataset-fashion-mnist
//   mnist           the folder mnist or data/mnist
//   generated       6000 + 1000 grey images of 28x28, drawn from `seed` (generator.hpp);
//                   generated:HEIGHTxWIDTHxCHANNELS as many of that format
//   a DIR           with MNIST's four IDX files (idx_folder.hpp), CIFAR-10's six or CIFAR-100's two (cifar.hpp)
//   a FILE          of IDX images, or FILE.npy, FILE.npz[:NAME] or FILE.h5:/DATASET (image_array.hpp), whose last tenth
//                   becomes the test set; or FILE.npz with images and labels under their usual names (array_sets.hpp)
// `seed` matters to "generated" only. IoError if there is nothing under that name, with a hint; BadData if a
// file is broken, files do not fit each other or do not fit the memory; InvalidArgument "data" for a format
// that cannot be generated.
Dataset load_dataset(const std::string& name_or_path, std::uint64_t seed);

// A copy of images first ... first + count - 1 of [N, C, H, W]. InvalidArgument if they are not all there or
// do not fit the memory.
Tensor<std::uint8_t> part_of(const Tensor<std::uint8_t>& images, Index first, Index count);

// Cuts off the last tenth of the images, at least one, for the test set. BadData if there are fewer than two.
Dataset with_test_part(Dataset data);

}  // namespace fsconv
