// The curves of training runs, over each other.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/report/sections.hpp>
#include <map>
#include <set>

namespace fsconv::report {

namespace {

using Runs = std::vector<Result<RecordedRun>>;

// "a ends lowest, at 210; b highest, at 220."
std::string ends_of(const std::vector<draw::ChartSeries>& series) {
  const auto last = [](const draw::ChartSeries& one) { return one.y.back(); };
  const auto [low, high] = std::minmax_element(
      series.begin(), series.end(), [&](const auto& a, const auto& b) { return last(a) < last(b); });
  if (series.size() == 1 && series[0].x.size() == 1)
    return fmt::format("{} after epoch {}.", draw::number_text(last(series[0])), series[0].x.back());
  if (series.size() == 1 || low == high)
    return fmt::format("From {} after epoch {} to {} after epoch {}.", draw::number_text(series[0].y.front()),
                       series[0].x.front(), draw::number_text(last(series[0])), series[0].x.back());
  if (last(*low) == last(*high)) return fmt::format("All end at {}.", draw::number_text(last(*low)));
  return fmt::format("{} ends lowest, at {}; {} highest, at {}.", low->name, draw::number_text(last(*low)),
                     high->name, draw::number_text(last(*high)));
}

// What is compared ends so inside each group.
std::string ends_of(const std::vector<draw::ChartSeries>& series, const std::vector<std::size_t>& of_run,
                    const Groups& groups) {
  std::vector<std::vector<draw::ChartSeries>> parts(groups.members.size());
  for (std::size_t at = 0; at < series.size(); ++at) parts[groups.of[of_run[at]]].push_back(series[at]);
  std::string text;
  for (std::size_t group = 0; group < parts.size(); ++group)
    if (parts[group].size() > 1 || (parts[group].size() == 1 && series.size() == 1))
      text += fmt::format("{}{}{}", text.empty() ? "" : " ",
                          parts[group].size() < series.size() ? "In " + Groups::name(group) + ": " : "",
                          ends_of(parts[group]));
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
  struct Lines {
    std::vector<draw::ChartSeries> series;
    std::vector<std::size_t> of_run;
  };
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
      const std::string ends = ends_of(lines.series, lines.of_run, groups);
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
