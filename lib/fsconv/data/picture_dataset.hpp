// A folder of pictures of one size as a data set in memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/data/dataset.hpp>
#include <fsconv/data/picture_folder.hpp>
#include <string>

namespace fsconv {

// The pictures of list_pictures() (picture_folder.hpp) as they are, with its labels, classes and parts, of which
// assign_parts() (prepare.hpp) makes what is missing, if `divides`: the images that `fsconv data prepare` makes without
// options, the same on any number of threads. Throws what these throw; BadData for pictures of several sizes or kinds and
// for those that cannot be read, with a hint to prepare, and where they do not fit the memory.
Dataset read_pictures_of(const std::string& name, const std::string& folder, bool divides, int threads);

}  // namespace fsconv
