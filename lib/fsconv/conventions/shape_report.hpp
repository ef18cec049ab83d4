// What `fsconv shape` and the explorer say of a geometry: its sizes and the words of other systems, as data.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/array_order.hpp>
#include <fsconv/conventions/convention.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// Sizes, arithmetic of every axis, and the equivalents in the other systems: what `fsconv shape --json` prints. `said`
// is how the padding of every axis was said, or nothing where nobody did; `filter` as of equivalents(). InvalidArgument "stride" for
// an axis of more than 4096 phases, of each of which a number is listed.
nlohmann::json shape_json(const Geometry& geometry, Direction direction,
                          const std::vector<SaidPadding>& said = {}, const FilterUse& filter = {});

// "14 x 14 -> 28 x 28": what goes in and what comes out, along space.
std::string way(const Geometry& geometry, Direction direction);

// A fractional stride enlarges as a convolution's, and shrinks as a transposed one's: who wrote one without saying which
// operator is meant may have meant these. Nothing where no stride is a fraction below 1.
struct Reading {
  std::string words;  // "--op conv --stride 1/2"
  std::string way;
};
std::vector<Reading> other_readings(Convention convention, const ArraySizes& sizes, const Settings& settings);

// ONNX Runtime and ONNX's own text part where the total padding is below 0, and where one of them refuses: a sentence
// on the other one of `onnx` and `onnx_reference`, or nothing where they agree and for all other conventions.
std::string onnx_difference(Convention convention, Direction direction, const Geometry& geometry,
                            const ArraySizes& sizes, const Settings& settings);

}  // namespace fsconv
