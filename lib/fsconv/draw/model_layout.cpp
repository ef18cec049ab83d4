// The longest way to each value, and who lies beside whom.
#include <algorithm>
#include <fsconv/draw/model_layout.hpp>
#include <map>
#include <set>

namespace fsconv::draw {

ModelLayout::ModelLayout(const Model& model) : column(model.values.size()), lane(model.values.size()) {
  std::map<ValueId, const Step*> maker;
  for (const Step& step : model.steps) {  // in the order of what they read
    std::size_t last = 0;
    for (const ValueId in : inputs(step)) last = std::max(last, column[in]);
    column[output(step)] = last + 1;
    maker[output(step)] = &step;
    for (const ValueId in : inputs(step))
      if (model.values[in].source == Value::Source::noise) column[in] = last;
  }

  std::set<ValueId> main_way;
  for (ValueId at = model.reconstruction().output;; at = inputs(*maker.at(at)).front()) {
    main_way.insert(at);
    if (!maker.contains(at)) break;
  }
  std::set<std::pair<std::size_t, std::size_t>> taken;
  for (const ValueId value : main_way) taken.insert({column[value], 0});
  for (ValueId value = 0; value < model.values.size(); ++value) {
    columns = std::max(columns, column[value] + 1);
    if (!main_way.contains(value)) {
      lane[value] = 1;
      while (!taken.insert({column[value], lane[value]}).second) ++lane[value];
    }
    lanes = std::max(lanes, lane[value] + 1);
  }
}

}  // namespace fsconv::draw
