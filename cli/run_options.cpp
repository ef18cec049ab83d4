// SPDX-License-Identifier: Apache-2.0
#include "run_options.hpp"

#include <filesystem>
#include <fsconv/data/data_files.hpp>
#include <fsconv/engine/isa.hpp>

#include "ranks.hpp"

namespace fsconv::cli {

void add_run_options(OptionList& list) {
  list.value("run", "FILE", "the same as the word RUN: the file of fsconv train")
      .value("weights", "NAME",
             "best: of the smallest validation loss, or the last where none was kept; last (best)")
      .value("threads", "N", "the result does not depend on it (all cores)");
}

void add_image_options(OptionList& list) {
  list.value("data", "DIR|FILE|NAME", "as fsconv train takes it (the run's)")
      .value(
          "split", "NAME",
          "test, validation, train, or all: every image of the data, to train on, for validation where it says which, to test with (test)")
      .value("binarise", "NAME", "none, dynamic or fixed; the last two are one here: drawn once (the run's)")
      .value("seed", "N", "of binarised pixels and draws (0)");
}

TrainedRun run_of(const Options& options) {
  if (options.text("run").empty())
    throw InvalidArgument("RUN", "is missing", "name the file of a training run, such as results/vae.h5");
  const Weights weights = named<Weights>(options.text("weights", "best"));
  return open_run(options.text("run"), weights);
}

Index image_count_of(const Options& options) {
  return options.has("images") ? options.integer("images", 0, 1, Index{1} << 40) : 0;
}

Grid grid_of(const Options& options, OutputKind kind) {
  constexpr const char* of_pictures[] = {"scale", "columns"};
  if (kind != OutputKind::png) options.require_none_of(of_pictures, "it belongs to FILE.png");
  return {.zoom = options.has("scale") ? options.integer("scale", 0, 1, 1000) : 0,
          .columns = options.has("columns") ? options.integer("columns", 0, 1, 100'000) : 0};
}

void tell_if_emulated(Precision precision) {
  if (precision == Precision::bf16 && !engine::has_bfloat16(engine::current_isa()))
    tell("bf16 is emulated with {}, which is slower than fp32", name(engine::current_isa()));
}

int threads_of(const Options& options) {
  return static_cast<int>(options.integer("threads", usual_threads(), 1, 1024));
}

ImageRequest image_request_of(const Options& options, Index images) {
  ImageRequest request{.data = options.has("data") ? options.required_text("data") : "",
                       .split = named<Split>(options.text("split", "test")),
                       .images = images,
                       .binarise = {},
                       .seed = options.seed(),
                       .threads = threads_of(options)};
  if (options.has("binarise")) request.binarise = named<Binarise>(options.text("binarise"));
  return request;
}

ShownImages load_named_images(const Options& options, const TrainedRun& run, const ImageRequest& request,
                              bool draws) {
  ShownImages images = load_images(run, request);
  constexpr const char* of_draws[] = {"seed"};
  if (images.binarise == Binarise::none && !draws)
    options.require_none_of(of_draws, "these images are not binarised, and nothing else is drawn");
  tell_notes(images.notes);
  return images;
}

void require_output_of(const Options& options, const TrainedRun& run, Output output) {
  for (const char* option : {"run", "codes", "against"})
    if (options.has(option)) output.inputs.push_back(options.text(option));
  const TrainConfig& config = run.trained.config;
  std::vector<std::string> data = {options.text("data", config.data)};
  if (!options.has("data") && !config.test_data.empty()) data.push_back(config.test_data);
  std::error_code none;
  // What is not there replaces nothing, and a folder may have many files.
  if (std::filesystem::exists(output.path, none))
    for (const std::string& name : data) {
      const std::vector<std::string> read = files_of_data(name);
      output.inputs.insert(output.inputs.end(), read.begin(), read.end());
    }
  require_output(output);
  if (is_picture_name(output.path)) require_no_data(output.option, output.path, data);
}

RunInfo info_of(const Options& options, const std::string& kind) {
  return {.kind = kind,
          .command_line = options.command_line(),
          .configuration = options.texts(),
          .seed = options.seed(),
          .threads = threads_of(options),
          .start_time = now()};
}

}  // namespace fsconv::cli
