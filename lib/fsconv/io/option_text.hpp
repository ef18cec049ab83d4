// The values of options in JSON, as the text that stands for them on a command line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace fsconv {

// Texts are themselves, numbers and booleans as JSON writes them, a list of these is joined by commas: [2, "3/2"] is
// "2,3/2". Nothing for null, objects and lists of lists: no option has such a value.
std::optional<std::string> option_text(const nlohmann::json& value);

// Any value for people to read: a text is itself, all else as JSON writes it, in ASCII.
std::string value_text(const nlohmann::json& value);

}  // namespace fsconv
