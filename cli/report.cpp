// fsconv report: one page on what runs, evaluations, verifications and timings found.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/report/report.hpp>

#include "commands.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value(
          "files", "FILE",
          "HDF5 files of train, evaluate, verify, bench, encode, decode and reconstruct; words without dashes are such, too")
      .value("output", "FILE.html", "the page; one that is there is replaced")
      .value("title", "TEXT", "of the page (what it is on)");
  return list;
}

// A run that was meant to be read and is named as the output by mistake is no page.
void require_page_name(const std::string& output) {
  const std::string lower = lower_case(output);
  if (!lower.ends_with(".html") && !lower.ends_with(".htm") && !lower.starts_with("/dev/"))
    throw InvalidArgument("output", fmt::format("'{}' is no name of a page", excerpt(output)),
                          "end it in .html");
}

int run(const Options& options) {
  catch_interrupts();
  const std::string output = options.required_text("output");
  require_page_name(output);
  require_output({.path = output, .inputs = options.words()});
  const report::Report report = report::report(options.words(), options.text("title"));
  write_whole(output, report.html);
  if (options.has("json")) {
    nlohmann::json verdicts = nlohmann::json::array();
    for (const report::Finding& one : report.verdicts)
      verdicts.push_back({{"good", one.good}, {"sentence", one.sentence}});
    print_json(nlohmann::json{{"output", output}, {"verdicts", verdicts}}, 2);
  } else {
    for (const report::Finding& one : report.verdicts)
      fmt::print("{}", wrapped_text(one_line(one.sentence), page_width(), 2));
  }
  tell("the report is in {}", output);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command report_command() {
  return {.name = "report",
          .summary = "one page on runs, evaluations, verifications and timings",
          .usage =
              R"(  fsconv report FILE.h5... -o REPORT.html

A page of HTML that holds all it shows and asks no network for anything: the verdicts in a sentence each, the curves
of several runs over each other and what differs between their configurations, reconstructions, samples of a vae's
prior, filters and where the entries of W are, evaluations with their errors, verifications with the failures first
and the command that repeats each, timings, predictions for several ranks, pictures of decoded codes, and the
command, commit and machine that made each file. Every chart is a table, too, and all numbers stand in the page as JSON for scripts (element fsconv-report). It is read
without JavaScript, on a phone, in the dark and on paper.

The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5, and fsconv
evaluate results/vae.h5 --output results/vae-eval.h5)",
          .examples =
              R"(  fsconv report results/vae.h5 -o results/report.html
  fsconv report results/vae.h5 results/vae-eval.h5 --title small --output results/report.html
)",
          .options = options,
          .run = run,
          .positional = "files..."};
}

}  // namespace fsconv::cli
