// Training runs as text: what a terminal shows of run_table.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/option_text.hpp>
#include <fsconv/train/comparable_runs.hpp>
#include <fsconv/train/run_table.hpp>

namespace fsconv {
namespace {

// The most telling first: what is shown where not everything fits.
constexpr const char* by_weight[] = {
    "test_loss",         "train_loss", "validation_loss",      "test_kl",         "skipped_steps",
    "learning_rate",     "beta",       "gradient_norm",        "seconds",         "test_reconstruction",
    "images_per_second", "train_kl",   "train_reconstruction", "exchange_seconds"};

// Side by side.
constexpr const char* in_order[] = {
    "train_loss",        "test_loss",           "validation_loss", "train_reconstruction",
    "train_kl",          "test_reconstruction", "test_kl",         "beta",
    "learning_rate",     "gradient_norm",       "skipped_steps",   "seconds",
    "images_per_second", "exchange_seconds"};

// Of these, a constant says all there is to say.
constexpr const char* settings[] = {"learning_rate", "beta", "skipped_steps"};

std::string number(double value) { return fmt::format("{:.6g}", value); }

bool is_constant(const std::vector<double>& values) {
  return !values.empty() &&
         std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

std::size_t widest(const std::string& name, const std::vector<double>& values) {
  std::size_t width = name.size();
  for (const double value : values) width = std::max(width, number(value).size());
  return width;
}

// What the table of one run shows, and what is said in words instead.
struct Columns {
  std::vector<const RecordedSeries*> shown;
  std::vector<std::string> constants, left_out;
};

bool is_setting(const std::string& name) {
  return std::find(std::begin(settings), std::end(settings), name) != std::end(settings);
}

Columns columns_of(const LoggedRun& run, const RunSelection& selection, std::size_t width) {
  Columns columns;
  if (!selection.series.empty()) {
    for (const std::string& name : shown_series({run}, selection))
      columns.shown.push_back(run.run.find(name));
    return columns;
  }
  constexpr std::size_t epoch_width = 5, between = 2;
  std::size_t used = epoch_width;
  std::vector<const RecordedSeries*> fit;
  for (const char* name : by_weight) {
    const RecordedSeries* of = run.run.find(name);
    if (!of) continue;
    if (is_setting(name) && is_constant(of->values)) {
      columns.constants.push_back(fmt::format("{} {}", name, number(of->values.front())));
      continue;
    }
    const std::size_t needs = between + widest(name, of->values);
    if (used + needs > width) continue;
    used += needs;
    fit.push_back(of);
  }
  for (const char* name : in_order) {
    const RecordedSeries* of = run.run.find(name);
    if (!of || (is_setting(name) && is_constant(of->values))) continue;
    if (std::find(fit.begin(), fit.end(), of) != fit.end())
      columns.shown.push_back(of);
    else
      columns.left_out.emplace_back(name);
  }
  return columns;
}

Table table_of(const Columns& columns, std::size_t width) {
  std::vector<Column> heads = {{"epoch", Align::right}};
  for (const RecordedSeries* one : columns.shown)
    heads.push_back({one->name, Align::right, widest(one->name, one->values)});
  return Table(std::move(heads), width);
}

Table::Cells cells_of(const LoggedRun& run, const Columns& columns, std::size_t at) {
  Table::Cells cells = {number(run.run.epochs[at])};
  for (const RecordedSeries* one : columns.shown) cells.push_back(number(one->values[at]));
  return cells;
}

// A configuration's entry as it is shown, or nothing.
std::string option(const LoggedRun& run, const char* name) {
  const auto found = run.run.configuration.find(name);
  if (found == run.run.configuration.end()) return "";
  return excerpt(value_text(*found));
}

std::string heading(const LoggedRun& run, std::size_t width) {
  const auto& trained = run.run.trained;
  std::string text = wrapped_text(run.label, width, 2);
  text += wrapped_text(fmt::format("  {}; {}, {} parameters, seed {}; losses in {}", run.progress(),
                                   option(run, "model"), trained.model.parameter_count(), option(run, "seed"),
                                   excerpt(run.run.find("test_loss")->units)),
                       width, 2);
  text += wrapped_text(fmt::format("  {} ({})", option(run, "data"), excerpt(run.run.data_source)), width, 2);
  if (run.run.initial)
    text += wrapped_text(fmt::format("  began with the weights of {}", excerpt(run.run.initial->source)),
                         width, 2);
  if (!run.run.smoothing.empty() && !run.run.is_smoothed())
    text += wrapped_text("  went on from weights that fsconv smooth had changed", width, 2);
  if (run.run.is_smoothed())
    text += wrapped_text(
        "  Its weights were changed by fsconv smooth; the curves are those of the training before.", width,
        2);
  return text;
}

std::string best_line(const LoggedRun& run) {
  return fmt::format("  smallest {}: {} after epoch {}", run.best_by(),
                     number(run.run.find(run.best_by())->values[run.best()]), run.best() + 1);
}

// Two runs by their names, where these are short enough for heads of columns; else numbers, and a legend.
struct Names {
  std::vector<std::string> heads;
  std::string legend;
};

Names names_of(const std::vector<LoggedRun>& runs, std::size_t width) {
  constexpr std::size_t longest = 16;
  Names names;
  const bool is_short = runs.size() <= 2 && std::all_of(runs.begin(), runs.end(), [](const LoggedRun& run) {
                          return visible_size(run.label) <= longest;
                        });
  for (std::size_t at = 0; at < runs.size(); ++at)
    names.heads.push_back(is_short ? runs[at].label : fmt::format("{}", at + 1));
  if (!is_short) names.legend = numbered_names(runs, width);
  return names;
}

// Whose losses are not those of its weights.
std::string smoothed_lines(const std::vector<LoggedRun>& runs, std::size_t width) {
  std::string text;
  for (const LoggedRun& run : runs)
    if (run.run.is_smoothed())
      text += wrapped_text(
          fmt::format("{} was written by fsconv smooth: its losses are those of the training before.",
                      run.label),
          width, 2);
  return text;
}

// Of what is shown the series that not all runs have in one meaning.
std::string further_lines(const std::vector<const RecordedRun*>& runs, const std::vector<std::string>& series,
                          std::size_t width) {
  std::string text;
  for (const std::string& one : series) {
    std::vector<const RecordedRun*> with;
    std::copy_if(runs.begin(), runs.end(), std::back_inserter(with),
                 [&](const RecordedRun* run) { return run->find(one) != nullptr; });
    if (const auto differing = differing_aspects(with, further_aspects(one)); !differing.empty())
      text += wrapped_text(
          fmt::format("{} does not compare{}: the runs differ in {}.", one,
                      with.size() == 2 ? "" : " between all that have it", enumeration(differing)),
          width, 2);
  }
  return text;
}

// Whether losses say which run is better; nothing where all do, or none is shown.
std::string comparability(const std::vector<LoggedRun>& runs, const std::vector<std::string>& series,
                          std::size_t width) {
  const auto is_loss = [](const std::string& name) {
    return name.ends_with("_loss") || name.ends_with("_reconstruction") || name.ends_with("_kl");
  };
  if (std::none_of(series.begin(), series.end(), is_loss)) return "";
  std::vector<const RecordedRun*> recorded;
  for (const LoggedRun& run : runs) recorded.push_back(&run.run);
  const auto differing = differing_aspects(recorded, loss_aspects());
  const std::string drawn = own_draws_text(recorded);
  const std::string text =
      differing.empty()
          ? further_lines(recorded, series, width) + (drawn.empty() ? "" : wrapped_text(drawn, width, 2))
          : wrapped_text(fmt::format("{} do not compare: the runs differ in {}.",
                                     runs.size() == 2 ? "These losses" : "Some of these losses",
                                     enumeration(differing)),
                         width, 2);
  return text + smoothed_lines(runs, width);
}

std::string table_of_ends(const std::vector<LoggedRun>& runs, const std::vector<std::string>& series,
                          RunSelection::Epochs epochs, std::size_t width) {
  const Names names = names_of(runs, width);
  std::vector<Column> columns = {{"run"}, {"epoch", Align::right}};
  for (const std::string& name : series) columns.push_back({name, Align::right});
  if (epochs == RunSelection::Epochs::best) columns.push_back({"smallest of"});
  Table table(std::move(columns), width, 2);
  for (std::size_t at = 0; at < runs.size(); ++at) {
    const auto places = RunSelection{.epochs = epochs}.places(runs[at]);
    Table::Cells cells = {names.heads[at], places.empty() ? "-" : number(runs[at].run.epochs[places[0]])};
    for (const std::string& name : series) {
      const RecordedSeries* of = runs[at].run.find(name);
      cells.push_back(of && !places.empty() ? number(of->values[places[0]]) : "-");
    }
    if (epochs == RunSelection::Epochs::best) cells.push_back(runs[at].best_by());
    table.add(std::move(cells));
  }
  return table.text();
}

// Those of the runs that fit into a row each.
std::vector<std::string> series_of_ends(const std::vector<LoggedRun>& runs, const RunSelection& selection) {
  const std::vector<std::string> there = shown_series(runs, selection);
  if (!selection.series.empty()) return there;
  std::vector<std::string> chosen;
  for (const char* name : {"train_loss", "test_loss", "validation_loss", "test_kl"})
    if (std::find(there.begin(), there.end(), name) != there.end()) chosen.emplace_back(name);
  return chosen;
}

}  // namespace

std::string numbered_names(const std::vector<LoggedRun>& runs, std::size_t width) {
  std::string text;
  for (std::size_t at = 0; at < runs.size(); ++at)
    text += wrapped_text(fmt::format("{:>4}  {}", at + 1, runs[at].label), width, 6);
  return text;
}

std::string run_text(const LoggedRun& run, const RunSelection& selection, std::size_t width) {
  if (run.epochs() == 0) return heading(run, width);
  const Columns columns = columns_of(run, selection, width);
  std::string text = heading(run, width) + best_line(run) + "\n";
  if (!columns.constants.empty())
    text += wrapped_text(fmt::format("  throughout: {}", fmt::join(columns.constants, ", ")), width, 2);
  if (!columns.left_out.empty())
    text +=
        wrapped_text(fmt::format("  not shown (--series): {}", fmt::join(columns.left_out, ", ")), width, 2);
  const Table table = table_of(columns, width);
  text += "\n" + table.head();
  for (const std::size_t at : selection.places(run)) text += table.line(cells_of(run, columns, at));
  return text;
}

std::string further_rows(const LoggedRun& before, const LoggedRun& run, const RunSelection& selection,
                         std::size_t width) {
  if (run.epochs() == before.epochs()) return "";  // in the middle of the next one
  const Columns columns = columns_of(run, selection, width), old = columns_of(before, selection, width);
  const Table table = table_of(columns, width);
  const bool are_same =
      before.epochs() > 0 &&
      std::equal(columns.shown.begin(), columns.shown.end(), old.shown.begin(), old.shown.end(),
                 [](const auto* one, const auto* other) { return one->name == other->name; });
  std::string text = are_same ? "" : "\n" + table.head();
  for (std::size_t at = before.epochs(); at < run.epochs(); ++at)
    text += table.line(cells_of(run, columns, at));
  return text;
}

std::string comparison_text(const std::vector<LoggedRun>& runs, const RunSelection& selection,
                            std::size_t width) {
  using Epochs = RunSelection::Epochs;
  const std::vector<std::string> series = series_of_ends(runs, selection);
  std::string text = names_of(runs, width).legend;
  if (!text.empty()) text += "\n";
  if (selection.epochs != Epochs::best)
    text += "After the last epoch:\n" + table_of_ends(runs, series, Epochs::last, width);
  const bool differs = std::any_of(runs.begin(), runs.end(), [](const LoggedRun& run) {
    return run.epochs() > 0 && run.best() + 1 != run.epochs();
  });
  if (selection.epochs == Epochs::best || (selection.epochs == Epochs::all && differs))
    text += (selection.epochs == Epochs::all ? std::string("\n") : "") + "After the best epoch:\n" +
            table_of_ends(runs, series, Epochs::best, width);
  std::vector<std::string> unfinished;
  for (const LoggedRun& run : runs)
    if (!run.run.is_finished())
      unfinished.push_back(
          fmt::format("{} ({} of {} epochs)", run.label, run.epochs(), run.run.trained.config.epochs));
  text += comparability(runs, series, width);
  if (!unfinished.empty())
    text += wrapped_text(fmt::format("Not finished: {}", fmt::join(unfinished, ", ")), width, 2);
  return text;
}

std::string curves_text(const std::vector<LoggedRun>& runs, const RunSelection& selection,
                        std::size_t width) {
  const Names names = names_of(runs, width);
  std::string text = names.legend;
  const std::vector<std::string> series = shown_series(runs, selection);
  for (const std::string& name : series) {
    std::vector<Column> columns = {{"epoch", Align::right}};
    for (const std::string& head : names.heads) columns.push_back({head, Align::right});
    Table table(std::move(columns), width, 2);
    std::size_t longest = 0;
    for (const LoggedRun& run : runs)
      if (run.run.find(name)) longest = std::max(longest, run.epochs());
    for (std::size_t at = 0; at < longest; ++at) {
      Table::Cells cells = {fmt::format("{}", at + 1)};
      for (const LoggedRun& run : runs) {
        const RecordedSeries* of = run.run.find(name);
        cells.push_back(of && at < of->values.size() ? number(of->values[at]) : "-");
      }
      table.add(std::move(cells));
    }
    text += fmt::format("{}{}\n{}", text.empty() ? "" : "\n", name, table.text());
  }
  return text + (runs.size() > 1 ? comparability(runs, series, width) : "");
}

}  // namespace fsconv
