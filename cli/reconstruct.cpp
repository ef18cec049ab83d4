// fsconv reconstruct: images and what a trained model makes of them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/train/codes_file.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "run_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  add_run_options(list);
  list.group("Images");
  add_image_options(list);
  list.value("images", "N", "the first N of them (16, or all where there are fewer)");
  list.group("Files")
      .value("output", "FILE",
             "a grid as FILE.png, or pixels in 0..1 as FILE.npy (reconstructions only) or FILE.h5")
      .value("scale", "Z", "FILE.png: a pixel becomes a square of Z x Z (as suits the image)")
      .value("columns", "C", "FILE.png (16)");
  return list;
}

int run(const Options& options) {
  catch_interrupts();
  constexpr Index usual = 16;
  const RunInfo info = info_of(options, "reconstruct");
  const Index count = image_count_of(options);
  const ImageRequest request = image_request_of(options, count);
  const std::string output = options.required_text("output");
  const OutputKind kind = output_kind(output, {OutputKind::png, OutputKind::npy, OutputKind::hdf5});
  const Grid grid = grid_of(options, kind);
  const TrainedRun trained = run_of(options);
  require_output_of(options, trained, {.path = output, .kind = info.kind});
  ShownImages images = load_named_images(options, trained, request);
  if (count == 0) images = first_of(std::move(images), usual);

  Runner<float> runner = make_runner(trained, info.threads);
  const ImagePairs pairs = reconstruct(runner, images, natural_order(images.images.shape()[0]));
  write_reconstructions(output, info, trained, images, pairs, grid);
  if (options.has("json"))
    print_json(nlohmann::json{{"output", output},
                              {"shape", pairs.reconstructions.shape()},
                              {"originals", kind != OutputKind::npy},
                              {"images", description(images)},
                              {"run", trained.path},
                              {"epoch", trained.trained.epoch},
                              {"partial_step", trained.trained.partial_step}});
  else
    fmt::print("{}  [{}] {} of {}, by {}, {}\n", one_line(output),
               fmt::join(pairs.reconstructions.shape(), ", "),
               kind == OutputKind::npy ? "reconstructions only," : "originals and reconstructions",
               one_line(description(images)), one_line(trained.path), trained.epoch_text());
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command reconstruct_command() {
  return {
      .name = "reconstruct",
      .summary = "images and what a trained model makes of them",
      .usage =
          "  fsconv reconstruct RUN --output FILE [options]\n\n"
          "Originals stand over reconstructions, as the model is shown them: binarised with --seed, if the run's "
          "were. A reconstruction is the decoded code, of a vae the decoded mean; its pixels are those that "
          "fsconv encode and fsconv decode --codes make, bit for bit, in fp32.\n\n"
          "The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5",
      .examples =
          "  fsconv reconstruct results/vae.h5 --output results/pairs.png\n"
          "  fsconv reconstruct results/vae.h5 --split train --images 100 --output results/pairs.h5\n",
      .options = options,
      .run = run,
      .positional = "run"};
}

}  // namespace fsconv::cli
