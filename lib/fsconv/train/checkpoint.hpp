// The file of a training run: its curves, its weights, and all that is needed to go on or to use the model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/file_lock.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/nn/optimizer.hpp>
#include <fsconv/nn/runner.hpp>
#include <fsconv/train/config.hpp>
#include <fsconv/train/image_checksums.hpp>
#include <fsconv/train/image_pairs.hpp>
#include <optional>

namespace fsconv {

// Means per image. Losses of evaluations are at beta 1 and of one draw per image: reconstruction + kl of a
// variational model.
struct EpochResult {
  Index epoch = 0;                                // 1, 2, ...
  double train_loss = 0;                          // the objective, while the weights were changing
  double test_loss = 0;                           // at the end of the epoch
  double train_reconstruction = 0, train_kl = 0;  // its parts, unweighted
  double test_reconstruction = 0, test_kl = 0;
  std::optional<double> validation_loss = {};             // where validation images are kept apart
  double beta = 1, learning_rate = 0, gradient_norm = 0;  // at the last step; the norm before it was clipped
  Index skipped_steps = 0;                                // that were not finite
  double seconds = 0;                                     // of training, without evaluation
  double images_per_second = 0;
  double exchange_seconds = 0;  // of them, those in which several processes waited for each other

  bool operator==(const EpochResult&) const = default;
};

// The parameters of the epoch with the smallest validation loss.
struct BestState {
  Index epoch = 0;
  double validation_loss = 0;
  Parameters<float> parameters;
};

// How far the epoch has come that follows those of the history. The state is that after its step `step`.
struct PartialEpoch {
  Index step = 0;  // 1, 2, ...; 0: it has not begun
  Index images = 0, skipped_steps = 0;
  Losses total = {};                         // sums over these images
  double gradient_norm = 0;                  // as EpochResult has it
  double seconds = 0, exchange_seconds = 0;  // so far, as EpochResult has them

  bool operator==(const PartialEpoch&) const = default;
};

struct TrainState {
  Model model;
  Parameters<float> parameters;
  Optimizer<float> optimizer;
  std::vector<EpochResult> history;  // of whole epochs, as is the best state
  std::optional<BestState> best;
  PartialEpoch partial = {};
};

// The file that the weights of a run began from, where they were not drawn.
struct InitialWeights {
  std::string source;  // its name as it was given
  std::string sha256;
};

// How the processes of a run exchanged their sums.
struct ExchangeRecord {
  int ranks = 1;
  Index depth = 0;                    // of a step, messages that follow one upon the other
  double latency = 0, bandwidth = 0;  // measured before the first step: seconds, bytes per second
  double sum_bytes = 0;               // of partial sums that all ranks together send in a step, on the mean
  double broadcast_bytes = 0;         // of the whole sum, which each gets
};

// What a file holds besides the state.
struct RunRecord {
  RunInfo info;  // its configuration is a TrainConfig's
  std::string data_source = {};
  ImageChecksums checksums = {};
  std::optional<InitialWeights> initial = {};
  // The command line of fsconv smooth that changed its weights at some time; or empty.
  std::string smoothing = {};
  std::vector<StepAlgorithms> algorithms = {};  // Runner::algorithms() of what trains
  std::optional<ExchangeRecord> exchange = {};  // where there are several processes
};

//   /epoch                  scale of the series   /train_loss ... [epoch]
//   /weights/NAME           every parameter by name; weights [out, in, kh, kw]
//   /best/weights/NAME      those of the best epoch; attributes epoch, validation_loss
//   /optimizer              attributes name, steps and its settings
//   /optimizer/SLOT/NAME    what it remembers
//   /samples/originals, /samples/reconstructions      uint8 [image, row, column, channel]
// and at the root what write_environment() writes, `model` (model_json.hpp), data_source, data_checksum and those of the parts
// (train_checksum, test_checksum, validation_checksum), of
// weights from elsewhere initial_weights and initial_sha256, of weights that fsconv smooth has changed `smoothing`, its command line, of the form batched `algorithms` (read_algorithms()), and a
// digest; of several processes `ranks` and "exchange.NAME"; of a run in the middle of an epoch "partial.NAME" for what a PartialEpoch is, and partial.epoch, its number. Series
// are of whole epochs; a run that has not ended one has empty series.
// Replaces the file at once, when it is complete; with `own` only what AtomicFile::keep_to() lets it. IoError.
void save_checkpoint(const std::string& path, const RunRecord& record, const TrainState& state,
                     const ImagePairs& samples, std::optional<FileIdentity>* own = nullptr);

// How many test images and reconstructions a file holds, at most.
inline constexpr Index sample_count = 16;

// About how many bytes a file of such a state takes.
Index checkpoint_bytes(const Model& model, std::size_t optimizer_slots, bool keeps_best);

// The configuration of a training run's file, without its threads. BadData, naming the file and the object, if what else
// the file says (its digest, the attributes "config.NAME", model, curves, steps of the optimizer) contradicts it.
TrainConfig read_train_config(const hdf5::File& file);

// Puts the file's weights, slots, steps, history, best state and partial epoch into a freshly built state of the same configuration.
// BadData if something is missing, of another shape, not finite, not what was written or contradicts the rest, or if
// the data's checksum is another.
void restore(const hdf5::File& file, std::int64_t data_checksum, TrainState& state);

// A trained model, to be used. The configuration says how its images were binarised and what its likelihood is.
struct TrainedModel {
  TrainConfig config;
  Model model;  // of one draw per image, as it is used
  Parameters<float> parameters;
  Index epoch = 0;  // whose weights these are
  bool is_best = false;
  Index partial_step = 0;  // so many steps later, in the middle of the next one

  // With as many draws as its steps took.
  Model as_trained() const { return with_draws(model, config.draws); }
  // "epoch 7, the best", "epoch 9, the last", "epoch 9 and 12 steps of the next, the last"
  std::string epoch_text() const;
};

// What epoch_text() makes of these.
std::string epoch_text(Index epoch, Index partial_step, bool is_best);

enum class Weights { best, last };
constexpr auto names_of(Weights) {
  return NameTable<Weights, 2>{"weights", {{{Weights::best, "best"}, {Weights::last, "last"}}}};
}

// The part of an epoch that the file holds: without a step where all its epochs are whole. BadData.
PartialEpoch read_partial_epoch(const hdf5::File& file);

// BadData.
ImageChecksums read_image_checksums(const hdf5::File& file);

// Empty where fsconv smooth has changed no weight.
std::string read_smoothing(const hdf5::File& file);

// Nothing where the run's weights were drawn.
std::optional<InitialWeights> read_initial_weights(const hdf5::File& file);

// The attribute `algorithms`: a JSON list with an object per step of the model, which has the texts `conv`, `conv_transpose` and
// `weight_gradient` as far as the step has these maps. Nothing where the file does not say it. BadData.
std::vector<StepAlgorithms> read_algorithms(const hdf5::File& file);

// Reads the model of a run: `best` takes the last state where no validation was kept. IoError; BadData as restore(),
// for all that the file holds.
TrainedModel read_trained_model(const hdf5::File& file, Weights weights);
TrainedModel read_trained_model(const std::string& path, Weights weights);

}  // namespace fsconv
