// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/nn/engine_steps.hpp>
#include <fsconv/nn/hand_over.hpp>
#include <utility>

namespace fsconv {
namespace {

std::vector<Origin> origins_of(const Shape& size, Index factor) {
  Index pixels = element_count(size);
  for (std::size_t axis = 0; axis < size.size(); ++axis) pixels *= factor;
  std::vector<Origin> list(static_cast<std::size_t>(pixels));
  for (Index at = 0; at < pixels; ++at) {
    Index rest = at, pixel = 0, phase = 0, pixel_step = 1, phase_step = 1;
    for (std::size_t axis = size.size(); axis-- > 0;) {
      const Index extent = size[axis] * factor, position = rest % extent;
      pixel += position / factor * pixel_step;
      phase += position % factor * phase_step;
      pixel_step *= size[axis];
      phase_step *= factor;
      rest /= extent;
    }
    list[static_cast<std::size_t>(at)] = {pixel, phase};
  }
  return list;
}

// Calls f(from, to) for every number of an enlarged value and the one that it comes from.
template <class F>
void for_each_origin(const std::vector<Origin>& origins, Index rows, Index from_channels, Index channels,
                     F&& f) {
  const Index phases = from_channels / channels;  // 1 of a resize
  Index to = 0;
  for (const Origin& origin : origins)
    for (Index row = 0; row < rows; ++row) {
      const Index from = (origin.pixel * rows + row) * from_channels + (phases > 1 ? origin.phase : 0);
      for (Index channel = 0; channel < channels; ++channel, ++to) f(from + channel * phases, to);
    }
}

// Calls f(one, draw): the positions of a number of an image's mean and of each of its draws.
template <class N, class F>
void for_each_draw(const EngineBlock<N>& block, const Reparameterise& step, F&& f) {
  const Value& mean = block.value(step.mean);
  const Index draws = block.value(step.out).draws;
  for (Index pixel = 0; pixel < mean.pixels(); ++pixel)
    for (Index image = 0; image < block.images(); ++image) {
      const Index one = (pixel * block.images() + image) * mean.channels;
      for (Index draw = 0; draw < draws; ++draw)
        for (Index channel = 0; channel < mean.channels; ++channel)
          f(one + channel, one * draws + draw * mean.channels + channel);
    }
}

// Adds up [pixels][rows][channels], per channel or, for biases with one value per element, per pixel too. Pixels are
// added as vectors of rows and channels, into `between` of that size, and rows at the end: a long chain of additions
// would round as often as it is long.
template <class T>
void add_sums(const T* block, Index pixels, Index rows, Index channels, bool per_pixel, T* between, T* sums) {
  const Index size = rows * channels;
  std::fill_n(between, size, T(0));
  for (Index pixel = 0; pixel < pixels; ++pixel, block += size) {
    for (Index at = 0; at < size; ++at) between[at] += block[at];
    if (!per_pixel && pixel + 1 < pixels) continue;
    T* into = per_pixel ? sums + pixel * channels : sums;
    for (Index at = 0; at < size; ++at) into[at % channels] += std::exchange(between[at], T(0));
  }
}

// Which steps make zeros whose sign is read: by a kink of their own, or of a step that they lead to, through linear
// layers, sums and gates.
std::vector<bool> read_at_a_kink(const Model& model) {
  const auto has_kink = [](const Step& step) {
    const auto* affine = std::get_if<Affine>(&step);
    return affine && (affine->activation == Activation::relu || affine->activation == Activation::leaky_relu);
  };
  std::vector<bool> values(model.values.size()), steps(model.steps.size());
  for (std::size_t at = model.steps.size(); at-- > 0;) {
    const Step& step = model.steps[at];
    steps[at] = has_kink(step) || values[output(step)];
    for (const ValueId in : inputs(step)) values[in] = values[in] || steps[at];
  }
  return steps;
}

}  // namespace

template <class N>
EngineSteps<N>::EngineSteps(const Model& model, const EngineWeights<N>& weights,
                            const Pointwise<T>& pointwise)
    : model_(model),
      weights_(weights),
      pointwise_(pointwise),
      origins_(model.steps.size()),
      affine_makers_(model.values.size()),
      keep_zeros_(read_at_a_kink(model)) {
  for (std::size_t at = 0; at < model.steps.size(); ++at) {
    const Step& step = model.steps[at];
    if (const auto* affine = std::get_if<Affine>(&step)) affine_makers_[affine->out] = affine;
    if (const auto* shuffle = std::get_if<Shuffle>(&step))
      origins_[at] = origins_of(model.values[shuffle->in].size, shuffle->factor);
    if (const auto* resize = std::get_if<Resize>(&step))
      origins_[at] = origins_of(model.values[resize->in].size, resize->factor);
  }
}

template <class N>
Index EngineSteps<N>::scratch_size(Index images) const {
  Index most = 0;
  for (std::size_t step = 0; step < model_.steps.size(); ++step)
    if (const auto* affine = std::get_if<Affine>(&model_.steps[step]))
      most = std::max(most, weights_.map(step).scratch_size(images * model_.values[affine->out].draws));
  return most;
}

template <class N>
struct EngineSteps<N>::Forward {
  const EngineSteps& steps;
  std::size_t number;
  EngineBlock<N>& block;

