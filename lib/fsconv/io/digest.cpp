// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <fsconv/base/error.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <fsconv/io/run_log.hpp>
#include <memory>
#include <span>
#include <type_traits>

namespace fsconv {
namespace {

using json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "numbers are hashed as they lie in memory");

constexpr auto attribute_name = "digest";
constexpr auto hash_name = "xxh3_64";
constexpr auto changed = "is not what fsconv wrote: it was damaged or changed";
constexpr auto cure = "use another copy, or make the file anew";

class Hasher {
 public:
  Hasher() : state_(XXH3_createState(), XXH3_freeState) {
    if (!state_) throw std::bad_alloc();
    XXH3_64bits_reset(state_.get());
  }
  void add(const void* bytes, std::size_t count) {
    if (count > 0) XXH3_64bits_update(state_.get(), bytes, count);
  }
  void add_line(const std::string& type, const Shape& shape) {
    const std::string line = fmt::format("{} [{}]\n", type, fmt::join(shape, ", "));
    add(line.data(), line.size());
  }
  void add_text(const std::string& text) {
    const std::uint64_t length = text.size();
    add(&length, sizeof length);
    add(text.data(), text.size());
  }
  std::string digits() const { return fmt::format("{:016x}", XXH3_64bits_digest(state_.get())); }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

template <class T>
std::string type_of() {
  return fmt::format("{}{}", std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u', sizeof(T));
}

std::string hash_of(const hdf5::Value& value) {
  Hasher hasher;
  std::visit(
      [&](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::string>) {
          hasher.add_line("str", {});
          hasher.add_text(held);
        } else {
          hasher.add_line(type_of<T>(), {});
          hasher.add(&held, sizeof held);
        }
      },
      value);
  return hasher.digits();
}

std::string hash_of(const std::vector<std::string>& texts, const Shape& shape) {
  Hasher hasher;
  hasher.add_line("str", shape);
  for (const std::string& text : texts) hasher.add_text(text);
  return hasher.digits();
}

// Of a dataset as it is stored. The types are those that fsconv writes.
std::string stored_hash(const hdf5::File& file, const std::string& name) {
  const std::string type = file.dtype(name);
  if (type == "str") return hash_of(file.read_strings(name), file.shape(name));
  if (type == type_of<float>()) return hash_of(file.read<float>(name));
  if (type == type_of<double>()) return hash_of(file.read<double>(name));
  if (type == type_of<std::int64_t>()) return hash_of(file.read<std::int64_t>(name));
  if (type == type_of<std::uint8_t>()) return hash_of(file.read<std::uint8_t>(name));
  throw BadData(file.path() + ":" + name, fmt::format("holds {}, which fsconv never writes", type));
}

// What HDF5 and netCDF tie dimension scales with; it changes where others add datasets of these dimensions.
bool is_of_scales(const std::string& attribute) {
  constexpr std::array names = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"};
  return std::find(names.begin(), names.end(), attribute) != names.end();
}

// The datasets and all groups that they are in.
std::set<std::string> objects(const std::vector<std::string>& datasets) {
  std::set<std::string> all = {"/"};
  for (std::string name : datasets)
    for (; name.size() > 1 && all.insert(name).second;)
      name = name.substr(0, std::max<std::size_t>(1, name.rfind('/')));
  return all;
}

json attribute_hashes(const hdf5::File& file, const std::string& object) {
  json hashes = json::object();
  for (const std::string& name : file.attributes(object))
    if (!is_of_scales(name) && !(object == "/" && name == attribute_name))
      hashes[name] = hash_of(file.attribute(object, name));
  return hashes;
}

// Of a digest without its `all`.
std::string hash_of_all(const json& digest) {
  const std::string text = digest.dump();
  Hasher hasher;
  hasher.add(text.data(), text.size());
  return hasher.digits();
}

void write_digest(hdf5::File& file, json digest) {
  digest.erase("all");
  digest["all"] = hash_of_all(digest);
  file.set_attribute("/", attribute_name, digest.dump());
}

bool is_map_of_texts(const json& object) {
  return object.is_object() &&
         std::all_of(object.begin(), object.end(), [](const json& entry) { return entry.is_string(); });
}

// Null where there is none.
json read_digest(const hdf5::File& file) {
  if (!file.has_attribute("/", attribute_name)) {
    if (file.has_attribute("/", "schema_version") &&
        file.integer_attribute("/", "schema_version") >= first_schema_with_digest)
      throw BadData(file.path(), "has lost its digest: it was damaged or changed", cure);
    return {};
  }
  const auto refuse = [&](const char* problem) {
    throw BadData(file.path(), fmt::format("its attribute digest {}", problem), cure);
  };
  json digest = json::parse(file.string_attribute("/", attribute_name), nullptr, false);
  if (!digest.is_object() || !digest.contains("all")) refuse(changed);
  json without = digest;
  without.erase("all");
  if (digest["all"] != hash_of_all(without)) refuse(changed);
  if (digest.value("hash", json()) != hash_name) refuse("is by another hash than this fsconv has");
  const json attributes = digest.value("attributes", json());
  if (!is_map_of_texts(digest.value("datasets", json())) || !attributes.is_object() ||
      !std::all_of(attributes.begin(), attributes.end(), is_map_of_texts))
    refuse("is no list of hashes");
  return digest;
}

bool is_listed(const json& digest, const std::string& dataset) {
  return !digest.is_null() && digest["datasets"].contains(dataset);
}

void require_hash(const hdf5::File& file, const json& digest, const std::string& dataset,
                  const std::string& hash) {
  if (digest["datasets"][dataset] != hash) throw BadData(file.path() + ":" + dataset, changed, cure);
}

void require_stored(const hdf5::File& file, const json& digest, const std::string& dataset) {
  if (!file.exists(dataset)) throw BadData(file.path() + ":" + dataset, "is missing", cure);
  require_hash(file, digest, dataset, stored_hash(file, dataset));
}

}  // namespace

template <class T>
std::string hash_of(const Tensor<T>& values) {
  Hasher hasher;
  hasher.add_line(type_of<T>(), values.shape());
  hasher.add(values.data(), static_cast<std::size_t>(values.size()) * sizeof(T));
  return hasher.digits();
}

void seal(hdf5::File& file, const Hashes& known) {
  const std::vector<std::string> names = hdf5::datasets_with_values(file);
  json attributes = json::object(), datasets = json::object();
  for (const std::string& name : names) {
    const auto found = known.find(name);
    datasets[name] = found != known.end() ? found->second : stored_hash(file, name);
  }
  for (const std::string& object : objects(names))
    if (json hashes = attribute_hashes(file, object); !hashes.empty()) attributes[object] = std::move(hashes);
  write_digest(file, {{"hash", hash_name}, {"attributes", attributes}, {"datasets", datasets}});
}

void check_dataset(const hdf5::File& file, const std::string& dataset) {
  const json digest = read_digest(file);
  if (is_listed(digest, dataset)) require_stored(file, digest, dataset);
}

void forget(hdf5::File& file, const std::string& dataset) {
  json digest = read_digest(file);
  if (!is_listed(digest, dataset)) return;
  digest["datasets"].erase(dataset);
  digest["attributes"].erase(dataset);
  write_digest(file, std::move(digest));
}

SealedReader::SealedReader(const hdf5::File& file) : file_(file), digest_(read_digest(file)) {
  if (!digest_.is_null()) check_attributes("/");
}

void SealedReader::check_attributes(const std::string& object) const {
  const json& attributes = digest_["attributes"];
  const auto found = attributes.find(object);
  if (found == attributes.end()) return;
  const std::string where = object == "/" ? file_.path() : file_.path() + ":" + object;
  if (!file_.exists(object)) throw BadData(where, "is missing", cure);
  for (const auto& [name, hash] : found->items()) {
    if (!file_.has_attribute(object, name))
      throw BadData(where, fmt::format("its attribute {} is missing", name), cure);
    if (hash != hash_of(file_.attribute(object, name)))
      throw BadData(where, fmt::format("its attribute {} {}", name, changed), cure);
  }
}

template <class T>
Tensor<T> SealedReader::read(const std::string& dataset) {
  Tensor<T> values = file_.read<T>(dataset);
  if (!is_listed(digest_, dataset)) return values;
  const bool as_stored = file_.dtype(dataset) == type_of<T>();
  require_hash(file_, digest_, dataset, as_stored ? hash_of(values) : stored_hash(file_, dataset));
  compared_.insert(dataset);
  return values;
}

std::vector<std::string> SealedReader::read_strings(const std::string& dataset) {
  std::vector<std::string> texts = file_.read_strings(dataset);
  if (!is_listed(digest_, dataset)) return texts;
  require_hash(file_, digest_, dataset, hash_of(texts, file_.shape(dataset)));
  compared_.insert(dataset);
  return texts;
}

void SealedReader::check_rest() {
  if (digest_.is_null()) return;
  for (const auto& [name, hash] : digest_["datasets"].items())
    if (compared_.insert(name).second) require_stored(file_, digest_, name);
  for (const auto& [object, hashes] : digest_["attributes"].items()) check_attributes(object);
}

template std::string hash_of(const Tensor<float>&);
template std::string hash_of(const Tensor<double>&);
template std::string hash_of(const Tensor<std::int64_t>&);
template std::string hash_of(const Tensor<std::uint8_t>&);
template Tensor<float> SealedReader::read(const std::string&);
template Tensor<double> SealedReader::read(const std::string&);
template Tensor<std::int64_t> SealedReader::read(const std::string&);
template Tensor<std::uint8_t> SealedReader::read(const std::string&);

}  // namespace fsconv
