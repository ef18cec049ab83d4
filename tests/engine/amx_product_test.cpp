// The way of a product through AMX registers, on any processor: the five instructions are replaced by what
// their manual says they do (Intel Architecture Instruction Set Extensions Programming Reference, chapter 3).
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/amx_product.hpp>

#include <catch2/catch.hpp>
#include <cstring>
#include <fsconv/engine/isa.hpp>

#include "engine/product_case.hpp"

using namespace fsconv;
using namespace fsconv::engine;
using namespace fsconv::engine::test;

namespace {

bool configured = false;
BFloat16Pair pairs[8][16][16];
float floats[8][16][16];
int multiplications = 0;

struct EmulatedRegisters {
  static void configure() { configured = true; }
  template <int t>
  static void clear() {
    REQUIRE(configured);
    std::memset(floats[t], 0, sizeof floats[t]);
  }
  template <int t>
  static void load(const void* from, Size bytes) {
    for (Size row = 0; row < 16; ++row)
      std::memcpy(pairs[t][row], static_cast<const char*>(from) + row * bytes, 64);
  }
  template <int c, int a, int b>
  static void multiply() {
    ++multiplications;
    for (int m = 0; m < 16; ++m)
      for (int n = 0; n < 16; ++n)
        for (int k = 0; k < 16; ++k) floats[c][m][n] += multiplied(pairs[a][m][k], pairs[b][k][n]);
  }
  template <int t>
  static void store(void* to, Size bytes) {
    for (Size row = 0; row < 16; ++row) std::memcpy(static_cast<char*>(to) + row * bytes, floats[t][row], 64);
  }
};

// The same with a register that forgets its last row.
struct ForgetfulRegisters : EmulatedRegisters {
  template <int t>
  static void store(void* to, Size bytes) {
    std::memset(floats[t][15], 0, 64);
    EmulatedRegisters::store<t>(to, bytes);
  }
};

// The vectors of the width of AMX tiles; on a processor with narrower ones the compiler takes several.
template <class Registers>
void through_registers(const Product<BFloat16>& p) {
  Registers::configure();
  amx_product<Registers, 14, MultiplyAdd<BFloat16, 16>>(p);
  configured = false;  // anybody may use the registers now
}

Case<BFloat16> case_of(Size rows, Size inner, Size columns, Size count, Random& random) {
  Kernels<BFloat16> wide = *portable_bfloat16_kernels();
  wide.width = 16;  // B is read in vectors of 16
  return Case<BFloat16>(Case<BFloat16>::Kind::strided, wide, rows, inner, columns, count, random);
}

}  // namespace

TEST_CASE("amx: products of every shape and ending equal the plain loops") {
  Random random(1);
  int ending = 0;
  for (const Size rows : {1, 15, 16, 17, 31, 32, 33, 47, 48, 64, 70})
    for (const Size inner : {1, 15, 16, 32, 48})
      for (const Size columns : {1, 16, 17, 31, 32})
        for (const bool in_sums : {false, true}) {
          Case<BFloat16> c = case_of(rows, inner, columns, random.integer(1, 3), random);
          set_ending(c, ending++ % endings);
          c.in_sums = in_sums;
          if (in_sums) c.p.mask = nullptr;
          INFO(rows << " x " << inner << " x " << columns << " ending " << ending - 1 << " in sums "
                    << in_sums);
          multiplications = 0;
          REQUIRE(c.agrees(through_registers<EmulatedRegisters>));
          const bool fits = inner % 16 == 0 && columns % 16 == 0 && rows >= 16;
          REQUIRE((multiplications > 0) == fits);
        }
}

TEST_CASE("amx: a register that forgets a row is caught") {
  Random random(2);
  Case<BFloat16> c = case_of(32, 16, 32, 2, random);
  for (BFloat16Pair& pair : c.a) pair = {rounded<BFloat16>(1), rounded<BFloat16>(1)};
  for (BFloat16Pair& pair : c.b) pair = {rounded<BFloat16>(1), rounded<BFloat16>(1)};
  CHECK_FALSE(c.agrees(through_registers<ForgetfulRegisters>));
}
