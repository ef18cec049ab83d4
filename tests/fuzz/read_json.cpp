// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/error.hpp>
#include <fsconv/data/picture_recipe.hpp>
#include <fsconv/io/json_text.hpp>
#include <fsconv/train/config.hpp>
#include <fsconv/train/model_json.hpp>
#include <fsconv/train/model_summary.hpp>
#include <nlohmann/json.hpp>

#include "readers.hpp"

namespace fsconv::fuzz {
namespace {

// As the readers of files parse the text of an attribute: what is no JSON is `discarded`.
nlohmann::json parsed(Bytes bytes) { return parsed_json(text_of(bytes)); }

}  // namespace

void read_model_json(Bytes bytes) {
  const nlohmann::json json = parsed(bytes);
  const Model model = model_from_json(json, "input");
  require(to_json(model) == json, "a model's JSON comes back as it was");
}

void read_train_config_json(Bytes bytes) {
  const nlohmann::json json = parsed(bytes);
  try {
    const Recipe recipe = recipe_from_json(json, "input");
    require(recipe_from_json(to_json(recipe), "input") == recipe, "a recipe's JSON comes back as it was");
  } catch (const Error&) {
    // A configuration is no recipe.
  }
  const TrainConfig config = config_from_json(json, "input");
  const nlohmann::json written = to_json(config);
  require(to_json(config_from_json(written, "input")) == written, "a configuration comes back as it was");
}

}  // namespace fsconv::fuzz
