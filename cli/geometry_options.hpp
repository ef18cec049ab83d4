// The options that describe a convolution: the same words in every subcommand.
#pragma once

#include <fsconv/geometry/array_order.hpp>
#include <fsconv/geometry/convention.hpp>

#include "command.hpp"

namespace fsconv::cli {

void add_geometry_options(OptionList& list);  // convention, stride, padding, ...
void add_size_options(OptionList& list);      // input, kernel, channels, case: where no array says them

// Everything that describes a geometry, for commands that may do without: the options above but for --case.
std::span<const char* const> geometry_option_names();

Convention convention_of(const Options& options);
Settings settings_of(const Options& options);
ArrayOrder order_of(const Options& options, Direction direction, std::size_t rank);  // with --flip applied

// The geometry that --case, or --input-size, --kernel, --channels and the settings describe.
Geometry geometry_of(const Options& options, Direction direction);

// How the padding is said: by --padding, or by the convention's default.
PaddingRule padding_rule_of(const Options& options, Direction direction);

// conv or conv_transpose, from --op; `otherwise` where it is not given.
Direction direction_of(const Options& options, Direction otherwise);

}  // namespace fsconv::cli
