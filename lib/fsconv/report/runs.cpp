// Training runs: what differs between them, how they ended, and their curves.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/report/sections.hpp>
#include <map>
#include <numeric>
#include <set>

namespace fsconv::report {

namespace {

using Runs = std::vector<Result<RecordedRun>>;

std::string words_of(const nlohmann::json& value) {
  if (value.is_null()) return "–";
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// The loss of the epoch whose weights count: the best one by the validation images, else the last.
double final_loss(const RecordedRun& run) {
  return run.find("test_loss")->values[static_cast<std::size_t>(run.trained.epoch - 1)];
}
const std::string& units_of(const RecordedRun& run) { return run.find("test_loss")->units; }

// What a run can be compared in: the same number means the same of both.
bool comparable(const RecordedRun& one, const RecordedRun& other) {
  return units_of(one) == units_of(other) && one.data_source == other.data_source &&
         likelihood_of(one.trained.config) == likelihood_of(other.trained.config);
}

// The options that differ between runs, and those that do not, each with the values.
struct Options {
  std::vector<std::string> different, common;
};
Options options_of(const Runs& runs) {
  std::set<std::string> names;
  for (const auto& run : runs)
    for (const auto& [name, value] : run.of.configuration.items()) names.insert(name);
  const auto value_of = [](const RecordedRun& run, const std::string& name) {
    const auto found = run.configuration.find(name);
    return found == run.configuration.end() ? nlohmann::json() : *found;
  };
  Options options;
  for (const std::string& name : names) {
    const bool same = std::all_of(runs.begin(), runs.end(), [&](const auto& run) {
      return value_of(run.of, name) == value_of(runs.front().of, name);
    });
    (same ? options.common : options.different).push_back(name);
  }
  // Of what differs, the seed says least.
  std::stable_partition(options.different.begin(), options.different.end(),
                        [](const std::string& name) { return name != "seed"; });
  return options;
}

std::string option_text(const RecordedRun& run, const std::string& name) {
  const auto found = run.configuration.find(name);
  return found == run.configuration.end() ? "–" : words_of(*found);
}

// Runs that differ in their seed alone have the same number.
std::vector<std::size_t> groups_of(const Runs& runs) {
  std::map<std::string, std::size_t> known;
  std::vector<std::size_t> groups;
  for (const auto& run : runs) {
    nlohmann::json configuration = run.of.configuration;
    configuration.erase("seed");
    groups.push_back(known.emplace(words_of(configuration), known.size()).first->second);
  }
  return groups;
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
      differences.head.insert(differences.head.end(), options.different.begin(), options.different.end());
      for (const auto& run : runs) {
        std::vector<Cell> row{{run.origin.label}};
        for (const std::string& name : options.different) row.push_back({option_text(run.of, name)});
        differences.rows.push_back(std::move(row));
      }
      page.add(table(differences));
    }
  }
  Table common{.caption = runs.size() > 1 ? "Options that are the same for all runs" : "Options of the run",
               .head = {"option", "value"},
               .rows = {}};
  for (const std::string& name : options.common)
    common.rows.push_back({{name}, {option_text(runs.front().of, name)}});
  page.add(folded(common.caption, {table(common)}));
}

void add_results(Page& page, const Runs& runs) {
  page.subheading("How they ended");
  for (const auto& run : runs)
    if (run.origin.fact("command_line").find("fsconv smooth ") != std::string::npos)
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
  results.head.insert(results.head.end(), {"unit", "parameters", "seconds", "images/s"});
  for (const auto& run : runs) {
    const auto epoch = static_cast<std::size_t>(run.of.trained.epoch - 1);
    const auto at_epoch = [&](const char* name) {
      return run.of.find(name) ? number_cell(run.of.find(name)->values[epoch], 6)
                               : Cell{"–", Cell::Kind::number};
    };
    const std::vector<double>& seconds = run.of.find("seconds")->values;
    std::vector<double> rates = run.of.find("images_per_second")->values;
    std::nth_element(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2),
                     rates.end());
    std::vector<Cell> row{
        {run.origin.label},
        {fmt::format("{}, the {}", run.of.trained.epoch, run.of.trained.is_best ? "best" : "last"),
         Cell::Kind::number},
        count_cell(static_cast<Index>(run.of.epochs.size())),
        at_epoch("test_loss")};
    if (variational) row.insert(row.end(), {at_epoch("test_reconstruction"), at_epoch("test_kl")});
    row.insert(row.end(), {Cell{units_of(run.of)}, count_cell(run.of.trained.model.parameter_count()),
                           number_cell(std::accumulate(seconds.begin(), seconds.end(), 0.0), 4),
                           number_cell(rates[rates.size() / 2], 4)});
    results.rows.push_back(std::move(row));
  }
  page.add(table(results));
}

