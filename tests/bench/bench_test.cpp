// The bench as a whole, on tiny work: what its report holds, and whom it refuses. Times are not judged.
// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/bench/conv_bench.hpp>
#include <fsconv/bench/matrix_bench.hpp>
#include <fsconv/bench/report_reader.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/verify/mutants.hpp>
#include <set>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::bench;

namespace {

const std::vector<Precision> both_precisions(float_precisions.begin(), float_precisions.end());

constexpr auto strided = "ic2oc3i6x5o3x3k3s2p1";
constexpr auto fractional = "ic1oc2i4o8k3s1/2p1";  // oneDNN has no such stride

std::vector<NamedGeometry> named_geometries(const std::vector<std::string>& cases) {
  std::vector<NamedGeometry> geometries;
  for (const std::string& word : cases) geometries.push_back({"of " + word, parse_case(word)});
  return geometries;
}

MatrixBenchPlan tiny_matrix(const std::vector<std::string>& cases) {
  return {.geometries = named_geometries(cases), .rounds = 1, .shortest_sample = 0, .seconds_per_peak = 0};
}

ConvBenchPlan tiny(const std::vector<std::string>& cases, const std::vector<std::string>& forms,
                   const std::vector<Precision>& precisions = {Precision::fp32}) {
  return {.geometries = named_geometries(cases),
          .ops = {Op::conv, Op::conv_transpose, Op::weight_gradient},
          .contenders = contenders_named(forms, {engine::best_isa()}, precisions),
          .batch = 3,
          .rounds = 1,
          .shortest_sample = 0,
          .seconds_per_peak = 0};
}

// A form that does `instead` whenever it runs.
Contender failing(std::function<void()> instead) {
  struct Failing : Work {
    explicit Failing(std::function<void()> f) : fail(std::move(f)) {}
    void run() override { fail(); }
    Tensor<float> result() const override { return {}; }
    std::function<void()> fail;
  };
  return {.form = "failing",
          .isa = std::nullopt,
          .unsupported = [](const Geometry&, Op) { return std::nullopt; },
          .prepare = [instead](const Geometry&, Op,
                               const Operands&) { return std::make_unique<Failing>(instead); },
          .size = [](const Geometry&, Op, Index) { return Index{0}; }};
}

// A tiled engine whose last number is off, as an absent pixel that is not zero makes it.
Contender off_at_the_end(const Contender& right) {
  struct Off : Work {
    explicit Off(std::unique_ptr<Work> w) : work(std::move(w)) {}
    void run() override { work->run(); }
    Tensor<float> result() const override {
      Tensor<float> values = work->result();
      values[values.size() - 1] += 1;
      return values;
    }
    std::unique_ptr<Work> work;
  };
  Contender wrong = right;
  wrong.form = "off";
  wrong.prepare = [right](const Geometry& geometry, Op op, const Operands& operands) {
    return std::make_unique<Off>(right.prepare(geometry, op, operands));
  };
  return wrong;
}

Index position(Op op) { return static_cast<Index>(op); }

}  // namespace

TEST_CASE("bench conv: every form, operation and geometry has one complete row, the fastest first") {
  ConvBenchPlan plan = tiny({strided, fractional}, {"engine", "gather", "onednn"});
  plan.rounds = 3;
  plan.threads = 2;
  const Report report = conv_bench(plan);
  CHECK(report.rows.size() == 2 * 3 * 3);
  std::set<std::tuple<Index, std::string, std::string>> seen;
  for (const Row& row : report.rows) {
    INFO(row.geometry << " " << row.form << " " << row.op);
    CHECK(seen.insert({row.geometry, row.form, row.op}).second);
    CHECK(
        row.nonzeros ==
        static_cast<double>(3 * nonzeros(plan.geometries[static_cast<std::size_t>(row.geometry)].geometry)));
    CHECK(row.flops == 2 * row.nonzeros);
    CHECK(row.isa == (row.form == "engine" ? name(engine::different_isas<float>().back()) : "-"));
    CHECK(row.precision == Precision::fp32);
    if (row.form == "onednn" && row.geometry == 1) {
      CHECK(row.status == Status::skipped);
      CHECK(row.note.find("1/2") != std::string::npos);
      CHECK(row.timing.seconds.empty());
      CHECK(row.gflops(2) == 0);
      continue;
    }
    CHECK(row.status == Status::timed);
    CHECK(row.note.empty());
    CHECK(row.timing.seconds.size() == 3);
    CHECK(row.timing.median > 0);
    CHECK(row.gflops(2) == Approx(2 * row.flops / row.timing.median * 1e-9));
    CHECK(row.peak > 0);
  }
  // image 3*2*30, code 3*3*9, weight 3*2*9 numbers of 4 bytes
  CHECK(report.rows.front().bytes == 4 * (180 + 81 + 54));
  const auto key = [](const Row& row) {
    return std::make_tuple(row.geometry, position(named<Op>(row.op)), row.status, row.timing.median);
  };
  CHECK(std::is_sorted(report.rows.begin(), report.rows.end(),
                       [&](const Row& a, const Row& b) { return key(a) < key(b); }));
  CHECK_FALSE(report.refused());
}

