// The model of a step on many ranks: by hand, by its formula, by what must hold, and wrong models refused.
// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/bench/report_reader.hpp>
#include <fsconv/bench/scale_bench.hpp>
#include <fsconv/bench/scale_reader.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <functional>
#include <limits>
#include <sstream>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::bench;

namespace {

// A message of 100 bytes takes 3 + 2 s.
constexpr Link wire{.latency = 3, .bandwidth = 50};

StepCosts costs(const std::vector<PartCosts>& parts = {{.bytes = 100}}) {
  return {.threads = 1, .block = 10, .addition = 1, .handling = 0.5, .update = 2, .parts = parts};
}

using Predict = std::function<double(const StepCosts&, const Link&, Index blocks, int ranks)>;

double model(const StepCosts& of, const Link& over, Index blocks, int ranks) {
  return scale_step(of, over, blocks, ranks).seconds();
}

// What docs/scale.md derives where ranks and blocks are powers of two and the gradient travels in one part.
double formula(const StepCosts& of, const Link& over, Index blocks, int ranks) {
  const double depth = std::log2(ranks), own = static_cast<double>(blocks / ranks),
               message = over.latency + of.parts.front().bytes / over.bandwidth;
  return std::ceil(own / of.threads) * of.block + (own - 1) * of.addition + 2 * depth * message +
         (ranks > 1 ? (depth + 1) * of.handling : 0) + depth * over.latency + of.update;
}

bool follows_formula(const Predict& predict) {
  for (const int threads : {1, 2})
    for (const int ranks : {1, 2, 4, 16, 64})
      for (const Index each : {1, 2, 8}) {
        StepCosts of = costs();
        of.threads = threads;
        const double wanted = formula(of, wire, each * ranks, ranks);
        if (std::abs(predict(of, wire, each * ranks, ranks) - wanted) > 1e-9 * wanted) return false;
      }
  return true;
}

// 8x8x1, one convolution and one linear layer.
TrainWorkload tiny() {
  return {"tiny",
          "8x8x1",
          {.image_channels = 1,
           .image_size = {8, 8},
           .layers = {{.channels = 3, .kernel = 4, .stride = 2}},
           .latent = 2},
          40};
}

ScaleBenchPlan tiny_plan() {
  ScaleBenchPlan plan;
  plan.workloads = {tiny()};
  plan.batches = {40, 256};
  plan.ranks = {1, 2, 1024};
  plan.isas = {engine::best_isa()};
  plan.threads = 2;
  plan.link = {.latency = 1e-5, .bandwidth = 1e9};
  plan.rounds = 2;
  plan.shortest_sample = 0;
  return plan;
}

}  // namespace

TEST_CASE("scale: steps that are worked out by hand") {
  // 4 blocks and 3 additions, the update.
  CHECK(model(costs(), wire, 4, 1) == Approx(40 + 3 + 2));
  // Two blocks and an addition; up 5, added 0.5; down 5, unpacked 0.5; the vote 3; the update.
  const ScaleStep two = scale_step(costs(), wire, 4, 2);
  CHECK(two.seconds() == Approx(21 + 5.5 + 5.5 + 3 + 2));
  CHECK(two.compute == Approx(21));
  CHECK(two.latency == Approx(9));
  CHECK(two.bandwidth == Approx(5));
  CHECK(two.few_blocks == 0);
  CHECK(two.bytes == 200);
  CHECK(two.limit() == Limit::compute);
  // 10; up twice 5.5; down 5 and 5, as rank 0 tells 2, then 0 and 2 tell 1 and 3; 0.5; the vote 6; 2.
  CHECK(model(costs(), wire, 4, 4) == Approx(10 + 11 + 10 + 0.5 + 6 + 2));
  // Blocks 0 | 1 | 2, 3: the last rank is ready at 21, when 0+1 is there since 15.5.
  const ScaleStep three = scale_step(costs(), wire, 4, 3);
  CHECK(three.seconds() == Approx(21 + 5.5 + 5 + 5 + 0.5 + 6 + 2));
  CHECK(three.compute == Approx(43.0 / 3));
  CHECK(three.few_blocks == Approx(21 - 43.0 / 3));
  CHECK(three.most_blocks == 2);
  CHECK(three.messages == 2);
  CHECK(three.limit() == Limit::latency);
  // One block: the other rank hears of the sum and nothing else.
  const ScaleStep empty = scale_step(costs(), wire, 1, 2);
  CHECK(empty.seconds() == Approx(10 + 5 + 0.5 + 3 + 2));
  CHECK(empty.messages == 0);
  CHECK(empty.bytes == 100);
}

