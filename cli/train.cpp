// fsconv train: reads the options of a training run, starts it and prints its epochs.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/exchange/initial.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/train/options.hpp>
#include <fsconv/train/train.hpp>
#include <optional>
#include <utility>

#include "commands.hpp"
#include "json_text.hpp"
#include "ranks.hpp"
#include "run_options.hpp"
#include "training_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  return training_options()
      .value("isa", "NAME",
             "instructions of the batched form: portable, avx2, avx512, avx512_bf16, amx (the best there is)")
      .group("Files")
      .value("output", "FILE",
             "HDF5 file, rewritten after every epoch, with a PNG beside it (results/train.h5)")
      .value("init", "FILE",
             "begin with the weights of this file: .safetensors, .npz, PyTorch's .pt, or a run's")
      .value("resume", "FILE", "continue the run of this file")
      .flag("force", "replace the file, even if this run does not continue it")
      .flag("summary", "only show the model");
}

// A resumed run is the same run: its file says everything but how long, how fast, from where and to where.
void require_resumable(const Options& options) {
  constexpr auto legal =
      "with --resume give only --epochs, --threads, --isa, --data, --test-data, --output, --force, --json, "
      "--summary";
  const std::vector<std::string> free = {"resume",    "epochs", "threads", "isa",   "data",
                                         "test-data", "output", "json",    "force", "summary"};
  if (!options.config_file().empty()) throw InvalidArgument("config", "cannot change a resumed run", legal);
  for (const auto& [name, text] : options.texts())
    if (std::find(free.begin(), free.end(), name) == free.end())
      throw InvalidArgument(name, "cannot change in a resumed run", legal);
}

// A cosine is laid out over all epochs, so that another number of them is another run.
void require_same_schedule(const TrainConfig& earlier, const TrainConfig& config) {
  if (earlier.schedule == ScheduleKind::cosine && earlier.epochs != config.epochs)
    throw InvalidArgument(
        "epochs",
        fmt::format("is {}, but the run's --schedule cosine ends at {}", config.epochs, earlier.epochs),
        "resume it with that number");
}

TrainRun train_run_of(const Options& options) {
  TrainRun run;
  run.command_line = options.command_line();
  if (options.has("resume")) run.resume_from = options.required_text("resume");
  run.output = options.text("output", run.resume_from.empty() ? "results/train.h5" : run.resume_from);
  run.force = options.has("force");
  require_kept(run.output, {options.config_file()}, "what is read");
  if (!run.resume_from.empty()) {
    require_resumable(options);
    run.config = read_train_config(hdf5::File::open(run.resume_from));
    if (!options.has("data")) run.data_named_in = run.resume_from;
    if (!options.has("test-data")) run.test_data_named_in = run.resume_from;
  }
  const TrainConfig earlier = run.config;
  run.config.threads = usual_threads();
  run.ranks = &ranks();
  run.processes = processes_of_machine();
  set_options(run.config, options.texts());
  if (!run.resume_from.empty()) require_same_schedule(earlier, run.config);
  return run;
}

// A run that is repeated by its file's configuration has other bits where that began with weights from elsewhere.
void tell_if_initialised(const Options& options) {
  if (options.has("init") || !names_hdf5(options.config_file())) return;
  if (const auto initial = read_initial_weights(hdf5::File::open(options.config_file())))
    tell("{} began with the weights of {}; this run draws its own, where --init does not name them",
         options.config_file(), initial->source);
}

void print_epoch(const EpochResult& result, bool variational) {
  nlohmann::json line = {{"epoch", result.epoch},
                         {"train_loss", result.train_loss},
                         {"test_loss", result.test_loss},
                         {"learning_rate", result.learning_rate},
                         {"gradient_norm", result.gradient_norm},
                         {"skipped_steps", result.skipped_steps},
                         {"seconds", result.seconds},
                         {"images_per_second", nullptr}};
  if (result.images_per_second > 0) line["images_per_second"] = result.images_per_second;
  if (result.validation_loss) line["validation_loss"] = *result.validation_loss;
  if (variational) {
    line["train_reconstruction"] = result.train_reconstruction;
    line["train_kl"] = result.train_kl;
    line["test_reconstruction"] = result.test_reconstruction;
    line["test_kl"] = result.test_kl;
    line["beta"] = result.beta;
  }
  print_json(line);
}

// The columns of a run's table; those of a variational model say what the test loss is the sum of.
Table epoch_table(const TrainConfig& config, bool variational, bool validates) {
  std::vector<Column> columns = {{"epoch", Align::right}, {"train loss", Align::right, 10}};
  if (validates) columns.push_back({"validation", Align::right, 10});
  columns.push_back(
      {variational && is_likelihood(likelihood_of(config)) ? "test -ELBO" : "test loss", Align::right, 10});
  if (variational) {
    columns.push_back({"= recon", Align::right, 8});
    columns.push_back({"+ KL", Align::right, 7});
  }
  columns.push_back({"seconds", Align::right});
  columns.push_back({"images/s", Align::right});
  columns.push_back({"", Align::wrapped});
  return Table(std::move(columns), page_width());
}

