// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/nn/model.hpp>

namespace fsconv {
namespace {

[[noreturn]] void refuse(std::string_view problem, std::string_view legal = {}) {
  throw InvalidArgument("model", problem, legal);
}

Shape sizes_of(const Shape& batch_shape) { return Shape(batch_shape.begin() + 2, batch_shape.end()); }

// What a map in this direction reads: one image of the geometry's image side, or of its code side.
Value read_by(const Geometry& geometry, Direction direction, Index draws) {
  const Shape shape = direction == Direction::conv ? geometry.image_shape() : geometry.code_shape();
  return {.source = Value::Source::step, .channels = shape[1], .size = sizes_of(shape), .draws = draws};
}

Shape scaled(Shape size, Index factor) {
  for (Index& extent : size) extent *= factor;
  return size;
}

// What a step makes of what it reads, or an error: the one place that knows the steps' shapes.
struct OutputOf {
  const std::vector<Value>& values;

  const Value& at(ValueId id) const { return values[id]; }

  Value operator()(const Affine& step) const {
    const Value wanted = read_by(step.geometry, step.direction, at(step.in).draws);
    const Value& in = at(step.in);
    if (in.channels != wanted.channels || in.size != wanted.size)
      refuse(fmt::format("a map of {} channels [{}] reads {} channels [{}]", wanted.channels,
                         fmt::join(wanted.size, ", "), in.channels, fmt::join(in.size, ", ")));
    return read_by(step.geometry, opposite(step.direction), in.draws);
  }
  Value operator()(const Gain& step) const { return of_step(at(step.in)); }
  Value operator()(const Shuffle& step) const {
    Value out = of_step(at(step.in));
    Index parts = 1;
    for (std::size_t axis = 0; axis < out.size.size(); ++axis) parts *= step.factor;
    if (step.factor < 1 || out.channels % parts != 0)
      refuse(fmt::format("{} channels cannot be shuffled into {} pixels", out.channels, parts));
    out.channels /= parts;
    out.size = scaled(out.size, step.factor);
    return out;
  }
  Value operator()(const Resize& step) const {
    Value out = of_step(at(step.in));
    if (step.factor < 1) refuse(fmt::format("a factor of {}", step.factor));
    out.size = scaled(out.size, step.factor);
    return out;
  }
  Value operator()(const Gate& step) const { return same(step.in, step.gate); }
  Value operator()(const Add& step) const { return same(step.in, step.other); }
  Value operator()(const Reparameterise& step) const {
    Value out = same(step.mean, step.log_variance);
    const Value& noise = at(step.noise);
    if (noise.source != Value::Source::noise || noise.channels != out.channels || noise.size != out.size ||
        out.draws != 1)
      refuse("noise of another shape than the mean that it is added to");
    out.draws = noise.draws;
    return out;
  }

