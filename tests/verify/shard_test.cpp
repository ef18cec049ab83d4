// Shards of a verification: together they check what one run checks, each check once.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/mutants.hpp>
#include <fsconv/verify/report.hpp>
#include <fsconv/verify/report_reader.hpp>
#include <fsconv/verify/verify.hpp>
#include <set>
#include <tuple>

using namespace fsconv;

namespace {

// Unequal strides and sizes, a rational stride, groups, cropping, one tap.
VerifyPlan small_plan(std::size_t geometries) {
  VerifyPlan plan{
      .geometries = {},
      .claims = claims_named({"matrix", "transpose", "shape", "overlap", "resize", "not-inverse"}),
      .forms = witnesses_named(witnesses(), {"gather", "im2col"}),
      .methods = {Method::numeric, Method::exact, Method::symbolic},
      .miss_bits = 8,
      .threads = 2};
  for (const char* word :
       {"i6o3k3s2p1", "i4x6o2x3k3x2s2x3", "i4o6k3s2/3p1", "g2ic2oc4i5o3k3s2", "i9o5k1s2p-1"})
    if (plan.geometries.size() < geometries) plan.geometries.push_back(parse_case(word));
  return plan;
}

using Row = std::tuple<Index, Index, Index, Index, Method, Verdict, double, double>;
Row row_of(const Check& check) {
  return {check.place,  check.geometry, check.claim, check.form,
          check.method, check.verdict,  check.error, check.log2_miss};
}

std::vector<Row> rows_of(const std::vector<Check>& checks) {
  std::vector<Row> rows;
  for (const Check& check : checks) rows.push_back(row_of(check));
  return rows;
}

// All checks of these shards in the order of their places.
std::vector<Row> together(VerifyPlan plan, const std::vector<Shard>& shards) {
  std::vector<Row> rows;
  for (const Shard& shard : shards) {
    plan.shard = shard;
    plan.threads = 1 + static_cast<int>(shard.number % 3);
    const std::vector<Row> part = rows_of(verify(plan, [](Index) {}));
    CHECK(std::is_sorted(part.begin(), part.end()));
    rows.insert(rows.end(), part.begin(), part.end());
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<Shard> all_of(Index count) {
  std::vector<Shard> shards;
  for (Index number = 1; number <= count; ++number) shards.push_back({number, count});
  return shards;
}

}  // namespace

TEST_CASE("shard: N shards make the checks of one run, each once, whatever the threads") {
  for (const std::size_t geometries : {std::size_t{1}, std::size_t{5}}) {
    const VerifyPlan plan = small_plan(geometries);
    const std::vector<Row> whole = rows_of(verify(plan, [](Index) {}));
    REQUIRE(static_cast<Index>(whole.size()) == check_count(plan));
    for (std::size_t at = 0; at < whole.size(); ++at)
      REQUIRE(std::get<0>(whole[at]) == static_cast<Index>(at));
    // More shards than checks: some are empty.
    for (const Index count : {Index{1}, Index{2}, Index{3}, Index{7}, check_count(plan) + 2}) {
      INFO(geometries << " geometries, " << count << " shards");
      CHECK(together(plan, all_of(count)) == whole);
    }
    // The comparison sees a shard that is missing, and one that is there twice.
    CHECK_FALSE(together(plan, {{1, 3}, {2, 3}}) == whole);
    CHECK_FALSE(together(plan, {{1, 2}, {2, 2}, {2, 2}}) == whole);
  }
}

// Found: by tiles the bound of a claim grew with every claim that was tried before it, up to tenfold.
TEST_CASE("shard: every check alone gives what it gives among the others, by tiles as well") {
  VerifyPlan plan{.geometries = {parse_case("ic2oc2i6x6o6x6k3p1")},
                  .claims = {claims().begin(), claims().end()},
                  .forms = witnesses_named(witnesses(Scalars::single),
                                           {"gather", "bilinear", "batched/winograd2/portable"}),
                  .methods = {Method::numeric, Method::exact},
                  .miss_bits = 8,
                  .threads = 1};
  CHECK(together(plan, all_of(check_count(plan))) == rows_of(verify(plan, [](Index) {})));
}

TEST_CASE("shard: it takes whole geometries, or checks where there are fewer geometries") {
  VerifyPlan plan = small_plan(5);
  plan.shard = Shard{2, 3};
  CHECK(geometries_in_shard(plan) == std::vector<Index>{1, 4});
  std::set<Index> geometries;
  for (const Check& check : verify(plan, [](Index) {})) geometries.insert(check.geometry);
  CHECK(geometries == std::set<Index>{1, 4});
  plan = small_plan(1);
  const Index all = check_count(plan);
  plan.shard = Shard{3, 4};
  CHECK(geometries_in_shard(plan) == std::vector<Index>{0});
  Index done = 0;
  const std::vector<Check> checks = verify(plan, [&](Index more) { done += more; });
  CHECK(done == 1);
  CHECK(static_cast<Index>(checks.size()) == plan.shard->count(all));
  for (const Check& check : checks) CHECK(check.place % 4 == 2);
}

TEST_CASE("shard: a wrong form fails in the shard that has its checks, and with the same words") {
  VerifyPlan plan = small_plan(5);
  plan.forms = witnesses_named(mutants(), {"no_flip"}, "mutant");
  const VerifyReport whole = run_and_report(plan);
  REQUIRE_FALSE(whole.passed());
  std::vector<std::string> smallest;
  for (const Shard& shard : all_of(2)) {
    plan.shard = shard;
    const VerifyReport part = run_and_report(plan);
    CHECK(part.checks.size() < whole.checks.size());
    for (const Failure& failure : part.failures) smallest.push_back(failure.smallest);
  }
  for (const Failure& failure : whole.failures)
    CHECK(std::find(smallest.begin(), smallest.end(), failure.smallest) != smallest.end());
}
