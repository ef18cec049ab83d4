// Training and verification under the clock: complete reports, and wrong gradients and forms refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/bench/train_bench.hpp>
#include <fsconv/bench/verify_bench.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/verify/mutants.hpp>
#include <limits>

#include "bench/tiny_workload.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::bench;

namespace {

const std::vector<Precision> both_precisions(float_precisions.begin(), float_precisions.end());

TrainBenchPlan tiny() {
  TrainBenchPlan plan;
  plan.workloads = {testing::tiny_workload()};
  plan.forms = {"batched", "gather"};
  plan.isas = engine::permitted_isas();
  plan.precisions = both_precisions;
  plan.threads = {1, 2};
  plan.rounds = 2;
  plan.shortest_sample = 0;
  return plan;
}

}  // namespace

TEST_CASE("bench train: every form, precision, isa and number of threads has a row, and all are timed") {
  const engine::Isa before = engine::current_isa();
  const RateReport report = train_bench(tiny());
  CHECK(engine::current_isa() == before);
  const std::size_t engines =
      engine::different_isas<float>().size() + engine::different_isas<engine::BFloat16>().size();
  REQUIRE(report.rows.size() == 2 * (engines + 2));
  for (const RateRow& row : report.rows) {
    INFO(row.form << " " << row.isa << " " << name(row.precision) << " " << row.threads << ": " << row.note);
    if (row.form == "gather" && row.precision == Precision::bf16) {
      CHECK(row.status == Status::skipped);
      CHECK(row.note.find("bf16") != std::string::npos);
      CHECK(row.per_second() == 0);
      continue;
    }
    CHECK(row.status == Status::timed);
    CHECK(row.timing.seconds.size() == 2);
    CHECK(row.count == 40);
    CHECK(row.per_second() == Approx(40 / row.timing.median));
  }
  CHECK_FALSE(report.refused());
}

TEST_CASE("bench train: every algorithm has a row of the engine, and gives the gradient") {
  TrainBenchPlan plan = tiny();
  plan.workloads.front().spec.layers = {{.channels = 16, .kernel = 4, .stride = 2},
                                        {.channels = 16, .kernel = 3}};
  plan.isas = {engine::best_isa()};
  plan.algorithms = {engine::Algorithm::direct, engine::Algorithm::automatic, engine::Algorithm::winograd4};
  plan.precisions = {Precision::fp32};
  plan.threads = {1};
  const RateReport report = train_bench(plan);
  REQUIRE(report.rows.size() == 4);
  const char* algorithms[] = {"direct", "auto", "winograd4", "-"};
  for (std::size_t at = 0; at < report.rows.size(); ++at) {
    const RateRow& row = report.rows[at];
    INFO(row.form << " " << row.algorithm << ": " << row.note);
    CHECK(row.algorithm == algorithms[at]);
    CHECK(row.status == Status::timed);
    CHECK(json_of(report)["items"][at]["algorithm"] == row.algorithm);
  }
  CHECK(text(report).find("algorithm") != std::string::npos);
  plan.algorithms.clear();
  CHECK_THROWS_WITH(train_bench(plan), Catch::Contains("algorithm"));
}

