// Reads a run's file: checkpoint.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/json_text.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/model_json.hpp>
#include <fsconv/train/run_checks.hpp>
#include <fsconv/train/run_layout.hpp>

namespace fsconv {
namespace {

bool is_first_schema(const hdf5::File& file) { return file.integer_attribute("/", "schema_version") == 1; }

// The configuration, on its own.
TrainConfig checked_configuration(const hdf5::File& file) {
  require_kind(file, "train", "train");
  const TrainConfig config = config_from_json(read_configuration(file), file.path());
  try {
    check(config);
  } catch (const InvalidArgument& error) {
    throw BadData(file.path(), fmt::format("its configuration is none of a training run ({})", error.what()));
  }
  if (file.attribute("/", "seed") != hdf5::Value(config.seed))
    throw BadData(file.path(),
                  fmt::format("its attribute seed is not the seed of its configuration, {}", config.seed));
  return config;
}

// The shape of the images that a run was trained on: its samples have it, too.
std::pair<Index, Shape> image_format(const hdf5::File& file) {
  const Shape shape = file.shape("/samples/originals");
  if (shape.size() != 4 || shape[0] < 1 || shape[0] > sample_count)
    throw BadData(file.path() + ":/samples/originals", "is no array of sample images");
  if (file.shape("/samples/reconstructions") != shape)
    throw BadData(file.path() + ":/samples/reconstructions", "is of another shape than the originals");
  return {shape[3], {shape[1], shape[2]}};
}

// The file says its model, and so does its configuration: the two must agree, whatever has become of defaults since.
Model checked_model(const hdf5::File& file, const TrainConfig& config) {
  const auto [channels, size] = image_format(file);
  Model model;
  try {
    model = make_model(model_spec(config, channels, size));
  } catch (const InvalidArgument& error) {
    throw BadData(file.path(), fmt::format("its configuration makes no model ({})", error.what()));
  }
  if (is_first_schema(file)) return model;
  const auto json = parsed_json(file.string_attribute("/", "model"));
  if (!(model_from_json(json, file.path() + ": its model") == model))
    throw BadData(file.path(), "its model is another one than its configuration makes");
  return model;
}

void check_optimizer(const hdf5::File& file, const TrainConfig& config) {
  const OptimizerSettings settings = optimizer_settings(config);
  const auto refuse = [&](const std::string& problem, const std::string& right) {
    throw BadData(file.path() + ":/optimizer", problem, "its configuration says " + right);
  };
  if (const std::string held = file.string_attribute("/optimizer", "name"); held != name(settings.kind))
    refuse(fmt::format("is {}", excerpt(held)), std::string(name(settings.kind)));
  for (const auto& [setting, value] : settings_by_name(settings))
    if (is_first_schema(file) && !file.has_attribute("/optimizer", setting))
      continue;  // it has no weight_decay
    else if (const double held = file.number_attribute("/optimizer", setting); held != value)
      refuse(fmt::format("has {} {}", setting, held), fmt::format("{}", value));
}

std::vector<EpochResult> read_history(const hdf5::File& file, SealedReader& sealed, const TrainConfig& config,
                                      const Model& model) {
  const Tensor<std::int64_t> epochs = sealed.read<std::int64_t>("/epoch");
  if (epochs.rank() != 1) throw BadData(file.path() + ":/epoch", "is no list of epochs");
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
      const auto value = values[static_cast<Index>(at)];
      // Of an epoch without time (the clock stood still) the rate has no bound.
      const bool boundless = name == "/images_per_second" && history[at].seconds == 0;
      if (const auto number = static_cast<double>(value);
          !std::isfinite(number) && !(boundless && number > 0))
        throw BadData(file.path() + ":" + name, "holds a value that is not finite");
      take(history[at], value);
    }
  };
  for (const RunSeries& one : run_series(model))
    if (one.of_every_schema || !first_schema)
      read(
          one.name, [&](EpochResult& to, double value) { to.*one.member = value; },
          sealed.read<double>(one.name));
  if (!model.heads())
    for (EpochResult& result : history) {
      result.train_reconstruction = result.train_loss;
      result.test_reconstruction = result.test_loss;
    }
  if (config.validation > 0 && !history.empty())
    read(
        validation_series, [](EpochResult& to, double value) { to.validation_loss = value; },
        sealed.read<double>(validation_series));
  if (!first_schema)
    read(
        skipped_series, [](EpochResult& to, std::int64_t value) { to.skipped_steps = value; },
        sealed.read<std::int64_t>(skipped_series));
  else  // when rates were not recorded, one served for all steps
    for (EpochResult& result : history) result.learning_rate = config.learning_rate;
  if (file.exists(exchange_series))
    read(
        exchange_series, [](EpochResult& to, double value) { to.exchange_seconds = value; },
        sealed.read<double>(exchange_series));
  return history;
}

