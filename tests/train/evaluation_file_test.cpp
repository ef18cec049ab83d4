// What is wrong with an evaluation's file is found: by its digest, and in older files, which have none, because most
// numbers follow from others.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/train/evaluation_file.hpp>
#include <fsconv/train/evaluation_text.hpp>
#include <functional>
#include <limits>

#include "train/damaged.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string original = schema_2 + "evaluate.h5";
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

std::string complaint(const std::string& path) {
  try {
    read_evaluation(path);
  } catch (const BadData& error) {
    return error.what();
  }
  return "";
}

struct Copy {
  std::string found() const {
    const std::string said = complaint(path);
    CHECK_THAT(said, StartsWith(path));
    return said.substr(std::min(said.size(), path.size()));
  }
  template <class T>
  std::string with(const std::string& dataset, std::size_t at, T value) const {
    copy_with(original, path, dataset, at, value);
    return found();
  }
  void change(const std::function<void(hdf5::File&)>& change) const {
    std::filesystem::copy_file(original, path, std::filesystem::copy_options::overwrite_existing);
    auto file = hdf5::File::modify(path);
    change(file);
    file.commit();
  }
  std::string with_attribute(const std::string& name, const hdf5::Value& value) const {
    change([&](hdf5::File& file) { file.set_attribute("/", name, value); });
    return found();
  }

  TemporaryFolder folder;
  std::string path = folder.file("eval.h5");
};

}  // namespace

TEST_CASE("evaluation file: the recorded one of schema 2 is good, with any seed") {
  const EvaluationReport report = read_evaluation(original);
  CHECK(report.images() == 6);
  CHECK(report.model == ModelKind::vae);
  CHECK(report.values.samples == std::vector<Index>{1, 10, 20});
  CHECK(report.values.active_units == 2);
  CHECK(report.values.kl[0] == Approx(0.03097324));
  CHECK(report.values.log_likelihood[0][1] == Approx(-44.97416744).epsilon(0.01));
  const Copy copy;
  copy.change([](hdf5::File& file) { file.set_attribute("/", "seed", UINT64_MAX); });
  CHECK(read_evaluation(copy.path).seed == UINT64_MAX);
}

TEST_CASE("evaluation file: series that contradict each other or their means are found") {
  const Copy copy;
  CHECK_THAT(copy.with("/elbo", 2, -44.0),
             StartsWith(":/elbo: is -44 of image 2; /reconstruction and /kl make it"));
  CHECK_THAT(copy.with("/elbo", 2, no_number), StartsWith(":/elbo: is nan of image 2"));
  CHECK_THAT(copy.with("/kl", 0, 0.03), StartsWith(":/elbo: is "));
  CHECK_THAT(copy.with("/reconstruction", 5, 44.0), StartsWith(":/elbo: is "));
  CHECK_THAT(copy.with("/psnr", 1, 7.0), StartsWith(": its attribute mean.psnr is "));
  CHECK_THAT(copy.with("/psnr", 1, no_number), StartsWith(":/psnr: is nan of image 1"));
  CHECK_THAT(copy.with("/log_likelihood", 4, -44.0),
             StartsWith(": its attribute mean.log_likelihood_10 is "));
  CHECK_THAT(copy.with("/log_likelihood", 4, no_number), StartsWith(":/log_likelihood: is nan of image 1"));
  CHECK_THAT(copy.with("/effective_samples", 3, 0.5), StartsWith(":/effective_samples: is 0.5 of image 3"));
  CHECK_THAT(copy.with("/effective_samples", 3, 20.5), StartsWith(":/effective_samples: is 20.5"));
  CHECK_THAT(copy.with("/largest_weight", 0, 1.5), StartsWith(":/largest_weight: is 1.5"));
  CHECK_THAT(copy.with("/largest_weight", 0, 0.04), StartsWith(":/largest_weight: is 0.04"));
  CHECK_THAT(copy.with("/image", 5, std::int64_t{7}), StartsWith(":/image: does not count"));
  CHECK_THAT(copy.with("/samples", 2, std::int64_t{30}), StartsWith(":/samples: is not [1, 10, 20]"));
  CHECK_THAT(copy.with("/code_variance", 0, -1.0), StartsWith(":/code_variance"));
  CHECK_THAT(copy.with("/code_variance", 0, no_number), StartsWith(":/code_variance"));
  CHECK_THAT(copy.with("/code_variance", 1, 0.0), StartsWith(": its attribute active_units is 2"));
}

