// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/ceilings/fma_loop.hpp>
#include <fsconv/bench/ceilings/peaks.hpp>
#include <fsconv/bench/rounds.hpp>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/buffer.hpp>

namespace fsconv::bench {
namespace {

using engine::Buffer;
using engine::Isa;

// Results go here, so that nothing is computed in vain.
std::atomic<float> sink{0};

constexpr Index fewest_samples = 3, most_samples = 10'000;  // the most where the clock stands still

// The shortest seconds per call that were seen.
double best(const Item& item, Index calls, int threads, double seconds) {
  double least = sample(item, calls, threads);
  const auto start = Clock::now();
  for (Index at = 1; at < fewest_samples || (at < most_samples && seconds_since(start) < seconds); ++at)
    least = std::min(least, sample(item, calls, threads));
  return least;
}

double billions(double count, int threads, double seconds) {
  return ratio(count * static_cast<double>(threads), seconds) * 1e-9;
}

const FmaLoop& loop_of(Isa isa, Precision precision) {
  if (precision == Precision::bf16 && engine::has_bfloat16(isa))
    return *(isa == Isa::amx ? amx_fma_loop() : avx512_bf16_fma_loop());
  return *(isa == Isa::portable ? portable_fma_loop()
           : isa == Isa::avx2   ? avx2_fma_loop()
                                : avx512_fma_loop());
}

double fma_peak(const FmaLoop& loop, int threads, double seconds) {
  // About half a millisecond with vectors.
  const std::int64_t steps = std::max<std::int64_t>(90'000'000 / loop.flops_per_step, 1);
  const Item item{[&](int) { sink.store(loop.run(steps, 0.5f, 1.0f), std::memory_order_relaxed); }};
  return billions(static_cast<double>(loop.flops_per_step * steps), threads, best(item, 1, threads, seconds));
}

template <class T>
T ones() {
  if constexpr (std::is_same_v<T, engine::BFloat16Pair>)
    return {ones<engine::BFloat16>(), ones<engine::BFloat16>()};
  else
    return engine::rounded<T>(1);
}

// As conv uses the tile: a block of images, 32 channels, one panel of weights, 16 taps. Every tap reads the
// same matrices, so that they stay in the first cache.
template <class T>
double tile_peak(Isa isa, int threads, double seconds) {
  using Step = engine::Step<T>;
  constexpr engine::Size rows = 32, channels = 32, taps = 16, times = 256;
  constexpr engine::Size inner = channels / engine::Arithmetic<T>::numbers_per_step;
  const engine::Kernels<T>& kernels = engine::kernels_of<T>(isa);
  const std::vector<engine::Factor> factors(taps, engine::Factor{0, 0});
  struct Matrices {
    Buffer<Step> a, b;
    Buffer<T> c;
  };
  std::vector<Matrices> matrices;
  for (int thread = 0; thread < threads; ++thread) {
    matrices.push_back(
        {Buffer<Step>(rows * inner), Buffer<Step>(inner * kernels.panel), Buffer<T>(rows * kernels.panel)});
    std::fill_n(matrices.back().a.data(), rows * inner, ones<Step>());
    std::fill_n(matrices.back().b.data(), inner * kernels.panel, ones<Step>());
  }
  const Item item{[&](int thread) {
    Matrices& mine = matrices[static_cast<std::size_t>(thread)];
    engine::Product<T> product{};
    product.factors = factors.data();
    product.count = taps;
    product.rows = rows;
    product.inner = inner;
    product.columns = kernels.panel;
    product.a = mine.a.data();
    product.a_row = inner;
    product.a_inner = 1;
    product.b = mine.b.data();
    product.b_inner = kernels.panel;
    product.c = mine.c.data();
    product.c_row = kernels.panel;
    if (kernels.begin) kernels.begin();
    for (engine::Size time = 0; time < times; ++time) kernels.strided(product);
  }};
  const auto flops = static_cast<double>(2 * rows * channels * kernels.panel * taps * times);
  return billions(flops, threads, best(item, 1, threads, seconds));
}

void triad(double* __restrict a, const double* __restrict b, const double* __restrict c, Index count,
           double factor) {
  for (Index at = 0; at < count; ++at) a[at] = b[at] + factor * c[at];
}

double triad_bandwidth(const PeakPlan& plan, int threads) {
  const Index each = plan.triad_elements / threads;
  require_memory(3 * each * threads, sizeof(double), "arrays of the triad");
  struct Arrays {
    Buffer<double> a, b, c;
  };
  std::vector<Arrays> arrays;
  for (int thread = 0; thread < threads; ++thread)
    arrays.push_back({Buffer<double>(each), Buffer<double>(each), Buffer<double>(each)});
  const Item item{[&](int thread) {
    Arrays& mine = arrays[static_cast<std::size_t>(thread)];
    triad(mine.a.data(), mine.b.data(), mine.c.data(), each, 0.5);
  }};
  return billions(static_cast<double>(each) * 3 * sizeof(double), threads,
                  best(item, 1, threads, plan.seconds));
}

template <class T>
void measure_isas(Precision precision, const PeakPlan& plan, Ceilings& ceilings) {
  for (const Isa isa : engine::different_isas<T>())
    ceilings.isas.push_back({.isa = isa,
                             .precision = precision,
                             .fma = fma_peak(loop_of(isa, precision), ceilings.threads, plan.seconds),
                             .tile = tile_peak<T>(isa, ceilings.threads, plan.seconds)});
}

Ceilings measure(const PeakPlan& plan, int threads) {
  Ceilings ceilings{.threads = threads};
  for (const Precision precision : plan.precisions)
    if (precision == Precision::bf16)
      measure_isas<engine::BFloat16>(precision, plan, ceilings);
    else
      measure_isas<float>(precision, plan, ceilings);
  ceilings.triad = triad_bandwidth(plan, threads);
  return ceilings;
}

}  // namespace

const IsaPeak& Ceilings::of(Isa isa, Precision precision) const {
  const auto found = std::find_if(isas.rbegin(), isas.rend(), [&](const IsaPeak& peak) {
    return peak.precision == precision && peak.isa <= isa;
  });
  if (found == isas.rend())
    throw InvalidArgument("precision", fmt::format("{} was not measured", name(precision)));
  return *found;
}

Peaks measure_peaks(const PeakPlan& plan) {
  Peaks peaks;
  peaks.one_thread = measure(plan, 1);
  peaks.all_threads = plan.threads == 1 ? peaks.one_thread : measure(plan, plan.threads);
  return peaks;
}

}  // namespace fsconv::bench
