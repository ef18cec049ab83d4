// Reads a file of fsconv evaluate, and refuses what contradicts itself: evaluation_file.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/train/evaluation_file.hpp>
#include <limits>

namespace fsconv {
namespace {

// Reads the file of an evaluation, in which most numbers stand twice or follow from others.
class EvaluationReader {
 public:
  explicit EvaluationReader(const hdf5::File& file) : file_(file), sealed_(file) {}

  EvaluationReport read() {
    read_attributes();
    read_images();
    read_likelihoods();
    read_codes();
    check_derived();
    check_summaries();
    sealed_.check_rest();
    return std::move(report_);
  }

 private:
  [[noreturn]] void refuse(const std::string& object, const std::string& problem,
                           const std::string& right = {}) const {
    throw BadData(file_.path() + ":" + object, problem, right);
  }
  template <class E>
  E named_attribute(const std::string& attribute) const {
    const std::string text = file_.string_attribute("/", attribute);
    try {
      if constexpr (std::same_as<E, Precision>)
        return named<E>(text, float_precisions);
      else
        return named<E>(text);
    } catch (const InvalidArgument& error) {
      throw BadData(file_.path(),
                    fmt::format("its attribute {} is none of an evaluation's ({})", attribute, error.what()));
    }
  }
  Index count_attribute(const std::string& attribute, Index least,
                        Index most = std::numeric_limits<Index>::max()) const {
    const Index value = file_.integer_attribute("/", attribute);
    if (value < least || value > most)
      throw BadData(file_.path(), fmt::format("its attribute {} is {}", attribute, value),
                    value < least ? fmt::format("at least {}", least) : fmt::format("at most {}", most));
    return value;
  }
  std::uint64_t seed() const {
    const hdf5::Value value = file_.attribute("/", "seed");
    if (const auto* seed = std::get_if<std::uint64_t>(&value)) return *seed;
    throw BadData(file_.path(), "its attribute seed is no natural number of 64 bits");
  }

  void read_attributes();
  std::vector<double> read_series(const std::string& name, double least, double most);
  void require_counted(const std::string& name, Index count);
  void read_images();
  void read_likelihoods();
  void read_codes();
  void check_derived();
  void check_summaries() const;

  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr double largest = std::numeric_limits<double>::max();

