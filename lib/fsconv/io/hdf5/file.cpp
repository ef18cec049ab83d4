// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/hdf5/content_check.hpp>
#include <fsconv/io/hdf5/local_file.hpp>
#include <fsconv/io/hdf5/remote_file.hpp>
#include <fsconv/io/input_file.hpp>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace fsconv::hdf5 {
namespace {

// HDF5's signature stands at the beginning, or behind a user's block of 512, 1024, 2048 ... bytes.
bool has_signature(const InputFile& file) {
  constexpr std::array<char, 8> signature = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  std::array<char, 8> found{};
  for (std::uint64_t at = 0; at + found.size() <= file.size(); at = std::max<std::uint64_t>(512, 2 * at)) {
    file.read(at, std::as_writable_bytes(std::span(found)));
    if (found == signature) return true;
  }
  return false;
}

// Asks the system first: it gives a better reason than HDF5, which would also wait for a pipe.
void require_hdf5(const InputFile& file, const std::string& path) {
  if (file.size() == 0) throw BadData(path, "is empty", "an HDF5 file begins with a signature");
  if (!has_signature(file))
    throw BadData(path, with_kind("is no HDF5 file: its signature is missing", content_kind_of(file.path())));
}

uLong checksum_of(std::span<const std::byte> bytes) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

// Programs lock what they write with HDF5; what is copied meanwhile may be half of it.
void require_unlocked(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;  // who opens it to read it says why
  const bool locked = ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(file);
  if (locked)
    throw IoError(path, "cannot change it: another program has it open for writing; close it there");
}

}  // namespace

struct File::Expected {
  struct Numbers {
    NumberType type;
    std::size_t bytes;
    uLong checksum;
  };
  std::set<std::string> datasets;
  std::map<std::string, Numbers> numbers;
  std::shared_ptr<const ContentCheck> check;  // of files that are read
};

File::File(std::string path, std::unique_ptr<Access> access, std::unique_ptr<AtomicFile> output)
    : path_(std::move(path)), output_(std::move(output)), access_(std::move(access)) {
  if (output_) return;
  expected_ = std::make_unique<Expected>();
  expected_->check = std::make_shared<const ContentCheck>(*access_, path_);
}
File::~File() = default;
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;

const std::string& File::path() const { return path_; }

File File::create(const std::string& path) { return create(path, std::make_unique<AtomicFile>(path)); }

File File::create(const std::string& path, std::unique_ptr<AtomicFile> output) {
  auto access = std::make_unique<LocalFile>(path, output->temporary_path(), LocalFile::Mode::create);
  return File(path, std::move(access), std::move(output));
}

File File::modify(const std::string& path) {
  require_hdf5(InputFile(path), path);
  return update(path);
}

File File::update(const std::string& path) {
  auto output = std::make_unique<AtomicFile>(path, AtomicFile::Purpose::update);
  if (output->copied() == 0) return create(path, std::move(output));
  require_unlocked(path);
  // What is looked at is the copy: under its name another file may stand by now.
  require_hdf5(InputFile(output->temporary_path()), path);
  auto access = std::make_unique<RemoteFile>(path, output->temporary_path(), LocalFile::Mode::change);
  File file(path, std::move(access), std::move(output));
  file.expected_ = std::make_unique<Expected>();
  const auto datasets = file.datasets();
  file.expected_->datasets.insert(datasets.begin(), datasets.end());
  return file;
}

File File::open(const std::string& path) {
  require_hdf5(InputFile(path), path);
  return File(path, std::make_unique<RemoteFile>(path, path, LocalFile::Mode::read), nullptr);
}

void File::keep_to(std::optional<FileIdentity>& own) {
  require_writable();
  output_->keep_to(own);
}

void File::commit() {
  require_writable();
  access_->close();
  if (expected_) require_expected();
  output_->commit();
}

void File::require_expected() const {
  const RemoteFile written(path_, output_->temporary_path(), LocalFile::Mode::read);
  const auto found = written.datasets();
  for (const std::string& name : expected_->datasets)
    if (std::find(found.begin(), found.end(), name) == found.end())
      throw BadData(path_, fmt::format("is damaged: {} would not be found in it again", excerpt(name)),
                    "nothing was written");
  for (const auto& [name, numbers] : expected_->numbers) {
    std::vector<std::byte> bytes(numbers.bytes);
    written.read_numbers(name, numbers.type, bytes);
    if (checksum_of(bytes) != numbers.checksum)
      throw BadData(path_, fmt::format("is damaged: {} would not be read as it was written", excerpt(name)),
                    "nothing was written");
  }
}

void File::require_writable() const {
  if (!output_) throw InvalidArgument(path_, "is open for reading only");
}

// ---- writing

void File::create_group(const std::string& name) {
  require_writable();
  access_->create_group(name);
}

template <class T>
void File::write(const std::string& name, std::span<const T> values, const Shape& shape,
                 const Storage& storage) {
  require_writable();
  if (static_cast<Index>(values.size()) != element_count(shape, name.c_str()))
    throw InvalidArgument(path_ + ":" + name, fmt::format("{} values do not fill its shape", values.size()));
  access_->write_numbers(name, number_type<T>(), std::as_bytes(values), shape, storage);
  if (!expected_) return;
  expected_->datasets.insert(name);
  expected_->numbers[name] = {number_type<T>(), values.size_bytes(), checksum_of(std::as_bytes(values))};
}