  T* exact(ValueId id) const { return block.exact(id); }

  void operator()(const Affine& step) const {
    const engine::BatchedMap<N>& map = steps.weights_.map(number);
    const engine::Step<N>* packed = steps.weights_.packed(number);
    const bool relu = step.activation == Activation::relu;
    const engine::Ending<N> ending{.bias = step.bias ? steps.weights_[*step.bias] : nullptr,
                                   .relu = relu,
                                   .per_pixel = bias_per_element(steps.model_, step),
                                   .keep_zeros = steps.keep_zeros_[number]};
    const bool exactly = EngineBlock<N>::rounds && block.plan(step.out).exact;
    const engine::Result<N> result =
        exactly ? engine::Result<N>(exact(step.out)) : engine::Result<N>(block.operand(step.out));
    const N* in = block.operand(step.in);
    if (step.direction == Direction::conv_transpose)
      map.conv_transpose(block.rows(step.out), in, packed, result, ending, block.scratch());
    else
      map.conv(block.rows(step.out), in, packed, result, ending, block.scratch());
    if (!relu && step.activation != Activation::linear)
      steps.pointwise_.activate(step.activation, block.numbers(step.out), exact(step.out));
  }

  void operator()(const Gain& step) const {
    const Index channels = block.value(step.in).channels;
    const T *factor = steps.weights_[step.factor], *in = exact(step.in);
    T* out = exact(step.out);
    for (Index at = 0; at < block.numbers(step.in); at += channels)
      for (Index channel = 0; channel < channels; ++channel)
        out[at + channel] = factor[channel] * in[at + channel];
  }

  void operator()(const Shuffle& step) const { enlarge(step); }
  void operator()(const Resize& step) const { enlarge(step); }
  template <class S>
  void enlarge(const S& step) const {
    for_each_origin(
        steps.origins_[number], block.rows(step.in), block.value(step.in).channels,
        block.value(step.out).channels,
        [in = exact(step.in), out = exact(step.out)](Index from, Index to) { out[to] = in[from]; });
  }

  void operator()(const Gate& step) const {
    const T* in = exact(step.in);
    T* out = exact(step.out);
    std::copy_n(exact(step.gate), block.numbers(step.gate), out);
    steps.pointwise_.activate(Activation::sigmoid, block.numbers(step.gate), out);
    for (Index at = 0; at < block.numbers(step.in); ++at) out[at] *= in[at];
  }

  void operator()(const Add& step) const {
    const T *in = exact(step.in), *other = exact(step.other);
    T* out = exact(step.out);
    for (Index at = 0; at < block.numbers(step.in); ++at) out[at] = in[at] + other[at];
  }

  void operator()(const Reparameterise& step) const {
    const T *mean = exact(step.mean), *log_variance = exact(step.log_variance), *noise = exact(step.noise);
    T* out = exact(step.out);
    for_each_draw(block, step, [=](Index one, Index draw) {
      out[draw] = mean[one] + std::exp(log_variance[one] / 2) * noise[draw];
    });
  }
};

template <class N>
struct EngineSteps<N>::Backward {
  const EngineSteps& steps;
  std::size_t number;
  EngineBlock<N>& block;
  BlockGradients<T>& gradients;

  T* exact(ValueId id) const { return block.exact(id); }
  T* gradient(ValueId id) const { return block.gradient(id); }
  T* of_parameter(ParameterId id) const { return gradients[id].data(); }
  Into into(std::size_t input) const { return block.plan().steps[number][input]; }

  void operator()(const Affine& step) const {
    const engine::BatchedMap<N>& map = steps.weights_.map(number);
    const engine::Step<N>* packed = steps.weights_.packed(number);
    const ValuePlan& plan = block.plan(step.out);
    steps.finish_gradient(step, block, gradients);
    const Index rows = block.rows(step.out);
    const N* of_out = block.template at<N>(plan.fused ? plan.operand : plan.gradient_operand);
    N* in = block.operand(step.in);
    if (step.direction == Direction::conv_transpose)
      map.weight_gradient(rows, in, of_out, of_parameter(step.weight), block.scratch());
    else
      map.weight_gradient(rows, of_out, in, of_parameter(step.weight), block.scratch());
    if (into(0) == Into::nothing) return;

    engine::Ending<N> ending{};
    engine::Result<N> result(in);
    if (into(0) == Into::fused) {
      // The input's gradient takes the place of the input, which masks it where a ReLU made it.
      const Affine& below = *steps.affine_makers_[step.in];
      if (below.activation == Activation::relu) ending.mask = in;
      if (below.bias) ending.sums = of_parameter(*below.bias);
      ending.per_pixel = bias_per_element(steps.model_, below);
    } else {
      result = engine::Result<N>(gradient(step.in));
      ending.add = into(0) == Into::add;
    }
    if (step.direction == Direction::conv_transpose)
      map.conv(rows, of_out, packed, result, ending, block.scratch());
    else
      map.conv_transpose(rows, of_out, packed, result, ending, block.scratch());
  }

