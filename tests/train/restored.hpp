// A run's file read as going on from it reads it, all of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/config.hpp>

namespace fsconv::test {

inline TrainState restored(const hdf5::File& file) {
  const TrainConfig config = read_train_config(file);
  const Shape image = file.shape("/samples/originals");
  TrainState state{make_model(model_spec(config, image[3], {image[1], image[2]})), {}, {{}, {}}, {}, {}};
  state.parameters = initial_parameters<float>(state.model, 0);
  state.optimizer = Optimizer<float>(optimizer_settings(config), state.parameters);
  restore(file, file.integer_attribute("/", "data_checksum"), state);
  return state;
}

}  // namespace fsconv::test
