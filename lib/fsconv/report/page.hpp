// The parts that a report is laid out with: tables, charts with their numbers, pictures, and the page around them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/chart.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/report/html.hpp>
#include <fsconv/report/report.hpp>
#include <string>
#include <vector>

namespace fsconv::report {

// What stands in a cell. Numbers are set to the right, codes (cases, commands) in a fixed pitch.
struct Cell {
  enum class Kind { text, number, code, good, bad };
  std::string text;
  Kind kind = Kind::text;
};
Cell number_cell(double value, int digits = 5);
Cell count_cell(Index value);  // 12,345
Cell verdict_cell(const std::string& verdict, bool good);

struct Table {
  std::string caption;  // what it holds, in a line; its name for whoever cannot see it
  std::vector<std::string> head;
  std::vector<std::vector<Cell>> rows;  // the first cell of each is the row's head
  bool filterable = false;              // the page's script offers a field for words that rows must hold
};
Html table(const Table& table);

// `summary`, and behind it, folded, the content; printed unfolded.
Html folded(const std::string& summary, const std::vector<Html>& content);

class Page {
 public:
  explicit Page(std::string title) : title_(std::move(title)) {}

  void add(const Html& html) { body_ += html; }
  void heading(const std::string& text);  // of a section, with an entry in the table of contents
  void subheading(const std::string& text) { add(element("h3", {}, {text})); }
  void say(const std::string& text) { add(element("p", {}, {text})); }  // a paragraph
  void verdict(bool good, const std::string& sentence);  // over everything, in the order of the calls

  // A line chart for a wide and one for a narrow page; its numbers as a table, for the script that follows the pointer, and in the
  // page's JSON under "charts". The chart's own size is replaced. Longer tables than `most_rows` are thinned out and say so.
  void chart(draw::LineChart chart);
  void bars(draw::BarChart chart);
  void histogram(draw::HistogramChart chart);
  // A drawing of a fixed size, scrolled where the page is narrower.
  void figure(const draw::Scene& scene, const std::string& caption);
  // `alternative` says what it shows. Pixels stay squares.
  void picture(const Picture& picture, const std::string& alternative, const std::string& caption);

  nlohmann::json& json() { return json_; }  // what scripts read

  std::string finish();  // the whole document
  const std::vector<Finding>& verdicts() const { return verdicts_; }

 private:
  std::string next_id(const char* kind);
  void chart_figure(const std::string& id, const draw::Scene& wide, const draw::Scene& narrow,
                    const Table& numbers, bool followed);

  std::string title_;
  std::vector<Finding> verdicts_;
  Html contents_, body_;
  nlohmann::json json_ = nlohmann::json::object();
  int ids_ = 0;
};

constexpr std::size_t most_rows = 200;
constexpr Index page_columns = 8;  // of images, which a narrow page shows in their size
constexpr double wide_chart = 700, narrow_chart = 330;

// The style sheet and the script of every report.
Html page_style();
Html page_script();

}  // namespace fsconv::report
