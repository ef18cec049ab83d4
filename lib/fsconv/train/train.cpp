// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/nn/plan.hpp>
#include <fsconv/train/evaluate.hpp>
#include <fsconv/train/resumed_run.hpp>
#include <fsconv/train/run_end.hpp>
#include <fsconv/train/run_model.hpp>
#include <fsconv/train/run_ranks.hpp>
#include <fsconv/train/train.hpp>
#include <functional>
#include <limits>
#include <span>
#include <utility>

namespace fsconv {
namespace {

// A run while it trains: the model, what computes it, and where it stands.
class Trainer {
 public:
  Trainer(const TrainRun& run, const TrainListener& listener, SavedRun& saved);
  std::vector<EpochResult> train();

 private:
  TrainState fresh_state() const;
  void begin();
  void train_on();
  std::span<const Index> batch_of(std::span<const Index> order, Index step) const;
  void will_read(std::span<const Index> images) const;
  void train_step(std::span<const Index> images, Index step);
  bool is_checkpoint_wanted();
  EpochResult train_epoch();
  void while_reading(const std::function<void()>& work) const;
  void load_evaluator();
  bool take_step(const Losses& losses, Index step);
  Losses evaluated(const Images& images, Split split);
  void evaluate(EpochResult& result);
  void keep_best(const EpochResult& result);
  bool is_over() const;
  ImagePairs samples();
  void save();
  void save_where_interrupted();
  void finish_again();
  [[noreturn]] void give_up(const Error& error) const;
  [[noreturn]] void stop(Index step, const std::string& what) const;

  Index steps_per_epoch() const { return ceil_div(data_.train.shape()[0], config_.batch); }
  Index done() const { return static_cast<Index>(state_.history.size()); }
  Index epoch() const { return done() + 1; }  // the one that is trained
  double rate(Index step) const {
    return rate_at(schedule(config_), done() * steps_per_epoch() + step, steps_per_epoch());
  }
  double beta(Index step) const {
    return beta_at(config_.beta, config_.beta_warmup, done() * steps_per_epoch() + step, steps_per_epoch());
  }

  SummaryContext context() const {
    return context_of(config_, trainer_, evaluator_, images_at_once(config_, data_));
  }

