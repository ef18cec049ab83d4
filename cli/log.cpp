// fsconv log: curves and configurations of training runs, one beside the other.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/exchange/run_events.hpp>
#include <fsconv/train/follow_run.hpp>
#include <fsconv/train/run_differences.hpp>
#include <fsconv/train/run_table.hpp>

#include "commands.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("files", "FILE", "files of fsconv train; words without dashes are such, too");
  list.group("What is shown")
      .value("series", "NAME,...",
             "these series alone, as test_loss,test_kl (of a table those that fit, else all)")
      .flag("last", "of each run its last epoch only")
      .flag(
          "best",
          "of each run its best epoch only: of the smallest validation loss, or test loss where it keeps no "
          "validation images")
      .flag("diff", "what differs between the runs: configuration, model, data, environment");
  list.group("Where it goes")
      .flag("csv", "a line per run and epoch: run,epoch,SERIES...")
      .flag("follow", "go on showing epochs as they end, until the run is finished or Ctrl-C")
      .value("tensorboard", "DIR", "write an event file per run for TensorBoard");
  return list;
}

RunSelection selection_of(const Options& options) {
  using Epochs = RunSelection::Epochs;
  if (options.has("last")) {
    constexpr const char* other[] = {"best"};
    options.require_none_of(other, "--last is given");
  }
  return {.series = options.has("series") ? options.different_words("series") : std::vector<std::string>(),
          .epochs = options.has("last")   ? Epochs::last
                    : options.has("best") ? Epochs::best
                                          : Epochs::all};
}

// Of what the output can be, one.
void check(const Options& options, std::size_t files) {
  if (files == 0) throw InvalidArgument("files", "are missing", "name one file of fsconv train or more");
  if (options.has("csv")) {
    constexpr const char* others[] = {"json", "diff", "follow", "tensorboard"};
    options.require_none_of(others, "--csv is given");
  }
  if (options.has("diff")) {
    constexpr const char* others[] = {"series", "last", "best", "follow", "tensorboard"};
    options.require_none_of(others, "--diff is given");
    if (files < 2) throw InvalidArgument("diff", "compares runs, and there is one", "name two files or more");
  }
  if (options.has("tensorboard")) {
    constexpr const char* others[] = {"series", "last", "best", "follow"};
    options.require_none_of(others, "event files hold all series and epochs");
  }
  if (options.has("follow")) {
    constexpr const char* others[] = {"json", "last", "best"};
    options.require_none_of(others, "--follow is given");
    if (files > 1) throw InvalidArgument("follow", "shows one run as it goes on", "name one file");
  }
}

int write_events(const Options& options, const std::vector<LoggedRun>& runs) {
  const std::string folder = options.required_text("tensorboard");
  const std::vector<std::string> written = write_event_files(runs, folder);
  if (options.has("json")) {
    auto list = nlohmann::json::array();
    for (std::size_t at = 0; at < runs.size(); ++at)
      list.push_back({{"run", runs[at].path}, {"events", written[at]}});
    print_json(list, 2);
  } else {
    fmt::print("{}", wrapped_text(
                         printable(fmt::format("the events of {} are in {}; tensorboard --logdir shows them",
                                               counted(static_cast<Index>(runs.size()), "run"), folder)),
                         page_width()));
  }
  return static_cast<int>(ExitCode::ok);
}

int run(const Options& options) {
  catch_interrupts();
  const std::vector<std::string>& files = options.words();
  const RunSelection selection = selection_of(options);
  check(options, files.size());
  const std::size_t width = page_width();
  if (options.has("follow")) {
    follow_run(files.front(), selection, width, [](const std::string& text) {
      fmt::print("{}", text);
      std::fflush(stdout);
    });
    return static_cast<int>(ExitCode::ok);
  }
  const std::vector<LoggedRun> runs = read_logged_runs(files);
  if (options.has("tensorboard")) return write_events(options, runs);
  shown_series(runs, selection);  // an unknown name is refused before anything is printed
  if (options.has("csv")) {
    fmt::print("{}", csv_of(runs, selection));
  } else if (options.has("json")) {
    print_json(options.has("diff") ? json_of(differences(runs)) : json_of(runs, selection), 2);
  } else if (options.has("diff")) {
    fmt::print("{}", differences_text(runs, width));
  } else if (runs.size() == 1) {
    fmt::print("{}", run_text(runs.front(), selection, width));
  } else if (!selection.series.empty() && selection.epochs == RunSelection::Epochs::all) {
    fmt::print("{}", curves_text(runs, selection, width));
  } else {
    fmt::print("{}\n{}", comparison_text(runs, selection, width), short_differences_text(runs, width));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command log_command() {
  return {.name = "log",
          .summary = "curves and configurations of training runs, compared",
          .usage =
              R"(  fsconv log FILE... [options]

Of one run its curves, a row per epoch; of several how each one ended and what differs between their
configurations, or with --series these curves beside each other. Everything is checked as it is read: a file that
is not what fsconv wrote is an error, and so is one of another command. --csv has a line per run and epoch and a
column per series, empty where a run has none of it; --json the configuration, the machine and the model, too.

--diff says of two runs what the first has (-) and the second (+); of more, which runs have which value.

--tensorboard writes DIR/NAME/events.out.tfevents.fsconv with every series under its name, the configuration as
text and the sample images. Its numbers are floats, for event files have no others. The times are those of the
file: the last epoch ended when it was written, and each one before by the seconds of the next one earlier.

The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5)",
          .examples =
              R"(  fsconv log results/vae.h5
  fsconv log results/vae.h5 --csv
  fsconv log results/vae.h5 --series test_loss,test_kl --last --json
  fsconv log results/vae.h5 --tensorboard results/events
)",
          .options = options,
          .run = run,
          .positional = "files..."};
}

}  // namespace fsconv::cli
