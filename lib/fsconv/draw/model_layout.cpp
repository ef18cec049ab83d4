// Which side, the order on it, who faces whom, and who lies beside whom.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/draw/model_layout.hpp>
#include <map>
#include <set>

namespace fsconv::draw {

namespace {

using Side = ModelLayout::Side;

// A box and the step below it, by the value that the step makes.
struct Unit {
  ValueId box;
  std::optional<ValueId> step;
};

class Maker {
 public:
  Maker(const Model& model, ModelLayout& layout)
      : model_(model), layout_(layout), makers_(model.values.size()), uses_(model.parameters.size()) {
    for (const Step& step : model.steps) {
      makers_[output(step)] = &step;
      if (const auto id = weight(step)) ++uses_[*id];
    }
  }

  void make() {
    layout_.places.resize(model_.values.size());
    const std::set<ValueId> main_way = choose_sides();
    const std::vector<ValueId> left = left_order(), right = right_order(left);
    layout_.left_lanes = choose_lanes(left, main_way);
    layout_.right_lanes = choose_lanes(right, main_way);

    std::vector<Unit> down, up;
    for (const ValueId value : left) {
      if (makers_[value] && !down.empty()) down.back().step = value;
      if (side(value) == Side::left) down.push_back({value, {}});
    }
    for (auto at = right.rbegin(); at != right.rend(); ++at) up.push_back({*at, *at});
    face(down, up);
  }

 private:
  Side side(ValueId value) const { return layout_.places[value].side; }

  std::set<ValueId> choose_sides() {
    const ValueId bottom = decoder_input(model_);
    layout_.places[bottom].side = Side::bottom;
    for (const Step& step : model_.steps)
      for (const ValueId in : inputs(step))
        if (side(in) != Side::left) layout_.places[output(step)].side = Side::right;
    std::set<ValueId> main_way;
    for (ValueId at = model_.reconstruction().output; side(at) == Side::right;
         at = inputs(*makers_[at]).front())
      main_way.insert(at);
    for (ValueId at = bottom; main_way.insert(at).second && makers_[at];) at = inputs(*makers_[at]).front();
    return main_way;
  }

  // As they are made, noise before who reads it, the bottom last.
  std::vector<ValueId> left_order() const {
    std::vector<ValueId> order{model_.image_value()}, last;
    std::set<ValueId> placed;
    for (const Step& step : model_.steps) {
      if (side(output(step)) == Side::right) continue;
      std::vector<ValueId>& into = side(output(step)) == Side::bottom ? last : order;
      for (const ValueId in : inputs(step))
        if (model_.values[in].source == Value::Source::noise && placed.insert(in).second) into.push_back(in);
      into.push_back(output(step));
    }
    order.insert(order.end(), last.begin(), last.end());
    return order;
  }

  static std::optional<ParameterId> weight(const Step& step) {
    const auto* affine = std::get_if<Affine>(&step);
    return affine ? std::optional(affine->weight) : std::nullopt;
  }

  // From the bottom upwards; where a choice is free, first what shares a weight with what lies lower on the left.
  std::vector<ValueId> right_order(const std::vector<ValueId>& left) const {
    std::map<ParameterId, std::size_t> depth;
    for (std::size_t at = 0; at < left.size(); ++at)
      if (makers_[left[at]])
        if (const auto id = weight(*makers_[left[at]])) depth[*id] = at + 1;
    std::vector<const Step*> waiting;
    for (const Step& step : model_.steps)
      if (side(output(step)) == Side::right) waiting.push_back(&step);
    const auto depth_of = [&](const Step* step) {
      const auto id = weight(*step);
      return id && depth.contains(*id) ? depth.at(*id) : 0;
    };
    std::vector<ValueId> order;
    std::set<ValueId> made;
    while (!waiting.empty()) {
      auto best = waiting.end();
      for (auto at = waiting.begin(); at != waiting.end(); ++at) {
        const std::vector<ValueId> in = inputs(**at);
        const bool ready = std::all_of(in.begin(), in.end(), [&](ValueId value) {
          return side(value) != Side::right || made.contains(value);
        });
        if (ready && (best == waiting.end() || depth_of(*at) >= depth_of(*best))) best = at;
      }
      order.push_back(output(**best));
      made.insert(order.back());
      waiting.erase(best);
    }
    return order;
  }

