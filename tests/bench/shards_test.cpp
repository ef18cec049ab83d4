// Shards of a bench: every item in one of them, and the merged file is that of the whole.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/bench/conv_bench.hpp>
#include <fsconv/bench/matrix_bench.hpp>
#include <fsconv/bench/merge.hpp>
#include <fsconv/bench/report_reader.hpp>
#include <fsconv/bench/shard_pieces.hpp>
#include <fsconv/bench/train_bench.hpp>
#include <fsconv/bench/verify_bench.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <functional>
#include <set>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::bench;

namespace {

template <class Plan>
Plan quick() {
  Plan plan;
  plan.rounds = 1;
  plan.shortest_sample = 0;
  if constexpr (requires { plan.seconds_per_peak; }) plan.seconds_per_peak = 0;
  return plan;
}

std::vector<NamedGeometry> two_geometries() {
  return {{"a", parse_case("ic2oc3i6x5o3x3k3s2p1")}, {"b", parse_case("i9o4k3s2")}};
}

ConvBenchPlan conv_plan() {
  auto plan = quick<ConvBenchPlan>();
  plan.geometries = two_geometries();
  plan.ops = {Op::conv, Op::conv_transpose};
  plan.contenders = contenders_named({"gather", "im2col"}, {engine::best_isa()});
  plan.batch = 1;
  return plan;
}

// Writes shard `number` of `of` of a bench to a file of that name.
template <class Plan, class Bench>
void write_shard(const std::string& path, Plan plan, Bench bench, const Shard& shard,
                 const std::string& start_time = now()) {
  plan.shard = shard;
  write_report(path, bench(plan),
               {.kind = "bench",
                .command_line = "fsconv bench",
                .configuration = {{"shard", shard.text()}},
                .start_time = start_time});
}

// What stands in a row, but for the times.
std::vector<std::string> rows_of(const std::string& path) {
  std::vector<std::string> rows;
  for (const RecordedItem& item : read_timings(path).items)
    rows.push_back(item.work + " " + item.op + " " + item.form + " " + item.status + " " +
                   std::to_string(item.threads));
  return rows;
}

// In how many shards, and whether the merged file has the rows of the whole: of one piece in any order.
template <class Plan, class Bench>
void check_shards(const Plan& plan, Bench bench, Index of) {
  const testing::ScratchFolder folder;
  const auto whole = bench(plan);
  write_report(folder / "whole.h5", whole,
               {.kind = "bench", .command_line = "fsconv bench", .start_time = now()});
  std::vector<std::string> paths;
  for (Index number = of; number >= 1; --number) {
    paths.push_back(folder / (std::to_string(number) + ".h5"));
    write_shard(paths.back(), plan, bench, {number, of});
  }
  const MergedTimings merged = merge_timings(read_shard_files(paths), folder / "merged.h5");
  CHECK(merged.items == static_cast<Index>(whole.rows.size()));
  CHECK_FALSE(merged.refused);
  const auto wanted = rows_of(folder / "whole.h5"), found = rows_of(folder / "merged.h5");
  CHECK(std::multiset<std::string>(wanted.begin(), wanted.end()) ==
        std::multiset<std::string>(found.begin(), found.end()));
  const auto file = hdf5::File::open(folder / "merged.h5");
  CHECK(file.members("/items") == hdf5::File::open(folder / "whole.h5").members("/items"));
  CHECK_FALSE(file.has_attribute("/", "config.shard"));
}

}  // namespace

TEST_CASE("bench shards: every piece is in one shard, with the places that its rows have in the whole") {
  const std::vector<Index> rows = {2, 1, 3, 1};
  std::multiset<Index> all;
  for (Index number = 1; number <= 3; ++number) {
    const ShardPieces pieces(Shard{number, 3}, rows);
    REQUIRE(pieces.rows());
    CHECK(pieces.rows()->of_all == 7);
    all.insert(pieces.rows()->places.begin(), pieces.rows()->places.end());
  }
  CHECK(all == std::multiset<Index>{0, 1, 2, 3, 4, 5, 6});
  CHECK(ShardPieces(Shard{1, 3}, rows).rows()->places == std::vector<Index>{0, 1, 6});
  CHECK(ShardPieces(Shard{2, 3}, rows).takes(1));
  CHECK_FALSE(ShardPieces(Shard{2, 3}, rows).takes(0));
  CHECK_FALSE(ShardPieces({}, rows).rows());
  // Nor does a shard begin that could never be merged, as one of them finds nothing to do.
  for (const Index number : {1, 4, 5})
    CHECK_THROWS_WITH(ShardPieces(Shard{number, 5}, rows),
                      Catch::Contains("/5") && Catch::Contains("4 shards"));
}

