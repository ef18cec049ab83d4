// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/nn/engine_pass.hpp>
#include <fsconv/nn/plan.hpp>
#include <fsconv/train/evaluate.hpp>
#include <fsconv/train/model_summary.hpp>
#include <fsconv/train/run_end.hpp>
#include <fsconv/train/saved_run.hpp>
#include <fsconv/train/train.hpp>
#include <fsconv/train/training_data.hpp>
#include <limits>
#include <span>

namespace fsconv {
namespace {

Model model_for(const TrainConfig& config, const ImageFormat& format) {
  return make_model(model_spec(config, format.channels, {format.height, format.width}));
}

std::size_t slots_of(const TrainConfig& config) { return config.optimizer == OptimizerKind::sgd ? 1 : 2; }

// What a run keeps of a model, before it is made: so that one that is too large is refused in no time.
void require_memory_to_train(const TrainConfig& config, const Model& model) {
  const Index copies = 2 + static_cast<Index>(slots_of(config)) + (config.validation > 0 ? 1 : 0);
  require_memory(model.parameter_count(), static_cast<std::size_t>(copies) * sizeof(float),
                 "parameters, their gradients and what the optimizer remembers of them");
  if (config.form != "batched") return;
  const bool rounds = config.precision == Precision::bf16;
  const Plan plan = make_plan(model, {.images = images_per_block(model),
                                      .trains = true,
                                      .number_bytes = rounds ? 2 : 4,
                                      .sum_bytes = sizeof(float)});
  const Index blocks = ceil_div(config.batch, images_per_block(model));  // each keeps one thread busy
  require_memory(plan.bytes, static_cast<std::size_t>(std::min<Index>(config.threads, blocks)),
                 "activations of all threads");
}

// What the format and number of the images say of a run, where they are known before there are any.
void check_before_data(const TrainConfig& config) {
  const auto format = known_format(config.data);
  if (!format) return;
  const Index tested =
      config.test_data.empty() ? generated_test_images : std::max<Index>(1, config.test_images);
  check_counts(config, config.data, generated_train_images, tested);
  require_memory_to_train(config, model_for(config, *format));
}

// The images, once the model is known to fit them and the memory.
TrainingData load_data_for(const TrainRun& run) {
  check_before_data(run.config);
  TrainingData data = load_training_data(run.config, {run.data_named_in, run.test_data_named_in});
  if (!known_format(run.config.data)) {
    TrainConfig resolved = run.config;
    resolved.validation = data.validation.count();
    require_memory_to_train(resolved, model_for(resolved, data.format()));
  }
  return data;
}

Computing computing(const TrainConfig& config, bool trains) {
  return {.form = config.form,
          .precision = config.precision,
          .algorithm = config.algorithm,
          .threads = config.threads,
          .trains = trains};
}

// What computes the losses of test and validation images, of which all have one draw.
Runner<float> evaluator_of(const Model& model, const TrainConfig& config) {
  return {with_draws(model, 1), computing(config, false)};
}

SummaryContext context_of(const TrainConfig& config, const Runner<float>& runner,
                          const Runner<float>& evaluator) {
  const auto evaluating = static_cast<std::size_t>(evaluator.threads_for(evaluated_at_once));
  return {.threads = runner.threads_for(config.batch),
          .activation_bytes = runner.activation_bytes(),
          .gradient_bytes = runner.gradient_bytes(config.batch),
          .packed_bytes = runner.parameter_bytes(),
          .evaluation_bytes = evaluating * evaluator.activation_bytes() + evaluator.parameter_bytes(),
          .optimizer_slots = slots_of(config),
          .beta = config.beta,
          .beta_warmup = config.model == ModelKind::vae ? config.beta_warmup : 0,
          .keeps_best = config.validation > 0,
          .algorithm = std::string(name(config.algorithm)),
          .algorithms = runner.algorithms()};
}

// A run while it trains: the model, what computes it, and where it stands.
class Trainer {
 public:
  Trainer(const TrainRun& run, const TrainListener& listener, SavedRun& saved);
  std::vector<EpochResult> train();

