// The checkers, checked: every claim holds for the forms and every mutant is caught.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/mutants.hpp>
#include <fsconv/verify/report.hpp>
#include <fsconv/verify/shrink.hpp>
#include <fsconv/verify/sweep.hpp>
#include <fsconv/verify/tile_growth.hpp>
#include <fsconv/verify/told_details.hpp>
#include <fsconv/verify/trials.hpp>
#include <map>
#include <set>

using namespace fsconv;

namespace {

// Sanitizers make every check ten times as slow; they need to see each kind of geometry, not many of each.
// The hand-picked ones are always among them.
std::vector<Geometry> sweep_of(Index random, std::uint64_t seed) {
#ifdef FSCONV_SANITIZED
  random /= 8;
#endif
  return default_sweep(random, seed);
}

VerifyPlan plan_for(std::vector<Geometry> geometries, std::vector<Witness> forms) {
  const auto all = claims();
  return {.geometries = std::move(geometries),
          .claims = {all.begin(), all.end()},
          .forms = std::move(forms),
          .methods = {Method::numeric, Method::exact, Method::symbolic},
          .miss_bits = 20,
          .threads = 2};
}

// Which claims reject each mutant by each method, over a sweep. Several tests ask.
const std::set<std::string>& rejecting_claims(const Witness& mutant, Method method) {
  static std::map<std::pair<std::string, Method>, std::set<std::string>> known;
  const auto [place, fresh] = known.try_emplace({mutant.name, method});
  if (!fresh) return place->second;
  VerifyPlan plan = plan_for(sweep_of(60, 5), {mutant});
  plan.methods = {method};
  for (const Check& check : verify(plan, [](Index) {})) {
    const Claim& claim = plan.claims[static_cast<std::size_t>(check.claim)];
    if (!check.good(claim)) place->second.insert(std::string(claim.name));
  }
  return place->second;
}

const Witness& mutant_named(const std::vector<Witness>& all, const std::string& name) {
  for (const Witness& mutant : all)
    if (mutant.name == name) return mutant;
  throw std::runtime_error(name);
}

}  // namespace

TEST_CASE("verify: every claim holds, or is refuted where it should be, for every form") {
  const VerifyReport report = run_and_report(plan_for(sweep_of(80, 1), witnesses()));
  for (const Failure& failure : report.failures) FAIL_CHECK(failure.command << "\n" << failure.detail);
  for (const ClaimSummary& claim : report.claims) {
    INFO(claim.claim);
    CHECK(claim.good > 0);
    CHECK(claim.failed == 0);
    CHECK(claim.strength.worst_error <= 1);
  }
}

TEST_CASE("verify: and in float") {
  const VerifyReport report = run_and_report(plan_for(sweep_of(40, 2), witnesses(Scalars::single)));
  for (const Failure& failure : report.failures) FAIL_CHECK(failure.command << "\n" << failure.detail);
}

TEST_CASE("verify: every mutant is rejected by every method") {
  for (const Witness& mutant : mutants())
    for (Method method : {Method::numeric, Method::exact, Method::symbolic}) {
      INFO(mutant.name << " " << name(method));
      CHECK_FALSE(rejecting_claims(mutant, method).empty());
    }
}

TEST_CASE("verify: broken tiles are rejected by the claims about all three maps, by every method") {
  Index tried = 0;
  const auto about_maps = claims_named({"matrix", "transpose", "weight-gradient"});
  for (const Witness& mutant : mutants()) {
    if (!mutant.in_tiles()) continue;
    ++tried;
    for (Method method : {Method::numeric, Method::exact, Method::symbolic}) {
      INFO(mutant.name << " " << name(method));
      VerifyPlan plan = plan_for(default_sweep(0, 1), {mutant});
      plan.claims = about_maps;
      plan.methods = {method};
      std::set<std::string> rejecting;
      for (const Check& check : verify(plan, [](Index) {}))
        if (check.verdict == Verdict::fails)
          rejecting.emplace(about_maps[static_cast<std::size_t>(check.claim)].name);
      CHECK(rejecting.contains("transpose"));
      if (mutant.name == "plain_matrix") continue;  // conv is right
      CHECK(rejecting.contains("matrix"));
      // Symbols: conv is wrong in the same way, and the gradient is its derivative.
      if (method != Method::symbolic) CHECK(rejecting.contains("weight-gradient"));
    }
  }
  CHECK(tried == 5);
}

