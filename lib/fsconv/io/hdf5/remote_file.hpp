// An HDF5 file that a forked copy of this process has open, so that damage takes down the copy and not this process. For
// the sources of io/hdf5 only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/base/forked_server.hpp>
#include <fsconv/io/hdf5/local_file.hpp>
#include <optional>

namespace fsconv::hdf5 {

// Every call is a question to the copy, which asks its LocalFile; errors come back as they are thrown there. A copy that
// crashes, runs out of time or asks for more memory than the file can need is BadData that names the file.
class RemoteFile final : public Access {
 public:
  // As LocalFile's. The file must not be open in this process by HDF5: the copy would take over what it knows of it, and
  // no descriptor.
  RemoteFile(std::string path, const std::string& opened, LocalFile::Mode mode);

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
  // InvalidArgument: only files that are made here are written piece by piece.
  void reserve_numbers(const std::string& name, NumberType type, const Shape& shape,
                       const Storage& storage) override;
  void write_part(const std::string& name, NumberType type, Index first,
                  std::span<const std::byte> values) override;
  void write_strings(const std::string& name, const std::vector<std::string>& values,
                     const Storage& storage) override;
  void set_attribute(const std::string& object, const std::string& name, const Value& value) override;
  void remove(const std::string& name) override;
  void close() override;

 private:
  // One question, and what the answer says behind its first word; throws what was thrown there.
  std::string ask(const std::string& question, std::span<const std::byte> payload = {},
                  std::span<std::byte> answer_payload = {}) const;
  // Asks for one of Access' functions.
  template <auto Function, class... Arguments>
  auto call(const Arguments&... arguments) const;

  std::string path_;
  std::size_t file_bytes_;
  mutable ForkedServer server_;
  mutable std::optional<ServerEnded> ended_;  // what became of it: said again to whoever asks on
};

}  // namespace fsconv::hdf5
