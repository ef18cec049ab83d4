// An HDF5 file by HDF5's own calls in this process, which a damaged file can crash: for files that this process makes
// itself, and for processes that may crash. For the sources of io/hdf5 only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/hdf5/access.hpp>
#include <fsconv/io/hdf5/handle.hpp>
#include <functional>

namespace fsconv::hdf5 {

class LocalFile final : public Access {
 public:
  enum class Mode { read, change, create };
  // `path` is its name in messages, `opened` that of the file itself. BadData or IoError where it cannot be opened.
  LocalFile(std::string path, const std::string& opened, Mode mode);

  bool exists(const std::string& name) const override;
  bool is_group(const std::string& name) const override;
  std::vector<std::string> members(const std::string& group) const override;
  std::vector<std::string> datasets() const override;
  Shape shape(const std::string& name) const override;
  std::string dtype(const std::string& name) const override;
  std::optional<double> fill_value(const std::string& name) const override;
  std::vector<std::string> read_strings(const std::string& name) const override;
  std::vector<std::string> attributes(const std::string& object) const override;
  bool has_attribute(const std::string& object, const std::string& name) const override;
  Value attribute(const std::string& object, const std::string& name) const override;
  Numbers numbers_attribute(const std::string& object, const std::string& name) const override;
  Description describe_numbers(const std::string& name) const override;
  void read_numbers(const std::string& name, NumberType type, std::span<std::byte> into) const override;

  std::optional<std::uint64_t> place(const std::string& name) const override;

  void create_group(const std::string& name) override;
  void write_numbers(const std::string& name, NumberType type, std::span<const std::byte> values,
                     const Shape& shape, const Storage& storage) override;
  void reserve_numbers(const std::string& name, NumberType type, const Shape& shape,
                       const Storage& storage) override;
  void write_part(const std::string& name, NumberType type, Index first,
                  std::span<const std::byte> values) override;
  void write_strings(const std::string& name, const std::vector<std::string>& values,
                     const Storage& storage) override;
  void set_attribute(const std::string& object, const std::string& name, const Value& value) override;
  void remove(const std::string& name) override;
  void close() override;

  // For reading: BadData; IoError where the system failed. `object` may be empty.
  [[noreturn]] void fail_to_read(const std::string& object, const std::string& action) const;
  // For writing: IoError; BadData where the system is not to blame, but the file that is changed.
  [[noreturn]] void fail_to_write(const std::string& object, const std::string& action) const;
  std::string where(const std::string& object) const { return path_ + ":" + object; }
  hid_t id() const { return file_.id(); }
  Handle open_dataset(const std::string& name) const;  // BadData if there is none
  Handle open_object(const std::string& name) const;   // group or dataset; BadData if there is none

 private:
  // Throws InvalidArgument unless a dataset or group may be made under this name.
  void require_free(const std::string& name) const;
  // A dataset without numbers and what describes it; with `reserves` its place in the file is taken at once.
  Handle create_dataset(const std::string& name, hid_t file_type, const Shape& shape, const Storage& storage,
                        bool reserves);
  void describe_dataset(const std::string& name, Handle dataset, const Shape& shape, const Storage& storage);
  void write_dataset(const std::string& name, hid_t memory_type, hid_t file_type, const void* values,
                     const Shape& shape, const Storage& storage);

  std::string path_;
  Mode mode_;
  Handle file_;
};

// How numbers lie in memory, and in the files that are written: little endian on every machine.
hid_t memory_type(NumberType type);
hid_t file_type(NumberType type);

// Throws BadData naming `where` if a dataset states more than its file stores, or a shape that it cannot have
// (plausible.cpp says what its filters could make of what is stored).
void require_plausible(hid_t dataset, const std::string& where);
// Throws BadData naming `where` where a chunk of a dataset unpacks to fewer or more bytes than it has. Takes the time of reading it.
void require_whole_chunks(hid_t dataset, const std::string& where);
// What an element takes in a chunk: of a text of any length its length and its place in a heap, which is no pointer as in memory.
std::size_t stored_size(hid_t dataset, hid_t type);
// As require_plausible() for an attribute, which no filter shortens.
void require_plausible_attribute(hid_t attribute, hid_t file, const std::string& where);

// Puts dimension scales on every axis of a dataset that was just written.
void attach_scales(const LocalFile& file, const std::string& name, hid_t dataset, const Shape& shape,
                   const std::vector<std::string>& dimensions);
// Takes them off again, before the dataset is removed. InvalidArgument if it is itself the scale of others.
void detach_scales(const LocalFile& file, const std::string& name);

}  // namespace fsconv::hdf5