TEST_CASE("evaluation file: attributes that contradict the series or each other are found") {
  const Copy copy;
  CHECK_THAT(copy.with_attribute("mean.kl", 0.5), StartsWith(": its attribute mean.kl is 0.5"));
  CHECK_THAT(copy.with_attribute("mean.elbo", no_number), StartsWith(": its attribute mean.elbo is nan"));
  CHECK_THAT(copy.with_attribute("standard_error.psnr", 0.0),
             StartsWith(": its attribute standard_error.psnr"));
  CHECK_THAT(copy.with_attribute("active_units", 1), StartsWith(": its attribute active_units is 1"));
  CHECK_THAT(copy.with_attribute("epoch", -1), StartsWith(": its attribute epoch is -1"));
  CHECK_THAT(copy.with_attribute("epoch", 2.0), Contains("epoch is no integer"));
  CHECK_THAT(copy.with_attribute("dimensions", -64), StartsWith(": its attribute dimensions is -64"));
  CHECK_THAT(copy.with_attribute("importance_samples", 0),
             StartsWith(":/log_likelihood: does not go with 0"));
  CHECK_THAT(copy.with_attribute("importance_samples", 30), StartsWith(":/samples: is not [1, 10, 30]"));
  CHECK_THAT(copy.with_attribute("importance_samples", std::numeric_limits<std::int64_t>::max()),
             StartsWith(": its attribute importance_samples is 9223372036854775807; at most 1000000"));
  CHECK_THAT(copy.with_attribute("weights", "bist"), Contains("its attribute weights is none"));
  CHECK_THAT(copy.with_attribute("algorithm", "fft"), Contains("its attribute algorithm is none"));
  CHECK_THAT(copy.with_attribute("model_kind", "gan"), Contains("its attribute model_kind is none"));
  CHECK_THAT(copy.with_attribute("model_kind", "ae"), StartsWith(":/kl: does not go with the model ae"));
  CHECK_THAT(copy.with_attribute("likelihood", "mse"), Contains("its attribute is_likelihood is true"));
  CHECK_THAT(copy.with_attribute("is_likelihood", "false"), Contains("its attribute is_likelihood is false"));
  CHECK_THAT(copy.with_attribute("seed", -1), Contains("seed is no natural number"));
  CHECK_THAT(copy.with_attribute("config.importance-samples", "21"), Contains("is damaged"));
  CHECK_THAT(copy.with_attribute("kind", "train"), Contains("is a file of fsconv train"));
}

