// Generated images in a prepared file, for runs whose images stay there.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/data/generator.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <string>

namespace fsconv::test {

// Grey images of 8 x 8, the first `train` of them to train on and `test` more; returns all.
inline ImageSet prepare_shapes(const std::string& path, Index train, Index test) {
  const ImageSet all = generate_shapes(train + test, 3, 0, {.height = 8, .width = 8, .channels = 1});
  PreparedWriter writer(path, {}, {.decoder = {}, .classes = {}}, {1, 8, 8}, {train, 0, test});
  for (Index at = 0; at < train + test; ++at) {
    const Tensor<std::uint8_t> one = all.images.in_memory(at, 1);
    writer.add(at < train ? DataPart::train : DataPart::test, {one.data(), 64}, {.name = "x", .label = 0});
  }
  writer.commit();
  return all;
}

}  // namespace fsconv::test
