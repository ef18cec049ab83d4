// The plan of a thread's memory, executed with stamps in place of numbers: every step finds what it needs where the
// plan says it lies, nothing is overwritten that is still read, and every gradient begins once.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/nn/plan.hpp>
#include <functional>
#include <map>

#include "nn/small_models.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;

namespace {

constexpr Index line = 64;

// An arena of cache lines, each stamped with what was last written there. What goes wrong first is remembered.
class Arena {
 public:
  explicit Arena(const Plan& plan) : stamps_(static_cast<std::size_t>(plan.bytes / line)) {
    if (plan.bytes % line != 0) complain("the arena is not whole lines");
  }

  // A place is in use at `moment`, of this many bytes; its lines come one by one.
  void use(const std::optional<Place>& place, Index bytes, Index moment, const std::string& what) {
    if (!place) return complain(what + " has no place");
    if (place->offset % line != 0) complain(what + " is not aligned");
    if (place->bytes < bytes) complain(what + " is too small");
    if (place->offset < 0 || place->offset + bytes > static_cast<Index>(stamps_.size()) * line)
      return complain(what + " lies outside the arena");
    if (moment < place->from || place->to < moment) complain(what + " is not in use at that moment");
  }
  void write(const std::optional<Place>& place, Index bytes, Index moment, const std::string& what) {
    use(place, bytes, moment, what);
    each_line(place, bytes, [&](std::string& stamp) {
      if (stamp.starts_with("zeros")) complain(what + " overwrites " + stamp);
      stamp = what;
    });
  }
  void read(const std::optional<Place>& place, Index bytes, Index moment, const std::string& what) {
    use(place, bytes, moment, what);
    each_line(place, bytes, [&](std::string& stamp) {
      if (stamp != what)
        complain(what + " is read, but " + (stamp.empty() ? "nothing" : stamp) + " lies there");
    });
  }
  void complain(const std::string& what) {
    if (complaint_.empty()) complaint_ = what;
  }
  const std::string& complaint() const { return complaint_; }

 private:
  template <class F>
  void each_line(const std::optional<Place>& place, Index bytes, F&& f) {
    if (!complaint_.empty()) return;
    for (Index at = place->offset / line; at * line < place->offset + bytes; ++at)
      f(stamps_[static_cast<std::size_t>(at)]);
  }
  std::vector<std::string> stamps_;
  std::string complaint_;
};

// What the header says happens at each moment.
class Execution {
 public:
  Execution(const Model& model, const PlanRequest& request, const Plan& plan)
      : model_(model), request_(request), plan_(plan), arena_(plan), begun_(model.values.size()) {}

  // The first complaint; nothing where the plan can be executed.
  std::string run() {
    require_lists();
    if (arena_.complaint().empty()) {
      fetch();
      for (std::size_t step = 0; step < model_.steps.size(); ++step) forward(step);
      terms();
      if (request_.trains)
        for (std::size_t step = model_.steps.size(); step-- > 0;) backward(step);
      require_gradients();
    }
    if (arena_.complaint().empty()) require_apart();
    return arena_.complaint();
  }

 private:
  const ValuePlan& of(ValueId id) const { return plan_.values[id]; }
  static std::string named(const char* what, ValueId id) { return std::string(what) + std::to_string(id); }
  Index rows(ValueId id) const { return request_.images * model_.values[id].draws; }
  Index exact_bytes(ValueId id) const { return rows(id) * model_.values[id].elements() * request_.sum_bytes; }
  Index operand_bytes(ValueId id, Index groups) const {
    const Value& value = model_.values[id];
    const Index per_group = value.channels / groups;
    const Index channels = request_.rounds() ? groups * (per_group + per_group % 2) : value.channels;
    return rows(id) * value.pixels() * channels * request_.number_bytes;
  }
  const Affine* maker(ValueId id) const {
    for (const Step& step : model_.steps)
      if (output(step) == id) return std::get_if<Affine>(&step);
    return nullptr;
  }
  bool made_by_step(ValueId id) const { return model_.values[id].source == Value::Source::step; }

