// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/nn/engine_block.hpp>

namespace fsconv {
namespace {

Index largest_between(const Model& model, Index images) {
  const Value &code = model.values[model.code], &input = model.values[decoder_input(model)];
  Index most = std::max(code.elements(), input.elements()) * images * model.draws();
  for (const Value& value : model.values) most = std::max(most, value.channels * images * value.draws);
  return most;
}

Index noise_size(const Model& model) {
  const auto noise = model.noise_value();
  return noise ? model.values[*noise].elements() : 0;
}

}  // namespace

template <class N>
EngineBlock<N>::EngineBlock(const Model& model, const Plan& plan, Index images, Index scratch)
    : model_(model),
      plan_(plan),
      images_(images),
      arena_(plan.bytes, "activations"),
      scratch_(scratch, "scratch"),
      between_(largest_between(model, images), "activations"),
      plain_(noise_size(model), "noise") {}

template <class N>
std::size_t EngineBlock<N>::bytes(const Model& model, const Plan& plan, Index images, Index scratch) {
  return static_cast<std::size_t>(plan.bytes) +
         sizeof(T) * static_cast<std::size_t>(scratch + largest_between(model, images) + noise_size(model));
}

template <class N>
void EngineBlock<N>::round(ValueId id) {
  if constexpr (rounds) {
    if (!plan(id).operand || !plan(id).exact) return;
    const Index groups = plan(id).operand_groups;
    engine::to_bfloat16(exact(id), value(id).pixels() * rows(id) * groups, value(id).channels / groups,
                        operand(id));
  }
}

template <class N>
void EngineBlock<N>::fetch(const Batch& batch) {
  fetch_images(batch);
  fetch_noise(batch);
}

template <class N>
void EngineBlock<N>::fetch_images(const Batch& batch) {
  begin(batch.size());
  const ValueId id = model_.image_value();
  T* plain = at<T>(plan_.images);
  fsconv::fetch(batch, plain);
  engine::to_block(plain, images_, value(id).channels, value(id).pixels(), exact(id));
  round(id);
}

template <class N>
void EngineBlock<N>::fetch_noise(const Batch& batch) {
  const auto id = model_.noise_value();
  if (!id) return;
  const Value& noise = value(*id);
  const Index all = rows(*id), pixels = noise.pixels();
  for (Index row = 0; row < all; ++row) {
    const Index image = batch.order[static_cast<std::size_t>(row / noise.draws)];
    noise_normals(batch.latents, static_cast<std::uint64_t>(image),
                  static_cast<std::uint32_t>(row % noise.draws), plain_.data(), noise.elements());
    T* block = exact(*id) + row * noise.channels;
    for (Index pixel = 0; pixel < pixels; ++pixel)
      for (Index channel = 0; channel < noise.channels; ++channel)
        block[pixel * all * noise.channels + channel] = plain_.data()[channel * pixels + pixel];
  }
  round(*id);
}

template <class N>
void EngineBlock<N>::put(ValueId id, const T* from) {
  if (!plan(id).exact) {
    engine::ArrayBlocks<N>({1, value(id).channels, value(id).pixels()}, plan(id).operand_groups)
        .to_block(from, 0, rows(id), operand(id), between_.data());
  } else {
    engine::to_block(from, rows(id), value(id).channels, value(id).pixels(), exact(id));
    round(id);
  }
}

template <class N>
void EngineBlock<N>::take(ValueId id, T* to) {
  if (!plan(id).exact)
    engine::ArrayBlocks<N>({1, value(id).channels, value(id).pixels()}, plan(id).operand_groups)
        .from_block(operand(id), 0, rows(id), to, between_.data());
  else
    engine::from_block(exact(id), rows(id), value(id).channels, value(id).pixels(), to);
}

template class EngineBlock<float>;
template class EngineBlock<double>;
template class EngineBlock<engine::BFloat16>;

}  // namespace fsconv