  void operator()(const Gain& step) const {
    const Index channels = block.value(step.in).channels, count = block.numbers(step.in);
    const T *factor = steps.weights_[step.factor], *in = exact(step.in), *g = gradient(step.out);
    T* sums = of_parameter(step.factor);
    for (Index at = 0; at < count; at += channels)
      for (Index channel = 0; channel < channels; ++channel)
        sums[channel] += g[at + channel] * in[at + channel];
    hand_over(into(0), count, gradient(step.in), [=](Index at) { return factor[at % channels] * g[at]; });
  }

  void operator()(const Shuffle& step) const { enlarged(step); }
  void operator()(const Resize& step) const { enlarged(step); }
  template <class S>
  void enlarged(const S& step) const {
    if (into(0) == Into::nothing) return;
    T* to = gradient(step.in);
    if (into(0) == Into::store) std::fill_n(to, block.numbers(step.in), T(0));
    for_each_origin(steps.origins_[number], block.rows(step.in), block.value(step.in).channels,
                    block.value(step.out).channels,
                    [=, g = gradient(step.out)](Index from, Index at) { to[from] += g[at]; });
  }

  void operator()(const Gate& step) const {
    constexpr Index longest = 512;
    T open[longest];  // the sigmoid of a piece of the gate, which others may read again
    const Index count = block.numbers(step.gate);
    for (Index first = 0; first < count; first += longest) {
      const Index length = std::min(longest, count - first);
      const T *in = exact(step.in) + first, *g = gradient(step.out) + first;
      std::copy_n(exact(step.gate) + first, length, open);
      steps.pointwise_.activate(Activation::sigmoid, length, open);
      hand_over(into(0), length, gradient(step.in), first, [&](Index at) { return g[at] * open[at]; });
      hand_over(into(1), length, gradient(step.gate), first,
                [&](Index at) { return g[at] * in[at] * open[at] * (1 - open[at]); });
    }
  }

  void operator()(const Add& step) const {
    const T* g = gradient(step.out);
    hand_over(into(0), block.numbers(step.in), gradient(step.in), [=](Index at) { return g[at]; });
    hand_over(into(1), block.numbers(step.other), gradient(step.other), [=](Index at) { return g[at]; });
  }

  void operator()(const Reparameterise& step) const {
    const T *g = gradient(step.out), *noise = exact(step.noise), *log_variance = exact(step.log_variance);
    T *of_mean = gradient(step.mean), *of_log_variance = gradient(step.log_variance);
    if (into(0) == Into::store) std::fill_n(of_mean, block.numbers(step.mean), T(0));
    if (into(1) == Into::store) std::fill_n(of_log_variance, block.numbers(step.log_variance), T(0));
    const bool to_mean = into(0) != Into::nothing, to_log_variance = into(1) != Into::nothing;
    for_each_draw(block, step, [=](Index one, Index draw) {
      if (to_mean) of_mean[one] += g[draw];
      if (to_log_variance)
        of_log_variance[one] += g[draw] * noise[draw] * std::exp(log_variance[one] / 2) / 2;
    });
  }
};

// All readers have handed over: the slope of the activation, the sums for the bias, and the rounding are left.
template <class N>
void EngineSteps<N>::finish_gradient(const Affine& step, EngineBlock<N>& block,
                                     BlockGradients<T>& gradients) const {
  const ValuePlan& plan = block.plan(step.out);
  if (plan.fused) return;
  const Value& made = block.value(step.out);
  T* gradient = block.gradient(step.out);
  if (step.activation != Activation::linear)
    pointwise_.multiply_by_slope(step.activation, block.numbers(step.out), block.exact(step.out), gradient);
  if (step.bias)
    add_sums(gradient, made.pixels(), block.rows(step.out), made.channels, bias_per_element(model_, step),
             block.between(), gradients[*step.bias].data());
  if constexpr (EngineBlock<N>::rounds) {
    const Index groups = step.geometry.groups;
    engine::to_bfloat16(gradient, made.pixels() * block.rows(step.out) * groups, made.channels / groups,
                        block.template at<N>(plan.gradient_operand));
  }
}

template <class N>
void EngineSteps<N>::forward(std::size_t step, EngineBlock<N>& block) const {
  std::visit(Forward{*this, step, block}, model_.steps[step]);
  block.round(output(model_.steps[step]));
}

template <class N>
void EngineSteps<N>::backward(std::size_t step, EngineBlock<N>& block, BlockGradients<T>& gradients) const {
  std::visit(Backward{*this, step, block, gradients}, model_.steps[step]);
}

template class EngineSteps<float>;
template class EngineSteps<double>;
template class EngineSteps<engine::BFloat16>;

}  // namespace fsconv
