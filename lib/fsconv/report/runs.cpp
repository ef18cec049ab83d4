// Training runs: which compare, what differs between them and how they ended.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/io/option_text.hpp>
#include <fsconv/report/sections.hpp>
#include <fsconv/train/run_differences.hpp>
#include <map>
#include <numeric>

namespace fsconv::report {

namespace {

using Runs = std::vector<Result<RecordedRun>>;

// The loss of the epoch whose weights count: the best one by the validation images, else the last.
double final_loss(const RecordedRun& run) {
  return run.find("test_loss")->values[static_cast<std::size_t>(run.trained.epoch - 1)];
}
const std::string& units_of(const RecordedRun& run) { return run.find("test_loss")->units; }

Cell option_cell(const nlohmann::json& value) { return {value.is_null() ? "–" : value_text(value)}; }

// The options that differ between runs, and those that do not.
struct Options {
  std::vector<RunEntry> different, common;
};
Options options_of(const Runs& runs) {
  std::vector<const RecordedRun*> recorded;
  for (const auto& run : runs) recorded.push_back(&run.of);
  Options options;
  for (RunEntry& entry : configuration_entries(recorded)) {
    std::vector<RunEntry>& list = entry.differs() ? options.different : options.common;
    list.push_back(std::move(entry));
  }
  // Of what differs, the seed says least.
  std::stable_partition(options.different.begin(), options.different.end(),
                        [](const RunEntry& entry) { return entry.name != "seed"; });
  return options;
}

// Runs that differ in their seed alone, and whose losses compare, have the same number: where images are drawn from the seed,
// another seed has other ones.
std::vector<std::size_t> configurations_of(const Runs& runs, const Groups& groups, const Options& options) {
  std::map<std::pair<std::size_t, std::vector<nlohmann::json>>, std::size_t> known;
  std::vector<std::size_t> configurations;
  for (std::size_t at = 0; at < runs.size(); ++at) {
    std::vector<nlohmann::json> values;
    for (const RunEntry& entry : options.different)
      if (entry.name != "seed") values.push_back(entry.values[at]);
    configurations.push_back(known.emplace(std::pair(groups.of[at], values), known.size()).first->second);
  }
  return configurations;
}

void add_comparison(Page& page, const Runs& runs, const Options& options) {
  if (runs.size() > 1) {
    page.subheading("What differs between the runs");
    if (options.different.empty())
      page.say("Nothing: all of them have the same configuration, seed included.");
    else {
      Table differences{.caption = "Options that are not the same for all runs",
                        .head = {"run"},
                        .rows = {},
                        .filterable = runs.size() > 12};
      for (const RunEntry& entry : options.different) differences.head.push_back(entry.name);
      for (std::size_t at = 0; at < runs.size(); ++at) {
        std::vector<Cell> row{{runs[at].origin.label}};
        for (const RunEntry& entry : options.different) row.push_back(option_cell(entry.values[at]));
        differences.rows.push_back(std::move(row));
      }
      page.add(table(differences));
    }
  }
  Table common{.caption = runs.size() > 1 ? "Options that are the same for all runs" : "Options of the run",
               .head = {"option", "value"},
               .rows = {}};
  for (const RunEntry& entry : options.common)
    common.rows.push_back({{entry.name}, option_cell(entry.values.front())});
  page.add(folded(common.caption, {table(common)}));
}

void add_results(Page& page, const Runs& runs, const Groups& groups) {
  page.subheading("How they ended");
  for (const auto& run : runs)
    if (run.of.is_smoothed())
      page.say(fmt::format(
          "{} was written by fsconv smooth: its weights are moved, and its losses and curves are those of the "
          "training before. fsconv evaluate has its loss.",
          run.origin.label));
  const bool variational = std::any_of(runs.begin(), runs.end(),
                                       [](const auto& run) { return run.of.find("test_kl") != nullptr; });
  Table results{
      .caption =
          "At the epoch whose weights count: the best by the validation images where a run keeps some, else the last. Losses are means per image, at beta 1",
      .head = {"run", "epoch", "epochs", "test loss"},
      .rows = {},
      .filterable = runs.size() > 12};
  if (variational) results.head.insert(results.head.end(), {"reconstruction", "KL"});
  results.head.insert(results.head.end(), {"unit", "parameters", "seconds, all epochs", "images/s, median"});
  const bool apart = groups.members.size() > 1;
  if (apart) results.head.insert(results.head.begin() + 1, "group");
  for (std::size_t number = 0; number < runs.size(); ++number) {
    const auto& run = runs[number];
    const auto epoch = static_cast<std::size_t>(run.of.trained.epoch - 1);
    const auto at_epoch = [&](const char* name) {
      return run.of.find(name) ? number_cell(run.of.find(name)->values[epoch], 6)
                               : Cell{"–", Cell::Kind::number};
    };
    const std::vector<double>& seconds = run.of.find("seconds")->values;
    std::vector<Cell> row{{run.origin.label},
                          {fmt::format("{}, the {}", run.of.trained.epoch,
                                       run.of.trained.is_best            ? "best"
                                       : run.of.trained.partial_step > 0 ? "last whole one"
                                                                         : "last"),
                           Cell::Kind::number},
                          count_cell(static_cast<Index>(run.of.epochs.size())),
                          at_epoch("test_loss")};
    if (variational) row.insert(row.end(), {at_epoch("test_reconstruction"), at_epoch("test_kl")});
    row.insert(row.end(), {Cell{units_of(run.of)}, count_cell(run.of.trained.model.parameter_count()),
                           number_cell(std::accumulate(seconds.begin(), seconds.end(), 0.0), 4),
                           number_cell(median_of(run.of.find("images_per_second")->values), 4)});
    if (apart) row.insert(row.begin() + 1, Cell{std::to_string(groups.of[number] + 1), Cell::Kind::number});
    results.rows.push_back(std::move(row));
  }
  page.add(table(results));
}

// Configurations that ran with several seeds.
void add_spread(Page& page, const Runs& runs, const Options& options,
                const std::vector<std::size_t>& configurations) {
  const std::size_t count =
      configurations.empty() ? 0 : *std::max_element(configurations.begin(), configurations.end()) + 1;
  // A copy of a run, or one whose weights were changed afterwards, is no further seed.
  std::vector<std::map<std::uint64_t, double>> by_seed(count);
  // One that was stopped is none, either: it would be compared at another epoch.
  for (std::size_t at = 0; at < runs.size(); ++at)
    if (runs[at].of.is_finished())
      by_seed[configurations[at]].emplace(runs[at].of.trained.config.seed, final_loss(runs[at].of));
  if (std::all_of(by_seed.begin(), by_seed.end(), [](const auto& losses) { return losses.size() < 2; }))
    return;
  page.subheading("Over seeds");
  Table spread{
      .caption =
          "Finished runs that differ in their seed alone: mean of the test losses above, and the standard deviation between seeds",
      .head = {"runs"},
      .rows = {}};
  std::vector<const RunEntry*> entries;
  for (const RunEntry& entry : options.different)
    if (entry.name != "seed") entries.push_back(&entry);
  for (const RunEntry* entry : entries) spread.head.push_back(entry->name);
  spread.head.insert(spread.head.end(), {"seeds", "test loss", "deviation"});
  for (std::size_t number = 0; number < count; ++number) {
    if (by_seed[number].empty()) continue;
    std::vector<double> losses;
    std::string labels;
    std::size_t first = runs.size();
    for (std::size_t at = 0; at < runs.size(); ++at) {
      if (configurations[at] != number || !runs[at].of.is_finished()) continue;
      first = std::min(first, at);
      labels += (labels.empty() ? "" : ", ") + runs[at].origin.label;
    }
    for (const auto& [seed, loss] : by_seed[number]) losses.push_back(loss);
    const auto n = static_cast<double>(losses.size());
    const double mean = std::accumulate(losses.begin(), losses.end(), 0.0) / n;
    double squares = 0;
    for (const double loss : losses) squares += (loss - mean) * (loss - mean);
    std::vector<Cell> row{{labels}};
    for (const RunEntry* entry : entries) row.push_back(option_cell(entry->values[first]));
    row.insert(row.end(), {count_cell(static_cast<Index>(losses.size())), number_cell(mean, 6),
                           losses.size() > 1 ? number_cell(std::sqrt(squares / (n - 1)), 3)
                                             : Cell{"–", Cell::Kind::number}});
    spread.rows.push_back(std::move(row));
  }
  page.add(table(spread));
}

std::string loss_text(const Result<RecordedRun>& run) {
  return fmt::format(
      "{} {} after epoch {} of {}", draw::number_text(final_loss(run.of)), units_of(run.of),
      run.of.trained.epoch,
      run.of.is_finished() ? static_cast<Index>(run.of.epochs.size()) : run.of.trained.config.epochs);
}

// Of runs whose losses compare: who has the smallest, and who the largest.
void add_ranking(Page& page, const Runs& runs, const std::vector<std::size_t>& members,
                 const std::string& group) {
  Standing standing;
  std::vector<const RecordedRun*> recorded;
  for (const std::size_t at : members) {
    const double loss = final_loss(runs[at].of);
    standing.add(runs[at].origin.label, loss, draw::number_text(loss));
    recorded.push_back(&runs[at].of);
  }
  const std::size_t low = standing.smallest(), high = standing.largest();
  const std::string of =
      fmt::format("{} training runs{}", members.size(), group.empty() ? "" : " of " + group);
  const auto loss_at = [&](std::size_t place) { return loss_text(runs[members[place]]); };
  if (standing.are_equal())
    page.verdict(true, fmt::format("The {} have the same test loss, {}.", of, loss_at(low)));
  else
    page.verdict(true, fmt::format("Of {}, {} the smallest test loss, {}; {} the largest, {}.", of,
                                   standing.who(low, "has", "have"), loss_at(low),
                                   standing.who(high, "has", "have"), loss_at(high)));
  if (const std::string drawn = own_draws_text(recorded); !drawn.empty()) page.verdict(true, drawn);
}

void add_verdict(Page& page, const Runs& runs, const Groups& groups) {
  std::vector<std::string> unfinished, smoothed;
  for (const auto& run : runs) {
    if (!run.of.is_finished())
      unfinished.push_back(fmt::format("{} ({} of {} epochs)", run.origin.label, run.of.epochs.size(),
                                       run.of.trained.config.epochs));
    if (run.of.is_smoothed()) smoothed.push_back(run.origin.label);
  }
  const bool apart = groups.members.size() > 1;
  if (apart) page.verdict(true, apart_text(groups, "training runs", "losses"));
  for (std::size_t group = 0; group < groups.members.size(); ++group) {
    std::vector<std::size_t> members = groups.members[group];
    std::erase_if(members, [&](std::size_t at) { return runs[at].of.is_smoothed(); });
    if (members.size() > 1)
      add_ranking(page, runs, members, apart ? Groups::name(group) : "");
    else if (members.size() == 1 && !apart)
      page.verdict(true, fmt::format("{} has a test loss of {}.", runs[members.front()].origin.label,
                                     loss_text(runs[members.front()])));
  }
  if (!smoothed.empty())
    page.verdict(true,
                 fmt::format("{} {} written by fsconv smooth: {} losses are those of the training before.",
                             enumeration(smoothed), smoothed.size() == 1 ? "was" : "were",
                             smoothed.size() == 1 ? "its" : "their"));
  if (!unfinished.empty()) page.verdict(true, "Not finished: " + enumeration(unfinished) + ".");
}

nlohmann::json json_of_run(const Result<RecordedRun>& run) {
  nlohmann::json json = json_of(run.origin);
  json["configuration"] = run.of.configuration;
  json["data_source"] = run.of.data_source;
  json["data_checksum"] = run.of.checksums.all;
  json.update(json_of_parts(run.of.checksums));
  json["initial_weights"] = json_of(run.of.initial);
  json["parameters"] = run.of.trained.model.parameter_count();
  json["weights_of_epoch"] = run.of.trained.epoch;
  json["weights"] = run.of.trained.is_best ? "best" : "last";
  json["epoch"] = run.of.epochs;
  for (const RecordedSeries& one : run.of.series)
    json["series"][one.name] = {{"units", one.units}, {"long_name", one.long_name}, {"values", one.values}};
  return json;
}

}  // namespace

void add_runs(Page& page, const Runs& runs) {
  const Groups groups = grouped(runs, loss_aspects());
  add_verdict(page, runs, groups);
  page.heading(runs.size() == 1 ? "Training run" : "Training runs");
  const Options options = options_of(runs);
  const std::vector<std::size_t> configurations = configurations_of(runs, groups, options);
  std::vector<std::string> labels;
  for (const auto& run : runs) labels.push_back(run.origin.label);
  add_groups(page, groups, labels, "training runs", "losses");
  add_comparison(page, runs, options);
  add_results(page, runs, groups);
  add_spread(page, runs, options, configurations);
  add_run_curves(page, runs, groups, configurations);
  constexpr std::size_t most_pictures = 6;
  for (std::size_t at = 0; at < std::min(runs.size(), most_pictures); ++at) add_run_pictures(page, runs[at]);
  if (runs.size() > most_pictures)
    page.say(fmt::format(
        "Pictures of the first {} runs are shown. For those of another one, make a report of it alone.",
        most_pictures));
  add_patterns(page, runs);
  for (std::size_t at = 0; at < runs.size(); ++at) {
    page.json()["files"].push_back(json_of_run(runs[at]));
    page.json()["files"].back()["group"] = groups.of[at] + 1;
  }
}

}  // namespace fsconv::report
