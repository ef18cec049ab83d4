// Results that contradict themselves, with no digest to tell: refused by the name of what cannot be, by whoever reads them.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/bench/report_reader.hpp>
#include <fsconv/bench/scale_bench.hpp>
#include <fsconv/bench/scale_reader.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/report/report.hpp>
#include <fsconv/verify/report_reader.hpp>
#include <functional>
#include <limits>

#include "bench/tiny_workload.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

std::string recorded(const std::string& name) { return FSCONV_SOURCE_DIR "/tests/vectors/schema_2/" + name; }

// Writes a dataset anew, with something else in it, and says so; or leaves it.
using Change = std::function<bool(hdf5::File& to, const hdf5::File& from, const std::string& dataset)>;

// A copy that nobody can tell from what fsconv wrote: without its digest, and its datasets are no scales, which cannot change.
std::string copied(const std::string& from, const std::string& to, const Change& change) {
  const auto old = hdf5::File::open(from);
  auto file = hdf5::File::create(to);
  const auto copy_attributes = [&](const std::string& object) {
    for (const std::string& name : old.attributes(object))
      if (name != "digest" && name != "DIMENSION_LIST" && name != "REFERENCE_LIST" && name != "CLASS" &&
          name != "NAME" && name != "_Netcdf4Dimid")
        file.set_attribute(object, name, old.attribute(object, name));
  };
  copy_attributes("/");
  if (old.has_attribute("/", "digest")) file.set_attribute("/", "digest", std::string("unchecked"));
  for (const std::string& group : old.members("/"))
    if (old.is_group("/" + group)) {
      file.create_group("/" + group);
      copy_attributes("/" + group);
    }
  for (const std::string& dataset : old.datasets()) {
    const std::string type = old.dtype(dataset);
    if (!change(file, old, dataset)) {
      if (type == "str")
        file.write_strings(dataset, old.read_strings(dataset), {.plain = true});
      else if (type == "i8")
        file.write(dataset, old.read<std::int64_t>(dataset), {.plain = true});
      else if (type == "u1")
        file.write(dataset, old.read<std::uint8_t>(dataset), {.plain = true});
      else if (type == "f4")
        file.write(dataset, old.read<float>(dataset), {.plain = true});
      else
        file.write(dataset, old.read<double>(dataset), {.plain = true});
    }
    copy_attributes(dataset);
  }
  file.commit();
  return to;
}

struct Wrong {
  std::string dataset;
  Index at;
  double value;
};

// A number of a dataset is another one, of the same type.
Change with_number(const Wrong& wrong) {
  return [wrong](hdf5::File& to, const hdf5::File& from, const std::string& dataset) {
    if (dataset != wrong.dataset) return false;
    const auto write = [&]<class T>(T) {
      Tensor<T> values = from.read<T>(dataset);
      values[wrong.at] = static_cast<T>(wrong.value);
      to.write(dataset, values, {.plain = true});
    };
    const std::string type = from.dtype(dataset);
    if (type == "i8")
      write(std::int64_t{});
    else if (type == "f4")
      write(float{});
    else
      write(double{});
    return true;
  };
}

// The first of its texts is another one.
Change with_text(const std::string& of, const std::string& text) {
  return [of, text](hdf5::File& to, const hdf5::File& from, const std::string& dataset) {
    if (dataset != of) return false;
    std::vector<std::string> texts = from.read_strings(dataset);
    texts.at(0) = text;
    to.write_strings(dataset, texts, {.plain = true});
    return true;
  };
}

bool leave(hdf5::File&, const hdf5::File&, const std::string&) { return false; }

// Copied as it is the file is accepted; with any of the wrong numbers it is refused by the name of the dataset.
void check_refused(const std::string& file, const std::vector<Wrong>& all) {
  const ScratchFolder folder;
  CHECK_NOTHROW(report::report({copied(file, folder / "same.h5", leave)}));
  for (const Wrong& wrong : all) {
    INFO(wrong.dataset << " " << wrong.value);
    copied(file, folder / "wrong.h5", with_number(wrong));
    CHECK_THROWS_AS(report::report({folder / "wrong.h5"}), BadData);
    CHECK_THROWS_WITH(report::report({folder / "wrong.h5"}), Contains(wrong.dataset + ": "));
  }
}

