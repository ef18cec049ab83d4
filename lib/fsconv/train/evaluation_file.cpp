#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/train/evaluation_file.hpp>
#include <numeric>

namespace fsconv {
namespace {

constexpr const char* likelihood_prefix = "log_likelihood_";

std::vector<std::int64_t> counted(std::size_t count) {
  std::vector<std::int64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  return numbers;
}

void write_likelihoods(hdf5::File& file, const EvaluationReport& report) {
  const Evaluation& values = report.values;
  if (values.samples.empty()) return;
  file.write("/samples", std::vector<std::int64_t>(values.samples.begin(), values.samples.end()),
             {.dimensions = {"samples"}, .units = "1", .long_name = "importance samples K"});
  Tensor<double> table({report.images(), static_cast<Index>(values.samples.size())});
  const Index columns = table.shape()[1];
  for (Index image = 0; image < report.images(); ++image)
    for (Index at = 0; at < columns; ++at)
      table[image * columns + at] =
          values.log_likelihood[static_cast<std::size_t>(at)][static_cast<std::size_t>(image)];
  file.write("/log_likelihood", table,
             {.dimensions = {"image", "samples"},
              .units = std::string(units(report.likelihood)),
              .long_name = "L_K = log of the mean of K importance weights"});
  file.write(
      "/effective_samples", values.effective_samples,
      {.dimensions = {"image"}, .units = "1", .long_name = "(sum of the weights)^2 / sum of their squares"});
  file.write(
      "/largest_weight", values.largest_weight,
      {.dimensions = {"image"}, .units = "1", .long_name = "the largest importance weight over their sum"});
}

template <class E>
E named_attribute(const hdf5::File& file, const std::string& attribute) {
  try {
    return named<E>(file.string_attribute("/", attribute));
  } catch (const InvalidArgument& error) {
    throw BadData(file.path(),
                  fmt::format("its attribute {} is none of an evaluation's ({})", attribute, error.what()));
  }
}

// One number per image; PSNR may be infinite, nothing may be NaN.
std::vector<double> read_series(const hdf5::File& file, const std::string& name, Index images) {
  const Tensor<double> values = file.read<double>(name);
  if (values.shape() != Shape{images}) throw BadData(file.path() + ":" + name, "is not as long as /image");
  for (const double value : values)
    if (std::isnan(value)) throw BadData(file.path() + ":" + name, "holds a value that is no number");
  return {values.begin(), values.end()};
}

void read_likelihoods(const hdf5::File& file, Index images, Evaluation& values) {
  if (!file.exists("/log_likelihood")) return;
  const Tensor<std::int64_t> samples = file.read<std::int64_t>("/samples");
  const Tensor<double> table = file.read<double>("/log_likelihood");
  if (samples.rank() != 1 || table.shape() != Shape{images, samples.size()})
    throw BadData(file.path() + ":/log_likelihood", "is not [image, samples]");
  for (Index at = 0; at < samples.size(); ++at) {
    values.samples.push_back(samples[at]);
    std::vector<double> column;
    for (Index image = 0; image < images; ++image) column.push_back(table[image * samples.size() + at]);
    values.log_likelihood.push_back(std::move(column));
  }
  values.effective_samples = read_series(file, "/effective_samples", images);
  values.largest_weight = read_series(file, "/largest_weight", images);
}

}  // namespace

void write_evaluation(const std::string& path, const RunInfo& info, const TrainedRun& run,
                      const ShownImages& images, const EvaluationReport& report) {
  hdf5::File file = hdf5::File::create(path);
  write_origin(file, info, run);
  write_origin(file, images);
  const auto set = [&](const std::string& attribute, const hdf5::Value& value) {
    file.set_attribute("/", attribute, value);
  };
  set("precision", std::string(name(report.precision)));
  set("dimensions", std::int64_t{report.dimensions});
  set("importance_samples", std::int64_t{report.importance_samples});
  set("is_likelihood", is_likelihood(report.likelihood) ? "true" : "false");
  set("active_units", std::int64_t{report.values.active_units});
  file.write("/image", counted(report.values.reconstruction.size()),
             {.dimensions = {"image"}, .units = "1", .long_name = "number of the image in its split"});
  for (const ImageSeries& one : series(report)) {
    const Summary summary = summary_of(one.values);
    set("mean." + one.name, summary.mean.value);
    if (summary.has_error) set("standard_error." + one.name, summary.mean.error);
    if (!one.name.starts_with(likelihood_prefix))
      file.write("/" + one.name, one.values,
                 {.dimensions = {"image"}, .units = one.units, .long_name = one.long_name});
  }
  write_likelihoods(file, report);
  if (!report.labels.empty())
    file.write("/label", report.labels,
               {.dimensions = {"image"}, .units = "1", .long_name = "class of the image"});
  file.write("/latent", counted(report.values.code_variance.size()),
             {.dimensions = {"latent"}, .units = "1", .long_name = "number of the code"});
  file.write("/code_variance", report.values.code_variance,
             {.dimensions = {"latent"},
              .units = "1",
              .long_name = "variance of the code over the images; active above 0.01"});
  file.commit();
}

EvaluationReport read_evaluation(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  const std::string kind = file.has_attribute("/", "kind") ? file.string_attribute("/", "kind") : "";
  if (kind != "evaluate")
    throw BadData(path, kind.empty() ? "is no file of fsconv" : fmt::format("is a file of fsconv {}", kind),
                  "give one that fsconv evaluate wrote");
  read_configuration(file);  // refuses a newer schema
  EvaluationReport report{.run = file.string_attribute("/", "run"),
                          .epoch = file.integer_attribute("/", "epoch"),
                          .is_best = file.string_attribute("/", "weights") == "best",
                          .model = named_attribute<ModelKind>(file, "model_kind"),
                          .likelihood = named_attribute<Likelihood>(file, "likelihood"),
                          .precision = named_attribute<Operands>(file, "precision"),
                          .source = file.string_attribute("/", "data_source"),
                          .description = {},
                          .checksum = file.integer_attribute("/", "images_checksum"),
                          .split = named_attribute<Split>(file, "split"),
                          .binarise = named_attribute<Binarise>(file, "binarise"),
                          .seed = static_cast<std::uint64_t>(file.integer_attribute("/", "seed")),
                          .importance_samples = file.integer_attribute("/", "importance_samples"),
                          .dimensions = file.integer_attribute("/", "dimensions"),
                          .labels = {},
                          .values = {}};
  const Shape shape = file.shape("/image");
  if (shape.size() != 1 || shape[0] < 1) throw BadData(path + ":/image", "counts no images");
  Evaluation& values = report.values;
  values.reconstruction = read_series(file, "/reconstruction", shape[0]);
  values.psnr = read_series(file, "/psnr", shape[0]);
  if (file.exists("/ssim")) values.ssim = read_series(file, "/ssim", shape[0]);
  if (report.variational()) values.kl = read_series(file, "/kl", shape[0]);
  read_likelihoods(file, shape[0], values);
  const Tensor<double> variances = file.read<double>("/code_variance");
  values.code_variance.assign(variances.begin(), variances.end());
  values.active_units = file.integer_attribute("/", "active_units");
  return report;
}

}  // namespace fsconv