// A run's file whose parts agree with each other; its weights and slots are still to be read.
struct RunFile {
  explicit RunFile(const hdf5::File& of)
      : file(of),
        config(checked_configuration(file)),
        sealed(file),
        model(checked_model(file, config)),
        history(read_history(file, sealed, config, model)),
        partial(read_partial_epoch(file)),
        steps(file.integer_attribute("/optimizer", "steps")) {
    check_optimizer(file, config);
    check_history({.path = file.path(),
                   .config = config,
                   .model = model,
                   .epochs = history,
                   .partial = partial,
                   .steps = steps,
                   .has_schedules = !is_first_schema(file)});
  }

  // Of exactly this shape, and finite.
  Tensor<float> read_shaped(const std::string& name, const Shape& shape);
  Parameters<float> read_parameters(const std::string& group);
  std::optional<BestState> read_best();  // where the run keeps validation images

  const hdf5::File& file;
  TrainConfig config;
  SealedReader sealed;
  Model model;
  std::vector<EpochResult> history;
  PartialEpoch partial;
  Index steps;
};

Tensor<float> RunFile::read_shaped(const std::string& name, const Shape& shape) {
  if (file.shape(name) != shape)
    throw BadData(file.path() + ":" + name, fmt::format("has shape [{}]", fmt::join(file.shape(name), ", ")),
                  fmt::format("its configuration makes it [{}]", fmt::join(shape, ", ")));
  Tensor<float> values = sealed.read<float>(name);
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    throw BadData(file.path() + ":" + name, "holds a value that is not finite");
  return values;
}

Parameters<float> RunFile::read_parameters(const std::string& group) {
  Parameters<float> parameters;
  for (const ParameterSpec& spec : model.parameters)
    parameters.push_back({spec.name, read_shaped(group + "/" + spec.name, spec.shape)});
  return parameters;
}

std::optional<BestState> RunFile::read_best() {
  if (config.validation == 0 || history.empty()) return std::nullopt;
  const BestState best{.epoch = file.integer_attribute("/best", "epoch"),
                       .validation_loss = file.number_attribute("/best", "validation_loss"),
                       .parameters = read_parameters("/best/weights")};
  check_best(file.path(), history, best.epoch, best.validation_loss);
  return best;
}

// The second moment is a mean of squares.
void require_moment(const RunFile& run, const std::string& name, const Tensor<float>& values) {
  if (name.starts_with("/optimizer/second_moment/") &&
      std::any_of(values.begin(), values.end(), [](float value) { return value < 0; }))
    throw BadData(run.file.path() + ":" + name, "holds a negative number, and is a mean of squares");
}

// Of a run whose last epoch is its best, one state stands in two places.
void require_same_parameters(const RunFile& run, const Parameters<float>& best,
                             const Parameters<float>& last) {
  for (std::size_t at = 0; at < best.size(); ++at)
    if (!(best[at].value == last[at].value))
      throw BadData(fmt::format("{}:/best/weights/{}", run.file.path(), best[at].name),
                    "differs from /weights, though the last epoch is the best");
}

}  // namespace

TrainConfig read_train_config(const hdf5::File& file) { return RunFile(file).config; }

void restore(const hdf5::File& file, std::int64_t data_checksum, TrainState& state) {
  RunFile run(file);
  if (file.integer_attribute("/", all_checksum) != data_checksum || !(run.model == state.model))
    throw BadData(file.path(), "was trained or tested with other images",
                  "--data and, where the run had one, --test-data must lead to the same ones");
  state.parameters = run.read_parameters("/weights");
  for (std::size_t slot = 0; slot < state.optimizer.slots(); ++slot)
    for (std::size_t at = 0; at < state.parameters.size(); ++at) {
      Tensor<float>& values = state.optimizer.slot(slot)[at];
      const std::string name = slot_group(state.optimizer, slot) + "/" + state.parameters[at].name;
      values = run.read_shaped(name, values.shape());
      require_moment(run, name, values);
    }
  state.optimizer.set_steps(run.steps);
  state.best = run.read_best();
  if (state.best && run.partial.step == 0 && state.best->epoch == static_cast<Index>(run.history.size()))
    require_same_parameters(run, state.best->parameters, state.parameters);
  run.sealed.check_rest();
  state.history = std::move(run.history);
  state.partial = run.partial;
}

