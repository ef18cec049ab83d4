// Files that fsconv of 2026-11-26 wrote, in schema 2, still open and give the numbers that it computed with them. In
// tests/vectors/schema_2/, by
//   train --data generated:8x8x1 --train-images 24 --test-images 6 --channels 2 --latent 2 --epochs 2 --batch 10
//         --isa portable --output ae.h5
//   train ... --validation 8 --model vae --beta-warmup 1.5 --optimizer sgd --learning-rate 1e-4 --schedule step
//         --step-every 1 --output vae.h5
//   evaluate vae.h5 --importance-samples 20, encode vae.h5, decode vae.h5 --codes codes.h5:/mean, reconstruct vae.h5
//   verify --case i4o2k2s2 --method numeric,exact --claim transpose,not-inverse, bench in three kinds, matrix
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/data/order.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/nn/model_words.hpp>
#include <fsconv/train/codes.hpp>
#include <fsconv/train/evaluation_file.hpp>
#include <limits>

#include "train/damaged.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

// Float sums of about a hundred terms (64 pixels, 32 products), in the order of another instruction set.
constexpr double rounding = 100 * std::numeric_limits<float>::epsilon();

void check_close(const Tensor<float>& values, const Tensor<float>& recorded) {
  REQUIRE(values.shape() == recorded.shape());
  for (Index at = 0; at < values.size(); ++at) CHECK(std::abs(values[at] - recorded[at]) <= rounding);
}

struct Continued {
  const char* file;
  double train_loss, test_loss, gradient_norm;  // of epoch 3, as fsconv of schema 2 went on
};

}  // namespace

TEST_CASE("recorded: runs of schema 2 go on to the same numbers") {
  const TemporaryFolder folder;
  for (const Continued& recorded :
       {Continued{"ae.h5", 44.16713840266069, 44.12885636091232, 27.0874407932457},
        Continued{"vae.h5", 44.53663707994509, 44.86472965651179, 28.17419232652592}}) {
    INFO(recorded.file);
    const std::string old = schema_2 + recorded.file;
    TrainConfig config = read_train_config(hdf5::File::open(old));
    CHECK(config.algorithm == engine::Algorithm::direct);  // there was no other
    config.epochs = 3;
    const auto history = run_to(folder.file("on.h5"), config, old);
    REQUIRE(history.size() == 3);
    CHECK(history[0].test_loss == hdf5::File::open(old).read<double>("/test_loss")[0]);
    CHECK(history[2].train_loss == Approx(recorded.train_loss).epsilon(rounding));
    CHECK(history[2].test_loss == Approx(recorded.test_loss).epsilon(rounding));
    CHECK(history[2].gradient_norm == Approx(recorded.gradient_norm).epsilon(rounding));
    CHECK(hdf5::File::open(folder.file("on.h5")).integer_attribute("/", "schema_version") == 3);
    const hdf5::File on = hdf5::File::open(folder.file("on.h5"));
    CHECK(on.string_attribute("/", "config.algorithm") == "direct");
    REQUIRE(!read_algorithms(on).empty());
    CHECK(algorithm_words(read_algorithms(on).front()) == "direct");
    for (const StepAlgorithms& step : read_algorithms(on))
      for (const std::string& map : {step.conv, step.conv_transpose, step.weight_gradient})
        CHECK((map.empty() || map == "direct"));
    CHECK(read_algorithms(hdf5::File::open(old)).empty());
  }
}

TEST_CASE("recorded: a model of schema 2 is evaluated, encodes and decodes as it did") {
  const TrainedRun run = open_run(schema_2 + "vae.h5", Weights::best);
  CHECK(run.trained.epoch == 2);
  CHECK(run.trained.is_best);
  const ShownImages images = load_images(run, {});
  const EvaluationReport report = evaluate(run, images, 20, 1, Precision::fp32),
                         recorded = read_evaluation(schema_2 + "evaluate.h5");
  CHECK(report.algorithm == engine::Algorithm::direct);
  CHECK(recorded.algorithm == engine::Algorithm::direct);
  const Comparison comparison = compare(report, recorded, "evaluate.h5");
  REQUIRE(comparison.differences.size() == 7);  // reconstruction, kl, elbo, L_1, L_10, L_20, psnr
  for (const Difference& one : comparison.differences) {
    INFO(one.name);
    CHECK(std::abs(one.of.mean.value) <= 45 * rounding);  // nats per image
  }

  Runner<float> runner = make_runner(run, 1);
  const Codes<float> codes = encode(runner, images, natural_order(6));
  const auto file = hdf5::File::open(schema_2 + "codes.h5");
  check_close(codes.means, file.read<float>("/mean"));
  check_close(codes.log_variances, file.read<float>("/log_variance"));
  const Tensor<float> read = read_codes(schema_2 + "codes.h5", run.trained.model);
  CHECK(read == file.read<float>("/mean"));
  const auto decoded = hdf5::File::open(schema_2 + "decoded.h5"),
             pairs = hdf5::File::open(schema_2 + "reconstructed.h5");
  check_close(decode(runner, read), decoded.read<float>("/images"));
  CHECK(decoded.read<float>("/codes") == read);
  check_close(reconstruct(runner, images, natural_order(6)).reconstructions,
              pairs.read<float>("/reconstructions"));
}

TEST_CASE("recorded: other files of schema 2 open, and say what they were made with") {
  struct Other {
    const char *file, *kind, *option, *value;
  };
  for (const Other& other :
       {Other{"verify.h5", "verify", "claim", "transpose,not-inverse"},
        Other{"bench.h5", "bench", "form", "gather,im2col"},
        Other{"bench_matrix.h5", "bench", "what", "matrix"},
        Other{"bench_verify.h5", "bench", "what", "verify"}, Other{"codes.h5", "encode", "run", "vae.h5"},
        Other{"decoded.h5", "decode", "codes", "codes.h5:/mean"},
        Other{"reconstructed.h5", "reconstruct", "threads", "1"}}) {
    INFO(other.file);
    const auto file = hdf5::File::open(schema_2 + other.file);
    require_kind(file, other.kind, other.kind);
    CHECK(read_configuration(file)[other.option] == other.value);
  }
  const auto checks = hdf5::File::open(schema_2 + "verify.h5");
  CHECK(checks.integer_attribute("/checks", "passed") == 1);
  CHECK(checks.read<std::uint8_t>("/checks/verdict").size() == 45);
  CHECK(checks.read_strings("/geometries/case") == std::vector<std::string>{"ic1oc1i4o2k2s2"});
  CHECK(hdf5::File::open(schema_2 + "bench_verify.h5").read_strings("/items/form") ==
        std::vector<std::string>{"gather"});
  CHECK(read_array(schema_2 + "matrix.h5:/matrix/indptr").values == Tensor<double>({5}, {0, 1, 2, 3, 4}));
}
