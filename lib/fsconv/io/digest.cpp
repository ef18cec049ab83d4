// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/content_check.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <span>

namespace fsconv {
namespace {

using hdf5::Digest;

// What HDF5 and netCDF tie dimension scales with; it changes where others add datasets of these dimensions.
bool is_of_scales(const std::string& attribute) {
  constexpr std::array names = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"};
  return std::find(names.begin(), names.end(), attribute) != names.end();
}

// As the digest of `owner` names it.
std::string path_from(const std::string& owner, const std::string& object) {
  if (owner == "/") return object;
  return object == owner ? "/" : object.substr(owner.size());
}

// The datasets and all groups between the owner and them.
std::set<std::string> objects(const std::string& owner, const std::vector<std::string>& datasets) {
  std::set<std::string> all = {owner};
  for (std::string name : datasets)
    for (; hdf5::is_within(owner, name) && all.insert(name).second;)
      name = name.substr(0, std::max<std::size_t>(1, name.rfind('/')));
  return all;
}

hdf5::Hashes attribute_hashes(const hdf5::File& file, const std::string& object) {
  hdf5::Hashes hashes;
  for (const std::string& name : file.attributes(object))
    if (!is_of_scales(name) && name != hdf5::digest_attribute)
      hashes[name] = hdf5::hash_of_value(file.attribute(object, name));
  return hashes;
}

void write_digest(hdf5::File& file, const std::string& owner, const Digest& digest) {
  file.set_attribute(owner, hdf5::digest_attribute, hdf5::text_of(digest));
}

std::span<const std::byte> bytes_of(const auto& values) {
  return std::as_bytes(std::span(values.data(), static_cast<std::size_t>(values.size())));
}

// Takes what lies below `object`, too.
template <class Map>
bool erase_within(Map& map, const std::string& object) {
  return std::erase_if(map, [&](const auto& entry) { return hdf5::is_within(object, entry.first); }) > 0;
}

}  // namespace

template <class T>
std::string hash_of(std::span<const T> values, const Shape& shape) {
  return hdf5::hash_of_numbers(hdf5::dtype_of<T>(), shape, std::as_bytes(values));
}

template <class T>
std::string hash_of(const Tensor<T>& values) {
  return hdf5::hash_of_numbers(hdf5::dtype_of<T>(), values.shape(), bytes_of(values));
}

void seal(hdf5::File& file, const Hashes& known, const std::string& owner) {
  const auto content = file.content_check();
  Digest digest;
  const std::vector<std::string> names = hdf5::datasets_with_values(file, owner);
  for (const std::string& name : names) {
    const auto found = known.find(name);
    digest.datasets[path_from(owner, name)] =
        found != known.end() ? found->second : content->stored_hash(name);
  }
  for (const std::string& object : objects(owner, names))
    if (hdf5::Hashes hashes = attribute_hashes(file, object); !hashes.empty())
      digest.attributes[path_from(owner, object)] = std::move(hashes);
  write_digest(file, owner, digest);
}

void check_dataset(const hdf5::File& file, const std::string& dataset) {
  file.content_check()->check_dataset(dataset);
}

void forget(hdf5::File& file, const std::string& object) {
  const auto content = file.content_check();
  for (std::string owner = object; owner.size() > 1;) {
    owner = owner.substr(0, std::max<std::size_t>(1, owner.rfind('/')));
    if (!file.exists(owner)) continue;
    std::optional<Digest> digest = content->digest_of(owner);
    if (!digest) continue;
    const std::string path = path_from(owner, object);
    const bool had_values = erase_within(digest->datasets, path),
               had_attributes = erase_within(digest->attributes, path);
    if (had_values || had_attributes) write_digest(file, owner, *digest);
  }
}

SealedReader::SealedReader(const hdf5::File& file) : file_(file) {
  file_.content_check()->check_attributes("/");
}

template <class T>
Tensor<T> SealedReader::read(const std::string& dataset) {
  return file_.read<T>(dataset);
}

std::vector<std::string> SealedReader::read_strings(const std::string& dataset) {
  return file_.read_strings(dataset);
}

void SealedReader::check_rest() { file_.content_check()->check_rest(); }

template std::string hash_of(std::span<const float>, const Shape&);
template std::string hash_of(std::span<const double>, const Shape&);
template std::string hash_of(std::span<const std::int64_t>, const Shape&);
template std::string hash_of(const Tensor<float>&);
template std::string hash_of(const Tensor<double>&);
template std::string hash_of(const Tensor<std::int64_t>&);
template std::string hash_of(const Tensor<std::uint8_t>&);
template Tensor<float> SealedReader::read(const std::string&);
template Tensor<double> SealedReader::read(const std::string&);
template Tensor<std::int64_t> SealedReader::read(const std::string&);
template Tensor<std::uint8_t> SealedReader::read(const std::string&);

}  // namespace fsconv
