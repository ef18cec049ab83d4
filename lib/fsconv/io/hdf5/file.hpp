// HDF5 files that h5py, netCDF, xarray and h5dump open.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace fsconv::hdf5 {

// What an attribute holds. A plain int becomes std::int64_t, a float a double, a literal a string.
using Value = std::variant<std::string, double, std::int64_t, std::uint64_t>;

// All numbers of an attribute, and what they are in the file: "f8", "i2", "b1".
struct Numbers {
  std::vector<double> values;
  std::string dtype;
};

// How a dataset is stored and described.
//
// Every dimension of a dataset is tied to a dimension scale of its own group, named by `dimensions`: one name
// per axis. A scale that is not there yet is made, without coordinates; one that is must have the axis'
// length (InvalidArgument). A one-dimensional dataset whose dimension has its own name becomes that scale:
// write "/epoch" with {"epoch"} first, then "/loss" with {"epoch"}. Without names, axes of n elements share
// the scale "size_n"; `plain` leaves the scales away (for files that other programs lay out).
struct Storage {
  std::vector<std::string> dimensions = {};
  bool compressed = false;  // deflate, in chunks of about a mebibyte
  bool plain = false;
  std::string units = {};  // written as attributes where not empty
  std::string long_name = {};
};

class Access;        // access.hpp, for the sources only
class ContentCheck;  // content_check.hpp

// HDF5 1.10 trusts addresses and lengths that it reads, and a damaged file can crash it, send it round in circles or make
// it ask for all memory. So whatever is not made here is opened, read and changed in a forked copy of this process
// (remote_file.hpp), with limits of time and memory, and comes as numbers: what damage does to that copy is BadData here.
// A new file is made in this process.
//
// The numbers that read() gives are those that are stored; what attributes say of them (packing, missing values) is for
// read_values() in values.hpp.
//
// Where a file has a digest (io/digest.hpp), whoever opens it for reading is given only what that says: numbers, texts,
// attributes and lists of names that are not what fsconv wrote are BadData, and so is what is missing. Files that are
// made or changed are given as they are.
//
// Objects are named by their absolute path: "/weights/encoder_1"; "/" is the root. HDF5's own error text
// stands in the messages. Types T: double, float, std::int64_t, std::uint8_t; strings have functions of their
// own.
class File {
 public:
  // A new file; it appears under its name with commit(), and an old one stays until then. IoError.
  static File create(const std::string& path);
  // A copy of an existing file to be changed; commit() replaces the old one. IoError, BadData.
  static File modify(const std::string& path);
  // The one or the other: a copy where there is a file with content, a new one elsewhere. Who updates one file at once
  // with others waits for them (AtomicFile), so that nobody's datasets are lost.
  static File update(const std::string& path);
  // For reading. IoError if the system refuses or another program has the file open for writing; BadData if it
  // is no HDF5 file (and what it is instead) or a damaged one.
  static File open(const std::string& path);

  ~File();
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;

  const std::string& path() const;

  // Writing. InvalidArgument if the name is taken or a parent is missing; IoError if the system fails.
  void create_group(const std::string& name);  // and its missing parents; nothing if it is there
  template <class T>
  void write(const std::string& name, const Tensor<T>& values, const Storage& storage = {});
  template <class T>
  void write(const std::string& name, std::span<const T> values, const Shape& shape,
             const Storage& storage = {});
  template <class T>
  void write(const std::string& name, const std::vector<T>& values,
             const Storage& storage = {}) {  // one axis
    write(name, std::span<const T>(values), Shape{static_cast<Index>(values.size())}, storage);
  }
  template <class T>
  void write_scalar(const std::string& name, T value) {  // no axes
    write(name, std::span<const T>(&value, 1), Shape{});
  }
  // For what is larger than the memory: a dataset without numbers, but with all its place, uncompressed; then the rows
  // first ... of its first axis, as many as `values` fill. Of new files only. What is never written holds anything.
  template <class T>
  void reserve(const std::string& name, const Shape& shape, const Storage& storage = {});
  template <class T>
  void write_part(const std::string& name, Index first, std::span<const T> values);
  void write_strings(const std::string& name, const std::vector<std::string>& values,
                     const Storage& storage = {});
  void set_attribute(const std::string& object, const std::string& name, const Value& value);  // replaces
  void remove(const std::string& name);
  void keep_to(std::optional<FileIdentity>& own);  // AtomicFile's, before commit()
  // Closes the file and puts it in its place. Nothing else may follow. Of a file that was changed, what it held and what
  // was written is looked for first, by another process: BadData where damage has swallowed it.
  void commit();

  // Reading. BadData names the file and the object if it is missing or of another type. Numbers are never
  // bent silently: integers are read only into types that hold all of the stored type's values, or into
  // floating point where each is exact; an f8 that overflows a float is BadData.
  bool exists(const std::string& name) const;
  std::vector<std::string> members(
      const std::string& group) const;  // in order of creation where that is tracked
  bool is_group(const std::string& name) const;
  Shape shape(const std::string& name) const;
  std::string dtype(
      const std::string& name) const;         // "f4", "i8", "u1"; "b1" for h5py's booleans; "str"; "other"
  std::vector<std::string> datasets() const;  // the paths of all of them, sorted
  template <class T>
  Tensor<T> read(const std::string& name) const;
  // Where in the file, in bytes from its beginning, the numbers of a dataset begin that lie there as they are, one behind
  // the other; nothing of others (in chunks, packed, in another file, never written).
  std::optional<std::uint64_t> place(const std::string& name) const;
  // The number that elements hold that were never written, where the file states one.
  std::optional<double> fill_value(const std::string& name) const;
  std::vector<std::string> read_strings(const std::string& name) const;
  std::vector<std::string> attributes(const std::string& object) const;  // their names
  bool has_attribute(const std::string& object, const std::string& name) const;
  Value attribute(const std::string& object, const std::string& name) const;
  std::string string_attribute(const std::string& object, const std::string& name) const;
  double number_attribute(const std::string& object, const std::string& name) const;  // of any number type
  Numbers numbers_attribute(const std::string& object, const std::string& name) const;
  std::int64_t integer_attribute(const std::string& object, const std::string& name) const;

  // What compares the file with its digests; of a file that is made or changed a new one each time. Not beyond this File.
  std::shared_ptr<const ContentCheck> content_check() const;

 private:
  File(std::string path, std::unique_ptr<Access> access, std::unique_ptr<AtomicFile> output);
  // What one that is read must hold, by its digests, and one that is changed at its end: its datasets, and a checksum of
  // the numbers written into it.
  struct Expected;
  const ContentCheck* check() const;  // null of files that are not opened for reading

  static File create(const std::string& path, std::unique_ptr<AtomicFile> output);
  void require_writable() const;
  void require_expected() const;

  std::string path_;                    // as the caller wrote it
  std::unique_ptr<AtomicFile> output_;  // of files that are written
  std::unique_ptr<Expected> expected_;  // null of new files
  std::unique_ptr<Access> access_;  // destroyed, and so closed, before `output_` removes the temporary file
};

// "1.10.8"
std::string library_version();

}  // namespace fsconv::hdf5