template <class T>
void File::write(const std::string& name, const Tensor<T>& values, const Storage& storage) {
  write(name, std::span<const T>(values.data(), static_cast<std::size_t>(values.size())), values.shape(),
        storage);
}

template <class T>
void File::reserve(const std::string& name, const Shape& shape, const Storage& storage) {
  require_writable();
  access_->reserve_numbers(name, number_type<T>(), shape, storage);
}

template <class T>
void File::write_part(const std::string& name, Index first, std::span<const T> values) {
  require_writable();
  access_->write_part(name, number_type<T>(), first, std::as_bytes(values));
}

void File::write_strings(const std::string& name, const std::vector<std::string>& values,
                         const Storage& storage) {
  require_writable();
  access_->write_strings(name, values, storage);
  if (expected_) expected_->datasets.insert(name);
}

void File::set_attribute(const std::string& object, const std::string& name, const Value& value) {
  require_writable();
  access_->set_attribute(object, name, value);
}

void File::remove(const std::string& name) {
  require_writable();
  if (expected_) {  // with a group goes what it holds
    const auto is_gone = [&](const std::string& held) { return is_within(name, held); };
    std::erase_if(expected_->datasets, is_gone);
    std::erase_if(expected_->numbers, [&](const auto& entry) { return is_gone(entry.first); });
  }
  access_->remove(name);
}

// ---- reading; numbers in read.cpp

const ContentCheck* File::check() const { return expected_ ? expected_->check.get() : nullptr; }

bool File::exists(const std::string& name) const {
  const bool found = access_->exists(name);
  if (check() && !found) check()->require_unlisted(name);
  return found;
}

std::vector<std::string> File::members(const std::string& group) const {
  std::vector<std::string> names = access_->members(group);
  if (check()) check()->require_listed_members(group, names);
  return names;
}

std::vector<std::string> File::datasets() const {
  std::vector<std::string> names = access_->datasets();
  if (check()) check()->require_listed_datasets(names);
  return names;
}

std::vector<std::string> File::read_strings(const std::string& name) const {
  std::vector<std::string> texts = access_->read_strings(name);
  if (check() && check()->lists(name)) check()->compare(name, hash_of_texts(texts, access_->shape(name)));
  return texts;
}

std::vector<std::string> File::attributes(const std::string& object) const {
  std::vector<std::string> names = access_->attributes(object);
  if (check()) check()->require_listed_attributes(object, names);
  return names;
}

bool File::has_attribute(const std::string& object, const std::string& name) const {
  const bool found = access_->has_attribute(object, name);
  if (check() && !found) check()->require_unlisted_attribute(object, name);
  return found;
}

Value File::attribute(const std::string& object, const std::string& name) const {
  Value value = access_->attribute(object, name);
  if (check()) check()->compare_attribute(object, name, value);
  return value;
}

Numbers File::numbers_attribute(const std::string& object, const std::string& name) const {
  if (check() && check()->lists_attribute(object, name)) attribute(object, name);
  return access_->numbers_attribute(object, name);
}

// The layout of what is stored: whoever reads it by these is told by other means whether it is whole.
bool File::is_group(const std::string& name) const { return access_->is_group(name); }
Shape File::shape(const std::string& name) const { return access_->shape(name); }
std::string File::dtype(const std::string& name) const { return access_->dtype(name); }
std::optional<std::uint64_t> File::place(const std::string& name) const { return access_->place(name); }
std::optional<double> File::fill_value(const std::string& name) const { return access_->fill_value(name); }

std::shared_ptr<const ContentCheck> File::content_check() const {
  if (check() != nullptr) return expected_->check;
  return std::make_shared<const ContentCheck>(*access_, path_);
}

std::string File::string_attribute(const std::string& object, const std::string& name) const {
  const Value value = attribute(object, name);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  throw BadData(path_ + ":" + object, fmt::format("attribute {} is no text", name));
}

double File::number_attribute(const std::string& object, const std::string& name) const {
  const Value value = attribute(object, name);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*number);
  throw BadData(path_ + ":" + object, fmt::format("attribute {} is no number", name));
}

std::int64_t File::integer_attribute(const std::string& object, const std::string& name) const {
  const Value value = attribute(object, name);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<std::uint64_t>(&value))
    if (*number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return static_cast<std::int64_t>(*number);
  throw BadData(path_ + ":" + object, fmt::format("attribute {} is no integer of 64 bits", name));
}

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  initialize();
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

template void File::write(const std::string&, std::span<const double>, const Shape&, const Storage&);
template void File::write(const std::string&, std::span<const float>, const Shape&, const Storage&);
template void File::write(const std::string&, std::span<const std::int64_t>, const Shape&, const Storage&);
template void File::write(const std::string&, std::span<const std::uint8_t>, const Shape&, const Storage&);
template void File::reserve<std::uint8_t>(const std::string&, const Shape&, const Storage&);
template void File::write_part(const std::string&, Index, std::span<const std::uint8_t>);
template void File::write(const std::string&, const Tensor<double>&, const Storage&);
template void File::write(const std::string&, const Tensor<float>&, const Storage&);
template void File::write(const std::string&, const Tensor<std::int64_t>&, const Storage&);
template void File::write(const std::string&, const Tensor<std::uint8_t>&, const Storage&);

}  // namespace fsconv::hdf5
