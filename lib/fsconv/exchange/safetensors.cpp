// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/exchange/number_bytes.hpp>
#include <fsconv/exchange/safetensors.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/seal.hpp>
#include <fsconv/io/sha256.hpp>
#include <nlohmann/json.hpp>
#include <set>

namespace fsconv {
namespace {

using nlohmann::json;

constexpr std::uint64_t length_bytes = 8, most_header = 100'000'000, alignment = 8;
constexpr auto metadata_key = "__metadata__", format_key = "format", transposed_key = "transposed",
               seal_key = "fsconv";

std::span<const std::byte> bytes_of(const Tensor<float>& values) {
  return std::as_bytes(std::span(values.data(), static_cast<std::size_t>(values.size())));
}

// ---- The reader.

struct Entry {
  std::string name;
  FloatKind kind;
  Shape shape;
  std::uint64_t begin, end;
};

// Reads the header before the parser does: no key twice, nothing deeper or longer than the format has it. (The parser's own
// callback takes time that grows with the square of the number of entries.)
class HeaderGuard final : public nlohmann::json_sax<json> {
 public:
  explicit HeaderGuard(const std::string& path) : path_(path) {}

  bool key(string_t& name) override {
    if (auto& keys = depth_ == 1 ? names_ : inner_; !keys.insert(name).second)
      throw BadData(path_, fmt::format("names {} twice in its header", excerpt(name)));
    return true;
  }
  bool start_object(std::size_t) override {
    if (depth_ >= deepest || lists_) refuse_depth();
    ++depth_;
    inner_.clear();
    return true;
  }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override {
    if (lists_) refuse_depth();
    lists_ = true;
    listed_ = 0;
    return true;
  }
  bool end_array() override { return lists_ = false, true; }
  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    throw BadData(path_, fmt::format("has a header that is no JSON from its byte {} on", position));
  }

 private:
  static constexpr int deepest = 2;  // {"name": {"shape": [ ... ]}}
  static constexpr std::size_t longest_list = 64;

  [[noreturn]] void refuse_depth() const { throw BadData(path_, "has a header that is nested too deep"); }
  bool value() {
    if (lists_ && ++listed_ > longest_list)
      throw BadData(path_, fmt::format("has a list of more than {} numbers in its header", longest_list));
    return true;
  }

  const std::string& path_;
  std::set<std::string> names_, inner_;
  int depth_ = 0;       // of objects
  bool lists_ = false;  // inside a list
  std::size_t listed_ = 0;
};

std::uint64_t read_length(const InputFile& file) {
  std::array<std::byte, length_bytes> bytes;
  file.read(0, bytes);
  return little_endian(bytes);
}

json read_header(const InputFile& file, std::uint64_t length) {
  if (length > most_header || length > file.size() - length_bytes || length < 2)
    throw BadData(file.path(), fmt::format("states a header of {} bytes", length),
                  fmt::format("2 to {} of a safetensors file of {}", most_header, file.size()));
  constexpr std::size_t bytes_of_a_value = 16;  // more than JSON of two characters takes once it is read
  require_memory_for(file.path(), static_cast<Index>(length), bytes_of_a_value);
  std::string text(length, '\0');
  file.read(length_bytes, std::as_writable_bytes(std::span(text)));
  if (text.front() != '{') throw BadData(file.path(), "has a header that does not begin with {");
  if (const std::size_t zero = text.find('\0'); zero != std::string::npos)
    throw BadData(file.path(), fmt::format("has a zero byte at byte {} of its header", zero),
                  "it is JSON, with blanks behind it");
  HeaderGuard guard(file.path());
  json::sax_parse(text, &guard);
  json header = json::parse(text);
  if (!header.is_object()) throw BadData(file.path(), "has a header that is no JSON object");
  return header;
}

Entry read_entry(const std::string& path, const std::string& name, const json& value) {
  const std::string where = fmt::format("{}:{}", path, excerpt(name));
  constexpr auto legal = "an entry has dtype, shape and data_offsets [begin, end]";
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets"))
    throw BadData(where, "has an entry of another form in the header", legal);
  const json &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
  const auto counts = [](const json& list) {
    return list.is_array() &&
           std::all_of(list.begin(), list.end(), [](const json& one) { return one.is_number_unsigned(); });
  };
  if (!dtype.is_string() || !counts(shape) || !counts(offsets) || offsets.size() != 2)
    throw BadData(where, "has an entry of another form in the header", legal);
  Entry entry{.name = name, .kind = {}, .shape = {}, .begin = offsets[0], .end = offsets[1]};
  const auto known = all_names<FloatKind>();
  const auto& kind = dtype.get_ref<const std::string&>();
  if (std::find(known.begin(), known.end(), kind) == known.end())
    throw BadData(where, fmt::format("has the dtype {}", excerpt(kind)),
                  "a weight is " + alternatives(known));
  entry.kind = named<FloatKind>(kind);
  for (const json& extent : shape) {
    if (extent.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<Index>::max()))
      throw BadData(where, fmt::format("has an axis of {}", extent.get<std::uint64_t>()));
    entry.shape.push_back(extent.get<Index>());
  }
  const auto count = static_cast<std::uint64_t>(stated_count(where, entry.shape));
  if (entry.end < entry.begin || (entry.end - entry.begin) % bytes_of(entry.kind) != 0 ||
      (entry.end - entry.begin) / bytes_of(entry.kind) != count)
    throw BadData(where, fmt::format("lies at {} to {} behind the header", entry.begin, entry.end),
                  fmt::format("{} numbers of {} bytes", count, bytes_of(entry.kind)));
  return entry;
}