// Configurations that ran with several seeds.
void add_spread(Page& page, const Runs& runs, const Options& options,
                const std::vector<std::size_t>& groups) {
  const std::size_t count = groups.empty() ? 0 : *std::max_element(groups.begin(), groups.end()) + 1;
  // A copy of a run, or one whose weights were changed afterwards, is no further seed.
  std::vector<std::map<std::string, double>> by_seed(count);
  for (std::size_t at = 0; at < runs.size(); ++at)
    by_seed[groups[at]].emplace(option_text(runs[at].of, "seed"), final_loss(runs[at].of));
  if (std::all_of(by_seed.begin(), by_seed.end(), [](const auto& losses) { return losses.size() < 2; }))
    return;
  page.subheading("Over seeds");
  Table spread{
      .caption =
          "Runs that differ in their seed alone: mean of the test losses above, and the standard deviation between seeds",
      .head = {"runs"},
      .rows = {}};
  std::vector<std::string> names;
  for (const std::string& name : options.different)
    if (name != "seed") names.push_back(name);
  spread.head.insert(spread.head.end(), names.begin(), names.end());
  spread.head.insert(spread.head.end(), {"seeds", "test loss", "deviation"});
  for (std::size_t group = 0; group < count; ++group) {
    std::vector<double> losses;
    std::string labels;
    std::size_t first = runs.size();
    for (std::size_t at = 0; at < runs.size(); ++at) {
      if (groups[at] != group) continue;
      first = std::min(first, at);
      labels += (labels.empty() ? "" : ", ") + runs[at].origin.label;
    }
    for (const auto& [seed, loss] : by_seed[group]) losses.push_back(loss);
    const auto n = static_cast<double>(losses.size());
    const double mean = std::accumulate(losses.begin(), losses.end(), 0.0) / n;
    double squares = 0;
    for (const double loss : losses) squares += (loss - mean) * (loss - mean);
    std::vector<Cell> row{{labels}};
    for (const std::string& name : names) row.push_back({option_text(runs[first].of, name)});
    row.insert(row.end(), {count_cell(static_cast<Index>(losses.size())), number_cell(mean, 6),
                           losses.size() > 1 ? number_cell(std::sqrt(squares / (n - 1)), 3)
                                             : Cell{"–", Cell::Kind::number}});
    spread.rows.push_back(std::move(row));
  }
  page.add(table(spread));
}

// "a ends lowest, at 210; b highest, at 220."
std::string ends_of(const std::vector<draw::ChartSeries>& series) {
  const auto last = [](const draw::ChartSeries& one) { return one.y.back(); };
  const auto [low, high] = std::minmax_element(
      series.begin(), series.end(), [&](const auto& a, const auto& b) { return last(a) < last(b); });
  if (series.size() == 1 || low == high)
    return fmt::format("From {} after epoch {} to {} after epoch {}.", draw::number_text(series[0].y.front()),
                       series[0].x.front(), draw::number_text(last(series[0])), series[0].x.back());
  if (last(*low) == last(*high)) return fmt::format("All end at {}.", draw::number_text(last(*low)));
  return fmt::format("{} ends lowest, at {}; {} highest, at {}.", low->name, draw::number_text(last(*low)),
                     high->name, draw::number_text(last(*high)));
}

struct Curve {
  const char *name, *title;
  bool only_if_it_changes = false;
};
constexpr Curve curves[] = {{"test_loss", "Test loss"},
                            {"train_loss", "Training loss"},
                            {"validation_loss", "Validation loss"},
                            {"test_reconstruction", "Reconstruction term on test images"},
                            {"test_kl", "KL on test images"},
                            {"beta", "Weight of the KL", true},
                            {"learning_rate", "Learning rate", true},
                            {"gradient_norm", "Norm of the gradient"},
                            {"images_per_second", "Speed"}};