TEST_CASE("bench conv: bf16 has its own peak, and half as many bytes where arrays are in BFloat16") {
  const ConvBenchPlan plan = tiny({strided}, {"engine", "batched", "gather"}, both_precisions);
  const Report report = conv_bench(plan);
  CHECK(report.rows.size() == 3 * 5);
  for (const Row& row : report.rows) {
    INFO(row.form << " " << name(row.precision) << " " << row.op);
    CHECK(row.status == Status::timed);
    CHECK(row.peak == report.peaks.all_threads.of(engine::best_isa(), row.precision).fma);
    // image 180, code 81, weight 54 numbers; gradients are floats
    const bool halved = row.form == "engine" && row.precision == Precision::bf16;
    const double weight = halved && row.op != "weight_gradient" ? 2 : 4;
    CHECK(row.bytes == (halved ? 2 : 4) * (180 + 81) + weight * 54);
  }
}

// The mutant rounds its results as BFloat16 are rounded, but downwards.
TEST_CASE("bench conv: results that are rounded wrongly are refused") {
  struct Truncated : Work {
    explicit Truncated(std::unique_ptr<Work> w) : work(std::move(w)) {}
    void run() override { work->run(); }
    Tensor<float> result() const override {
      Tensor<float> values = work->result();
      for (float& value : values) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        value = std::bit_cast<float>(bits & 0xffff0000u);
      }
      return values;
    }
    std::unique_ptr<Work> work;
  };
  ConvBenchPlan plan = tiny({"ic8oc8i9x9o9x9k3p1"}, {"engine"}, {Precision::bf16});
  plan.ops = {Op::conv};
  const Contender exact = contenders_named({"gather"}, {}).front();
  Contender truncated = exact;
  truncated.bfloat16_arrays = true;
  truncated.prepare = [exact](const Geometry& geometry, Op op, const Operands& operands) {
    return std::make_unique<Truncated>(exact.prepare(geometry, op, operands));
  };
  plan.contenders.push_back(truncated);
  const Report report = conv_bench(plan);
  REQUIRE(report.rows.size() == 2);
  CHECK(report.rows[0].status == Status::timed);
  CHECK(report.rows[1].status == Status::refused);
}

TEST_CASE("bench conv: algorithms count the same work, say their tiles, and are refused if wrong") {
  const testing::ScratchFolder folder;
  ConvBenchPlan plan = tiny({"ic16oc16i12x12o6x6k4s2p1"}, {"engine", "gather"});
  plan.contenders = contenders_named({"engine", "gather"}, {engine::best_isa()}, {Precision::fp32},
                                     {engine::Algorithm::direct, engine::Algorithm::winograd4});
  plan.contenders.push_back(off_at_the_end(plan.contenders[1]));
  const Report report = conv_bench(plan);
  REQUIRE(report.rows.size() == 3 * 4);
  const std::string table = text(report);
  const nlohmann::json json = json_of(report);
  for (std::size_t at = 0; at < report.rows.size(); ++at) {
    const Row& row = report.rows[at];
    INFO(row.form << " " << row.algorithm << " " << row.op << ": " << row.tiles << row.note);
    CHECK(row.status == (row.form == "off" ? Status::refused : Status::timed));
    CHECK(row.flops == report.rows[0].flops);
    CHECK(row.algorithm == (row.form == "gather"                         ? "-"
                            : row.form == "off" || row.tiles != "direct" ? "winograd4"
                                                                         : "direct"));
    if (row.algorithm == "winograd4") {
      CHECK(row.tiles.find("F(4,2)") != std::string::npos);
      CHECK(table.find("\n    " + row.tiles) != std::string::npos);
    }
    CHECK(json["items"][at]["algorithm"] == row.algorithm);
    CHECK(json["items"][at]["tiles"] == row.tiles);
  }
  CHECK(table.find("engine winograd4") != std::string::npos);
  CHECK(table.find("above the peak") != std::string::npos);
  write_report(folder / "a.h5", report,
               {.kind = "bench", .command_line = "fsconv bench", .start_time = now()});
  const RecordedTimings read = read_timings(folder / "a.h5");
  REQUIRE(read.items.size() == report.rows.size());
  for (std::size_t at = 0; at < report.rows.size(); ++at) {
    CHECK(read.items[at].algorithm == report.rows[at].algorithm);
    CHECK(read.items[at].tiles == report.rows[at].tiles);
  }
  plan.contenders.resize(1);
  CHECK(text(conv_bench(plan)).find("above the peak") == std::string::npos);
}

