// fsconv encode: the codes of images.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/train/codes_file.hpp>
#include <fsconv/train/factor_fit.hpp>
#include <fsconv/train/run_ranks.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.hpp"
#include "json_text.hpp"
#include "ranks.hpp"
#include "run_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  add_run_options(list);
  list.group("Images");
  add_image_options(list);
  list.value("images", "N", "the first N of them (as many as the run used)");
  list.group("Files").value("output", "FILE", "codes as FILE.h5 or, the means only, as FILE.npy");
  return list;
}

int run(const Options& options) {
  catch_interrupts();
  const RunInfo info = info_of(options, "encode");
  const Index count = image_count_of(options);
  const ImageRequest request = image_request_of(options, count);
  const std::string output = options.required_text("output");
  const OutputKind kind = output_kind(output, {OutputKind::hdf5, OutputKind::npy});
  const TrainedRun trained = run_of(options);
  if (ranks().rank() == 0) require_output_of(options, trained, {.path = output, .kind = info.kind});
  const ShownImages images = load_named_images(options, trained, request);

  require_same_work(ranks(), info, trained, images);
  std::optional<Runner<float>> runner;
  together(ranks(),
           [&] { runner.emplace(make_runner(trained, info.threads, Precision::fp32, {}, &ranks())); });
  const Codes<float> codes = encode(*runner, images, natural_order(images.images.shape()[0]));
  on_first(ranks(), [&] { write_codes(output, info, trained, images, codes); });
  std::optional<FactorFit> fit;
  if (!images.factor_names.empty() && images.images.count() > 1)
    fit = fit_factors(codes.means, images.factors, images.factor_names);
  const bool varies = codes.log_variances.size() > 0;
  if (options.has("json"))
    print_json(nlohmann::json{{"output", output},
                              {"shape", codes.means.shape()},
                              {"log_variance", varies && kind == OutputKind::hdf5},
                              {"labels", !images.labels.empty() && kind == OutputKind::hdf5},
                              {"images", description(images)},
                              {"factors", fit ? to_json(*fit) : nlohmann::json()},
                              {"run", trained.path},
                              {"epoch", trained.trained.epoch},
                              {"partial_step", trained.trained.partial_step}});
  else
    fmt::print("{}  [{}] {} of {}\n", one_line(output), fmt::join(codes.means.shape(), ", "),
               kind == OutputKind::hdf5 ? "codes"
               : varies                 ? "means, without log-variances and labels,"
                                        : "codes, without labels,",
               one_line(description(images)));
  if (fit && !options.has("json")) fmt::print("{}", text(*fit, page_width()));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command encode_command() {
  return {.name = "encode",
          .summary = "the codes that a trained model has for images",
          .usage =
              R"(  fsconv encode RUN --output FILE [options]

FILE.h5 holds /mean and, of a vae, /log_variance, and /label where the data has labels, with the names of
the classes where it has these; FILE.npy the means only. Of generated:factors it holds /factor/x, /factor/y, /factor/radius and /factor/hue, too, and a table says how well
the codes follow them: R2 on the odd images of a linear fit to the even ones, and the latent numbers with the largest
squared correlations. fsconv decode --codes reads both. Images are shown as in training: binarised with --seed, if the run's
were. Computed is in fp32, whatever the run multiplied. Under mpirun or srun the ranks share the images; the codes are the same on any number of them.

The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5)",
          .examples =
              R"(  fsconv encode results/vae.h5 --output results/codes.h5
  fsconv encode results/vae.h5 --split train --images 100 --output results/codes.npy
)",
          .options = options,
          .run = run,
          .positional = "run"};
}

}  // namespace fsconv::cli