  // Which of its ways a value is there in depends on who reads it.
  void read_exact(ValueId id) {
    if (!request_.rounds()) return read_operand(id);
    arena_.read(of(id).exact, exact_bytes(id), moment_, named("exact ", id));
  }
  void read_operand(ValueId id) {
    arena_.read(of(id).operand, operand_bytes(id, of(id).operand_groups), moment_, named("operand ", id));
  }
  void write_value(ValueId id) {
    if (request_.rounds() && of(id).exact)
      arena_.write(of(id).exact, exact_bytes(id), moment_, named("exact ", id));
    if (request_.rounds() && !of(id).operand) return;
    if (!request_.rounds() && !same(of(id).operand, of(id).exact))
      arena_.complain("operand and exact are not one");
    arena_.write(of(id).operand, operand_bytes(id, of(id).operand_groups), moment_, named("operand ", id));
  }
  void read_gradient(ValueId id) {
    arena_.read(of(id).gradient, exact_bytes(id), moment_, named("gradient ", id));
  }
  void hand_over(Into into, ValueId id) {
    if (!request_.trains || !made_by_step(id)) {
      if (into != Into::nothing) arena_.complain(named("nobody wants gradient ", id));
      return;
    }
    if (into == Into::nothing) arena_.complain(named("nobody hands over gradient ", id));
    if (into == Into::fused) {
      if (!of(id).fused) arena_.complain(named("fused without a reason: ", id));
      if (begun_[id]) arena_.complain(named("fused beside others: ", id));
      read_operand(id);  // masks its own gradient
      arena_.write(of(id).operand, operand_bytes(id, of(id).operand_groups), moment_,
                   named("gradient operand ", id));
    } else if (into == Into::store) {
      if (begun_[id]) arena_.complain(named("stored twice: gradient ", id));
      arena_.write(of(id).gradient, exact_bytes(id), moment_, named("gradient ", id));
    } else if (into == Into::add) {
      if (!begun_[id]) arena_.complain(named("added before it is stored: gradient ", id));
      read_gradient(id);
    }
    begun_[id] = true;
  }

  void fetch() {
    moment_ = 0;
    // Zeros are there before everything.
    if (request_.rounds())
      for (ValueId id = 0; id < model_.values.size(); ++id) {
        if (of(id).operand) note_zeros(id, of(id).operand, of(id).operand_groups);
        if (of(id).gradient_operand && maker(id))
          note_zeros(id, of(id).gradient_operand, maker(id)->geometry.groups);
      }
    const ValueId images = model_.image_value();
    arena_.write(plan_.images, exact_bytes(images), moment_, "images");
    write_value(images);
    arena_.read(plan_.images, exact_bytes(images), moment_, "images");
    if (const auto noise = model_.noise_value()) write_value(*noise);
  }

  void forward(std::size_t at) {
    ++moment_;
    const Step& step = model_.steps[at];
    const auto read = [&] {
      for (const ValueId id : inputs(step))
        std::holds_alternative<Affine>(step) ? read_operand(id) : read_exact(id);
    };
    read();
    write_value(output(step));
    read();  // and it is still there: a step does not write where it reads
  }

