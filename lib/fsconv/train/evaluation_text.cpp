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

// Three decimals, or as many as the error has two digits in; where there is none, the value.
int decimals_of(const Summary& summary) {
  const double error = summary.has_error ? summary.mean.error : 0;
  const double size = error > 0 ? error : std::abs(summary.mean.value);
  return size > 0 && std::isfinite(size)
             ? std::clamp(1 - static_cast<int>(std::floor(std::log10(size))), 3, 9)
             : 3;
}

// Without a sign before what reads 0.
std::string fixed(double value, int decimals) {
  const std::string text = fmt::format("{:.{}f}", value, decimals);
  const bool is_zero = text.find_first_not_of("-0.") == std::string::npos;
  return is_zero && text.front() == '-' ? text.substr(1) : text;
}

// Of a weight among many: three decimals, in powers of ten what would read 0.
std::string share_text(double share) {
  return share < 0.0005 ? fmt::format("{:.1e}", share) : fmt::format("{:.3f}", share);
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
  const std::string mean = std::isfinite(summary.mean.value) ? fixed(summary.mean.value, decimals) : "-";
  const std::string error = summary.has_error ? fixed(summary.mean.error, decimals) : "-";
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
  const std::string label = label_of_series(one.name, report.variational());
  if (one.name == "reconstruction") return row(label, summary, nats + one.long_name);
  if (one.name == "kl") return row(label, summary, "nats; " + one.long_name);
  if (one.name == "loss")
    return row(label, summary, fmt::format("no bound: {} is no likelihood", name(report.likelihood)));
  if (one.name == "elbo")
    return row(label, negated(summary),
               "nats; their sum, at beta 1; " + bits_text(report, -summary.mean.value));
  if (one.name == "psnr")
    return row(label, summary, "dB of decoded codes, mean over images" + of_equal_images(summary));
  if (one.name == "ssim") return row(label, summary, "of decoded codes");
  const std::string samples = one.name.substr(one.name.rfind('_') + 1);
  return row(label, negated(summary),
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
         labelled(
             "largest weight",
             fmt::format("median {}, largest {} of all weights of an image", share_text(median_of(largest)),
                         share_text(*std::max_element(largest.begin(), largest.end()))),
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
                   active_units_text(report) + " (the variance of the code over the images is above 0.01)",
                   width);
  return text +
         wrapped_text("+- is the standard error of the mean over the images\n" + footnote(report), width);
}

std::string text(const Comparison& comparison, std::size_t width) {
  Table table = table_of(width);
  for (const Difference& one : comparison.differences) {
    const std::string label = label_of_series(one.name, comparison.draws > 0 || comparison.other_draws > 0);
    const std::string left_out = one.of.infinite == 0 ? ""
                                                      : "; left out: " + counted(one.of.infinite, "pair") +
                                                            " with an image that is met (infinite dB)";
    table.add(row(label, label.starts_with("-") ? negated(one.of) : one.of,
                  (one.units == "1" ? "" : one.units) + left_out));
  }
  std::string text =
      "\n" +
      wrapped_text(
          fmt::format("{} minus {}, over {}", one_line(comparison.label), one_line(comparison.other_label),
                      counted(comparison.images, "pair of images", "pairs of images")),
          width) +
      table.text();
  if (const std::string left_out = left_out_text(comparison); !left_out.empty())
    text += wrapped_text(left_out, width);
  return text;
}

std::string left_out_text(const Comparison& comparison) {
  if (comparison.likelihood != comparison.other_likelihood)
    return fmt::format("losses are left out: {} and {} are on different scales", name(comparison.likelihood),
                       name(comparison.other_likelihood));
  if (comparison.other_noise())
    return fmt::format(
        "the reconstruction and its sums are left out: means over {} and over {}; --importance-samples of both "
        "should be the same",
        counted(comparison.draws, "draw"), counted(comparison.other_draws, "draw"));
  return "";
}

std::string active_units_text(const EvaluationReport& report) {
  if (report.images() < 2) return "-";
  return fmt::format("{} of {}", report.values.active_units, report.values.code_variance.size());
}

std::string label_of_series(const std::string& name, bool variational) {
  if (name == "reconstruction") return variational ? name : "loss";
  if (name == "loss") return "their sum";
  if (name == "elbo") return "-ELBO";
  if (name == "kl") return "KL";
  if (name == "psnr") return "PSNR";
  if (name == "ssim") return "SSIM";
  return name.starts_with("log_likelihood_") ? "-L_" + name.substr(name.rfind('_') + 1) : name;
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
                         {"active_units", report.images() < 2 ? nlohmann::json()  // a variance needs two
                                                              : nlohmann::json(report.values.active_units)},
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
