// Reads JSON that stands in a file which anybody may have written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace fsconv {

// What the text says; a value whose is_discarded() is true where it is no JSON, or has lists and objects in more than 100
// others: nlohmann::json copies, compares and writes a value by calling itself for each level, until the stack ends.
nlohmann::json parsed_json(std::string_view text);

}  // namespace fsconv
