// fsconv import: makes the file of a run of weights that were trained elsewhere.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/exchange/initial.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/train/options.hpp>
#include <fsconv/train/train.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "training_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  return training_options()
      .group("Files")
      .value("file", "FILE",
             "the weights: .safetensors, .npz, PyTorch's .pt, or a run's; as the only word, too")
      .value("like", "RUN",
             "the run whose model, data and settings it has; other options replace some of them")
      .value("output", "FILE", "HDF5 file of the run, with a PNG beside it (required)")
      .flag("force", "replace the file");
}

TrainRun run_of(const Options& options) {
  TrainRun run;
  run.command_line = options.command_line();
  run.output = options.required_text("output");
  run.force = options.has("force");
  run.untrained = true;
  require_kept(run.output, {options.config_file()}, "what is read");
  if (options.has("like")) {
    const std::string like = options.required_text("like");
    require_kept(run.output, {like}, "the run that it is to be like");
    run.config = read_train_config(hdf5::File::open(like));
    if (!options.has("data")) run.data_named_in = like;
  }
  run.config.threads = hardware_threads();
  set_options(run.config, options.texts());
  return run;
}

nlohmann::json json_of(const CheckOutcome& outcome) {
  nlohmann::json lines = nlohmann::json::array();
  for (const CheckOutcome::Line& line : outcome.lines)
    lines.push_back({{"name", line.name}, {"off", line.off}, {"tolerance", line.tolerance}});
  return lines;
}

int run(const Options& options) {
  const std::string file = options.required_text("file");
  TrainRun wanted = run_of(options);
  check(wanted.config);
  CheckOutcome outcome;
  initialise_from(wanted, file, [&](const CheckOutcome& found) { outcome = found; });
  catch_interrupts();
  const bool json = options.has("json");
  train(wanted, {.on_model =
                     [&](const std::string& text) {
                       if (!json) fmt::print("{}\n", text);
                     },
                 .say = [](const std::string& text) { tell("{}", text); }});
  if (json)
    print_json(nlohmann::json{{"output", wanted.output},
                              {"file", file},
                              {"sha256", wanted.initial->sha256},
                              {"check", json_of(outcome)}});
  else
    fmt::print(
        "{}", wrapped_text(fmt::format("{}  the weights of {}; {}", one_line(wanted.output), one_line(file),
                                       outcome.lines.empty() ? "it says of no image what they must make of it"
                                                             : outcome.text()),
                           page_width(), 4));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command import_command() {
  return {.name = "import",
          .summary = "make a run's file of weights that were trained elsewhere",
          .usage =
              R"(  fsconv import FILE --like RUN --output RUN2
  fsconv import FILE --data NAME [options of the model] --output RUN2

The weights are read from .safetensors, .npz, a state_dict that PyTorch saved (.pt; nothing in it is run), or
a run's file, whatever its name. They are those of the same model: all tensors are there and no others, under
PyTorch's names (encoder.0.weight, decoder_input.bias; fsconv export writes them) or fsconv's (conv1), in the
layouts of PyTorch. A weight that encoder and decoder share stands there once, or under both names with the
same numbers. float16, bfloat16 and float64 become float32. A file that says what the model must make of an
image is believed only where this one does.

The output is the file of a run of no epochs yet: evaluate, encode, decode, reconstruct, draw and export use
it, and fsconv train --resume trains it, with the settings given here.

The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5
and fsconv export results/vae.h5 --to results/vae.safetensors)",
          .examples =
              R"(  fsconv import results/vae.safetensors --like results/vae.h5 --output results/again.h5
  fsconv import results/vae.safetensors --data generated --model vae --output results/imported.h5
)",
          .options = options,
          .run = run,
          .resolve_spellings = resolve_spellings,
          .positional = "file"};
}

}  // namespace fsconv::cli