TEST_CASE("scale: what travels early by hand, and without overlap") {
  // Part 1 is ready at 4, on rank 0 at 8; part 2 at 10, and at 14.5; down 3.8 + 0.2 and 4.2 + 0.3; the vote; the update.
  const ScaleStep step =
      scale_step(costs({{.bytes = 40, .early = 6}, {.bytes = 60, .early = 0}}), wire, 2, 2);
  CHECK(step.seconds() == Approx(14.5 + 4 + 4.5 + 3 + 2));
  CHECK(step.without_overlap == Approx(10 + 4 + 4.5 + 4 + 4.5 + 3 + 2));
}

TEST_CASE("scale: the formula of powers of two, and models that forget something do not follow it") {
  CHECK(follows_formula(model));
  const std::pair<const char*, Predict> mutants[] = {
      {"no latency",
       [](const StepCosts& of, const Link& over, Index blocks, int ranks) {
         return model(of, {.latency = 0, .bandwidth = over.bandwidth}, blocks, ranks);
       }},
      {"half the bytes",
       [](const StepCosts& of, const Link& over, Index blocks, int ranks) {
         return model(of, {.latency = over.latency, .bandwidth = 2 * over.bandwidth}, blocks, ranks);
       }},
      {"one rank less", [](const StepCosts& of, const Link& over, Index blocks,
                           int ranks) { return model(of, over, blocks, std::max(1, ranks - 1)); }},
      {"a chain for a tree",
       [](const StepCosts& of, const Link& over, Index blocks, int ranks) {
         const double depth = std::log2(ranks);
         return model(of, over, blocks, ranks) + (ranks - 1 - depth) * over.latency;
       }},
      {"no local sums",
       [](StepCosts of, const Link& over, Index blocks, int ranks) {
         of.addition = 0;
         return model(of, over, blocks, ranks);
       }},
      {"messages that nobody adds",
       [](StepCosts of, const Link& over, Index blocks, int ranks) {
         of.handling = 0;
         return model(of, over, blocks, ranks);
       }},
      {"one thread",
       [](StepCosts of, const Link& over, Index blocks, int ranks) {
         of.threads = 1;
         return model(of, over, blocks, ranks);
       }},
      {"no update", [](const StepCosts& of, const Link& over, Index blocks, int ranks) {
         return model(of, over, blocks, ranks) - of.update;
       }}};
  for (const auto& [name, mutant] : mutants) {
    INFO(name);
    CHECK_FALSE(follows_formula(mutant));
  }
}

TEST_CASE("scale: on any number of blocks, ranks and parts, what must hold") {
  for (const Index blocks : {1, 2, 3, 5, 7, 8, 12, 33})
    for (const int ranks : {1, 2, 3, 4, 5, 6, 8, 13, 40})
      for (const std::size_t count : {1, 2, 5}) {
        std::vector<PartCosts> parts;
        for (std::size_t at = 0; at < count; ++at)
          parts.push_back({.bytes = 100, .early = static_cast<double>(count - 1 - at)});
        INFO(blocks << " blocks, " << ranks << " ranks, " << count << " parts");
        const ScaleStep step = scale_step(costs(parts), wire, blocks, ranks);
        CHECK(step.few_blocks >= 0);
        CHECK(step.compute >= 0);
        CHECK(step.seconds() >= 10 * static_cast<double>(step.most_blocks) + 2);
        CHECK(step.without_overlap >= step.seconds() - 1e-9);
        CHECK(step.without_overlap <= step.seconds() + parts.front().early + 1e-9);
        CHECK(step.bytes ==
              static_cast<double>(step.messages + ranks - 1) * 100 * static_cast<double>(count));
        CHECK(step.messages >= std::min<Index>(blocks, ranks) - 1);
        if (ranks == 1) CHECK(step.latency + step.bandwidth + step.few_blocks == 0);
        const Link slow{.latency = 4, .bandwidth = 50}, narrow{.latency = 3, .bandwidth = 40};
        if (ranks > 1) {
          CHECK(model(costs(parts), slow, blocks, ranks) > step.seconds());
          CHECK(model(costs(parts), narrow, blocks, ranks) > step.seconds());
        }
      }
  const ScaleStep one = scale_step(costs(), wire, 64, 1), many = scale_step(costs(), wire, 64, 64);
  CHECK(efficiency(one, one) == 1);
  CHECK(efficiency(one, many) == Approx(one.seconds() / (64 * many.seconds())));
}

