// The instructions on AMX tile registers, one function each. The assembler knows them; the compiler need not.
//
// Included like tile.hpp, and under the same rule: nothing here is visible outside the file that includes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace fsconv::engine {
namespace {

// The memory clobbers keep the compiler from moving stores of operands behind the loads of registers.
struct AmxRegisters {
  struct alignas(64) Configuration {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  };

  // The sizes belong to the thread, and another library on it may have changed them: not once, but before every
  // use that others may have come before.
  static void configure() {
    const Configuration configuration;
    asm volatile("ldtilecfg %0" ::"m"(configuration));
  }
  // Register t = 0.
  template <int t>
  static void clear() {
    asm volatile("tilezero %%tmm%c0" ::"i"(t));
  }
  // 16 rows of 64 bytes, so many bytes apart.
  template <int t>
  static void load(const void* from, std::int64_t bytes) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(bytes), "i"(t) : "memory");
  }
  // c[m][n] += sum over k of a[m][k].first * b[k][n].first + a[m][k].second * b[k][n].second
  template <int c, int a, int b>
  static void multiply() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(c), "i"(a), "i"(b));
  }
  // As load().
  template <int t>
  static void store(void* to, std::int64_t bytes) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(bytes), "i"(t) : "memory");
  }
};

}  // namespace
}  // namespace fsconv::engine
