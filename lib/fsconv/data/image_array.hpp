// Reads images that another program has saved as one array of bytes.
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <string>

namespace fsconv {

// Whether the name has one of the forms that read_image_array() takes.
bool names_image_array(const std::string& where);

// The array [N, C, H, W] of type uint8 at `where`: FILE.npy, FILE.npz[:NAME] or FILE.h5:/DATASET, as
// read_array() takes them; C is 1 (grey) or 3 (red, green, blue). Arrays of NumPy need nine bytes a pixel
// while they are read, those of HDF5 one. Throws what read_array() throws; BadData if the array has another
// type or shape, is empty or does not fit the memory (checked before anything is allocated).
Tensor<std::uint8_t> read_image_array(const std::string& where);

}  // namespace fsconv
