#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/train/evaluate.hpp>
#include <fsconv/train/model_summary.hpp>
#include <fsconv/train/train.hpp>
#include <fsconv/train/training_data.hpp>
#include <limits>
#include <span>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

std::string held_by(const std::string& path) {
  try {
    const hdf5::File file = hdf5::File::open(path);
    const TrainConfig config = read_train_config(file);
    return fmt::format("a run of {} (model {}, data {}, seed {})",
                       counted(file.shape("/epoch").at(0), "epoch"), name(config.model), config.data,
                       config.seed);
  } catch (const std::exception&) {
    return "something else than a training run";
  }
}

// Makes the folder, and finds out before the first epoch, not after it, that a file cannot be written or would be lost.
void prepare_output(const TrainRun& run, const TrainListener& listener) {
  std::error_code failure;
  const bool own = !run.resume_from.empty() && fs::equivalent(run.output, run.resume_from, failure);
  const std::string data =
      fs::exists(run.config.data, failure) ? run.config.data : locate(run.config.data).path;
  if (fs::equivalent(run.output, data, failure))
    throw InvalidArgument("output", fmt::format("{} is what is trained on", run.output),
                          "choose another name");
  if (!run.force && !own)
    for (const std::string& path : {run.output, picture_path(run.output)})
      if (fs::is_regular_file(path, failure))
        throw InvalidArgument("output",
                              path == run.output ? fmt::format("{} holds {}", path, held_by(path))
                                                 : fmt::format("{} is there already", path),
                              "choose another name, go on with --resume, or replace it with --force");
  if (const auto made = make_folder_for(run.output)) listener.say(fmt::format("made the folder {}", *made));
  require_writable(run.output);
  require_writable(picture_path(run.output));
}

Model model_for(const TrainConfig& config, const TrainingData& data) {
  return make_model(model_spec(config, data.image_channels(), data.image_size()));
}

Computing computing(const TrainConfig& config, bool trains) {
  return {.form = config.form, .operands = config.precision, .threads = config.threads, .trains = trains};
}

SummaryContext context_of(const TrainConfig& config, const Runner<float>& runner) {
  return {.threads = config.threads,
          .activation_bytes = runner.activation_bytes(),
          .gradient_bytes = runner.gradient_bytes(),
          .optimizer_slots = config.optimizer == OptimizerKind::sgd ? std::size_t{1} : std::size_t{2},
          .beta = config.beta,
          .beta_warmup = config.model == ModelKind::vae ? config.beta_warmup : 0,
          .keeps_best = config.validation > 0};
}

// A run while it trains: the model, what computes it, and where it stands.
class Trainer {
 public:
  Trainer(const TrainRun& run, const TrainListener& listener);
  std::vector<EpochResult> train();

 private:
  TrainState fresh_state() const;
  EpochResult train_epoch(Index epoch);
  bool take_step(const Losses& losses, Index epoch, Index step, double rate, double& norm);
  Losses evaluated(const Tensor<std::uint8_t>& images, Split split);
  void evaluate(EpochResult& result);
  void keep_best(const EpochResult& result);
  bool is_over() const;
  void save();
  [[noreturn]] void stop(Index epoch, Index step, const std::string& what) const;
  Interrupted interruption() const;
  Index steps_per_epoch() const { return ceil_div(data_.train.shape()[0], config_.batch); }

  const TrainRun& run_;
  const TrainConfig& config_;
  const TrainListener& listener_;
  RunRecord record_;
  TrainingData data_;
  TrainState state_;
  Runner<float> trainer_, evaluator_;
  Gradients<float> gradients_;
  std::string last_file_;
};

Trainer::Trainer(const TrainRun& run, const TrainListener& listener)
    : run_(run),
      config_(run.config),
      listener_(listener),
      record_{.info = {.kind = "train",
                       .command_line = run.command_line,
                       .configuration = to_json(config_),
                       .seed = config_.seed,
                       .threads = config_.threads,
                       .start_time = now()}},
      data_(load_training_data(run.config, run.data_named_in)),
      state_(fresh_state()),
      trainer_(state_.model, computing(config_, true)),
      evaluator_(with_draws(state_.model, 1), computing(config_, false)),
      gradients_(zeros_like(state_.parameters)),
      last_file_(run.resume_from) {
  record_.data_source = data_.source;
  record_.data_checksum = data_.checksum;
}

TrainState Trainer::fresh_state() const {
  TrainState state{model_for(config_, data_), {}, {optimizer_settings(config_), {}}, {}, {}};
  state.parameters = initial_parameters<float>(state.model, config_.seed);
  state.optimizer = Optimizer<float>(optimizer_settings(config_), state.parameters);
  return state;
}

void Trainer::stop(Index epoch, Index step, const std::string& what) const {
  const std::string file =
      last_file_.empty() ? "no file was written yet"
                         : fmt::format("{} holds the last good epoch, {}", last_file_, state_.history.size());
  throw Error(ExitCode::runtime,
              fmt::format("epoch {}, step {}: {} no longer finite; {}\n"
                          "A learning rate below {}, --clip-norm or --warmup may keep it so",
                          epoch, step, what, file, config_.learning_rate));
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
  for (Index step = 1; step <= steps_per_epoch(); ++step) {
    stop_if_interrupted();
    const Index first = (step - 1) * config_.batch, taken = std::min(config_.batch, count - first);
    const Index all_steps = (epoch - 1) * steps_per_epoch() + step;
    result.beta = beta_at(config_.beta, config_.beta_warmup, all_steps, steps_per_epoch());
    result.learning_rate = rate_at(schedule(config_), all_steps, steps_per_epoch());
    const Batch batch =
        make_batch(data_.train,
                   std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(taken)),
                   binarise_of(config_), config_.seed, Split::train, epoch);
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
  result.seconds = elapsed.count();
  result.images_per_second = static_cast<double>(count) / elapsed.count();
  evaluate(result);
  return result;
}

