// A list of files in which each stands once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fsconv {

// InvalidArgument "files" where one file is named twice: by one path, another one, or a link. What is not there is for whoever
// reads it.
void require_different_files(const std::vector<std::string>& files);

}  // namespace fsconv