 private:
  static Value of_step(Value value) {
    value.source = Value::Source::step;
    return value;
  }
  Value same(ValueId a, ValueId b) const {
    const Value first = of_step(at(a)), second = of_step(at(b));
    if (!(first == second)) refuse("two values that are joined have different shapes");
    return first;
  }
};

void check_parameters(const Model& model) {
  const auto require_shape = [&](ParameterId id, const Shape& wanted) {
    if (id >= model.parameters.size() || model.parameters[id].shape != wanted)
      refuse(fmt::format("a parameter should have the shape [{}]", fmt::join(wanted, ", ")));
  };
  std::vector<Index> groups(model.parameters.size());  // of the maps that share a weight
  for (const Step& step : model.steps) {
    if (const auto* affine = std::get_if<Affine>(&step)) {
      require_shape(affine->weight, affine->geometry.weight_shape());
      Index& before = groups[affine->weight];
      if (before > 0 && before != affine->geometry.groups)
        refuse("a weight is shared by maps of different groups");
      before = affine->geometry.groups;
      const Value& out = model.values[affine->out];
      Shape per_element = out.size;
      per_element.insert(per_element.begin(), out.channels);
      if (affine->bias && (*affine->bias >= model.parameters.size() ||
                           model.parameters[*affine->bias].shape != Shape{out.channels}))
        require_shape(*affine->bias, per_element);
    } else if (const auto* gain = std::get_if<Gain>(&step)) {
      require_shape(gain->factor, {model.values[gain->in].channels});
    }
  }
}

// A value that leads nowhere would have no gradient.
void check_readers(const Model& model) {
  std::vector<bool> read(model.values.size());
  for (const Step& step : model.steps)
    for (const ValueId in : inputs(step)) read[in] = true;
  read[model.reconstruction().output] = true;
  if (const auto heads = model.heads()) read[heads->mean] = read[heads->log_variance] = true;
  if (!std::all_of(read.begin(), read.end(), [](bool one) { return one; }))
    refuse("nothing reads one of its values");
}

// Whether the sample is drawn from just this posterior with just this noise.
bool is_drawn(const Model& model, const LogRatio& ratio) {
  return std::any_of(model.steps.begin(), model.steps.end(), [&](const Step& step) {
    const auto* drawn = std::get_if<Reparameterise>(&step);
    return drawn && drawn->out == ratio.sample && drawn->mean == ratio.mean &&
           drawn->log_variance == ratio.log_variance && drawn->noise == ratio.noise;
  });
}

void check_reconstruction(const Model& model, const Reconstruction& term) {
  const Value &output = model.values[term.output], &images = model.images();
  if (output.channels != images.channels || output.size != images.size)
    refuse("its output has another shape than the images");
  if (output.draws != model.draws()) refuse("its output does not depend on the draws");
  if (!(term.variance > 0)) refuse("a variance must be larger than 0");
  if (term.log_variance && (*term.log_variance >= model.parameters.size() ||
                            model.parameters[*term.log_variance].shape != Shape{1}))
    refuse("a learned variance is no single number");
  for (const Step& step : model.steps)
    for (const ValueId in : inputs(step))
      if (in == term.output) refuse("a step reads the output that is compared with the images");
}

void check_terms(const Model& model) {
  const auto require_value = [&](ValueId id) {
    if (id >= model.values.size()) refuse("a term reads a value that is not there");
  };
  Index reconstructions = 0, posteriors = 0;
  bool weighs = false;
  for (const Term& term : model.terms)
    if (const auto* reconstruction = std::get_if<Reconstruction>(&term)) {
      ++reconstructions;
      require_value(reconstruction->output);
      check_reconstruction(model, *reconstruction);
    } else if (const auto* kl = std::get_if<KlToNormal>(&term)) {
      ++posteriors;
      require_value(kl->mean);
      require_value(kl->log_variance);
    } else {
      ++posteriors;
      weighs = true;
      if (!is_drawn(model, std::get<LogRatio>(term)))
        refuse("a log-ratio is of a sample that is drawn otherwise");
    }
  if (reconstructions != 1)
    refuse(fmt::format("it has {} reconstructions", reconstructions), "one is needed");
  if (posteriors > 1) refuse("it has several posteriors");
  if (weighs != (model.over_draws == OverDraws::log_mean_exp))
    refuse("importance weights need the log-ratio of every draw, and nothing else does");
  require_value(model.code);
  if (model.values[model.code].draws != 1) refuse("its code has several draws");
  if (const auto heads = model.heads()) {
    const Value &mean = model.values[heads->mean], &log_variance = model.values[heads->log_variance];
    if (mean.channels != log_variance.channels || mean.size != log_variance.size)
      refuse("mean and log-variance have different shapes");
    if (model.code != heads->mean) refuse("its code is not the mean of its posterior");
    if (model.values[heads->log_variance].draws != 1) refuse("its posterior has several draws");
  }
}

}  // namespace

std::vector<ValueId> inputs(const Step& step) {
  struct Inputs {
    std::vector<ValueId> operator()(const Affine& s) const { return {s.in}; }
    std::vector<ValueId> operator()(const Gain& s) const { return {s.in}; }
    std::vector<ValueId> operator()(const Shuffle& s) const { return {s.in}; }
    std::vector<ValueId> operator()(const Resize& s) const { return {s.in}; }
    std::vector<ValueId> operator()(const Gate& s) const { return {s.in, s.gate}; }
    std::vector<ValueId> operator()(const Add& s) const { return {s.in, s.other}; }
    std::vector<ValueId> operator()(const Reparameterise& s) const {
      return {s.mean, s.log_variance, s.noise};
    }
  };
  return std::visit(Inputs{}, step);
}

ValueId output(const Step& step) {
  return std::visit([](const auto& s) { return s.out; }, step);
}

Index Model::draws() const {
  Index most = 1;
  for (const Value& value : values) most = std::max(most, value.draws);
  return most;
}

const Reconstruction& Model::reconstruction() const {
  for (const Term& term : terms)
    if (const auto* found = std::get_if<Reconstruction>(&term)) return *found;
  refuse("it has no reconstruction");
}

std::optional<Model::Heads> Model::heads() const {
  for (const Term& term : terms) {
    if (const auto* kl = std::get_if<KlToNormal>(&term)) return Heads{kl->mean, kl->log_variance};
    if (const auto* ratio = std::get_if<LogRatio>(&term)) return Heads{ratio->mean, ratio->log_variance};
  }
  return std::nullopt;
}

double Model::free_nats() const {
  for (const Term& term : terms)
    if (const auto* kl = std::get_if<KlToNormal>(&term)) return kl->free_nats;
  return 0;
}

namespace {

std::optional<ValueId> value_of(const Model& model, Value::Source source) {
  for (ValueId id = 0; id < model.values.size(); ++id)
    if (model.values[id].source == source) return id;
  return std::nullopt;
}

}  // namespace

ValueId Model::image_value() const {
  if (const auto id = value_of(*this, Value::Source::images)) return *id;
  refuse("it reads no images");
}

std::optional<ValueId> Model::noise_value() const { return value_of(*this, Value::Source::noise); }

Index Model::parameter_count() const {
  Index count = 0;
  for (const ParameterSpec& parameter : parameters) count += element_count(parameter.shape);
  return count;
}

ValueId decoder_input(const Model& model) {
  for (const Step& step : model.steps)
    if (std::holds_alternative<Reparameterise>(step)) return output(step);
  return model.code;
}

bool decodes_alone(const Model& model) {
  std::vector<bool> known(model.values.size());
  known[decoder_input(model)] = true;
  for (const Step& step : model.steps) {
    const std::vector<ValueId> in = inputs(step);
    const auto is_known = [&](ValueId id) { return known[id]; };
    const bool any = std::any_of(in.begin(), in.end(), is_known);
    if (any && !std::all_of(in.begin(), in.end(), is_known)) return false;
    if (any) known[output(step)] = true;
  }
  return known[model.reconstruction().output];
}

bool bias_per_element(const Model& model, const Affine& step) {
  return step.bias && model.parameters[*step.bias].shape.size() > 1;
}

Model with_draws(Model model, Index draws) {
  for (Value& value : model.values)
    if (value.source == Value::Source::noise) value.draws = draws;
  for (const Step& step : model.steps) {
    const std::vector<ValueId> in = inputs(step);
    model.values[output(step)].draws =
        std::holds_alternative<Reparameterise>(step) ? draws : model.values[in.front()].draws;
  }
  check(model);
  return model;
}

void check(const Model& model) {
  std::vector<bool> made(model.values.size());
  Index images = 0, noises = 0;
  for (const Value& value : model.values) {
    images += value.source == Value::Source::images ? 1 : 0;
    noises += value.source == Value::Source::noise ? 1 : 0;
  }
  if (images != 1 || noises > 1)
    refuse(fmt::format("it has {} values of images and {} of noise", images, noises));
  for (ValueId id = 0; id < model.values.size(); ++id) {
    if (model.values[id].channels < 1 || model.values[id].draws < 1)
      refuse("a value without channels or draws");
    made[id] = model.values[id].source != Value::Source::step;
  }
  for (const Step& step : model.steps) {
    for (const ValueId in : inputs(step))
      if (in >= made.size() || !made[in]) refuse("a step reads a value that is made later");
    const ValueId out = output(step);
    if (out >= made.size() || made[out]) refuse("two steps make one value");
    if (!(std::visit(OutputOf{model.values}, step) == model.values[out]))
      refuse("a step makes a value of another shape");
    made[out] = true;
  }
  if (!std::all_of(made.begin(), made.end(), [](bool one) { return one; }))
    refuse("no step makes one of its values");
  check_parameters(model);
  check_terms(model);
  check_readers(model);
}

ValueId ModelBuilder::value(Value value) {
  model_.values.push_back(std::move(value));
  return model_.values.size() - 1;
}

ValueId ModelBuilder::image(Index channels, const Shape& size) {
  return value({.source = Value::Source::images, .channels = channels, .size = size, .draws = 1});
}

ValueId ModelBuilder::noise(const Value& like, Index draws) {
  return value(
      {.source = Value::Source::noise, .channels = like.channels, .size = like.size, .draws = draws});
}

ParameterId ModelBuilder::parameter(ParameterSpec spec) {
  model_.parameters.push_back(std::move(spec));
  return model_.parameters.size() - 1;
}

ParameterId ModelBuilder::weight(const std::string& name, const Geometry& geometry, double gain) {
  const Shape shape = geometry.weight_shape();
  const auto fan_in = static_cast<double>(element_count(shape) / geometry.out_channels);
  return parameter({.name = name, .shape = shape, .deviation = std::sqrt(gain / fan_in)});
}

namespace {

// Adds the step with a place for its result, whose shape follows.
template <class S>
ValueId append(Model& model, S step) {
  Value out = OutputOf{model.values}(step);
  step.out = model.values.size();
  model.values.push_back(std::move(out));
  model.steps.emplace_back(std::move(step));
  return model.values.size() - 1;
}

Affine affine(Direction direction, ValueId in, const Geometry& geometry, ParameterId weight,
              std::optional<ParameterId> bias, Activation activation) {
  return {.in = in,
          .out = 0,
          .geometry = geometry,
          .direction = direction,
          .weight = weight,
          .bias = bias,
          .activation = activation};
}

}  // namespace

ValueId ModelBuilder::conv(ValueId in, const Geometry& geometry, ParameterId weight,
                           std::optional<ParameterId> bias, Activation activation) {
  return append(model_, affine(Direction::conv, in, geometry, weight, bias, activation));
}
ValueId ModelBuilder::conv_transpose(ValueId in, const Geometry& geometry, ParameterId weight,
                                     std::optional<ParameterId> bias, Activation activation) {
  return append(model_, affine(Direction::conv_transpose, in, geometry, weight, bias, activation));
}
ValueId ModelBuilder::gain(ValueId in, ParameterId factor) {
  return append(model_, Gain{.in = in, .out = 0, .factor = factor});
}
ValueId ModelBuilder::shuffle(ValueId in, Index factor) {
  return append(model_, Shuffle{.in = in, .out = 0, .factor = factor});
}
ValueId ModelBuilder::resize(ValueId in, Index factor) {
  return append(model_, Resize{.in = in, .out = 0, .factor = factor});
}
ValueId ModelBuilder::gate(ValueId in, ValueId gate) {
  return append(model_, Gate{.in = in, .gate = gate, .out = 0});
}
ValueId ModelBuilder::add(ValueId in, ValueId other) {
  return append(model_, Add{.in = in, .other = other, .out = 0});
}
ValueId ModelBuilder::sample(ValueId mean, ValueId log_variance, ValueId noise) {
  return append(model_, Reparameterise{.mean = mean, .log_variance = log_variance, .noise = noise, .out = 0});
}

Model ModelBuilder::finish(std::vector<Term> terms, OverDraws over_draws, ValueId code) {
  model_.terms = std::move(terms);
  model_.over_draws = over_draws;
  model_.code = code;
  check(model_);
  return model_;
}

}  // namespace fsconv
