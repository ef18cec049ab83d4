// What a digest in a file says, as text and back, and the hashes that it is made of. io/digest.hpp describes the format.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fsconv/io/hdf5/file.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace fsconv::hdf5 {

// Hashes by name.
using Hashes = std::map<std::string, std::string>;

// Paths count from the object that has the digest: of "/" they are absolute.
struct Digest {
  Hashes datasets;
  std::map<std::string, Hashes> attributes;  // by object
};

constexpr auto digest_attribute = "digest";
// Files and matrices say by their schema_version that they were written with one.
constexpr std::int64_t first_schema_with_digest = 3;

// Whether an object of a file is this group, this dataset, or below it.
inline bool is_within(const std::string& owner, const std::string& object) {
  return owner == "/" || object == owner || object.starts_with(owner + "/");
}
// What a user writes in its place who has changed a file on purpose.
constexpr auto unchecked = "unchecked";

constexpr auto was_changed = "is not what fsconv wrote: it was damaged or changed";
constexpr auto cure_of_changes =
    "use another copy or make it anew; if you changed it on purpose, set its attribute digest to \"unchecked\"";

// "f4", "i8": as File::dtype() says it.
template <class T>
std::string dtype_of() {
  return (std::is_floating_point_v<T> ? "f" : std::is_signed_v<T> ? "i" : "u") + std::to_string(sizeof(T));
}

// Of numbers as they lie in this machine's memory, which is little-endian.
std::string hash_of_numbers(const std::string& dtype, const Shape& shape, std::span<const std::byte> bytes);
std::string hash_of_texts(const std::vector<std::string>& texts, const Shape& shape);
std::string hash_of_value(const Value& value);

std::string text_of(const Digest& digest);

// Throws BadData, `where` being the object that has it, unless it is the text of a digest.
Digest digest_of_text(const std::string& text, const std::string& where);

// Whether the text is that of a digest, damaged or not, and no attribute of somebody else's.
bool looks_like_digest(const std::string& text);

}  // namespace fsconv::hdf5