TEST_CASE("verify: shortcuts that no random image takes are met by the probes of units and ones") {
  for (const Witness& mutant : mutants()) {
    if (mutant.polynomials) continue;
    INFO(mutant.name);
    CHECK_FALSE(rejecting_claims(mutant, Method::numeric).contains("matrix"));
    CHECK(rejecting_claims(mutant, Method::exact).contains("matrix"));
    CHECK(rejecting_claims(mutant, Method::symbolic).contains("matrix"));  // a black box: exact
  }
}

TEST_CASE("verify: every claim about a form rejects some mutant") {
  const auto all = mutants();
  for (Method method : {Method::numeric, Method::exact, Method::symbolic}) {
    std::set<std::string> rejecting;
    for (const Witness& mutant : all)
      for (const std::string& claim : rejecting_claims(mutant, method)) rejecting.insert(claim);
    for (const Claim& claim : claims()) {
      INFO(claim.name << " by " << name(method));
      if (method == Method::exact && claim.name == "composition") continue;  // three factors: not exact
      if (method == Method::symbolic && claim.prove == nullptr) continue;
      if (claim.needs_form && !claim.belief) CHECK(rejecting.contains(std::string(claim.name)));
    }
  }
  CHECK(rejecting_claims(mutant_named(all, "no_flip"), Method::exact).contains("transpose"));
  CHECK(rejecting_claims(mutant_named(all, "pad_p"), Method::exact).contains("gradient"));
  CHECK(rejecting_claims(mutant_named(all, "swapped_pads"), Method::exact).contains("matrix"));
  CHECK(rejecting_claims(mutant_named(all, "wrong_group"), Method::exact).contains("matrix"));
  for (const Method method : {Method::numeric, Method::exact, Method::symbolic}) {
    const auto& rejecting = rejecting_claims(mutant_named(all, "upsampled"), method);
    CHECK(rejecting.contains("checkerboard"));
    CHECK(rejecting.contains("resize"));
  }
}

TEST_CASE("verify: a form whose filters are even paints no checkerboard, and is wrong") {
  // The mean of all taps in place of each: k4 s2 has equal sums then, so that a flat code gives a flat image.
  Witness even = witnesses()[0];
  const auto right = even.numbers.conv_transpose;
  even.numbers.conv_transpose = [right](const Geometry& g, const Tensor<double>& code,
                                        Tensor<double> weight) {
    double sum = 0;
    for (const double tap : weight) sum += tap;
    for (double& tap : weight) tap = sum / static_cast<double>(weight.size());
    return right(g, code, weight);
  };
  for (const char* name : {"checkerboard", "resize"}) {
    const Claim claim = claims_named({name})[0];
    CHECK(check_one(claim, witnesses()[0], Method::numeric, parse_case("i16o8k4s2p1"), 0).verdict ==
          Verdict::holds);
    CHECK(check_one(claim, even, Method::numeric, parse_case("i16o8k4s2p1"), 0).verdict == Verdict::fails);
  }
}

TEST_CASE("verify: checkerboard and resize are tried where they say something, and say why elsewhere") {
  const auto tried = [](const char* claim, const char* name) {
    return check_one(claims_named({claim})[0], witnesses()[0], Method::exact, parse_case(name), 0);
  };
  for (const char* name : {"i16o8k4s2p1", "g2ic4oc2i12x9o5x5k3x4s2x3d2x1", "i9o12k5s3/2p1", "i6o9k4s2/2p1",
                           "i7o12k4s4/2d3p2", "i12o5k4s2d2"}) {
    INFO(name);
    CHECK(tried("checkerboard", name).verdict == Verdict::holds);
    CHECK(tried("resize", name).verdict == Verdict::holds);
  }
  const Outcome border = tried("checkerboard", "i1o1k5p2"), few = tried("resize", "i9o3k2s4p1");
  CHECK(border.verdict == Verdict::skipped);
  CHECK(border.detail == "every pixel is near a border");
  CHECK(few.verdict == Verdict::skipped);
  CHECK(few.detail.find("only the filter of zeros") != std::string::npos);
  // A form of fewer bits is not given numbers that it would round.
  Witness narrow = witnesses()[0];
  narrow.bits.operands = 1;
  const Outcome wide =
      check_one(claims_named({"resize"})[0], narrow, Method::numeric, parse_case("i6o3k3s2p1"), 0);
  CHECK(wide.verdict == Verdict::skipped);
  CHECK(wide.detail.find("exact") != std::string::npos);
}

