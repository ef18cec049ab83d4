// A training run as it goes on: its epochs are told as its file is replaced.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/run_table.hpp>
#include <functional>
#include <string>

namespace fsconv {

// Hands `show` the table of run_text() and then a row for every new epoch, until the run is finished. The file is looked at
// twice a second. Where it holds
// another run now (begun anew, or moved there), that is said, and its table follows. IoError, BadData; Interrupted
// after Ctrl-C, where it is caught.
void follow_run(const std::string& path, const RunSelection& selection, std::size_t width,
                const std::function<void(const std::string&)>& show);

}  // namespace fsconv
