// What a command must leave as it is when it writes: the files that it reads, and results of another kind.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// Whether writing the output takes one of the files away that are read: it is that file, by one path, another one, or a link.
// Both may be places as locate() takes them apart: in one HDF5 file a place may be written beside one that is read, but not
// over it, nor a group over what it holds. A folder, a device and what is not there (a name of a filter, say) cannot be lost.
bool replaces_any(const std::string& output, const std::vector<std::string>& read);

// InvalidArgument `option` if it does; `what` says what the files are.
void require_unread(std::string_view option, const std::string& output, const std::vector<std::string>& read,
                    std::string_view what = "what is read");

// What a command is about to write.
struct Output {
  std::string path;                      // a file, or a place in an HDF5 file: x.h5:/y
  std::string kind = {};                 // of the results that it will hold (RunInfo::kind), or none
  std::vector<std::string> inputs = {};  // the files that the command reads
  bool keeps_own = false;                // results of its own kind are not replaced either
  bool force = false;                    // whatever is there may be replaced, but for what is read
  std::string_view option = "output";    // that names it
};

// Whether it may be written, found out before the work. InvalidArgument `option`: what require_unread() throws; unless
// `force`, for a file that is there and holds results or prepared images of fsconv of another kind, for anything else of
// another kind under a name of HDF5, and for a place that is there in a file of results. IoError if the system does not let
// it be written.
void require_output(const Output& output);

// Two outputs of one command: neither may take the other away. InvalidArgument `option`.
void require_apart(std::string_view option, const std::string& output, std::string_view other_option,
                   const std::string& other);

}  // namespace fsconv