TEST_CASE("bench conv: a form that is wrong is refused and not timed, the others are") {
  ConvBenchPlan plan = tiny({strided}, {"gather"});
  for (const Witness& mutant : witnesses_named(mutants(), {"shifted"}))
    plan.contenders.push_back(contender_of(mutant));
  const Report report = conv_bench(plan);
  CHECK(report.refused());
  REQUIRE(report.rows.size() == 6);
  Index refused = 0;
  for (const Row& row : report.rows) {
    if (row.form == "gather") CHECK(row.status == Status::timed);
    if (row.status != Status::refused) continue;
    ++refused;
    CHECK(row.form == "shifted");
    CHECK(row.timing.seconds.empty());
    CHECK(row.note.find(row.op) != std::string::npos);
    CHECK(row.note.find("instead of") != std::string::npos);
  }
  CHECK(refused > 0);
  CHECK(text(report).find("refused: ") != std::string::npos);
}

TEST_CASE("bench conv: what throws is refused, what does not fit is skipped, Ctrl-C goes through") {
  ConvBenchPlan plan = tiny({strided}, {"gather"});
  plan.contenders.push_back(failing([] { throw std::runtime_error("lost its way"); }));
  Report report = conv_bench(plan);
  CHECK(report.refused());
  CHECK(report.rows[1].note == "lost its way");
  plan.contenders.back() = failing([] { throw InvalidArgument("columns", "do not fit"); });
  report = conv_bench(plan);
  CHECK_FALSE(report.refused());
  CHECK(report.rows[1].status == Status::skipped);
  plan.contenders.back() = failing([] { throw Interrupted("interrupted"); });
  CHECK_THROWS_AS(conv_bench(plan), Interrupted);
}

TEST_CASE("bench conv: where there is nothing to time it says so") {
  ConvBenchPlan plan = tiny({fractional}, {"onednn"});
  CHECK_THROWS_WITH(conv_bench(plan), Catch::Contains("none of the geometries") && Catch::Contains("1/2"));
  plan = tiny({strided}, {});
  CHECK_THROWS_AS(conv_bench(plan), InvalidArgument);
  plan = tiny({}, {"gather"});
  CHECK_THROWS_AS(conv_bench(plan), InvalidArgument);
  CHECK_THROWS_AS(matrix_bench({}), InvalidArgument);
  plan = tiny({strided}, {"gather"});
  plan.ops.clear();
  CHECK_THROWS_AS(conv_bench(plan), InvalidArgument);
}

TEST_CASE("bench: arrays beyond the memory are refused before anything is measured") {
  ConvBenchPlan plan = tiny({strided, "ic1024oc1024i4096x4096o4096x4096k3p1"}, {"gather"});
  plan.batch = 1 << 20;
  CHECK_THROWS_WITH(conv_bench(plan), Catch::Contains("do not fit"));
  CHECK_THROWS_WITH(matrix_bench(tiny_matrix({strided, "ic1024oc1024i4096x4096o4096x4096k3p1"})),
                    Catch::Contains("do not fit"));
}