TEST_CASE("scale: the largest piece is named") {
  const auto limit = [](double block, double update, const Link& over, Index blocks, int ranks) {
    return scale_step({.block = block, .update = update, .parts = {{.bytes = 100}}}, over, blocks, ranks)
        .limit();
  };
  CHECK(limit(1e6, 1, wire, 8, 4) == Limit::compute);
  CHECK(limit(1e6, 1, wire, 3, 8) == Limit::few_blocks);
  CHECK(limit(1, 1, {.latency = 1e3, .bandwidth = 50}, 8, 4) == Limit::latency);
  CHECK(limit(1, 1, {.latency = 1, .bandwidth = 0.1}, 8, 4) == Limit::bandwidth);
  CHECK(limit(1, 1e6, wire, 8, 4) == Limit::update);
}

TEST_CASE("scale: what cannot be is refused") {
  const double none = std::numeric_limits<double>::quiet_NaN(),
               much = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(scale_step(costs(), wire, 0, 1), Catch::Contains("blocks"));
  CHECK_THROWS_WITH(scale_step(costs(), wire, 1, 0), Catch::Contains("ranks"));
  for (const double wrong : {-1.0, none, much}) {
    StepCosts of = costs();
    of.block = wrong;
    CHECK_THROWS_WITH(scale_step(of, wire, 1, 1), Catch::Contains("block"));
    CHECK_THROWS_WITH(scale_step(costs({{.bytes = wrong}}), wire, 1, 1), Catch::Contains("bytes"));
    CHECK_THROWS_WITH(scale_step(costs(), {.latency = wrong, .bandwidth = 1}, 1, 1),
                      Catch::Contains("latency"));
    CHECK_THROWS_WITH(scale_step(costs(), {.latency = 1, .bandwidth = wrong}, 1, 1),
                      Catch::Contains("bandwidth"));
  }
  CHECK_THROWS_WITH(scale_step(costs(), {.latency = 1, .bandwidth = 0}, 1, 1), Catch::Contains("bandwidth"));
  StepCosts of = costs();
  of.threads = 0;
  CHECK_THROWS_WITH(scale_step(of, wire, 1, 1), Catch::Contains("threads"));
}

TEST_CASE("scale: parts have all the bytes, and those of later layers are early") {
  ModelSpec spec = tiny().spec;
  for (const bool tied : {true, false}) {
    spec.tied.assign(2, tied);
    const Model made = make_model(spec);
    const std::vector<PartCosts> parts = part_costs(made, 64, 10);
    double bytes = 0;
    for (std::size_t at = 0; at < parts.size(); ++at) {
      bytes += parts[at].bytes;
      CHECK(parts[at].early >= 0);
      if (at > 0) CHECK(parts[at].early <= parts[at - 1].early);
    }
    CHECK(bytes == static_cast<double>(sizeof(float)) * static_cast<double>(made.parameter_count()));
    // The way back is less than two thirds of all, for nobody wants the images' gradient.
    CHECK(parts.front().early < 10.0 * 2 / 3);
    CHECK(parts.back().early == 0);
    // An untied decoder's weights travel while the encoder is differentiated.
    CHECK((parts.front().early > 0) == true);
  }
}

