// The multiply-add loop in the processor's tile registers (AMX).
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/bench/ceilings/fma_loop.hpp>
#include <fsconv/engine/amx_registers.hpp>

#if defined(__x86_64__) && defined(__AVX512BF16__)

namespace fsconv::bench {
namespace {

using Amx = engine::AmxRegisters;

constexpr int sums = 6, rows = 16, row_floats = 16, row_numbers = 32;
constexpr std::int64_t row_bytes = 64;

std::uint16_t upper_half(float number) {
  return static_cast<std::uint16_t>(__builtin_bit_cast(std::uint32_t, number) >> 16);
}

template <int Register>
float first_number() {
  alignas(64) float numbers[rows * row_floats];
  Amx::store<Register>(numbers, row_bytes);
  return numbers[0];
}

// Calls what(register) for the registers 0 to 5, which are sums.
template <int Register = 0, class F>
void for_each_sum(F&& what) {
  what.template operator()<Register>();
  if constexpr (Register + 1 < sums) for_each_sum<Register + 1>(what);
}

// Register 6 holds factors, 7 addends.
float run(std::int64_t steps, float factor, float addend) {
  alignas(64) std::uint16_t factors[rows * row_numbers], addends[rows * row_numbers];
  for (std::uint16_t& number : factors) number = upper_half(factor);
  for (std::uint16_t& number : addends) number = upper_half(addend);
  Amx::configure();
  for_each_sum([]<int t>() { Amx::clear<t>(); });
  Amx::load<6>(factors, row_bytes);
  Amx::load<7>(addends, row_bytes);
  for (; steps > 0; --steps) for_each_sum([]<int t>() { Amx::multiply<t, 6, 7>(); });
  float total = 0;
  for_each_sum([&]<int t>() { total += first_number<t>(); });
  return total;
}

constexpr FmaLoop loop = {2 * sums * rows * row_floats * row_numbers, run};

}  // namespace

const FmaLoop* amx_fma_loop() { return &loop; }

}  // namespace fsconv::bench

#else

namespace fsconv::bench {
const FmaLoop* amx_fma_loop() { return nullptr; }
}  // namespace fsconv::bench

#endif
