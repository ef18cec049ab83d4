// The polynomials of a small convolution, side by side, so that a person sees why they are equal.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/screen.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// One result pixel or weight and what stands there along several roads.
struct ExplainedRow {
  std::string name;
  std::vector<std::string> polynomials = {};
};

struct ExplainedMap {
  std::string title = {};
  std::vector<std::string> roads = {};  // what computed each column
  std::vector<ExplainedRow> rows = {};
  bool equal = true;  // as polynomials: for all weights and inputs
};

struct Explanation {
  std::string name;                         // the case string
  std::vector<std::string> equations;       // of each axis
  std::vector<std::vector<std::string>> w;  // as symbolic_matrix() prints it
  // One axis, one channel: the code with its zeros, the reversed filter with a dot for every hole of a dilated one, and how
  // many places it goes on a step.
  std::string stretched, filter;
  Index step = 1;
  ExplainedMap conv, conv_transpose, weight_gradient;
  // Checkerboards, where a stride leaves something to choose: the filters whose phase sums are equal along every axis
  // ("w0 = q0", "w1 = q0 + q1"), their transposed convolution along both roads, and with one axis and channel the sums
  // themselves ("g0 = w0 + w2").
  std::vector<std::string> phase_sums = {}, even_filter = {};
  std::string plain = {};    // the convolution behind nearest upsampling, as a case string
  ExplainedMap resize = {};  // no rows where there is nothing to show
};

// Computes W x by rows of W and by gathering, W^T y by columns of W, by scattering, through inserted zeros
// and as a derivative, dL/dw by gathering and as a derivative, and for filters with equal phase sums W^T y by gathering
// and by nearest upsampling and a plain convolution: all with symbols. Throws InvalidArgument `option`
// where there is too much to read.
Explanation explain(const Geometry& geometry, std::string_view option);

// Side by side where that fits `width` columns, else one below the other.
std::string text(const Explanation& explanation, std::size_t width = page_width());
void to_json(nlohmann::json& json, const Explanation& explanation);

}  // namespace fsconv