  const hdf5::File& file_;
  SealedReader sealed_;
  EvaluationReport report_;
  Index images_ = 0;
};

void EvaluationReader::read_attributes() {
  report_.run = file_.string_attribute("/", "run");
  report_.epoch = count_attribute("epoch", 0);
  if (file_.has_attribute("/", "partial_step")) report_.partial_step = count_attribute("partial_step", 1);
  report_.is_best = named_attribute<Weights>("weights") == Weights::best;
  report_.model = named_attribute<ModelKind>("model_kind");
  report_.likelihood = named_attribute<Likelihood>("likelihood");
  report_.precision = named_attribute<Precision>("precision");
  if (file_.has_attribute("/", "algorithm"))  // before there were others, all was computed directly
    report_.algorithm = named_attribute<engine::Algorithm>("algorithm");
  report_.source = file_.string_attribute("/", "data_source");
  report_.checksum = file_.integer_attribute("/", "images_checksum");
  report_.split = named_attribute<Split>("split");
  report_.binarise = named_attribute<Binarise>("binarise");
  report_.seed = seed();
  report_.importance_samples = count_attribute("importance_samples", 0, most_importance_samples);
  report_.dimensions = count_attribute("dimensions", 1);
  const char* const is_one = is_likelihood(report_.likelihood) ? "true" : "false";
  if (const std::string held = file_.string_attribute("/", "is_likelihood"); held != is_one)
    throw BadData(file_.path(), fmt::format("its attribute is_likelihood is {}", excerpt(held)),
                  fmt::format("of {} it is {}", name(report_.likelihood), is_one));
}

// One number per image, from `least` to `most`, these included.
std::vector<double> EvaluationReader::read_series(const std::string& name, double least, double most) {
  const Tensor<double> values = sealed_.read<double>(name);
  if (values.shape() != Shape{images_}) refuse(name, "is not as long as /image");
  for (Index at = 0; at < images_; ++at)
    if (!(values[at] >= least && values[at] <= most))
      refuse(name, fmt::format("is {} of image {}", values[at], at), "no evaluation gives that");
  return {values.begin(), values.end()};
}

void EvaluationReader::require_counted(const std::string& name, Index count) {
  const Tensor<std::int64_t> numbers = sealed_.read<std::int64_t>(name);
  bool counted = numbers.shape() == Shape{count};
  for (Index at = 0; counted && at < count; ++at) counted = numbers[at] == at;
  if (!counted) refuse(name, "does not count 0, 1, 2, ...");
}

void EvaluationReader::read_images() {
  const Shape shape = file_.shape("/image");
  if (shape.size() != 1 || shape[0] < 1) refuse("/image", "counts no images");
  images_ = shape[0];
  require_counted("/image", images_);
  Evaluation& values = report_.values;
  values.reconstruction = read_series("/reconstruction", -largest, largest);
  values.psnr = read_series("/psnr", -largest, infinity);  // infinite where the images are equal
  if (file_.exists("/ssim")) values.ssim = read_series("/ssim", -largest, largest);
  if (file_.exists("/kl") != report_.variational())
    refuse("/kl", fmt::format("does not go with the model {}", name(report_.model)));
  if (report_.variational()) values.kl = read_series("/kl", -largest, largest);
  if (file_.exists("/label") && file_.shape("/label") != shape) refuse("/label", "is not as long as /image");
}

void EvaluationReader::read_likelihoods() {
  if (file_.exists("/log_likelihood") != (report_.importance_samples > 0))
    refuse("/log_likelihood",
           fmt::format("does not go with {} importance samples", report_.importance_samples));
  if (report_.importance_samples == 0) return;
  Evaluation& values = report_.values;
  const Tensor<std::int64_t> samples = sealed_.read<std::int64_t>("/samples");
  const std::vector<Index> wanted = milestones(report_.importance_samples);
  if (samples.rank() != 1 || !std::equal(samples.begin(), samples.end(), wanted.begin(), wanted.end()))
    refuse("/samples", fmt::format("is not [{}]", fmt::join(wanted, ", ")));
  const Tensor<double> table = sealed_.read<double>("/log_likelihood");
  if (table.shape() != Shape{images_, samples.size()}) refuse("/log_likelihood", "is not [image, samples]");
  for (Index at = 0; at < samples.size(); ++at) {
    values.samples.push_back(samples[at]);
    std::vector<double> column;
    for (Index image = 0; image < images_; ++image) {
      column.push_back(table[image * samples.size() + at]);
      if (!std::isfinite(column.back()))
        refuse("/log_likelihood", fmt::format("is {} of image {}", column.back(), image));
    }
    values.log_likelihood.push_back(std::move(column));
  }
  // Sums of K positive numbers are good to K roundings each: 1e6 at most, of 2e-16.
  constexpr double rounding = 1e-9;
  const auto most = static_cast<double>(report_.importance_samples);
  values.effective_samples = read_series("/effective_samples", 1 - rounding, most * (1 + rounding));
  values.largest_weight = read_series("/largest_weight", (1 - rounding) / most, 1);
}

void EvaluationReader::read_codes() {
  Evaluation& values = report_.values;
  const Tensor<double> variances = sealed_.read<double>("/code_variance");
  if (variances.rank() != 1 || variances.size() < 1) refuse("/code_variance", "is no list of variances");
  if (!std::all_of(variances.begin(), variances.end(), [](double v) { return v >= 0 && v <= largest; }))
    refuse("/code_variance", "holds a number that is no variance");
  require_counted("/latent", variances.size());
  values.code_variance.assign(variances.begin(), variances.end());
  if (report_.images() < 2 && !file_.has_attribute("/", "active_units"))
    return;  // a variance needs two images
  values.active_units = file_.integer_attribute("/", "active_units");
  if (const Index active = count_active(values.code_variance); active != values.active_units)
    throw BadData(file_.path(), fmt::format("its attribute active_units is {}", values.active_units),
                  fmt::format("/code_variance has {}", active));
}

// The sum of two series, which has a dataset of its own.
void EvaluationReader::check_derived() {
  for (const ImageSeries& one : series(report_)) {
    if (one.name != "elbo" && one.name != "loss") continue;
    const std::vector<double> held = read_series("/" + one.name, -infinity, infinity);
    const auto [at, made] = std::mismatch(held.begin(), held.end(), one.values.begin());
    if (at != held.end())
      refuse("/" + one.name, fmt::format("is {} of image {}", *at, at - held.begin()),
             fmt::format("/reconstruction and /kl make it {}", *made));
  }
}

// A mean of n numbers, and a deviation from it, are good to n roundings of the largest.
void EvaluationReader::check_summaries() const {
  for (const ImageSeries& one : series(report_)) {
    const Summary summary = summary_of(one.values);
    double size = 0;
    for (const double value : one.values)
      if (std::isfinite(value)) size = std::max(size, std::abs(value));
    const double rounding = static_cast<double>(images_ + 8) * std::numeric_limits<double>::epsilon() * size;
    const auto require = [&](const std::string& attribute, double made) {
      const double held = file_.number_attribute("/", attribute);
      if (held == made || (std::isnan(held) && std::isnan(made)) || std::abs(held - made) <= rounding) return;
      throw BadData(file_.path(), fmt::format("its attribute {} is {}", attribute, held),
                    fmt::format("the images make it {}", made));
    };
    require("mean." + one.name, summary.mean.value);
    if (summary.has_error) require("standard_error." + one.name, summary.mean.error);
  }
}

}  // namespace

EvaluationReport read_evaluation(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  require_kind(file, "evaluate", "evaluate");
  read_configuration(file);  // refuses a newer schema, and copies that differ
  return EvaluationReader(file).read();
}

}  // namespace fsconv