  const TrainRun& run_;
  Communicator& ranks_;
  TrainConfig config_;  // validation is what the data makes of it
  const TrainListener& listener_;
  SavedRun& saved_;
  RunRecord record_;
  TrainingData data_;
  TrainState state_;
  Runner<float> trainer_, evaluator_;
  Gradients<float> gradients_;
  bool evaluator_is_current_ = false;
  bool has_begun_ = false;  // all ranks have what they need, and act together
};

Trainer::Trainer(const TrainRun& run, const TrainListener& listener, SavedRun& saved)
    : run_(run),
      ranks_(run.ranks ? *run.ranks : one_process()),
      config_(run.config),
      listener_(listener),
      saved_(saved),
      record_{.info = {.kind = "train",
                       .command_line = run.command_line,
                       .seed = config_.seed,
                       .threads = config_.threads,
                       .start_time = now()}},
      data_(load_data_for(run.config, {run.data_named_in, run.test_data_named_in})),
      state_(fresh_state()),
      trainer_(state_.model, computing(config_, true, &ranks_)),
      evaluator_(evaluator_of(state_.model, config_, &ranks_)),
      gradients_(zeros_like(state_.parameters)) {
  config_.validation = data_.validation.count();
  record_.info.configuration = to_json(config_);
  record_.data_source = data_.source;
  record_.checksums = data_.checksums;
  record_.initial = run_.initial;
  record_.algorithms = trainer_.algorithms();
  require_machine_for(state_.model, context(), run_.processes);
  trainer_.make_room(images_at_once(config_, data_).step);  // before there is a clock
}

TrainState Trainer::fresh_state() const {
  TrainState state{model_for(config_, data_.format()), {}, {optimizer_settings(config_), {}}, {}, {}};
  state.parameters = initial_parameters<float>(state.model, config_.seed);
  if (run_.initialise && run_.resume_from.empty()) run_.initialise(state.model, state.parameters);
  state.optimizer = Optimizer<float>(optimizer_settings(config_), state.parameters);
  return state;
}

void Trainer::give_up(const Error& error) const {
  throw AgreedError(error.code(), fmt::format("{}; {}", error.what(), saved_.standing(config_.epochs)));
}

void Trainer::stop(Index step, const std::string& what) const {
  std::string advice;
  if (state_.optimizer.steps() == 0) {
    advice = "No step has been made yet: it is the data, the likelihood or the initial weights";
    if (config_.beta > 1 || config_.free_bits > 0) advice += ", or --beta or --free-bits";
  } else {
    advice = fmt::format("A learning rate below {}", config_.learning_rate);
    if (config_.clip_norm == 0) advice += ", --clip-norm";
    if (config_.weight_decay > 0) advice += ", less --weight-decay";
    if (config_.warmup == 0) advice += " or --warmup";
    advice += " may keep it so";
  }
  throw AgreedError(ExitCode::runtime, fmt::format("epoch {}, step {}: {} no longer finite; {}\n{}", epoch(),
                                                   step, what, saved_.standing(config_.epochs), advice));
}

// Whether the gradient could be taken; it is left out otherwise, where the user wants that.
bool Trainer::take_step(const Losses& losses, Index step) {
  const auto refuse = [&](const std::string& what) {
    if (!config_.skip_nonfinite) stop(step, what);
    return false;
  };
  if (!std::isfinite(losses.objective)) return refuse("the loss is");
  // Clipped first: then a gradient may be large as long as it is finite.
  std::optional<double> norm;
  if (config_.clip_norm > 0 || step == steps_per_epoch())
    norm = clip_norm(gradients_,
                     config_.clip_norm > 0 ? config_.clip_norm : std::numeric_limits<double>::infinity(),
                     config_.threads);
  if (const auto bad = first_not_finite(gradients_, config_.threads))
    return refuse(fmt::format("the square of the gradient of {} is", state_.parameters[*bad].name));
  if (norm) state_.partial.gradient_norm = *norm;
  if (const auto bad = state_.optimizer.step(state_.parameters, gradients_, rate(step), config_.threads))
    stop(step, fmt::format("the parameter {} is", state_.parameters[*bad].name));
  trainer_.load(state_.parameters);
  evaluator_is_current_ = false;
  return true;
}

std::span<const Index> Trainer::batch_of(std::span<const Index> order, Index step) const {
  const auto count = static_cast<Index>(order.size());
  const Index first = std::min(count, (step - 1) * config_.batch);
  return order.subspan(static_cast<std::size_t>(first),
                       static_cast<std::size_t>(std::min(config_.batch, count - first)));
}

// Of a batch, the images of the blocks that this rank computes.
void Trainer::will_read(std::span<const Index> images) const {
  const auto count = static_cast<Index>(images.size());
  const Index block = images_per_block(state_.model);
  const Share share = share_of(ceil_div(count, block), ranks_.rank(), ranks_.size());
  const Index first = std::min(count, share.first * block), last = std::min(count, share.last * block);
  data_.train.will_read(
      images.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)));
}

// Where the images cannot be read or work is interrupted, the state is that of the step before.
void Trainer::train_step(std::span<const Index> images, Index step) {
  const auto start = std::chrono::steady_clock::now();
  const double waited = trainer_.exchange().seconds_waited;
  const Batch batch = make_batch(data_.train, images, binarise_of(config_), config_.seed, Split::train,
                                 epoch(), config_.augment);
  const Losses losses = trainer_.gradient(batch, beta(step), gradients_);
  PartialEpoch& partial = state_.partial;
  if (take_step(losses, step)) {
    partial.total += losses;
    partial.images += batch.size();
  } else {
    ++partial.skipped_steps;
    partial.gradient_norm = 0;
  }
  partial.step = step;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  partial.seconds += std::max(0.0, elapsed.count());
  partial.exchange_seconds += trainer_.exchange().seconds_waited - waited;
}

// By a signal to any rank since the last time.
bool Trainer::is_checkpoint_wanted() {
  const std::uint64_t mine = take_checkpoint_request() ? std::uint64_t{wish_checkpoint} : 0;
  return (agree(ranks_, nullptr, mine) & wish_checkpoint) != 0;
}