  void terms() {
    ++moment_;
    const Reconstruction& reconstruction = model_.reconstruction();
    const ValueId image = model_.image_value(), made = reconstruction.output;
    read_exact(image);
    if (model_.values[made].draws > 1) arena_.write(plan_.targets, exact_bytes(made), moment_, "targets");
    if (request_.trains)
      arena_.write(plan_.weights, rows(made) * model_.values[made].channels * request_.sum_bytes, moment_,
                   "weights");
    read_exact(made);
    read_exact(image);
    if (model_.values[made].draws > 1) arena_.read(plan_.targets, exact_bytes(made), moment_, "targets");
    const auto read_heads = [&] {
      for (const Term& term : model_.terms) {
        if (const auto* kl = std::get_if<KlToNormal>(&term))
          read_exact(kl->mean), read_exact(kl->log_variance);
        if (const auto* ratio = std::get_if<LogRatio>(&term)) {
          for (const ValueId id : {ratio->sample, ratio->mean, ratio->log_variance, ratio->noise})
            read_exact(id);
        }
      }
    };
    read_heads();
    if (request_.trains) {
      arena_.read(plan_.weights, rows(made) * model_.values[made].channels * request_.sum_bytes, moment_,
                  "weights");
      // The derivative of the loss is written where the output is.
      if (!same(of(made).gradient, of(made).exact))
        arena_.complain("the output's gradient is not in its place");
    }
    for (std::size_t at = 0; at < model_.terms.size(); ++at) {
      const std::vector<Into>& into = plan_.terms[at];
      const std::vector<ValueId> differentiated = differentiated_by(model_.terms[at]);
      for (std::size_t input = 0; input < differentiated.size(); ++input)
        hand_over(into[input], differentiated[input]);
    }
    read_heads();
  }

  void backward(std::size_t at) {
    ++moment_;
    const Step& step = model_.steps[at];
    const ValueId out = output(step);
    if (const auto* affine = std::get_if<Affine>(&step)) return backward(*affine, plan_.steps[at].front());
    read_gradient(out);
    // What the derivative is made of; the gate becomes its sigmoid in its place.
    std::vector<ValueId> needed;
    if (const auto* gain = std::get_if<Gain>(&step)) needed = {gain->in};
    if (const auto* gate = std::get_if<Gate>(&step)) needed = {gate->in, gate->gate};
    if (const auto* sample = std::get_if<Reparameterise>(&step))
      needed = {sample->log_variance, sample->noise};
    for (const ValueId id : needed) read_exact(id);
    const std::vector<ValueId> in = inputs(step);
    for (std::size_t input = 0; input < in.size(); ++input) hand_over(plan_.steps[at][input], in[input]);
    for (const ValueId id : needed) read_exact(id);
    read_gradient(out);
  }

  void backward(const Affine& step, Into into) {
    const ValueId out = step.out;
    const std::string name = named("gradient operand ", out);
    const bool fused = of(out).fused;
    const std::optional<Place>& operand = fused ? of(out).operand : of(out).gradient_operand;
    const Index bytes = operand_bytes(out, fused ? of(out).operand_groups : step.geometry.groups);
    if (fused) {
      // The engine reads it in the groups of the map that made it: the zeros must be at one place.
      const Index channels = model_.values[out].channels, a = step.geometry.groups,
                  b = of(out).operand_groups;
      if (request_.rounds() && a != b && (channels / a % 2 == 1 || channels / b % 2 == 1))
        arena_.complain("a fused gradient has other zeros than its value");
      if (step.activation != Activation::linear && step.activation != Activation::relu)
        arena_.complain("a fused gradient of an activation that a mask does not derive");
    } else {
      read_gradient(out);
      if (step.activation != Activation::linear) read_exact(out);
      if (!request_.rounds() && !same(operand, of(out).gradient))
        arena_.complain("two gradients where nothing is rounded");
      if (request_.rounds()) arena_.write(operand, bytes, moment_, name);
    }
    const std::string there = !fused && !request_.rounds() ? named("gradient ", out) : name;
    arena_.read(operand, bytes, moment_, there);
    read_operand(step.in);
    hand_over(into, step.in);
    arena_.read(operand, bytes, moment_, there);
  }

  static std::vector<ValueId> differentiated_by(const Term& term) {
    if (const auto* reconstruction = std::get_if<Reconstruction>(&term)) return {reconstruction->output};
    if (const auto* kl = std::get_if<KlToNormal>(&term)) return {kl->mean, kl->log_variance};
    const auto& ratio = std::get<LogRatio>(term);
    return {ratio.sample, ratio.log_variance};
  }

