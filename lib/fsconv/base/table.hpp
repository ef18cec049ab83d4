// Tables of words and numbers that fit a width, their columns at least two blanks apart.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fsconv {

enum class Align {
  left,
  right,
  wrapped
};  // wrapped: left, in as many lines as it needs; for the last column

struct Column {
  std::string heading;
  Align align = Align::left;
  std::size_t least = 0;  // its width at least
};

// Columns that do not fit the width stand on a second line of each row, or a third, as do their headings. A row of
// fewer cells than there are columns has its last one over all that remain. Cells may be painted (screen.hpp).
class Table {
 public:
  using Cells = std::vector<std::string>;

  // Rows begin with `indent` blanks; `width` counts them, too.
  Table(std::vector<Column> columns, std::size_t width, std::size_t indent = 0);

  void add(Cells cells);  // and makes columns as wide as they need to be

  // In the widths so far, each with its line feed: a table that is printed while it grows gives its columns' least.
  std::string head() const;
  std::string line(const Cells& cells) const;

  std::string text() const;  // the head and all rows

 private:
  struct Place {
    std::size_t line, at;
  };
  std::vector<Place> places() const;
  std::size_t width_of(std::size_t column) const;

  std::vector<Column> columns_;
  std::vector<Cells> rows_;
  std::size_t width_, indent_;
};

}  // namespace fsconv
