// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/io/option_text.hpp>
#include <vector>

namespace fsconv {

std::optional<std::string> option_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const nlohmann::json& entry : value) {
    const auto text = entry.is_array() ? std::nullopt : option_text(entry);
    if (!text) return std::nullopt;
    texts.push_back(*text);
  }
  return fmt::format("{}", fmt::join(texts, ","));
}

std::string value_text(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace fsconv
