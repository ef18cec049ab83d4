// Files of runs whose stored numbers have been changed where they lie.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <fsconv/io/hdf5/file.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "train/small_run.hpp"

namespace fsconv::test {

inline const std::string schema_2 = FSCONV_SOURCE_DIR "/tests/vectors/schema_2/";

inline void put_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Where the numbers of a dataset lie in the file: more than one place where others are the same.
template <class T>
std::vector<std::size_t> places_of(const std::string& path, const std::string& dataset) {
  const Tensor<T> values = hdf5::File::open(path).read<T>(dataset);
  std::string pattern(static_cast<std::size_t>(values.size()) * sizeof(T), '\0');
  std::memcpy(pattern.data(), values.data(), pattern.size());
  const std::string bytes = bytes_of(path);
  std::vector<std::size_t> places;
  for (std::size_t at = bytes.find(pattern); at != std::string::npos; at = bytes.find(pattern, at + 1))
    places.push_back(at);
  if (places.empty()) throw std::runtime_error(dataset + " lies nowhere as it is");
  return places;
}

// Copies a file with another number `at` an element of a dataset, which must lie in one place only.
template <class T>
void copy_with(const std::string& from, const std::string& to, const std::string& dataset, std::size_t at,
               T value) {
  const auto places = places_of<T>(from, dataset);
  if (places.size() != 1) throw std::runtime_error(dataset + " is not the only one of its numbers");
  std::string bytes = bytes_of(from);
  std::memcpy(bytes.data() + places.front() + at * sizeof(T), &value, sizeof(T));
  put_bytes(to, bytes);
}

}  // namespace fsconv::test
