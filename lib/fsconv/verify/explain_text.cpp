// The polynomials of a small convolution as text for people and as JSON.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/verify/explain.hpp>
#include <nlohmann/json.hpp>

namespace fsconv {
namespace {

constexpr std::size_t margin = 2;
constexpr std::string_view before_heading = "   ", before_cell = " = ";

std::string line(std::string_view name, std::size_t name_width, const std::vector<std::string>& cells,
                 const std::vector<std::size_t>& widths, std::string_view before) {
  std::string words = fmt::format("{:{}}{:<{}}", "", margin, name, name_width);
  for (std::size_t road = 0; road < cells.size(); ++road)
    words += fmt::format("{}{:<{}}", before, cells[road], widths[road]);
  return words.substr(0, words.find_last_not_of(' ') + 1) + "\n";
}

// The headings over columns of these widths, in as many lines as the longest needs.
std::string headings(const std::vector<std::string>& roads, std::size_t name_width,
                     const std::vector<std::size_t>& widths) {
  std::vector<std::vector<std::string>> parts;
  std::size_t most = 0;
  for (std::size_t road = 0; road < roads.size(); ++road) {
    parts.push_back(wrapped(roads[road], widths[road]));
    most = std::max(most, parts.back().size());
  }
  std::string lines;
  for (std::size_t at = 0; at < most; ++at) {
    std::vector<std::string> cells;
    for (const auto& part : parts) cells.push_back(at < part.size() ? part[at] : "");
    lines += line("", name_width, cells, widths, before_heading);
  }
  return lines;
}

// One polynomial below the other, in the order of the roads; one for all where they read the same.
std::string stacked(const ExplainedMap& map, std::size_t name_width, std::size_t width) {
  std::string lines =
      wrapped_text(fmt::format("  computed by {} (one line where all agree)", fmt::join(map.roads, "; ")),
                   width, margin + 2);
  for (const ExplainedRow& row : map.rows)
    for (std::size_t road = 0; road < map.roads.size(); ++road) {
      const auto differs = [&](const std::string& other) { return other != row.polynomials.front(); };
      if (road > 0 && std::none_of(row.polynomials.begin(), row.polynomials.end(), differs)) break;
      const std::string start =
          fmt::format("{:{}}{:<{}}{}", "", margin, road == 0 ? row.name : "", name_width, before_cell);
      // Wrapped by itself: blanks in front are no place to break at.
      const auto parts = wrapped(row.polynomials[road], width - std::min(width - 1, start.size()));
      lines += start + parts.front() + "\n";
      for (auto part = parts.begin() + 1; part != parts.end(); ++part)
        lines += std::string(start.size(), ' ') + *part + "\n";
    }
  return lines;
}

std::string table(const ExplainedMap& map, std::size_t width) {
  std::size_t name_width = 0, whole = margin, narrow = margin;
  std::vector<std::size_t> wide, narrowest;
  for (const ExplainedRow& row : map.rows) name_width = std::max(name_width, row.name.size());
  for (std::size_t road = 0; road < map.roads.size(); ++road) {
    std::size_t cells = 0;
    for (const ExplainedRow& row : map.rows) cells = std::max(cells, row.polynomials[road].size());
    for (const std::string& word : split(map.roads[road], ' ')) cells = std::max(cells, word.size());
    narrowest.push_back(cells);
    wide.push_back(std::max(cells, map.roads[road].size()));
    narrow += before_cell.size() + narrowest.back();
    whole += before_cell.size() + wide.back();
  }
  std::string lines = wrapped_text(map.title, width);
  if (name_width + narrow > width) {
    lines += stacked(map, name_width, width);
  } else {
    const auto& widths = name_width + whole <= width ? wide : narrowest;
    lines += headings(map.roads, name_width, widths);
    for (const ExplainedRow& row : map.rows)
      lines += line(row.name, name_width, row.polynomials, widths, before_cell);
  }
  return lines + (map.equal ? "  the same polynomials: equal for all weights and inputs\n"
                            : "  DIFFERENT polynomials\n");
}

}  // namespace

std::string text(const Explanation& e, std::size_t width) {
  std::string lines = wrapped_text(e.name, width);
  for (const std::string& equation : e.equations) lines += wrapped_text("  " + equation, width, margin + 2);
  lines += "\nW, rows are code pixels, columns image pixels\n";
  std::vector<std::vector<std::string>> entries = e.w;
  for (auto& row : entries) std::replace(row.begin(), row.end(), std::string("0"), std::string("."));
  lines += grid_text(entries, width, 1);
  lines += "\n" + table(e.conv, width) + "\n" + table(e.conv_transpose, width);
  if (!e.stretched.empty())
    lines +=
        wrapped_text(fmt::format("  inserted zeros   {}\n  reversed filter  {} slides over them, {} a step{}",
                                 e.stretched, e.filter, counted(e.step, "place"),
                                 e.filter.find('.') == std::string::npos ? "" : "; a dot reads nothing"),
                     width, 19);
  else
    lines += wrapped_text(
        "  (inserted zeros and reversed filter are written out of one axis and one channel; fsconv draw " +
            e.name + " --view zeros --output zeros.svg draws these)",
        width, margin + 3);
  lines += "\nL = sum of y * conv(x); " + table(e.weight_gradient, width);
  if (e.resize.rows.empty()) return lines;
  lines += "\n";
  if (!e.phase_sums.empty()) {
    lines += wrapped_text(
        "checkerboard: a flat code gives, away from borders, the sums of the filter by phase", width);
    lines += wrapped_text(fmt::format("  {}", fmt::join(e.phase_sums, "    ")), width, margin + 2);
    lines += wrapped_text(fmt::format("  equal where {}", fmt::join(e.even_filter, ", ")), width, margin + 2);
  } else {
    lines += wrapped_text(fmt::format("checkerboard: none where {}", fmt::join(e.even_filter, ", ")), width,
                          margin + 2);
  }
  return lines + table(e.resize, width) + wrapped_text("  the plain conv is " + e.plain, width, margin + 2);
}

namespace {

nlohmann::json json_of(const ExplainedMap& map) {
  nlohmann::json rows = nlohmann::json::object();
  for (const ExplainedRow& row : map.rows) rows[row.name] = row.polynomials;
  return {{"roads", map.roads}, {"polynomials", rows}, {"equal", map.equal}};
}

}  // namespace

void to_json(nlohmann::json& json, const Explanation& e) {
  json = {{"name", e.name},
          {"equations", e.equations},
          {"w", e.w},
          {"conv", json_of(e.conv)},
          {"conv_transpose", json_of(e.conv_transpose)},
          {"weight_gradient", json_of(e.weight_gradient)}};
  if (e.resize.rows.empty()) return;
  json["phase_sums"] = e.phase_sums;
  json["even_filter"] = e.even_filter;
  json["plain_conv"] = e.plain;
  json["resize"] = json_of(e.resize);
}

}  // namespace fsconv
