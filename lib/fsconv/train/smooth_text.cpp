// What smoothing did, as tables for people and as JSON for machines.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/train/evaluation_text.hpp>
#include <fsconv/train/smooth.hpp>

namespace fsconv {
namespace {

// "0.1234"; in powers of ten what would read 0.0000.
std::string short_number(double value) {
  if (std::isinf(value)) return "infinite";
  if (std::isnan(value)) return "-";  // the mean of none
  if (value == 0) return "0.0000";    // not -0
  return value != 0 && std::abs(value) < 0.001 ? fmt::format("{:.1e}", value) : fmt::format("{:.4f}", value);
}

std::string percent_text(double part) {
  return part != 0 && std::abs(part) < 5e-5 ? fmt::format("{:.0e}%", 100 * part)
                                            : fmt::format("{:.2f}%", 100 * part);
}

std::string short_geometry(const Geometry& geometry) {
  std::vector<std::string> taps, strides;
  for (const Axis& axis : geometry.axes) {
    taps.push_back(std::to_string(axis.taps));
    strides.push_back(stride_text(axis));
  }
  return fmt::format("{} taps, stride {}", fmt::join(taps, "x"), fmt::join(strides, "x"));
}

std::string layer_table(const SmoothReport& report, std::size_t width) {
  Table table({{"weight"},
               {"filter"},
               {"index", Align::right},
               {"after", Align::right},
               {"worst pair", Align::right},
               {"change", Align::right}},
              width);
  for (const SmoothedLayer& layer : report.layers)
    table.add({one_line(layer.weight) + (layer.encodes ? " *" : ""), short_geometry(layer.geometry),
               short_number(layer.before.index), short_number(layer.after.index),
               short_number(layer.before.largest), percent_text(layer.change)});
  return table.text();
}

// The mean of a series before and after, and the mean of the differences in pairs.
std::string loss_table(const SmoothReport& report, std::size_t width) {
  Table table({{""},
               {"before", Align::right},
               {"after", Align::right},
               {"difference", Align::right},
               {"+-", Align::right},
               {"", Align::wrapped}},
              width);
  const std::vector<ImageSeries> before = series(*report.before), after = series(*report.after);
  const Comparison pairs = compare(*report.after, *report.before, report.before->run);
  for (std::size_t at = 0; at < before.size(); ++at)
    for (const Difference& difference : pairs.differences) {
      if (difference.name != before[at].name) continue;
      const std::string label = label_of_series(difference.name, report.before->variational());
      const double sign = label.starts_with("-") ? -1 : 1;
      const auto number = [&](double value) { return short_number(sign * value); };
      const std::string left_out = difference.of.infinite == 0
                                       ? ""
                                       : "; left out: " + counted(difference.of.infinite, "image") +
                                             " that one of them meets (infinite dB)";
      table.add({label, number(summary_of(before[at].values).mean.value),
                 number(summary_of(after[at].values).mean.value), number(difference.of.mean.value),
                 difference.of.has_error ? short_number(difference.of.mean.error) : "-",
                 (difference.units == "1" ? "" : difference.units) + left_out});
    }
  return table.text();
}

nlohmann::json json_of(const checkerboard::Unevenness& uneven) {
  const auto finite = [](double value) {
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
  };
  return {{"index", finite(uneven.index)},
          {"median", finite(uneven.median)},
          {"largest", finite(uneven.largest)}};
}

}  // namespace

std::string text(const SmoothReport& report, std::size_t width) {
  const bool shared = std::any_of(report.layers.begin(), report.layers.end(),
                                  [](const SmoothedLayer& layer) { return layer.encodes; });
  std::string lines = wrapped_text(fmt::format("{}, {}, moved onto {}", one_line(report.run),
                                               epoch_text(report.epoch, report.partial_step, report.is_best),
                                               report.onto == checkerboard::Onto::resize
                                                   ? "resize-convolutions: equal phase sums along every axis"
                                                   : "equal phase sums"),
                                   width) +
                      "\n" + layer_table(report, width);
  lines += wrapped_text(
      "index: deviation of the phase sums over their mean, all pairs of channels together; change: of the "
      "filter, in the root of its squares",
      width);
  if (shared) lines += wrapped_text("* shared with the encoder, which is changed, too", width);
  if (!report.before) return lines;
  lines += "\n" + wrapped_text(one_line(report.before->description), width) + loss_table(report, width);
  return lines + wrapped_text("+-: standard error of the mean difference, image by image", width);
}

nlohmann::json json_of(const SmoothReport& report) {
  nlohmann::json layers = nlohmann::json::array();
  for (const SmoothedLayer& layer : report.layers)
    layers.push_back({{"weight", layer.weight},
                      {"case", print_case(layer.geometry)},
                      {"shared_with_encoder", layer.encodes},
                      {"before", json_of(layer.before)},
                      {"after", json_of(layer.after)},
                      {"relative_change", layer.change}});
  nlohmann::json json = {{"run", report.run},
                         {"epoch", report.epoch},
                         {"partial_step", report.partial_step},
                         {"weights", report.is_best ? "best" : "last"},
                         {"onto", name(report.onto)},
                         {"layers", layers}};
  if (!report.before) return json;
  nlohmann::json losses = nlohmann::json::object();
  const Comparison pairs = compare(*report.after, *report.before, report.before->run);
  const std::vector<ImageSeries> before = series(*report.before), after = series(*report.after);
  for (std::size_t at = 0; at < before.size(); ++at) {
    nlohmann::json entry = {{"before", summary_of(before[at].values).mean.value},
                            {"after", summary_of(after[at].values).mean.value},
                            {"units", before[at].units}};
    for (const Difference& difference : pairs.differences)
      if (difference.name == before[at].name) {
        entry["difference"] = difference.of.mean.value;
        if (difference.of.has_error) entry["standard_error"] = difference.of.mean.error;
        if (difference.of.infinite > 0) entry["infinite"] = difference.of.infinite;
      }
    losses[before[at].name] = entry;
  }
  json["images"] = report.before->description;
  json["losses"] = losses;
  return json;
}

}  // namespace fsconv
