// Evaluations: means with standard errors, likelihoods over samples, differences image by image.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/report/sections.hpp>
#include <fsconv/train/evaluation_text.hpp>
#include <limits>
#include <map>

namespace fsconv::report {

namespace {

using Evaluations = std::vector<Result<EvaluationReport>>;

// What is measured alike has one name; what that means may differ: of mse it is another number than of a likelihood.
struct Measure {
  std::string name, long_name, units;

  bool operator==(const Measure&) const = default;
};
Measure measure_of(const ImageSeries& of) { return {of.name, of.long_name, of.units}; }

std::vector<Measure> measures_of(const Evaluations& evaluations) {
  std::vector<Measure> measures;
  for (const auto& one : evaluations)
    for (const ImageSeries& of : series(one.of))
      if (std::find(measures.begin(), measures.end(), measure_of(of)) == measures.end())
        measures.push_back(measure_of(of));
  return measures;
}

const ImageSeries* find(const std::vector<ImageSeries>& list, const std::string& name) {
  for (const ImageSeries& one : list)
    if (one.name == name) return &one;
  return nullptr;
}

std::string mean_text(const Summary& summary) {
  std::string text = draw::number_text(summary.mean.value, 6);
  if (summary.has_error) text += " ± " + draw::number_text(summary.mean.error, 2);
  if (summary.infinite > 0) text += fmt::format(" ({} infinite)", summary.infinite);
  return text;
}

// What models are compared by: the best estimate of the likelihood, the bound, or the loss.
std::string headline(const EvaluationReport& report) {
  if (report.importance_samples > 0) return fmt::format("log_likelihood_{}", report.importance_samples);
  return report.bounds() ? "elbo" : report.variational() ? "loss" : "reconstruction";
}

std::string pixels_of(const EvaluationReport& report) {
  return report.binarise == Binarise::none ? "as they are" : "binarised";
}

// Where all of these agree, the headline means the same of both.
std::vector<Aspect<EvaluationReport>> aspects() {
  using Of = const EvaluationReport&;
  const auto of_text = [](const char* name, std::string (*text)(Of)) {
    return Aspect<EvaluationReport>{name, [text](Of a, Of b) { return text(a) == text(b); }, text};
  };
  return {{"images", [](Of a, Of b) { return a.checksum == b.checksum && a.images() == b.images(); },
           [](Of of) {
             return fmt::format("{}; {}; checksum {:08x}", of.source, counted(of.images(), "image"),
                                of.checksum);
           }},
          of_text("split", [](Of of) { return std::string(name(of.split)); }),
          of_text("pixels", pixels_of),
          {"seed", [](Of a, Of b) { return drawn_alike(a, b); },
           [](Of of) {
             return of.binarise == Binarise::none && !of.variational() ? std::string("nothing is drawn")
                                                                       : std::to_string(of.seed);
           }},
          of_text("likelihood", [](Of of) { return std::string(name(of.likelihood)); }),
          of_text("measure", headline)};
}

void add_verdict(Page& page, const Evaluations& evaluations, const Groups& groups) {
  const auto value_of = [&](std::size_t at) {
    const EvaluationReport& of = evaluations[at].of;
    return summary_of(find(series(of), headline(of))->values);
  };
  const auto units_of = [&](std::size_t at) {
    const EvaluationReport& of = evaluations[at].of;
    return find(series(of), headline(of))->units;
  };
  if (evaluations.size() == 1) {
    const EvaluationReport& only = evaluations.front().of;
    return page.verdict(true,
                        fmt::format("{}: {} of {} is {} {}.", evaluations[0].origin.label, headline(only),
                                    counted(only.images(), "image"), mean_text(value_of(0)), units_of(0)));
  }
  if (groups.members.size() > 1) page.verdict(true, apart_text(groups, "evaluations", "headline measures"));
  for (std::size_t group = 0; group < groups.members.size(); ++group) {
    const std::vector<std::size_t>& members = groups.members[group];
    if (members.size() < 2) continue;
    const EvaluationReport& first = evaluations[members.front()].of;
    const bool more_is_better = headline(first) == "elbo" || headline(first).starts_with("log_likelihood");
    Standing standing;
    for (const std::size_t at : members)
      standing.add(evaluations[at].origin.label, value_of(at).mean.value, mean_text(value_of(at)));
    const std::size_t place = more_is_better ? standing.largest() : standing.smallest();
    const std::size_t best = members[place];
    const std::string of = fmt::format("{} evaluations{} on the same {}", members.size(),
                                       groups.members.size() > 1 ? " of " + Groups::name(group) : "",
                                       counted(first.images(), "image"));
    const std::string value = fmt::format("{} {}", mean_text(value_of(best)), units_of(best));
    if (standing.are_equal())
      page.verdict(true, fmt::format("The {} have the same {}: {}.", of, headline(first), value));
    else
      page.verdict(true, fmt::format("Of {}, {} the best {}: {}.", of, standing.who(place, "has", "have"),
                                     headline(first), value));
  }
}

void add_means(Page& page, const Evaluations& evaluations) {
  Table means{.caption = "Means over the images with their standard errors", .head = {"measure"}, .rows = {}};
  for (const auto& one : evaluations) means.head.push_back(one.origin.label);
  means.head.insert(means.head.end(), {"unit", "what it is"});
  const auto add_row = [&](const std::string& name, auto text_of) {
    std::vector<Cell> row{{name}};
    for (const auto& one : evaluations) row.push_back({text_of(one.of), Cell::Kind::number});
    means.rows.push_back(std::move(row));
    return &means.rows.back();
  };
  for (const Measure& measure : measures_of(evaluations))
    add_row(measure.name, [&](const EvaluationReport& report) {
      const auto list = series(report);
      const ImageSeries* of = find(list, measure.name);
      return of && measure_of(*of) == measure ? mean_text(summary_of(of->values)) : std::string("–");
    })->insert(means.rows.back().end(), {Cell{measure.units}, Cell{measure.long_name}});
  const auto add_fact = [&](const std::string& name, const std::string& what, auto text_of) {
    add_row(name, text_of)->insert(means.rows.back().end(), {Cell{""}, Cell{what}});
  };
  if (std::any_of(evaluations.begin(), evaluations.end(),
                  [](const auto& one) { return one.of.variational(); }))
    add_fact("active units", "codes whose mean varies by more than 0.01 over the images",
             [](const EvaluationReport& r) { return r.variational() ? active_units_text(r) : "–"; });
  add_fact("images", "of the split, and how they were binarised", [](const EvaluationReport& r) {
    return fmt::format("{} {}, {}", r.images(), name(r.split), name(r.binarise));
  });
  add_fact("weights", "of the run",
           [](const EvaluationReport& r) { return epoch_text(r.epoch, r.partial_step, r.is_best); });
  add_fact("likelihood", "of the model",
           [](const EvaluationReport& r) { return std::string(name(r.likelihood)); });
  page.add(table(means));
}

void add_likelihoods(Page& page, const Evaluations& evaluations) {
  std::vector<draw::ChartSeries> lines;
  for (const auto& one : evaluations) {
    if (one.of.values.samples.size() < 2) continue;
    draw::ChartSeries line{.name = one.origin.label,
                           .x = {},
                           .y = {},
                           .colour = static_cast<int>(lines.size()),
                           .dashed = lines.size() / 8 % 2 == 1};
    for (std::size_t at = 0; at < one.of.values.samples.size(); ++at) {
      const Summary summary = summary_of(one.of.values.log_likelihood[at]);
      line.x.push_back(static_cast<double>(one.of.values.samples[at]));
      line.y.push_back(summary.mean.value);
      line.error.push_back(summary.has_error ? summary.mean.error : std::numeric_limits<double>::quiet_NaN());
    }
    lines.push_back(std::move(line));
  }
  if (!lines.empty())
    page.chart(
        {.title = "Log-likelihood over importance samples",
         .description =
             "L_K rises with K towards log p(x): the mean over the images, the bars its standard error.",
         .x = {.label = "samples K", .logarithmic = true},
         .y = {.label = "L_K, nats per image"},
         .series = std::move(lines)});
}

void add_pairs(Page& page, const Evaluations& evaluations) {
  for (std::size_t at = 1; at < evaluations.size(); ++at) {
    const auto& other = evaluations[at];
    const auto& first = *std::find_if(evaluations.begin(), evaluations.end(),
                                      [&](const auto& one) { return can_be_paired(one.of, other.of); });
    if (&first == &other) continue;  // none before it has these images
    const Comparison comparison = compare(other.of, first.of, first.origin.path);
    Table pairs{.caption = fmt::format(
                    "{} minus {}, image by image: what both draw at random cancels as far as it is common",
                    other.origin.label, first.origin.label),
                .head = {"measure", "difference", "unit"},
                .rows = {}};
    for (const Difference& difference : comparison.differences)
      pairs.rows.push_back(
          {{difference.name}, {mean_text(difference.of), Cell::Kind::number}, {difference.units}});
    page.add(table(pairs));
    if (const std::string left_out = left_out_text(comparison); !left_out.empty()) page.say(left_out + ".");
  }
}

}  // namespace

void add_code_variances(Page& page,
                        const std::vector<std::pair<std::string, std::vector<double>>>& variances) {
  std::vector<draw::ChartSeries> lines;
  for (const auto& [label, values] : variances) {
    if (values.empty()) continue;
    draw::ChartSeries line{.name = label,
                           .x = {},
                           .y = values,
                           .colour = static_cast<int>(lines.size()),
                           .dashed = lines.size() / 8 % 2 == 1};
    std::sort(line.y.begin(), line.y.end(), std::greater<>());
    for (std::size_t at = 0; at < values.size(); ++at) line.x.push_back(static_cast<double>(at + 1));
    lines.push_back(std::move(line));
  }
  if (lines.empty()) return;
  page.chart(
      {.title = "How much each code varies",
       .description =
           "The variance of the code's mean over the images, the largest first; those above 0.01 are called active (Burda, Grosse & Salakhutdinov 2016).",
       .x = {.label = "codes in the order of their variance", .whole = true},
       .y = {.label = "variance", .logarithmic = true},
       .series = std::move(lines),
       .levels = {{0.01, "active above"}}});
}

void add_evaluations(Page& page, const Evaluations& evaluations) {
  const Groups groups = grouped(evaluations, aspects());
  add_verdict(page, evaluations, groups);
  page.heading(evaluations.size() == 1 ? "Evaluation" : "Evaluations");
  std::vector<std::string> labels;
  for (const auto& one : evaluations) labels.push_back(one.origin.label);
  add_groups(page, groups, labels, "evaluations", "headline measures");
  add_means(page, evaluations);
  add_likelihoods(page, evaluations);
  add_pairs(page, evaluations);
  constexpr std::size_t most_histograms = 4;
  std::vector<std::pair<std::string, std::vector<double>>> variances;
  for (std::size_t at = 0; at < evaluations.size(); ++at) {
    const EvaluationReport& report = evaluations[at].of;
    variances.emplace_back(evaluations[at].origin.label, report.values.code_variance);
    nlohmann::json json = json_of(evaluations[at].origin);
    json["evaluation"] = json_of(report);
    json["group"] = groups.of[at] + 1;
    page.json()["files"].push_back(std::move(json));
    if (at >= most_histograms) continue;
    const auto list = series(report);
    const ImageSeries& of = *find(list, headline(report));
    page.histogram(
        {.title = fmt::format("{} of every image, {}", of.name, shown(evaluations[at].origin.label)),
         .description = fmt::format("How the {} behind the mean {} spread.",
                                    counted(report.images(), "number"), report.images() == 1 ? "is" : "are"),
         .label = of.name + ", " + of.units,
         .of = draw::histogram(of.values),
         .colour = static_cast<int>(at)});
  }
  add_code_variances(page, variances);
}

}  // namespace fsconv::report
