// The digest of a file that fsconv wrote: whether its values are still those that were written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/io/hdf5/content_digest.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

// The attribute `digest`, of the root of a file of results, of the group of a sparse matrix, or of a single array, is a text, one
// JSON object; its paths count from the object that has it:
//     hash         "xxh3_64", the hash of all that follows: XXH3 with 64 bits and seed 0, as 16 hexadecimal digits
//     attributes   by object ("/", "/best", "/epoch") and name, of all that name no dimension scale
//     datasets     by path, of all that hold values (the coordinates that scales do not have are none)
//     all          of this JSON without `all`, its keys sorted and without blanks
// A dataset is hashed as the line "f4 [2, 3]\n", its type and shape, and its numbers as little-endian bytes, last index
// fastest; of texts ("str [2]\n") the bytes in UTF-8, after their number as u8. An attribute is hashed as a dataset
// without axes ("i8 []\n"). What a file holds besides, somebody's own, is in no digest and is not looked at.
// Source: [XXH] XXH3_64bits of https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
//
// hdf5::File compares whatever it reads, by itself. A file that somebody has changed on purpose is read where the attribute
// is the text "unchecked".

// Hashes of datasets, by path in the file.
using Hashes = hdf5::Hashes;

// Of a dataset that File::write() makes of these values.
template <class T>
std::string hash_of(const Tensor<T>& values);
template <class T>
std::string hash_of(std::span<const T> values, const Shape& shape);

// Writes the digest of `owner`, of a dataset or of a group and all that it holds. Datasets whose hash is known are not
// read for it. To be called last, before commit(), and on what fsconv has made alone.
void seal(hdf5::File& file, const Hashes& known = {}, const std::string& owner = "/");

// Throws BadData if a digest lists this dataset, and it is not what was written: for who reads its bytes by its place.
void check_dataset(const hdf5::File& file, const std::string& dataset);

// Takes a dataset, or a group with all it holds, out of the digests above it: whoever replaces it says so.
void forget(hdf5::File& file, const std::string& object);

// Of a file that is open for reading, and so compares what it reads: compares the rest, too. Files without a digest (of schema 1 and 2, or of others) are only read. All members
// throw BadData naming the file and the object that was changed or is missing.
class SealedReader {
 public:
  // Compares the root's attributes at once. The file must stay.
  explicit SealedReader(const hdf5::File& file);

  template <class T>
  Tensor<T> read(const std::string& dataset);
  std::vector<std::string> read_strings(const std::string& dataset);

  // Compares everything that has not been read yet.
  void check_rest();

 private:
  const hdf5::File& file_;
};

}  // namespace fsconv