// Three decimals, as far as they have room in a column.
std::string loss_text(double loss) {
  return std::abs(loss) < 1e6 ? fmt::format("{:.3f}", loss) : fmt::format("{:.3g}", loss);
}

Table::Cells cells_of(const EpochResult& result, bool variational) {
  Table::Cells cells = {fmt::format("{}", result.epoch), loss_text(result.train_loss)};
  if (result.validation_loss) cells.push_back(loss_text(*result.validation_loss));
  cells.push_back(loss_text(result.test_loss));
  if (variational) {
    cells.push_back(loss_text(result.test_reconstruction));
    cells.push_back(loss_text(result.test_kl));
  }
  cells.push_back(fmt::format("{:.1f}", result.seconds));
  cells.push_back(result.images_per_second > 0 ? fmt::format("{:.0f}", result.images_per_second) : "-");
  cells.push_back(result.skipped_steps > 0 ? counted(result.skipped_steps, "step skipped", "steps skipped")
                                           : "");
  return cells;
}

// What is trained on so far: of the first epoch, and at the least.
struct Objectives {
  double first = 0, least = 0;
};

// Whether the objective has left the ground: above the first epoch's and ten times the least so far, or more than images of a
// million pixels cost a model that knows nothing of them. (Test losses leave it where a run learns its images by heart, and
// those of densities, which may be below 0, have none.) A loss that is no number at all stops the run (train.hpp).
bool has_diverged(const TrainConfig& config, const EpochResult& result, const Objectives& before) {
  constexpr double much = 10, beyond_all_images = 1e6;
  const Likelihood likelihood = likelihood_of(config);
  const bool is_density =
      likelihood == Likelihood::gaussian || likelihood == Likelihood::continuous_bernoulli;
  const double least_variance = likelihood == Likelihood::gaussian ? config.variance.value_or(1) : 1;
  if (result.train_loss > beyond_all_images * std::max(1.0, 1 / (2 * least_variance))) return true;
  return !is_density && before.least > 0 && result.train_loss > before.first &&
         result.train_loss > much * before.least;
}

int print_summary(const Options& options, const TrainConfig& config) {
  constexpr const char* of_runs[] = {"output", "force", "json", "init"};
  options.require_none_of(of_runs, "--summary only shows the model");
  fmt::print("{}", summary(config));
  return static_cast<int>(ExitCode::ok);
}

// A run that goes on from a file, or repeats it, has its bits only with its instructions.
void choose_isa(const Options& options) {
  if (options.has("isa")) return engine::set_isa(engine::isa_named(options.text("isa")));
  const std::string file = options.has("resume") ? options.text("resume") : options.config_file();
  if (!names_hdf5(file)) return;
  const hdf5::File run = hdf5::File::open(file);
  read_configuration(run);  // what is damaged or no run is believed in nothing
  if (!run.has_attribute("/", "isa")) return;
  const std::string isa = run.string_attribute("/", "isa");
  if (isa == name(engine::current_isa())) return;
  try {
    engine::set_isa(engine::isa_named(isa));
    tell("computing with {}, as {} did", isa, file);
  } catch (const InvalidArgument&) {
    tell("{} was computed with {}, which this machine lacks: the bits will differ", file, isa);
  }
}

