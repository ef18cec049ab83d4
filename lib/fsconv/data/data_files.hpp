// The files that a data set is read from: what nobody who reads it may write over.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/data/picture_folder.hpp>
#include <string>
#include <vector>

namespace fsconv {

// The list's pictures, and the file that says which are for what.
std::vector<std::string> files_of(const PictureFolder& folder);

// Of what load_dataset() takes: those files of a folder of pictures, the IDX or CIFAR files of another one, or what is named
// itself. None of a set that is generated or not there, and the folder alone where it cannot be read: load_dataset() says why.
// Interrupted after Ctrl-C, where it is caught.
std::vector<std::string> files_of_data(const std::string& name_or_path);

// Whether a picture of that name, which need not be there, would be taken for one of a folder of pictures that load_dataset() takes.
bool would_be_data(const std::string& picture, const std::string& name_or_path);

}  // namespace fsconv
