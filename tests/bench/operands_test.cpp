// The check before the clock: right results pass, a single wrong number does not.
#include <catch2/catch.hpp>
#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/operands.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/mutants.hpp>

#include "support/geometries.hpp"

using namespace fsconv;
using namespace fsconv::bench;

namespace {

constexpr Op all_ops[] = {Op::conv, Op::conv_transpose, Op::weight_gradient};

std::vector<Contender> all_contenders() {
  return contenders_named(contender_names(), engine::permitted_isas());
}

}  // namespace

TEST_CASE("bench check: every contender passes on every corner geometry, with a remainder of a block") {
  for (const Geometry& geometry : test::corner_geometries())
    for (const Index batch : {1, 2, 33}) {
      const Check check(geometry, batch, 7);
      for (const Contender& contender : all_contenders())
        for (const Op op : all_ops) {
          if (contender.unsupported(geometry, op)) continue;
          INFO(print_case(geometry) << " " << contender.form << " " << name(op) << ", batch " << batch);
          const auto work = contender.prepare(geometry, op, check.operands());
          work->run();
          work->run();  // results replace results, they do not add up
          CHECK(check.difference(op, contender.form, work->result()).value_or("") == "");
          CHECK(contender.size(geometry, op, batch) > 0);
        }
    }
}

TEST_CASE("bench check: one wrong element is found and named") {
  const Geometry geometry = parse_case("g2ic4oc2i5x6o3x3k3s2p1");
  const Check check(geometry, 3, 1);
  const Contender gather = contenders_named({"gather"}, {}).front();
  for (const Op op : all_ops) {
    const auto work = gather.prepare(geometry, op, check.operands());
    work->run();
    const Tensor<float> right = work->result();
    REQUIRE_FALSE(check.difference(op, "gather", right).has_value());
    for (const Index at : {Index{0}, right.size() / 2, right.size() - 1}) {
      Tensor<float> wrong = right;
      wrong[at] += 1;
      const auto difference = check.difference(op, "gather", wrong);
      REQUIRE(difference.has_value());
      CHECK(difference->find(fmt::format("element {} of {}", at, right.size())) != std::string::npos);
    }
    CHECK(check.difference(op, "gather", Tensor<float>({2, 2})).has_value());
  }
}

// Random integers never see the last two mutants, which are wrong for a single pixel or for ones alone: those
// are for `fsconv verify`, which probes.
TEST_CASE("bench check: the mutants that random numbers can find are found") {
  for (const Witness& mutant : mutants()) {
    if (mutant.name == "unit_shortcut" || mutant.name == "ones_shortcut") continue;
    const Contender contender = contender_of(mutant);
    bool found = false;
    for (const Geometry& geometry : test::corner_geometries()) {
      const Check check(geometry, 2, 3);
      for (const Op op : all_ops) {
        if (contender.unsupported(geometry, op)) continue;
        const auto work = contender.prepare(geometry, op, check.operands());
        work->run();
        found = found || check.difference(op, contender.form, work->result()).has_value();
      }
    }
    INFO(mutant.name);
    CHECK(found);
  }
}

TEST_CASE("bench check: sums too long for exact floats are refused before anything is allocated") {
  const Geometry geometry{{Axis{}}, Index{1} << 40, 1, 1};
  CHECK_THROWS_AS(Check(geometry, 1, 0), InvalidArgument);
}

TEST_CASE("bench contenders: one for each isa of the engine, names that are unknown are listed") {
  const auto isas = engine::permitted_isas();
  CHECK(contenders_named({"engine", "gather"}, isas).size() == isas.size() + 1);
  CHECK(contenders_named({"gather"}, isas).front().isa == std::nullopt);
  try {
    contenders_named({"engine", "fft"}, isas);
    FAIL("accepted");
  } catch (const InvalidArgument& error) {
    const std::string message = error.what();
    for (const char* word : {"fft", "engine", "gather", "onednn"})
      CHECK(message.find(word) != std::string::npos);
  }
}