  // As many entries as there are values, steps, terms and inputs.
  void require_lists() {
    bool fits = plan_.values.size() == model_.values.size() && plan_.steps.size() == model_.steps.size() &&
                plan_.terms.size() == model_.terms.size();
    for (std::size_t at = 0; fits && at < model_.steps.size(); ++at)
      fits = plan_.steps[at].size() == inputs(model_.steps[at]).size();
    for (std::size_t at = 0; fits && at < model_.terms.size(); ++at)
      fits = plan_.terms[at].size() == differentiated_by(model_.terms[at]).size();
    if (!fits) arena_.complain("the plan is not of this model");
  }

  void require_gradients() {
    for (ValueId id = 0; id < model_.values.size(); ++id) {
      Index affine_readers = 0, other_readers = 0;
      for (const Step& step : model_.steps)
        for (const ValueId in : inputs(step))
          if (in == id) ++(std::holds_alternative<Affine>(step) ? affine_readers : other_readers);
      for (const Term& term : model_.terms) {
        if (const auto* ratio = std::get_if<LogRatio>(&term))
          other_readers += ratio->mean == id || ratio->noise == id;
        for (const ValueId in : differentiated_by(term)) other_readers += in == id;
      }
      if (of(id).fused && (affine_readers != 1 || other_readers != 0))
        arena_.complain(named("fused with several readers: ", id));
      if (of(id).fused && !(request_.trains && maker(id)))
        arena_.complain(named("fused, but no map made it: ", id));
      if (begun_[id] != (request_.trains && made_by_step(id)))
        arena_.complain(named("never begun: gradient ", id));
    }
  }

  void note_zeros(ValueId id, const std::optional<Place>& place, Index groups) {
    if (model_.values[id].channels / groups % 2 == 1) with_zeros_.push_back(*place);
  }

  // No two places that are in use at one moment share a byte, and none shares one with zeros at any time.
  void require_apart() {
    std::vector<Place> places = with_zeros_;
    const std::size_t zeros = places.size();
    const auto take = [&](const std::optional<Place>& place) {
      if (!place) return;
      for (const Place& other : places)
        if (same(other, place)) return;  // on purpose: operand and exact, a gradient in place
      places.push_back(*place);
    };
    for (const ValuePlan& value : plan_.values)
      for (const auto* place : {&value.operand, &value.exact, &value.gradient, &value.gradient_operand})
        take(*place);
    take(plan_.images);
    take(plan_.targets);
    take(plan_.weights);
    for (std::size_t a = 0; a < places.size(); ++a)
      for (std::size_t b = a + 1; b < places.size(); ++b) {
        const bool bytes = places[a].offset < places[b].offset + places[b].bytes &&
                           places[b].offset < places[a].offset + places[a].bytes;
        const bool moments = places[a].from <= places[b].to && places[b].from <= places[a].to;
        if (bytes && (moments || a < zeros)) arena_.complain("two places overlap");
      }
    for (const Place& place : places)
      if (place.offset % line != 0 || place.offset < 0 || place.offset + place.bytes > plan_.bytes ||
          place.from < 0 || place.to < place.from ||
          place.to > 2 * static_cast<Index>(model_.steps.size()) + 1)
        arena_.complain("a place is none");
  }

  static bool same(const std::optional<Place>& a, const std::optional<Place>& b) {
    return a && b && a->offset == b->offset && a->bytes == b->bytes && a->from == b->from && a->to == b->to;
  }

