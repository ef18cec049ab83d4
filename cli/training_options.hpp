// The options of a training run, as train and import list them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.hpp"

namespace fsconv::cli {

// Those of train/options.hpp, under their headings, in their order.
OptionList training_options();

}  // namespace fsconv::cli