// A verification as its file has it after `change`, read back.
RecordedVerification read_back(const std::function<void(RecordedVerification&)>& change) {
  const ScratchFolder folder;
  RecordedVerification verification = read_verification(recorded("verify.h5"));
  verification.proofs = {{.name = "statement",
                          .statement = "all is well",
                          .verdict = "proved",
                          .decided_by = "z3",
                          .counterexample = "",
                          .seconds = 0.5,
                          .goals = 3,
                          .confirmed = 2}};
  change(verification);
  auto file = hdf5::File::create(folder / "v.h5");
  write_environment(file, {.kind = "verify", .command_line = "fsconv verify", .start_time = now()});
  write_verification(file, verification);
  commit_sealed(file);
  return read_verification(folder / "v.h5");
}

void fail(RecordedVerification& verification) {
  verification.checks[0].verdict = Verdict::fails;
  verification.passed = false;
}

}  // namespace

TEST_CASE("contradictions: a verification whose numbers are none of a check or proof is refused", "[slow]") {
  CHECK_NOTHROW(read_back([](auto&) {}));
  // What a failure is off by may be anything that is not negative, and no number where results are none.
  for (const double error : {0.5, 1e300, static_cast<double>(INFINITY), none})
    CHECK_NOTHROW(read_back([&](auto& of) {
      fail(of);
      of.checks[0].error = error;
    }));
  struct Case {
    const char* object;
    std::function<void(RecordedVerification&)> change;
  };
  const std::vector<Case> cases = {
      {"/checks/error_over_bound", [](auto& of) { of.checks[0].error = 1e300; }},
      {"/checks/error_over_bound", [](auto& of) { of.checks[0].error = 1.01; }},
      {"/checks/error_over_bound", [](auto& of) { of.checks[0].error = none; }},
      {"/checks/error_over_bound", [](auto& of) { of.checks[0].error = -1; }},
      {"/checks/error_over_bound",
       [](auto& of) {
         fail(of);
         of.checks[0].error = -1;
       }},
      {"/checks/error_over_bound",
       [](auto& of) {
         of.checks[0].verdict = Verdict::skipped;
         of.checks[0].error = 0.5;
       }},
      {"/checks/log2_miss", [](auto& of) { of.checks[0].log2_miss = 1; }},
      {"/checks/log2_miss", [](auto& of) { of.checks[0].log2_miss = none; }},
      {"/checks/log2_miss", [](auto& of) { of.checks[0].log2_miss = -INFINITY; }},
      {"/checks/log2_miss",
       [](auto& of) {
         of.checks[0].verdict = Verdict::skipped;
         of.checks[0].log2_miss = -128;
       }},
      {"/checks", [](auto& of) { of.passed = false; }},
      {"/checks",
       [](auto& of) {
         fail(of);
         of.passed = true;
       }},
      {"/checks", [](auto& of) { of.proofs[0].verdict = "fails: open"; }},
      {"/proofs/verdict", [](auto& of) { of.proofs[0].verdict = "zz"; }},
      {"/proofs/seconds", [](auto& of) { of.proofs[0].seconds = none; }},
      {"/proofs/seconds", [](auto& of) { of.proofs[0].seconds = -1; }},
      {"/proofs/goals", [](auto& of) { of.proofs[0].goals = -1; }},
      {"/proofs/confirmed", [](auto& of) { of.proofs[0].confirmed = 4; }},
      {"/proofs/confirmed", [](auto& of) { of.proofs[0].confirmed = -1; }},
  };
  for (const Case& one : cases) {
    INFO(one.object << " case " << &one - cases.data());
    CHECK_THROWS_AS(read_back(one.change), BadData);
    CHECK_THROWS_WITH(read_back(one.change), Contains(std::string(one.object) + ": "));
  }
  // A claim that this fsconv does not know may be a belief, which fails where it holds.
  CHECK_NOTHROW(read_back([](auto& of) {
    of.claims[0] = "of-a-newer-fsconv";
    of.passed = false;
  }));
  check_refused(recorded("verify.h5"), {{"/checks/check", 3, 7}});
}

