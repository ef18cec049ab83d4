// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/train/evaluation_text.hpp>

namespace fsconv {
namespace {

constexpr std::size_t label_width = 17;

// Three decimals, or as many as the error has two digits in.
int decimals_of(const Summary& summary) {
  const double error = summary.has_error ? summary.mean.error : 0;
  return error > 0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(error))), 3, 9) : 3;
}

Table table_of(std::size_t width) {
  constexpr std::size_t number_width = 9;
  return Table({{"", Align::left, label_width},
                {"mean", Align::right, number_width},
                {"+-", Align::right, number_width},
                {"", Align::wrapped}},
               width);
}

// A label and what belongs to it, below each other where that takes more than a line. Names of files and of data stand in it.
std::string labelled(const std::string& label, const std::string& text, std::size_t width) {
  return wrapped_text(fmt::format("{:<{}}  {}", label, label_width, one_line(text)), width, label_width + 2);
}

Table::Cells row(const std::string& label, const Summary& summary, const std::string& remark) {
  const int decimals = decimals_of(summary);
  const std::string mean =
      std::isfinite(summary.mean.value) ? fmt::format("{:.{}f}", summary.mean.value, decimals) : "-";
  const std::string error = summary.has_error ? fmt::format("{:.{}f}", summary.mean.error, decimals) : "-";
  return {label, mean, error, remark};
}

// The sign of a negative bound, so that a column of nats is of one kind: the smaller, the better.
Summary negated(Summary summary) {
  summary.mean.value = 0 - summary.mean.value;  // not -0
  return summary;
}

std::string bits_text(const EvaluationReport& report, double nats) {
  return fmt::format("{:.4f} bits per dimension", bits_per_dimension(nats, report.dimensions));
}

std::string of_equal_images(const Summary& summary) {
  if (summary.infinite == 0) return "";
  return fmt::format("; {} (infinite dB) left out", counted(summary.infinite, "equal image"));
}

Table::Cells row_of(const EvaluationReport& report, const ImageSeries& one) {
  const Summary summary = summary_of(one.values);
  const std::string nats = report.likelihood == Likelihood::mse ? "" : "nats; ";
  if (one.name == "reconstruction")
    return row(report.variational() ? "reconstruction" : "loss", summary, nats + one.long_name);
  if (one.name == "kl") return row("KL", summary, "nats; " + one.long_name);
  if (one.name == "loss")
    return row("their sum", summary, fmt::format("no bound: {} is no likelihood", name(report.likelihood)));
  if (one.name == "elbo")
    return row("-ELBO", negated(summary),
               "nats; their sum, at beta 1; " + bits_text(report, -summary.mean.value));
  if (one.name == "psnr")
    return row("PSNR", summary, "dB of decoded codes, mean over images" + of_equal_images(summary));
  if (one.name == "ssim") return row("SSIM", summary, "of decoded codes");
  const std::string samples = one.name.substr(one.name.rfind('_') + 1);
  return row("-L_" + samples, negated(summary),
             fmt::format("nats; {} importance sample{}; {}", samples, samples == "1" ? "" : "s",
                         bits_text(report, -summary.mean.value)));
}

// What one weight more could change: whether L_K has come to rest.
std::string weights_text(const EvaluationReport& report, std::size_t width) {
  const auto& effective = report.values.effective_samples;
  const auto& largest = report.values.largest_weight;
  if (effective.empty()) return "";
  return labelled(
             "effective samples",
             fmt::format("median {:.1f}, smallest {:.1f} of {}", median_of(effective),
                         *std::min_element(effective.begin(), effective.end()), report.importance_samples),
             width) +
         labelled("largest weight",
                  fmt::format("median {:.3f}, largest {:.3f} of all weights of an image", median_of(largest),
                              *std::max_element(largest.begin(), largest.end())),
                  width);
}

std::string footnote(const EvaluationReport& report) {
  if (!report.bounds()) return "";
  std::string text = fmt::format("bits per dimension = nats / ({} log 2): of ", report.dimensions);
  if (report.likelihood == Likelihood::bernoulli) return text + "a binary pixel\n";
  return text + fmt::format(
                    "a density of v/255 in 0..1; that of the 8 bit value v has log2(255) = {:.3f} more, "
                    "as far as the density is smooth over one level\n",
                    std::log2(255));
}

nlohmann::json json_of(const Summary& summary) {
  nlohmann::json json = nlohmann::json::object();
  if (std::isfinite(summary.mean.value)) json["mean"] = summary.mean.value;
  if (summary.has_error) json["standard_error"] = summary.mean.error;
  if (summary.infinite > 0) json["infinite"] = summary.infinite;
  return json;
}

}  // namespace

