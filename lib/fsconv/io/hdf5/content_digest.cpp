// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/content_digest.hpp>
#include <fsconv/io/json_text.hpp>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace fsconv::hdf5 {
namespace {

using json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "numbers are hashed as they lie in memory");

constexpr auto hash_name = "xxh3_64";

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

// Of a digest without its `all`.
std::string hash_of_all(const json& digest) {
  const std::string text = digest.dump();
  Hasher hasher;
  hasher.add(text.data(), text.size());
  return hasher.digits();
}

bool is_map_of_texts(const json& object) {
  return object.is_object() &&
         std::all_of(object.begin(), object.end(), [](const json& entry) { return entry.is_string(); });
}

}  // namespace

std::string hash_of_numbers(const std::string& dtype, const Shape& shape, std::span<const std::byte> bytes) {
  Hasher hasher;
  hasher.add_line(dtype, shape);
  hasher.add(bytes.data(), bytes.size());
  return hasher.digits();
}

std::string hash_of_texts(const std::vector<std::string>& texts, const Shape& shape) {
  Hasher hasher;
  hasher.add_line("str", shape);
  for (const std::string& text : texts) hasher.add_text(text);
  return hasher.digits();
}

std::string hash_of_value(const Value& value) {
  Hasher hasher;
  std::visit(
      [&](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::string>) {
          hasher.add_line("str", {});
          hasher.add_text(held);
        } else {
          hasher.add_line(dtype_of<T>(), {});
          hasher.add(&held, sizeof held);
        }
      },
      value);
  return hasher.digits();
}

std::string text_of(const Digest& digest) {
  json text = {{"hash", hash_name}, {"attributes", digest.attributes}, {"datasets", digest.datasets}};
  text["all"] = hash_of_all(text);
  return text.dump();
}

Digest digest_of_text(const std::string& text, const std::string& where) {
  const auto refuse = [&](const char* problem) {
    throw BadData(where, fmt::format("its attribute digest {}", problem), cure_of_changes);
  };
  const json digest = parsed_json(text);
  if (!digest.is_object() || !digest.contains("all")) refuse(was_changed);
  json without = digest;
  without.erase("all");
  if (digest["all"] != hash_of_all(without)) refuse(was_changed);
  if (digest.value("hash", json()) != hash_name) refuse("is by another hash than this fsconv has");
  const json attributes = digest.value("attributes", json());
  if (!is_map_of_texts(digest.value("datasets", json())) || !attributes.is_object() ||
      !std::all_of(attributes.begin(), attributes.end(), is_map_of_texts))
    refuse("is no list of hashes");
  return {digest["datasets"].get<Hashes>(), attributes.get<std::map<std::string, Hashes>>()};
}

bool looks_like_digest(const std::string& text) {
  // One changed byte leaves one of the two.
  return text.starts_with("{\"all\":\"") ||
         (text.find("\"hash\"") != std::string::npos && text.find(hash_name) != std::string::npos);
}

}  // namespace fsconv::hdf5
