#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/batch.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/train/train.hpp>
#include <fsconv/train/training_data.hpp>
#include <span>

namespace fsconv {
namespace {

constexpr Index sample_count = 16;

// Makes the folder, and finds out before the first epoch, not after it, that a file cannot be written.
void prepare_output(const std::string& output) {
  const std::filesystem::path folder = std::filesystem::path(output).parent_path();
  std::error_code failure;
  if (!folder.empty()) std::filesystem::create_directories(folder, failure);
  if (failure) throw IoError(folder.string(), "cannot create: " + failure.message());
  require_writable(output);
  require_writable(picture_path(output));
}

TrainState fresh_state(const TrainConfig& config, const TrainingData& data) {
  const AutoencoderShape shape{.image_channels = data.image_channels(),
                               .image_size = data.image_size(),
                               .convolutions = layers(config),
                               .latent = config.latent,
                               .tied = config.tied};
  return {TiedAutoencoder<float>(shape, form_named<float>(config.form), config.seed),
          Adam{.learning_rate = config.learning_rate},
          {}};
}

void require_number(double loss, const TrainConfig& config, const std::string& where) {
  if (std::isfinite(loss)) return;
  throw Error(ExitCode::runtime,
              fmt::format("{}: the loss is no longer a number; a learning rate below {} may keep it one",
                          where, config.learning_rate));
}

// One pass over the training images in the order that belongs to (seed, epoch).
EpochResult train_epoch(const TrainConfig& config, const TrainingData& data, Index epoch, TrainState& state,
                        BatchRunner<float>& runner) {
  const Loss loss = loss_named(config.loss);
  const Index count = data.train.shape()[0];
  const std::vector<Index> order = epoch_order(count, config.seed, epoch);
  Progress progress(fmt::format("epoch {}/{}", epoch, config.epochs), count, "images");
  const auto start = std::chrono::steady_clock::now();
  double total = 0;
  for (Index first = 0; first < count; first += config.batch) {
    stop_if_interrupted();
    const Index taken = std::min(config.batch, count - first);
    total += runner.gradient(
        loss, data.train,
        std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(taken)));
    require_number(total, config, fmt::format("epoch {}, step {}", epoch, first / config.batch + 1));
    state.adam.step(state.model.parameters(), config.threads);
    progress.advance(taken);
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const auto images = static_cast<double>(count);
  EpochResult result{.epoch = epoch,
                     .train_loss = total / images,
                     .test_loss = evaluate(runner, loss, data.test),
                     .seconds = elapsed.count(),
                     .images_per_second = images / elapsed.count()};
  require_number(result.test_loss, config, fmt::format("test after epoch {}", epoch));
  return result;
}

void save(const TrainRun& run, const RunRecord& record, const TrainingData& data, const TrainState& state,
          BatchRunner<float>& runner) {
  const Samples samples = sample_reconstructions(runner, record.loss, data.test, sample_count);
  save_checkpoint(run.output, record, state, samples);
  write_png(picture_path(run.output), image_grid(std::vector{samples.originals, samples.reconstructions}));
}

Interrupted interruption(const TrainRun& run, const std::string& file, std::size_t epochs_done) {
  if (file.empty()) return Interrupted("interrupted before the first epoch ended; no file was written");
  return Interrupted(
      fmt::format("interrupted; {} holds {} of {} epochs, continue with\n"
                  "  fsconv train --resume {} --epochs {}",
                  file, epochs_done, run.config.epochs, file, run.config.epochs));
}

}  // namespace

std::string picture_path(const std::string& output) {
  return std::filesystem::path(output).replace_extension(".png").string();
}

std::vector<EpochResult> train(const TrainRun& run, const std::function<void(const EpochResult&)>& on_epoch) {
  const TrainConfig& config = run.config;
  check(config);
  require_hdf5_name(run.output);
  use_one_blas_thread();

  RunRecord record{.info = {.kind = "train",
                            .command_line = run.command_line,
                            .configuration = to_json(config),
                            .seed = config.seed,
                            .threads = config.threads,
                            .start_time = now()},
                   .loss = loss_named(config.loss)};
  const TrainingData data = load_training_data(config);
  record.data_source = data.source;
  record.data_checksum = data.checksum;

  TrainState state = fresh_state(config, data);
  if (!run.resume_from.empty()) restore(hdf5::File::open(run.resume_from), data.checksum, state);
  if (static_cast<Index>(state.history.size()) > config.epochs)
    throw InvalidArgument("epochs", fmt::format("is {}", config.epochs),
                          fmt::format("{} already holds {}", run.resume_from, state.history.size()));

  prepare_output(run.output);
  BatchRunner<float> runner(state.model, config.threads, operands_named(config.precision));
  if (static_cast<Index>(state.history.size()) == config.epochs && run.output != run.resume_from)
    save(run, record, data, state, runner);

  std::string last_file = run.resume_from;
  try {
    for (auto epoch = static_cast<Index>(state.history.size()) + 1; epoch <= config.epochs; ++epoch) {
      state.history.push_back(train_epoch(config, data, epoch, state, runner));
      save(run, record, data, state, runner);
      last_file = run.output;
      on_epoch(state.history.back());
    }
  } catch (const Interrupted&) {
    throw interruption(run, last_file, state.history.size());
  }
  return state.history;
}

}  // namespace fsconv