TEST_CASE("bench train: a gradient that is off is told, and rounding is not") {
  Model model;
  model.parameters = {{"weight", {2}}, {"bias", {1}}};
  Gradients<float> found = {Tensor<float>(Shape{2}), Tensor<float>(Shape{1})};
  Tensor<float>&weight = found[0], &bias = found[1];
  const Gradients<double> right = {Tensor<double>(Shape{2}, {3, 4}), Tensor<double>(Shape{1}, {0.01})};
  weight[0] = 3;
  weight[1] = 4;
  bias[0] = 0.01f;
  CHECK_FALSE(gradient_difference(model, found, right, 1e-4).has_value());
  weight[1] = 4.0004f;  // 0.8e-4 of all
  CHECK_FALSE(gradient_difference(model, found, right, 1e-4).has_value());
  weight[1] = 4.0009f;  // 1.8e-4 of all
  CHECK(gradient_difference(model, found, right, 1e-4).value_or("").find("the gradient is off") == 0);
  weight[1] = 4;
  bias[0] = 0.0101f;  // 2e-5 of all, but a hundredth of the bias
  CHECK(gradient_difference(model, found, right, 1e-4).value_or("").find("bias") != std::string::npos);
  bias[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(gradient_difference(model, found, right, 1e-4).has_value());
}

// Nobody computes in float or BFloat16 what double gives to the last bit: without tolerance all are wrong.
TEST_CASE("bench train: a form whose gradient is off is refused and not timed, the others are") {
  TrainBenchPlan plan = tiny();
  plan.forms = {"batched"};
  plan.bf16_tolerance = 0;
  const RateReport report = train_bench(plan);
  CHECK(report.refused());
  for (const RateRow& row : report.rows) {
    INFO(row.isa << " " << name(row.precision) << ": " << row.note);
    const bool wrong = row.precision == Precision::bf16;
    CHECK(row.status == (wrong ? Status::refused : Status::timed));
    CHECK(row.timing.seconds.empty() == wrong);
    CHECK(row.note.empty() != wrong);
  }
  plan.fp32_tolerance = 0;
  for (const RateRow& row : train_bench(plan).rows) CHECK(row.status == Status::refused);
}

TEST_CASE("bench train: where there is nothing to time it says so") {
  TrainBenchPlan plan = tiny();
  plan.forms = {"gather"};
  plan.precisions = {Precision::bf16};
  CHECK_THROWS_WITH(train_bench(plan), Catch::Contains("precision"));
  plan.forms = {"fft"};
  CHECK_THROWS_WITH(train_bench(plan), Catch::Contains("fft"));
  plan.forms.clear();
  CHECK_THROWS_AS(train_bench(plan), InvalidArgument);
  CHECK_THROWS_WITH(entry_named(train_workloads(), "set", "vgg"),
                    Catch::Contains("ae28") && Catch::Contains("ae64"));
}

TEST_CASE("bench verify: forms are timed, and a mutant is refused") {
  VerifyBenchPlan plan{
      .forms = witnesses_named(witnesses(), {"gather", "im2col"}), .rounds = 1, .shortest_sample = 0};
  plan.forms.push_back(witnesses_named(mutants(), {"no_flip"}).front());
  const RateReport report = verify_bench(plan);
  REQUIRE(report.rows.size() == 3);
  CHECK(report.rows[0].status == Status::timed);
  CHECK(report.rows[0].count == report.rows[1].count);
  CHECK(report.rows[1].per_second() > 0);
  CHECK(report.rows[2].status == Status::refused);
  CHECK(report.rows[2].per_second() == 0);
  CHECK(report.refused());
  CHECK(text(report).find("refused: ") != std::string::npos);
  CHECK_THROWS_AS(verify_bench({.forms = {}}), InvalidArgument);

  plan.forms = witnesses_named(witnesses(), {"onednn"});
  const RateReport onednn = verify_bench(plan);
  CHECK(onednn.rows[0].count < report.rows[0].count);  // it skips the rational stride
}

TEST_CASE("bench rates: JSON and HDF5 have one entry per row") {
  const testing::ScratchFolder folder;
  RateReport report{.what = "train", .unit = "images", .rows = {}, .seconds = 1};
  report.rows = {
      {.workload = "tiny",
       .form = "batched",
       .isa = "avx2",
       .count = 40,
       .timing = {.calls = 7, .seconds = {0.5}, .median = 0.5, .least = 0.5}},
      {.workload = "tiny", .form = "gather", .isa = "-", .status = Status::skipped, .note = "why"}};
  const auto json = json_of(report);
  CHECK(json["items"][0]["per_second"] == 80);
  CHECK(json["items"][0]["calls"] == 7);
  CHECK_FALSE(json["items"][1].contains("per_second"));
  CHECK_FALSE(json["items"][1].contains("median"));
  CHECK(json["items"][1]["note"] == "why");
  write_report(folder / "r.h5", report,
               {.kind = "bench", .command_line = "fsconv bench", .start_time = now()});
  const auto file = hdf5::File::open(folder / "r.h5");
  CHECK(file.string_attribute("/", "what") == "train");
  CHECK(file.read_strings("/items/form") == std::vector<std::string>{"batched", "gather"});
  CHECK(file.read<double>("/items/per_second")[0] == 80);
  CHECK(file.read<std::int64_t>("/items/calls")[0] == 7);
  CHECK(std::isnan(file.read<double>("/items/per_second")[1]));
  const auto seconds = file.read<double>("/items/seconds");
  CHECK(seconds.shape() == Shape{2, 1});
  CHECK(seconds[0] == 0.5);
  CHECK(std::isnan(seconds[1]));
}

// A clock that is too coarse, or stands still, gives times of 0.
TEST_CASE("bench rates: times of 0 give rates of 0, no number that is none") {
  CHECK(ratio(3, 0) == 0);
  CHECK(ratio(0, 0) == 0);
  CHECK(ratio(3, 2) == 1.5);
  const RateReport report{.what = "train",
                          .unit = "images",
                          .rows = {{.workload = "tiny",
                                    .form = "batched",
                                    .isa = "-",
                                    .count = 40,
                                    .timing = {.calls = 1, .seconds = {0.0}}}}};
  const Report conv{.what = "conv",
                    .geometries = {{"line", parse_case("i6o3k3s2p1")}},
                    .rows = {{.form = "gather",
                              .isa = "-",
                              .op = "conv",
                              .timing = {.calls = 1, .seconds = {0.0}},
                              .flops = 10,
                              .bytes = 20,
                              .nonzeros = 5}}};
  // JSON has no word for inf and nan: it says null.
  for (const std::string& words : {json_of(report).dump(), json_of(conv).dump()}) {
    INFO(words);
    CHECK(words.find("null") == std::string::npos);
  }
  for (const std::string& words : {text(report), text(conv)}) {
    INFO(words);
    for (const char* none : {"inf", "nan"}) CHECK(words.find(none) == std::string::npos);
  }
}