  const Model& model_;
  const PlanRequest& request_;
  const Plan& plan_;
  Arena arena_;
  Index moment_ = 0;
  std::vector<bool> begun_;
  std::vector<Place> with_zeros_;
};

std::string complaint(const Model& model, const PlanRequest& request, const Plan& plan) {
  return Execution(model, request, plan).run();
}

// The small models and a grid of others.
std::vector<NamedModel> models() {
  std::vector<NamedModel> list = small_models();
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae})
    for (const Decoder decoder : {Decoder::transposed, Decoder::subpixel, Decoder::resize})
      for (const bool gated : {false, true})
        for (const Index residual : {0, 1})
          for (const Index latent : {0, 3})
            for (const bool tied : {false, true})
              for (const Activation activation : {Activation::relu, Activation::linear, Activation::elu})
                for (const Index draws : {1, 3}) {
                  ModelSpec spec = small_spec(kind);
                  spec.image_size = {8, 4};
                  spec.layers = {{.channels = 3, .kernel = 4, .stride = 2},
                                 {.channels = 5, .kernel = 2, .stride = 2}};
                  spec.decoder = decoder;
                  spec.gated = gated;
                  spec.residual = residual;
                  spec.latent = latent;
                  const bool all = tied && decoder == Decoder::transposed;
                  spec.tied = {all, all, tied};
                  if (latent == 0) spec.tied.pop_back();
                  spec.gain = tied;
                  spec.activation = activation;
                  if (kind == ModelKind::ae && draws > 1) continue;
                  spec.draws = draws;
                  spec.bound = draws > 1 && gated ? Bound::iwae : Bound::elbo;
                  list.push_back({std::string(name(kind)) + " " + std::string(name(decoder)) + " gated " +
                                      std::to_string(gated) + " residual " + std::to_string(residual) +
                                      " latent " + std::to_string(latent) + " tied " + std::to_string(tied) +
                                      " " + std::string(name(activation)) + " draws " + std::to_string(draws),
                                  make_model(spec)});
                }
  return list;
}

std::vector<PlanRequest> requests() {
  std::vector<PlanRequest> list;
  for (const Index images : {1, 5, 32})
    for (const bool trains : {false, true}) {
      list.push_back({.images = images, .trains = trains, .number_bytes = 4, .sum_bytes = 4});
      list.push_back({.images = images, .trains = trains, .number_bytes = 8, .sum_bytes = 8});
      list.push_back({.images = images, .trains = trains, .number_bytes = 2, .sum_bytes = 4});
    }
  return list;
}

// Every place of a plan: places that are one are moved together, as the allocator would.
std::vector<std::vector<std::optional<Place>*>> places_of(Plan& plan) {
  std::vector<std::vector<std::optional<Place>*>> list;
  const auto take = [&](std::optional<Place>& place) {
    if (!place) return;
    for (auto& one : list)
      if ((*one.front())->offset == place->offset && (*one.front())->bytes == place->bytes &&
          (*one.front())->from == place->from && (*one.front())->to == place->to)
        return one.push_back(&place);
    list.push_back({&place});
  };
  for (ValuePlan& value : plan.values)
    for (auto* place : {&value.operand, &value.exact, &value.gradient, &value.gradient_operand}) take(*place);
  take(plan.images);
  take(plan.targets);
  take(plan.weights);
  return list;
}

}  // namespace