TEST_CASE("verify: a form for which W^T W = I would end the refutation") {
  // conv and conv_transpose that copy: the belief would hold, and the claim must say that it was not refuted.
  Witness copy = witnesses()[0];
  const auto same = [](const Geometry&, const auto& x, const auto&) { return x; };
  copy.numbers.conv = copy.numbers.conv_transpose = same;
  copy.polynomials->conv = copy.polynomials->conv_transpose = same;
  for (Method method : {Method::exact, Method::symbolic}) {
    const Outcome outcome =
        check_one(claims_named({"not-inverse"})[0], copy, method, parse_case("i4o4k1"), 0);
    CHECK(outcome.verdict == Verdict::fails);
  }
}

TEST_CASE("verify: an exception of a form is a failed check") {
  Witness broken = witnesses()[0];
  broken.numbers.conv = [](const Geometry&, const Tensor<double>&, const Tensor<double>&) -> Tensor<double> {
    throw std::runtime_error("broken");
  };
  const Outcome outcome =
      check_one(claims_named({"matrix"})[0], broken, Method::numeric, parse_case("i4o2k3"), 0);
  CHECK(outcome.verdict == Verdict::fails);
  CHECK(outcome.detail == "broken");
}

TEST_CASE("verify: Ctrl-C, want of memory and of threads are no failure of the form that meets them") {
  const auto trying = [](auto failure) {
    Witness broken = witnesses()[0];
    broken.numbers.conv = [failure](const Geometry&, const Tensor<double>&,
                                    const Tensor<double>&) -> Tensor<double> { throw failure; };
    return check_one(claims_named({"matrix"})[0], broken, Method::exact, parse_case("i4o2k3"), 0);
  };
  CHECK_THROWS_AS(trying(Interrupted("interrupted")), Interrupted);
  CHECK_THROWS_AS(trying(std::bad_alloc()), std::bad_alloc);
  CHECK_THROWS_AS(trying(std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again))),
                  std::system_error);
}

TEST_CASE("verify: a failing case is shrunk to a smallest one that fails") {
  const Claim transpose = claims_named({"transpose"})[0];
  const Witness no_flip = mutant_named(mutants(), "no_flip");
  const Geometry large = parse_case("g2ic4oc4i9x8o4x4k4x3s2p1");
  const Geometry small = shrink(transpose, no_flip, Method::exact, large, 0);
  CHECK(check_one(transpose, no_flip, Method::exact, small, 0).verdict == Verdict::fails);
  CHECK(print_case(small) == "ic1oc1i1o1k2");  // two taps are needed to see a flip
  CHECK(shrink(transpose, no_flip, Method::exact, small, 0) == small);
}

TEST_CASE("verify: a failing stride with a common factor is shrunk, and keeps the factor that it needs") {
  const Claim transpose = claims_named({"transpose"})[0];
  const Witness cancels = mutant_named(mutants(), "cancelled_stride");
  const Geometry small =
      shrink(transpose, cancels, Method::exact, parse_case("g2ic4oc4i9x8o4x4k4x3s4/2x3/3p1"), 0);
  CHECK(check_one(transpose, cancels, Method::exact, small, 0).verdict == Verdict::fails);
  REQUIRE(small.axes.size() == 1);
  CHECK(small.axes[0].stride_factor() > 1);
  CHECK(small.axes[0].in + small.axes[0].out + small.axes[0].taps < 6);
  // A mutant that is wrong under any stride is shown with the plainest.
  CHECK(print_case(shrink(transpose, mutant_named(mutants(), "no_flip"), Method::exact,
                          parse_case("i9o9k4s4/2p1"), 0)) == "ic1oc1i1o1k2");
}