  // In the order of a side step n lies at 2n-1 and its box at 2n; the bottom before all.
  std::size_t choose_lanes(const std::vector<ValueId>& order, const std::set<ValueId>& main_way) {
    std::map<ValueId, std::size_t> box;
    for (std::size_t at = 0; at < order.size(); ++at) box[order[at]] = 2 * at + 2;
    std::map<ValueId, std::size_t> last = box;
    for (const ValueId out : order)
      if (makers_[out])
        for (const ValueId in : inputs(*makers_[out]))
          if (box.contains(in)) last[in] = std::max(last[in], box[out] - 1);

    struct Taken {
      std::size_t lane, from, to;
    };
    std::vector<Taken> taken;
    std::size_t lanes = 1;
    for (const ValueId value : order) {
      if (main_way.contains(value)) continue;
      std::size_t& lane = layout_.places[value].lane;
      const auto from = [&] {  // the branch runs in its own lane, from what lies further in
        if (!makers_[value]) return box[value];
        std::size_t first = box[value] - 1;
        for (const ValueId in : inputs(*makers_[value])) {
          if (layout_.places[in].lane >= lane) continue;
          if (box.contains(in)) first = std::min(first, box[in]);
          if (side(in) == Side::bottom) first = 0;
        }
        return first;
      };
      const auto is_free = [&] {
        return std::none_of(taken.begin(), taken.end(), [&](const Taken& other) {
          return other.lane == lane && other.from < last[value] && from() < other.to;
        });
      };
      for (lane = 1; !is_free();) ++lane;
      taken.push_back({lane, from(), last[value]});
      lanes = std::max(lanes, lane + 1);
    }
    return lanes;
  }

  // How well two units face each other; below 0 they must not.
  int likeness(const Unit& left, const Unit& right) const {
    const Value &one = model_.values[left.box], &other = model_.values[right.box];
    int sum = one.channels == other.channels && one.size == other.size ? 11 : 1;
    if (!left.step) return sum;
    const auto* down = std::get_if<Affine>(makers_[*left.step]);
    const auto* up = std::get_if<Affine>(makers_[*right.step]);
    if (!down || !up) return sum;
    if (down->weight == up->weight) return sum + 1000;
    if (uses_[down->weight] > 1 || uses_[up->weight] > 1) return -1;  // a line to somebody else begins here
    if (down->geometry == up->geometry && down->direction != up->direction) sum += 30;
    return sum;
  }

  // The alignment of both sides, each in its order, whose pairs are most alike in all; who has no partner is alone in its
  // row.
  void face(const std::vector<Unit>& left, const std::vector<Unit>& right) {
    const std::size_t n = left.size(), m = right.size();
    std::vector<std::vector<int>> best(n + 1, std::vector<int>(m + 1)), pair = best;
    for (std::size_t i = n; i-- > 0;)
      for (std::size_t j = m; j-- > 0;) {
        pair[i][j] = likeness(left[i], right[j]);
        best[i][j] =
            std::max({best[i + 1][j], best[i][j + 1], pair[i][j] < 0 ? 0 : best[i + 1][j + 1] + pair[i][j]});
      }
    std::size_t i = 0, j = 0;
    while (i < n || j < m) {
      const bool both = i < n && j < m && pair[i][j] >= 0 && best[i][j] == best[i + 1][j + 1] + pair[i][j];
      const bool go_left = both || j == m || (i < n && best[i][j] == best[i + 1][j]);
      if (go_left) put(left[i++]);
      if (both || !go_left) put(right[j++]);
      ++layout_.rows;
    }
    layout_.places[decoder_input(model_)].row = layout_.rows;
  }
  void put(const Unit& unit) {
    layout_.places[unit.box].row = layout_.rows;
    if (unit.step) layout_.places[*unit.step].step_row = layout_.rows;
  }

  const Model& model_;
  ModelLayout& layout_;
  std::vector<const Step*> makers_;  // by ValueId
  std::vector<Index> uses_;          // of a weight, by ParameterId
};

}  // namespace

ModelLayout::ModelLayout(const Model& model) { Maker(model, *this).make(); }

}  // namespace fsconv::draw