std::vector<Entry> read_entries(const std::string& path, const json& header, std::uint64_t data_bytes) {
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items())
    if (name != metadata_key) entries.push_back(read_entry(path, name, value));
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != end)
      throw BadData(fmt::format("{}:{}", path, excerpt(entry.name)),
                    fmt::format("begins at {} behind the header", entry.begin),
                    fmt::format("the tensor before it ends at {}: no holes, no overlaps", end));
    end = entry.end;
  }
  if (end != data_bytes)
    throw BadData(path, fmt::format("has {} bytes behind its header", data_bytes),
                  fmt::format("its tensors have {}", end));
  return entries;
}

// Names and text, as the header has them.
void read_metadata(const std::string& path, const json& header, ForeignTensors& found) {
  const auto stands = header.find(metadata_key);
  if (stands == header.end()) return;
  if (!stands->is_object()) throw BadData(path, "has __metadata__ that are no JSON object");
  for (const auto& [key, value] : stands->items()) {
    if (!value.is_string())
      throw BadData(path, fmt::format("has no text under {} in __metadata__", excerpt(key)));
    const auto& text = value.get_ref<const std::string&>();
    if (key == format_key || key == seal_key) continue;
    if (key == transposed_key)
      found.add_transposed(text);
    else if (found.has(text) && !found.has(key))
      found.add_hint(key, text);
    else
      found.add_metadata(key, text);
  }
}

}  // namespace

void write_safetensors(const std::string& path, const ModelState& state) {
  std::vector<NamedValues> tensors = all_tensors(state);
  // As the reference writer: by the size of a number, which is one here, then by name.
  std::sort(tensors.begin(), tensors.end(),
            [](const NamedValues& a, const NamedValues& b) { return a.name < b.name; });
  json header = json::object();
  json& metadata = header[metadata_key] = state.metadata;
  metadata[format_key] = "pt";
  metadata[seal_key] = open_seal();
  for (const NamedTensor& tensor : state.tensors)
    for (const std::string& alias : tensor.aliases) metadata[alias] = tensor.name;
  if (const json transposed = transposed_names(state); !transposed.empty())
    metadata[transposed_key] = transposed.dump();
  std::uint64_t end = 0;
  for (const NamedValues& tensor : tensors) {
    const std::uint64_t begin = std::exchange(end, end + bytes_of(*tensor.values).size());
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.values->shape()}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.append((alignment - text.size() % alignment) % alignment, ' ');
  std::string length;
  append_little_endian(length, text.size(), length_bytes);
  const std::size_t digits = text.find(open_seal()) + seal_words.size();
  Sha256 sum;
  const auto add = [&](std::string_view piece) { sum.add(std::as_bytes(std::span(piece))); };
  add(length);
  add(std::string_view(text).substr(0, digits));
  add(std::string_view(text).substr(digits + seal_digits));
  for (const NamedValues& tensor : tensors) sum.add(bytes_of(*tensor.values));
  text.replace(digits, seal_digits, sum.hex());
  AtomicFile file(path);
  file.write(length);
  file.write(text);
  for (const NamedValues& tensor : tensors) file.write(bytes_of(*tensor.values));
  file.commit();
}

ModelState read_safetensors(const std::string& path) {
  const InputFile file(path);
  if (file.size() < length_bytes)
    throw BadData(path, fmt::format("has {} bytes", file.size()), "a safetensors file has 10 at least");
  const std::uint64_t length = read_length(file);
  const json header = read_header(file, length);
  const std::uint64_t data = length_bytes + length;
  ForeignTensors found(path);
  for (const Entry& entry : read_entries(path, header, file.size() - data)) {
    std::uint64_t at = data + entry.begin;
    found.add(entry.name,
              read_floats(entry.kind, entry.shape, fmt::format("{}:{}", path, excerpt(entry.name)),
                          [&](std::span<std::byte> bytes) {
                            file.read(at, bytes);
                            at += bytes.size();
                          }));
  }
  read_metadata(path, header, found);
  return std::move(found).state();
}

}  // namespace fsconv
