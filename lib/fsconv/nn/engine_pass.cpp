// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/memory.hpp>
#include <fsconv/nn/engine_pass.hpp>
#include <fsconv/nn/engine_steps.hpp>
#include <fsconv/nn/engine_terms.hpp>
#include <type_traits>

namespace fsconv {
namespace {

template <class N, class T = engine::Sum<N>>
class EnginePass : public BlockPass<T> {
 public:
  EnginePass(const Model& model, engine::Algorithm algorithm, bool trains);

  void make_room(int threads) override;
  void load(const Parameter<T>& parameter, ParameterId at) override { weights_.load(parameter, at); }
  Losses losses(const Batch& batch, double beta, int thread) override;
  Losses gradient(const Batch& batch, double beta, double scale, int thread, BlockGradients<T>& gradients,
                  const AfterStep& after) override;
  void encode(const Batch& batch, int thread, T* codes, T* log_variances) override;
  void decode(Index rows, const T* codes, int thread, T* outputs) override;
  void fetch_target(const Batch& one_image, int thread) override;
  void decode_losses(Index rows, const T* codes, int thread, double* losses) override;
  BlockGradients<T> block_gradients() const override { return weights_.block_gradients(); }
  void store(const BlockGradients<T>& sum, ParameterId at, Tensor<T>& gradient) const override {
    weights_.store(sum, at, gradient);
  }
  std::size_t bytes_per_thread() const override { return bytes_per_thread_; }
  std::size_t parameter_bytes() const override { return weights_.bytes(); }
  std::vector<StepAlgorithms> algorithms() const override;

 private:
  // What one thread works in.
  struct Thread {
    EngineBlock<N> block;
    EngineTerms<N> terms;
    std::vector<T> image;  // one, as fetch() gives it
  };

  // What is too large even for one thread is refused before maps and parameters are made.
  static Plan checked(Plan plan) {
    require_memory(plan.bytes, 1, "activations");
    return plan;
  }
  void add_thread();
  Thread& of(int thread) { return threads_[static_cast<std::size_t>(thread)]; }
  void forward(EngineBlock<N>& block) const;
  void decode_rows(EngineBlock<N>& block, Index rows, const T* codes) const;

