// Whether two training runs are the same, bit by bit.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <string>
#include <vector>

namespace fsconv::test {

// Whether two files hold the same weights, slots, losses and states, bit by bit. Times are bound to differ.
inline bool same_bits(const std::string& one, const std::string& other) {
  const hdf5::File a = hdf5::File::open(one), b = hdf5::File::open(other);
  const auto curves = [](const hdf5::File& file) {
    std::vector<std::string> names;
    for (const std::string& name : file.members("/"))
      if (!file.is_group("/" + name) && name.find("seconds") == std::string::npos &&
          name != "images_per_second")
        names.push_back("/" + name);
    return names;
  };
  if (curves(a) != curves(b)) return false;
  for (const std::string& name : curves(a))
    if (!(a.read<double>(name) == b.read<double>(name))) return false;
  for (const char* name : {"/samples/originals", "/samples/reconstructions"})
    if (!(a.read<std::uint8_t>(name) == b.read<std::uint8_t>(name))) return false;
  for (const std::string group : {"/weights", "/best/weights", "/optimizer/first_moment",
                                  "/optimizer/second_moment", "/optimizer/velocity"}) {
    if (a.exists(group) != b.exists(group)) return false;
    if (!a.exists(group)) continue;
    if (a.members(group) != b.members(group)) return false;
    for (const std::string& name : a.members(group)) {
      const std::string path = group + "/" + name;
      if (!(a.read<float>(path) == b.read<float>(path))) return false;
    }
  }
  if (a.exists("/best") &&
      (a.integer_attribute("/best", "epoch") != b.integer_attribute("/best", "epoch") ||
       a.number_attribute("/best", "validation_loss") != b.number_attribute("/best", "validation_loss")))
    return false;
  if (!(read_partial_epoch(a).total == read_partial_epoch(b).total) ||
      read_partial_epoch(a).step != read_partial_epoch(b).step)
    return false;
  return a.integer_attribute("/optimizer", "steps") == b.integer_attribute("/optimizer", "steps");
}

}  // namespace fsconv::test
