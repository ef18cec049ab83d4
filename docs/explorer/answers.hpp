// What the explorer's page can ask: sizes and words, pictures, and numbers of one geometry, each answered in JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/convention.hpp>
#include <nlohmann/json.hpp>

namespace fsconv::explorer {

using nlohmann::json;

// A convolution as the page says it: texts under the names of the command line's options, {"op": "conv_transpose",
// "convention": "pytorch", "input-size": "7", "kernel": "3", ...}. What is empty is not said.
struct Request {
  explicit Request(const json& words);  // throws InvalidArgument naming the option

  Convention convention;
  Direction direction;
  ArraySizes sizes;
  Settings settings;
  Geometry geometry;
};

// All throw InvalidArgument, whose field says which word is wrong.

// {"shape": what `fsconv shape --json` prints, "way", "explain": lines for each axis, "nonzeros", "remark", "onnx",
// "readings": [{"words", "way"}]}.
json shape_answer(const Request& request);

// Which words the system has for an operator of so many axes: {"padding": its rules and "numbers", "output-padding",
// "size", ...: true or false}.
json words_answer(const json& words, std::size_t axes);

// Options {"view": "gather" ..., "text": "symbols", "numbers" or "none"}, and "x" and "w", in the system's order, where
// the numbers of one pair of channels are to be shown. {"svg": to stand in the page, its steps as groups of the class
// frame; "captions": one per step; "title"; "description"}. With "file": "step" and "step", or "animation" and
// "seconds": {"svg": a document of its own}. Refuses what is too large to be drawn on a page.
json picture_answer(const Request& request, const json& options);
// The style sheet that pictures in the page follow.
std::string picture_style();

// The operator applied to numbers in the system's order of arrays: options {"x": [...], "w": [...]}, 1, 2, 3, ... where
// they are missing. {"x", "w", "y": {"shape", "values"}, "others": [{"form", "difference", "bound"}]}: `y` is what the
// form gather computes, and each other form's largest difference stands beside the largest that rounding explains.
json numbers_answer(const Request& request, const json& options);

}  // namespace fsconv::explorer
