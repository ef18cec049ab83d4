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

// "3 of 4"; of one image "-", for there is no variance.
std::string active_units_text(const EvaluationReport& report);

// What both have and a comparison leaves out, and why; else nothing.
std::string left_out_text(const Comparison& comparison);

// What a series is called in a table of losses: bounds with their sign turned, "-ELBO", "-L_100"; of a model without codes that are
// drawn the reconstruction is the loss.
std::string label_of_series(const std::string& name, bool variational);

// Means and standard errors over the images; an error is left out where there is one image, a mean where no value is
// finite.
nlohmann::json json_of(const EvaluationReport& report);
nlohmann::json json_of(const Comparison& comparison);

}  // namespace fsconv
