// Ceilings: every number is there. How large they are is the machine's affair.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/bench/ceilings/fma_loop.hpp>
#include <fsconv/bench/ceilings/peaks.hpp>

using namespace fsconv;
using namespace fsconv::bench;

TEST_CASE("bench peaks: every isa of this machine has its ceilings, for one thread and for all") {
  const Peaks peaks = measure_peaks(
      {.threads = 2, .precisions = {Precision::fp32, Precision::bf16}, .seconds = 0, .triad_elements = 1000});
  CHECK(peaks.one_thread.threads == 1);
  CHECK(peaks.all_threads.threads == 2);
  std::vector<std::pair<engine::Isa, Precision>> wanted;
  for (const engine::Isa isa : engine::different_isas<float>()) wanted.emplace_back(isa, Precision::fp32);
  for (const engine::Isa isa : engine::different_isas<engine::BFloat16>())
    wanted.emplace_back(isa, Precision::bf16);
  for (const Ceilings* ceilings : {&peaks.one_thread, &peaks.all_threads}) {
    REQUIRE(ceilings->isas.size() == wanted.size());
    for (std::size_t at = 0; at < wanted.size(); ++at) {
      const IsaPeak& peak = ceilings->isas[at];
      CHECK(std::pair(peak.isa, peak.precision) == wanted[at]);
      CHECK(peak.fma > 0);
      CHECK(peak.tile > 0);
      CHECK(&ceilings->of(peak.isa, peak.precision) == &peak);
    }
    CHECK(ceilings->triad > 0);
  }
}

TEST_CASE("bench peaks: an isa without kernels of its own has the peak of the best one before it") {
  using engine::Isa;
  Ceilings ceilings;
  ceilings.isas = {{.isa = Isa::portable, .precision = Precision::fp32, .fma = 1},
                   {.isa = Isa::avx512, .precision = Precision::fp32, .fma = 2},
                   {.isa = Isa::portable, .precision = Precision::bf16, .fma = 3},
                   {.isa = Isa::avx512_bf16, .precision = Precision::bf16, .fma = 4}};
  CHECK(ceilings.of(Isa::avx2).fma == 1);
  CHECK(ceilings.of(Isa::amx).fma == 2);
  CHECK(ceilings.of(Isa::avx512, Precision::bf16).fma == 3);
  CHECK(ceilings.of(Isa::amx, Precision::bf16).fma == 4);
  CHECK_THROWS_AS(ceilings.of(Isa::amx, Precision::fp64), InvalidArgument);
}

// With ones, a lane grows by the products of a step: what is counted is what is done.
TEST_CASE("bench peaks: a step of the loop does the operations that are counted for it") {
  struct Loop {
    engine::Isa isa;
    const FmaLoop* loop;
    std::int64_t lanes;  // that do the same
  };
  const Loop loops[] = {{engine::Isa::portable, portable_fma_loop(), 4},
                        {engine::Isa::avx2, avx2_fma_loop(), 8},
                        {engine::Isa::avx512, avx512_fma_loop(), 16},
                        {engine::Isa::avx512_bf16, avx512_bf16_fma_loop(), 16},
                        {engine::Isa::amx, amx_fma_loop(), 16 * 16}};
  for (const auto& [isa, loop, lanes] : loops) {
    if (!engine::permitted(isa)) continue;
    INFO(name(isa));
    REQUIRE(loop != nullptr);
    const float products = loop->run(3, 1, 1) - loop->run(2, 1, 1);
    CHECK(static_cast<float>(loop->flops_per_step) == 2 * products * static_cast<float>(lanes));
    CHECK(loop->run(3, 0.5f, 1) != loop->run(3, 1, 1));
  }
}
