// fsconv smooth: a trained model whose transposed convolutions paint no checkerboard on flat codes.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/interrupt.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/train/smooth.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "run_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  add_run_options(list);
  list.value("layers", "NAME[,NAME...]",
             "only these weights (those of all transposed convolutions with a stride)")
      .value(
          "onto", "NAME",
          "equal-sums: of all phases; or resize: along every axis by itself, so that edges stay clean, too "
          "(equal-sums)");
  list.group("Images, for the loss before and after");
  add_image_options(list);
  list.value("images", "N", "the first N of them (as many as the run used)");
  list.group("Files")
      .value("output", "FILE", "write the run with the smoothed weights to an HDF5 file")
      .flag("force", "replace that file");
  return list;
}

void require_smooth_output(const Options& options, const TrainedRun& run) {
  constexpr const char* of_output[] = {"force"};
  if (!options.has("output")) return options.require_none_of(of_output, "there is no --output");
  require_hdf5_name(options.text("output"));
  require_output_of(
      options, run,
      {.path = options.text("output"), .kind = "train", .keeps_own = true, .force = options.has("force")});
}

int run(const Options& options) {
  catch_interrupts();
  const RunInfo info = info_of(options, "train");
  constexpr const char* of_images[] = {"split", "binarise", "seed", "images"};
  if (!options.has("data")) options.require_none_of(of_images, "without --data no image is looked at");
  const auto onto = named<checkerboard::Onto>(options.text("onto", "equal-sums"));
  const std::vector<std::string> layers =
      options.has("layers") ? options.different_words("layers") : std::vector<std::string>{};
  const ImageRequest request = image_request_of(options, image_count_of(options));
  const TrainedRun trained = run_of(options);
  TrainedRun smoothed = trained;
  SmoothReport report{.run = trained.path,
                      .epoch = trained.trained.epoch,
                      .partial_step = trained.trained.partial_step,
                      .is_best = trained.trained.is_best,
                      .onto = onto,
                      .layers = smooth(trained.trained.model, smoothed.trained.parameters, onto, layers),
                      .before = {},
                      .after = {}};
  require_smooth_output(options, trained);
  if (options.has("data")) {
    const ShownImages images =
        load_named_images(options, trained, request, trained.trained.model.heads().has_value());
    report.before = evaluate(trained, images, 0, info.threads, Precision::fp32);
    report.after = evaluate(smoothed, images, 0, info.threads, Precision::fp32);
  }
  if (options.has("output"))
    write_smoothed_run(options.text("output"), trained.path, onto, layers, info.command_line, info.threads);
  if (options.has("json"))
    print_json(json_of(report), 2);
  else
    fmt::print("{}", text(report));
  if (options.has("output")) tell("the smoothed run is {}", options.text("output"));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command smooth_command() {
  return {.name = "smooth",
          .summary = "moves a trained model's filters onto equal phase sums: no checkerboards",
          .usage =
              R"(  fsconv smooth RUN [options]

A flat code gives a transposed convolution's image the sums of the filter's taps by phase, a pattern as long
as the stride. They are made equal by the smallest change of the filter, for every pair of channels. --onto
resize asks for more: what is left is nearest-neighbour upsampling and a plain convolution behind it.

A weight that the encoder shares is changed there, too. With --data the loss before and after is printed, as
fsconv evaluate has it in fp32, and what the difference is image by image. --output has both states of the run, the
best and the last; its curves stay those of the training. Further training brings uneven sums back.

The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5)",
          .examples =
              R"(  fsconv smooth results/vae.h5
  fsconv smooth results/vae.h5 --data generated --images 200 --output results/smooth.h5
  fsconv smooth results/vae.h5 --onto resize --layers conv1 --json
)",
          .options = options,
          .run = run,
          .positional = "run"};
}

}  // namespace fsconv::cli