TEST_CASE("verify: the rows do not depend on the number of threads") {
  VerifyPlan plan = plan_for(sweep_of(20, 3), witnesses());
  plan.threads = 1;
  const auto one = verify(plan, [](Index) {});
  plan.threads = 3;
  const auto three = verify(plan, [](Index) {});
  REQUIRE(one.size() == three.size());
  for (std::size_t at = 0; at < one.size(); ++at) {
    CHECK(one[at].verdict == three[at].verdict);
    CHECK(one[at].error == three[at].error);
  }
}

TEST_CASE("verify: the exhaustive sweep takes every geometry once") {
  const auto sweep = exhaustive_sweep({.size = 3, .taps = 2, .down = 3, .up = 2, .dilation = 2, .pad = 1});
  // sizes 3*3, taps 2, strides 1 2 3 1/2 2/2 3/2, dilation 2, padding 3
  CHECK(sweep.size() == 9 * 2 * 6 * 2 * 3);
  std::set<std::string> names;
  for (const Geometry& g : sweep) names.insert(print_case(g));
  CHECK(names.size() == sweep.size());
  const VerifyReport report =
      run_and_report(plan_for(sweep, witnesses_named(witnesses(), {"polyphase", "im2col"})));
  CHECK(report.passed());
}

TEST_CASE(
    "verify: both sweeps have strides whose numbers share a factor, and a form that cancels them is found") {
  const auto with_factor = [](const std::vector<Geometry>& sweep) {
    return std::count_if(sweep.begin(), sweep.end(), [](const Geometry& g) {
      return std::any_of(g.axes.begin(), g.axes.end(), [](const Axis& a) { return a.stride_factor() > 1; });
    });
  };
  std::set<std::string> strides;
  const auto random = default_sweep(1000, 4);
  for (const Geometry& g : random)
    for (const Axis& axis : g.axes) strides.insert(stride_text(axis));
  CHECK(with_factor(random) > 100);
  for (const char* stride : {"2/2", "4/2", "2/4", "3/3", "4/4", "6/4"}) CHECK(strides.contains(stride));
  CHECK(with_factor(exhaustive_sweep({})) > 0);
  for (const Method method : {Method::exact, Method::numeric, Method::symbolic}) {
    const auto& rejecting = rejecting_claims(mutant_named(mutants(), "cancelled_stride"), method);
    CHECK(rejecting.contains("matrix"));
    CHECK(rejecting.contains("transpose"));
  }
}

TEST_CASE("verify: sizes and overlap of large strides and dilations take no more than the axis") {
  const auto verdict = [](const char* claim, const char* form, const char* name) {
    const Claim of = claims_named({claim})[0];
    for (const Witness& witness : witnesses())
      if (witness.name == form) return check_one(of, witness, Method::exact, parse_case(name), 0).verdict;
    throw std::logic_error(form);
  };
  for (const char* form : {"gather", "scatter", "zero_insertion", "polyphase"}) {
    CAPTURE(form);
    CHECK(verdict("overlap", form, "i40o40k3s1023/1024") == Verdict::holds);
    CHECK(verdict("overlap", form, "i2o1k3s4099") == Verdict::holds);
    CHECK(verdict("overlap", form, "i20o20k3d100000p100000") == Verdict::holds);
    // An axis with an interior would be too long for the zeros between its pixels.
    CHECK(verdict("overlap", form, "i6o6k3s131071/131072") == Verdict::skipped);
  }
  CHECK(verdict("shape", "gather", "i6o6k3s1048575/1048576") == Verdict::holds);
  CHECK(verdict("shape", "gather", "i1048579o2k3s1048576") == Verdict::holds);
}

TEST_CASE("verify: overlap of a stride with a common factor is even where the taps that meet pixels are") {
  const auto verdict = [](const char* name) {
    return check_one(claims_named({"overlap"})[0], witnesses()[0], Method::exact, parse_case(name), 0)
        .verdict;
  };
  for (const char* name : {"i6o6k3s2/2p1", "i6o6k4s2/2", "i6o3k4s4/2p1", "i6o3k3s4/2p1", "i6o6k4s2/2d2p1",
                           "i9o6k6s6/4d3p2", "i9o9k5s3/3d2p1"}) {
    INFO(name);
    CHECK(verdict(name) == Verdict::holds);
  }
}

