// fsconv evaluate: what a trained model is worth on some images, and how two models compare on the same ones.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/train/evaluate.hpp>
#include <fsconv/train/evaluation_file.hpp>
#include <fsconv/train/evaluation_text.hpp>
#include <fsconv/train/run_ranks.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "ranks.hpp"
#include "run_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  add_run_options(list);
  list.value("precision", "NAME", "what is multiplied: fp32, or bf16, which is summed in fp32 (fp32)")
      .value("algorithm", "NAME",
             "how: auto, direct, winograd2 or winograd4, as fsconv train takes it (the run's)");
  list.group("Images");
  add_image_options(list);
  list.value("images", "N", "the first N of them (as many as the run used)");
  list.group("Measures")
      .value("importance-samples", "K", "of a vae: estimate log p(x) by L_1, L_10, ... L_K; 0: do not (0)")
      .value("against", "FILE", "of an earlier evaluation of the same images: differences in pairs");
  list.group("Files")
      .value("output", "FILE", "write every number per image to an HDF5 file")
      .flag("force", "replace that file");
  return list;
}

void require_evaluation_output(const Options& options, const TrainedRun& run) {
  constexpr const char* of_output[] = {"force"};
  if (!options.has("output")) return options.require_none_of(of_output, "there is no --output");
  require_hdf5_name(options.text("output"));
  require_output_of(
      options, run,
      {.path = options.text("output"), .kind = "evaluate", .keeps_own = true, .force = options.has("force")});
}

int run(const Options& options) {
  catch_interrupts();
  const RunInfo info = info_of(options, "evaluate");
  const Index samples = options.integer("importance-samples", 0, 0, most_importance_samples);
  const Index count = image_count_of(options);
  const Precision precision = named<Precision>(options.text("precision", "fp32"), float_precisions);
  std::optional<engine::Algorithm> algorithm;
  if (options.has("algorithm")) algorithm = named<engine::Algorithm>(options.text("algorithm"));
  const ImageRequest request = image_request_of(options, count);
  const TrainedRun trained = run_of(options);
  if (ranks().rank() == 0) require_evaluation_output(options, trained);
  tell_if_emulated(precision);
  const ShownImages images =
      load_named_images(options, trained, request, trained.trained.model.heads().has_value());
  std::optional<EvaluationReport> other;
  if (options.has("against")) {
    other = read_evaluation(options.required_text("against"));
    require_comparable(*other, options.text("against"), trained, images);
  }

  require_same_work(ranks(), info, trained, images);
  const EvaluationReport report =
      evaluate(trained, images, samples, info.threads, precision, algorithm, ranks());
  std::optional<Comparison> comparison;
  if (other) comparison = compare(report, *other, options.text("against"));
  if (options.has("output"))
    on_first(ranks(), [&] { write_evaluation(options.text("output"), info, trained, images, report); });
  if (options.has("json")) {
    nlohmann::json json = json_of(report);
    if (comparison) json["against"] = json_of(*comparison);
    print_json(json, 2);
  } else {
    fmt::print("{}", text(report));
    if (comparison) fmt::print("{}", text(*comparison));
  }
  if (options.has("output")) tell("every image's numbers are in {}", options.text("output"));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command evaluate_command() {
  return {.name = "evaluate",
          .summary = "losses, likelihoods and image measures of a trained model",
          .usage =
              R"(  fsconv evaluate RUN [options]

Means over images with their standard errors. Of an autoencoder: its loss. Of a variational one: the
reconstruction term, the KL in closed form, their sum -ELBO at beta 1 and, with importance samples, -L_K,
which falls with K towards -log p(x) (Burda, Grosse & Salakhutdinov 2016); in nats per image. bce-grey and
mse are no likelihoods: nothing is bounded by them, and they have no bits. PSNR and SSIM compare the decoded
code (the mean, of a vae) with the image as the model is shown it.

Images are binarised as in training, once, with --seed: 0 for every run, so that runs can be compared in
pairs with --against. (A run's own test losses use the run's seed.) Generated images are the run's.

Under mpirun or srun the ranks share the images; the numbers are the same on any number of them. Of a run that was
stopped in the middle of an epoch, the last weights are those of its last step.

The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5)",
          .examples =
              R"(  fsconv evaluate results/vae.h5
  fsconv evaluate results/vae.h5 --images 100 --importance-samples 100 --output results/vae-eval.h5
  fsconv evaluate results/vae.h5 --images 100 --weights last --against results/vae-eval.h5
  fsconv evaluate results/vae.h5 --split train --images 500 --json
  fsconv evaluate results/vae.h5 --images 100 --algorithm winograd4 --against results/vae-eval.h5
)",
          .options = options,
          .run = run,
          .positional = "run"};
}

}  // namespace fsconv::cli
