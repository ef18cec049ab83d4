// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/table.hpp>

namespace fsconv {
namespace {

constexpr std::size_t between = 2;
constexpr std::size_t further = 4;          // how much a second line of a row is indented
constexpr std::size_t narrowest_text = 36;  // a wrapped column that would be narrower gets a line of its own

}  // namespace

Table::Table(std::vector<Column> columns, std::size_t width, std::size_t indent)
    : columns_(std::move(columns)), width_(width), indent_(indent) {
  for (Column& column : columns_) column.least = std::max(column.least, visible_size(column.heading));
}

void Table::add(Cells cells) {
  const std::size_t own = cells.size() == columns_.size() ? cells.size() : cells.size() - 1;
  for (std::size_t at = 0; at < own; ++at)
    columns_[at].least = std::max(columns_[at].least, visible_size(cells[at]));
  rows_.push_back(std::move(cells));
}

// What a column takes on its line; a wrapped one asks for little.
std::size_t Table::width_of(std::size_t column) const {
  const std::size_t least = columns_[column].least;
  return columns_[column].align == Align::wrapped ? std::min(least, narrowest_text) : least;
}

std::vector<Table::Place> Table::places() const {
  std::vector<Place> places;
  Place next{0, indent_};
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (column > 0 && next.at + width_of(column) > width_) next = {next.line + 1, indent_ + further};
    places.push_back(next);
    next.at += width_of(column) + between;
  }
  return places;
}

std::string Table::line(const Cells& cells) const {
  const std::vector<Place> places = this->places();
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < cells.size(); ++at) {
    const Place place = places[at];
    const bool spans = at + 1 == cells.size() && cells.size() < columns_.size();
    const bool wraps = spans || columns_[at].align == Align::wrapped;
    lines.resize(std::max(lines.size(), place.line + 1));
    std::string& line = lines[place.line];
    std::size_t start = place.at;
    if (!wraps && columns_[at].align == Align::right)
      start += columns_[at].least - std::min(visible_size(cells[at]), columns_[at].least);
    // A cell that is wider than its column pushes what follows, but never touches it.
    const std::size_t used = visible_size(line);
    if (!cells[at].empty()) line.append(std::max(start, used == 0 ? start : used + between) - used, ' ');
    if (!wraps) {
      line += cells[at];
      continue;
    }
    const auto parts = wrapped(cells[at], width_ > place.at ? width_ - place.at : 1);
    line += parts.front();
    for (auto part = parts.begin() + 1; part != parts.end(); ++part)
      lines.push_back(std::string(place.at, ' ') + *part);
  }
  std::string text;
  for (const std::string& line : lines) {
    const std::size_t end = line.find_last_not_of(' ');
    if (end != std::string::npos) text += line.substr(0, end + 1) + "\n";
  }
  return text;
}

std::string Table::head() const {
  Cells headings;
  for (const Column& column : columns_) headings.push_back(column.heading);
  return line(headings);
}

std::string Table::text() const {
  std::string text = head();
  for (const Cells& row : rows_) text += line(row);
  return text;
}

}  // namespace fsconv