std::string text(const EvaluationReport& report, std::size_t width) {
  std::string text = labelled(
      "run", fmt::format("{}, {}", report.run, epoch_text(report.epoch, report.partial_step, report.is_best)),
      width);
  text += labelled("images", report.description, width);
  text += labelled(
      "model",
      fmt::format("{}, {}{}{}{}", name(report.model), name(report.likelihood),
                  is_likelihood(report.likelihood) ? "" : " (no likelihood)",
                  report.precision == Precision::bf16 ? ", in bf16" : "",
                  every_form_has(report.algorithm) ? "" : fmt::format(", by {}", name(report.algorithm))),
      width);
  Table table = table_of(width);
  for (const ImageSeries& one : series(report)) table.add(row_of(report, one));
  text += "\n" + table.text() + weights_text(report, width);
  text += labelled("active units",
                   fmt::format("{} of {} (the variance of the code over the images is above 0.01)",
                               report.values.active_units, report.values.code_variance.size()),
                   width);
  return text +
         wrapped_text("+- is the standard error of the mean over the images\n" + footnote(report), width);
}

std::string text(const Comparison& comparison, std::size_t width) {
  Table table = table_of(width);
  for (const Difference& one : comparison.differences) {
    const bool is_likelihood_estimate = one.name.starts_with("log_likelihood_");
    const std::string samples = is_likelihood_estimate ? one.name.substr(one.name.rfind('_') + 1) : "";
    const bool is_elbo = one.name == "elbo";
    const Summary shown = is_elbo || is_likelihood_estimate ? negated(one.of) : one.of;
    const std::string label = is_elbo                  ? "-ELBO"
                              : is_likelihood_estimate ? "-L_" + samples
                              : one.name == "kl"       ? "KL"
                              : one.name == "psnr"     ? "PSNR"
                              : one.name == "ssim"     ? "SSIM"
                                                       : one.name;
    table.add(row(label, shown, one.units == "1" ? "" : one.units));
  }
  std::string text =
      "\n" +
      wrapped_text(
          fmt::format("{} minus {}, over {}", one_line(comparison.run), one_line(comparison.other_run),
                      counted(comparison.images, "pair of images", "pairs of images")),
          width) +
      table.text();
  if (comparison.likelihood != comparison.other_likelihood)
    text += wrapped_text(fmt::format("losses are left out: {} and {} are on different scales",
                                     name(comparison.likelihood), name(comparison.other_likelihood)),
                         width);
  else if (comparison.other_noise())
    text +=
        wrapped_text(fmt::format("the reconstruction and its sums are left out: means over {} and over {}; "
                                 "--importance-samples of both should be the same",
                                 counted(comparison.draws, "draw"), counted(comparison.other_draws, "draw")),
                     width);
  return text;
}

nlohmann::json json_of(const EvaluationReport& report) {
  nlohmann::json json = {{"run", report.run},
                         {"epoch", report.epoch},
                         {"partial_step", report.partial_step},
                         {"weights", report.is_best ? "best" : "last"},
                         {"model", name(report.model)},
                         {"likelihood", name(report.likelihood)},
                         {"is_likelihood", is_likelihood(report.likelihood)},
                         {"precision", name(report.precision)},
                         {"algorithm", name(report.algorithm)},
                         {"data_source", report.source},
                         {"images", report.images()},
                         {"images_checksum", report.checksum},
                         {"split", name(report.split)},
                         {"binarise", name(report.binarise)},
                         {"seed", report.seed},
                         {"dimensions", report.dimensions},
                         {"active_units", report.values.active_units},
                         {"code_numbers", report.values.code_variance.size()}};
  const auto add_bits = [&](nlohmann::json& to, double nats) {
    if (std::isfinite(nats)) to["bits_per_dimension"] = bits_per_dimension(nats, report.dimensions);
  };
  for (const ImageSeries& one : series(report)) {
    const Summary summary = summary_of(one.values);
    nlohmann::json entry = json_of(summary);
    entry["units"] = one.units;
    if (one.name == "elbo" || one.name.starts_with("log_likelihood_")) add_bits(entry, -summary.mean.value);
    json[one.name] = entry;
  }
  const auto& effective = report.values.effective_samples;
  const auto& largest = report.values.largest_weight;
  if (!effective.empty()) {
    json["importance_samples"] = report.importance_samples;
    json["effective_samples"] = {{"median", median_of(effective)},
                                 {"smallest", *std::min_element(effective.begin(), effective.end())}};
    json["largest_weight"] = {{"median", median_of(largest)},
                              {"largest", *std::max_element(largest.begin(), largest.end())}};
  }
  return json;
}

nlohmann::json json_of(const Comparison& comparison) {
  nlohmann::json json = {{"run", comparison.other_run}, {"images", comparison.images}};
  for (const Difference& one : comparison.differences) {
    json["difference"][one.name] = json_of(one.of);
    json["difference"][one.name]["units"] = one.units;
  }
  return json;
}

}  // namespace fsconv