Losses Trainer::evaluated(const Tensor<std::uint8_t>& images, Split split) {
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

void Trainer::keep_best(const EpochResult& result) {
  if (result.validation_loss && !(state_.best && state_.best->validation_loss <= *result.validation_loss))
    state_.best = BestState{result.epoch, *result.validation_loss, state_.parameters};
}

// All epochs are done, or the validation loss has not become better for as long as the user has patience. While the
// weight of the KL still rises no patience is lost.
bool Trainer::is_over() const {
  const auto done = static_cast<Index>(state_.history.size());
  if (done >= config_.epochs) return true;
  if (config_.patience == 0 || !state_.best) return false;
  const auto warmed_up = static_cast<Index>(std::ceil(config_.beta_warmup));
  return done - std::max(state_.best->epoch, warmed_up) >= config_.patience;
}

void Trainer::save() {
  const std::vector<Index> order = natural_order(std::min(sample_count, data_.test.shape()[0]));
  const Batch batch = make_batch(data_.test, order, binarise_of(config_), config_.seed, Split::test);
  Shape shape = data_.test.shape();
  shape[0] = batch.size();
  ImagePairs samples{Tensor<float>(shape), evaluator_.reconstruct(batch)};
  fetch(batch, samples.originals.data());
  save_checkpoint(run_.output, record_, state_, samples);
  write_png(picture_path(run_.output), image_grid(std::vector{samples.originals, samples.reconstructions},
                                                  {.zoom = default_zoom(shape[2], shape[3]),
                                                   .row_labels = {"original", "reconstructed"}}));
  last_file_ = run_.output;
}

Interrupted Trainer::interruption() const {
  if (last_file_.empty()) return Interrupted("interrupted before the first epoch ended; no file was written");
  return Interrupted(
      fmt::format("interrupted; {} holds {} of {} epochs, continue with\n"
                  "  fsconv train --resume {} --epochs {}",
                  last_file_, state_.history.size(), config_.epochs, last_file_, config_.epochs));
}

std::vector<EpochResult> Trainer::train() {
  if (!run_.resume_from.empty()) {
    restore(hdf5::File::open(run_.resume_from), data_.checksum, state_);
    Index taken = static_cast<Index>(state_.history.size()) * steps_per_epoch();
    for (const EpochResult& result : state_.history) taken -= result.skipped_steps;
    if (state_.optimizer.steps() != taken)
      throw BadData(run_.resume_from + ":/optimizer",
                    fmt::format("has taken {} steps", state_.optimizer.steps()),
                    fmt::format("its epochs have {}", taken));
  }
  const auto done = static_cast<Index>(state_.history.size());
  if (done > config_.epochs)
    throw InvalidArgument("epochs", fmt::format("is {}", config_.epochs),
                          fmt::format("{} already holds {}", run_.resume_from, done));
  for (const std::string& note : data_.notes) listener_.say(note);
  prepare_output(run_, listener_);
  listener_.on_model(summary(state_.model, context_of(config_, trainer_)));
  constexpr Index large = 1'000'000'000;
  if (const Index bytes = checkpoint_bytes(state_.model, state_.optimizer.slots(), config_.validation > 0);
      bytes > large)
    listener_.say(fmt::format("note: {} will take {:.1f} GB, written anew after every epoch", run_.output,
                              static_cast<double>(bytes) / 1e9));
  trainer_.load(state_.parameters);
  evaluator_.load(state_.parameters);
  if (is_over()) {
    listener_.say(
        done == config_.epochs
            ? fmt::format("{} is finished: it holds {} of {} epochs; --epochs N with a larger N goes on",
                          run_.resume_from, done, config_.epochs)
            : fmt::format("{} has stopped early: epoch {} of {} is the best", run_.resume_from,
                          state_.best->epoch, done));
    if (run_.output != run_.resume_from) save();
  }
  try {
    while (!is_over()) {
      state_.history.push_back(train_epoch(static_cast<Index>(state_.history.size()) + 1));
      keep_best(state_.history.back());
      save();
      listener_.on_epoch(state_.history.back());
    }
  } catch (const Interrupted&) {
    throw interruption();
  }
  if (state_.best && static_cast<Index>(state_.history.size()) < config_.epochs && done < config_.epochs)
    listener_.say(fmt::format("stopped early: no better validation loss since epoch {}", state_.best->epoch));
  return state_.history;
}

}  // namespace

std::string picture_path(const std::string& output) {
  return fs::path(output).replace_extension(".png").string();
}

std::string summary(const TrainConfig& config) {
  check(config);
  const TrainingData data = load_training_data(config);
  const Model model = model_for(config, data);
  const Runner<float> runner(model, computing(config, true));
  return summary(model, context_of(config, runner));
}

std::vector<EpochResult> train(const TrainRun& run, const TrainListener& listener) {
  check(run.config);
  require_hdf5_name(run.output);
  use_one_blas_thread();
  return Trainer(run, listener).train();
}

}  // namespace fsconv
