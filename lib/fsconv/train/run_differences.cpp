// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/option_text.hpp>
#include <fsconv/train/model_json.hpp>
#include <fsconv/train/run_differences.hpp>
#include <map>
#include <set>

namespace fsconv {
namespace {

constexpr auto nothing_differs = "Nothing differs: configuration, model, data and environment are the same.";

using Entries = std::map<std::string, nlohmann::json>;

Entries entries_of(const nlohmann::json& object) {
  Entries entries;
  for (const auto& [name, value] : object.items()) entries[name] = value;
  return entries;
}

Entries parameters_of(const LoggedRun& run) {
  const Model& model = run.run.trained.model;
  Entries entries = {{"parameters", model.parameter_count()}};
  for (const ParameterSpec& spec : model.parameters) entries["shape of " + spec.name] = spec.shape;
  return entries;
}

// What is left of a model when its parameters are known: "steps[2]", ...
Entries structure_of(const LoggedRun& run) {
  const nlohmann::json model = to_json(run.run.trained.model);
  Entries entries;
  for (const char* list : {"parameters", "steps", "terms", "values"})
    for (std::size_t at = 0; at < model.at(list).size(); ++at)
      entries[fmt::format("{}[{}]", list, at)] = model.at(list)[at];
  for (const char* name : {"code", "over_draws"}) entries[name] = model.at(name);
  return entries;
}

Entries data_of(const LoggedRun& run) {
  return {{"source", run.run.data_source}, {"checksum", run.run.checksums.all}};
}
Entries parts_of(const LoggedRun& run) { return entries_of(json_of_parts(run.run.checksums)); }

bool records_parts(const LoggedRun& run) { return run.run.checksums.train.has_value(); }

// The weights that a run began with, where they came from elsewhere. Runs that began with the same ones call them as the
// first of these runs does: a file may have another name by now.
nlohmann::json initial_weights_of(const RecordedRun& run, const std::vector<const RecordedRun*>& runs) {
  constexpr std::size_t telling = 12;
  if (!run.initial) return {};
  for (const RecordedRun* one : runs)
    if (one->initial && one->initial->sha256 == run.initial->sha256)
      return fmt::format("{} (SHA-256 {}...)", one->initial->source, one->initial->sha256.substr(0, telling));
  return {};
}

Entries environment_of(const LoggedRun& run) {
  Entries entries = entries_of(run.environment);
  entries["schema_version"] = run.schema_version;
  return entries;
}

std::vector<RunEntry> side_by_side(const std::vector<Entries>& runs) {
  std::set<std::string> names;
  for (const Entries& entries : runs)
    for (const auto& [name, value] : entries) names.insert(name);
  std::vector<RunEntry> list;
  for (const std::string& name : names) {
    RunEntry entry{name, {}};
    for (const Entries& entries : runs) {
      const auto found = entries.find(name);
      entry.values.push_back(found == entries.end() ? nlohmann::json() : found->second);
    }
    list.push_back(std::move(entry));
  }
  return list;
}

// Adds what is not the same in all of them, and says whether there was something.
bool add(std::vector<RunDifference>& list, const std::string& section, std::vector<RunEntry> entries) {
  const std::size_t before = list.size();
  for (RunEntry& entry : entries)
    if (entry.differs()) list.push_back({section, std::move(entry.name), std::move(entry.values)});
  return list.size() > before;
}

template <class Function>
std::vector<RunEntry> of_each(const std::vector<LoggedRun>& runs, const Function& function) {
  std::vector<Entries> list;
  for (const LoggedRun& run : runs) list.push_back(function(run));
  return side_by_side(list);
}

std::string words_of(const nlohmann::json& value) {
  constexpr std::size_t most = 600;
  if (value.is_null()) return "-";
  return excerpt(value_text(value), most);
}

std::string value_lines(const RunDifference& difference, std::size_t width) {
  const auto& values = difference.values;
  std::string text;
  if (values.size() == 2) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}})
      if (!values[at].is_null())
        text += wrapped_text(
            fmt::format("{} {} = {}", at == 0 ? '-' : '+', difference.name, words_of(values[at])), width, 4);
    return text;
  }
  std::vector<bool> told(values.size());
  for (std::size_t at = 0; at < values.size(); ++at) {
    if (told[at]) continue;
    std::string numbers;
    for (std::size_t other = at; other < values.size(); ++other)
      if (values[other] == values[at]) {
        numbers += fmt::format("{}{}", numbers.empty() ? "" : ",", other + 1);
        told[other] = true;
      }
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", words_of(values[at]), numbers);
  }
  return wrapped_text(fmt::format("  {} = {}", difference.name, text), width, 6);
}