TEST_CASE("contradictions: timings that are no times, or not what their rounds come to, are refused",
          "[slow]") {
  check_refused(recorded("bench.h5"), {{"/items/item", 1, 5},
                                       {"/items/median", 0, none},
                                       {"/items/median", 0, -1},
                                       {"/items/median", 0, 1},
                                       {"/items/minimum", 0, none},
                                       {"/items/minimum", 0, 1e-9},
                                       {"/items/spread", 0, -1},
                                       {"/items/spread", 0, none},
                                       {"/items/seconds", 0, none},
                                       {"/items/seconds", 0, -1},
                                       {"/items/seconds", 1, INFINITY},
                                       {"/items/calls", 0, 0},
                                       {"/items/calls", 0, -3},
                                       {"/items/flops", 0, -1},
                                       {"/items/bytes", 0, none},
                                       {"/items/nonzeros", 0, -1},
                                       {"/items/gflops", 0, 1e9},
                                       {"/items/gflops", 0, none},
                                       {"/items/fraction_of_peak", 0, -1},
                                       {"/items/times_floor", 0, -1},
                                       {"/ceilings/fma", 0, none},
                                       {"/ceilings/tile", 1, -1},
                                       {"/ceilings/triad", 0, INFINITY}});
  check_refused(recorded("bench_matrix.h5"), {{"/items/times_floor", 2, INFINITY}});
  check_refused(recorded("bench_verify.h5"), {{"/items/threads", 0, 0},
                                              {"/items/threads", 0, 0x1p62},
                                              {"/items/count", 0, none},
                                              {"/items/per_second", 0, 3}});
  const ScratchFolder folder;
  for (const char* status : {"", "skipped", "refused", "zz"}) {  // of what has times
    copied(recorded("bench.h5"), folder / "x.h5", with_text("/items/status", status));
    CHECK_THROWS_AS(bench::read_timings(folder / "x.h5"), BadData);
  }
  CHECK_THROWS_WITH(bench::read_timings(folder / "x.h5"), Contains("/items/status: holds 'zz' at 0"));
}

TEST_CASE("contradictions: codes that are no numbers, and classes that are none, are refused") {
  check_refused(recorded("codes.h5"), {{"/mean", 3, none},
                                       {"/mean", 3, INFINITY},
                                       {"/log_variance", 2, none},
                                       {"/log_variance", 2, INFINITY},
                                       {"/image", 2, 7},
                                       {"/image", 0, -1}});
  const ScratchFolder folder;
  const auto with_classes = [&](const std::string& classes) {
    std::filesystem::copy_file(recorded("codes.h5"), folder / "x.h5",
                               std::filesystem::copy_options::overwrite_existing);
    auto file = hdf5::File::modify(folder / "x.h5");
    file.set_attribute("/label", "classes", classes);
    file.commit();
    return report::report({folder / "x.h5"});
  };
  CHECK_NOTHROW(with_classes(R"(["a", "b"])"));
  CHECK_THROWS_WITH(with_classes(R"(["a"])"), Contains("/label: holds 1 at"));
  CHECK_THROWS_WITH(with_classes("["), Contains("/label: "));
  // Numbers of another type, and too few.
  const auto with = [&](const std::string& of, const auto& values) {
    copied(recorded("codes.h5"), folder / "x.h5",
           [&](hdf5::File& to, const hdf5::File&, const std::string& dataset) {
             if (dataset == of) to.write(dataset, values, {.plain = true});
             return dataset == of;
           });
    return report::report({folder / "x.h5"});
  };
  for (const char* of : {"/label", "/image"})
    for (const double value : {none, -1.0, 1e300})
      CHECK_THROWS_WITH(with(of, std::vector<double>(6, value)), Contains(of));
  CHECK_THROWS_WITH(with("/label", std::vector<std::uint8_t>{0, 1}), Contains("/label: has shape [2]"));
  CHECK_THROWS_WITH(with("/log_variance", std::vector<float>{0, 1}),
                    Contains("/log_variance: has shape [2]"));
}

