#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/train/checkpoint.hpp>

namespace fsconv {
namespace {

// [N, C, H, W] in 0..1 as pictures [N, H, W, C] of bytes.
Tensor<std::uint8_t> to_bytes(const Tensor<float>& images) {
  const Tensor<float> pictures = permute(images, {0, 2, 3, 1});
  Tensor<std::uint8_t> bytes(pictures.shape());
  std::transform(pictures.begin(), pictures.end(), bytes.begin(),
                 [](float value) { return static_cast<std::uint8_t>(std::lround(255 * value)); });
  return bytes;
}

template <class Member>
auto column(const std::vector<EpochResult>& history, Member member) {
  std::vector<std::decay_t<decltype(history.front().*member)>> values;
  for (const EpochResult& result : history) values.push_back(result.*member);
  return values;
}

struct Series {
  const char* name;
  double EpochResult::*member;
  std::string units, long_name;
};

std::vector<Series> series(Loss loss) {
  const std::string loss_units(units(loss));
  return {{"/train_loss", &EpochResult::train_loss, loss_units, "mean training loss during the epoch"},
          {"/test_loss", &EpochResult::test_loss, loss_units, "mean test loss at the end of the epoch"},
          {"/seconds", &EpochResult::seconds, "s", "training time of the epoch, without evaluation"},
          {"/images_per_second", &EpochResult::images_per_second, "s-1", "images trained on per second"}};
}

void write_series(hdf5::File& file, const std::vector<EpochResult>& history, Loss loss) {
  file.write("/epoch", column(history, &EpochResult::epoch),
             {.dimensions = {"epoch"}, .units = "1", .long_name = "passes over the training images"});
  for (const Series& one : series(loss))
    file.write(one.name, column(history, one.member),
               {.dimensions = {"epoch"}, .units = one.units, .long_name = one.long_name});
}

void write_parameters(hdf5::File& file, const TrainState& state) {
  for (const char* group : {"/weights", "/optimizer/first_moment", "/optimizer/second_moment"})
    file.create_group(group);
  for (const Parameter<float>& parameter : state.model.parameters()) {
    file.write("/weights/" + parameter.name, parameter.value);
    file.write("/optimizer/first_moment/" + parameter.name, parameter.first_moment);
    file.write("/optimizer/second_moment/" + parameter.name, parameter.second_moment);
  }
  file.set_attribute("/optimizer", "name", std::string("adam"));
  file.set_attribute("/optimizer", "steps", std::int64_t{state.adam.steps});
  file.set_attribute("/optimizer", "learning_rate", state.adam.learning_rate);
  file.set_attribute("/optimizer", "beta1", state.adam.beta1);
  file.set_attribute("/optimizer", "beta2", state.adam.beta2);
  file.set_attribute("/optimizer", "epsilon", state.adam.epsilon);
}

void write_samples(hdf5::File& file, const Samples& samples) {
  file.create_group("/samples");
  auto write = [&](const char* name, const Tensor<float>& images, const char* long_name) {
    file.write(name, to_bytes(images),
               {.dimensions = {"image", "row", "column", "channel"}, .units = "1", .long_name = long_name});
  };
  write("/samples/originals", samples.originals, "test images, 0 black to 255 white");
  write("/samples/reconstructions", samples.reconstructions, "what the model makes of them");
}

// A tensor of exactly this shape. Its size is known from the model, so nothing is allocated on a file's word.
void read_into(const hdf5::File& file, const std::string& name, Tensor<float>& target) {
  if (file.shape(name) != target.shape())
    throw BadData(file.path() + ":" + name, fmt::format("has shape [{}]", fmt::join(file.shape(name), ", ")),
                  fmt::format("its configuration makes it [{}]", fmt::join(target.shape(), ", ")));
  target = file.read<float>(name);
  if (!std::all_of(target.begin(), target.end(), [](float value) { return std::isfinite(value); }))
    throw BadData(file.path() + ":" + name, "holds a value that is not finite");
}

std::vector<EpochResult> read_history(const hdf5::File& file, Loss loss) {
  const Tensor<std::int64_t> epochs = file.read<std::int64_t>("/epoch");
  std::vector<EpochResult> history(static_cast<std::size_t>(epochs.size()));
  for (std::size_t at = 0; at < history.size(); ++at) {
    history[at].epoch = epochs[static_cast<Index>(at)];
    if (history[at].epoch != static_cast<Index>(at) + 1)
      throw BadData(file.path() + ":/epoch", "does not count 1, 2, 3, ...");
  }
  for (const Series& one : series(loss)) {
    const Tensor<double> values = file.read<double>(one.name);
    if (values.shape() != epochs.shape())
      throw BadData(file.path() + ":" + one.name, "is not as long as /epoch");
    for (std::size_t at = 0; at < history.size(); ++at)
      history[at].*one.member = values[static_cast<Index>(at)];
  }
  return history;
}

}  // namespace

void save_checkpoint(const std::string& path, const RunRecord& record, const TrainState& state,
                     const Samples& samples) {
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, record.info);
  file.set_attribute("/", "data_source", record.data_source);
  file.set_attribute("/", "data_checksum", record.data_checksum);
  write_series(file, state.history, record.loss);
  write_parameters(file, state);
  write_samples(file, samples);
  file.commit();
}

TrainConfig read_train_config(const hdf5::File& file) {
  return config_from_json(read_configuration(file), file.path());
}

void restore(const hdf5::File& file, std::int64_t data_checksum, TrainState& state) {
  if (file.integer_attribute("/", "data_checksum") != data_checksum)
    throw BadData(file.path(), "was trained on other images", "--data must lead to the same ones");
  for (Parameter<float>& parameter : state.model.parameters()) {
    read_into(file, "/weights/" + parameter.name, parameter.value);
    read_into(file, "/optimizer/first_moment/" + parameter.name, parameter.first_moment);
    read_into(file, "/optimizer/second_moment/" + parameter.name, parameter.second_moment);
  }
  state.adam.steps = file.integer_attribute("/optimizer", "steps");
  if (state.adam.steps < 0) throw BadData(file.path() + ":/optimizer", "has a negative number of steps");
  state.history = read_history(file, loss_named(read_train_config(file).loss));
}

}  // namespace fsconv
