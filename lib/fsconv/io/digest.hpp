// The digest of a file that fsconv wrote: whether its values are still those that were written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/io/hdf5/file.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace fsconv {

// The root attribute `digest` is a text, one JSON object:
//     hash         "xxh3_64", the hash of all that follows: XXH3 with 64 bits and seed 0, as 16 hexadecimal digits
//     attributes   by object ("/", "/best", "/epoch") and name, of all that name no dimension scale
//     datasets     by path, of all that hold values (the coordinates that scales do not have are none)
//     all          of this JSON without `all`, its keys sorted and without blanks
// A dataset is hashed as the line "f4 [2, 3]\n", its type and shape, and its numbers as little-endian bytes, last index
// fastest; of texts ("str [2]\n") the bytes in UTF-8, after their number as u8. An attribute is hashed as a dataset
// without axes ("i8 []\n"). What a file holds besides, somebody's own, is in no digest and is not looked at.
// Source: [XXH] XXH3_64bits of https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md.

// Hashes of datasets, by path.
using Hashes = std::map<std::string, std::string>;

// Of a dataset that File::write() makes of these values.
template <class T>
std::string hash_of(const Tensor<T>& values);

// Writes the digest of all that the file holds. Datasets whose hash is known are not read for it. To be called last,
// before commit(), and on files that fsconv has made alone.
void seal(hdf5::File& file, const Hashes& known = {});

// Throws BadData if the file has a digest of this dataset, and it is another one (or the digest is damaged, or missing
// from a file of schema 3 or later): for who reads one array, whatever else became of the file.
void check_dataset(const hdf5::File& file, const std::string& dataset);

// Takes a dataset out of the digest, where the file has one: whoever replaces it says so.
void forget(hdf5::File& file, const std::string& dataset);

// Reads a file and compares what it reads with the digest. Files without one (of schema 1 and 2, or of others) are only
// read. All members throw BadData naming the file and the object that was changed or is missing.
class SealedReader {
 public:
  // Compares the root's attributes at once. The file must stay. BadData also where the digest itself is damaged, or
  // missing from a file of schema 3 or later.
  explicit SealedReader(const hdf5::File& file);

  template <class T>
  Tensor<T> read(const std::string& dataset);
  std::vector<std::string> read_strings(const std::string& dataset);

  // Compares everything that has not been read yet.
  void check_rest();

 private:
  void check_attributes(const std::string& object) const;

  const hdf5::File& file_;
  nlohmann::json digest_;  // null where the file has none
  std::set<std::string> compared_;
};

}  // namespace fsconv
