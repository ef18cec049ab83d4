// Data sets of images by name or path.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/parallel.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/data/images.hpp>
#include <string>
#include <vector>

namespace fsconv {

struct ImageSet {
  Images images;                               // [N, C, H, W]
  std::vector<std::uint8_t> labels;            // N of them, or none
  std::vector<std::string> factor_names = {};  // what each image was drawn from, where that is known; or none
  Tensor<float> factors = {};                  // [N, factor_names]
  std::vector<std::string> classes = {};  // the names of labels 0, 1, ..., where the data says them; or none
};

struct Dataset {
  std::string name;                     // as asked for
  std::string source;                   // where it was read, or how it was made
  ImageSet train, test, validation;     // validation: none, but where the data says which images are for it
  std::vector<std::string> notes = {};  // what a user should know of how it was read, one line each
};

// How many images a generated set has.
constexpr Index generated_train_images = 6000, generated_test_images = 1000;

// `name_or_path` is
//   FILE.h5         made by `fsconv data prepare`: its images stay in it (prepared_file.hpp)
//   fashion-mnist, mnist, cifar-10, cifar-100, celeba
//                   the first of the folders of that set (known_sets.hpp) that is there; it must hold that set
//   generated       6000 + 1000 grey images of 28x28, drawn from `seed` (generator.hpp);
//                   generated:HEIGHTxWIDTHxCHANNELS as many of that format, generated:factors and
//                   generated:HEIGHTxWIDTHx3,factors discs with the numbers that they were drawn from (factors.hpp)
//   a DIR           with MNIST's four IDX files (idx_folder.hpp), CIFAR-10's six or CIFAR-100's two (cifar.hpp), or with
//                   pictures of one size, as `fsconv data prepare` takes them (picture_folder.hpp)
//   a FILE          of IDX images, or FILE.npy, FILE.npz[:NAME] or FILE.h5:/DATASET (image_array.hpp), whose last tenth
//                   becomes the test set; or FILE.npz with images and labels under their usual names (array_sets.hpp)
// What a path leads to is decided by data_kind() (data_kind.hpp). `seed` matters to "generated" only, `format` to FILE.npy,
// FILE.npz and FILE.h5:/DATASET, `threads` to how fast pictures are read. IoError if there is nothing under that name,
// with how to get it or what there is; BadData if a folder holds no data that is known, a file is broken, files do not fit each other or do not fit the memory, or
// there is one image only; InvalidArgument "data" for a format that cannot be generated.
Dataset load_dataset(const std::string& name_or_path, std::uint64_t seed,
                     DataFormat format = DataFormat::automatic, int threads = hardware_threads());

// The same, but `test` is empty where the data has no test images of its own: all are in `train`, be it one.
Dataset load_undivided(const std::string& name_or_path, std::uint64_t seed,
                       DataFormat format = DataFormat::automatic, int threads = hardware_threads());

// Whether load_dataset() takes it for the name of a set that is generated or of IDX or CIFAR files, and not for a path. No
// such set has validation images of its own.
bool is_known_name(const std::string& name_or_path);

// Images first ... first + count - 1 of a set, with their labels. InvalidArgument if they are not all there.
ImageSet part_of(const ImageSet& set, Index first, Index count);

// The images of `a`, then those of `b`, with labels where both have them and their classes have the same names. An
// empty set adds nothing. InvalidArgument for images of two sizes.
ImageSet joined(const ImageSet& a, const ImageSet& b);

}  // namespace fsconv