  Model model_;
  bool trains_;
  Plan plan_;
  const Pointwise<T>& pointwise_ = pointwise_of<T>(engine::current_isa());
  EngineWeights<N> weights_;
  EngineSteps<N> steps_;
  // By step: whether it is run from images to codes, and from codes to images.
  std::vector<bool> encodes_, decodes_;
  std::size_t bytes_per_thread_;
  std::vector<Thread> threads_;
};

template <class N, class T>
EnginePass<N, T>::EnginePass(const Model& model, engine::Algorithm algorithm, bool trains)
    : model_(model),
      trains_(trains),
      plan_(checked(make_plan(model, {.images = images_per_block(model),
                                      .trains = trains,
                                      .number_bytes = sizeof(N),
                                      .sum_bytes = sizeof(T)}))),
      weights_(model_, algorithm),
      steps_(model_, weights_, pointwise_),
      encodes_(model.steps.size()),
      decodes_(model.steps.size()) {
  const Index images = images_per_block(model_);
  bytes_per_thread_ = EngineBlock<N>::bytes(model_, plan_, images, steps_.scratch_size(images)) +
                      EngineTerms<N>::bytes(model_, images, !trains_) +
                      static_cast<std::size_t>(model_.images().elements()) * sizeof(T);
  require_memory(static_cast<Index>(bytes_per_thread_), 1, "activations");
  const ValueId input = decoder_input(model_);
  std::vector<bool> from_code(model.values.size());
  from_code[input] = true;
  for (std::size_t step = 0; step < model.steps.size(); ++step) {
    const std::vector<ValueId> in = inputs(model.steps[step]);
    const ValueId out = output(model.steps[step]);
    decodes_[step] = std::any_of(in.begin(), in.end(), [&](ValueId id) { return from_code[id]; });
    if (decodes_[step]) from_code[out] = true;
    encodes_[step] = !decodes_[step] && (out != input || input == model.code);
  }
}

template <class N, class T>
void EnginePass<N, T>::add_thread() {
  const Index images = images_per_block(model_);
  threads_.push_back({EngineBlock<N>(model_, plan_, images, steps_.scratch_size(images)),
                      EngineTerms<N>(model_, weights_, pointwise_, images, !trains_),
                      std::vector<T>(static_cast<std::size_t>(model_.images().elements()))});
}

template <class N, class T>
std::vector<StepAlgorithms> EnginePass<N, T>::algorithms() const {
  std::vector<StepAlgorithms> list(model_.steps.size());
  for (std::size_t step = 0; step < list.size(); ++step) {
    const auto* affine = std::get_if<Affine>(&model_.steps[step]);
    if (affine == nullptr) continue;
    const auto words = weights_.map(step).algorithms();
    const bool is_conv = affine->direction == Direction::conv,
               hands_back = trains_ && plan_.steps[step].front() != Into::nothing;
    if (is_conv || hands_back) list[step].conv = words.conv;
    if (!is_conv || hands_back) list[step].conv_transpose = words.conv_transpose;
    if (trains_) list[step].weight_gradient = words.weight_gradient;
  }
  return list;
}

template <class N, class T>
void EnginePass<N, T>::make_room(int threads) {
  const auto there = static_cast<int>(threads_.size());
  if (there >= threads) return;
  // Each thread's memory may fit where that of all does not.
  require_memory(threads - there, bytes_per_thread(), "activations of all threads");
  while (static_cast<int>(threads_.size()) < threads) add_thread();
}

template <class N, class T>
void EnginePass<N, T>::forward(EngineBlock<N>& block) const {
  for (std::size_t step = 0; step < model_.steps.size(); ++step) steps_.forward(step, block);
}

template <class N, class T>
Losses EnginePass<N, T>::losses(const Batch& batch, double beta, int thread) {
  of(thread).block.fetch(batch);
  forward(of(thread).block);
  return of(thread).terms.losses(of(thread).block, beta);
}

template <class N, class T>
Losses EnginePass<N, T>::gradient(const Batch& batch, double beta, double scale, int thread,
                                  BlockGradients<T>& gradients, const AfterStep& after) {
  EngineBlock<N>& block = of(thread).block;
  for (auto& gradient : gradients) std::fill_n(gradient.data(), gradient.size(), T(0));
  block.fetch(batch);
  forward(block);
  const Losses sum = of(thread).terms.gradient(block, beta, scale, gradients);
  if (after) after(model_.steps.size());
  for (std::size_t step = model_.steps.size(); step-- > 0;) {
    steps_.backward(step, block, gradients);
    if (after) after(step);
  }
  return sum;
}

template <class N, class T>
void EnginePass<N, T>::encode(const Batch& batch, int thread, T* codes, T* log_variances) {
  EngineBlock<N>& block = of(thread).block;
  block.fetch_images(batch);
  for (std::size_t step = 0; step < model_.steps.size(); ++step)
    if (encodes_[step]) steps_.forward(step, block);
  block.take(model_.code, codes);
  if (const auto heads = model_.heads(); heads && log_variances)
    block.take(heads->log_variance, log_variances);
}

template <class N, class T>
void EnginePass<N, T>::decode_rows(EngineBlock<N>& block, Index rows, const T* codes) const {
  block.begin(rows);
  block.put(decoder_input(model_), codes);
  for (std::size_t step = 0; step < model_.steps.size(); ++step)
    if (decodes_[step]) steps_.forward(step, block);
}

template <class N, class T>
void EnginePass<N, T>::decode(Index rows, const T* codes, int thread, T* outputs) {
  decode_rows(of(thread).block, rows, codes);
  of(thread).block.take(model_.reconstruction().output, outputs);
}

template <class N, class T>
void EnginePass<N, T>::fetch_target(const Batch& one_image, int thread) {
  fetch(one_image, of(thread).image.data());
  of(thread).terms.set_target(of(thread).image.data());
}

template <class N, class T>
void EnginePass<N, T>::decode_losses(Index rows, const T* codes, int thread, double* losses) {
  decode_rows(of(thread).block, rows, codes);
  of(thread).terms.row_losses(of(thread).block, losses);
}

}  // namespace

Index images_per_block(const Model& model) {
  return std::max(Index{1}, engine::images_per_block / model.draws());
}

template <class T>
std::unique_ptr<BlockPass<T>> make_engine_pass(const Model& model, Precision precision,
                                               engine::Algorithm algorithm, bool trains) {
  if (precision == precision_of<T>) return std::make_unique<EnginePass<T>>(model, algorithm, trains);
  if constexpr (std::is_same_v<T, float>)
    if (precision == Precision::bf16)
      return std::make_unique<EnginePass<engine::BFloat16>>(model, algorithm, trains);
  throw InvalidArgument(
      "precision",
      fmt::format("is {}, and the model's numbers are {}", name(precision), name(precision_of<T>)),
      std::is_same_v<T, float> ? "use fp32 or bf16" : "use fp64: sums of BFloat16 are floats");
}

template std::unique_ptr<BlockPass<float>> make_engine_pass(const Model&, Precision, engine::Algorithm, bool);
template std::unique_ptr<BlockPass<double>> make_engine_pass(const Model&, Precision, engine::Algorithm,
                                                             bool);

}  // namespace fsconv