TEST_CASE("evaluation file: what was changed since it was written is found by the digest") {
  const TemporaryFolder folder;
  const TrainedRun run = open_run(schema_2 + "vae.h5", Weights::best);
  const ShownImages images = load_images(run, {});
  const std::string path = folder.file("eval.h5");
  RunInfo info;
  info.kind = "evaluate";
  write_evaluation(path, info, run, images, evaluate(run, images, 20, 1, Precision::fp32));
  CHECK(complaint(path).empty());
  CHECK(read_evaluation(path).algorithm == engine::Algorithm::direct);  // the run's, which knew no other
  write_evaluation(folder.file("tiles.h5"), info, run, images,
                   evaluate(run, images, 0, 1, Precision::fp32, engine::Algorithm::winograd4));
  CHECK(read_evaluation(folder.file("tiles.h5")).algorithm == engine::Algorithm::winograd4);
  const auto changed = [&](const std::function<void(hdf5::File&)>& change) {
    std::filesystem::copy_file(path, folder.file("copy.h5"),
                               std::filesystem::copy_options::overwrite_existing);
    auto file = hdf5::File::modify(folder.file("copy.h5"));
    change(file);
    file.commit();
    return complaint(folder.file("copy.h5"));
  };
  CHECK(changed([](hdf5::File& file) {
          file.write("/mine", Tensor<double>({2}, {1, 2}));
          file.set_attribute("/", "seen", "yes");
        }).empty());
  CHECK_THAT(changed([](hdf5::File& file) { file.set_attribute("/", "images_checksum", 1); }),
             Contains("copy.h5: its attribute images_checksum is not what fsconv wrote"));
  CHECK_THAT(changed([](hdf5::File& file) {  // by a ulp
               auto values = file.read<double>("/psnr");
               values[0] = std::nextafter(values[0], 0);
               file.remove("/psnr");
               file.write("/psnr", values, {.dimensions = {"image"}});
             }),
             Contains("copy.h5:/psnr: is not what fsconv wrote"));
  CHECK_THAT(changed([](hdf5::File& file) { file.remove("/label"); }), Contains("/label: is missing"));
}

TEST_CASE("evaluation in words: what is infinite is left out of means and of pairs alike, and counted") {
  EvaluationReport one = read_evaluation(original), other = one;
  REQUIRE(one.images() == 6);
  constexpr double met = std::numeric_limits<double>::infinity();
  one.values.psnr = {met, 10, 12, 14, met, 20};
  other.values.psnr = {met, 11, 12, 15, 9, 21};
  const Comparison comparison = compare(one, other, "other.h5");
  const auto psnr = std::find_if(comparison.differences.begin(), comparison.differences.end(),
                                 [](const Difference& difference) { return difference.name == "psnr"; });
  REQUIRE(psnr != comparison.differences.end());
  CHECK(psnr->of.infinite == 2);
  CHECK(psnr->of.mean.value == Approx(-0.75));  // of four pairs
  CHECK_THAT(text(comparison, 100), Contains("left out: 2 pairs"));
  CHECK(json_of(comparison)["difference"]["psnr"]["infinite"] == 2);

  // Numbers that are small and not zero, and none that is a negative zero.
  other = one;
  for (double& value : other.values.reconstruction) value += 3e-8;
  // Of one run they are told apart by what else differs.
  one.is_best = !other.is_best;
  one.epoch = other.epoch + 2;
  const Comparison states = compare(one, other, "other.h5");
  CHECK(states.label == one.run + " (" + epoch_text(one.epoch, one.partial_step, one.is_best) + ")");
  CHECK(states.other_label ==
        one.run + " (" + epoch_text(other.epoch, other.partial_step, other.is_best) + ")");
  const std::string close = text(compare(one, other, "other.h5"), 100);
  CHECK_THAT(close, !Contains("-0.000 ") && Contains("-0.00000003"));
  one.values.largest_weight.assign(6, 0.00005);
  CHECK_THAT(text(one, 100), Contains("median 5.0e-05, largest 5.0e-05"));
}

TEST_CASE("evaluation in words: one image has no variance") {
  EvaluationReport one = read_evaluation(original);
  CHECK_THAT(active_units_text(one), Contains(" of "));
  for (std::vector<double>* series : {&one.values.reconstruction, &one.values.kl, &one.values.psnr})
    series->resize(1);
  CHECK(active_units_text(one) == "-");
  CHECK(json_of(one)["active_units"].is_null());
  CHECK(json_of(read_evaluation(original))["active_units"].is_number());
}

TEST_CASE("evaluation in words: a series has one name in all tables") {
  CHECK(label_of_series("reconstruction", true) == "reconstruction");
  CHECK(label_of_series("reconstruction", false) == "loss");
  CHECK(label_of_series("loss", true) == "their sum");
  CHECK(label_of_series("log_likelihood_100", true) == "-L_100");
  CHECK(label_of_series("elbo", true) == "-ELBO");
}
