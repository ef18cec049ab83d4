// The columns of a table in a file of results: datasets of one group, a row of each for every entry, compared with the digest.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/digest.hpp>
#include <string>
#include <vector>

namespace fsconv {

// All members throw BadData naming the file and the column: where it is missing, of another length than the table, of another type,
// or not what was written. Whose columns may be missing asks has() first. The file and its reader must stay.
class TableColumns {
 public:
  // `index` is the column that counts the rows: TableColumns(file, sealed, "/checks", "check").
  TableColumns(const hdf5::File& file, SealedReader& sealed, std::string group, const std::string& index);

  Index rows() const { return rows_; }
  bool has(const std::string& column) const;

  // That `index` holds 0, 1, 2, ...
  void require_numbered();

  std::vector<std::string> texts(const std::string& column);

  template <class T>
  Tensor<T> numbers(const std::string& column);

  // Numbers that are places in a list of `count` entries.
  template <class T>
  Tensor<T> places(const std::string& column, std::size_t count);

 private:
  std::string path(const std::string& column) const { return group_ + "/" + column; }
  void require_rows(const std::string& column) const;

  const hdf5::File& file_;
  SealedReader& sealed_;
  std::string group_, index_;
  Index rows_ = 0;
};

}  // namespace fsconv
