// The curves of training runs, over each other.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/report/sections.hpp>
#include <map>
#include <set>

namespace fsconv::report {

namespace {

using Runs = std::vector<Result<RecordedRun>>;

// "a ends lowest, at 210; b highest, at 220."
std::string ends_of(const std::vector<draw::ChartSeries>& series) {
  const auto last = [](const draw::ChartSeries& one) { return one.y.back(); };
  Standing standing;
  for (const auto& one : series) standing.add(one.name, last(one), draw::number_text(last(one)));
  const std::size_t low = standing.smallest(), high = standing.largest();
  if (series.size() == 1 && series[0].x.size() == 1)
    return fmt::format("{} after epoch {}.", draw::number_text(last(series[0])), series[0].x.back());
  if (series.size() == 1)
    return fmt::format("From {} after epoch {} to {} after epoch {}.", draw::number_text(series[0].y.front()),
                       series[0].x.front(), draw::number_text(last(series[0])), series[0].x.back());
  if (standing.are_equal()) return fmt::format("All end at {}.", draw::number_text(last(series[low])));
  return fmt::format("{} lowest, at {}; {} highest, at {}.", standing.who(low, "ends", "end"),
                     draw::number_text(last(series[low])), standing.who(high, "ends", "end"),
                     draw::number_text(last(series[high])));
}

// The runs of one chart, in the same order.
struct Lines {
  std::vector<draw::ChartSeries> series;
  std::vector<std::size_t> of_run;
};

std::string on_own_draws(const std::vector<const RecordedRun*>& runs, const std::string& curve) {
  const bool tests = curve.starts_with("test_") || curve.starts_with("validation_");
  const std::string drawn = tests ? own_draws_text(runs) : "";
  return drawn.empty() ? "" : " " + drawn;
}

// What is compared ends so inside each group; in what its runs differ, where that makes the curve mean something else of each.
std::string ends_of(const Lines& lines, const Runs& runs, const Groups& groups, const std::string& curve) {
  std::string text;
  for (std::size_t group = 0; group < groups.members.size(); ++group) {
    std::vector<draw::ChartSeries> part;
    std::vector<const RecordedRun*> members;
    for (std::size_t at = 0; at < lines.of_run.size(); ++at) {
      if (groups.of[lines.of_run[at]] != group) continue;
      part.push_back(lines.series[at]);
      members.push_back(&runs[lines.of_run[at]].of);
    }
    if (part.empty() || (part.size() == 1 && lines.series.size() > 1)) continue;
    const std::vector<std::string> differing = differing_aspects(members, further_aspects(curve));
    text += fmt::format("{}{}{}", text.empty() ? "" : " ",
                        part.size() < lines.series.size() ? "In " + Groups::name(group) + ": " : "",
                        differing.empty() ? ends_of(part) + on_own_draws(members, curve)
                                          : fmt::format("These curves do not compare: the runs differ in {}.",
                                                        enumeration(differing)));
  }
  return text;
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

}  // namespace

void add_run_curves(Page& page, const Runs& runs, const Groups& groups,
                    const std::vector<std::size_t>& configurations) {
  page.subheading("Curves");
  const std::set<std::size_t> different(configurations.begin(), configurations.end());
  // Seeds of one configuration have one colour, as long as colours suffice for the configurations.
  const bool by_configuration =
      different.size() > 1 && different.size() < runs.size() && different.size() <= 8;
  for (const Curve& curve : curves) {
    std::map<std::string, Lines> by_unit;
    std::map<std::size_t, int> members;
    bool changes = false;
    std::string meaning;
    for (std::size_t at = 0; at < runs.size(); ++at) {
      const RecordedSeries* of = runs[at].of.find(curve.name);
      const int member = members[configurations[at]]++;
      if (!of) continue;
      meaning = of->long_name;
      changes = changes || std::any_of(of->values.begin(), of->values.end(),
                                       [&](double value) { return value != of->values.front(); });
      Lines& lines = by_unit[of->units];
      lines.of_run.push_back(at);
      lines.series.push_back({.name = runs[at].origin.label,
                              .x = runs[at].of.epochs,
                              .y = of->values,
                              .colour = static_cast<int>(by_configuration ? configurations[at] : at),
                              .dashed = by_configuration ? member % 2 == 1 : at / 8 % 2 == 1});
    }
    if (curve.only_if_it_changes && !changes) continue;
    for (auto& [unit, lines] : by_unit) {
      const std::string words = unit == "1" || unit.empty() ? ""
                                : unit == "s-1"             ? ", images per second"
                                                            : ", " + unit;
      std::string description = meaning + ".";
      description.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(description.front())));
      const std::string ends = ends_of(lines, runs, groups, curve.name);
      if (!ends.empty()) description += " " + ends;
      if (lines.series.size() > draw::named_series)
        description += " The table and the pointer say which line is which run.";
      page.chart({.title = curve.title,
                  .description = shown(description),
                  .x = {.label = "epoch", .whole = true},
                  .y = {.label = std::string(curve.title) + words},
                  .series = std::move(lines.series)});
    }
  }
}

}  // namespace fsconv::report
