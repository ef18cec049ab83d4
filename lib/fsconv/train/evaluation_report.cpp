// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/train/evaluation_report.hpp>
#include <limits>
#include <numbers>
#include <optional>

namespace fsconv {
namespace {

constexpr const char* likelihood_prefix = "log_likelihood_";

std::vector<double> added(const std::vector<double>& a, const std::vector<double>& b, double sign) {
  std::vector<double> sum(a.size());
  std::transform(a.begin(), a.end(), b.begin(), sum.begin(),
                 [&](double x, double y) { return sign * (x + y); });
  return sum;
}

std::string meaning_of_reconstruction(const EvaluationReport& report) {
  const std::string given = report.variational() ? "z" : "code";
  if (report.likelihood == Likelihood::mse) return "squared error, summed over the image; no likelihood";
  if (report.likelihood == Likelihood::bce_grey)
    return fmt::format("binary cross-entropy of {} pixels, summed over the image; no likelihood",
                       report.binarise == Binarise::none ? "grey" : "binarised");
  std::string text = fmt::format("-log p(x|{}), {}", given, name(report.likelihood));
  if (report.importance_samples > 1) text += fmt::format(", mean over {} samples", report.importance_samples);
  return text;
}

// What pairs are made of: the images as a model is shown them, and whether it draws codes.
struct Basis {
  Split split;
  bool binarised;
  std::uint64_t seed;
  Index images;
  std::int64_t checksum;
  bool draws;
};
Basis basis_of(const EvaluationReport& report) {
  return {report.split,    report.binarise != Binarise::none,
          report.seed,     report.images(),
          report.checksum, report.variational()};
}

// A seed says nothing of pixels and codes that are not drawn.
bool drawn_alike(const Basis& one, const Basis& other) {
  const bool draw_something = one.binarised || other.binarised || (one.draws && other.draws);
  return one.seed == other.seed || !draw_something;
}

struct Mismatch {
  const char* what;
  std::string there, here;
};
std::optional<Mismatch> mismatch(const Basis& there, const Basis& here) {
  const auto shown = [](bool binarised) { return binarised ? "binarised images" : "grey images"; };
  if (there.split != here.split)
    return Mismatch{"the split", std::string(name(there.split)), std::string(name(here.split))};
  if (there.binarised != here.binarised)
    return Mismatch{"the", shown(there.binarised), shown(here.binarised)};
  if (!drawn_alike(there, here))
    return Mismatch{"the seed", std::to_string(there.seed), std::to_string(here.seed)};
  if (there.images != here.images)
    return Mismatch{"a number of images of", std::to_string(there.images), std::to_string(here.images)};
  if (there.checksum != here.checksum)
    return Mismatch{"the images' checksum", std::to_string(there.checksum), std::to_string(here.checksum)};
  return std::nullopt;
}

void require_match(const std::string& path, const Basis& there, const Basis& here) {
  if (const auto found = mismatch(there, here))
    throw InvalidArgument(
        "against",
        fmt::format("{} has {} {}, this evaluation {}", path, found->what, found->there, found->here),
        "pairs need the same images, split and binarisation, and one seed where something is drawn");
}

// The reconstruction and what it is added to; bounds of their own name have as many draws as that says.
bool is_mean_of_draws(const std::string& series) {
  return series == "reconstruction" || series == "elbo" || series == "loss";
}

std::string label_beside(const EvaluationReport& report, const EvaluationReport& other) {
  if (report.run != other.run) return report.run;
  std::vector<std::string> facts;
  const auto add_if_other = [&](auto text_of) {
    std::string fact = text_of(report);
    if (fact != text_of(other)) facts.push_back(std::move(fact));
  };
  add_if_other(
      [](const EvaluationReport& one) { return epoch_text(one.epoch, one.partial_step, one.is_best); });
  add_if_other([](const EvaluationReport& one) { return std::string(name(one.precision)); });
  add_if_other([](const EvaluationReport& one) { return std::string(name(one.algorithm)); });
  return facts.empty() ? report.run : fmt::format("{} ({})", report.run, fmt::join(facts, ", "));
}

}  // namespace

Index EvaluationReport::draws() const { return variational() ? std::max<Index>(1, importance_samples) : 0; }

EvaluationReport evaluate(const TrainedRun& run, const ShownImages& images, Index importance_samples,
                          int threads, Precision precision, std::optional<engine::Algorithm> algorithm,
                          Communicator& ranks) {
  const TrainedModel& trained = run.trained;
  EvaluationReport report{.run = run.path,
                          .epoch = trained.epoch,
                          .partial_step = trained.partial_step,
                          .is_best = trained.is_best,
                          .model = trained.config.model,
                          .likelihood = likelihood_of(trained.config),
                          .precision = precision,
                          .algorithm = algorithm.value_or(trained.config.algorithm),
                          .source = images.source,
                          .description = description(images),
                          .checksum = images.checksum,
                          .split = images.split,
                          .binarise = images.binarise,
                          .seed = images.seed,
                          .importance_samples = importance_samples,
                          .dimensions = trained.model.images().elements(),
                          .labels = images.labels,
                          .values = {}};
  std::optional<Runner<float>> runner;
  together(ranks, [&] {
    if (importance_samples > 0 && !report.variational())
      throw InvalidArgument("importance-samples",
                            "needs a variational model: an autoencoder gives images no likelihood",
                            "leave it away");
    if (importance_samples > 0 && !report.bounds())
      throw InvalidArgument(
          "importance-samples",
          fmt::format("would estimate nothing: {} is no likelihood", name(report.likelihood)),
          "leave it away");
    runner.emplace(make_runner(run, threads, precision, report.algorithm));
  });
  report.values = evaluate(*runner, images.images,
                           {.importance_samples = importance_samples,
                            .binarise = images.binarise,
                            .seed = images.seed,
                            .split = images.split},
                           ranks);
  return report;
}

std::vector<ImageSeries> series(const EvaluationReport& report) {
  const Evaluation& values = report.values;
  const std::string nats(units(report.likelihood));
  std::vector<ImageSeries> list = {
      {"reconstruction", meaning_of_reconstruction(report), nats, values.reconstruction}};
  if (report.variational()) {
    list.push_back({"kl", "KL(q(z|x) || N(0, 1)), closed form", "nats per image", values.kl});
    if (report.bounds())
      list.push_back(
          {"elbo", "-(reconstruction + kl), at beta 1", nats, added(values.reconstruction, values.kl, -1)});
    else
      list.push_back({"loss",
                      fmt::format("reconstruction + kl, which bounds nothing: {} is no likelihood",
                                  name(report.likelihood)),
                      std::string(units_with_kl(report.likelihood)),
                      added(values.reconstruction, values.kl, 1)});
  }
  for (std::size_t at = 0; at < values.samples.size(); ++at)
    list.push_back({fmt::format("{}{}", likelihood_prefix, values.samples[at]),
                    fmt::format("L_{} = log of the mean of {}", values.samples[at],
                                counted(values.samples[at], "importance weight")),
                    nats, values.log_likelihood[at]});
  list.push_back({"psnr", "peak signal to noise ratio of the decoded code", "dB", values.psnr});
  if (!values.ssim.empty())
    list.push_back(
        {"ssim", "structural similarity of the decoded code (Wang et al. 2004)", "1", values.ssim});
  return list;
}

bool has_column_in_table(const ImageSeries& series) { return series.name.starts_with(likelihood_prefix); }

bool Comparison::other_noise() const { return draws > 0 && other_draws > 0 && draws != other_draws; }

Summary summary_of(const std::vector<double>& values) {
  Summary summary;
  std::vector<double> finite;
  for (const double value : values)
    if (std::isfinite(value))
      finite.push_back(value);
    else
      ++summary.infinite;
  summary.mean = finite.empty() ? Mean{std::numeric_limits<double>::quiet_NaN(), 0} : mean_of(finite);
  summary.has_error = finite.size() > 1;
  return summary;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double bits_per_dimension(double nats, Index dimensions) {
  return nats / (static_cast<double>(dimensions) * std::numbers::ln2);
}

bool drawn_alike(const EvaluationReport& one, const EvaluationReport& other) {
  return drawn_alike(basis_of(one), basis_of(other));
}

bool can_be_paired(const EvaluationReport& one, const EvaluationReport& other) {
  return !mismatch(basis_of(one), basis_of(other));
}

void require_comparable(const EvaluationReport& other, const std::string& other_path, const TrainedRun& run,
                        const ShownImages& images) {
  require_match(other_path, basis_of(other),
                {images.split, images.binarise != Binarise::none, images.seed, images.images.count(),
                 images.checksum, run.trained.config.model == ModelKind::vae});
}

Comparison compare(const EvaluationReport& report, const EvaluationReport& other,
                   const std::string& other_path) {
  require_match(other_path, basis_of(other), basis_of(report));
  Comparison comparison{.label = label_beside(report, other),
                        .other_label = label_beside(other, report),
                        .other_run = other.run,
                        .likelihood = report.likelihood,
                        .other_likelihood = other.likelihood,
                        .draws = report.draws(),
                        .other_draws = other.draws(),
                        .images = report.images(),
                        .differences = {}};
  const std::vector<ImageSeries> others = series(other);
  for (const ImageSeries& one : series(report)) {
    const auto same =
        std::find_if(others.begin(), others.end(), [&](const auto& o) { return o.name == one.name; });
    const bool of_pixels = one.name == "psnr" || one.name == "ssim" || one.name == "kl";
    if (same == others.end() || (!of_pixels && report.likelihood != other.likelihood)) continue;
    if (comparison.other_noise() && is_mean_of_draws(one.name)) continue;
    std::vector<double> differences;
    // Not finite where one of the two is not, as the mean of a series leaves such values out.
    for (std::size_t at = 0; at < one.values.size(); ++at)
      differences.push_back(one.values[at] - same->values[at]);
    comparison.differences.push_back({one.name, one.long_name, one.units, summary_of(differences)});
  }
  return comparison;
}

}  // namespace fsconv
