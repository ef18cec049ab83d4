// fsconv bench --what verify: a small verification, form by form, in checks per second.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/rates.hpp>
#include <fsconv/verify/witness.hpp>
#include <optional>

namespace fsconv::bench {

struct VerifyBenchPlan {
  std::vector<Witness> forms;
  std::vector<int> threads = {1};  // a row for each
  Index rounds = 5;
  double time_limit = 0;            // seconds for all rounds; 0: none
  double shortest_sample = 0.005;   // seconds; shorter work is repeated within one sample
  std::uint64_t seed = 0;           // of the checks and of the order in the rounds
  std::optional<Shard> shard = {};  // a piece is a form on a number of threads
};

// The claims about operators and derivatives on small fixed geometries, numeric and exact. A form for which a
// check fails is refused; checks that a form skips are not counted. Throws InvalidArgument where there is no
// form; Interrupted on Ctrl-C.
RateReport verify_bench(const VerifyBenchPlan& plan);

}  // namespace fsconv::bench