// What is left of one pass over the training images, in the order that belongs to (seed, epoch).
EpochResult Trainer::train_epoch() {
  const Index count = data_.train.shape()[0], last = steps_per_epoch();
  const std::vector<Index> order = epoch_order(count, config_.seed, epoch());
  const PartialEpoch& partial = state_.partial;
  const Index before = partial.step;
  {
    Progress progress(fmt::format("epoch {}/{}{}", epoch(), config_.epochs,
                                  before > 0 ? fmt::format(" from step {}", before + 1) : ""),
                      count - std::min(count, before * config_.batch), "images");
    for (Index step = before + 1; step <= last; ++step) {
      const std::span<const Index> images = batch_of(order, step);
      will_read(batch_of(order, step + 1));
      while_reading([&] { train_step(images, step); });
      progress.advance(static_cast<Index>(images.size()));
      listener_.on_step(epoch(), step);
      if (is_checkpoint_wanted()) {
        save();
        listener_.say(fmt::format("checkpoint: {}", saved_.standing(config_.epochs)));
      }
    }
  }
  if (partial.images == 0) stop(last, "every step of the epoch was skipped; its losses are");
  const auto images = static_cast<double>(partial.images);
  EpochResult result{.epoch = epoch(),
                     .train_loss = partial.total.objective / images,
                     .train_reconstruction = partial.total.reconstruction / images,
                     .train_kl = partial.total.kl / images,
                     .beta = beta(last),
                     .learning_rate = rate(last),
                     .gradient_norm = partial.gradient_norm,
                     .skipped_steps = partial.skipped_steps,
                     .seconds = partial.seconds,
                     .images_per_second = images_per_second(count, partial.seconds),
                     .exchange_seconds = partial.exchange_seconds};
  while_reading([&] { evaluate(result); });
  return result;
}

// With the parameters as they are now, once for each change of them.
void Trainer::load_evaluator() {
  if (std::exchange(evaluator_is_current_, true)) return;
  evaluator_.load(state_.parameters);
}

Losses Trainer::evaluated(const Images& images, Split split) {
  return mean_losses(evaluator_, images, binarise_of(config_), config_.seed, split);
}

void Trainer::evaluate(EpochResult& result) {
  load_evaluator();
  const Losses test = evaluated(data_.test, Split::test);
  result.test_loss = test.reconstruction + test.kl;
  result.test_reconstruction = test.reconstruction;
  result.test_kl = test.kl;
  if (!std::isfinite(result.test_loss)) stop(steps_per_epoch(), "the test loss is");
  if (!data_.has_validation()) return;
  const Losses validation = evaluated(data_.validation, Split::validation);
  result.validation_loss = validation.reconstruction + validation.kl;
  if (!std::isfinite(*result.validation_loss)) stop(steps_per_epoch(), "the validation loss is");
}

// Of images that are read from a file meanwhile, one may turn out to be damaged or out of reach.
void Trainer::while_reading(const std::function<void()>& work) const {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() != ExitCode::bad_data && error.code() != ExitCode::io) throw;
    give_up(error);
  }
}

void Trainer::keep_best(const EpochResult& result) {
  if (result.validation_loss && !(state_.best && state_.best->validation_loss <= *result.validation_loss))
    state_.best = BestState{result.epoch, *result.validation_loss, state_.parameters};
}

bool Trainer::is_over() const {
  return fsconv::is_over(config_, done(), state_.best ? std::optional(state_.best->epoch) : std::nullopt);
}

ImagePairs Trainer::samples() {
  const std::vector<Index> order = natural_order(std::min(sample_count, data_.test.shape()[0]));
  const Binarise binarise = binarise_of(config_);
  const Batch batch = make_batch(data_.test, order, binarise, config_.seed, Split::test);
  load_evaluator();
  Shape shape = data_.test.shape();
  shape[0] = batch.size();
  ImagePairs pairs{Tensor<float>(shape), evaluator_.reconstruct(batch), binarise};
  together(ranks_, [&] { fetch(batch, pairs.originals.data()); });
  return pairs;
}

void Trainer::save() {
  const ImagePairs pairs = samples();
  if (record_.exchange) count_bytes(*record_.exchange, trainer_);
  try {
    on_first(ranks_, [&] { saved_.save(record_, state_, pairs); });
  } catch (const Error& error) {
    if (error.code() != ExitCode::io) throw;
    give_up(error);
  }
  saved_.found(done(), state_.partial.step);
}

// A signal may come while the last epoch is being written, too.
void Trainer::save_where_interrupted() {
  if (run_.untrained || done() + state_.partial.step == 0) return;
  const Uninterrupted last_words;
  // The first rank alone knows what it has written.
  const bool lacks = ranks_.rank() == 0 && !saved_.holds(done(), state_.partial.step);
  if (ranks_.all_or(lacks ? 1 : 0) != 0) save();
}