TEST_CASE("plan: the small layer by hand") {
  // Two images of 4 numbers; one map to 3 channels of 2 pixels and back; floats.
  ModelBuilder m;
  const Geometry geometry{
      .axes = {{.in = 4, .out = 2, .taps = 2, .down = 2}}, .in_channels = 1, .out_channels = 3};
  const ValueId image = m.image(1, {4});
  const ParameterId w = m.weight("w", geometry, 1);
  const ValueId code = m.conv(image, geometry, w, std::nullopt, Activation::relu);
  const ValueId out = m.conv_transpose(code, geometry, w, std::nullopt, Activation::linear);
  const Model model = m.finish({Reconstruction{out, Likelihood::mse}}, OverDraws::mean, code);

  // Moments: 0 images, 1 code, 2 out, 3 terms, 4 back to the code, 5 back to the weight.
  const Plan plan = make_plan(model, {.images = 2, .trains = true});
  const auto in_use = [](const std::optional<Place>& place, Index bytes, Index from, Index to) {
    return place && place->bytes == bytes && place->from == from && place->to == to;
  };
  CHECK(in_use(plan.values[image].operand, 32, 0, 5));  // the weight's gradient reads it
  CHECK(in_use(plan.values[code].operand, 48, 1, 5));   // its gradient is in its place
  CHECK(plan.values[code].fused);
  CHECK_FALSE(plan.values[code].gradient);
  CHECK(in_use(plan.values[out].operand, 32, 2, 4));
  CHECK(in_use(plan.values[out].gradient, 32, 2, 4));
  CHECK(plan.values[out].gradient->offset == plan.values[out].operand->offset);
  CHECK(in_use(plan.images, 32, 0, 0));
  CHECK(in_use(plan.weights, 8, 3, 3));
  CHECK_FALSE(plan.targets);
  CHECK(plan.steps == std::vector<std::vector<Into>>{{Into::nothing}, {Into::fused}});
  CHECK(plan.terms == std::vector<std::vector<Into>>{{Into::store}});
  // images, image, code and out: a line each, and that of the images as they come is free when the code is made
  CHECK(plan.bytes == 4 * line);

  // Without gradients the image lives until the terms, its target; the code until `out` is made.
  const Plan evaluates = make_plan(model, {.images = 2});
  CHECK(in_use(evaluates.values[image].operand, 32, 0, 3));
  CHECK(in_use(evaluates.values[code].operand, 48, 1, 2));
  CHECK(in_use(evaluates.values[out].operand, 32, 2, 3));
  CHECK_FALSE(evaluates.weights);
  CHECK(evaluates.steps == std::vector<std::vector<Into>>{{Into::nothing}, {Into::nothing}});

  // BFloat16: 3 channels are 4 numbers, and the zeros are nobody else's
  const Plan rounded = make_plan(model, {.images = 2, .trains = true, .number_bytes = 2});
  CHECK(in_use(rounded.values[code].operand, 2 * 2 * 4 * 2, 0, 5));
  CHECK_FALSE(rounded.values[code].exact);  // summed and rounded in one go
  CHECK(in_use(rounded.values[image].exact, 32, 0, 3));
}

TEST_CASE("plan: operands have an even number of channels per group where they are rounded") {
  CHECK(operand_channels(6, 2, false) == 6);
  CHECK(operand_channels(6, 2, true) == 8);
  CHECK(operand_channels(6, 1, true) == 6);
  CHECK(operand_channels(6, 6, true) == 12);
  CHECK(operand_channels(1, 1, true) == 2);
  CHECK(operand_channels(8, 4, true) == 8);
}

TEST_CASE("plan: it can be executed: nothing is overwritten that is still read") {
  for (const NamedModel& named : models())
    for (const PlanRequest& request : requests()) {
      INFO(named.name << ", " << request.images << " images, trains " << request.trains << ", bytes "
                      << request.number_bytes);
      const Plan plan = make_plan(named.model, request);
      CHECK(complaint(named.model, request, plan) == "");
    }
}

TEST_CASE("plan: evaluating takes less memory than training, and memory is shared") {
  for (const NamedModel& named : models())
    for (const PlanRequest& request : requests()) {
      if (!request.trains) continue;
      INFO(named.name << ", " << request.images << " images, bytes " << request.number_bytes);
      PlanRequest evaluates = request;
      evaluates.trains = false;
      const Plan with = make_plan(named.model, request), without = make_plan(named.model, evaluates);
      // The same where the most is needed at one moment of the way there.
      CHECK(without.bytes <= with.bytes);
      for (const ValuePlan& value : without.values) {
        CHECK_FALSE(value.wants_gradient);
        CHECK_FALSE(value.gradient);
      }
      // less than all values and their gradients beside each other
      Index all = 0;
      for (const Value& value : named.model.values)
        all += 2 * value.elements() * value.draws * request.images * request.sum_bytes;
      if (request.images == 32) CHECK(with.bytes < all + all / 2);
    }
}

