// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/different_files.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/train/run_layout.hpp>
#include <fsconv/train/run_table.hpp>

namespace fsconv {
namespace {

constexpr std::size_t longest_path = 4096;

nlohmann::json json_of_attribute(const hdf5::Value& value) {
  return std::visit([](const auto& held) { return nlohmann::json(held); }, value);
}

std::string text_attribute(const hdf5::File& file, const char* name) {
  return file.has_attribute("/", name) ? file.string_attribute("/", name) : std::string();
}

// How the program was made and where it ran, not what it was asked for nor when.
nlohmann::json environment_of(const hdf5::File& file) {
  auto environment = nlohmann::json::object();
  for (const char* name : {"git_commit", "git_dirty", "host", "cpu", "threads", "isa", "ranks"})
    if (file.has_attribute("/", name)) environment[name] = json_of_attribute(file.attribute("/", name));
  for (const std::string& name : file.attributes("/"))
    if (name.starts_with("version.") || name.starts_with("exchange."))
      environment[name] = json_of_attribute(file.attribute("/", name));
  return environment;
}

void add_skipped_steps(LoggedRun& logged, SealedReader& sealed) {
  const Tensor<std::int64_t> counts = sealed.read<std::int64_t>(skipped_series);
  logged.run.series.push_back({"skipped_steps", "1", skipped_long_name, {}});
  for (const std::int64_t count : counts)
    logged.run.series.back().values.push_back(static_cast<double>(count));
}

// As RFC 4180 has it: in quotation marks where it needs them.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + "\"";
}

nlohmann::json json_of_values(const std::vector<double>& values, const std::vector<std::size_t>& places) {
  auto list = nlohmann::json::array();
  for (const std::size_t at : places)
    list.push_back(std::isfinite(values[at]) ? nlohmann::json(values[at]) : nlohmann::json());
  return list;
}

nlohmann::json json_of(const PartialEpoch& partial) {
  if (partial.step == 0) return {};
  return {{"step", partial.step},
          {"images", partial.images},
          {"skipped_steps", partial.skipped_steps},
          {"seconds", partial.seconds}};
}

nlohmann::json json_of_model(const Model& model) {
  nlohmann::json json = {{"parameters", model.parameter_count()}, {"shapes", nlohmann::json::object()}};
  for (const ParameterSpec& spec : model.parameters) json["shapes"][spec.name] = spec.shape;
  return json;
}

}  // namespace

std::string LoggedRun::best_by() const {
  return run.find("validation_loss") ? "validation_loss" : "test_loss";
}

std::size_t LoggedRun::best() const {
  const std::vector<double>& losses = run.find(best_by())->values;
  return static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin());
}

std::string LoggedRun::progress() const {
  const Index wanted = run.trained.config.epochs;
  if (epochs() == 0 && run.partial.step == 0) return "not begun: it has weights and no epochs";
  const Index steps = run.partial.step;
  const std::string reached =
      fmt::format("epoch {} of {}{}", epochs(), wanted,
                  steps > 0 ? fmt::format(" and {} of the next", counted(steps, "step")) : "");
  if (!run.is_finished()) return reached + ", not finished";
  return static_cast<Index>(epochs()) < wanted ? reached + ", ended by its patience" : reached;
}

LoggedRun read_logged_run(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  read_configuration(file);  // refuses what is no file of fsconv's, or of a newer schema
  require_kind(file, "train", "train");
  LoggedRun logged{.path = path,
                   .label = excerpt(path, longest_path),
                   .run = read_recorded_run(file),
                   .environment = environment_of(file),
                   .start_time = text_attribute(file, "start_time"),
                   .end_time = text_attribute(file, "end_time"),
                   .schema_version = file.integer_attribute("/", "schema_version")};
  SealedReader sealed(file);
  if (file.exists(skipped_series)) add_skipped_steps(logged, sealed);
  logged.run.trained.parameters.clear();
  return logged;
}

std::vector<LoggedRun> read_logged_runs(const std::vector<std::string>& paths) {
  if (paths.empty()) throw InvalidArgument("files", "are missing", "name one file of fsconv train or more");
  require_different_files(paths);
  std::vector<LoggedRun> runs;
  for (const std::string& path : paths) {
    stop_if_interrupted();
    runs.push_back(read_logged_run(path));
  }
  return runs;
}

std::vector<std::size_t> RunSelection::places(const LoggedRun& run) const {
  if (run.epochs() == 0) return {};
  if (epochs == Epochs::last) return {run.epochs() - 1};
  if (epochs == Epochs::best) return {run.best()};
  std::vector<std::size_t> all(run.epochs());
  for (std::size_t at = 0; at < all.size(); ++at) all[at] = at;
  return all;
}

std::vector<std::string> shown_series(const std::vector<LoggedRun>& runs, const RunSelection& selection) {
  std::vector<std::string> there;
  for (const LoggedRun& run : runs)
    for (const RecordedSeries& one : run.run.series)
      if (std::find(there.begin(), there.end(), one.name) == there.end()) there.push_back(one.name);
  if (selection.series.empty()) return there;
  for (const std::string& name : selection.series)
    if (std::find(there.begin(), there.end(), name) == there.end())
      throw InvalidArgument("series", fmt::format("'{}' is in none of the files", excerpt(name)),
                            fmt::format("there are {}", fmt::join(there, ", ")));
  return selection.series;
}

std::string csv_of(const std::vector<LoggedRun>& runs, const RunSelection& selection) {
  const std::vector<std::string> names = shown_series(runs, selection);
  std::string text = fmt::format("run,epoch{}{}\n", names.empty() ? "" : ",", fmt::join(names, ","));
  for (const LoggedRun& run : runs)
    for (const std::size_t at : selection.places(run)) {
      text += fmt::format("{},{}", csv_field(run.label), run.run.epochs[at]);
      for (const std::string& name : names) {
        const RecordedSeries* of = run.run.find(name);
        text += of ? fmt::format(",{}", of->values[at]) : ",";
      }
      text += "\n";
    }
  return text;
}

nlohmann::json json_of(const std::vector<LoggedRun>& runs, const RunSelection& selection) {
  const std::vector<std::string> names = shown_series(runs, selection);
  auto list = nlohmann::json::array();
  for (const LoggedRun& run : runs) {
    const std::vector<std::size_t> places = selection.places(run);
    nlohmann::json data = json_of_parts(run.run.checksums);
    data["source"] = run.run.data_source;
    data["checksum"] = run.run.checksums.all;
    nlohmann::json json = {
        {"run", run.path},
        {"kind", "train"},
        {"schema_version", run.schema_version},
        {"command_line", run.run.command_line},
        {"start_time", run.start_time},
        {"end_time", run.end_time},
        {"configuration", run.run.configuration},
        {"data", std::move(data)},
        {"initial_weights", json_of(run.run.initial)},
        {"environment", run.environment},
        {"model", json_of_model(run.run.trained.model)},
        {"finished", run.run.is_finished()},
        {"epochs", run.epochs()},
        {"partial_epoch", json_of(run.run.partial)},
        {"best", run.epochs() == 0 ? nlohmann::json()
                                   : nlohmann::json{{"epoch", run.best() + 1}, {"by", run.best_by()}}},
        {"epoch", nlohmann::json::array()},
        {"series", nlohmann::json::object()}};
    for (const std::size_t at : places) json["epoch"].push_back(at + 1);
    for (const std::string& name : names)
      if (const RecordedSeries* of = run.run.find(name))
        json["series"][name] = {{"units", of->units},
                                {"long_name", of->long_name},
                                {"values", json_of_values(of->values, places)}};
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace fsconv