TEST_CASE("bench matrix: building and both products stand beside what memory permits") {
  MatrixBenchPlan plan = tiny_matrix({strided, fractional});
  plan.threads = 2;
  const Report report = matrix_bench(plan);
  REQUIRE(report.rows.size() == 2 * 5);
  const char* ops[] = {"write floor", "build", "read floor", "conv", "conv_transpose"};
  for (std::size_t at = 0; at < report.rows.size(); ++at) {
    const Row& row = report.rows[at];
    CHECK(row.geometry == static_cast<Index>(at / 5));
    CHECK(row.op == ops[at % 5]);
    CHECK(row.status == Status::timed);
    CHECK(row.timing.seconds.size() == 1);
    CHECK(row.nonzeros == static_cast<double>(nonzeros(plan.geometries[at / 5].geometry)));
    const Row& floor = report.rows[at / 5 * 5 + (row.op == ops[1] ? 0 : 2)];
    CHECK(row.floor == (row.form == "matrix" ? floor.timing.median : 0));
  }
  CHECK(text(report).find("x floor") != std::string::npos);
}

TEST_CASE("bench report: JSON and HDF5 have one entry per row") {
  const testing::ScratchFolder folder;
  ConvBenchPlan plan = tiny({strided, fractional}, {"engine", "onednn"}, both_precisions);
  plan.rounds = 2;
  const Report report = conv_bench(plan);
  const nlohmann::json json = json_of(report);
  CHECK(json["what"] == "conv");
  CHECK(json["batch"] == 3);
  REQUIRE(json["items"].size() == report.rows.size());
  const nlohmann::json& isas = json["ceilings"]["all_threads"]["isas"];
  CHECK(isas.size() == engine::permitted_isas().size());
  CHECK(isas["portable"].size() == 2);
  CHECK(isas["portable"]["bf16"]["tile_gflops"] > 0);

  write_report(folder / "bench.h5", report,
               {.kind = "bench", .command_line = "fsconv bench", .start_time = now()});
  const auto file = hdf5::File::open(folder / "bench.h5");
  CHECK(file.string_attribute("/", "kind") == "bench");
  const auto ceilings = static_cast<Index>(report.peaks.all_threads.isas.size());
  CHECK(file.shape("/ceilings/fma") == Shape{ceilings});
  CHECK(file.read_strings("/ceilings/precision").front() == "fp32");
  CHECK(file.read_strings("/ceilings/precision").back() == "bf16");
  const auto count = static_cast<Index>(report.rows.size());
  const Tensor<double> seconds = file.read<double>("/items/seconds"),
                       medians = file.read<double>("/items/median");
  CHECK(seconds.shape() == Shape{count, 2});
  const auto forms = file.read_strings("/items/form"), status = file.read_strings("/items/status");
  const auto cases = file.read_strings("/items/case"), precisions = file.read_strings("/items/precision");
  for (Index at = 0; at < count; ++at) {
    const auto place = static_cast<std::size_t>(at);
    const Row& row = report.rows[place];
    const nlohmann::json& item = json["items"][place];
    CHECK(forms[place] == row.form);
    CHECK(item["form"] == row.form);
    CHECK(precisions[place] == name(row.precision));
    CHECK(item["precision"] == std::string(name(row.precision)));
    CHECK(status[place] == name(row.status));
    CHECK(item["status"] == std::string(name(row.status)));
    CHECK(parse_case(cases[place]) == plan.geometries[static_cast<std::size_t>(row.geometry)].geometry);
    if (row.status == Status::timed) {
      CHECK(medians[at] == row.timing.median);
      CHECK(item["median"] == row.timing.median);
      CHECK(seconds[2 * at + 1] == row.timing.seconds[1]);
    } else {
      CHECK(std::isnan(medians[at]));
      CHECK(std::isnan(seconds[2 * at]));
      CHECK_FALSE(item.contains("median"));
    }
  }
}

TEST_CASE("bench sets: every set has geometries whose names differ, and their sizes fit") {
  for (const GeometrySet& set : geometry_sets()) {
    CHECK(&entry_named(geometry_sets(), "set", set.name) == &set);
    std::set<std::string> names;
    for (const NamedGeometry& named : set.geometries) {
      INFO(named.name);
      CHECK(names.insert(named.name).second);
      CHECK_NOTHROW(check(named.geometry));
      // Halves or quarters, or all in one window: no pixel is lost.
      for (const Axis& axis : named.geometry.axes)
        CHECK(axis.in == (axis.out == 1 ? axis.taps : axis.down * axis.out));
    }
  }
  CHECK_THROWS_WITH(entry_named(geometry_sets(), "set", "vgg"),
                    Catch::Contains("layers") && Catch::Contains("volume"));
}
