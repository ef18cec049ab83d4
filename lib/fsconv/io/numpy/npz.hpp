// NumPy's .npz format: a zip archive of .npy members.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/array.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/zip/zip_reader.hpp>
#include <fsconv/io/zip/zip_writer.hpp>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

// The names of the arrays (without ".npy"), in the archive's order.
std::vector<std::string> npz_names(const std::string& path);

// Stored and deflated members; every size and position is checked against the file, and the content against
// its CRC (zip_reader.hpp). BadData says what is wrong, and lists the names if there is no array `name`.
Array read_npz(const std::string& path, const std::string& name);

// Reads any number of arrays of one archive, whose directory is read once. Errors as above.
class NpzReader {
 public:
  explicit NpzReader(const std::string& path);

  // In the archive's order; a name may be there twice.
  const std::vector<std::string>& names() const { return names_; }
  Array read(std::size_t number) const;  // of names()
  ByteArray read_bytes(std::size_t number, const NpyCheck& check, const ByteRule& rule) const;
  Tensor<float> read_floats(std::size_t number, const NpyCheck& check) const;
  // By a name, with or without ".npy"; BadData, too, where several arrays have it.
  std::size_t number_of(const std::string& name) const;
  // Of the only array; InvalidArgument with the names where there are several, BadData where there is none.
  std::size_t only_one() const;

 private:
  std::string where(std::size_t number) const;  // FILE:NAME

  InputFile file_;
  std::vector<ZipMember> members_;
  std::vector<std::string> names_;
};

// Writes several named arrays, stored (numpy.savez), zip64 where it is needed. The file appears with
// commit(). Arrays are streamed: nothing is copied.
class NpzWriter {
 public:
  explicit NpzWriter(const std::string& path, ZipWriter::Seal seal = ZipWriter::Seal::none);

  // `descr` is NumPy's type: "<f8", "<i8", "|S3"; `bytes` the values, C order, little endian. InvalidArgument
  // if the name is empty or there already; BadData names `path` if the bytes do not fill the shape.
  void add(const std::string& name, const std::string& descr, const Shape& shape,
           std::span<const std::byte> bytes);
  template <class T>
  void add(const std::string& name, const Tensor<T>& values);  // float, double, std::int64_t, std::uint8_t

  void commit();

 private:
  ZipWriter zip_;
};

}  // namespace fsconv