TEST_CASE("verify: a geometry without pixels or channels is refused, there is nothing to compare") {
  for (const char* name : {"i0o0k3", "i0o2k3p2", "i5o0k3", "ic0i5o3k3", "oc0i5x4o3x2k3"})
    CHECK_THROWS_AS(run_and_report(plan_for({parse_case(name)}, witnesses_named(witnesses(), {"gather"}))),
                    InvalidArgument);
}

TEST_CASE("trial: exact integers are as large as the sums allow and no larger") {
  const Subject subject(parse_case("ic2oc3i9x9o5x5k3s2p1"));
  for (int bits : {24, 53}) {
    const auto samples = number_samples(subject, Method::exact, {bits, bits}, 1, 128);
    const Index terms =
        std::max({subject.definition.longest_conv_sum(), subject.definition.longest_transposed_sum(),
                  subject.definition.longest_gradient_sum(samples[0].image.shape()[0])});
    const double limit = std::ldexp(1.0, bits), a = static_cast<double>(samples[0].largest);
    CHECK(static_cast<double>(terms) * (a + 1) * (a + 1) < limit);
    CHECK(static_cast<double>(terms) * (a + 4) * (a + 4) > limit);
    CHECK(samples[0].log2_miss() == Approx(std::log2(3.0) - std::log2(2 * a + 1)));
  }
  // Operands of eight bits hold the integers to 2^8, whatever their sums would allow.
  CHECK(number_samples(subject, Method::exact, {8, 24}, 1, 128)[0].largest == 255);
}

TEST_CASE("trial: reals fit the operands they are for, and are the same for doubles and floats") {
  const Subject subject(parse_case("ic2oc3i9x9o5x5k3s2p1"));
  const auto image = [&](Significands bits) {
    return number_samples(subject, Method::numeric, bits, 1, 128)[0].image;
  };
  CHECK(image({53, 53}) == image({24, 24}));
  const Tensor<double> narrow = image({8, 24}), wide = image({24, 24});
  Index rounded = 0;
  for (Index at = 0; at < narrow.size(); ++at) {
    int exponent = 0;
    const double significand = std::ldexp(std::frexp(narrow[at], &exponent), 8);
    CHECK(significand == std::floor(significand));
    CHECK(std::abs(narrow[at] - wide[at]) <= std::ldexp(std::abs(wide[at]), -8));
    rounded += narrow[at] != wide[at];
  }
  CHECK(rounded > narrow.size() / 2);
}

TEST_CASE("verify: a form that rounds its operands more than it says fails, in exact and in numeric") {
  const auto all = witnesses();
  const auto bf16 = std::find_if(all.begin(), all.end(),
                                 [](const Witness& w) { return w.name == "batched/bf16/portable"; });
  REQUIRE(bf16 != all.end());
  CHECK(bf16->bits == Significands{8, 24});
  Witness boastful = *bf16;
  boastful.bits.operands = 12;
  for (const Method method : {Method::exact, Method::numeric})
    for (const bool honest : {true, false}) {
      VerifyPlan plan = plan_for({parse_case("ic2oc3i9x9o5x5k3s2p1")}, {honest ? *bf16 : boastful});
      plan.methods = {method};
      plan.claims = claims_named({"transpose"});
      CHECK((verify(plan, [](Index) {})[0].verdict == Verdict::holds) == honest);
    }
}

TEST_CASE("tiles: every isa is a witness by tiles, and BFloat16 by small ones alone") {
  for (const Scalars scalars : {Scalars::widest, Scalars::single}) {
    const auto all = witnesses(scalars);
    std::set<std::string> names;
    for (const Witness& form : all)
      if (form.in_tiles()) names.insert(form.name);
    CHECK(names.size() + 1 < all.size());
    for (const char* name : {"bilinear", "batched/winograd2/portable", "batched/winograd4/portable",
                             "batched/bf16/winograd2/portable"})
      CHECK(names.contains(name));
    for (const std::string& name : names) CHECK(name.find("bf16/winograd4") == std::string::npos);
  }
}

