// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/nn/arena.hpp>
#include <fsconv/nn/plan.hpp>

namespace fsconv {
namespace {

constexpr Index line = 64;  // of a cache

// Who makes and who reads a value.
struct Uses {
  std::optional<std::size_t> maker;  // a step
  std::vector<std::size_t> readers;  // steps, ascending
  bool affine_reader = false, other_reader = false;
  bool in_term = false;
};

// The values a term reads, in the order of Plan::terms; and those it only reads.
struct TermInputs {
  std::vector<ValueId> differentiated, read;
};
TermInputs term_inputs(const Term& term) {
  if (const auto* t = std::get_if<Reconstruction>(&term)) return {{t->output}, {}};
  if (const auto* t = std::get_if<KlToNormal>(&term)) return {{t->mean, t->log_variance}, {}};
  const auto& t = std::get<LogRatio>(term);
  return {{t.sample, t.log_variance}, {t.mean, t.noise}};
}

class Planner {
 public:
  Planner(const Model& model, const PlanRequest& request)
      : model_(model),
        request_(request),
        steps_(static_cast<Index>(model.steps.size())),
        uses_(model.values.size()) {}

  Plan make() {
    find_uses();
    plan_.values.resize(model_.values.size());
    for (ValueId id = 0; id < uses_.size(); ++id) decide(id);
    hand_over();
    for (ValueId id = 0; id < uses_.size(); ++id) place_value(id);
    place_rest();
    allocate();
    return plan_;
  }

 private:
  Index forward(std::size_t step) const { return 1 + static_cast<Index>(step); }
  Index terms() const { return steps_ + 1; }
  Index backward(std::size_t step) const { return 2 * steps_ + 1 - static_cast<Index>(step); }

  const Affine* affine(std::size_t step) const { return std::get_if<Affine>(&model_.steps[step]); }
  const Affine* affine_maker(ValueId id) const {
    return uses_[id].maker ? affine(*uses_[id].maker) : nullptr;
  }

  void find_uses() {
    for (std::size_t at = 0; at < model_.steps.size(); ++at) {
      uses_[output(model_.steps[at])].maker = at;
      for (const ValueId in : inputs(model_.steps[at])) {
        Uses& uses = uses_[in];
        uses.readers.push_back(at);
        (affine(at) ? uses.affine_reader : uses.other_reader) = true;
      }
    }
    for (const Term& term : model_.terms) {
      const TermInputs in = term_inputs(term);
      for (const ValueId id : in.differentiated) uses_[id].in_term = true;
      for (const ValueId id : in.read) uses_[id].in_term = true;
    }
  }

  bool same_zeros(Index channels, Index a, Index b) const {
    return !request_.rounds() || a == b || ((channels / a) % 2 == 0 && (channels / b) % 2 == 0);
  }

  // What is kept of a value, and how its gradient comes about.
  void decide(ValueId id) {
    const Uses& uses = uses_[id];
    const Value& value = model_.values[id];
    const Affine* maker = affine_maker(id);
    ValuePlan& plan = plan_.values[id];
    bool first = true;
    for (const std::size_t reader : uses.readers)
      if (const Affine* map = affine(reader)) {
        const Index groups = map->geometry.groups;
        if (!first && !same_zeros(value.channels, groups, plan.operand_groups))
          throw InvalidArgument("precision", "is bf16, and one value is read in groups of different sizes",
                                "use fp32, or an even number of channels per group");
        plan.operand_groups = groups;
        first = false;
      }
    plan.wants_gradient = request_.trains && uses.maker.has_value();
    const bool simple =
        maker && (maker->activation == Activation::linear || maker->activation == Activation::relu);
    const bool zeros_fit = maker && same_zeros(value.channels, maker->geometry.groups, plan.operand_groups);
    plan.fused = plan.wants_gradient && simple && zeros_fit && !uses.in_term && uses.readers.size() == 1 &&
                 uses.affine_reader;
    const bool needs_exact = uses.other_reader || uses.in_term || !maker || !simple || !zeros_fit ||
                             (plan.wants_gradient && !plan.fused && maker->activation != Activation::linear);
    if (uses.affine_reader || !request_.rounds()) plan.operand.emplace();
    if (needs_exact || !request_.rounds()) plan.exact.emplace();
  }

  // Gradients come from the terms first, then from the readers, the last one first: the first of them stores.
  void hand_over() {
    std::vector<bool> begun(model_.values.size());
    const auto next = [&](ValueId id) {
      if (!plan_.values[id].wants_gradient) return Into::nothing;
      if (plan_.values[id].fused) return Into::fused;
      const bool first = !begun[id];
      begun[id] = true;
      return first ? Into::store : Into::add;
    };
    for (const Term& term : model_.terms) {
      plan_.terms.emplace_back();
      for (const ValueId id : term_inputs(term).differentiated) plan_.terms.back().push_back(next(id));
    }
    plan_.steps.resize(model_.steps.size());
    for (std::size_t at = model_.steps.size(); at-- > 0;)
      for (const ValueId id : inputs(model_.steps[at])) plan_.steps[at].push_back(next(id));
  }

  Index rows(const Value& value) const { return request_.images * value.draws; }
  Index exact_bytes(const Value& value) const { return value.elements() * rows(value) * request_.sum_bytes; }
  Index operand_bytes(const Value& value, Index groups) const {
    return operand_channels(value.channels, groups, request_.rounds()) * value.pixels() * rows(value) *
           request_.number_bytes;
  }

