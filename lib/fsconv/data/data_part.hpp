// The parts of a data set: what is trained on, what is kept apart while training, and what is tested with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/base/names.hpp>

namespace fsconv {

enum class DataPart { train, validation, test };
inline constexpr std::array data_parts = {DataPart::train, DataPart::validation, DataPart::test};
constexpr auto names_of(DataPart) {
  return NameTable<DataPart, 3>{
      "part", {{{DataPart::train, "train"}, {DataPart::validation, "validation"}, {DataPart::test, "test"}}}};
}

}  // namespace fsconv