 private:
  TrainState fresh_state() const;
  EpochResult train_epoch(Index epoch);
  EpochResult next_epoch();
  bool take_step(const Losses& losses, Index epoch, Index step, double rate, double& norm);
  Losses evaluated(const Images& images, Split split);
  void evaluate(EpochResult& result);
  void keep_best(const EpochResult& result);
  bool is_over() const;
  ImagePairs samples();
  void save();
  void restore_run();
  void tell_of_other_algorithms(const std::vector<StepAlgorithms>& earlier) const;
  void finish_again();
  [[noreturn]] void give_up(const Error& error) const;
  [[noreturn]] void stop(Index epoch, Index step, const std::string& what) const;
  Index steps_per_epoch() const { return ceil_div(data_.train.shape()[0], config_.batch); }

  const TrainRun& run_;
  TrainConfig config_;  // validation is what the data makes of it
  const TrainListener& listener_;
  SavedRun& saved_;
  RunRecord record_;
  TrainingData data_;
  TrainState state_;
  Runner<float> trainer_, evaluator_;
  Gradients<float> gradients_;
};

Trainer::Trainer(const TrainRun& run, const TrainListener& listener, SavedRun& saved)
    : run_(run),
      config_(run.config),
      listener_(listener),
      saved_(saved),
      record_{.info = {.kind = "train",
                       .command_line = run.command_line,
                       .seed = config_.seed,
                       .threads = config_.threads,
                       .start_time = now()}},
      data_(load_data_for(run)),
      state_(fresh_state()),
      trainer_(state_.model, computing(config_, true)),
      evaluator_(evaluator_of(state_.model, config_)),
      gradients_(zeros_like(state_.parameters)) {
  config_.validation = data_.validation.count();
  record_.info.configuration = to_json(config_);
  record_.data_source = data_.source;
  record_.data_checksum = data_.checksum;
  record_.initial = run_.initial;
  record_.algorithms = trainer_.algorithms();
}

TrainState Trainer::fresh_state() const {
  TrainState state{model_for(config_, data_.format()), {}, {optimizer_settings(config_), {}}, {}, {}};
  state.parameters = initial_parameters<float>(state.model, config_.seed);
  if (run_.initialise && run_.resume_from.empty()) run_.initialise(state.model, state.parameters);
  state.optimizer = Optimizer<float>(optimizer_settings(config_), state.parameters);
  return state;
}

void Trainer::give_up(const Error& error) const {
  throw Error(error.code(), fmt::format("{}; {}", error.what(), saved_.standing(config_.epochs)));
}

void Trainer::stop(Index epoch, Index step, const std::string& what) const {
  throw Error(ExitCode::runtime,
              fmt::format("epoch {}, step {}: {} no longer finite; {}\n"
                          "A learning rate below {}, --clip-norm or --warmup may keep it so",
                          epoch, step, what, saved_.standing(config_.epochs), config_.learning_rate));
}

// Whether the gradient could be taken; it is left out otherwise, where the user wants that.
bool Trainer::take_step(const Losses& losses, Index epoch, Index step, double rate, double& norm) {
  const auto refuse = [&](const std::string& what) {
    if (!config_.skip_nonfinite) stop(epoch, step, what);
    return false;
  };
  if (!std::isfinite(losses.objective)) return refuse("the loss is");
  if (const auto bad = first_not_finite(gradients_, config_.threads))
    return refuse(fmt::format("the gradient of {} is", state_.parameters[*bad].name));
  const bool last = step == steps_per_epoch();
  if (config_.clip_norm > 0 || last)
    norm = clip_norm(gradients_,
                     config_.clip_norm > 0 ? config_.clip_norm : std::numeric_limits<double>::infinity(),
                     config_.threads);
  if (const auto bad = state_.optimizer.step(state_.parameters, gradients_, rate, config_.threads))
    stop(epoch, step, fmt::format("the parameter {} is", state_.parameters[*bad].name));
  trainer_.load(state_.parameters);
  return true;
}

// One pass over the training images in the order that belongs to (seed, epoch).
EpochResult Trainer::train_epoch(Index epoch) {
  const Index count = data_.train.shape()[0];
  const std::vector<Index> order = epoch_order(count, config_.seed, epoch);
  Progress progress(fmt::format("epoch {}/{}", epoch, config_.epochs), count, "images");
  const auto start = std::chrono::steady_clock::now();
  EpochResult result{.epoch = epoch};
  Losses total;
  Index trained = 0;
  const auto images_of = [&](Index step) {
    const Index first = std::min(count, (step - 1) * config_.batch);
    return std::span(order).subspan(static_cast<std::size_t>(first),
                                    static_cast<std::size_t>(std::min(config_.batch, count - first)));
  };
  for (Index step = 1; step <= steps_per_epoch(); ++step) {
    stop_if_interrupted();
    const std::span<const Index> images_now = images_of(step);
    const auto taken = static_cast<Index>(images_now.size());
    data_.train.will_read(images_of(step + 1));
    const Index all_steps = (epoch - 1) * steps_per_epoch() + step;
    result.beta = beta_at(config_.beta, config_.beta_warmup, all_steps, steps_per_epoch());
    result.learning_rate = rate_at(schedule(config_), all_steps, steps_per_epoch());
    const Batch batch = make_batch(data_.train, images_now, binarise_of(config_), config_.seed, Split::train,
                                   epoch, config_.augment);
    const Losses losses = trainer_.gradient(batch, result.beta, gradients_);
    if (take_step(losses, epoch, step, result.learning_rate, result.gradient_norm)) {
      total += losses;
      trained += taken;
    } else {
      ++result.skipped_steps;
    }
    progress.advance(taken);
  }
  if (trained == 0) stop(epoch, steps_per_epoch(), "every step of the epoch was skipped; its losses are");
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const auto images = static_cast<double>(trained);
  result.train_loss = total.objective / images;
  result.train_reconstruction = total.reconstruction / images;
  result.train_kl = total.kl / images;
  result.seconds = std::max(0.0, elapsed.count());
  result.images_per_second = images_per_second(count, result.seconds);
  evaluate(result);
  return result;
}

Losses Trainer::evaluated(const Images& images, Split split) {
  return mean_losses(evaluator_, images, binarise_of(config_), config_.seed, split);
}

void Trainer::evaluate(EpochResult& result) {
  evaluator_.load(state_.parameters);
  const Losses test = evaluated(data_.test, Split::test);
  result.test_loss = test.reconstruction + test.kl;
  result.test_reconstruction = test.reconstruction;
  result.test_kl = test.kl;
  if (!std::isfinite(result.test_loss)) stop(result.epoch, steps_per_epoch(), "the test loss is");
  if (!data_.has_validation()) return;
  const Losses validation = evaluated(data_.validation, Split::validation);
  result.validation_loss = validation.reconstruction + validation.kl;
  if (!std::isfinite(*result.validation_loss))
    stop(result.epoch, steps_per_epoch(), "the validation loss is");
}

// Of images that are read from a file meanwhile, one may turn out to be damaged or out of reach.
EpochResult Trainer::next_epoch() {
  try {
    return train_epoch(static_cast<Index>(state_.history.size()) + 1);
  } catch (const BadData& error) {
    give_up(error);
  } catch (const IoError& error) {
    give_up(error);
  }
}

void Trainer::keep_best(const EpochResult& result) {
  if (result.validation_loss && !(state_.best && state_.best->validation_loss <= *result.validation_loss))
    state_.best = BestState{result.epoch, *result.validation_loss, state_.parameters};
}

bool Trainer::is_over() const {
  return fsconv::is_over(config_, static_cast<Index>(state_.history.size()),
                         state_.best ? std::optional(state_.best->epoch) : std::nullopt);
}

ImagePairs Trainer::samples() {
  const std::vector<Index> order = natural_order(std::min(sample_count, data_.test.shape()[0]));
  const Batch batch = make_batch(data_.test, order, binarise_of(config_), config_.seed, Split::test);
  Shape shape = data_.test.shape();
  shape[0] = batch.size();
  ImagePairs pairs{Tensor<float>(shape), evaluator_.reconstruct(batch)};
  fetch(batch, pairs.originals.data());
  return pairs;
}

void Trainer::save() {
  try {
    saved_.save(record_, state_, samples());
  } catch (const IoError& error) {
    give_up(error);
  }
}

// Another version of fsconv, or another isa, may choose otherwise for `auto`. Where the file says nothing, all was computed as now.
void Trainer::tell_of_other_algorithms(const std::vector<StepAlgorithms>& earlier) const {
  const std::vector<StepAlgorithms>& now = record_.algorithms;
  if (earlier.empty()) return;
  if (earlier.size() != now.size())
    throw BadData(run_.resume_from, fmt::format("its attribute algorithms is of {} steps", earlier.size()),
                  fmt::format("its model has {}", now.size()));
  std::string steps;
  for (std::size_t step = 0; step < now.size(); ++step)
    if (!(earlier[step] == now[step])) steps += fmt::format("{}#{}", steps.empty() ? "" : ", ", step + 1);
  if (!steps.empty())
    listener_.say(fmt::format("note: {} was computed by other algorithms in {}: the bits will differ",
                              run_.resume_from, steps));
}

void Trainer::restore_run() {
  const hdf5::File file = hdf5::File::open(run_.resume_from);
  restore(file, data_.checksum, state_);
  record_.initial = read_initial_weights(file);
  tell_of_other_algorithms(read_algorithms(file));
  const auto done = static_cast<Index>(state_.history.size());
  saved_.found(done);
  Index taken = done * steps_per_epoch();
  for (const EpochResult& result : state_.history) taken -= result.skipped_steps;
  if (state_.optimizer.steps() != taken)
    throw BadData(run_.resume_from + ":/optimizer",
                  fmt::format("has taken {} steps", state_.optimizer.steps()),
                  fmt::format("its epochs have {}", taken));
  if (done > config_.epochs)
    throw InvalidArgument("epochs", fmt::format("is {}", config_.epochs),
                          fmt::format("{} already holds {}", run_.resume_from, done));
}

// A resumed run that has nothing left to do is copied where it goes elsewhere, and gets its picture back.
void Trainer::finish_again() {
  const auto done = static_cast<Index>(state_.history.size());
  listener_.say(
      done == config_.epochs
          ? fmt::format("{} is finished: it holds {} of {} epochs; --epochs N with a larger N goes on",
                        run_.resume_from, done, config_.epochs)
          : fmt::format("{} has stopped early: epoch {} of {} is the best", run_.resume_from,
                        state_.best->epoch, done));
  if (!saved_.is_own()) return save();
  if (saved_.has_picture()) return;
  saved_.save_picture(samples());
  listener_.say(fmt::format("made {} again, which was missing", picture_path(run_.output)));
}

std::vector<EpochResult> Trainer::train() {
  if (!run_.resume_from.empty()) restore_run();
  const auto done = static_cast<Index>(state_.history.size());
  for (const std::string& note : data_.notes) listener_.say(note);
  if (const auto made = saved_.make_folder()) listener_.say(fmt::format("made the folder {}", *made));
  listener_.on_model(summary(state_.model, context_of(config_, trainer_, evaluator_)));
  constexpr Index large = 1'000'000'000;
  if (const Index bytes = checkpoint_bytes(state_.model, state_.optimizer.slots(), config_.validation > 0);
      bytes > large)
    listener_.say(fmt::format("note: {} will take {:.1f} GB, written anew after every epoch", run_.output,
                              static_cast<double>(bytes) / 1e9));
  trainer_.load(state_.parameters);
  evaluator_.load(state_.parameters);
  if (run_.untrained) {
    save();
    return {};
  }
  if (is_over()) finish_again();
  while (!is_over()) {
    state_.history.push_back(next_epoch());
    keep_best(state_.history.back());
    save();
    listener_.on_epoch(state_.history.back());
  }
  if (state_.best && static_cast<Index>(state_.history.size()) < config_.epochs && done < config_.epochs)
    listener_.say(fmt::format("stopped early: no better validation loss since epoch {}", state_.best->epoch));
  return state_.history;
}

}  // namespace

double images_per_second(Index images, double seconds) {
  return seconds > 0 ? static_cast<double>(images) / seconds : 0;
}

std::string summary(const TrainConfig& config) {
  check(config);
  check_before_data(config);
  TrainConfig resolved = config;
  auto format = known_format(config.data);
  if (!format) {
    const TrainingData data = load_training_data(config);
    format = data.format();
    resolved.validation = data.validation.count();
  }
  const Model model = model_for(resolved, *format);
  const Runner<float> runner(model, computing(resolved, true));
  return summary(model, context_of(resolved, runner, evaluator_of(model, resolved)));
}

std::vector<EpochResult> train(const TrainRun& run, const TrainListener& listener) {
  check(run.config);
  require_hdf5_name(run.output);
  SavedRun saved(run.output, run.resume_from);
  saved.check_output(run.config.data, run.force);
  if (!run.config.test_data.empty()) saved.check_output(run.config.test_data, run.force);
  try {
    return Trainer(run, listener, saved).train();
  } catch (const Interrupted&) {
    throw saved.interruption(run.config.epochs);
  }
}

}  // namespace fsconv
