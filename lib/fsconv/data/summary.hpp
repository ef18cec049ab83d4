// What images a folder or a file holds, in numbers: for whoever is about to prepare or to train.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/base/tensor.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fsconv {

struct DataSummary {
  std::string where, kind;         // kind: "pictures", "prepared" or "data set"
  std::array<Index, 3> counts{};   // of images by DataPart
  std::map<Shape, Index> sizes;    // how many images have the shape [C, H, W]
  std::vector<Index> labels = {};  // how many images of all parts have the label 0, 1, ...; or none
  std::vector<std::string> classes = {};
  nlohmann::json recipe = {};            // of a prepared file
  std::string decoder = {};              // of a prepared file
  std::vector<std::string> broken = {};  // pictures that cannot be read, and why
  std::vector<std::string> notes = {};

  Index images() const { return counts[0] + counts[1] + counts[2]; }
};

// Of a prepared file, or of whatever load_dataset() takes: pixels are not looked at. Of a folder of pictures: each is read,
// on `threads` threads, and those that cannot be are told. Throws what they throw, and IoError for what is not there.
DataSummary summarise(const std::string& where, int threads);

nlohmann::json to_json(const DataSummary& summary);

// In lines of at most `width` columns; of many sizes the most frequent.
std::string text(const DataSummary& summary, std::size_t width);

}  // namespace fsconv
