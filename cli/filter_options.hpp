// A fixed filter in place of the weights: --weight bilinear:2.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/fixed_filter.hpp>

#include "command.hpp"

namespace fsconv::cli {

// The filter that --weight names; nothing where it names a file or is not given. Refuses the options that the filter
// itself says: stride, dilation, flip, transpose-kernel, kernel. Throws InvalidArgument.
std::optional<FixedFilter> filter_of(const Options& options);

// For commands that read no arrays: how the convention is told to apply it to --input-size, with --channels (1,1).
FilterCall filter_call_of(const Options& options, Direction direction, const FixedFilter& filter);

}  // namespace fsconv::cli
