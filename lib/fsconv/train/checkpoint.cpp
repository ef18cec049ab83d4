#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/model_json.hpp>

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
  bool of_every_schema = true;  // files of schema 1 have only these
};

constexpr auto validation_series = "/validation_loss";

// Those that a run of this model has.
std::vector<Series> series(const Model& model) {
  const std::string nats(units(model.reconstruction().likelihood));
  std::vector<Series> list = {
      {"/train_loss", &EpochResult::train_loss, nats, "mean objective during the epoch"},
      {"/test_loss", &EpochResult::test_loss, nats, "mean test loss at the end of the epoch, at beta 1"},
      {"/seconds", &EpochResult::seconds, "s", "training time of the epoch, without evaluation"},
      {"/images_per_second", &EpochResult::images_per_second, "s-1", "images trained on per second"},
      {"/learning_rate", &EpochResult::learning_rate, "1", "of the epoch's last step", false},
      {"/gradient_norm", &EpochResult::gradient_norm, "1", "2-norm of the last step's gradient, unclipped",
       false}};
  if (model.heads()) {
    list.push_back({"/train_reconstruction", &EpochResult::train_reconstruction, nats,
                    "mean reconstruction term during the epoch", false});
    list.push_back({"/train_kl", &EpochResult::train_kl, "nats per image",
                    "mean KL during the epoch, unweighted", false});
    list.push_back({"/test_reconstruction", &EpochResult::test_reconstruction, nats,
                    "mean reconstruction term on test images", false});
    list.push_back({"/test_kl", &EpochResult::test_kl, "nats per image", "mean KL on test images", false});
    list.push_back({"/beta", &EpochResult::beta, "1", "weight of the KL at the epoch's last step", false});
  }
  return list;
}

void write_series(hdf5::File& file, const TrainState& state) {
  file.write("/epoch", column(state.history, &EpochResult::epoch),
             {.dimensions = {"epoch"}, .units = "1", .long_name = "passes over the training images"});
  for (const Series& one : series(state.model))
    file.write(one.name, column(state.history, one.member),
               {.dimensions = {"epoch"}, .units = one.units, .long_name = one.long_name});
  if (state.history.front().validation_loss) {
    std::vector<double> losses;
    for (const EpochResult& result : state.history) losses.push_back(*result.validation_loss);
    file.write(validation_series, losses,
               {.dimensions = {"epoch"},
                .units = std::string(units(state.model.reconstruction().likelihood)),
                .long_name = "mean validation loss at the end of the epoch, at beta 1"});
  }
  file.write(
      "/skipped_steps", column(state.history, &EpochResult::skipped_steps),
      {.dimensions = {"epoch"}, .units = "1", .long_name = "steps left out because they were not finite"});
}

void write_parameters(hdf5::File& file, const std::string& group, const Parameters<float>& parameters) {
  file.create_group(group);
  for (const Parameter<float>& parameter : parameters)
    file.write(group + "/" + parameter.name, parameter.value);
}

std::string slot_group(const Optimizer<float>& optimizer, std::size_t slot) {
  return fmt::format("/optimizer/{}", optimizer.slot_name(slot));
}

void write_optimizer(hdf5::File& file, const TrainState& state) {
  const Optimizer<float>& optimizer = state.optimizer;
  file.create_group("/optimizer");
  for (std::size_t slot = 0; slot < optimizer.slots(); ++slot) {
    file.create_group(slot_group(optimizer, slot));
    for (std::size_t at = 0; at < state.parameters.size(); ++at)
      file.write(slot_group(optimizer, slot) + "/" + state.parameters[at].name, optimizer.slot(slot)[at]);
  }
  const OptimizerSettings& settings = optimizer.settings();
  file.set_attribute("/optimizer", "name", std::string(name(settings.kind)));
  file.set_attribute("/optimizer", "steps", std::int64_t{optimizer.steps()});
  file.set_attribute("/optimizer", "weight_decay", settings.weight_decay);
  if (settings.kind == OptimizerKind::sgd) {
    file.set_attribute("/optimizer", "momentum", settings.momentum);
  } else {
    file.set_attribute("/optimizer", "beta1", settings.beta1);
    file.set_attribute("/optimizer", "beta2", settings.beta2);
    file.set_attribute("/optimizer", "epsilon", settings.epsilon);
  }
}

