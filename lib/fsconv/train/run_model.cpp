// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/nn/engine_pass.hpp>
#include <fsconv/nn/plan.hpp>
#include <fsconv/train/evaluate.hpp>
#include <fsconv/train/run_model.hpp>

namespace fsconv {
namespace {

std::size_t slots_of(const TrainConfig& config) { return config.optimizer == OptimizerKind::sgd ? 1 : 2; }

// How often a run keeps all parameters, at the least: themselves, their gradient, what the optimizer remembers and the best
// ones; of an engine that trains and one that evaluates, as they are laid out and, perhaps in half the bytes, as they are
// multiplied; and a block's gradient with the sum.
Index copies_kept(const TrainConfig& config) {
  const Index kept = 2 + static_cast<Index>(slots_of(config)) + (config.validation > 0 ? 1 : 0);
  return config.form == "batched" ? kept + 2 + 1 + 2 : kept;
}

// What a run keeps of a model, before it is made: so that one that is too large is refused in no time.
void require_memory_to_train(const TrainConfig& config, const Model& model, const ImagesAtOnce& images) {
  require_memory(model.parameter_count(), static_cast<std::size_t>(copies_kept(config)) * sizeof(float),
                 "parameters, their gradients and what the optimizer remembers of them");
  if (config.form != "batched") return;
  const bool rounds = config.precision == Precision::bf16;
  const Plan plan = make_plan(model, {.images = images_per_block(model),
                                      .trains = true,
                                      .number_bytes = rounds ? 2 : 4,
                                      .sum_bytes = sizeof(float)});
  const Index blocks = ceil_div(images.step, images_per_block(model));  // each keeps one thread busy
  require_memory(plan.bytes, static_cast<std::size_t>(std::min<Index>(config.threads, blocks)),
                 "activations of all threads");
}

}  // namespace

Model model_for(const TrainConfig& config, const ImageFormat& format) {
  return make_model(model_spec(config, format.channels, {format.height, format.width}));
}

Computing computing(const TrainConfig& config, bool trains, Communicator* ranks) {
  return {.form = config.form,
          .precision = config.precision,
          .algorithm = config.algorithm,
          .threads = config.threads,
          .trains = trains,
          .ranks = ranks};
}

Runner<float> evaluator_of(const Model& model, const TrainConfig& config, Communicator* ranks) {
  return {with_draws(model, 1), computing(config, false, ranks)};
}

ImagesAtOnce images_at_once(const TrainConfig& config, Index train, Index validation, Index test) {
  return {.step = std::min(config.batch, train),
          .evaluated = std::min(evaluated_at_once, std::max(validation, test))};
}

ImagesAtOnce drawn_at_once(const TrainConfig& config) {
  const Index train =
      config.train_images > 0 ? config.train_images : generated_train_images - config.validation;
  const Index test = config.test_images > 0     ? config.test_images
                     : config.test_data.empty() ? generated_test_images
                                                : evaluated_at_once;
  return images_at_once(config, train, config.validation, test);
}

ImagesAtOnce images_at_once(const TrainConfig& config, const TrainingData& data) {
  return images_at_once(config, data.train.count(), data.validation.count(), data.test.count());
}

SummaryContext context_of(const TrainConfig& config, const Runner<float>& runner,
                          const Runner<float>& evaluator, const ImagesAtOnce& images) {
  // Of many ranks this one may have no block.
  const auto evaluating = static_cast<std::size_t>(std::max(1, evaluator.threads_for(images.evaluated)));
  return {.threads = std::max(1, runner.threads_for(images.step)),
          .activation_bytes = runner.activation_bytes(),
          .gradient_bytes = runner.gradient_bytes(images.step),
          .packed_bytes = runner.parameter_bytes(),
          .evaluation_bytes = evaluating * evaluator.activation_bytes() + evaluator.parameter_bytes(),
          .optimizer_slots = slots_of(config),
          .kl_weight = kl_weight(config),
          .keeps_best = config.validation > 0,
          .algorithm = std::string(name(config.algorithm)),
          .algorithms = runner.algorithms()};
}

void require_machine_for(const Model& model, const SummaryContext& context, int processes) {
  const auto together = static_cast<double>(memory_of(model, context)),
             there = static_cast<double>(total_bytes());
  constexpr double gibibyte = Index{1} << 30;
  if (together * processes <= there) return;
  throw InvalidArgument(
      "model",
      fmt::format("takes {:.1f} GiB to be trained{}, and this machine has {:.1f}", together / gibibyte,
                  processes > 1 ? fmt::format(" in each of {} processes", processes) : "", there / gibibyte),
      fmt::format("fewer channels, a smaller latent or fewer {}; --summary lists what it takes",
                  processes > 1 ? "processes on a machine" : "threads"));
}

void check_before_data(const TrainConfig& config) {
  const auto format = known_format(config.data);
  if (!format) return;
  const Index tested =
      config.test_data.empty() ? generated_test_images : std::max<Index>(1, config.test_images);
  check_counts(config, config.data, generated_train_images, tested);
  require_memory_to_train(config, model_for(config, *format), drawn_at_once(config));
}

TrainingData load_data_for(const TrainConfig& config, const NamedIn& named_in) {
  check_before_data(config);
  TrainingData data = load_training_data(config, named_in);
  if (!known_format(config.data)) {
    TrainConfig resolved = config;
    resolved.validation = data.validation.count();
    require_memory_to_train(resolved, model_for(resolved, data.format()), images_at_once(config, data));
  }
  return data;
}

}  // namespace fsconv
