// Reads CIFAR-10 and CIFAR-100 in their binary versions: colour images of 32x32 pixels with labels.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/data/dataset.hpp>
#include <string>

namespace fsconv {

// Reads data_batch_1.bin to data_batch_5.bin and test_batch.bin, or train.bin and test.bin, as [N, 3, 32,
// 32]. A file is a row of records: one label 0..9, or two, the coarse one 0..19 and the fine one 0..99, which
// is the image's; then the planes of red, green and blue, top row first. There may be any number of records
// (the published files have 10000, and 50000 and 10000). IoError if a file cannot be read; BadData if one is
// empty or no row of whole records (3073 or 3074 bytes), a label is larger, or the images do not fit the
// memory (checked before they are read). These files have no checksum: nobody can tell a changed pixel, a label that is
// changed to another legal one, or a record that is missing or there twice.
// Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009, and the data's own page.
Dataset read_cifar10_folder(const std::string& name, const std::string& folder);
Dataset read_cifar100_folder(const std::string& name, const std::string& folder);

}  // namespace fsconv
