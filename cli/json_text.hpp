// JSON as --json prints it: for machines, on a terminal that somebody may look at.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

namespace fsconv::cli {

// In ASCII, so that no name from a file or a command line can colour, move or rewrite a terminal; bytes that are no UTF-8
// are written as U+FFFD, for JSON cannot hold them. `indent`: blanks per level, or all in one line.
template <class Json>
std::string json_text(const Json& json, int indent = -1) {
  constexpr bool only_ascii = true;
  return json.dump(indent, ' ', only_ascii, Json::error_handler_t::replace);
}

// The same on stdout, as a line or several.
template <class Json>
void print_json(const Json& json, int indent = -1) {
  fmt::print("{}\n", json_text(json, indent));
}

}  // namespace fsconv::cli
