// Which instructions the engine may use.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/engine/kernels.hpp>

using namespace fsconv;
using namespace fsconv::engine;

namespace {

// Whatever a test chooses, the next one finds the best again.
struct RestoreIsa {
  ~RestoreIsa() { set_isa(best_isa()); }
};

}  // namespace

TEST_CASE("isa: portable is always permitted, the best is the last of the list") {
  const std::vector<Isa> list = permitted_isas();
  REQUIRE_FALSE(list.empty());
  CHECK(list.front() == Isa::portable);
  CHECK(list.back() == best_isa());
  for (const Isa isa : list) CHECK(permitted(isa));
}

TEST_CASE("isa: a name and its isa lead to each other") {
  for (const Isa isa : permitted_isas()) CHECK(isa_named(name(isa)) == isa);
}

TEST_CASE("isa: an unknown name is rejected with the list of the permitted ones") {
  for (const char* wrong : {"", "AVX2", "avx", "best"}) {
    INFO(wrong);
    try {
      isa_named(wrong);
      FAIL("was accepted");
    } catch (const InvalidArgument& error) {
      CHECK(error.field() == "isa");
      const std::string message = error.what();
      for (const Isa isa : permitted_isas()) CHECK(message.find(name(isa)) != std::string::npos);
    }
  }
}

TEST_CASE("isa: what this machine lacks is rejected by name, by choice and by the map") {
  for (const Isa isa : {Isa::avx2, Isa::avx512, Isa::avx512_bf16, Isa::amx}) {
    if (permitted(isa)) continue;
    CHECK_THROWS_AS(isa_named(name(isa)), InvalidArgument);
    CHECK_THROWS_AS(set_isa(isa), InvalidArgument);
    CHECK_THROWS_AS(BatchedMap<float>(Geometry{.axes = {{.in = 4, .out = 2, .taps = 3}}}, isa),
                    InvalidArgument);
  }
}

TEST_CASE("isa: the choice holds for maps made after it") {
  const RestoreIsa restore;
  const Geometry geometry{.axes = {{.in = 4, .out = 2, .taps = 3}}};
  CHECK(current_isa() == best_isa());
  const BatchedMap<float> before(geometry);
  set_isa(Isa::portable);
  CHECK(current_isa() == Isa::portable);
  CHECK(BatchedMap<float>(geometry).isa() == Isa::portable);
  CHECK(before.isa() == best_isa());
}

TEST_CASE("isa: vectors are 16, 32 and 64 bytes wide") {
  CHECK(portable_float_kernels()->width == 4);
  CHECK(portable_double_kernels()->width == 2);
  if (avx2_float_kernels()) CHECK(avx2_float_kernels()->width == 8);
  if (avx2_double_kernels()) CHECK(avx2_double_kernels()->width == 4);
  if (avx512_float_kernels()) CHECK(avx512_float_kernels()->width == 16);
  if (avx512_double_kernels()) CHECK(avx512_double_kernels()->width == 8);
}

TEST_CASE("isa: numbers that gain nothing from an isa get the kernels of the one below") {
  for (const Isa isa : permitted_isas())
    if (has_bfloat16(isa)) {
      CHECK(&kernels_of<float>(isa) == avx512_float_kernels());
      CHECK(&kernels_of<double>(isa) == avx512_double_kernels());
    }
  CHECK(different_isas<BFloat16>() == permitted_isas());
  for (const Isa isa : different_isas<float>()) CHECK_FALSE(has_bfloat16(isa));
  CHECK_FALSE(has_bfloat16(Isa::avx512));
}