TEST_CASE("tiles: how far sums grow, by hand") {
  // F(2,2), scale 1: rows of |code| 1 2 1, of |filter| 1 2 1, of |image| 2 1 2. conv: |code|^T (1 2 1 . 2 1 2) = (2 2 2) by (1 1 0)
  // and (0 1 1) is 4; two taps would give 2. conv_transpose: |image|^T (1 4 1) = 1, 1+4+1, 1. weight_gradient: (2 2 2) again 4.
  const Geometry g = parse_case("ic3oc5i3o2k2");
  const std::vector<engine::Cut> two{{.largest = 2}};
  const TileGrowth conv = tile_growth(g, Op::conv, two, 2);
  CHECK(conv.operands == 2);
  CHECK(conv.sums == 3 * 4);
  CHECK(conv.results == 3 * 4);
  CHECK(conv.products == 3 * 2);
  CHECK(conv.terms == 3);
  CHECK(conv.roundings == 2 + 2 + 3 + 3);
  const TileGrowth transposed = tile_growth(g, Op::conv_transpose, two, 2);
  CHECK(transposed.sums == 5 * 6);
  CHECK(transposed.products == 5 * 2);
  CHECK(tile_growth(g, Op::weight_gradient, two, 2).sums == 2 * 4);
  // Two axes: the product. A product for every tap: no growth.
  CHECK(tile_growth(parse_case("ic1oc1i3x3o2x2k2"), Op::conv, two, 2).sums == 16);
  const TileGrowth plain = tile_growth(g, Op::conv, {{.largest = 1}}, 2);
  CHECK(plain.sums == plain.products);
  CHECK(plain.operands == 1);
  // F(4,2) has scale 6 and F(4,3) scale 24, and their whole numbers grow by it: what is left of 24 bits.
  const auto bits = [](const char* word, Index results) {
    return bits_for_integers(parse_case(word), {{.largest = results}}, {24, 24}, 2);
  };
  CHECK(bits("ic1oc1i3o2k2", 2) == Significands{23, 23});  // operands times 2, sums 2*4 of 2*2 products
  CHECK(bits("ic1oc1i16x16o8x8k4s2p1", 1) == Significands{24, 24});
  CHECK(bits("ic1oc1i16x16o8x8k4s2p1", 4).sums < bits("ic1oc1i16x16o8x8k4s2p1", 2).sums);
  CHECK(bits("ic1oc1i16x16o16x16k3p1", 4).sums < bits("ic1oc1i16x16o8x8k4s2p1", 4).sums);
}

TEST_CASE("tiles: an axis whose tiles have another tap, one twice or one too few is found") {
  const Axis axis{.in = 12, .out = 6, .taps = 4, .down = 2, .pad = 1};
  const engine::TiledAxis right = engine::tiled(axis, {.largest = 4});
  CHECK(claim::tiles_are_taps(axis, right).verdict == Verdict::holds);
  const auto detail = [&](auto change) {
    engine::TiledAxis wrong = right;
    change(wrong);
    const Outcome outcome = claim::tiles_are_taps(axis, wrong);
    CHECK(outcome.verdict == Verdict::fails);
    return outcome.detail;
  };
  CHECK(detail([](engine::TiledAxis& t) { t.tiles[0].code[0] = 1; }).find("which it does not") !=
        std::string::npos);
  CHECK(detail([](engine::TiledAxis& t) { t.tiles.push_back(t.tiles[0]); }).find("twice") !=
        std::string::npos);
  CHECK(detail([](engine::TiledAxis& t) { t.tiles.pop_back(); }).find("taps of 22") != std::string::npos);
  CHECK(detail([](engine::TiledAxis& t) {
          t.kinds[0].taps[0][1] = engine::TiledAxis::absent;
        }).find("taps of 22") != std::string::npos);
  for (const char* name : {"i9o9k3p1", "g2ic2oc2i4x6o8x4k3s1/2x3/2p1", "i9o4k3s3d3p2", "i1o1k1"})
    CHECK(check_one(claims_named({"tiles"})[0], witnesses()[0], Method::exact, parse_case(name), 0).verdict ==
          Verdict::holds);
}