void write_samples(hdf5::File& file, const ImagePairs& samples) {
  file.create_group("/samples");
  auto write = [&](const char* name, const Tensor<float>& images, const char* long_name) {
    file.write(name, to_bytes(images),
               {.dimensions = {"image", "row", "column", "channel"}, .units = "1", .long_name = long_name});
  };
  write("/samples/originals", samples.originals, "test images, 0 black to 255 white");
  write("/samples/reconstructions", samples.reconstructions, "what the model makes of them");
}

// A tensor of exactly this shape, which the model says.
Tensor<float> read_shaped(const hdf5::File& file, const std::string& name, const Shape& shape) {
  if (file.shape(name) != shape)
    throw BadData(file.path() + ":" + name, fmt::format("has shape [{}]", fmt::join(file.shape(name), ", ")),
                  fmt::format("its configuration makes it [{}]", fmt::join(shape, ", ")));
  Tensor<float> values = file.read<float>(name);
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    throw BadData(file.path() + ":" + name, "holds a value that is not finite");
  return values;
}

Parameters<float> read_parameters(const hdf5::File& file, const std::string& group, const Model& model) {
  Parameters<float> parameters;
  for (const ParameterSpec& spec : model.parameters)
    parameters.push_back({spec.name, read_shaped(file, group + "/" + spec.name, spec.shape)});
  return parameters;
}

bool is_first_schema(const hdf5::File& file) { return file.integer_attribute("/", "schema_version") == 1; }

// The file says its model, and so does its configuration: the two must agree, whatever has become of defaults since.
void require_model(const hdf5::File& file, const Model& model) {
  if (is_first_schema(file)) return;
  const auto json = nlohmann::json::parse(file.string_attribute("/", "model"), nullptr, false);
  if (!(model_from_json(json, file.path() + ": its model") == model))
    throw BadData(file.path(), "its model is another one than its configuration makes");
}

// The best state, which a run with validation images has.
std::optional<BestState> read_best(const hdf5::File& file, const Model& model, bool validates, Index epochs) {
  if (!validates) return std::nullopt;
  const BestState best{.epoch = file.integer_attribute("/best", "epoch"),
                       .validation_loss = file.number_attribute("/best", "validation_loss"),
                       .parameters = read_parameters(file, "/best/weights", model)};
  if (best.epoch < 1 || best.epoch > epochs || !std::isfinite(best.validation_loss))
    throw BadData(file.path() + ":/best", "is of no epoch of the run, or has a loss that is not finite");
  return best;
}

std::vector<EpochResult> read_history(const hdf5::File& file, const Model& model) {
  const Tensor<std::int64_t> epochs = file.read<std::int64_t>("/epoch");
  std::vector<EpochResult> history(static_cast<std::size_t>(epochs.size()));
  for (std::size_t at = 0; at < history.size(); ++at) {
    history[at].epoch = epochs[static_cast<Index>(at)];
    if (history[at].epoch != static_cast<Index>(at) + 1)
      throw BadData(file.path() + ":/epoch", "does not count 1, 2, 3, ...");
  }
  const bool first_schema = is_first_schema(file);
  const auto read = [&](const std::string& name, auto take, auto values) {
    if (values.shape() != epochs.shape()) throw BadData(file.path() + ":" + name, "is not as long as /epoch");
    for (std::size_t at = 0; at < history.size(); ++at) {
      if (!std::isfinite(static_cast<double>(values[static_cast<Index>(at)])))
        throw BadData(file.path() + ":" + name, "holds a value that is not finite");
      take(history[at], values[static_cast<Index>(at)]);
    }
  };
  for (const Series& one : series(model))
    if (one.of_every_schema || !first_schema)
      read(
          one.name, [&](EpochResult& to, double value) { to.*one.member = value; },
          file.read<double>(one.name));
  if (!model.heads())
    for (EpochResult& result : history) {
      result.train_reconstruction = result.train_loss;
      result.test_reconstruction = result.test_loss;
    }
  if (read_train_config(file).validation > 0)
    read(
        validation_series, [](EpochResult& to, double value) { to.validation_loss = value; },
        file.read<double>(validation_series));
  if (!first_schema)
    read(
        "/skipped_steps", [](EpochResult& to, std::int64_t value) { to.skipped_steps = value; },
        file.read<std::int64_t>("/skipped_steps"));
  return history;
}

