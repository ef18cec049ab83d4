// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/train/run_model.hpp>
#include <fsconv/train/smooth.hpp>

namespace fsconv {
namespace {

bool has_phases(const Geometry& geometry) {
  return std::any_of(geometry.axes.begin(), geometry.axes.end(),
                     [](const Axis& axis) { return axis.image_step() > 1; });
}

// The steps that can be smoothed, one for each weight.
std::vector<const Affine*> smoothable_steps(const Model& model) {
  std::vector<const Affine*> steps;
  for (const Step& step : model.steps) {
    const auto* affine = std::get_if<Affine>(&step);
    if (affine == nullptr || affine->direction != Direction::conv_transpose || !has_phases(affine->geometry))
      continue;
    if (std::none_of(steps.begin(), steps.end(),
                     [&](const Affine* known) { return known->weight == affine->weight; }))
      steps.push_back(affine);
  }
  return steps;
}

bool encodes(const Model& model, ParameterId weight) {
  return std::any_of(model.steps.begin(), model.steps.end(), [&](const Step& step) {
    const auto* affine = std::get_if<Affine>(&step);
    return affine != nullptr && affine->weight == weight && affine->direction == Direction::conv;
  });
}

double relative_change(const Tensor<float>& before, const Tensor<float>& after) {
  double moved = 0, size = 0;
  for (Index at = 0; at < before.size(); ++at) {
    const auto was = static_cast<double>(before[at]);
    moved += std::pow(static_cast<double>(after[at]) - was, 2);
    size += was * was;
  }
  return size == 0 ? 0 : std::sqrt(moved / size);
}

// What the model makes of the samples of its file; they stand there as it was shown them.
ImagePairs samples_of(const hdf5::File& file, const TrainState& state, const TrainConfig& config,
                      int threads) {
  const Tensor<std::uint8_t> images = permute(file.read<std::uint8_t>("/samples/originals"), {0, 3, 1, 2});
  const std::vector<Index> order = natural_order(images.shape()[0]);
  const Batch batch = make_batch(images, order, Binarise::none, 0, Split::test);
  TrainConfig own = config;
  own.threads = threads;
  Runner<float> runner = evaluator_of(state.model, own);
  runner.load(state.parameters);
  ImagePairs pairs{Tensor<float>(images.shape()), runner.reconstruct(batch), binarise_of(config)};
  fetch(batch, pairs.originals.data());
  return pairs;
}

}  // namespace

std::vector<std::string> smoothable_weights(const Model& model) {
  std::vector<std::string> names;
  for (const Affine* step : smoothable_steps(model)) names.push_back(model.parameters[step->weight].name);
  return names;
}

std::vector<SmoothedLayer> smooth(const Model& model, Parameters<float>& parameters, checkerboard::Onto onto,
                                  const std::vector<std::string>& layers) {
  const std::vector<std::string> known = smoothable_weights(model);
  if (known.empty())
    throw InvalidArgument("run", "has no transposed convolution with a stride",
                          "only these have phases that can be uneven");
  for (const std::string& layer : layers)
    if (std::find(known.begin(), known.end(), layer) == known.end())
      throw InvalidArgument("layers",
                            fmt::format("'{}' is no weight of a transposed convolution with a stride", layer),
                            "use " + alternatives(known));
  std::vector<SmoothedLayer> smoothed;
  for (const Affine* step : smoothable_steps(model)) {
    Parameter<float>& parameter = parameters[step->weight];
    if (!layers.empty() && std::find(layers.begin(), layers.end(), parameter.name) == layers.end()) continue;
    Tensor<float> after = checkerboard::projected(step->geometry, parameter.value, onto);
    smoothed.push_back({.weight = parameter.name,
                        .geometry = step->geometry,
                        .encodes = encodes(model, step->weight),
                        .before = checkerboard::unevenness(step->geometry, parameter.value),
                        .after = checkerboard::unevenness(step->geometry, after),
                        .change = relative_change(parameter.value, after)});
    parameter.value = std::move(after);
  }
  return smoothed;
}

void write_smoothed_run(const std::string& output, const std::string& run, checkerboard::Onto onto,
                        const std::vector<std::string>& layers, const std::string& command_line,
                        int threads) {
  const TrainedModel trained = read_trained_model(run, Weights::last);
  const TrainConfig& config = trained.config;
  const hdf5::File file = hdf5::File::open(run);
  const Value& images = trained.model.images();
  TrainState state{make_model(model_spec(config, images.channels, images.size)),
                   trained.parameters,
                   {optimizer_settings(config), trained.parameters},
                   {},
                   {}};
  RunRecord record{.info = {.kind = "train",
                            .command_line = command_line,
                            .configuration = to_json(config),
                            .seed = config.seed,
                            .threads = threads,
                            .start_time = now()},
                   .data_source = file.string_attribute("/", "data_source"),
                   .checksums = read_image_checksums(file)};
  restore(file, record.checksums.all, state);
  record.algorithms = read_algorithms(file);
  record.initial = read_initial_weights(file);
  record.smoothing = command_line;
  smooth(state.model, state.parameters, onto, layers);
  if (state.best) smooth(state.model, state.best->parameters, onto, layers);
  save_checkpoint(output, record, state, samples_of(file, state, config, threads));
}

}  // namespace fsconv
