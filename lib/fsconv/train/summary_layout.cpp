// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/screen.hpp>
#include <fsconv/train/summary_layout.hpp>
#include <string_view>

namespace fsconv {
namespace {

// The columns of a line: 80, or the screen's where that has fewer.
std::size_t page() { return std::min<std::size_t>(80, page_width()); }

constexpr const char* arrow = " -> ";
constexpr std::size_t longest_name = 18, least_words = 20, least_rest = 12;

// Lines of at most `width` letters (more than the indent), broken at a blank, before an underscore, or where they must.
std::vector<std::string> broken(std::string text, std::size_t width, std::size_t indent) {
  std::vector<std::string> lines;
  while (text.size() > width) {
    std::size_t at = text.find_last_of(" _", width);
    if (at == std::string::npos || at <= indent) at = width;
    lines.push_back(text.substr(0, at));
    text = std::string(indent, ' ') + text.substr(at + (text[at] == ' ' ? 1 : 0));
  }
  lines.push_back(text);
  for (std::string& line : lines) std::replace(line.begin(), line.end(), glue, ' ');
  return lines;
}

std::string left(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}
std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::size_t longest(const std::vector<std::string>& lines) {
  std::size_t width = 6;
  for (const std::string& line : lines) width = std::max(width, line.size());
  return width;
}

}  // namespace

std::string with_commas(Index number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3 + (number < 0 ? 1u : 0u); at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string labelled(const std::string& label, const std::string& text) {
  constexpr std::size_t margin = 12;
  std::string out;
  for (const std::string& line : broken(text, page() - margin, 0))
    out += left(out.empty() ? label : "", margin) + line + "\n";
  return out;
}

StepTable::StepTable(const std::vector<SummaryRow>& rows) {
  for (const SummaryRow& row : rows) {
    number_ = std::max(number_, row.number.size());
    in_ = std::max(in_, row.in.size());
    out_ = std::max(out_, row.out.size());
    what_ = std::max(what_, row.what.size());
    name_ = std::max(name_, row.name.size());
    learned_ = std::max(learned_, row.learned_text().size());
  }
  const std::size_t longest_size = page() / 5;
  in_ = std::min(in_, longest_size);
  out_ = std::min(out_, longest_size);
  const std::size_t taken = number_ + 1 + (2 + sizes()) + 2 + 2 + learned_;
  const std::size_t rest = page() - std::min(taken, page() - least_rest);
  if (what_ + name_ <= rest) return;
  name_ = std::min(name_, rest > longest_name + least_words ? longest_name : rest / 2);
  const std::size_t most = rest - name_;
  what_ = name_ = 0;
  for (const SummaryRow& row : rows) {
    what_ = std::max(what_, longest(broken(row.what, most, 2)));
    name_ = std::max(name_, longest(broken(row.name, rest - most, 2)));
  }
}

std::string StepTable::head() const {
  return right("#", number_) + " " + left("step", what_) + "  " + left("  values", sizes()) + "  " +
         left("weight", name_) + "  " + right("numbers", learned_) + "\n";
}

std::string StepTable::text(const SummaryRow& row) const {
  const auto what = broken(row.what, what_, 2), names = broken(row.name, name_, 2);
  const auto ins = broken(row.in, in_, 0), outs = broken(row.out, out_, 0);
  std::string text;
  for (std::size_t line = 0; line < std::max({what.size(), names.size(), ins.size(), outs.size()}); ++line) {
    const auto of = [&](const std::vector<std::string>& lines) {
      return line < lines.size() ? lines[line] : "";
    };
    const bool first = line == 0;
    std::string whole = right(first ? row.number : "", number_) + " " + left(of(what), what_) + "  ";
    whole += right(of(ins), in_) + (first && !row.out.empty() ? arrow : "    ") + left(of(outs), out_) + "  ";
    whole += left(of(names), name_) + "  " + right(first ? row.learned_text() : "", learned_);
    whole.erase(whole.find_last_not_of(' ') + 1);
    text += whole + "\n";
  }
  return text;
}

std::size_t StepTable::sizes() const { return in_ + std::string_view(arrow).size() + out_; }

}  // namespace fsconv
