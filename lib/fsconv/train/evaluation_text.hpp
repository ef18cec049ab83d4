// An evaluation as a table for people and as JSON for machines.
#pragma once

#include <fsconv/train/evaluation_report.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace fsconv {

std::string text(const EvaluationReport& report);
std::string text(const Comparison& comparison);

// Means and standard errors over the images; an error is left out where there is one image, a mean where no value is
// finite.
nlohmann::json json_of(const EvaluationReport& report);
nlohmann::json json_of(const Comparison& comparison);

}  // namespace fsconv