TEST_CASE("plan: training of the small models keeps what evaluating forgets") {
  for (const NamedModel& named : small_models())
    for (const Index bytes : {2, 4}) {
      INFO(named.name << ", bytes " << bytes);
      CHECK(make_plan(named.model, {.images = 32, .trains = false, .number_bytes = bytes, .sum_bytes = 4})
                .bytes <
            make_plan(named.model, {.images = 32, .trains = true, .number_bytes = bytes, .sum_bytes = 4})
                .bytes);
    }
}

TEST_CASE("plan: fused only where one map alone reads what a map made") {
  // A value that a second step or a term reads keeps its exact number and gradient.
  const Model model = make_model([] {
    ModelSpec spec = small_spec(ModelKind::vae);
    spec.residual = 1;
    return spec;
  }());
  const Plan plan = make_plan(model, {.images = 4, .trains = true});
  std::size_t fused = 0;
  for (ValueId id = 0; id < model.values.size(); ++id) fused += plan.values[id].fused;
  CHECK(fused >= 2);  // inside the blocks, at least
  CHECK_FALSE(plan.values[model.heads()->mean].fused);
  CHECK_FALSE(plan.values[model.reconstruction().output].fused);
}

TEST_CASE("plan: a value of odd channels that is read in groups of different sizes is not rounded") {
  ModelBuilder m;
  const Axis axis{.in = 2, .out = 2, .taps = 1};
  const Geometry whole{.axes = {axis}, .in_channels = 6, .out_channels = 1},
      halves{.axes = {axis}, .in_channels = 6, .out_channels = 6, .groups = 2};
  const ValueId image = m.image(1, {2});
  const ParameterId w = m.weight("whole", whole, 1), v = m.weight("halves", halves, 1);
  const ValueId h = m.conv_transpose(image, whole, w, std::nullopt, Activation::relu);
  const ValueId a = m.conv(h, whole, w, std::nullopt, Activation::linear);
  const ValueId b = m.conv(m.conv(h, halves, v, std::nullopt, Activation::relu), whole, w, std::nullopt,
                           Activation::linear);
  const ValueId sum = m.add(a, b);
  const Model model = m.finish({Reconstruction{sum, Likelihood::mse}}, OverDraws::mean, h);
  const PlanRequest rounds{.images = 3, .trains = true, .number_bytes = 2},
      exact{.images = 3, .trains = true};
  try {
    make_plan(model, rounds);
    FAIL("groups of 6 and of 3 channels have their zeros at different places");
  } catch (const InvalidArgument& error) {
    CHECK(error.field() == "precision");
  }
  CHECK(complaint(model, exact, make_plan(model, exact)) == "");
}

TEST_CASE("plan: a place that is moved onto another is noticed") {
  // Every place onto every other one that is in use at one of its moments.
  std::size_t tried = 0;
  for (const NamedModel& named : small_models())
    for (const PlanRequest& request :
         {PlanRequest{.images = 4, .trains = true, .number_bytes = 4, .sum_bytes = 4},
          PlanRequest{.images = 4, .trains = false, .number_bytes = 4, .sum_bytes = 4},
          PlanRequest{.images = 4, .trains = true, .number_bytes = 2, .sum_bytes = 4}}) {
      const Plan plan = make_plan(named.model, request);
      Plan moved = plan;
      const auto places = places_of(moved);
      for (const auto& one : places)
        for (const auto& other : places) {
          const Place a = **one.front(), b = **other.front();
          if (a.offset == b.offset || a.to < b.from || b.to < a.from) continue;
          for (auto* place : one) (*place)->offset = b.offset;
          moved.bytes = plan.bytes + a.bytes + line;  // so that it is not refused for lying outside
          moved.bytes -= moved.bytes % line;
          INFO(named.name << ": " << a.offset << " to " << b.offset);
          CHECK(complaint(named.model, request, moved) != "");
          for (auto* place : one) (*place)->offset = a.offset;
          ++tried;
        }
    }
  CHECK(tried > 1000);
}

