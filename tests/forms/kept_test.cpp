// What forms keep between calls: it is used again for the same geometry only, and no result tells.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/forms/batched.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/forms/kept.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <optional>
#include <thread>

using namespace fsconv;

namespace {

int& made() {
  static int count = 0;
  return count;
}

// The number that prepared() makes for a geometry: how many were made before.
int number_of(const std::string& words, Index variant = 0) {
  return *prepared<int>(parse_case(words), variant, [] { return std::make_shared<int>(made()++); });
}

// Reals that differ from call to call, so that a result that was kept would be found out.
template <class T>
std::vector<Tensor<T>> results_of(const Form<T>& form, const Geometry& g, Index batch, std::uint64_t seed) {
  Random random(seed);
  const Tensor<T> image = random_reals<T>(g.image_shape(batch), random);
  const Tensor<T> code = random_reals<T>(g.code_shape(batch), random);
  const Tensor<T> weight = random_reals<T>(g.weight_shape(), random);
  return {conv(form, g, image, weight), conv_transpose(form, g, code, weight),
          weight_gradient(form, g, code, image)};
}

Tensor<float> by_bfloat16(const Geometry& g, Index batch, std::uint64_t seed) {
  Random random(seed);
  const Tensor<float> image = random_reals<float>(g.image_shape(batch), random);
  const Tensor<float> code = random_reals<float>(g.code_shape(batch), random);
  return batched::weight_gradient_in<engine::BFloat16>(engine::best_isa(), g, code, image);
}

constexpr const char* cases[] = {"ic3oc5i7x6o3x4k3s2p1", "ic4oc2g2i5o10k4s1/2p2", "ic1oc1i4o2k3",
                                 "ic3oc5i7x6o3x4k3s2p1"};

}  // namespace

TEST_CASE("kept: a geometry is prepared once in a scope, and each time outside of one") {
  made() = 0;
  CHECK(number_of("i4o2k3") == 0);
  CHECK(number_of("i4o2k3") == 1);
  {
    const KeepPrepared keep;
    CHECK(number_of("i4o2k3") == 2);
    CHECK(number_of("i4o2k3") == 2);
    CHECK(number_of("i4o2k3p0") == 2);   // the same geometry in other words
    CHECK(number_of("i5o2k3s2") == 3);   // another one
    CHECK(number_of("i4o2k3", 1) == 4);  // another variant
    CHECK(*prepared<long>(parse_case("i4o2k3"), 0, [] { return std::make_shared<long>(-1); }) == -1);
    {
      const KeepPrepared inner;
      CHECK(number_of("i4o2k3") == 5);
    }
    CHECK(number_of("i4o2k3") == 2);
    int elsewhere = 0;
    std::thread([&] { elsewhere = number_of("i4o2k3"); }).join();
    CHECK(elsewhere == 6);  // the scope is its thread's
  }
  CHECK(number_of("i4o2k3") == 7);
}

TEST_CASE("kept: results have the same bits") {
  const auto same = [](const auto& form, const std::vector<Index>& batches) {
    INFO(form.name);
    std::optional<KeepPrepared> keep;
    std::vector<decltype(results_of(form, parse_case(cases[0]), 1, 0))> fresh, again;
    for (const bool kept : {false, true}) {
      if (kept) keep.emplace();
      std::uint64_t seed = 0;
      for (const Index batch : batches)
        for (const char* words : cases) {
          const Geometry g = parse_case(words);
          if (form.unsupported(g, Op::conv)) continue;
          (kept ? again : fresh).push_back(results_of(form, g, batch, ++seed));
        }
    }
    CHECK(fresh.size() > 0);
    CHECK(fresh == again);
  };
  // Batches that need larger buffers than those before, smaller ones, and several blocks.
  for (const Form<double>& form : forms<double>()) same(form, {2, 1, 3, 70, 33});
  for (const Form<float>& form : forms<float>()) same(form, {2, 1, 3, 70, 33});
}

TEST_CASE("kept: a gradient begins at zero each time, and padding stays zero") {
  const Geometry g = parse_case("ic3oc5i7x6o3x4k3s2p1");
  const Tensor<float> first = by_bfloat16(g, 2, 1), second = by_bfloat16(g, 35, 2);
  const KeepPrepared keep;
  CHECK(by_bfloat16(g, 2, 1) == first);
  CHECK(by_bfloat16(g, 35, 2) == second);
  CHECK(by_bfloat16(g, 2, 1) == first);
}