TEST_CASE("tiles: the bound for reals is kept, and not by much more than chance would have it") {
  // Errors of the form in float against double, of every map and several sizes, as fractions of the bound.
  const auto forms = witnesses_named(witnesses(Scalars::single), {"bilinear"});
  double worst = 0;
  for (const char* word :
       {"ic1oc1i8o8k3p1", "ic4oc4i16o8k4s2p1", "ic2oc3i9x9o9x9k3p1", "ic3oc2i12x12o6x6k4s2p1"})
    for (const char* claim : {"matrix", "transpose", "weight-gradient"})
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        INFO(word << " " << claim);
        const Outcome outcome =
            check_one(claims_named({claim})[0], forms[0], Method::numeric, parse_case(word), seed);
        CHECK(outcome.verdict == Verdict::holds);
        worst = std::max(worst, outcome.error);
      }
  CHECK(worst < 1);
  CHECK(worst > 1.0 / 300);
}

TEST_CASE("tiles: a form that says it has none, or smaller ones, exceeds its bits or its bound") {
  Witness boastful = witnesses_named(witnesses(Scalars::single), {"bilinear"})[0];
  boastful.cuts = {};
  const auto verdict = [&](const char* word, Method method) {
    return check_one(claims_named({"matrix"})[0], boastful, method, parse_case(word), 1).verdict;
  };
  CHECK(verdict("ic2oc3i16x16o16x16k3p1", Method::exact) == Verdict::fails);
  boastful.cuts = {{.largest = 4}};
  CHECK(verdict("ic1oc1i16o16k3p1", Method::exact) == Verdict::holds);
}

TEST_CASE("tiles: beyond the exact integers a difference is no verdict") {
  // Three axes of F(4,3): 24^3 times the result, and more on the way.
  const Witness narrow = witnesses_named(witnesses(Scalars::single), {"bilinear"})[0];
  VerifyPlan plan = plan_for({parse_case("ic1oc1i4x4x4o4x4x4k3p1")}, {narrow});
  plan.methods = {Method::exact};
  for (const Check& check : verify(plan, [](Index) {})) {
    const Claim& claim = plan.claims[static_cast<std::size_t>(check.claim)];
    INFO(claim.name << " " << check.detail);
    CHECK(check.good(claim));
    if (claim.name == "matrix") {
      CHECK(check.verdict == Verdict::skipped);
      CHECK(check.detail.find("do not stay exact") != std::string::npos);
    }
  }
}

TEST_CASE("trial: integers too small to find anything are refused, not drawn for ever") {
  // A weight gradient of two images of n pixels sums 2n products: in 16 bits n = 900 leaves integers up to 4,
  // n = 2000 up to 2 and n = 3640 up to 1, which no number of rounds would make worth anything.
  const auto samples = [](Index n) {
    return number_samples(Subject({.axes = {{.in = n, .out = n}}}), Method::exact, {16, 16}, 1, 128);
  };
  CHECK(samples(900)[0].largest == 4);
  CHECK_THROWS_AS(samples(2000), InvalidArgument);
  CHECK_THROWS_AS(samples(3640), InvalidArgument);
}

TEST_CASE("trial: as many rounds as the miss probability asks for, then probes that count for nothing") {
  const Subject subject(parse_case("ic1oc2i8x8o4x4k4s2p1"));
  const auto samples = number_samples(subject, Method::exact, {24, 24}, 1, 128);
  double bits = 0;
  std::size_t random = 0;
  for (const Sample<double>& sample : samples) {
    bits -= sample.log2_miss();
    random += sample.random ? 1 : 0;
    CHECK(sample.first == (&sample == &samples[0]));
  }
  CHECK(bits >= 128);
  CHECK(bits + samples[0].log2_miss() < 128);  // one round fewer would not do
  REQUIRE(samples.size() == random + 4);
  // All ones: conv counts the taps of every code pixel. Units: they meet in one tap.
  CHECK(samples[random].image == Tensor<double>(samples[random].image.shape(), std::vector<double>(128, 1)));
  for (std::size_t at = random + 1; at < samples.size(); ++at) {
    const auto code = samples[at].conv(subject.definition).values;
    CHECK(exact_dot(code, samples[at].code) == 1);
    CHECK(std::count(code.begin(), code.end(), 0.0) == code.size() - 1);
  }
}

