// The options that describe a convolution: the same words in every subcommand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/array_order.hpp>
#include <fsconv/conventions/convention.hpp>

#include "command.hpp"

namespace fsconv::cli {

void add_geometry_options(OptionList& list);  // convention, stride, padding, ...
void add_size_options(OptionList& list);      // input-size, kernel, channels, case: where no array says them
// Both, for commands that try all operators of a geometry, which is said as that of a convolution of no array.
void add_convolution_options(OptionList& list);

// Everything that describes a geometry, for commands that may do without: the options above but for --case.
std::span<const char* const> geometry_option_names();
// Those of them that a case says, too.
std::span<const char* const> names_said_by_case();

Convention convention_of(const Options& options);
Settings settings_of(const Options& options);
ArraySizes sizes_of(const Options& options);  // --input-size, --kernel, --channels
ArrayOrder order_of(const Options& options, Direction direction, std::size_t rank);
FilterUse filter_use_of(const Options& options, Direction direction, std::size_t rank);

// The geometry that --case, or --input-size, --kernel, --channels and the settings describe.
Geometry geometry_of(const Options& options, Direction direction);

// conv or conv_transpose, from --op; `otherwise` where it is not given.
Direction direction_of(const Options& options, Direction otherwise);

}  // namespace fsconv::cli
