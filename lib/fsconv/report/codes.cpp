// Codes of images: how much each number varies.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/io/json_text.hpp>
#include <fsconv/io/legal_values.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/report/sections.hpp>

namespace fsconv::report {
namespace {

// What stands beside the codes: how far each spreads, and the number and the class of each image.
void check_beside(const hdf5::File& file, SealedReader& sealed, const Shape& shape) {
  const auto has = [&](const std::string& name, const Shape& wanted) {
    if (file.exists(name) && file.shape(name) != wanted)
      throw BadData(fmt::format("{}:{}", file.path(), name),
                    fmt::format("has shape [{}]", fmt::join(file.shape(name), ", ")),
                    fmt::format("/mean makes it [{}]", fmt::join(wanted, ", ")));
    return file.exists(name);
  };
  if (has("/log_variance", shape))
    require_legal(file, "/log_variance", sealed.read<float>("/log_variance"), "it is finite",
                  [](float value, Index) { return std::isfinite(value); });
  if (has("/image", {shape[0]}))
    require_legal(file, "/image", sealed.read<std::int64_t>("/image"), "it counts the images from 0",
                  [](std::int64_t number, Index image) { return number == image; });
  if (!has("/label", {shape[0]})) return;
  const auto labels = sealed.read<std::uint8_t>("/label");
  if (!file.has_attribute("/label", "classes")) return;
  const nlohmann::json classes = parsed_json(file.string_attribute("/label", "classes"));
  if (!classes.is_array())
    throw BadData(file.path() + ":/label", "its attribute classes is no list of names");
  require_legal(file, "/label", labels,
                fmt::format("its attribute classes names {}",
                            counted(static_cast<Index>(classes.size()), "class", "classes")),
                [&](std::uint8_t label, Index) { return label < classes.size(); });
}

}  // namespace

RecordedCodes read_codes(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  require_kind(file, "encode", "encode");
  SealedReader sealed(file);
  const Tensor<float> means = sealed.read<float>("/mean");
  if (means.rank() < 2 || means.shape()[0] < 1 || means.size() < 1)
    throw BadData(path + ":/mean", "holds no codes of images");
  require_legal(file, "/mean", means, "it is finite",
                [](float value, Index) { return std::isfinite(value); });
  check_beside(file, sealed, means.shape());
  RecordedCodes codes{.images = means.shape()[0],
                      .latent = means.size() / means.shape()[0],
                      .run = {},
                      .mean = {},
                      .variance = {}};
  if (file.has_attribute("/", "run")) codes.run = file.string_attribute("/", "run");
  const auto count = static_cast<double>(codes.images);
  for (Index code = 0; code < codes.latent; ++code) {
    double sum = 0, squares = 0;
    for (Index image = 0; image < codes.images; ++image) sum += means[image * codes.latent + code];
    for (Index image = 0; image < codes.images; ++image) {
      const double off = means[image * codes.latent + code] - sum / count;
      squares += off * off;
    }
    codes.mean.push_back(sum / count);
    codes.variance.push_back(squares / count);
  }
  sealed.check_rest();
  return codes;
}

void add_codes(Page& page, const Result<RecordedCodes>& result) {
  const RecordedCodes& of = result.of;
  const auto varying =
      std::count_if(of.variance.begin(), of.variance.end(), [](double variance) { return variance > 0.01; });
  page.verdict(
      true, fmt::format("{}: codes of {}{}.", result.origin.label, counted(of.images, "image"),
                        of.images < 2
                            ? ""
                            : fmt::format("; the variance of {} of {} numbers over the images is above 0.01",
                                          varying, of.latent)));
  page.heading("Codes: " + result.origin.label);
  if (!of.run.empty()) page.say("Codes of " + of.run + ".");
  add_code_variances(page, {{result.origin.label, of.variance}});
  page.histogram({.title = "Means of the codes",
                  .description = "Each code's mean over the images.",
                  .label = "mean",
                  .of = draw::histogram(of.mean)});
  nlohmann::json json = json_of(result.origin);
  json["images"] = of.images;
  json["mean"] = of.mean;
  json["variance"] = of.variance;
  page.json()["files"].push_back(std::move(json));
}

}  // namespace fsconv::report
