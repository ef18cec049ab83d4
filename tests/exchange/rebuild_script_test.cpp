// Its text. That it runs and computes the same is tests/peers/exported.py's matter.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/exchange/rebuild_script.hpp>
#include <sstream>

#include "exchange/odd_models.hpp"
#include "nn/small_models.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

std::string script_of(const Model& of, const std::string& run = "run.h5") {
  const Model model = with_draws(of, 1);
  ModelState state = state_of(model, parameters_for<float>(model));
  state.metadata["run"] = run;
  state.metadata["epoch"] = "3";
  state.metadata["weights"] = "best";
  return rebuild_script(model, state);
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("rebuild script: a tied layer is one Conv2d, whose weight the decoder transposes") {
  ModelSpec spec = small_spec(ModelKind::ae);
  const std::string tied = script_of(make_model(spec));
  CHECK(count(tied, "nn.Conv2d(") == 2);
  CHECK(count(tied, "nn.ConvTranspose2d(") == 0);
  CHECK(count(tied, "nn.Linear(") == 1);
  CHECK(count(tied, "F.conv_transpose2d(") == 2);
  CHECK(count(tied, "self.encoder[0].weight, self.decoder[1].bias") == 1);
  CHECK(count(tied, "self.fc.weight.t(), self.decoder_input.bias") == 1);
  spec.tied = {};
  const std::string untied = script_of(make_model(spec));
  CHECK(count(untied, "nn.ConvTranspose2d(") == 2);
  CHECK(count(untied, "F.conv_transpose2d(") == 0);
  CHECK(count(untied, "nn.Linear(") == 2);
  CHECK(count(untied, "class Bias") == 0);
}

TEST_CASE("rebuild script: a check that is not finite is met by no model") {
  CHECK(count(script_of(make_model(small_spec(ModelKind::ae))), "off <= bound(wanted) < float(\"inf\")") ==
        1);
}

TEST_CASE("rebuild script: lines are of a length to be read, in any model") {
  const auto longest = [](const std::string& text) {
    std::size_t most = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) most = std::max(most, line.size());
    return most;
  };
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    CHECK(longest(script_of(named.model)) <= 110);
  }
}

TEST_CASE("rebuild script: the name of a run cannot become code") {
  const Model model = make_model(small_spec(ModelKind::ae));
  for (const char* name : {"\"\"\"; import os; os.abort()", "a\\", "a\nimport os", "\x1b[31m"}) {
    const std::string text = script_of(model, name);
    const std::string introduction = text.substr(0, text.find("import json"));
    CHECK(count(introduction, "\"\"\"") == 2);
    CHECK(count(introduction, "\\") == 0);
    CHECK(count(introduction, "\nimport os") == 0);
    CHECK(count(introduction, "\x1b") == 0);
  }
}

TEST_CASE("rebuild script: the same model makes the same text, another one another") {
  const Model model = make_model(small_spec(ModelKind::vae));
  CHECK(script_of(model) == script_of(model));
  CHECK(script_of(model).starts_with(rebuild_script_mark));
  ModelSpec other = small_spec(ModelKind::vae);
  other.layers[0].stride = 1;
  CHECK(script_of(make_model(other)) != script_of(model));
}
