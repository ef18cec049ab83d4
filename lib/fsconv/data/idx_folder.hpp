// Reads a folder of MNIST's kind: IDX files of images to train on and to test with, and of their labels.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/data/dataset.hpp>
#include <string>

namespace fsconv {

// The files are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte,
// or train-images.idx3-ubyte and so on, each plain or with .gz. Labels that are not there are no error: a note
// says so. IoError if images are not there, with what a folder of data needs; BadData if a file is broken or the
// files do not fit each other.
Dataset read_idx_folder(const std::string& name, const std::string& folder);

}  // namespace fsconv
