// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/nn/models.hpp>

namespace fsconv {
namespace {

// How much an activation shrinks the variance of what enters it, so that weights can make up for it: a ReLU halves it
// (He et al., arXiv 1502.01852), and so, nearly, do its smooth relatives.
double variance_lost(Activation activation) {
  switch (activation) {
    case Activation::relu:
    case Activation::leaky_relu:
    case Activation::elu:
    case Activation::softplus:
      return 2;
    default:
      return 1;
  }
}
constexpr double lost_to_gate = 4;         // sigmoid(b) is one half at the start
constexpr double residual_variance = 0.1;  // blocks start near the identity

// A convolution that keeps the size, with `taps` taps per axis.
Geometry size_keeping(Index in_channels, const Shape& size, Index taps, Index out_channels) {
  Geometry geometry{.axes = {}, .in_channels = in_channels, .out_channels = out_channels};
  for (const Index extent : size)
    geometry.axes.push_back({.in = extent, .out = extent, .taps = taps, .pad = (taps - 1) / 2});
  return geometry;
}

// An encoder layer that the decoder may share.
struct Layer {
  std::string name;
  Geometry geometry;
  bool tied;
  ParameterId weight = 0;
  std::optional<ParameterId> gate = {};
  struct Block {
    ParameterId first, second;
  };
  std::vector<Block> blocks = {};
};

class Maker {
 public:
  explicit Maker(const ModelSpec& spec);
  Model make();

 private:
  ValueId encoder_layer(ValueId in, Layer& layer);
  ValueId head(ValueId in, const std::string& name, const Geometry& geometry, Activation activation,
               Layer* shared);
  ValueId decoder_layer(ValueId in, const Layer& layer, bool last);
  ValueId transposed_layer(ValueId in, const Layer& layer, bool last);
  ValueId enlarged_layer(ValueId in, const Layer& layer, bool last);
  ValueId mirrored_blocks(ValueId in, const Layer& layer);
  // activation(map(in)), or gated: map(in) * sigmoid(map'(in)).
  template <class Map>
  ValueId activated(Map&& map, ParameterId weight, std::optional<ParameterId> gate, const std::string& name,
                    const Shape& bias, bool last);
  Geometry block_geometry(const Layer& layer) const {
    const Shape code = layer.geometry.code_shape();
    return size_keeping(code[1], Shape(code.begin() + 2, code.end()), 3, code[1]);
  }
  double gain() const { return spec_.gated ? lost_to_gate : variance_lost(spec_.activation); }

