// fsconv merge: the files of all shards of a verification or a bench, put together.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/merge.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/verify/merge.hpp>
#include <fsconv/verify/report.hpp>
#include <set>

#include "commands.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("files", "FILE", "of all shards of one run; words without dashes are such, too")
      .value("output", "FILE", "the file that the run without --shard would have written");
  return list;
}

struct Line {
  std::string claim, form, method, found_at, detail, command;
};

// The first check of every claim and form that failed.
std::vector<Line> failures_of(const RecordedVerification& merged) {
  std::vector<Line> list;
  std::set<std::pair<Index, Index>> seen;
  const auto word = [](const std::vector<std::string>& words, Index at) {
    return words[static_cast<std::size_t>(at)];
  };
  for (const RecordedCheck& check : merged.checks)
    if (merged.is_bad(check) && seen.insert({check.claim, check.form}).second)
      list.push_back({word(merged.claims, check.claim), word(merged.forms, check.form),
                      word(merged.methods, check.method), word(merged.cases, check.geometry), check.detail,
                      merged.command(check)});
  return list;
}

int merge_verification(const Options& options, const std::vector<ShardFile>& files,
                       const std::string& output) {
  const RecordedVerification merged = merge_verifications(files);
  write_merged(output, files, merged);
  const std::vector<Line> failures = failures_of(merged);
  if (options.has("json")) {
    auto list = nlohmann::json::array();
    for (const Line& one : failures)
      list.push_back({{"claim", one.claim},
                      {"form", one.form},
                      {"method", one.method},
                      {"found_at", one.found_at},
                      {"detail", one.detail},
                      {"command", one.command}});
    print_json(nlohmann::json{{"kind", "verify"},
                              {"shards", files.size()},
                              {"geometries", merged.cases.size()},
                              {"checks", merged.checks.size()},
                              {"skipped", merged.skipped()},
                              {"proofs", merged.proofs.size()},
                              {"proofs_skipped", merged.proofs_skipped},
                              {"passed", merged.passed},
                              {"failures", list},
                              {"output", output}},
               2);
  } else {
    const std::size_t width = page_width();
    std::string sum =
        fmt::format("{} of fsconv verify: {} on {}", counted(static_cast<Index>(files.size()), "shard"),
                    checks_text(static_cast<Index>(merged.checks.size()), merged.skipped()),
                    counted(static_cast<Index>(merged.cases.size()), "geometry", "geometries"));
    if (!merged.proofs.empty())
      sum +=
          fmt::format(", {} for all sizes", counted(static_cast<Index>(merged.proofs.size()), "statement"));
    sum += merged.passed ? "; all that was tried is as claimed" : "; FAILS";
    fmt::print("{}", wrapped_text(sum, width, 2));
    if (!merged.proofs_skipped.empty())
      fmt::print("{}", wrapped_text(printable("nothing was proved for all sizes: " + merged.proofs_skipped),
                                    width, 2));
    for (const RecordedProof& proof : merged.proofs)
      if (!proof.good())
        fmt::print("\n{}",
                   wrapped_text(printable(fmt::format("{}: {}", proof.name, proof.verdict)), width, 2));
    for (const Line& one : failures) {
      fmt::print("\n{}", wrapped_text(printable(fmt::format("{} FAILS for {} ({}) at {}: {}", one.claim,
                                                            one.form, one.method, one.found_at, one.detail)),
                                      width, 2));
      fmt::print("{}", command_text("  to see it again  ", printable(one.command), width, 21));
    }
  }
  std::fflush(stdout);
  tell("every check is in {}", output);
  if (!merged.passed) return static_cast<int>(ExitCode::claim_failed);
  if (const std::string vain = named_in_vain(merged); !vain.empty())
    throw InvalidArgument(
        "files", vain, "what was not tried does not hold: name other claims, forms, methods or geometries");
  return static_cast<int>(ExitCode::ok);
}

int merge_bench(const Options& options, const std::vector<ShardFile>& files, const std::string& output) {
  const bench::MergedTimings merged = bench::merge_timings(files, output);
  if (options.has("json"))
    print_json(nlohmann::json{{"kind", "bench"},
                              {"shards", files.size()},
                              {"items", merged.items},
                              {"refused", merged.refused},
                              {"output", output}},
               2);
  else
    fmt::print("{} of fsconv bench: {}{}\n", counted(static_cast<Index>(files.size()), "shard"),
               counted(merged.items, "item"), merged.refused ? ", and some compute something wrong" : "");
  std::fflush(stdout);
  tell("every sample is in {}", output);
  return static_cast<int>(merged.refused ? ExitCode::claim_failed : ExitCode::ok);
}

int run(const Options& options) {
  catch_interrupts();
  const std::vector<std::string>& paths = options.words();
  if (paths.empty())
    throw InvalidArgument("files", "are missing", "name the files of all shards of fsconv verify or bench");
  const std::string output = options.required_text("output");
  require_hdf5_name(output);
  require_unread("output", output, paths);
  const std::vector<ShardFile> files = read_shard_files(paths);
  require_output({.path = output, .kind = files.front().kind});
  return files.front().kind == "verify" ? merge_verification(options, files, output)
                                        : merge_bench(options, files, output);
}

}  // namespace

Command merge_command() {
  return {.name = "merge",
          .summary = "puts the files of the shards of a verification or bench together",
          .usage =
              R"(  fsconv merge FILE... --output FILE

Joins the files that fsconv verify --shard I/N, or fsconv bench --shard I/N, wrote for I = 1 to N. They must be all
of one run: a shard that is missing or there twice, another number of shards, other options, seeds, versions or
instructions are refused (exit code 4), and so is a file that was damaged or is no shard. The file that is written is
the one of the run without --shard, but for its times, and fsconv report reads it. Exit code 3 if a claim fails in any
shard, with the command that shows it again.)",
          .examples = R"(  fsconv verify --method exact --shard 1/2 --output exact-1.h5
  fsconv verify --method exact --shard 2/2 --output exact-2.h5
  fsconv merge exact-1.h5 exact-2.h5 --output exact.h5
  fsconv merge exact-1.h5 exact-2.h5 --output exact.h5 --json
)",
          .options = options,
          .run = run,
          .positional = "files..."};
}

}  // namespace fsconv::cli
