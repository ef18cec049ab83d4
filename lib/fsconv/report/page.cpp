// Tables, figures and the page's frame.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <fsconv/base/base64.hpp>
#include <fsconv/report/page.hpp>
#include <fsconv/train/summary_layout.hpp>
#include <map>

namespace fsconv::report {

using draw::Plot;
using draw::Scene;

Cell number_cell(double value, int digits) { return {draw::number_text(value, digits), Cell::Kind::number}; }
Cell count_cell(Index value) { return {with_commas(value), Cell::Kind::number}; }
Cell verdict_cell(const std::string& verdict, bool good) {
  return {verdict, good ? Cell::Kind::good : Cell::Kind::bad};
}

namespace {

Html cell(const Cell& of, bool head) {
  Attributes attributes;
  if (head) attributes.push_back({"scope", "row"});
  switch (of.kind) {
    case Cell::Kind::number:
      attributes.push_back({"class", "number"});
      break;
    case Cell::Kind::good:
      attributes.push_back({"class", "good"});
      break;
    case Cell::Kind::bad:
      attributes.push_back({"class", "bad"});
      break;
    case Cell::Kind::text:
    case Cell::Kind::code:
      // So that a column of sentences is not squeezed into one of words.
      if (of.text.size() > 28) attributes.push_back({"class", "long"});
      break;
  }
  const Html text =
      of.kind == Cell::Kind::code && !of.text.empty() ? element("code", {}, {of.text}) : Html(of.text);
  return head ? element("th", attributes, {text}) : element("td", attributes, {text});
}

}  // namespace

Html table(const Table& table) {
  std::vector<Html> head, rows;
  for (std::size_t at = 0; at < table.head.size(); ++at) {
    Attributes attributes{{"scope", "col"}};
    if (!table.rows.empty() && at < table.rows.front().size() &&
        table.rows.front()[at].kind == Cell::Kind::number)
      attributes.push_back({"class", "number"});
    // An axis that needs no words: a head must not be empty.
    head.push_back(element("th", attributes, {table.head[at]}));
  }
  for (const std::vector<Cell>& row : table.rows) {
    std::vector<Html> cells;
    for (std::size_t at = 0; at < row.size(); ++at) cells.push_back(cell(row[at], at == 0));
    rows.push_back(element("tr", {}, cells));
  }
  Attributes attributes;
  if (table.filterable) attributes.push_back({"data-filterable", ""});
  // What is wider than the window is scrolled inside, with the keyboard, too.
  return element(
      "div", {{"class", "scroll table"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", table.caption}},
      {element("table", attributes,
               {element("caption", {}, {table.caption}), element("thead", {}, {element("tr", {}, head)}),
                element("tbody", {}, rows)})});
}

Html folded(const std::string& summary, const std::vector<Html>& content) {
  Html inside;
  for (const Html& one : content) inside += one;
  return element("details", {}, {element("summary", {}, {summary}), inside});
}

std::string Page::next_id(const char* kind) { return fmt::format("{}{}", kind, ++ids_); }

void Page::heading(const std::string& text) {
  const std::string id = next_id("section");
  add(element("h2", {{"id", id}}, {text}));
  contents_ += element("li", {}, {element("a", {{"href", "#" + id}}, {text})});
}

void Page::verdict(bool good, const std::string& sentence) { verdicts_.push_back({good, shown(sentence)}); }

void Page::chart_figure(const std::string& id, const Scene& wide, const Scene& narrow, const Table& numbers,
                        bool followed) {
  Attributes attributes{{"class", "chart"}, {"id", id}};
  if (followed) attributes.push_back({"data-chart", id});
  add(element("figure", attributes,
              {element("figcaption", {}, {element("b", {}, {wide.title}), " ", wide.description}),
               element("div", {{"class", "wide"}}, {drawing(wide, id + "w-")}),
               element("div", {{"class", "narrow"}}, {drawing(narrow, id + "n-")}),
               folded("Numbers of this chart", {table(numbers)})}));
}

namespace {

nlohmann::json json_of(const Plot& plot) {
  const auto scale = [](const draw::Scale& of) {
    return nlohmann::json{{"low", of.low}, {"high", of.high}, {"log", of.logarithmic}};
  };
  return {{"left", plot.left},     {"top", plot.top},    {"width", plot.width},
          {"height", plot.height}, {"x", scale(plot.x)}, {"y", scale(plot.y)}};
}

// One row per x that some series has, in their order.
Table numbers_of(const draw::LineChart& chart) {
  std::map<double, std::vector<std::vector<Cell>>> rows;
  for (std::size_t number = 0; number < chart.series.size(); ++number) {
    const draw::ChartSeries& one = chart.series[number];
    for (std::size_t at = 0; at < one.x.size(); ++at) {
      auto& row = rows[one.x[at]];
      row.resize(chart.series.size());
      const bool has_error = at < one.error.size() && std::isfinite(one.error[at]);
      row[number] = {has_error
                         ? Cell{draw::number_text(one.y[at], 6) + " ± " + draw::number_text(one.error[at], 2),
                                Cell::Kind::number}
                         : number_cell(one.y[at], 6)};
    }
  }
  const std::size_t every = (rows.size() + most_rows - 1) / most_rows;
  Table table{
      .caption = every > 1 ? fmt::format("{}: one row in {}; all are in the page's JSON", chart.title, every)
                           : chart.title,
      .head = {chart.x.label},
      .rows = {}};
  for (const draw::ChartSeries& one : chart.series) table.head.push_back(one.name);
  std::size_t at = 0;
  for (const auto& [x, cells] : rows) {
    if (at++ % every != 0 && at != rows.size()) continue;
    std::vector<Cell> row{number_cell(x, 6)};
    for (const auto& of_series : cells)
      row.push_back(of_series.empty() ? Cell{"–", Cell::Kind::number} : of_series.front());
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

void Page::chart(draw::LineChart chart) {
  const std::string id = next_id("chart");
  for (draw::ChartSeries& one : chart.series) one.name = shown(one.name);
  const Table numbers = numbers_of(chart);
  chart.width = wide_chart;
  chart.height = 340;
  const draw::DrawnChart wide = draw::line_chart(chart);
  chart.width = narrow_chart;
  chart.height = 290;
  const draw::DrawnChart narrow = draw::line_chart(chart);
  nlohmann::json series = nlohmann::json::array();
  for (const draw::ChartSeries& one : chart.series) {
    nlohmann::json entry = {{"name", one.name}, {"x", one.x}, {"y", one.y}, {"colour", one.colour}};
    if (!one.error.empty()) entry["error"] = one.error;
    series.push_back(std::move(entry));
  }
  json_["charts"][id] = {{"title", chart.title},       {"x", chart.x.label},
                         {"y", chart.y.label},         {"series", series},
                         {"wide", json_of(wide.plot)}, {"narrow", json_of(narrow.plot)}};
  chart_figure(id, wide.scene, narrow.scene, numbers, true);
}

void Page::bars(draw::BarChart chart) {
  const std::string id = next_id("chart");
  Table numbers{.caption = chart.title, .head = {"what", chart.label, "±"}, .rows = {}};
  nlohmann::json bars = nlohmann::json::array();
  for (draw::Bar& bar : chart.bars) {
    bar.name = shown(bar.name);
    bar.note = shown(bar.note);
    const Cell value = bar.note.empty() ? number_cell(bar.value, 6) : Cell{bar.note, Cell::Kind::number};
    numbers.rows.push_back(
        {{bar.name}, value, bar.error > 0 ? number_cell(bar.error, 3) : Cell{"", Cell::Kind::number}});
    bars.push_back({{"name", bar.name}, {"value", bar.value}, {"error", bar.error}, {"note", bar.note}});
  }
  json_["charts"][id] = {{"title", chart.title}, {"y", chart.label}, {"bars", bars}};
  chart.width = wide_chart;
  const Scene wide = draw::bar_chart(chart);
  chart.width = narrow_chart;
  chart_figure(id, wide, draw::bar_chart(chart), numbers, false);
}

void Page::histogram(draw::HistogramChart chart) {
  const std::string id = next_id("chart");
  Table numbers{.caption = chart.title, .head = {chart.label + ", from", "to", "how many"}, .rows = {}};
  for (std::size_t at = 0; at < chart.of.counts.size(); ++at)
    numbers.rows.push_back({number_cell(chart.of.edges[at], 6), number_cell(chart.of.edges[at + 1], 6),
                            count_cell(chart.of.counts[at])});
  json_["charts"][id] = {
      {"title", chart.title}, {"x", chart.label}, {"edges", chart.of.edges}, {"counts", chart.of.counts}};
  chart.width = wide_chart;
  const draw::DrawnChart wide = draw::histogram_chart(chart);
  chart.width = narrow_chart;
  chart_figure(id, wide.scene, draw::histogram_chart(chart).scene, numbers, false);
}

void Page::figure(const Scene& scene, const std::string& caption) {
  const std::string id = next_id("figure");
  add(element(
      "figure", {{"id", id}},
      {element("figcaption", {}, {caption}),
       element("div",
               {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", scene.title}},
               {drawing(scene, id + "-")})}));
}

void Page::picture(const Picture& picture, const std::string& alternative, const std::string& caption) {
  add(element("figure", {},
              {element("figcaption", {}, {caption}),
               element("img", {{"src", "data:image/png;base64," + base64(png_bytes(picture))},
                               {"alt", alternative},
                               {"width", std::to_string(picture.width)},
                               {"height", std::to_string(picture.height)}})}));
}

std::string Page::finish() {
  json_["title"] = title_;
  Html verdicts;
  for (const Finding& one : verdicts_) {
    verdicts += element("p", {{"class", one.good ? "verdict" : "verdict failed"}}, {one.sentence});
    json_["verdicts"].push_back({{"good", one.good}, {"sentence", one.sentence}});
  }
  const Html contents = element("nav", {{"aria-label", "Contents"}}, {element("ul", {}, {contents_})});
  const Html head =
      element("head", {},
              {element("meta", {{"charset", "utf-8"}}),
               element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}),
               element("meta", {{"name", "color-scheme"}, {"content", "light dark"}}),
               element("title", {}, {title_}), page_style(), drawing_style()});
  const Html body = element("body", {},
                            {element("main", {}, {element("h1", {}, {title_}), verdicts, contents, body_}),
                             data("fsconv-report", json_), page_script()});
  return "<!DOCTYPE html>\n" + element("html", {{"lang", "en"}}, {head, body}).written();
}

}  // namespace fsconv::report