TEST_CASE(
    "bench scale: every model has its constants, and a prediction for every batch and number of ranks") {
  const testing::ScratchFolder folder;
  const ScaleReport report = scale_bench(tiny_plan());
  REQUIRE(report.tables.size() == 1);
  const ScaleTable& table = report.tables.front();
  CHECK(table.block_images == 32);
  CHECK(table.costs.block == table.block.median);
  for (const Timing* timing : {&table.block, &table.addition, &table.handling, &table.update}) {
    CHECK(timing->seconds.size() == 2);
    CHECK(timing->median > 0);
  }
  REQUIRE(table.predictions.size() == 2 * 3);
  for (std::size_t at = 0; at < 6; ++at) {
    const auto& row = table.predictions[at];
    CHECK(row.batch == (at < 3 ? 40 : 256));
    CHECK(row.step.blocks == (at < 3 ? 2 : 8));
    CHECK(row.step.ranks == tiny_plan().ranks[at % 3]);
    CHECK(row.images_per_second() == Approx(static_cast<double>(row.batch) / row.step.seconds()));
    CHECK((at % 3 == 0) == (row.efficiency == 1));
  }
  const std::string words = text(report, 80);
  for (const char* part : {"10 us and 1 GB/s, as given", "2 threads a rank", "batch 256, 8 blocks", "1024"})
    CHECK(words.find(part) != std::string::npos);
  std::istringstream lines(words);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);

  const nlohmann::json json = json_of(report);
  CHECK(json["link"]["latency_seconds"] == 1e-5);
  CHECK(json["constants"][0]["block_seconds"] == table.costs.block);
  REQUIRE(json["items"].size() == 6);
  write_report(folder / "s.h5", report,
               {.kind = "bench", .command_line = "fsconv bench", .start_time = now()});
  const auto file = hdf5::File::open(folder / "s.h5");
  CHECK(file.string_attribute("/", "what") == "scale");
  CHECK(file.number_attribute("/", "bandwidth") == 1e9);
  CHECK_THROWS_WITH(read_timings(folder / "s.h5"), Catch::Contains("predictions"));
  const RecordedScale read = read_scale(folder / "s.h5");
  CHECK(read.latency == 1e-5);
  CHECK(read.bandwidth == 1e9);
  CHECK(read.measured_between == 1);
  REQUIRE(read.steps.size() == 6);
  CHECK(file.shape("/constants/seconds") == Shape{4, 2});
  const auto seconds = file.read<double>("/items/predicted"), ranks = file.read<double>("/items/ranks");
  const auto limits = file.read_strings("/items/limit");
  for (std::size_t at = 0; at < 6; ++at) {
    CHECK(seconds[static_cast<Index>(at)] == table.predictions[at].step.seconds());
    CHECK(ranks[static_cast<Index>(at)] == table.predictions[at].step.ranks);
    CHECK(json["items"][at]["limit"] == limits[at]);
    const RecordedStep& step = read.steps[at];
    CHECK(step.workload == table.workload);
    CHECK(step.limit == limits[at]);
    CHECK(step.batch == table.predictions[at].batch);
    CHECK(step.ranks == table.predictions[at].step.ranks);
    CHECK(step.predicted == table.predictions[at].step.seconds());
    CHECK(step.efficiency == table.predictions[at].efficiency);
    CHECK(std::isnan(step.measured));
  }
}

TEST_CASE(
    "bench scale: without batches, the model's own and one block for every rank; empty lists are refused") {
  ScaleBenchPlan plan = tiny_plan();
  plan.batches.clear();
  plan.ranks = {4};
  plan.threads = 1;
  plan.rounds = 1;
  const ScaleReport report = scale_bench(plan);
  REQUIRE(report.tables.front().predictions.size() == 2);
  CHECK(report.tables.front().predictions[0].batch == 40);
  CHECK(report.tables.front().predictions[1].batch == 4 * 32);
  CHECK(report.tables.front().algorithm == "auto");  // as training computes
  plan.workloads.front().batch = 4 * 32;             // both are the same batch
  CHECK(scale_bench(plan).tables.front().predictions.size() == 1);
  plan.ranks = {};
  CHECK_THROWS_WITH(scale_bench(plan), Catch::Contains("ranks"));
  plan = tiny_plan();
  plan.batches = {0};
  CHECK_THROWS_WITH(scale_bench(plan), Catch::Contains("batch"));
  plan = tiny_plan();
  plan.link.bandwidth = 0;
  CHECK_THROWS_WITH(scale_bench(plan), Catch::Contains("bandwidth"));
  plan = tiny_plan();
  plan.workloads.clear();
  CHECK_THROWS_WITH(scale_bench(plan), Catch::Contains("set"));
}