// A resumed run that has nothing left to do is copied where it goes elsewhere, and gets its picture back.
void Trainer::finish_again() {
  const auto best = state_.best ? std::optional(state_.best->epoch) : std::nullopt;
  listener_.say(how_it_ended(config_, run_.resume_from, done(), best));
  constexpr std::uint64_t goes_elsewhere = 1, lacks_picture = 2;
  std::uint64_t wanted = 0;
  if (ranks_.rank() == 0)
    wanted = (saved_.is_own() ? 0 : goes_elsewhere) | (saved_.has_picture() ? 0 : lacks_picture);
  wanted = ranks_.all_or(wanted);
  if ((wanted & goes_elsewhere) != 0) return save();
  if ((wanted & lacks_picture) == 0) return;
  const ImagePairs pairs = samples();
  on_first(ranks_, [&] { saved_.save_picture(pairs); });
  listener_.say(fmt::format("made {} again, which was missing", picture_path(run_.output)));
}

// Everything that a rank may find wrong by itself has been found, or not; from here on all act alike.
void Trainer::begin() {
  agree(ranks_, nullptr);
  has_begun_ = true;
  require_same_run(ranks_, record_, state_);
  for (const std::string& note : data_.notes) listener_.say(note);
  on_first(ranks_, [&] {
    if (const auto made = saved_.make_folder()) listener_.say(fmt::format("made the folder {}", *made));
  });
  const Index at_once = images_at_once(config_, data_).step;
  record_.exchange = measured_exchange(trainer_, at_once);
  if (data_.has_validation() && state_.model.heads() && config_.beta != 1)
    listener_.say(fmt::format(
        "note: validation{} judges at beta 1, not at {}, which is trained: another number decides",
        config_.patience > 0 ? " and --patience" : "", config_.beta));
  listener_.on_model(summary(state_.model, context()));
  if (record_.exchange) listener_.say(exchange_text(*record_.exchange, trainer_, at_once));
  constexpr Index large = 1'000'000'000;
  if (const Index bytes = checkpoint_bytes(state_.model, state_.optimizer.slots(), config_.validation > 0);
      bytes > large)
    listener_.say(fmt::format("note: {} will take {:.1f} GB, written anew after every epoch", run_.output,
                              static_cast<double>(bytes) / 1e9));
  trainer_.load(state_.parameters);
}

void Trainer::train_on() {
  const Index before = done();
  if (is_over()) finish_again();
  while (!is_over()) {
    state_.history.push_back(train_epoch());
    state_.partial = {};
    keep_best(state_.history.back());
    try {
      require_same_state(ranks_, state_);
    } catch (const AgreedError& error) {
      give_up(error);
    }
    save();
    listener_.on_epoch(state_.history.back());
  }
  if (state_.best && done() < config_.epochs && before < config_.epochs)
    listener_.say(fmt::format("stopped early: no better validation loss since epoch {}", state_.best->epoch));
}

std::vector<EpochResult> Trainer::train() {
  if (!run_.resume_from.empty()) {
    resume(run_.resume_from, config_, data_, record_, state_, listener_.say);
    saved_.found(done(), state_.partial.step);
  }
  try {
    begin();
    if (run_.untrained)
      save();
    else
      train_on();
  } catch (const Interrupted& signal) {
    // What only this rank knows cannot be answered by all.
    if (has_begun_ && (ranks_.size() == 1 || dynamic_cast<const Agreed*>(&signal) != nullptr))
      save_where_interrupted();
    throw;
  }
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
  ImagesAtOnce images = drawn_at_once(config);
  if (!format) {
    const TrainingData data = load_training_data(config);
    format = data.format();
    resolved.validation = data.validation.count();
    images = images_at_once(config, data);
  }
  const Model model = model_for(resolved, *format);
  const Runner<float> runner(model, computing(resolved, true));
  return summary(model, context_of(resolved, runner, evaluator_of(model, resolved), images));
}

std::vector<EpochResult> train(const TrainRun& run, const TrainListener& listener) {
  check(run.config);
  require_hdf5_name(run.output);
  SavedRun saved(run.output, run.resume_from);
  if (run.ranks == nullptr || run.ranks->rank() == 0)
    saved.check_output({run.config.data, run.config.test_data}, run.force, !run.untrained);
  try {
    return Trainer(run, listener, saved).train();
  } catch (const Interrupted& signal) {
    const std::string how = saved.interruption(run.config.epochs);
    if (dynamic_cast<const Agreed*>(&signal) != nullptr) throw AgreedInterrupt(how);
    throw Interrupted(how);
  }
}

}  // namespace fsconv
