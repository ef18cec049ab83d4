// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/data/array_sets.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/numpy/npz.hpp>

#include "readers.hpp"

namespace fsconv::fuzz {

void read_npy_bytes(Bytes bytes) {
  Bytes rest = bytes;
  const auto next = [&](std::span<std::byte> into) {
    require(into.size() <= rest.size(), "no more is read than there is");
    std::copy_n(rest.begin(), into.size(), into.begin());
    rest = rest.subspan(into.size());
  };
  const Array array = read_npy(next, bytes.size(), "input.npy");
  require(rest.empty(), "all is read");
  require(array.values.size() <= static_cast<Index>(bytes.size()), "every number takes a byte at least");
}

void read_npz_bytes(Bytes bytes) {
  const std::string path = file_of(bytes, "input.npz");
  const NpzReader archive(path);
  for (std::size_t number = 0; number < archive.names().size(); ++number) {
    try {
      archive.read(number);
    } catch (const Error&) {
      continue;  // the next one may be whole
    }
  }
  if (!archive.names().empty()) read_npz(path, archive.names().front());
}

void read_image_array_bytes(Bytes bytes) {
  const bool is_archive = !bytes.empty() && bytes.front() == std::byte{'P'};
  if (is_archive)
    read_array_sets("input", file_of(bytes, "sets.npz"));
  else
    read_image_array(file_of(bytes, "images.npy"));
}

}  // namespace fsconv::fuzz