TEST_CASE("plan: a place that ends too early, or is no place, is noticed") {
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const PlanRequest request{.images = 4, .trains = true, .number_bytes = 4, .sum_bytes = 4};
    const Plan plan = make_plan(named.model, request);
    const auto with = [&](const std::function<void(Plan&)>& change) {
      Plan changed = plan;
      change(changed);
      return complaint(named.model, request, changed);
    };
    CHECK(with([](Plan&) {}) == "");
    CHECK(with([](Plan& p) { p.bytes -= line; }) != "");
    Plan copy = plan;
    const std::size_t count = places_of(copy).size();
    for (std::size_t at = 0; at < count; ++at) {
      const auto each = [&](auto change) {
        return with([&](Plan& p) {
          const auto places = places_of(p);
          for (auto* place : places[at]) change(**place);
        });
      };
      CHECK(each([](Place& p) { --p.to; }) != "");
      // The log-ratio reads the mean, but hands nothing over: its gradient begins a moment before it has to.
      const Place first = **places_of(copy)[at].front();
      if (named.model.over_draws == OverDraws::mean ||
          first.from != static_cast<Index>(named.model.steps.size()) + 1)
        CHECK(each([](Place& p) { ++p.from; }) != "");
      CHECK(each([](Place& p) { p.offset += line / 2; }) != "");
      CHECK(each([](Place& p) { --p.bytes; }) != "");
    }
    for (ValueId id = 0; id < plan.values.size(); ++id)
      CHECK(with([&](Plan& p) {
              if (p.values[id].operand)
                p.values[id].operand.reset();
              else
                p.values[id].exact.reset();
            }) != "");
  }
}

TEST_CASE(
    "plan: a gradient that is stored where it should be added, or added where it should be stored, is "
    "noticed") {
  std::size_t stores = 0, adds = 0, fused = 0;
  for (const NamedModel& named : small_models())
    for (const Index bytes : {2, 4}) {
      const PlanRequest request{.images = 4, .trains = true, .number_bytes = bytes, .sum_bytes = 4};
      const Plan plan = make_plan(named.model, request);
      for (const bool in_terms : {false, true})
        for (std::size_t at = 0; at < (in_terms ? plan.terms : plan.steps).size(); ++at)
          for (std::size_t input = 0; input < (in_terms ? plan.terms : plan.steps)[at].size(); ++input)
            for (const Into other : {Into::nothing, Into::store, Into::add, Into::fused}) {
              Plan changed = plan;
              Into& into = (in_terms ? changed.terms : changed.steps)[at][input];
              if (into == other) continue;
              (into == Into::store ? stores : into == Into::add ? adds : fused) += into != Into::nothing;
              into = other;
              INFO(named.name << ", " << (in_terms ? "term " : "step ") << at << ", input " << input);
              CHECK(complaint(named.model, request, changed) != "");
            }
    }
  CHECK(stores > 0);
  CHECK(adds > 0);
  CHECK(fused > 0);
}

TEST_CASE("plan: a value fused in spite of two readers is noticed") {
  const Model model = make_model([] {
    ModelSpec spec = small_spec(ModelKind::ae);
    spec.residual = 1;
    return spec;
  }());
  const PlanRequest request{.images = 4, .trains = true, .number_bytes = 4, .sum_bytes = 4};
  const Plan plan = make_plan(model, request);
  for (ValueId id = 0; id < model.values.size(); ++id) {
    Plan changed = plan;
    changed.values[id].fused = !changed.values[id].fused;
    CHECK(complaint(model, request, changed) != "");
  }
}
