// fsconv shape --stack: the sizes of layers, there and back, and their receptive fields.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.hpp"

namespace fsconv::cli {

int run_stack(const Options& options);

}  // namespace fsconv::cli
