// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/exchange/pickle.hpp>
#include <fsconv/exchange/read_state.hpp>
#include <fsconv/exchange/safetensors.hpp>
#include <fsconv/exchange/torch_file.hpp>
#include <fsconv/io/seal.hpp>
#include <utility>
#include <vector>

#include "readers.hpp"

namespace fsconv::fuzz {
namespace {

// What a state that was read must be.
void check(const ModelState& state) {
  for (const NamedTensor& tensor : state.tensors) {
    Index count = 1;
    for (const Index extent : tensor.value.shape()) count *= extent;
    require(count == tensor.value.size(), "a tensor has all its numbers");
    require(tensor.transposed.empty() || tensor.value.shape().size() == 2, "only matrices are transposed");
  }
}

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  append_little_endian(text, value, bytes);
  return text;
}

// ZipWriter waits for the disk, which takes most of the time here.
std::string stored_zip(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string file, directory;
  for (const auto& [name, content] : members) {
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    const std::string about = number(20, 2) + number(0, 8) + number(sum, 4) + number(content.size(), 4) +
                              number(content.size(), 4) + number(name.size(), 2) + number(0, 2);
    directory += "PK\x01\x02" + number(20, 2) + about + number(0, 10) + number(file.size(), 4) + name;
    file += "PK\x03\x04" + about + name + content;
  }
  return file + directory + "PK\x05\x06" + number(0, 4) + number(members.size(), 2) +
         number(members.size(), 2) + number(directory.size(), 4) + number(file.size(), 4) + number(0, 2);
}

}  // namespace

void read_safetensors_bytes(Bytes bytes) {
  const std::string path = file_of(bytes, "input.safetensors");
  is_sealed(path);
  check(read_safetensors(path));
}

void read_torch_bytes(Bytes bytes) { check(read_torch(file_of(bytes, "input.pt"))); }

void read_pickle_bytes(Bytes bytes) {
  try {
    const Pickle pickle(bytes, "input.pkl");
  } catch (const Error&) {
    // What follows says it, too.
  }
  const std::string numbers(64, '\0');
  const std::string archive = stored_zip({{"archive/data.pkl", text_of(bytes)},
                                          {"archive/data/0", numbers},
                                          {"archive/data/1", numbers.substr(0, 16)}});
  check(read_torch(file_of(std::as_bytes(std::span(archive)), "pickled.pt")));
}

void read_weights_npz_bytes(Bytes bytes) {
  const std::string path = file_of(bytes, "weights");
  is_sealed(path);
  check(read_state(path));
}

}  // namespace fsconv::fuzz
