// Every column is compared in its length before it is read.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/io/legal_values.hpp>
#include <fsconv/io/table_columns.hpp>

namespace fsconv {

TableColumns::TableColumns(const hdf5::File& file, SealedReader& sealed, std::string group,
                           const std::string& index)
    : file_(file), sealed_(sealed), group_(std::move(group)), index_(path(index)) {
  const Shape shape = file.shape(index_);
  if (shape.size() != 1) throw BadData(file.path() + ":" + index_, "is no list");
  rows_ = shape[0];
}

bool TableColumns::has(const std::string& column) const { return file_.exists(path(column)); }

void TableColumns::require_numbered() {
  require_legal(file_, index_, sealed_.read<std::int64_t>(index_), "it counts the rows from 0",
                [](std::int64_t number, Index row) { return number == row; });
}

void TableColumns::require_rows(const std::string& column) const {
  if (file_.shape(path(column)) != Shape{rows_})
    throw BadData(file_.path() + ":" + path(column),
                  fmt::format("has not {} rows, as {} has", rows_, index_));
}

std::vector<std::string> TableColumns::texts(const std::string& column) {
  require_rows(column);
  return sealed_.read_strings(path(column));
}

template <class T>
Tensor<T> TableColumns::numbers(const std::string& column) {
  require_rows(column);
  return sealed_.read<T>(path(column));
}

template <class T>
Tensor<T> TableColumns::places(const std::string& column, std::size_t count) {
  Tensor<T> values = numbers<T>(column);
  for (const T value : values)
    if (!(value >= 0 && static_cast<std::size_t>(value) < count))
      throw BadData(file_.path() + ":" + path(column), fmt::format("holds {}, of {} entries", value, count));
  return values;
}

template Tensor<double> TableColumns::numbers(const std::string&);
template Tensor<std::int64_t> TableColumns::numbers(const std::string&);
template Tensor<std::int64_t> TableColumns::places(const std::string&, std::size_t);
template Tensor<std::uint8_t> TableColumns::places(const std::string&, std::size_t);

}  // namespace fsconv
