// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/shell_words.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/different_files.hpp>
#include <fsconv/report/report.hpp>
#include <fsconv/report/sections.hpp>
#include <fsconv/train/evaluation_file.hpp>

namespace fsconv::report {

namespace {

// What the files hold, by kind.
struct Results {
  std::vector<Result<RecordedRun>> runs;
  std::vector<Result<EvaluationReport>> evaluations;
  std::vector<Result<RecordedVerification>> verifications;
  std::vector<Result<bench::RecordedTimings>> timings;
  std::vector<Result<bench::RecordedScale>> scales;
  std::vector<Result<RecordedCodes>> codes;
  std::vector<Result<RecordedPictures>> pictures;
};

// Its curves and results are what a page shows.
RecordedRun read_begun_run(const std::string& path) {
  RecordedRun run = read_recorded_run(path);
  if (run.epochs.empty())
    throw BadData(path,
                  run.partial.step == 0
                      ? "holds no epoch: its training has not begun"
                      : fmt::format("holds no whole epoch: its training stands at {} of the first",
                                    counted(run.partial.step, "step")),
                  fmt::format("fsconv train --resume {} goes on with it", shell_path(path)));
  return run;
}

void read_bench(Results& results, const Origin& origin) {
  const hdf5::File file = hdf5::File::open(origin.path);
  if (bench::is_scale(file))
    results.scales.push_back({origin, bench::read_scale(file)});
  else
    results.timings.push_back({origin, bench::read_timings(file)});
}

void read(Results& results, const Origin& origin) {
  const std::string& path = origin.path;
  if (origin.kind == "train")
    results.runs.push_back({origin, read_begun_run(path)});
  else if (origin.kind == "evaluate")
    results.evaluations.push_back({origin, read_evaluation(path)});
  else if (origin.kind == "verify")
    results.verifications.push_back({origin, read_verification(path)});
  else if (origin.kind == "bench")
    read_bench(results, origin);
  else if (origin.kind == "encode")
    results.codes.push_back({origin, read_codes(path)});
  else if (origin.kind == "decode" || origin.kind == "reconstruct")
    results.pictures.push_back({origin, read_pictures(path)});
  else
    throw BadData(
        path, fmt::format("is a file of fsconv {}", excerpt(origin.kind)),
        "a report is made of those of train, evaluate, verify, bench, encode, decode and reconstruct");
}

// Names as they are shown on the page and in its charts.
std::vector<Origin> read_origins(const std::vector<std::string>& files) {
  if (files.empty()) throw InvalidArgument("files", "are missing", "name one HDF5 file of results or more");
  require_different_files(files);
  const std::vector<std::string> labels = labels_of(files);
  std::vector<Origin> origins;
  for (std::size_t at = 0; at < files.size(); ++at) {
    origins.push_back(read_origin(files[at]));
    origins.back().label = shown(labels[at]);
  }
  return origins;
}

}  // namespace

Report report(const std::vector<std::string>& files, const std::string& title) {
  const std::vector<Origin> origins = read_origins(files);
  Results results;
  for (const Origin& origin : origins) {
    stop_if_interrupted();
    read(results, origin);
  }

  const std::string of =
      origins.size() == 1 ? origins.front().label : counted(static_cast<Index>(origins.size()), "file");
  Page page(title.empty() ? "fsconv: report on " + of : title);
  page.json() = {
      {"schema_version", 1}, {"files", nlohmann::json::array()}, {"charts", nlohmann::json::object()}};
  // What failed is read first.
  for (const auto& one : results.verifications) add_verification(page, one);
  if (!results.runs.empty()) add_runs(page, results.runs);
  if (!results.evaluations.empty()) add_evaluations(page, results.evaluations);
  for (const auto& one : results.timings) add_timings(page, one);
  for (const auto& one : results.scales) add_scale(page, one);
  for (const auto& one : results.codes) add_codes(page, one);
  for (const auto& one : results.pictures) add_pictures(page, one);
  add_origins(page, origins);
  const bool dirty =
      std::any_of(origins.begin(), origins.end(), [](const Origin& origin) { return origin.dirty; });
  if (dirty)
    page.verdict(
        false,
        "Some of these files were made by a program that no commit holds: its source had uncommitted changes.");
  return {.html = page.finish(), .verdicts = page.verdicts()};
}

}  // namespace fsconv::report