TEST_CASE("trial: one unit in the last place is seen exactly, one far above the bound numerically") {
  const Subject subject(parse_case("i8o4k4s2p1"));
  const Witness form = witnesses()[0];
  for (Method method : {Method::exact, Method::numeric}) {
    const auto samples = number_samples(subject, method, form.bits, 1, 20);
    const Trial<double> trial(subject, form, samples[0]);
    auto actual = samples[0].conv(subject.definition).values;
    CHECK(trial.compare_with_conv(actual).verdict == Verdict::holds);
    actual[3] += method == Method::exact ? 1 : 1e-12;
    CHECK(trial.compare_with_conv(actual).verdict == Verdict::fails);
    actual[3] = std::numeric_limits<double>::quiet_NaN();
    CHECK(trial.compare_with_conv(actual).verdict == Verdict::fails);
  }
}

TEST_CASE("report: every check is one row of the HDF5 file") {
  const VerifyPlan plan = plan_for(default_sweep(3, 1), witnesses_named(witnesses(), {"gather", "onednn"}));
  const VerifyReport report = run_and_report(plan);
  const auto path = std::filesystem::temp_directory_path() / "fsconv_verify_test.h5";
  write_report(path, report, {.kind = "verify", .command_line = "test", .start_time = now()});
  const hdf5::File file = hdf5::File::open(path);
  const auto rows = static_cast<Index>(report.checks.size());
  for (const char* column : {"geometry", "claim", "form", "method", "verdict", "log2_miss"})
    CHECK(file.read<double>(std::string("/checks/") + column).size() == rows);
  CHECK(static_cast<Index>(file.read_strings("/checks/detail").size()) == rows);
  const auto forms = file.read<std::uint8_t>("/checks/form");
  for (Index row = 0; row < rows; ++row) {
    const Check& check = report.checks[static_cast<std::size_t>(row)];
    CHECK(forms[row] == (check.form < 0 ? 2 : check.form));
  }
  CHECK(file.string_attribute("/checks/form", "flag_meanings") == "gather onednn -");
  CHECK(file.read<double>("/checks/error_over_bound").size() == rows);
  CHECK(file.read_strings("/geometries/case")[0] == print_case(plan.geometries[0]));
  std::filesystem::remove(path);
}

TEST_CASE("verify: a method that a form is too narrow for is skipped for that form alone") {
  Witness narrow = witnesses()[0];
  narrow.bits.sums = 4;  // sums of 9 products of integers do not stay below 16
  VerifyPlan plan = plan_for({parse_case("i9o7k3")}, {narrow, witnesses()[1]});
  plan.methods = {Method::exact};
  plan.claims = claims_named({"transpose"});
  const auto checks = verify(plan, [](Index) {});
  REQUIRE(checks.size() == 2);
  CHECK(checks[0].verdict == Verdict::skipped);
  CHECK(checks[0].detail.find("4 bits") != std::string::npos);
  CHECK(checks[1].verdict == Verdict::holds);
}

TEST_CASE("verify: the belief is not refuted by a form that is wrong") {
  for (const char* name : {"quadratic", "dropped_tap"}) {
    const Outcome outcome = check_one(claims_named({"not-inverse"})[0], mutant_named(mutants(), name),
                                      Method::exact, parse_case("i4o4k3p1"), 0);
    INFO(name << ": " << outcome.detail);
    CHECK(outcome.verdict == Verdict::fails);
  }
}

TEST_CASE("told details: the first refutation and the first skip say why, and every failure") {
  ToldDetails told;
  const auto keeps = [&](bool failed, bool skipped, const char* detail) {
    return told.keeps(1, 2, 0, failed, skipped, detail);
  };
  CHECK(keeps(false, false, "x = 1"));
  CHECK_FALSE(keeps(false, false, "x = 2"));
  CHECK(keeps(false, true, "no rational stride"));
  CHECK_FALSE(keeps(false, true, "no groups"));
  CHECK(keeps(true, false, "3 is not 4"));
  CHECK(keeps(true, false, "5 is not 6"));
  CHECK(keeps(false, false, ""));
  CHECK(told.keeps(1, 3, 0, false, true, "of another form"));
}
