// The check before the clock: right results pass, a single wrong number does not.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/operands.hpp>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/mutants.hpp>

#include "support/geometries.hpp"

using namespace fsconv;
using namespace fsconv::bench;

namespace {

const std::vector<Precision> both_precisions(float_precisions.begin(), float_precisions.end());

constexpr Op all_ops[] = {Op::conv, Op::conv_transpose, Op::weight_gradient};

std::vector<Contender> all_contenders() {
  return contenders_named(contender_names(), engine::permitted_isas(), both_precisions);
}

}  // namespace

TEST_CASE("bench check: every contender passes on every corner geometry, with a remainder of a block") {
  for (const Geometry& geometry : test::corner_geometries())
    for (const Index batch : {1, 2, 33}) {
      const ExactReference plain(geometry, batch, 7), small(geometry, batch, 7, true);
      for (const Contender& contender : all_contenders())
        for (const Op op : all_ops) {
          const ExactReference& reference = contender.tiles ? small : plain;
          if (contender.unsupported(geometry, op)) continue;
          INFO(print_case(geometry) << " " << contender.form << " " << name(contender.precision) << " "
                                    << name(op) << ", batch " << batch);
          const auto work = contender.prepare(geometry, op, reference.operands());
          work->run();
          work->run();  // results replace results, they do not add up
          CHECK(reference.difference(op, contender.form, work->result(), contender.bfloat16_arrays)
                    .value_or("") == "");
          CHECK(contender.size(geometry, op, batch) > 0);
        }
    }
}

TEST_CASE("bench check: one wrong element is found and named") {
  const Geometry geometry = parse_case("g2ic4oc2i5x6o3x3k3s2p1");
  const ExactReference reference(geometry, 3, 1);
  const Contender gather = contenders_named({"gather"}, {}).front();
  for (const Op op : all_ops) {
    const auto work = gather.prepare(geometry, op, reference.operands());
    work->run();
    const Tensor<float> right = work->result();
    REQUIRE_FALSE(reference.difference(op, "gather", right).has_value());
    for (const Index at : {Index{0}, right.size() / 2, right.size() - 1}) {
      Tensor<float> wrong = right;
      wrong[at] += 1;
      const auto difference = reference.difference(op, "gather", wrong);
      REQUIRE(difference.has_value());
      CHECK(difference->find(fmt::format("element {} of {}", at, right.size())) != std::string::npos);
    }
    CHECK(reference.difference(op, "gather", Tensor<float>({2, 2})).has_value());
  }
}

// One image whose sums are all large enough to be rounded.
TEST_CASE("bench check: rounded results are compared with what is rounded, gradients and others are not") {
  const Geometry geometry = parse_case("ic8oc8i9x9o9x9k3p1");
  const ExactReference reference(geometry, 1, 5);
  const auto result_of = [&](const char* form, Precision precision, Op op) {
    const Contender contender = contenders_named({form}, {engine::best_isa()}, {precision}).front();
    const auto work = contender.prepare(geometry, op, reference.operands());
    work->run();
    return work->result();
  };
  for (const Op op : all_ops) {
    INFO(name(op));
    const bool gradient = op == Op::weight_gradient;
    const Tensor<float> rounded = result_of("engine", Precision::bf16, op);
    const Tensor<float> exact = result_of("batched", Precision::bf16, op);
    CHECK_FALSE(reference.difference(op, "engine", rounded, true).has_value());
    CHECK(reference.difference(op, "engine", rounded, false).has_value() == !gradient);
    CHECK_FALSE(reference.difference(op, "batched", exact, false).has_value());
    CHECK(reference.difference(op, "batched", exact, true).has_value() == !gradient);

    // One number that is off by the smallest step.
    Tensor<float> wrong = rounded;
    wrong[3] = gradient ? wrong[3] + 1 : wrong[3] * (1 + 1.0f / 128);
    CHECK(reference.difference(op, "engine", wrong, true).has_value());
  }
}

// A form that leaves out one product of one sum, as a wrong end of a loop does, is not hidden by rounding.
TEST_CASE("bench check: a missing product shows after rounding") {
  const Geometry geometry = parse_case("ic64oc64i9x9o9x9k3p1");
  const ExactReference reference(geometry, 1, 5);
  const auto work =
      contenders_named({"gather"}, {}).front().prepare(geometry, Op::conv, reference.operands());
  work->run();
  Tensor<float> wrong = work->result();
  // Code pixel (1, 1) of channel 0 reads image pixel (0, 0) of channel 0 with the first tap.
  wrong[10] -= reference.operands().image[0] * reference.operands().weight[0];
  for (float& value : wrong) value = engine::number(engine::rounded<engine::BFloat16>(value));
  CHECK(reference.difference(Op::conv, "gather", wrong, true).has_value());
}

