// fsconv train: reads the options of a training run, starts it and prints its epochs.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/train/train.hpp>
#include <utility>

#include "commands.hpp"

namespace fsconv::cli {
namespace {

constexpr Index many = 1'000'000'000;

boost::program_options::options_description options() {
  return OptionList("Options")
      .value("model", "NAME", "ae, an autoencoder (default)")
      .value("data", "DIR|FILE|NAME",
             "fashion-mnist (default), mnist, generated[:HxWxC], or files: see above")
      .value("train-images", "N", "use the first N training images only")
      .value("test-images", "N", "use the first N test images only")
      .value("channels", "C[,C...]", "code channels of each convolution (32,64)")
      .value("kernel", "K[,K...]", "filter sizes (4)")
      .value("stride", "S[,S...]", "strides (2)")
      .value("padding", "P[,P...]", "pixels put around the image")
      .value("latent", "N", "numbers that an image is reduced to (32)")
      .flag("tied", "the decoder shares the encoder's weights (default)")
      .flag("untied", "the decoder has weights of its own")
      .value("loss", "NAME", "bce, in nats, or mse, both summed over an image (bce)")
      .value("epochs", "N", "passes over the training images (10)")
      .value("batch", "N", "images per step (128)")
      .value("learning-rate", "X", "of Adam (0.001)")
      .value("seed", "N", "of weights, order and generated images (0)")
      .value("threads", "N", "the result does not depend on it (all cores)")
      .value("form", "NAME", "how convolutions are computed (batched)")
      .value("precision", "NAME", "what is multiplied: fp32, or bf16, which is summed in fp32 (fp32)")
      .value("isa", "NAME",
             "instructions of the batched form: portable, avx2, avx512, avx512_bf16, amx (the best there is)")
      .value("output", "FILE",
             "HDF5 file, rewritten after every epoch, with a PNG beside it (results/train.h5)")
      .value("resume", "FILE", "continue the run of this file");
}

bool is_tied(const Options& options, bool otherwise) {
  if (options.has("tied") && options.has("untied"))
    throw InvalidArgument("tied", "stands together with --untied", "choose one");
  return !options.has("untied") && (options.has("tied") || otherwise);
}

TrainConfig config_of(const Options& options, TrainConfig config) {
  config.model = options.text("model", config.model);
  config.data = options.text("data", config.data);
  config.train_images = options.integer("train-images", config.train_images, 0, many);
  config.test_images = options.integer("test-images", config.test_images, 0, many);
  config.channels = options.integers("channels").value_or(config.channels);
  config.kernel = options.integers("kernel").value_or(config.kernel);
  config.stride = options.integers("stride").value_or(config.stride);
  config.padding = options.integers("padding").value_or(config.padding);
  config.latent = options.integer("latent", config.latent, 1, many);
  config.tied = is_tied(options, config.tied);
  config.loss = options.text("loss", config.loss);
  config.epochs = options.integer("epochs", config.epochs, 1, many);
  config.batch = options.integer("batch", config.batch, 1, many);
  config.learning_rate = options.number("learning-rate", config.learning_rate);
  if (options.has("seed")) config.seed = options.seed();
  config.form = options.text("form", config.form);
  config.precision = options.text("precision", config.precision);
  config.threads = static_cast<int>(options.integer("threads", hardware_threads(), 1, 1024));
  return config;
}

// A resumed run is the same run: its file says everything but how long, how fast, from where and to where.
void require_resumable(const Options& options) {
  const std::vector<std::string> free = {"resume", "epochs", "threads", "isa",
                                         "data",   "output", "config",  "json"};
  for (const auto& [name, text] : options.texts())
    if (std::find(free.begin(), free.end(), name) == free.end())
      throw InvalidArgument(name, "cannot change in a resumed run",
                            "with --resume give only --epochs, --threads, --isa, --data, --output");
}

TrainRun run_of(const Options& options) {
  TrainRun run;
  run.command_line = options.command_line();
  run.resume_from = options.text("resume");
  run.output = options.text("output", run.resume_from.empty() ? "results/train.h5" : run.resume_from);
  if (!run.resume_from.empty()) {
    require_resumable(options);
    run.config = read_train_config(hdf5::File::open(run.resume_from));
  }
  run.config = config_of(options, run.config);
  return run;
}

void print_json(const EpochResult& result) {
  const nlohmann::json line = {{"epoch", result.epoch},
                               {"train_loss", result.train_loss},
                               {"test_loss", result.test_loss},
                               {"seconds", result.seconds},
                               {"images_per_second", result.images_per_second}};
  fmt::print("{}\n", line.dump());
}

void print_line(const EpochResult& result) {
  fmt::print("{:>5} {:>12.3f} {:>12.3f} {:>9.1f} {:>9.0f}\n", result.epoch, result.train_loss,
             result.test_loss, result.seconds, result.images_per_second);
  std::fflush(stdout);
}

void print_head(std::string_view units) {
  fmt::print("{:>5} {:>12} {:>12} {:>9} {:>9}    losses in {}\n", "epoch", "train loss", "test loss",
             "seconds", "images/s", units);
}

int run(const Options& options) {
  if (options.has("isa")) engine::set_isa(engine::isa_named(options.text("isa")));
  const TrainRun wanted = run_of(options);
  check(wanted.config);
  if (wanted.config.precision == "bf16" && !engine::has_bfloat16(engine::current_isa()))
    fmt::print(stderr, "bf16 is emulated with {}, which is slower than fp32\n",
               engine::name(engine::current_isa()));
  bool headed = options.has("json");
  catch_interrupts();
  train(wanted, [&](const EpochResult& result) {
    if (!std::exchange(headed, true)) print_head(units(loss_named(wanted.config.loss)));
    options.has("json") ? print_json(result) : print_line(result);
    std::fflush(stdout);
  });
  fmt::print(stderr, "{} and {} are complete\n", wanted.output, picture_path(wanted.output));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command train_command() {
  return {
      .name = "train",
      .summary = "train an autoencoder whose decoder is the transpose of its encoder",
      .usage =
          "  fsconv train [options]\n"
          "  fsconv train --resume FILE [--epochs N] [--threads N] [--data ...] [--output FILE]\n\n"
          "Data: generated draws grey images of 28x28 pixels; generated:HEIGHTxWIDTHxCHANNELS has sides of\n"
          "8 to 256 pixels and 1 (grey) or 3 (colour) channels. A DIR holds the four IDX files of MNIST and\n"
          "its like, or the six of CIFAR-10's binary version. A FILE holds IDX images, or an array\n"
          "[N, C, H, W] of uint8 as FILE.npy, FILE.npz[:NAME] or FILE.h5:/DATASET; its last tenth becomes\n"
          "the test set.\n\n"
          "Channels, kernels, strides and paddings have one entry per convolution, or one for all. Where no\n"
          "padding is given, a layer divides the size by its stride, rounding up. After Ctrl-C the file of\n"
          "the last epoch is complete, and --resume goes on from it to the same bits.",
      .examples =
          "  fsconv train --data generated --epochs 2 --output results/shapes.h5\n"
          "  fsconv train --resume results/shapes.h5 --epochs 3\n"
          "  fsconv train --data generated --untied --channels 8,16,32 --kernel 5,3,3 --epochs 1 --loss mse\n"
          "  fsconv train --data generated:64x64x3 --channels 64,128,256 --latent 128 --batch 64\n"
          "  fsconv train --data fashion-mnist\n",
      .options = options,
      .run = run};
}

}  // namespace fsconv::cli
