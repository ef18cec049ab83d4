// The parts in which derivatives travel: every number once, and none before the way back has completed it.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/nn/gradient_parts.hpp>
#include <fsconv/nn/way_back.hpp>
#include <set>
#include <thread>

#include "nn/gradient_case.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

// Whether derivatives are complete where the parts say so: a block's are looked at each time the pass has come down to a
// step, and at the end.
bool complete_in_time(const Model& model, const std::vector<GradientPart>& parts, const std::string& form) {
  const GradientCase one(model, images_per_block(model));
  const Parameters<float> parameters = parameters_for<float>(model);
  Runner<float> runner(model, {.form = form, .trains = true});
  runner.load(parameters);
  BlockPass<float>& pass = runner.pass(1);
  BlockGradients<float> gradients = pass.block_gradients();
  std::vector<std::vector<float>> early(parts.size());
  const auto numbers_of = [&](const GradientPart& part) {
    std::vector<float> numbers;
    for (const Stretch& stretch : part.stretches)
      numbers.insert(numbers.end(), gradients[stretch.parameter].data() + stretch.first,
                     gradients[stretch.parameter].data() + stretch.last);
    return numbers;
  };
  std::size_t expected = model.steps.size();
  bool in_order = true;
  pass.gradient(one.batch(), 0.7, 0.1, 0, gradients, [&](std::size_t step) {
    in_order = in_order && step == expected--;
    for (std::size_t at = 0; at < parts.size(); ++at)
      if (parts[at].after == step) early[at] = numbers_of(parts[at]);
  });
  for (std::size_t at = 0; at < parts.size(); ++at)
    if (early[at] != numbers_of(parts[at])) return false;
  return in_order && expected == std::size_t(-1);
}

}  // namespace

TEST_CASE("gradient parts: by hand") {
  // conv1.weight, conv1.bias, ..., in the order of the way back: the decoder's last layer first.
  ModelSpec spec = small_spec(ModelKind::ae);
  spec.tied = {false, false, false};
  const Model model = make_model(spec);
  const std::vector<GradientPart> whole = gradient_parts(model, 1'000'000);
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].size == model.parameter_count());
  CHECK(whole[0].after == 0);
  // The last step's weight and bias come first.
  const auto& last = std::get<Affine>(model.steps.back());
  const auto& first = std::get<Affine>(model.steps.front());
  std::vector<ParameterId> order;
  for (const Stretch& stretch : whole[0].stretches) order.push_back(stretch.parameter);
  CHECK(std::set<ParameterId>(order.begin(), order.begin() + 2) ==
        std::set<ParameterId>{last.weight, *last.bias});
  CHECK(std::set<ParameterId>(order.end() - 2, order.end()) ==
        std::set<ParameterId>{first.weight, *first.bias});
}

TEST_CASE("gradient parts: every number is in one part, parts are full, and in the order of the way back") {
  for (const NamedModel& named : small_models())
    for (const Index longest : {Index{1}, Index{7}, Index{64}, Index{100'000}}) {
      INFO(named.name << ", " << longest);
      std::vector<std::vector<int>> times;
      for (const ParameterSpec& parameter : named.model.parameters)
        times.emplace_back(static_cast<std::size_t>(element_count(parameter.shape)));
      const std::vector<GradientPart> parts = gradient_parts(named.model, longest);
      for (std::size_t at = 0; at < parts.size(); ++at) {
        Index size = 0;
        for (const Stretch& stretch : parts[at].stretches) {
          size += stretch.size();
          for (Index n = stretch.first; n < stretch.last; ++n)
            ++times[stretch.parameter][static_cast<std::size_t>(n)];
        }
        CHECK(size == parts[at].size);
        CHECK((size == longest || at + 1 == parts.size()));
        if (at > 0) CHECK(parts[at].after <= parts[at - 1].after);
      }
      for (const std::vector<int>& of_parameter : times)
        CHECK(std::all_of(of_parameter.begin(), of_parameter.end(), [](int n) { return n == 1; }));
    }
}

TEST_CASE(
    "gradient parts: none is sent before it is complete, and one that is said to be so a step early is seen") {
  for (const NamedModel& named : small_models())
    for (const std::string form : {"batched", "gather"}) {
      INFO(named.name << ", " << form);
      const std::vector<GradientPart> parts = gradient_parts(named.model, 5);
      CHECK(complete_in_time(named.model, parts, form));
      if (form == "gather") continue;  // it tells of all steps at its end
      // Tied weights after their first use on the way back, and everything else as soon as that.
      std::vector<GradientPart> early = parts;
      for (GradientPart& part : early) part.after = std::min(part.after + 1, named.model.steps.size());
      CHECK_FALSE(complete_in_time(named.model, early, form));
    }
}

TEST_CASE("way back: one waits until the last block has come down, or for the end") {
  WayBack good(2, 2);
  good.come_to(2);
  good.come_to(1);
  std::thread other([&] {
    good.come_to(2);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    good.come_to(1);
  });
  CHECK(good.wait_for(1));
  other.join();
  good.end(false);
  CHECK(good.wait_for(0));
  CHECK(good.wait_for_end());
  WayBack bad(2, 2);
  bad.come_to(1);
  bad.end(true);
  CHECK_FALSE(bad.wait_for(1));
  CHECK_FALSE(bad.wait_for_end());
  WayBack nothing(3, 0);
  CHECK(nothing.wait_for(3));
}
