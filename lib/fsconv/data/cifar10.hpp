// Reads CIFAR-10 in its binary version: colour images of 32x32 pixels with labels.
#pragma once

#include <fsconv/data/dataset.hpp>
#include <string>

namespace fsconv {

// Whether the folder holds a file data_batch_1.bin.
bool is_cifar10_folder(const std::string& folder);

// Reads data_batch_1.bin to data_batch_5.bin and test_batch.bin, as [N, 3, 32, 32]. A file is a row of
// records of 3073 bytes: a label 0..9, then the planes of red, green and blue, top row first; there may be
// any number of records (the published files have 10000). IoError if a file cannot be read; BadData if one is
// empty or no row of whole records, a label is larger than 9, or the images do not fit the memory (checked
// before they are read). Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009, and
// the data's own page.
Dataset read_cifar10_folder(const std::string& name, const std::string& folder);

}  // namespace fsconv
