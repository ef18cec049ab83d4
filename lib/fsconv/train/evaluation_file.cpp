// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/train/evaluation_file.hpp>
#include <numeric>

namespace fsconv {
namespace {

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

}  // namespace

void write_evaluation(const std::string& path, const RunInfo& info, const TrainedRun& run,
                      const ShownImages& images, const EvaluationReport& report) {
  hdf5::File file = hdf5::File::create(path);
  write_origin(file, info, run, report.algorithm);
  write_origin(file, images);
  const auto set = [&](const std::string& attribute, const hdf5::Value& value) {
    file.set_attribute("/", attribute, value);
  };
  set("precision", std::string(name(report.precision)));
  set("dimensions", std::int64_t{report.dimensions});
  set("importance_samples", std::int64_t{report.importance_samples});
  set("is_likelihood", is_likelihood(report.likelihood) ? "true" : "false");
  if (report.images() > 1) set("active_units", std::int64_t{report.values.active_units});
  file.write("/image", counted(report.values.reconstruction.size()),
             {.dimensions = {"image"}, .units = "1", .long_name = "number of the image in its split"});
  for (const ImageSeries& one : series(report)) {
    const Summary summary = summary_of(one.values);
    set("mean." + one.name, summary.mean.value);
    if (summary.has_error) set("standard_error." + one.name, summary.mean.error);
    if (!has_column_in_table(one))
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
  commit_sealed(file);
}

}  // namespace fsconv
