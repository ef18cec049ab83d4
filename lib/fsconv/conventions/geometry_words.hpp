// A convolution said in texts by name, as options of a command line and the fields of a page hold them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/convention.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace fsconv {

// The text that was said under a name ("stride", "output-padding": the options of the command line), or nothing.
using Said = std::function<std::optional<std::string>(std::string_view name)>;

// Reads stride, padding, output-padding, dilation, groups, size, data-format, flip, transpose-kernel and
// use-consistent-padding; what is not said keeps its default. Throws InvalidArgument naming the option.
Settings read_settings(const Said& said);

// Reads input-size and kernel, which must be said, and channels (IMAGE,CODE; 1,1). A single kernel is for all axes. Throws
// InvalidArgument naming the option.
ArraySizes read_sizes(const Said& said);

}  // namespace fsconv