int run(const Options& options) {
  catch_interrupts();
  catch_checkpoint_requests();
  if (options.has("isa") && options.text("form", "batched") != "batched")
    throw InvalidArgument("isa", "would have no effect", "it belongs to --form batched");
  choose_isa(options);
  TrainRun wanted = train_run_of(options);
  check(wanted.config);
  if (options.has("summary")) return print_summary(options, wanted.config);
  if (options.has("init"))  // reads the whole file
    initialise_from(wanted, options.required_text("init"),
                    [](const CheckOutcome& outcome) { tell("{}", outcome.text()); });
  tell_if_emulated(wanted.config.precision);
  tell_if_initialised(options);
  const bool json = options.has("json"), variational = wanted.config.model == ModelKind::vae;
  std::optional<Table> table;  // whether there are validation images, the data may say
  bool headed = json, warned = false;
  Index trained = 0;
  Objectives before;
  const auto on_epoch = [&](const EpochResult& result) {
    if (!table) table = epoch_table(wanted.config, variational, result.validation_loss.has_value());
    if (!std::exchange(headed, true)) fmt::print("{}", table->head());
    if (json)
      print_epoch(result, variational);
    else
      fmt::print("{}", table->line(cells_of(result, variational)));
    std::fflush(stdout);
    if (has_diverged(wanted.config, result, before) && !std::exchange(warned, true))
      tell(
          "epoch {}: the loss is {:.3g}: the run diverges; a --learning-rate below {}, --clip-norm or --warmup may help{}",
          result.epoch, result.train_loss, wanted.config.learning_rate,
          wanted.config.beta > 1 || wanted.config.free_bits > 1 ? ", or less --beta or --free-bits" : "");
    before = trained++ == 0 ? Objectives{result.train_loss, result.train_loss}
                            : Objectives{before.first, std::min(before.least, result.train_loss)};
  };
  train(wanted, {.on_epoch = on_epoch,
                 .on_model =
                     [&](const std::string& text) {
                       if (!json) fmt::print("{}\n", text);
                     },
                 .say = [](const std::string& text) { tell("{}", text); }});
  tell("{} and {} are complete{}", wanted.output, picture_path(wanted.output),
       trained == 0 ? "; nothing was trained" : "");
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command train_command() {
  return {
      .name = "train",
      .summary = "train an autoencoder whose decoder is the transpose of its encoder",
      .usage =
          "  fsconv train [options]\n"
          "  fsconv train --config RUN.h5 [options that differ]\n"
          "  fsconv train --resume RUN.h5 [--epochs N] [--threads N] [--data ...] [--test-data ...]\n"
          "                                  [--output FILE]\n\n"
          "Data: generated draws grey images of 28x28 pixels; generated:HEIGHTxWIDTHxCHANNELS has sides of "
          "8 to 256 pixels and 1 (grey) or 3 (colour) channels. A DIR holds the four IDX files of MNIST and "
          "its like, the binary version of CIFAR-10 or CIFAR-100, or pictures of one size; names such as "
          "fashion-mnist and cifar-10 are those of fsconv data list. A FILE is one of fsconv data prepare, or holds "
          "IDX images or an array "
          "[N, C, H, W], [N, H, W] or [N, H, W, C] of uint8, or of floats from 0 to 1, as FILE.npy, FILE.npz[:NAME] or "
          "FILE.h5:/DATASET; its last tenth becomes the test set. An .npz may hold x_train and x_test.\n\n"
          "Model: channels, kernels, strides, paddings, dilations and groups have one entry per convolution, "
          "or one for all. Where no padding is given, a layer divides the size by its stride, rounding up. "
          "Losses are summed over an image. bce-grey and mse are no likelihoods; with them the loss of a vae "
          "bounds nothing.\n\n"
          "Options that would have no effect beside the others are refused. A --config that is the file of a "
          "run means exactly that run, from its beginning; where that had --init, give it again.\n\n"
          "Ctrl-C, SIGTERM and SIGHUP stop a run in the step that it is in, which does not count: the file then holds its finished epochs and "
          "where it stands in the one after them, and --resume goes on from there to the same bits. SIGUSR1 has the same "
          "written, and the run goes on.\n\n"
          "Under mpirun or srun, all started alike, the processes share every batch, by blocks of images, and every "
          "evaluation: the file has the bits that one process gives it, and may be resumed on any number of them. The first "
          "one writes and speaks; --threads is each one's (all cores, shared out). With Slurm, --signal=USR1@120 has a "
          "checkpoint written two minutes before the time is up; mpirun --bind-to none leaves each process its threads.\n\n"
          "What --algorithm auto comes to, --summary and the run's file say layer by layer. It follows from the model, the "
          "precision and --isa. In bf16 winograd4 has the tiles of winograd2.\n\n"
          "--init takes weights that the model has under the names of PyTorch (encoder.0.weight) or fsconv (conv1), "
          "all of them and no others; fsconv export writes such files. A shared weight stands there once, or "
          "under both names with the same numbers. The file's name and SHA-256 are recorded.\n\n"
          "With --json every epoch is an object on a line of its own, printed when it ends: epoch, train_loss, test_loss, "
          "validation_loss (where images are kept apart), learning_rate, gradient_norm, skipped_steps, seconds, "
          "images_per_second (null where the clock stood still) and, of a vae, train_ and test_reconstruction and _kl, and "
          "beta. The folder of --output is made where nothing above it is missing, and that is said. As the file is written "
          "after every epoch, it is a regular one: no pipe and no device.",
      .examples =
          "  fsconv train --data generated --epochs 2 --output results/shapes.h5\n"
          "  fsconv train --resume results/shapes.h5 --epochs 3\n"
          "  fsconv train --config results/shapes.h5 --seed 1 --output results/other.h5\n"
          "  fsconv train --data generated --untied --likelihood mse --output results/mse.h5\n"
          "  fsconv train --data generated --model vae --gain --output results/vae.h5\n"
          "  fsconv train --data generated --stride 3/2,2 --kernel 5,3 --output results/ratio.h5\n"
          "  fsconv train --data generated --validation 500 --patience 3 --output results/best.h5\n"
          "  fsconv train --data generated:64x64x3 --channels 64,128,256 --batch 64 --epochs 1\n"
          "  fsconv train --data generated --init results/shapes.h5 --epochs 1 --output results/finer.h5\n"
          "  fsconv train --data generated --latent 0 --decoder subpixel --summary\n"
          "  fsconv train --data generated:64x64x3 --channels 64,128,256 --algorithm winograd4 --summary\n"
          "  fsconv train --data fashion-mnist --output results/fashion.h5\n",
      .options = options,
      .run = run,
      .resolve_spellings = resolve_spellings};
}

}  // namespace fsconv::cli