  const ModelSpec& spec_;
  ModelBuilder m_;
  std::vector<Layer> layers_;
  bool linear_;  // whether the last layer is linear, with one bias per element in the decoder
};

Maker::Maker(const ModelSpec& spec) : spec_(spec), linear_(spec.latent > 0) {
  const std::vector<Geometry> stack = plan_stack(spec.image_channels, spec.image_size, spec.layers);
  const auto is_tied = [&](std::size_t at) { return at < spec.tied.size() && spec.tied[at]; };
  for (const Geometry& geometry : stack)
    layers_.push_back({.name = fmt::format("conv{}", layers_.size() + 1),
                       .geometry = geometry,
                       .tied = is_tied(layers_.size())});
  if (linear_) {
    const Shape code = stack.back().code_shape();
    layers_.push_back({.name = spec.kind == ModelKind::vae ? "mean" : "linear",
                       .geometry = linear_geometry(code[1], Shape(code.begin() + 2, code.end()), spec.latent),
                       .tied = is_tied(layers_.size())});
  }
  if (spec.tied.size() > layers_.size())
    throw InvalidArgument("tie", fmt::format("names {} layers", spec.tied.size()),
                          fmt::format("the model has {}", layers_.size()));
  if (spec.decoder != Decoder::transposed)
    for (std::size_t at = 0; at < stack.size(); ++at)
      if (layers_[at].tied)
        throw InvalidArgument("tie", fmt::format("names layer {}", at + 1),
                              fmt::format("the decoder {} has no transpose there", name(spec.decoder)));
}

template <class Map>
ValueId Maker::activated(Map&& map, ParameterId weight, std::optional<ParameterId> gate,
                         const std::string& name, const Shape& bias, bool last) {
  const ParameterId shift = m_.bias(name + "_bias", bias);
  if (last) return map(weight, shift, Activation::linear);
  if (!gate) return map(weight, shift, spec_.activation);
  const ParameterId gate_shift = m_.bias(name + "_gate_bias", bias);
  const ValueId value = map(weight, shift, Activation::linear);
  return m_.gate(value, map(*gate, gate_shift, Activation::linear));
}

ValueId Maker::encoder_layer(ValueId in, Layer& layer) {
  layer.weight = m_.weight(layer.name, layer.geometry, gain());
  if (spec_.gated) layer.gate = m_.weight(layer.name + "_gate", layer.geometry, 1);
  ValueId h = activated(
      [&](ParameterId w, ParameterId b, Activation f) { return m_.conv(in, layer.geometry, w, b, f); },
      layer.weight, layer.gate, layer.name, {layer.geometry.out_channels}, false);
  const Geometry block = block_geometry(layer);
  for (Index at = 1; at <= spec_.residual; ++at) {
    const std::string name = fmt::format("{}_residual{}", layer.name, at);
    const ParameterId first = m_.weight(name + "a", block, variance_lost(spec_.activation));
    const ParameterId first_bias = m_.bias(name + "a_bias", {block.out_channels});
    const ParameterId second = m_.weight(name + "b", block, residual_variance);
    const ParameterId second_bias = m_.bias(name + "b_bias", {block.out_channels});
    layer.blocks.push_back({first, second});
    const ValueId inner = m_.conv(h, block, first, first_bias, spec_.activation);
    h = m_.add(h, m_.conv(inner, block, second, second_bias, Activation::linear));
  }
  return h;
}

// The last map of the encoder, or that of the log-variance, which nothing shares.
ValueId Maker::head(ValueId in, const std::string& name, const Geometry& geometry, Activation activation,
                    Layer* shared) {
  const ParameterId weight = m_.weight(name, geometry, 1);
  if (shared) shared->weight = weight;
  return m_.conv(in, geometry, weight, m_.bias(name + "_bias", {geometry.out_channels}), activation);
}

// The blocks of the encoder backwards, each as the transpose of its maps.
ValueId Maker::mirrored_blocks(ValueId h, const Layer& layer) {
  const Geometry block = block_geometry(layer);
  for (std::size_t at = layer.blocks.size(); at-- > 0;) {
    const std::string name = fmt::format("{}_residual{}", layer.name, at + 1);
    const auto shared = [&](ParameterId encoder, const std::string& own, double gain_of_own) {
      return layer.tied ? encoder : m_.weight(own, block, gain_of_own);
    };
    const ParameterId second =
        shared(layer.blocks[at].second, name + "b_transpose", variance_lost(spec_.activation));
    const ParameterId second_bias = m_.bias(name + "b_transpose_bias", {block.in_channels});
    const ParameterId first = shared(layer.blocks[at].first, name + "a_transpose", residual_variance);
    const ParameterId first_bias = m_.bias(name + "a_transpose_bias", {block.in_channels});
    const ValueId inner = m_.conv_transpose(h, block, second, second_bias, spec_.activation);
    h = m_.add(h, m_.conv_transpose(inner, block, first, first_bias, Activation::linear));
  }
  return h;
}

ValueId Maker::decoder_layer(ValueId h, const Layer& layer, bool last) {
  const bool is_linear = linear_ && &layer == &layers_.back();
  h = mirrored_blocks(h, layer);
  return is_linear || spec_.decoder == Decoder::transposed ? transposed_layer(h, layer, last)
                                                           : enlarged_layer(h, layer, last);
}

ValueId Maker::transposed_layer(ValueId h, const Layer& layer, bool last) {
  const Geometry& geometry = layer.geometry;
  const std::string name = layer.name + "_transpose";
  if (spec_.gain && layer.tied)
    h = m_.gain(h, m_.parameter({.name = name + "_gain", .shape = {geometry.out_channels}, .mean = 1}));
  const ParameterId weight = layer.tied ? layer.weight : m_.weight(name, geometry, gain());
  std::optional<ParameterId> gate;
  if (spec_.gated && !last)
    gate = layer.tied && layer.gate ? layer.gate : m_.weight(name + "_gate", geometry, 1);
  const Shape image = geometry.image_shape();
  const bool per_element = linear_ && &layer == &layers_.back();
  return activated(
      [&](ParameterId w, ParameterId b, Activation f) { return m_.conv_transpose(h, geometry, w, b, f); },
      weight, gate, name, per_element ? Shape(image.begin() + 1, image.end()) : Shape{geometry.in_channels},
      last);
}

// Sub-pixel: the taps that one phase of W^T has, rounded up to an odd number. Resize: the layer's own taps.
ValueId Maker::enlarged_layer(ValueId h, const Layer& layer, bool last) {
  const Axis& axis = layer.geometry.axes.front();
  const Index factor = axis.down;
  for (const Axis& each : layer.geometry.axes)
    if (each.up != 1 || each.in != factor * each.out)
      throw InvalidArgument(
          "decoder",
          fmt::format("is {}, and {} goes from {} to {} pixels", name(spec_.decoder), layer.name, each.out,
                      each.in),
          "it enlarges by whole factors: use --decoder transposed, or sizes that the stride divides");
  const Value from = m_[h];
  const std::string own = fmt::format("{}_{}", layer.name, name(spec_.decoder));
  const Index channels = layer.geometry.in_channels;
  Index parts = 1;
  for (std::size_t at = 0; at < from.size.size(); ++at) parts *= factor;
  const bool shuffles = spec_.decoder == Decoder::subpixel;
  if (!shuffles) h = m_.resize(h, factor);
  const Geometry geometry = shuffles ? size_keeping(from.channels, from.size,
                                                    ceil_div(axis.taps, factor) / 2 * 2 + 1, channels * parts)
                                     : size_keeping(from.channels, m_[h].size, axis.taps, channels);
  const ParameterId weight = m_.weight(own, geometry, gain());
  std::optional<ParameterId> gate;
  if (spec_.gated && !last) gate = m_.weight(own + "_gate", geometry, 1);
  const ValueId enlarged =
      activated([&](ParameterId w, ParameterId b, Activation f) { return m_.conv(h, geometry, w, b, f); },
                weight, gate, own, {geometry.out_channels}, last);
  return shuffles ? m_.shuffle(enlarged, factor) : enlarged;
}

Model Maker::make() {
  ValueId h = m_.image(spec_.image_channels, spec_.image_size);
  for (std::size_t at = 0; at + 1 < layers_.size(); ++at) h = encoder_layer(h, layers_[at]);
  Layer& last = layers_.back();
  const ValueId code = head(h, last.name, last.geometry, Activation::linear, &last);

  std::vector<Term> terms;
  if (spec_.kind == ModelKind::ae) {
    h = code;
  } else {
    const ValueId log_variance = head(h, "log_variance", last.geometry, Activation::bounded, nullptr);
    const ValueId noise = m_.noise(m_[code], spec_.draws);
    h = m_.sample(code, log_variance, noise);
    if (spec_.bound == Bound::iwae)
      terms = {LogRatio{.sample = h, .mean = code, .log_variance = log_variance, .noise = noise}};
    else
      terms = {KlToNormal{.mean = code, .log_variance = log_variance, .free_nats = spec_.free_nats}};
  }
  for (std::size_t at = layers_.size(); at-- > 0;) h = decoder_layer(h, layers_[at], at == 0);

  std::optional<ParameterId> variance;
  if (spec_.likelihood == Likelihood::gaussian && spec_.learned_variance)
    variance = m_.parameter({"output_log_variance", {1}});
  terms.insert(
      terms.begin(),
      Reconstruction{
          .output = h, .likelihood = spec_.likelihood, .variance = spec_.variance, .log_variance = variance});
  return m_.finish(terms, spec_.bound == Bound::iwae ? OverDraws::log_mean_exp : OverDraws::mean, code);
}

}  // namespace

Model make_model(const ModelSpec& spec) {
  if (spec.kind == ModelKind::ae && (spec.draws != 1 || spec.bound == Bound::iwae))
    throw InvalidArgument("draws", "belong to a variational model", "use --model vae");
  const auto require_at_least_0 = [](const char* option, auto value) {
    if (!(value >= 0)) throw InvalidArgument(option, fmt::format("is {}", value), "must be at least 0");
  };
  require_at_least_0("latent", spec.latent);
  require_at_least_0("residual", spec.residual);
  require_at_least_0("free-bits", spec.free_nats);
  if (!(spec.variance > 0))
    throw InvalidArgument("variance", fmt::format("is {}", spec.variance), "must be larger than 0");
  if (spec.draws < 1) throw InvalidArgument("draws", fmt::format("is {}", spec.draws), "must be at least 1");
  return Maker(spec).make();
}

bool has_linear_code(const Model& model) {
  return std::any_of(model.parameters.begin(), model.parameters.end(),
                     [](const ParameterSpec& spec) { return spec.name == "linear" || spec.name == "mean"; });
}

}  // namespace fsconv
