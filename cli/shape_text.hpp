// What fsconv shape says of one geometry, alone and in a stack.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/array_order.hpp>
#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <string>

namespace fsconv::cli {

std::string space(const Shape& shape);  // without batch: "32 x 14 x 14"

// In the page's width; lines but the first begin with `hanging` blanks.
void print_wrapped(const std::string& text, std::size_t hanging);

// Every other system's words for it, a paragraph each.
void print_equivalents(const Geometry& geometry, Direction direction, const FilterUse& filter = {});

}  // namespace fsconv::cli
