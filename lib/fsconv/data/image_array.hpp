// Reads images that another program has saved as one array.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/base/names.hpp>
#include <fsconv/data/images.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <string>
#include <vector>

namespace fsconv {

// How the axes of an array of images are meant: by its shape, or as a user says.
enum class DataFormat { automatic, nchw, nhwc, nhw };
constexpr auto names_of(DataFormat) {
  return NameTable<DataFormat, 4>{"data-format",
                                  {{{DataFormat::automatic, "auto"},
                                    {DataFormat::nchw, "nchw"},
                                    {DataFormat::nhwc, "nhwc"},
                                    {DataFormat::nhw, "nhw"}}}};
}

struct ImageArray {
  Images images;                   // [N, C, H, W]
  std::vector<std::string> notes;  // how they were taken, where that is not [N, C, H, W] of bytes
};

// Whether the name has one of the forms that read_image_array() takes.
bool names_image_array(const std::string& where);

// The array at `where`: FILE.npy, FILE.npz[:NAME] or FILE.h5:/DATASET, as read_array() takes them.
//
// Shapes: [N, C, H, W] with C 1 (grey) or 3 (red, green, blue); [N, H, W, C] where the second axis is neither
// 1 nor 3; [N, H, W], grey, where the last axis is neither 1 nor 3, which would rather be one image in
// colour. A format that is not automatic says which of these it is.
// Types: bytes (u1) are what they are; floats become round(255 x), and must all lie in 0..1; false and true
// become 0 and 255. Other integers are refused.
//
// Bytes of more than largest_in_memory stay in FILE.npy (in C order) and FILE.h5:/DATASET (uncompressed, in one piece)
// and are read where they are used. While they are read, other bytes, and all of NumPy, need one byte a pixel (and one more
// where their axes are reordered), floats of HDF5 up to f4 five, what else HDF5 has nine. Throws what read_array() throws;
// BadData if the array has another type or shape, is empty, or does not fit the memory (checked before anything is
// allocated).
ImageArray read_image_array(const std::string& where, DataFormat format = DataFormat::automatic);

// The same of an array of an archive; `where` stands in messages.
ImageArray read_npz_images(const NpzReader& archive, std::size_t number, const std::string& where,
                           DataFormat format = DataFormat::automatic);

}  // namespace fsconv
