// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/io/hdf5/content_check.hpp>
#include <utility>

namespace fsconv::hdf5 {
namespace {

// The objects on the way from the root's member to this one, itself included.
std::vector<std::string> below_root(const std::string& object) {
  std::vector<std::string> objects;
  if (object.size() < 2) return objects;
  for (std::size_t end = object.find('/', 1); end != std::string::npos; end = object.find('/', end + 1))
    objects.push_back(object.substr(0, end));
  objects.push_back(object);
  return objects;
}

bool is_in(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string ContentCheck::where(const std::string& object) const {
  return object == "/" ? path_ : path_ + ":" + object;
}

// ---- digests

bool ContentCheck::is_text(const std::string& object, const std::string& attribute) const {
  return access_.has_attribute(object, attribute) &&
         std::holds_alternative<std::string>(access_.attribute(object, attribute));
}

// Somebody else's file or group may have a schema_version of its own. Of groups fsconv seals sparse matrices.
bool ContentCheck::must_have_digest(const std::string& object) const {
  if (!access_.has_attribute(object, "schema_version")) return false;
  const bool is_ours = object == "/"
                           ? is_text("/", "kind") && is_text("/", "configuration")
                           : access_.is_group(object) && is_text(object, "format") &&
                                 std::get<std::string>(access_.attribute(object, "format")) == "csc" &&
                                 access_.exists(object + "/indptr");
  if (!is_ours) return false;
  const Value version = access_.attribute(object, "schema_version");
  const auto* number = std::get_if<std::int64_t>(&version);
  return number != nullptr && *number >= first_schema_with_digest;
}

std::optional<Digest> ContentCheck::read_digest(const std::string& object) const {
  if (!access_.has_attribute(object, digest_attribute)) {
    if (must_have_digest(object))
      throw BadData(where(object), "has lost its digest: it was damaged or changed", cure_of_changes);
    return std::nullopt;
  }
  std::string text;
  try {
    const Value value = access_.attribute(object, digest_attribute);
    if (const auto* held = std::get_if<std::string>(&value)) text = *held;
  } catch (const BadData&) {  // several numbers, say: no digest of fsconv's
    if (must_have_digest(object)) throw;
    return std::nullopt;
  }
  if (text == unchecked) return std::nullopt;
  if (!looks_like_digest(text) && !must_have_digest(object)) return std::nullopt;
  return digest_of_text(text, where(object));
}

const std::optional<Digest>& ContentCheck::digest_of(const std::string& object) const {
  const auto found = digests_.find(object);
  if (found != digests_.end()) return found->second;
  return digests_[object] = access_.exists(object) ? read_digest(object) : std::nullopt;
}

std::optional<std::string> ContentCheck::first_of(
    const std::string& object,
    const std::function<std::optional<std::string>(const Digest&, const std::string&)>& find) const {
  if (const auto& digest = digest_of("/"))
    if (auto found = find(*digest, object)) return found;
  for (const std::string& owner : below_root(object))
    if (const auto& digest = digest_of(owner))
      if (auto found = find(*digest, owner == object ? "/" : object.substr(owner.size()))) return found;
  return std::nullopt;
}

std::optional<std::string> ContentCheck::expected(const std::string& dataset) const {
  return first_of(dataset, [](const Digest& digest, const std::string& path) -> std::optional<std::string> {
    const auto found = digest.datasets.find(path);
    return found == digest.datasets.end() ? std::nullopt : std::optional(found->second);
  });
}

std::optional<std::string> ContentCheck::expected_attribute(const std::string& object,
                                                            const std::string& name) const {
  if (name == digest_attribute) return std::nullopt;
  return first_of(object, [&](const Digest& digest, const std::string& path) -> std::optional<std::string> {
    const auto listed = digest.attributes.find(path);
    if (listed == digest.attributes.end()) return std::nullopt;
    const auto found = listed->second.find(name);
    return found == listed->second.end() ? std::nullopt : std::optional(found->second);
  });
}

// ---- what was read

void ContentCheck::compare(const std::string& dataset, const std::string& hash) const {
  const auto wanted = expected(dataset);
  if (!wanted) return;
  if (*wanted != hash) throw BadData(where(dataset), was_changed, cure_of_changes);
  compared_.insert(dataset);
}

void ContentCheck::compare_attribute(const std::string& object, const std::string& name,
                                     const Value& value) const {
  const auto wanted = expected_attribute(object, name);
  if (wanted && *wanted != hash_of_value(value))
    throw BadData(where(object), fmt::format("its attribute {} {}", excerpt(name), was_changed),
                  cure_of_changes);
}

// ---- what was not found

void ContentCheck::require_unlisted(const std::string& object) const {
  const bool is_listed = first_of(object, [](const Digest& digest, const std::string& path) {
                           const bool listed =
                               digest.datasets.count(path) > 0 || digest.attributes.count(path) > 0;
                           return listed ? std::optional<std::string>(path) : std::nullopt;
                         }).has_value();
  if (is_listed) throw BadData(where(object), "is missing", cure_of_changes);
}

void ContentCheck::require_unlisted_attribute(const std::string& object, const std::string& name) const {
  if (expected_attribute(object, name))
    throw BadData(where(object), fmt::format("its attribute {} is missing", excerpt(name)), cure_of_changes);
}

void ContentCheck::require_listed_datasets(const std::vector<std::string>& found) const {
  if (const auto& digest = digest_of("/"))
    for (const auto& [dataset, hash] : digest->datasets)
      if (!is_in(dataset, found)) throw BadData(where(dataset), "is missing", cure_of_changes);
}

void ContentCheck::require_listed_members(const std::string& group,
                                          const std::vector<std::string>& found) const {
  const std::string prefix = group == "/" ? group : group + "/";
  if (const auto& digest = digest_of("/"))
    for (const auto& [dataset, hash] : digest->datasets)
      if (dataset.starts_with(prefix) && dataset.find('/', prefix.size()) == std::string::npos &&
          !is_in(dataset.substr(prefix.size()), found))
        throw BadData(where(dataset), "is missing", cure_of_changes);
}

void ContentCheck::require_listed_attributes(const std::string& object,
                                             const std::vector<std::string>& found) const {
  const auto& digest = digest_of("/");
  if (!digest) return;
  if (const auto listed = digest->attributes.find(object); listed != digest->attributes.end())
    for (const auto& [name, hash] : listed->second)
      if (!is_in(name, found)) require_unlisted_attribute(object, name);
}

// ---- what is read for this

void ContentCheck::require_held(const std::string& dataset, std::uint64_t bytes) const {
  constexpr std::uint64_t free = std::uint64_t{1} << 30,
                          most_packed = 1100;  // deflate makes one byte of 1032 at most
  hashed_ += bytes;
  std::error_code none;
  const auto size = std::filesystem::file_size(path_, none);
  if (!none && hashed_ > free && (hashed_ - free) / most_packed > size)
    throw BadData(
        where(dataset),
        fmt::format("is one of datasets that state {} bytes together, in a file of {}", hashed_, size),
        "numbers that were never written, or one dataset under many names, are taken for damage");
}

std::string ContentCheck::stored_hash(const std::string& dataset) const {
  constexpr std::array types = {std::pair{"f4", NumberType::f4}, std::pair{"f8", NumberType::f8},
                                std::pair{"i8", NumberType::i8}, std::pair{"u1", NumberType::u1}};
  if (access_.dtype(dataset) == "str")
    return hash_of_texts(access_.read_strings(dataset), access_.shape(dataset));
  const Description described = access_.describe_numbers(dataset);
  for (const auto& [dtype, type] : types) {
    if (described.dtype != dtype) continue;
    const auto size = static_cast<std::size_t>(described.dtype.back() - '0');
    const Index count = element_count(described.shape);
    require_memory_for(where(dataset), count, size);
    require_held(dataset, static_cast<std::uint64_t>(count) * size);
    std::vector<std::byte> bytes(static_cast<std::size_t>(count) * size);
    access_.read_numbers(dataset, type, bytes);
    return hash_of_numbers(dtype, described.shape, bytes);
  }
  throw BadData(where(dataset), fmt::format("holds {}, which fsconv never writes", described.dtype),
                cure_of_changes);
}

void ContentCheck::check_dataset(const std::string& dataset) const {
  if (!lists(dataset) || has_compared(dataset)) return;
  if (!access_.exists(dataset)) require_unlisted(dataset);
  compare(dataset, stored_hash(dataset));
}

void ContentCheck::check_attributes(const std::string& object) const {
  const auto& digest = digest_of("/");
  if (!digest) return;
  const auto listed = digest->attributes.find(object);
  if (listed == digest->attributes.end()) return;
  if (!access_.exists(object)) require_unlisted(object);
  for (const auto& [name, hash] : listed->second) {
    if (!access_.has_attribute(object, name)) require_unlisted_attribute(object, name);
    compare_attribute(object, name, access_.attribute(object, name));
  }
}

void ContentCheck::check_rest() const {
  const auto& digest = digest_of("/");
  if (!digest) return;
  for (const auto& [dataset, hash] : digest->datasets) check_dataset(dataset);
  for (const auto& [object, hashes] : digest->attributes) check_attributes(object);
}

}  // namespace fsconv::hdf5
