// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <fsconv/io/sparse_file.hpp>
#include <iterator>
#include <limits>

namespace fsconv {
namespace {

static_assert(sizeof(arma::uword) == sizeof(std::int64_t),
              "scipy's indices are signed numbers of the same width");

// The three arrays of a matrix in compressed columns, as they lie in Armadillo's memory.
template <class T>
struct Columns {
  std::span<const T> data;
  std::span<const arma::uword> indices, indptr;
  std::vector<std::int64_t> shape;

  explicit Columns(const arma::SpMat<T>& matrix)
      : data(matrix.values, matrix.n_nonzero),
        indices(matrix.row_indices, matrix.n_nonzero),
        indptr(matrix.col_ptrs, matrix.n_cols + 1),
        shape{static_cast<std::int64_t>(matrix.n_rows), static_cast<std::int64_t>(matrix.n_cols)} {}
};

Shape one_axis(std::size_t count) { return {static_cast<Index>(count)}; }

template <class T>
void write_npz(const std::string& path, const Columns<T>& columns) {
  constexpr std::string_view format = "csc";
  NpzWriter file(path);
  file.add("indices", "<i8", one_axis(columns.indices.size()), std::as_bytes(columns.indices));
  file.add("indptr", "<i8", one_axis(columns.indptr.size()), std::as_bytes(columns.indptr));
  file.add("format", "|S3", {}, std::as_bytes(std::span(format)));
  file.add("shape", "<i8", {2}, std::as_bytes(std::span(columns.shape)));
  file.add("data", sizeof(T) == 8 ? "<f8" : "<f4", one_axis(columns.data.size()),
           std::as_bytes(columns.data));
  file.commit();
}

// HDF5 takes the address only; no row number comes near the sign bit.
std::span<const std::int64_t> as_signed(std::span<const arma::uword> values) {
  return {reinterpret_cast<const std::int64_t*>(values.data()), values.size()};
}

std::string group_of(const Location& location) {
  return location.inside.size() > 1 ? location.inside : "/matrix";
}

// Only a matrix is replaced.
void require_free_group(const hdf5::File& file, const std::string& group) {
  if (file.exists(group) && (!file.is_group(group) || !file.has_attribute(group, "format")))
    throw InvalidArgument(file.path() + ":" + group, "is there already and is no sparse matrix",
                          "name another group");
}

template <class T>
void write_hdf5(const Location& location, const Columns<T>& columns, const std::string& comment,
                const MatrixSpectrum* spectrum) {
  const std::string group = group_of(location);
  auto file = hdf5::File::update(location.path);
  require_free_group(file, group);
  if (file.exists(group)) file.remove(group);
  forget(file, group);
  file.create_group(group);
  file.set_attribute(group, "format", "csc");
  file.set_attribute(group, "schema_version", hdf5::first_schema_with_digest);
  if (!comment.empty()) file.set_attribute(group, "comment", comment);
  file.write(group + "/data", columns.data, one_axis(columns.data.size()), {.dimensions = {"nonzero"}});
  file.write(group + "/indices", as_signed(columns.indices), one_axis(columns.indices.size()),
             {.dimensions = {"nonzero"}});
  file.write(group + "/indptr", as_signed(columns.indptr), one_axis(columns.indptr.size()),
             {.dimensions = {"column_start"}});
  file.write(group + "/shape", columns.shape, {.dimensions = {"matrix_axis"}});
  if (spectrum != nullptr) {
    file.set_attribute(group, "rank", spectrum->rank);
    file.set_attribute(group, "generic_rank", spectrum->generic_rank);
    file.write(group + "/singular_values", spectrum->singular_values, {.dimensions = {"singular_value"}});
  }
  seal(file,
       {{group + "/data", hash_of(columns.data, one_axis(columns.data.size()))},
        {group + "/indices", hash_of(as_signed(columns.indices), one_axis(columns.indices.size()))},
        {group + "/indptr", hash_of(as_signed(columns.indptr), one_axis(columns.indptr.size()))}},
       group);
  file.commit();
}

template <class T>
void write_matrix_market(const std::string& path, const Columns<T>& columns, const std::string& comment) {
  constexpr std::size_t block = std::size_t{1} << 20;
  constexpr int digits = std::numeric_limits<T>::max_digits10;  // what brings the same number back
  AtomicFile file(path);
  std::string text = "%%MatrixMarket matrix coordinate real general\n";
  if (!comment.empty())
    for (const std::string& line : split(comment, '\n')) text += "% " + line + "\n";
  fmt::format_to(std::back_inserter(text), "{} {} {}\n", columns.shape[0], columns.shape[1],
                 columns.data.size());
  for (std::size_t column = 0; column + 1 < columns.indptr.size(); ++column)
    for (arma::uword at = columns.indptr[column]; at < columns.indptr[column + 1]; ++at) {
      fmt::format_to(std::back_inserter(text), "{} {} {:.{}g}\n", columns.indices[at] + 1, column + 1,
                     columns.data[at], digits);
      if (text.size() > block) {
        file.write(text);
        text.clear();
      }
    }
  file.write(text);
  file.commit();
}

[[noreturn]] void refuse(const std::string& where) {
  throw InvalidArgument("matrix file", fmt::format("'{}' has none of the extensions of a matrix", where),
                        "name FILE.npz, FILE.mtx or FILE.h5[:/GROUP]");
}

}  // namespace

template <class T>
void write_sparse(const std::string& where, const arma::SpMat<T>& matrix, const std::string& comment,
                  const MatrixSpectrum* spectrum) {
  matrix.sync();  // elements that were set one by one are still elsewhere
  const Columns<T> columns(matrix);
  const Location location = locate(where);
  switch (location.kind) {
    case FileKind::npz:
      return write_npz(location.path, columns);
    case FileKind::hdf5:
      require_hdf5_name(location.path);
      return write_hdf5(location, columns, comment, spectrum);
    case FileKind::matrix_market:
      return write_matrix_market(location.path, columns, comment);
    default:
      refuse(where);
  }
}

void require_sparse_target(const std::string& where) {
  const Location location = locate(where);
  if (location.kind == FileKind::npy || location.kind == FileKind::other) refuse(where);
  if (location.kind != FileKind::hdf5) return;
  require_hdf5_name(location.path);
  if (has_content(location.path)) require_free_group(hdf5::File::open(location.path), group_of(location));
}

std::string sparse_place(const std::string& where) {
  const Location location = locate(where);
  return location.kind == FileKind::hdf5 ? location.path + ":" + group_of(location) : where;
}

template void write_sparse(const std::string&, const arma::SpMat<float>&, const std::string&,
                           const MatrixSpectrum*);
template void write_sparse(const std::string&, const arma::SpMat<double>&, const std::string&,
                           const MatrixSpectrum*);

}  // namespace fsconv