// Layers with tiles of every size, also smaller ones at the end, on one to three axes and with groups.
TEST_CASE(
    "bench check: every algorithm gives the direct bits on operands for tiles, a wrong scale or tile does not") {
  const auto algorithms = all_values<engine::Algorithm>();
  bool any_tiled = false;
  for (const char* word : {"ic16oc32i14x14o7x7k4s2p1", "ic16oc16i9x8o9x8k3p1", "ic16oc16i37o18k5s2p1",
                           "g2ic32oc32i8x12o4x6k4s2p1", "ic16oc16i8x8x8o4x4x4k4s2p1"}) {
    const Geometry geometry = parse_case(word);
    const ExactReference reference(geometry, 33, 7, true);
    for (const float value : reference.operands().weight) REQUIRE((value >= -1 && value <= 1));
    for (const Contender& contender : contenders_named({"engine"}, engine::permitted_isas(), both_precisions,
                                                       {algorithms.begin(), algorithms.end()}))
      for (const Op op : all_ops) {
        const std::string tiles = contender.tiles(geometry, op, 33);
        INFO(word << " " << name(*contender.isa) << " " << name(*contender.algorithm) << " "
                  << name(contender.precision) << " " << name(op) << ": " << tiles);
        if (contender.algorithm == engine::Algorithm::direct) CHECK(tiles == "direct");
        const auto work = contender.prepare(geometry, op, reference.operands());
        work->run();
        work->run();
        CHECK(reference.difference(op, contender.form, work->result(), contender.bfloat16_arrays)
                  .value_or("") == "");
        if (tiles == "direct") continue;
        any_tiled = true;
        Tensor<float> wrong = work->result();
        wrong[wrong.size() - 1] += 1;
        CHECK(reference.difference(op, contender.form, wrong, contender.bfloat16_arrays).has_value());
        wrong = work->result();
        for (float& value : wrong) value *= 1.0f / 36;
        CHECK(reference.difference(op, contender.form, wrong, contender.bfloat16_arrays).has_value());
      }
  }
  CHECK(any_tiled);
}

// Random integers never see the last two mutants, which are wrong for a single pixel or for ones alone: those
// are for `fsconv verify`, which probes.
TEST_CASE("bench check: the mutants that random numbers can find are found") {
  for (const Witness& mutant : mutants()) {
    if (mutant.name == "unit_shortcut" || mutant.name == "ones_shortcut") continue;
    const Contender contender = contender_of(mutant);
    bool found = false;
    for (const Geometry& geometry : test::corner_geometries()) {
      const ExactReference reference(geometry, 2, 3);
      for (const Op op : all_ops) {
        if (contender.unsupported(geometry, op)) continue;
        const auto work = contender.prepare(geometry, op, reference.operands());
        work->run();
        found = found || reference.difference(op, contender.form, work->result()).has_value();
      }
    }
    INFO(mutant.name);
    CHECK(found);
  }
}

TEST_CASE("bench check: sums too long for exact floats are refused before anything is allocated") {
  const Geometry geometry{.axes = {Axis{}}, .in_channels = Index{1} << 40};
  CHECK_THROWS_AS(ExactReference(geometry, 1, 0), InvalidArgument);
}

TEST_CASE("bench contenders: one for each isa of the engine, names that are unknown are listed") {
  const auto isas = engine::permitted_isas();
  const auto of_float = engine::different_isas<float>();
  const auto of_bfloat16 = engine::different_isas<engine::BFloat16>();
  CHECK(contenders_named({"engine", "gather"}, isas).size() == of_float.size() + 1);
  CHECK(contenders_named({"engine", "gather"}, isas, both_precisions).size() ==
        of_float.size() + of_bfloat16.size() + 1);
  CHECK(contenders_named({"batched"}, {isas.back()}).front().isa == of_float.back());
  CHECK(contenders_named({"batched"}, {isas.back()}, {Precision::bf16}).front().isa == isas.back());
  CHECK(contender_names({Precision::bf16}) ==
        std::vector<std::string>{"engine", "batched", "onednn", "onednn_blocked"});
  CHECK_THROWS_WITH(
      contenders_named({"engine", "gather"}, isas, {Precision::bf16}),
      Catch::Contains("precision") && Catch::Contains("gather has no bf16") && Catch::Contains("onednn"));
  CHECK(contenders_named({"gather"}, isas).front().isa == std::nullopt);
  const auto by_algorithm = contenders_named({"engine", "batched"}, {isas.front()}, {Precision::fp32},
                                             {engine::Algorithm::winograd4, engine::Algorithm::direct});
  REQUIRE(by_algorithm.size() == 3);
  CHECK(by_algorithm[0].algorithm == engine::Algorithm::winograd4);
  CHECK(by_algorithm[1].algorithm == engine::Algorithm::direct);
  CHECK(by_algorithm[2].algorithm == std::nullopt);
  try {
    contenders_named({"engine", "fft"}, isas);
    FAIL("accepted");
  } catch (const InvalidArgument& error) {
    const std::string message = error.what();
    for (const char* word : {"fft", "engine", "gather", "onednn"})
      CHECK(message.find(word) != std::string::npos);
  }
}
