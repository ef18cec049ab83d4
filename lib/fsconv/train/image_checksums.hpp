// What tells the images of two training runs apart: their checksums, all together and part by part.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace fsconv {

// CRC-32 over pixels. `all` is of the images to train on, to test with and to validate with, in this order: a resumed run
// must see the same ones. The parts are missing in files of fsconv before it recorded them, and `validation` in runs
// that keep no such images.
struct ImageChecksums {
  std::int64_t all = 0;
  std::optional<std::int64_t> train = {}, test = {}, validation = {};
};

}  // namespace fsconv
