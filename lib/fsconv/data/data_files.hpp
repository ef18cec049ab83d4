// The files that a data set is read from: what nobody who reads it may write over.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/data/picture_folder.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// The list's pictures, and the file that says which are for what.
std::vector<std::string> files_of(const PictureFolder& folder);

// Of what load_dataset() takes: those files of a folder of pictures, the IDX or CIFAR files of another one, or what is named
// itself. None of a set that is generated or not there, and the folder alone where it cannot be read: load_dataset() says why.
// Interrupted after Ctrl-C, where it is caught.
std::vector<std::string> files_of_data(const std::string& name_or_path);

// InvalidArgument `option` where a picture of that name, which need not be there, would lie among those of a folder of pictures that
// is one of `data` (as load_dataset() takes them): the next who reads that folder would take it for data.
void require_no_data(std::string_view option, const std::string& picture,
                     const std::vector<std::string>& data);

}  // namespace fsconv