  // Whether the backward pass of a step needs this input again.
  bool needed_back(std::size_t step, ValueId id) const {
    if (const auto* s = std::get_if<Reparameterise>(&model_.steps[step]))
      return id == s->log_variance || id == s->noise;
    return !std::holds_alternative<Add>(model_.steps[step]) &&
           !std::holds_alternative<Shuffle>(model_.steps[step]) &&
           !std::holds_alternative<Resize>(model_.steps[step]);
  }

  void place_value(ValueId id) {
    const Uses& uses = uses_[id];
    const Value& value = model_.values[id];
    ValuePlan& plan = plan_.values[id];
    const Index made = uses.maker ? forward(*uses.maker) : 0;
    Index operand_to = made, exact_to = made;
    for (const std::size_t reader : uses.readers) {
      Index& to = affine(reader) ? operand_to : exact_to;
      to = std::max(to, request_.trains && needed_back(reader, id) ? backward(reader) : forward(reader));
    }
    if (uses.in_term) exact_to = std::max(exact_to, terms());
    const Index back = uses.maker && request_.trains ? backward(*uses.maker) : made;
    const Affine* maker = affine_maker(id);
    if (plan.wants_gradient && maker && maker->activation != Activation::linear)
      (plan.fused ? operand_to : exact_to) = back;
    if (plan.fused) operand_to = back;
    if (id == model_.image_value())
      exact_to = std::max(exact_to, terms());  // the target of the reconstruction

    // The gradient of an output takes the output's place: nobody reads it again.
    const bool slope_needed = maker && maker->activation != Activation::linear;
    const bool in_place =
        plan.wants_gradient && !plan.fused && uses.readers.empty() && uses.in_term && !slope_needed;
    if (in_place) exact_to = back;

    const bool zeros =
        request_.rounds() && operand_channels(value.channels, plan.operand_groups, true) != value.channels;
    if (!request_.rounds()) {
      const Place both{.bytes = exact_bytes(value), .from = made, .to = std::max(operand_to, exact_to)};
      places_.push_back({both, {&plan.operand, &plan.exact}});
      if (in_place) places_.back().at.push_back(&plan.gradient);
    } else {
      if (plan.operand)
        places_.push_back({{.bytes = operand_bytes(value, plan.operand_groups),
                            .from = zeros ? 0 : made,
                            .to = zeros ? last() : operand_to},
                           {&plan.operand}});
      if (plan.exact) {
        places_.push_back({{.bytes = exact_bytes(value), .from = made, .to = exact_to}, {&plan.exact}});
        if (in_place) places_.back().at.push_back(&plan.gradient);
      }
    }
    if (!plan.wants_gradient || plan.fused) return;
    if (!in_place) {
      const Index from =
          uses.in_term ? terms() : backward(uses.readers.empty() ? *uses.maker : uses.readers.back());
      places_.push_back({{.bytes = exact_bytes(value), .from = from, .to = back}, {&plan.gradient}});
    }
    if (!maker) return;
    if (!request_.rounds()) {
      places_.back().at.push_back(&plan.gradient_operand);
      return;
    }
    const Index groups = maker->geometry.groups;
    const bool own_zeros = operand_channels(value.channels, groups, true) != value.channels;
    places_.push_back({{.bytes = operand_bytes(value, groups),
                        .from = own_zeros ? 0 : back,
                        .to = own_zeros ? last() : back},
                       {&plan.gradient_operand}});
  }

  Index last() const { return 2 * steps_ + 1; }

  void place_rest() {
    const Value& images = model_.images();
    places_.push_back({{.bytes = exact_bytes(images), .from = 0, .to = 0}, {&plan_.images}});
    const Value& made = model_.values[model_.reconstruction().output];
    if (made.draws > 1)
      places_.push_back({{.bytes = exact_bytes(made), .from = terms(), .to = terms()}, {&plan_.targets}});
    if (request_.trains)
      places_.push_back(
          {{.bytes = rows(made) * made.channels * request_.sum_bytes, .from = terms(), .to = terms()},
           {&plan_.weights}});
  }

  // The largest first, each at the lowest offset where nothing lies that is in use at one of its moments.
  void allocate() {
    std::vector<Pending*> order;
    for (Pending& one : places_) order.push_back(&one);
    std::stable_sort(order.begin(), order.end(),
                     [](const Pending* a, const Pending* b) { return a->place.bytes > b->place.bytes; });
    Arena arena(last() + 1);
    for (Pending* one : order) {
      Place& place = one->place;
      const Index bytes = ceil_div(place.bytes, line) * line;
      place.offset = arena.place(bytes, place.from, place.to);
      plan_.bytes = std::max(plan_.bytes, place.offset + bytes);
    }
    for (const Pending& one : places_)
      for (std::optional<Place>* at : one.at) *at = one.place;
  }

  // A place that is wanted, and who wants it.
  struct Pending {
    Place place;
    std::vector<std::optional<Place>*> at;
  };

  const Model& model_;
  const PlanRequest& request_;
  Index steps_;
  std::vector<Uses> uses_;
  std::vector<Pending> places_;
  Plan plan_;
};

}  // namespace

Index operand_channels(Index channels, Index groups, bool rounds) {
  return rounds ? ceil_div(channels / groups, 2) * 2 * groups : channels;
}

Plan make_plan(const Model& model, const PlanRequest& request) { return Planner(model, request).make(); }

}  // namespace fsconv
