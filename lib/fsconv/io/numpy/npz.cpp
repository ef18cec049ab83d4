// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/numpy/npz.hpp>

namespace fsconv {
namespace {

constexpr std::string_view suffix = ".npy";

std::string array_name(std::string_view member) {
  if (member.ends_with(suffix)) member.remove_suffix(suffix.size());
  return std::string(member);
}

// As numpy reads it: whatever begins as an .npy file is an array, and without the ending in its name, too.
bool is_array(const InputFile& file, const ZipMember& member) try {
  if (member.name.ends_with(suffix)) return true;
  std::array<std::byte, 6> begin;
  if (member.size < begin.size()) return false;
  ZipMemberReader(file, member).read(begin);
  return std::memcmp(begin.data(), "\x93NUMPY", begin.size()) == 0;
} catch (const BadData&) {
  return false;  // compressed in a way that no .npz is
}

}  // namespace

NpzReader::NpzReader(const std::string& path) : file_(path), members_(zip_directory(file_)) {
  std::erase_if(members_, [&](const ZipMember& member) { return !is_array(file_, member); });
  for (const ZipMember& member : members_) names_.push_back(array_name(member.name));
}

std::size_t NpzReader::number_of(const std::string& name) const {
  std::vector<std::size_t> found;
  for (std::size_t at = 0; at < names_.size(); ++at)
    if (names_[at] == name || members_[at].name == name) found.push_back(at);
  if (found.size() > 1)
    throw BadData(file_.path(), fmt::format("has several arrays '{}'", excerpt(name)),
                  "every array needs a name of its own");
  if (found.empty())
    throw BadData(file_.path(), fmt::format("has no array '{}'", excerpt(name)),
                  names_.empty() ? "it has none at all" : "it has " + excerpt_of_names(names_));
  return found.front();
}

std::size_t NpzReader::only_one() const {
  if (names_.empty()) throw BadData(file_.path(), "holds no array");
  if (names_.size() > 1)
    throw InvalidArgument(
        file_.path(), fmt::format("holds {} arrays", names_.size()),
        fmt::format("write {}:NAME with one of {}", file_.path(), excerpt_of_names(names_)));
  return 0;
}

std::string NpzReader::where(std::size_t number) const {
  return fmt::format("{}:{}", file_.path(), excerpt(names_.at(number)));
}

Array NpzReader::read(std::size_t number) const {
  ZipMemberReader reader(file_, members_.at(number));
  Array array =
      read_npy([&](std::span<std::byte> bytes) { reader.read(bytes); }, members_[number].size, where(number));
  reader.finish();
  return array;
}

ByteArray NpzReader::read_bytes(std::size_t number, const NpyCheck& check, const ByteRule& rule) const {
  ZipMemberReader reader(file_, members_.at(number));
  ByteArray array = read_npy_bytes([&](std::span<std::byte> bytes) { reader.read(bytes); },
                                   members_[number].size, where(number), check, rule);
  reader.finish();
  return array;
}

Tensor<float> NpzReader::read_floats(std::size_t number, const NpyCheck& check) const {
  ZipMemberReader reader(file_, members_.at(number));
  Tensor<float> values = read_npy_floats([&](std::span<std::byte> bytes) { reader.read(bytes); },
                                         members_[number].size, where(number), check);
  reader.finish();
  return values;
}

std::vector<std::string> npz_names(const std::string& path) { return NpzReader(path).names(); }

Array read_npz(const std::string& path, const std::string& name) {
  const NpzReader archive(path);
  return archive.read(archive.number_of(name));
}

NpzWriter::NpzWriter(const std::string& path, ZipWriter::Seal seal) : zip_(path, seal) {}

void NpzWriter::add(const std::string& name, const std::string& descr, const Shape& shape,
                    std::span<const std::byte> bytes) {
  const std::string member = name + std::string(suffix);
  if (name.empty() || zip_.has(member) || name.size() > 0xff00)
    throw InvalidArgument("array name", fmt::format("'{}' cannot be added to {}", name, zip_.path()),
                          "every array needs a name of its own");
  const auto item = to_integer(std::string_view(descr).substr(std::min<std::size_t>(2, descr.size())));
  if (!item || static_cast<Index>(bytes.size()) != element_count(shape) * *item)
    throw InvalidArgument("array " + name,
                          fmt::format("{} bytes do not fill its shape as {}", bytes.size(), descr));
  const std::string header = npy_header(descr, shape);
  zip_.add(member, std::array{std::as_bytes(std::span(header)), bytes});
}

void NpzWriter::commit() { zip_.commit(); }

template <class T>
void NpzWriter::add(const std::string& name, const Tensor<T>& values) {
  constexpr char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
  add(name, fmt::format("{}{}{}", sizeof(T) == 1 ? '|' : '<', kind, sizeof(T)), values.shape(),
      std::as_bytes(std::span(values.data(), static_cast<std::size_t>(values.size()))));
}
template void NpzWriter::add(const std::string&, const Tensor<float>&);
template void NpzWriter::add(const std::string&, const Tensor<double>&);
template void NpzWriter::add(const std::string&, const Tensor<std::int64_t>&);
template void NpzWriter::add(const std::string&, const Tensor<std::uint8_t>&);

}  // namespace fsconv