TEST_CASE("contradictions: predictions of steps that nothing takes are refused", "[slow]") {
  bench::ScaleBenchPlan plan;
  plan.workloads = {testing::tiny_workload()};
  plan.ranks = {1, 4};
  plan.isas = {engine::best_isa()};
  plan.link = {.latency = 1e-5, .bandwidth = 1e9};
  plan.rounds = 2;
  plan.shortest_sample = 0;
  const ScratchFolder folder;
  bench::write_report(folder / "s.h5", bench::scale_bench(plan),
                      {.kind = "bench", .command_line = "fsconv bench", .start_time = now()});
  check_refused(folder / "s.h5", {{"/items/item", 1, 5},
                                  {"/items/ranks", 1, 0x1p62},
                                  {"/items/ranks", 1, 0},
                                  {"/items/batch", 0, -1},
                                  {"/items/blocks", 0, 0},
                                  {"/items/threads", 0, 0},
                                  {"/items/depth", 1, -1},
                                  {"/items/messages", 1, -1},
                                  {"/items/bytes", 1, none},
                                  {"/items/predicted", 0, none},
                                  {"/items/predicted", 0, 1e9},
                                  {"/items/compute", 0, -1},
                                  {"/items/without_overlap", 0, -1},
                                  {"/items/measured", 0, -1},
                                  {"/items/measured_without_overlap", 0, INFINITY},
                                  {"/items/per_second", 0, 1},
                                  {"/items/efficiency", 0, none},
                                  {"/constants/median", 0, 1e9},
                                  {"/constants/constant", 0, 2}});
  CHECK_THROWS_WITH(bench::read_scale(copied(folder / "s.h5", folder / "t.h5",
                                             with_text("/items/limit", "latency of a kind"))),
                    Contains("/items/limit: "));
  for (const char* name : {"latency", "bandwidth"})
    for (const double value : {-1.0, none}) {
      std::filesystem::copy_file(folder / "s.h5", folder / "t.h5",
                                 std::filesystem::copy_options::overwrite_existing);
      auto file = hdf5::File::modify(folder / "t.h5");
      file.set_attribute("/", name, value);
      file.set_attribute("/", "digest", std::string("unchecked"));
      file.commit();
      CHECK_THROWS_WITH(bench::read_scale(folder / "t.h5"), Contains(std::string("attribute ") + name));
    }
}

TEST_CASE("contradictions: pictures that are none, or not as many as their axes say, are refused") {
  check_refused(recorded("decoded.h5"), {{"/images", 3, none}, {"/codes", 0, INFINITY}, {"/code", 5, none}});
  check_refused(recorded("reconstructed.h5"), {{"/originals", 0, none}, {"/reconstructions", 9, -INFINITY}});
  const ScratchFolder folder;
  const auto with_shape = [](const std::string& of, const Shape& shape) {
    return [=](hdf5::File& to, const hdf5::File&, const std::string& dataset) {
      if (dataset == of) to.write(dataset, Tensor<float>(shape), {.plain = true});
      return dataset == of;
    };
  };
  struct Case {
    const char *file, *dataset;
    Shape shape;
  };
  for (const Case& one :
       {Case{"decoded.h5", "/images", {5, 1, 8, 8}}, Case{"decoded.h5", "/images", {6, 64}},
        Case{"decoded.h5", "/images", {6, 2, 8, 8}}, Case{"decoded.h5", "/images", {6, 1, 0, 8}},
        Case{"decoded.h5", "/codes", {5, 2}}, Case{"decoded.h5", "/codes", {6}},
        Case{"decoded.h5", "/code", {7}}, Case{"reconstructed.h5", "/originals", {6, 1, 8, 9}},
        Case{"reconstructed.h5", "/reconstructions", {5, 1, 8, 8}}}) {
    INFO(one.file << one.dataset << ' ' << one.shape.size());
    copied(recorded(one.file), folder / "wrong.h5", with_shape(one.dataset, one.shape));
    CHECK_THROWS_AS(report::report({folder / "wrong.h5"}), BadData);
  }
}