PartialEpoch read_partial_epoch(const hdf5::File& file) {
  PartialEpoch partial;
  if (file.integer_attribute("/", "schema_version") < schema_with_partial_epoch) return partial;
  for (const PartialCount& one : partial_counts) partial.*one.member = file.integer_attribute("/", one.name);
  for (const PartialEntry& one : partial_entries) one.number(partial) = file.number_attribute("/", one.name);
  const Index whole = element_count(file.shape("/epoch"));
  if (file.integer_attribute("/", partial_epoch_number) != whole + 1)
    throw BadData(file.path(),
                  fmt::format("its attribute {} does not follow its epochs", partial_epoch_number),
                  fmt::format("it holds {}", whole));
  return partial;
}

std::string TrainedModel::epoch_text() const { return fsconv::epoch_text(epoch, partial_step, is_best); }

std::string epoch_text(Index epoch, Index partial_step, bool is_best) {
  const std::string steps =
      partial_step > 0 ? fmt::format(" and {} of the next", counted(partial_step, "step")) : "";
  return fmt::format("epoch {}{}, the {}", epoch, steps, is_best ? "best" : "last");
}

ImageChecksums read_image_checksums(const hdf5::File& file) {
  ImageChecksums checksums{.all = file.integer_attribute("/", all_checksum)};
  for (const PartChecksum& one : part_checksums)
    if (file.has_attribute("/", one.name)) checksums.*one.member = file.integer_attribute("/", one.name);
  return checksums;
}

// Files of fsconv before `smoothing` was recorded say it in their command line, as long as it is that of smooth.
std::string read_smoothing(const hdf5::File& file) {
  if (file.has_attribute("/", "smoothing")) return file.string_attribute("/", "smoothing");
  if (!file.has_attribute("/", "command_line")) return "";
  const std::string line = file.string_attribute("/", "command_line");
  return line.starts_with("fsconv smooth ") ? line : "";
}

std::optional<InitialWeights> read_initial_weights(const hdf5::File& file) {
  if (!file.has_attribute("/", "initial_weights")) return std::nullopt;
  return InitialWeights{file.string_attribute("/", "initial_weights"),
                        file.string_attribute("/", "initial_sha256")};
}

std::vector<StepAlgorithms> read_algorithms(const hdf5::File& file) {
  if (!file.has_attribute("/", "algorithms")) return {};
  const auto refuse = [&](const std::string& problem) {
    throw BadData(file.path(), "its attribute algorithms " + problem, "one object of texts per step");
  };
  const auto json = parsed_json(file.string_attribute("/", "algorithms"));
  if (!json.is_array()) refuse("is no JSON list");
  std::vector<StepAlgorithms> list;
  for (const nlohmann::json& entry : json) {
    if (!entry.is_object()) refuse("holds something else than objects");
    StepAlgorithms& step = list.emplace_back();
    for (const AlgorithmEntry& one : algorithm_entries)
      if (const auto found = entry.find(one.name); found != entry.end()) {
        if (!found->is_string()) refuse(fmt::format("has a {} that is no text", one.name));
        step.*one.member = found->get<std::string>();
      }
  }
  return list;
}

TrainedModel read_trained_model(const std::string& path, Weights weights) {
  return read_trained_model(hdf5::File::open(path), weights);
}

TrainedModel read_trained_model(const hdf5::File& file, Weights weights) {
  RunFile run(file);
  TrainedModel trained{
      .config = run.config,
      .model = with_draws(run.model, 1),
      .parameters = {},
      .epoch = static_cast<Index>(run.history.size()),
      .is_best = weights == Weights::best && run.config.validation > 0 && !run.history.empty()};
  if (trained.is_best) {
    auto best = run.read_best();
    trained.epoch = best->epoch;
    trained.parameters = std::move(best->parameters);
  } else {
    trained.parameters = run.read_parameters("/weights");
    trained.partial_step = run.partial.step;
  }
  run.sealed.check_rest();
  return trained;
}

}  // namespace fsconv
