// An evaluation as a table for people and as JSON for machines.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/screen.hpp>
#include <fsconv/train/evaluation_report.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace fsconv {

// Tables that fit `width` columns.
std::string text(const EvaluationReport& report, std::size_t width = page_width());
std::string text(const Comparison& comparison, std::size_t width = page_width());

// Means and standard errors over the images; an error is left out where there is one image, a mean where no value is
// finite.
nlohmann::json json_of(const EvaluationReport& report);
nlohmann::json json_of(const Comparison& comparison);

}  // namespace fsconv
