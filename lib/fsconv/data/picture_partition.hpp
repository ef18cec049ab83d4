// Reads a list that says which pictures are for training: CelebA's list_eval_partition.txt.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/data/picture_folder.hpp>
#include <string>

namespace fsconv {

constexpr const char* partition_name = "list_eval_partition.txt";

// Gives each picture of the folder the part that the file says, in lines "NAME 0", 1 or 2: train, validation, test. NAME
// is a path below the folder, or below the one that holds all its pictures; it may hold blanks.
// Throws IoError, and BadData as list_pictures() says (picture_folder.hpp).
void read_partition(const std::string& file, PictureFolder& folder);

}  // namespace fsconv