TEST_CASE("bench shards: of every kind, merged they are the whole", "[slow]") {
  check_shards(conv_plan(), conv_bench, 1);  // an array of one job, too
  check_shards(conv_plan(), conv_bench, 3);
  auto matrix = quick<MatrixBenchPlan>();
  matrix.geometries = two_geometries();
  check_shards(matrix, matrix_bench, 2);
  auto verify = quick<VerifyBenchPlan>();
  verify.forms = witnesses_named(witnesses(), {"gather", "im2col"});
  verify.threads = {1, 2};
  check_shards(verify, verify_bench, 4);
  auto train = quick<TrainBenchPlan>();
  const ModelSpec small{.image_channels = 1,
                        .image_size = {8, 8},
                        .layers = {{.channels = 2, .kernel = 4, .stride = 2}},
                        .latent = 2};
  train.workloads = {{"one", "", small, 4}, {"two", "", small, 8}};
  train.forms = {"batched", "gather"};
  train.isas = {engine::best_isa()};
  check_shards(train, train_bench, 2);
}

TEST_CASE("bench shards: a merged run began with the first shard, in whichever time zone that was") {
  const testing::ScratchFolder folder;
  write_shard(folder / "1.h5", conv_plan(), conv_bench, {1, 2}, "2026-01-01T09:00:00+00:00");
  write_shard(folder / "2.h5", conv_plan(), conv_bench, {2, 2}, "2026-01-01T10:00:00+02:00");
  merge_timings(read_shard_files({folder / "1.h5", folder / "2.h5"}), folder / "m.h5");
  const auto file = hdf5::File::open(folder / "m.h5");
  CHECK(file.string_attribute("/", "start_time") == "2026-01-01T10:00:00+02:00");
  CHECK(file.string_attribute("/", "end_time").starts_with("20"));
}

TEST_CASE(
    "bench shards: rows stand where they stand in the whole, samples with them, and every shard's ceilings") {
  const testing::ScratchFolder folder;
  ConvBenchPlan plan = conv_plan();
  write_shard(folder / "1.h5", plan, conv_bench, {1, 2});
  plan.rounds = 3;
  write_shard(folder / "2.h5", plan, conv_bench, {2, 2});
  merge_timings(read_shard_files({folder / "2.h5", folder / "1.h5"}), folder / "m.h5");
  const auto file = hdf5::File::open(folder / "m.h5"), second = hdf5::File::open(folder / "2.h5");
  CHECK(file.read_strings("/items/op") == std::vector<std::string>{"conv", "conv", "conv_transpose",
                                                                   "conv_transpose", "conv", "conv",
                                                                   "conv_transpose", "conv_transpose"});
  CHECK(file.read_strings("/items/geometry") ==
        std::vector<std::string>{"a", "a", "a", "a", "b", "b", "b", "b"});
  const auto seconds = file.read<double>("/items/seconds"), of_second = second.read<double>("/items/seconds");
  REQUIRE(seconds.shape() == Shape{8, 3});
  // The pieces take turns: rows 2 and 3, and 6 and 7, are the second shard's.
  for (Index round = 0; round < 3; ++round) {
    CHECK(seconds[2 * 3 + round] == of_second[round]);
    CHECK(seconds[7 * 3 + round] == of_second[3 * 3 + round]);
    CHECK(std::isnan(seconds[round]) == (round > 0));
  }
  const Index peaks = second.shape("/ceilings/fma")[0];
  CHECK(file.shape("/ceilings/triad") == Shape{2 * peaks});
  const auto shard = file.read<std::int64_t>("/ceilings/shard");
  CHECK(shard[0] == 1);
  CHECK(shard[2 * peaks - 1] == 2);
  CHECK(file.read<double>("/ceilings/triad")[peaks] == second.read<double>("/ceilings/triad")[0]);
}

TEST_CASE("bench shards: files that are not all of one run are refused") {
  const testing::ScratchFolder folder;
  ConvBenchPlan plan = conv_plan();
  for (Index number = 1; number <= 2; ++number)
    write_shard(folder / (std::to_string(number) + ".h5"), plan, conv_bench, {number, 2});
  const std::string first = folder / "1.h5", second = folder / "2.h5";
  CHECK_THROWS_WITH(read_shard_files({first}), Catch::Contains("missing: 2"));
  CHECK_THROWS_WITH(read_shard_files({first, second, first}), Catch::Contains("1.h5: is given twice"));
  // The same options, and yet of another table: fewer rows, or the rows of another shard.
  plan.ops = {Op::conv};
  write_shard(folder / "other.h5", plan, conv_bench, {2, 2});
  CHECK_THROWS_WITH(merge_timings(read_shard_files({first, folder / "other.h5"}), folder / "m.h5"),
                    Catch::Contains("rows"));
  write_report(
      folder / "whole.h5", conv_bench(conv_plan()),
      {.kind = "bench", .command_line = "", .configuration = {{"shard", "2/2"}}, .start_time = now()});
  CHECK_THROWS_WITH(merge_timings(read_shard_files({first, folder / "whole.h5"}), folder / "m.h5"),
                    Catch::Contains("place"));
  CHECK(folder.files() == 4);
}
