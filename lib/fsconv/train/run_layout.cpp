// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/nn/model_words.hpp>
#include <fsconv/train/run_layout.hpp>

namespace fsconv {

std::vector<RunSeries> run_series(const Model& model) {
  const std::string nats(units(model.reconstruction().likelihood)), whole(loss_units(model));
  std::vector<RunSeries> list = {
      {"/train_loss", &EpochResult::train_loss, whole, "mean objective during the epoch"},
      {"/test_loss", &EpochResult::test_loss, whole, "mean test loss at the end of the epoch, at beta 1"},
      {"/seconds", &EpochResult::seconds, "s", "training time of the epoch, without evaluation"},
      {"/images_per_second", &EpochResult::images_per_second, "s-1", "images trained on per second"},
      {"/learning_rate", &EpochResult::learning_rate, "1", "of the epoch's last step", false},
      {"/gradient_norm", &EpochResult::gradient_norm, "1", "2-norm of the last step's gradient, unclipped",
       false}};
  if (model.heads()) {
    list.push_back({"/train_reconstruction", &EpochResult::train_reconstruction, nats,
                    "mean reconstruction term during the epoch", false});
    list.push_back({"/train_kl", &EpochResult::train_kl, "nats per image",
                    "mean KL during the epoch, unweighted", false});
    list.push_back({"/test_reconstruction", &EpochResult::test_reconstruction, nats,
                    "mean reconstruction term on test images", false});
    list.push_back({"/test_kl", &EpochResult::test_kl, "nats per image", "mean KL on test images", false});
    list.push_back({"/beta", &EpochResult::beta, "1", "weight of the KL at the epoch's last step", false});
  }
  return list;
}

std::string slot_group(const Optimizer<float>& optimizer, std::size_t slot) {
  return fmt::format("/optimizer/{}", optimizer.slot_name(slot));
}

std::vector<std::pair<const char*, double>> settings_by_name(const OptimizerSettings& settings) {
  if (settings.kind == OptimizerKind::sgd)
    return {{"weight_decay", settings.weight_decay}, {"momentum", settings.momentum}};
  return {{"weight_decay", settings.weight_decay},
          {"beta1", settings.beta1},
          {"beta2", settings.beta2},
          {"epsilon", settings.epsilon}};
}

}  // namespace fsconv
