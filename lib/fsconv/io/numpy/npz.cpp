#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <fsconv/io/numpy/zip_reader.hpp>

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

std::vector<ZipMember> arrays_of(const InputFile& file) {
  std::vector<ZipMember> members = zip_directory(file);
  std::erase_if(members, [&](const ZipMember& member) { return !is_array(file, member); });
  return members;
}

std::vector<std::string> array_names(const std::vector<ZipMember>& members) {
  std::vector<std::string> names;
  for (const ZipMember& member : members) names.push_back(array_name(member.name));
  return names;
}

// Little-endian fields put together to a record.
struct RecordText {
  std::string bytes;
  RecordText& number(std::uint64_t value, int width) {
    for (; width > 0; --width, value >>= 8) bytes += static_cast<char>(value & 0xff);
    return *this;
  }
};

// From here on a number is too large for its 32-bit field, and stands in a zip64 field instead.
constexpr std::uint64_t zip64_from = 0xffffffff;
std::uint64_t short_field(std::uint64_t value) { return value >= zip64_from ? 0xffffffff : value; }

constexpr int dos_date = 1 << 5 | 1;  // 1980-01-01: the same arrays give the same file
constexpr int plain_version = 20, zip64_version = 45;

}  // namespace

std::vector<std::string> npz_names(const std::string& path) {
  return array_names(arrays_of(InputFile(path)));
}

Array read_npz(const std::string& path, const std::string& name) {
  const InputFile file(path);
  const auto members = arrays_of(file);
  const auto is_named = [&](const ZipMember& member) {
    return member.name == name || array_name(member.name) == name;
  };
  const auto found = std::find_if(members.begin(), members.end(), is_named);
  if (std::count_if(members.begin(), members.end(), is_named) > 1)
    throw BadData(path, fmt::format("has several arrays '{}'", excerpt(name)),
                  "every array needs a name of its own");
  if (found == members.end()) {
    const auto names = array_names(members);
    throw BadData(path, fmt::format("has no array '{}'", excerpt(name)),
                  names.empty() ? "it has none at all" : "it has " + excerpt_of_names(names));
  }
  ZipMemberReader reader(file, *found);
  Array array = read_npy([&](std::span<std::byte> bytes) { reader.read(bytes); }, found->size,
                         fmt::format("{}:{}", path, excerpt(name)));
  reader.finish();
  return array;
}

NpzWriter::NpzWriter(const std::string& path) : file_(path) {}

void NpzWriter::put(const std::string& bytes) {
  file_.write(bytes);
  position_ += bytes.size();
}

void NpzWriter::add(const std::string& name, const std::string& descr, const Shape& shape,
                    std::span<const std::byte> bytes) {
  const bool taken =
      std::any_of(members_.begin(), members_.end(), [&](const Member& m) { return m.name == name; });
  if (name.empty() || taken || name.size() > 0xff00)
    throw InvalidArgument("array name", fmt::format("'{}' cannot be added to {}", name, file_.path()),
                          "every array needs a name of its own");
  const auto item = to_integer(std::string_view(descr).substr(std::min<std::size_t>(2, descr.size())));
  if (!item || static_cast<Index>(bytes.size()) != element_count(shape) * *item)
    throw InvalidArgument("array " + name,
                          fmt::format("{} bytes do not fill its shape as {}", bytes.size(), descr));

  const std::string header = npy_header(descr, shape);
  Member member{name, 0, header.size() + bytes.size(), position_};
  auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(header.data()), header.size());
  crc = crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  member.crc = static_cast<std::uint32_t>(crc);

  const bool zip64 = member.size >= zip64_from;
  const std::string file_name = name + std::string(suffix);
  RecordText local;
  local.number(0x04034b50, 4).number(zip64 ? zip64_version : plain_version, 2).number(0, 2).number(0, 2);
  local.number(0, 2).number(dos_date, 2).number(member.crc, 4);
  local.number(short_field(member.size), 4).number(short_field(member.size), 4);
  local.number(file_name.size(), 2).number(zip64 ? 20 : 0, 2).bytes += file_name;
  if (zip64) local.number(1, 2).number(16, 2).number(member.size, 8).number(member.size, 8);

  put(local.bytes);
  put(header);
  file_.write(bytes);
  position_ += bytes.size();
  members_.push_back(std::move(member));
}

void NpzWriter::commit() {
  const std::uint64_t start = position_;
  for (const Member& member : members_) {
    RecordText extra;  // only what does not fit, in this order
    if (member.size >= zip64_from) extra.number(member.size, 8).number(member.size, 8);
    if (member.offset >= zip64_from) extra.number(member.offset, 8);
    const bool zip64 = !extra.bytes.empty();
    const std::string file_name = member.name + std::string(suffix);
    const int version = zip64 ? zip64_version : plain_version;
    RecordText entry;
    entry.number(0x02014b50, 4).number(static_cast<std::uint64_t>(version), 2);
    entry.number(static_cast<std::uint64_t>(version), 2).number(0, 2).number(0, 2);
    entry.number(0, 2).number(dos_date, 2).number(member.crc, 4);
    entry.number(short_field(member.size), 4).number(short_field(member.size), 4);
    entry.number(file_name.size(), 2).number(zip64 ? extra.bytes.size() + 4 : 0, 2).number(0, 2);
    entry.number(0, 2).number(0, 2).number(0, 4).number(short_field(member.offset), 4);
    entry.bytes += file_name;
    if (zip64) entry.number(1, 2).number(extra.bytes.size(), 2).bytes += extra.bytes;
    put(entry.bytes);
  }
  const std::uint64_t end = position_, count = members_.size();
  RecordText last;
  if (start >= zip64_from || count >= 0xffff) {
    last.number(0x06064b50, 4).number(44, 8).number(zip64_version, 2).number(zip64_version, 2).number(0, 4);
    last.number(0, 4).number(count, 8).number(count, 8).number(end - start, 8).number(start, 8);
    last.number(0x07064b50, 4).number(0, 4).number(end, 8).number(1, 4);
  }
  const std::uint64_t short_count = std::min<std::uint64_t>(count, 0xffff);
  last.number(0x06054b50, 4).number(0, 2).number(0, 2).number(short_count, 2).number(short_count, 2);
  last.number(short_field(end - start), 4).number(short_field(start), 4).number(0, 2);
  put(last.bytes);
  file_.commit();
}

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
