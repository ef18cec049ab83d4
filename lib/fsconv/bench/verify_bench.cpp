// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/bench/shard_pieces.hpp>
#include <fsconv/bench/shared_rounds.hpp>
#include <fsconv/bench/verify_bench.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/verify.hpp>

namespace fsconv::bench {
namespace {

// One and two axes, groups, dilation, a rational stride, cropping; small enough for the plainest form.
std::vector<Geometry> small_sweep() {
  std::vector<Geometry> geometries;
  for (const char* word : {"ic2oc3i6x5o3x3k3s2p1", "ic1oc2i4o8k3s1/2p1", "g2ic4oc2i5x6o3x3k3s2p1",
                           "ic2oc2i9o4k3s2d2p1", "ic3oc2i8x8o4x4k4s2p1"})
    geometries.push_back(parse_case(word));
  return geometries;
}

VerifyPlan plan_for(const Witness& form, int threads, std::uint64_t seed) {
  return {.geometries = small_sweep(),
          .claims = claims_named({"matrix", "transpose", "adjoint", "weight-gradient"}),
          .forms = {form},
          .methods = {Method::numeric, Method::exact},
          .seed = seed,
          .threads = threads};
}

RateRow checked_row(const VerifyPlan& plan) {
  const Witness& form = plan.forms.front();
  RateRow row{.workload = "small",
              .form = form.name,
              .isa = "-",
              .precision = form.bits.operands > 24  ? Precision::fp64
                           : form.bits.operands > 8 ? Precision::fp32
                                                    : Precision::bf16,
              .threads = plan.threads};
  const std::vector<Check> checks = verify(plan, [](Index) {});
  row.count = static_cast<double>(
      std::ranges::count_if(checks, [](const Check& check) { return check.verdict != Verdict::skipped; }));
  for (const Check& check : checks) {
    const Claim& claim = plan.claims[static_cast<std::size_t>(check.claim)];
    if (check.good(claim)) continue;
    row.status = Status::refused;
    row.note = fmt::format("{}: {}", claim.name, check.detail);
    break;
  }
  return row;
}

}  // namespace

RateReport verify_bench(const VerifyBenchPlan& plan) {
  if (plan.forms.empty()) throw InvalidArgument("form", "names no form");
  const SharedRounds rounds(plan, 1);  // the checks use each row's threads inside
  RateReport report{.what = "verify", .unit = "checks", .rows = {}};
  std::vector<VerifyPlan> plans;
  const ShardPieces pieces(plan.shard, std::vector<Index>(plan.forms.size() * plan.threads.size(), 1));
  std::size_t piece = 0;
  for (const Witness& form : plan.forms)
    for (const int threads : plan.threads)
      if (pieces.takes(piece++)) plans.push_back(plan_for(form, threads, plan.seed));
  std::vector<Item> items;
  std::vector<std::size_t> timed;
  for (std::size_t at = 0; at < plans.size(); ++at) {
    report.rows.push_back(checked_row(plans[at]));
    if (report.rows.back().status != Status::timed) continue;
    timed.push_back(at);
    items.push_back({[&each = plans[at]](int) { verify(each, [](Index) {}); }});
  }
  const std::vector<Timing> measured = rounds.run("verify", 1, items);
  for (std::size_t at = 0; at < measured.size(); ++at) report.rows[timed[at]].timing = measured[at];
  report.part = pieces.rows();
  report.seconds = rounds.seconds_passed();
  return report;
}

}  // namespace fsconv::bench
