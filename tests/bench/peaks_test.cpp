// Ceilings: every number is there. How large they are is the machine's affair.
#include <catch2/catch.hpp>
#include <fsconv/bench/peaks.hpp>

using namespace fsconv;
using namespace fsconv::bench;

TEST_CASE("bench peaks: every isa of this machine has its ceilings, for one thread and for all") {
  const Peaks peaks = measure_peaks({.threads = 2, .seconds = 0, .triad_elements = 1000});
  CHECK(peaks.one_thread.threads == 1);
  CHECK(peaks.all_threads.threads == 2);
  const auto isas = engine::permitted_isas();
  for (const Ceilings* ceilings : {&peaks.one_thread, &peaks.all_threads}) {
    REQUIRE(ceilings->isas.size() == isas.size());
    for (std::size_t at = 0; at < isas.size(); ++at) {
      CHECK(ceilings->isas[at].isa == isas[at]);
      CHECK(ceilings->isas[at].fma > 0);
      CHECK(ceilings->isas[at].tile > 0);
      CHECK(&ceilings->of(isas[at]) == &ceilings->isas[at]);
    }
    CHECK(ceilings->triad > 0);
  }
}