// The shape of the images that a run was trained on: its samples have it, too.
std::pair<Index, Shape> image_format(const hdf5::File& file) {
  const Shape shape = file.shape("/samples/originals");
  if (shape.size() != 4) throw BadData(file.path() + ":/samples/originals", "is no array of images");
  return {shape[3], {shape[1], shape[2]}};
}

}  // namespace

void save_checkpoint(const std::string& path, const RunRecord& record, const TrainState& state,
                     const ImagePairs& samples) {
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, record.info);
  file.set_attribute("/", "model", to_json(state.model).dump());
  file.set_attribute("/", "data_source", record.data_source);
  file.set_attribute("/", "data_checksum", record.data_checksum);
  write_series(file, state);
  write_parameters(file, "/weights", state.parameters);
  if (state.best) {
    write_parameters(file, "/best/weights", state.best->parameters);
    file.set_attribute("/best", "epoch", std::int64_t{state.best->epoch});
    file.set_attribute("/best", "validation_loss", state.best->validation_loss);
  }
  write_optimizer(file, state);
  write_samples(file, samples);
  file.commit();
}

Index checkpoint_bytes(const Model& model, std::size_t optimizer_slots, bool keeps_best) {
  const Index copies = 1 + static_cast<Index>(optimizer_slots) + (keeps_best ? 1 : 0);
  return model.parameter_count() * copies * static_cast<Index>(sizeof(float)) +
         2 * sample_count * model.images().elements();
}

TrainConfig read_train_config(const hdf5::File& file) {
  const TrainConfig config = config_from_json(read_configuration(file), file.path());
  try {
    check(config);
  } catch (const InvalidArgument& error) {
    throw BadData(file.path(), fmt::format("its configuration is none of a training run ({})", error.what()));
  }
  return config;
}

void restore(const hdf5::File& file, std::int64_t data_checksum, TrainState& state) {
  if (file.integer_attribute("/", "data_checksum") != data_checksum)
    throw BadData(file.path(), "was trained on other images", "--data must lead to the same ones");
  require_model(file, state.model);
  state.parameters = read_parameters(file, "/weights", state.model);
  if (file.string_attribute("/optimizer", "name") != name(state.optimizer.settings().kind))
    throw BadData(file.path() + ":/optimizer", "is another one than its configuration says");
  for (std::size_t slot = 0; slot < state.optimizer.slots(); ++slot)
    for (std::size_t at = 0; at < state.parameters.size(); ++at) {
      Tensor<float>& values = state.optimizer.slot(slot)[at];
      values = read_shaped(file, slot_group(state.optimizer, slot) + "/" + state.parameters[at].name,
                           values.shape());
    }
  const std::int64_t steps = file.integer_attribute("/optimizer", "steps");
  if (steps < 0) throw BadData(file.path() + ":/optimizer", "has a negative number of steps");
  state.optimizer.set_steps(steps);
  state.history = read_history(file, state.model);
  state.best = read_best(file, state.model, read_train_config(file).validation > 0,
                         static_cast<Index>(state.history.size()));
}

TrainedModel read_trained_model(const std::string& path, Weights weights) {
  const hdf5::File file = hdf5::File::open(path);
  const std::string kind = file.has_attribute("/", "kind") ? file.string_attribute("/", "kind") : "";
  if (kind != "train")
    throw BadData(path, kind.empty() ? "is no file of fsconv" : fmt::format("is a file of fsconv {}", kind),
                  "give one that fsconv train wrote");
  TrainedModel trained{.config = read_train_config(file), .model = {}, .parameters = {}};
  const auto [channels, size] = image_format(file);
  try {
    trained.model = make_model(model_spec(trained.config, channels, size));
  } catch (const InvalidArgument& error) {
    throw BadData(path, fmt::format("its configuration makes no model ({})", error.what()));
  }
  require_model(file, trained.model);
  trained.epoch = element_count(file.shape("/epoch"));
  trained.is_best = weights == Weights::best && trained.config.validation > 0;
  if (trained.is_best) {
    auto best = read_best(file, trained.model, true, trained.epoch);
    trained.epoch = best->epoch;
    trained.parameters = std::move(best->parameters);
  } else {
    trained.parameters = read_parameters(file, "/weights", trained.model);
  }
  trained.model = with_draws(trained.model, 1);
  return trained;
}

}  // namespace fsconv