void add_curves(Page& page, const Runs& runs, const std::vector<std::size_t>& groups) {
  page.subheading("Curves");
  const std::set<std::size_t> different(groups.begin(), groups.end());
  // Seeds of one configuration have one colour, as long as colours suffice for the configurations.
  const bool by_group = different.size() > 1 && different.size() < runs.size() && different.size() <= 8;
  for (const Curve& curve : curves) {
    std::map<std::string, std::vector<draw::ChartSeries>> by_unit;
    std::map<std::size_t, int> members;
    bool changes = false;
    std::string meaning;
    for (std::size_t at = 0; at < runs.size(); ++at) {
      const RecordedSeries* of = runs[at].of.find(curve.name);
      const int member = members[groups[at]]++;
      if (!of) continue;
      meaning = of->long_name;
      changes = changes || std::any_of(of->values.begin(), of->values.end(),
                                       [&](double value) { return value != of->values.front(); });
      by_unit[of->units].push_back({.name = runs[at].origin.label,
                                    .x = runs[at].of.epochs,
                                    .y = of->values,
                                    .colour = static_cast<int>(by_group ? groups[at] : at),
                                    .dashed = by_group ? member % 2 == 1 : at / 8 % 2 == 1});
    }
    if (curve.only_if_it_changes && !changes) continue;
    for (auto& [unit, series] : by_unit) {
      const std::string words = unit == "1" || unit.empty() ? ""
                                : unit == "s-1"             ? ", images per second"
                                                            : ", " + unit;
      std::string description = meaning + ". " + ends_of(series);
      description.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(description.front())));
      if (series.size() > draw::named_series)
        description += " The table and the pointer say which line is which run.";
      page.chart({.title = curve.title,
                  .description = shown(description),
                  .x = {.label = "epoch", .whole = true},
                  .y = {.label = std::string(curve.title) + words},
                  .series = std::move(series)});
    }
  }
}

std::string loss_text(const Result<RecordedRun>& run) {
  return fmt::format("{} {} after epoch {} of {}", draw::number_text(final_loss(run.of)), units_of(run.of),
                     run.of.trained.epoch, run.of.epochs.size());
}

void add_verdict(Page& page, const Runs& runs) {
  const auto is_short = [](const auto& run) {
    return static_cast<Index>(run.of.epochs.size()) < run.of.trained.config.epochs &&
           run.of.trained.config.patience == 0;
  };
  std::string unfinished;
  for (const auto& run : runs)
    if (is_short(run))
      unfinished += fmt::format("{}{} ({} of {} epochs)", unfinished.empty() ? " Not finished: " : ", ",
                                run.origin.label, run.of.epochs.size(), run.of.trained.config.epochs);
  if (!unfinished.empty()) unfinished += ".";
  if (runs.size() == 1)
    return page.verdict(true, fmt::format("{} has a test loss of {}.{}", runs[0].origin.label,
                                          loss_text(runs[0]), unfinished));
  if (!std::all_of(runs.begin(), runs.end(),
                   [&](const auto& run) { return comparable(run.of, runs.front().of); }))
    return page.verdict(
        true,
        fmt::format(
            "{} training runs whose losses do not compare: they were trained on other images or with another likelihood.{}",
            runs.size(), unfinished));
  const auto [low, high] = std::minmax_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return final_loss(a.of) < final_loss(b.of);
  });
  if (final_loss(low->of) == final_loss(high->of))
    return page.verdict(true, fmt::format("{} training runs have the same test loss, {}.{}", runs.size(),
                                          loss_text(*low), unfinished));
  page.verdict(
      true, fmt::format("Of {} training runs {} has the smallest test loss, {}; {} has the largest, {}.{}",
                        runs.size(), low->origin.label, loss_text(*low), high->origin.label, loss_text(*high),
                        unfinished));
}

nlohmann::json json_of_run(const Result<RecordedRun>& run) {
  nlohmann::json json = json_of(run.origin);
  json["configuration"] = run.of.configuration;
  json["data_source"] = run.of.data_source;
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
  add_verdict(page, runs);
  page.heading(runs.size() == 1 ? "Training run" : "Training runs");
  const Options options = options_of(runs);
  const std::vector<std::size_t> groups = groups_of(runs);
  add_comparison(page, runs, options);
  add_results(page, runs);
  add_spread(page, runs, options, groups);
  add_curves(page, runs, groups);
  constexpr std::size_t most_pictures = 6;
  for (std::size_t at = 0; at < std::min(runs.size(), most_pictures); ++at) add_run_pictures(page, runs[at]);
  if (runs.size() > most_pictures)
    page.say(fmt::format(
        "Pictures of the first {} runs are shown. For those of another one, make a report of it alone.",
        most_pictures));
  add_patterns(page, runs);
  for (const auto& run : runs) page.json()["files"].push_back(json_of_run(run));
}

}  // namespace fsconv::report
