// A model as data: what flows, what is learned, the steps between, and what is made small. Nothing here computes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <fsconv/nn/activation.hpp>
#include <fsconv/nn/likelihood.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fsconv {

using ValueId = std::size_t;
using ParameterId = std::size_t;

// What flows through a model: of every image `draws` arrays [channels, size...].
struct Value {
  enum class Source { images, noise, step };
  Source source = Source::step;
  Index channels = 1;
  Shape size;
  Index draws = 1;

  Index pixels() const { return element_count(size); }
  Index elements() const { return channels * pixels(); }
  bool operator==(const Value&) const = default;
};

constexpr auto names_of(Value::Source) {
  return NameTable<Value::Source, 3>{
      "source",
      {{{Value::Source::images, "images"}, {Value::Source::noise, "noise"}, {Value::Source::step, "step"}}}};
}

// What is learned, and how it starts: normal numbers of this deviation around `mean`.
struct ParameterSpec {
  std::string name;
  Shape shape;
  double deviation = 0;
  double mean = 0;

  bool operator==(const ParameterSpec&) const = default;
};

// ---- Steps. Each makes the value `out` of values that come before it.

// out = activation(W in + bias), or activation(W^T in + bias) where the direction is conv_transpose. The weight is that of the geometry,
// [out_channels, in_channels/groups, taps...]; two steps that name one weight share it. A bias has one number per
// channel of `out`, or one per element.
struct Affine {
  ValueId in, out;
  Geometry geometry;
  Direction direction = Direction::conv;
  ParameterId weight;
  std::optional<ParameterId> bias;
  Activation activation = Activation::linear;
  bool operator==(const Affine&) const = default;
};

// out = factor[channel] * in
struct Gain {
  ValueId in, out;
  ParameterId factor;
  bool operator==(const Gain&) const = default;
};

// Sub-pixel shuffle: channel c*f^2 + p*f + q of `in` at (h, w) becomes channel c at (h*f + p, w*f + q).
struct Shuffle {
  ValueId in, out;
  Index factor;
  bool operator==(const Shuffle&) const = default;
};

// Nearest neighbour: out at (h, w) is in at (h/f, w/f).
struct Resize {
  ValueId in, out;
  Index factor;
  bool operator==(const Resize&) const = default;
};

// out = in * sigmoid(gate)
struct Gate {
  ValueId in, gate, out;
  bool operator==(const Gate&) const = default;
};

// out = in + other
struct Add {
  ValueId in, other, out;
  bool operator==(const Add&) const = default;
};

// out = mean + exp(log_variance/2) * noise, for every draw of the noise.
struct Reparameterise {
  ValueId mean, log_variance, noise, out;
  bool operator==(const Reparameterise&) const = default;
};

using Step = std::variant<Affine, Gain, Shuffle, Resize, Gate, Add, Reparameterise>;

// ---- Terms of the objective, in nats per image (and draw), each a sum over elements. They are summed.

// -log p(x | output), x the images.
struct Reconstruction {
  ValueId output;
  Likelihood likelihood;
  double variance = 1;                        // of gaussian,
  std::optional<ParameterId> log_variance{};  // or learned: one number
  bool operator==(const Reconstruction&) const = default;
};

// KL(q(z|x) || N(0, 1)) in closed form: sum of (mean^2 + e^log_variance - log_variance - 1)/2. In the objective each
// element counts at least `free_nats`.
struct KlToNormal {
  ValueId mean, log_variance;
  double free_nats = 0;
  bool operator==(const KlToNormal&) const = default;
};

// log q(z|x) - log p(z) at the sample: what the KL is the mean of. For importance weights.
struct LogRatio {
  ValueId sample, mean, log_variance, noise;
  bool operator==(const LogRatio&) const = default;
};

using Term = std::variant<Reconstruction, KlToNormal, LogRatio>;

// How the draws of an image become its objective. mean: the mean over the draws of the sum of the terms (the negative
// ELBO). log_mean_exp: -log mean exp(-sum of the terms) ([BGS16], the importance-weighted bound).
enum class OverDraws { mean, log_mean_exp };
constexpr auto names_of(OverDraws) {
  return NameTable<OverDraws, 2>{"over_draws",
                                 {{{OverDraws::mean, "mean"}, {OverDraws::log_mean_exp, "log_mean_exp"}}}};
}

struct Model {
  std::vector<Value> values;
  std::vector<ParameterSpec> parameters;
  std::vector<Step> steps;  // a step reads earlier values only
  std::vector<Term> terms;
  OverDraws over_draws = OverDraws::mean;
  // What an image is reduced to: the last value of the encoder, of a variational model the mean.
  ValueId code = 0;

  Index draws() const;  // the most of any value
  const Reconstruction& reconstruction() const;
  // The posterior's mean and log-variance, of a variational model: where its KL or its log-ratio finds them.
  struct Heads {
    ValueId mean, log_variance;
  };
  std::optional<Heads> heads() const;
  double free_nats() const;     // of its KL
  ValueId image_value() const;  // throws InvalidArgument where there are none
  const Value& images() const { return values[image_value()]; }
  std::optional<ValueId> noise_value() const;
  Index parameter_count() const;  // numbers, shared ones once

  bool operator==(const Model&) const = default;
};

// The same model with another number of draws of its noise.
Model with_draws(Model model, Index draws);

// What a step reads, in the order of its members, and the value it makes.
std::vector<ValueId> inputs(const Step& step);
ValueId output(const Step& step);

// What the decoder begins with: the draw of a variational model, else the code.
ValueId decoder_input(const Model& model);

// Whether the output follows from that alone, so that codes can be decoded without their images.
bool decodes_alone(const Model& model);

// Whether the bias of a step has one number per element, not per channel.
bool bias_per_element(const Model& model, const Affine& step);

// Throws InvalidArgument where a model is none: a step that reads a later value or another shape than it needs, a value
// that nobody makes or two make, a parameter of another shape than its step's, no reconstruction, or more than one.
void check(const Model& model);

// Collects a model step by step, so that shapes follow from shapes.
class ModelBuilder {
 public:
  ValueId image(Index channels, const Shape& size);
  ValueId noise(const Value& like, Index draws);

  // Weights start with variance gain/fan_in, biases at 0, factors at 1. Names are given by the caller.
  ParameterId weight(const std::string& name, const Geometry& geometry, double gain);
  ParameterId parameter(ParameterSpec spec);
  ParameterId bias(const std::string& name, Shape shape) { return parameter({name, std::move(shape)}); }

  ValueId conv(ValueId in, const Geometry& geometry, ParameterId weight, std::optional<ParameterId> bias,
               Activation activation);
  ValueId conv_transpose(ValueId in, const Geometry& geometry, ParameterId weight,
                         std::optional<ParameterId> bias, Activation activation);
  ValueId gain(ValueId in, ParameterId factor);
  ValueId shuffle(ValueId in, Index factor);
  ValueId resize(ValueId in, Index factor);
  ValueId gate(ValueId in, ValueId gate);
  ValueId add(ValueId in, ValueId other);
  ValueId sample(ValueId mean, ValueId log_variance, ValueId noise);

  const Value& operator[](ValueId value) const { return model_.values[value]; }
  Model finish(std::vector<Term> terms, OverDraws over_draws, ValueId code);  // checked

 private:
  ValueId value(Value value);
  Model model_;
};

}  // namespace fsconv