std::string names_text(const std::vector<LoggedRun>& runs, std::size_t width) {
  if (runs.size() != 2) return numbered_names(runs, width);
  return wrapped_text("--- " + runs[0].label, width, 4) + wrapped_text("+++ " + runs[1].label, width, 4);
}

std::string text_of(const std::vector<RunDifference>& list, std::size_t width) {
  std::string text, section;
  for (const RunDifference& one : list) {
    if (one.section != section) text += fmt::format("\n{}\n", one.section);
    section = one.section;
    text += value_lines(one, width);
  }
  return text;
}

}  // namespace

bool RunEntry::differs() const {
  return std::any_of(values.begin(), values.end(), [&](const auto& one) { return one != values.front(); });
}

std::vector<RunEntry> configuration_entries(const std::vector<const RecordedRun*>& runs) {
  std::vector<Entries> list;
  for (const RecordedRun* run : runs) {
    list.push_back(entries_of(to_json(run->trained.config)));
    if (nlohmann::json initial = initial_weights_of(*run, runs); !initial.is_null())
      list.back()["init"] = std::move(initial);
    if (!run->smoothing.empty()) list.back()["smooth"] = run->smoothing;
  }
  return side_by_side(list);
}

std::vector<RunDifference> differences(const std::vector<LoggedRun>& runs) {
  std::vector<RunDifference> list;
  std::vector<const RecordedRun*> recorded;
  for (const LoggedRun& run : runs) recorded.push_back(&run.run);
  add(list, "configuration", configuration_entries(recorded));
  if (!add(list, "model", of_each(runs, parameters_of))) add(list, "model", of_each(runs, structure_of));
  add(list, "data", of_each(runs, data_of));
  // What only some of the files record is no difference between their images.
  if (std::all_of(runs.begin(), runs.end(), records_parts)) add(list, "data", of_each(runs, parts_of));
  add(list, "environment", of_each(runs, environment_of));
  return list;
}

std::string differences_text(const std::vector<LoggedRun>& runs, std::size_t width) {
  const std::vector<RunDifference> list = differences(runs);
  if (list.empty()) return wrapped_text(nothing_differs, width, 2);
  return names_text(runs, width) + text_of(list, width);
}

std::string short_differences_text(const std::vector<LoggedRun>& runs, std::size_t width) {
  std::vector<RunDifference> list = differences(runs);
  if (list.empty()) return wrapped_text(nothing_differs, width, 2);
  const auto others = std::stable_partition(list.begin(), list.end(),
                                            [](const auto& one) { return one.section == "configuration"; });
  const auto count = static_cast<Index>(list.end() - others);
  list.erase(others, list.end());
  std::string text = runs.size() == 2 ? names_text(runs, width) : "";
  text += list.empty() ? wrapped_text("The configurations are the same.", width, 2) : text_of(list, width);
  if (text.starts_with('\n')) text.erase(0, 1);
  return count == 0 ? text
                    : text + wrapped_text(fmt::format("\n{} of model, data and environment: --diff",
                                                      counted(count, "other difference")),
                                          width, 2);
}

nlohmann::json json_of(const std::vector<RunDifference>& differences) {
  auto json = nlohmann::json::object();
  for (const RunDifference& one : differences) json[one.section][one.name] = one.values;
  return json;
}

}  // namespace fsconv
