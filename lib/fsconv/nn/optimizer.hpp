// From gradients to the next parameters: SGD with momentum, Adam, AdamW.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/nn/parameter.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

enum class OptimizerKind { sgd, adam, adamw };
constexpr auto names_of(OptimizerKind) {
  return NameTable<OptimizerKind, 3>{
      "optimizer",
      {{{OptimizerKind::sgd, "sgd"}, {OptimizerKind::adam, "adam"}, {OptimizerKind::adamw, "adamw"}}}};
}

// With PyTorch's order of operations; g is the gradient, plus weight_decay * w for sgd and adam.
//     sgd     v <- momentum v + g                                w <- w - rate v
//     adam    m <- beta1 m + (1-beta1) g    v <- beta2 v + (1-beta2) g^2
//             w <- w - rate/(1-beta1^t) * m / (sqrt(v)/sqrt(1-beta2^t) + epsilon)      [Kingma & Ba, arXiv 1412.6980]
//     adamw   w <- w (1 - rate weight_decay), then adam's        [Loshchilov & Hutter, arXiv 1711.05101]
struct OptimizerSettings {
  OptimizerKind kind = OptimizerKind::adam;
  double momentum = 0.9;  // of sgd
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;

  bool operator==(const OptimizerSettings&) const = default;
};

// Owns what it remembers of earlier gradients: its slots, each with one tensor per parameter, in zero at the start.
template <class T>
class Optimizer {
 public:
  Optimizer(const OptimizerSettings& settings, const Parameters<T>& parameters);

  // Takes one step at this learning rate. Returns the first parameter that is not finite any more, if one is; then
  // its slots may not be, either. The same bits on any number of threads.
  std::optional<std::size_t> step(Parameters<T>& parameters, const Gradients<T>& gradients, double rate,
                                  int threads = 1);

  const OptimizerSettings& settings() const { return settings_; }
  Index steps() const { return steps_; }  // taken so far; with the slots, the whole state
  void set_steps(Index steps) { steps_ = steps; }
  std::size_t slots() const { return slots_.size(); }
  std::string_view slot_name(std::size_t slot) const;  // "first_moment"
  std::vector<Tensor<T>>& slot(std::size_t at) { return slots_[at]; }
  const std::vector<Tensor<T>>& slot(std::size_t at) const { return slots_[at]; }

 private:
  OptimizerSettings settings_;
  Index steps_ = 0;
  std::vector<std::vector<Tensor<T>>> slots_;
};

// The first gradient that a step could not take: one with a number whose square is not finite.
template <class T>
std::optional<std::size_t> first_not_finite(const Gradients<T>& gradients, int threads);

// Scales the gradients so that all together have at most this 2-norm; returns the norm that they had.
template <class T>
double clip_norm(Gradients<T>& gradients, double largest, int threads);

}  // namespace fsconv
