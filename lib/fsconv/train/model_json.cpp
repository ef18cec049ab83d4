// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/geometry/case_string.hpp>
#include <fsconv/train/model_json.hpp>

namespace fsconv {
namespace {

using nlohmann::json;

json json_of(const Geometry& geometry) {
  json axes = json::array();
  for (const Axis& axis : geometry.axes)
    axes.push_back({{"in", axis.in},
                    {"out", axis.out},
                    {"taps", axis.taps},
                    {"down", axis.down},
                    {"up", axis.up},
                    {"dilation", axis.dilation},
                    {"pad", axis.pad},
                    {"pad_end", axis.pad_end()}});
  return {{"case", print_case(geometry)},
          {"groups", geometry.groups},
          {"in_channels", geometry.in_channels},
          {"out_channels", geometry.out_channels},
          {"axes", axes}};
}

struct Writer {
  const Model& model;

  const std::string& of(ParameterId id) const { return model.parameters[id].name; }
  json of(const std::optional<ParameterId>& id) const { return id ? json(of(*id)) : json(); }

  json operator()(const Affine& s) const {
    return {{"kind", "affine"},
            {"in", s.in},
            {"out", s.out},
            {"transposed", s.direction == Direction::conv_transpose},
            {"weight", of(s.weight)},
            {"bias", of(s.bias)},
            {"activation", activation_json(s.activation)},
            {"geometry", json_of(s.geometry)}};
  }
  json operator()(const Gain& s) const {
    return {{"kind", "gain"}, {"in", s.in}, {"out", s.out}, {"factor", of(s.factor)}};
  }
  json operator()(const Shuffle& s) const {
    return {{"kind", "shuffle"}, {"in", s.in}, {"out", s.out}, {"by", s.factor}};
  }
  json operator()(const Resize& s) const {
    return {{"kind", "resize"}, {"in", s.in}, {"out", s.out}, {"by", s.factor}};
  }
  json operator()(const Gate& s) const {
    return {{"kind", "gate"}, {"in", s.in}, {"gate", s.gate}, {"out", s.out}};
  }
  json operator()(const Add& s) const {
    return {{"kind", "add"}, {"in", s.in}, {"other", s.other}, {"out", s.out}};
  }
  json operator()(const Reparameterise& s) const {
    return {{"kind", "sample"},
            {"mean", s.mean},
            {"log_variance", s.log_variance},
            {"noise", s.noise},
            {"out", s.out}};
  }
  json operator()(const Reconstruction& t) const {
    return {{"kind", "reconstruction"},
            {"output", t.output},
            {"likelihood", name(t.likelihood)},
            {"variance", t.variance},
            {"log_variance", of(t.log_variance)}};
  }
  json operator()(const KlToNormal& t) const {
    return {{"kind", "kl"}, {"mean", t.mean}, {"log_variance", t.log_variance}, {"free_nats", t.free_nats}};
  }
  json operator()(const LogRatio& t) const {
    return {{"kind", "log_ratio"},
            {"sample", t.sample},
            {"mean", t.mean},
            {"log_variance", t.log_variance},
            {"noise", t.noise}};
  }
};

}  // namespace

json activation_json(Activation activation) {
  json entry = {{"name", name(activation)}};
  if (activation == Activation::leaky_relu) entry["slope"] = leak;
  if (activation == Activation::bounded) entry["bound"] = activation_bound;
  return entry;
}

json to_json(const Model& model) {
  const Writer write{model};
  json values = json::array(), parameters = json::array(), steps = json::array(), terms = json::array();
  for (const Value& value : model.values)
    values.push_back({{"id", values.size()},
                      {"source", name(value.source)},
                      {"channels", value.channels},
                      {"size", value.size},
                      {"draws", value.draws}});
  for (const ParameterSpec& spec : model.parameters)
    parameters.push_back(
        {{"name", spec.name}, {"shape", spec.shape}, {"mean", spec.mean}, {"deviation", spec.deviation}});
  for (const Step& step : model.steps) steps.push_back(std::visit(write, step));
  for (const Term& term : model.terms) terms.push_back(std::visit(write, term));
  return {{"version", model_json_version},
          {"values", values},
          {"parameters", parameters},
          {"steps", steps},
          {"terms", terms},
          {"over_draws", name(model.over_draws)},
          {"code", model.code}};
}

}  // namespace fsconv
