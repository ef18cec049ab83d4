// Boxes, what stands above and below them, arrows between them, and brackets over those that share a weight.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/draw/model_figure.hpp>
#include <fsconv/draw/model_layout.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/model_words.hpp>
#include <map>
#include <set>

namespace fsconv::draw {

namespace {

constexpr double margin = 24, text_size = 12, line_height = 16, gap = 30, longest_words = 116;
constexpr double bracket_step = 30, tallest_box = 130;

std::string plain(std::string text) {
  std::replace(text.begin(), text.end(), glue, ' ');
  return text;
}
std::string numbers(Index count) {
  return fmt::format("{} number{}", fmt::group_digits(count), count == 1 ? "" : "s");
}

struct Line {
  std::string text;
  Paint colour = {Role::quiet};
  bool bold = false;
};

// A value in the picture.
struct Node {
  Role role = Role::cell;
  double width = 0, height = 0, x = 0, y = 0;  // of the box; x and y of its centre
  std::vector<Line> lines;                     // below it
  double text_bottom = 0, column_end = 0;
};

// A weight that several steps use, and where: the values that they make, and whether it is transposed there.
struct Shared {
  ParameterId parameter;
  std::vector<std::pair<ValueId, bool>> uses;
};

class Figure {
 public:
  explicit Figure(const Model& model) : model_(model), layout_(model), nodes_(model.values.size()) {}

  Scene make() {
    describe();
    find_shared();
    place();
    for (const Step& step : model_.steps) draw_arrows(step);
    for (ValueId value = 0; value < nodes_.size(); ++value) draw(value);
    for (std::size_t at = 0; at < shared_.size(); ++at) draw_bracket(at);
    draw_heading();
    draw_objective();
    return std::move(scene_);
  }

 private:
  // ---- What stands at each value.

  void describe() {
    for (ValueId value = 0; value < nodes_.size(); ++value) {
      const Value& one = model_.values[value];
      const Index side = one.size.empty() ? 1 : *std::max_element(one.size.begin(), one.size.end());
      Node& node = nodes_[value];
      node.height = std::min(tallest_box, 16 + 15 * std::log2(static_cast<double>(side)));
      node.width = 12 + 6 * std::log2(static_cast<double>(one.channels));
      if (one.source == Value::Source::images)
        node = {Role::image, node.width, node.height, 0, 0, {{"images"}}, 0, 0};
      if (one.source == Value::Source::noise) node.lines = {{"noise"}};
    }
    nodes_[model_.reconstruction().output].role = Role::image;
    nodes_[model_.code].role = Role::code;
    nodes_[decoder_input(model_)].role = Role::code;
    for (const Step& step : model_.steps) {
      Node& node = nodes_[output(step)];
      std::visit([&](const auto& one) { node.lines = words(one); }, step);
      add_learned(node, step);
    }
    if (const auto heads = model_.heads()) {
      nodes_[heads->mean].lines.insert(nodes_[heads->mean].lines.begin(), {"mean", {Role::ink}});
      nodes_[heads->log_variance].lines.insert(nodes_[heads->log_variance].lines.begin(),
                                               {"log-variance", {Role::ink}});
    }
  }

  std::vector<Line> words(const Affine& step) const {
    const bool transposed = step.direction == Direction::conv_transpose;
    std::string text = transposed ? "transposed " : "";
    text += is_linear(step.geometry) ? "linear" : "conv " + geometry_words(step.geometry);
    return lines(text + activation_words(step.activation));
  }
  std::vector<Line> words(const Gain&) const { return lines("gain per channel"); }
  std::vector<Line> words(const Shuffle& step) const {
    return lines(fmt::format("shuffle {} channels into pixels", step.factor * step.factor));
  }
  std::vector<Line> words(const Resize& step) const {
    return lines(fmt::format("repeat pixels, {} times", step.factor));
  }
  std::vector<Line> words(const Gate&) const { return lines("times sigmoid of the gate"); }
  std::vector<Line> words(const Add&) const { return lines("sum of both"); }
  std::vector<Line> words(const Reparameterise& step) const {
    const Index draws = model_.values[step.noise].draws;
    return lines("sample: mean + deviation * noise" + (draws > 1 ? fmt::format(", {} draws", draws) : ""));
  }
  static std::vector<Line> lines(const std::string& text) {
    std::vector<Line> all;
    for (const std::string& line : text_lines(text, longest_words, text_size)) all.push_back({plain(line)});
    return all;
  }

  // What a step is the first to use.
  void add_learned(Node& node, const Step& step) {
    Index count = 0;
    const auto learn = [&](ParameterId id) {
      if (!named_.insert(id).second) return;
      node.lines.push_back({model_.parameters[id].name, {Role::ink}, true});
      count += element_count(model_.parameters[id].shape);
    };
    if (const auto* affine = std::get_if<Affine>(&step)) {
      learn(affine->weight);
      if (affine->bias) learn(*affine->bias);
    } else if (const auto* gain = std::get_if<Gain>(&step)) {
      learn(gain->factor);
    }
    if (count > 0) node.lines.push_back({numbers(count)});
  }

  void find_shared() {
    std::map<ParameterId, std::vector<std::pair<ValueId, bool>>> uses;
    for (const Step& step : model_.steps)
      if (const auto* affine = std::get_if<Affine>(&step)) {
        uses[affine->weight].emplace_back(affine->out, affine->direction == Direction::conv_transpose);
        if (affine->bias) uses[*affine->bias].emplace_back(affine->out, false);
      } else if (const auto* gain = std::get_if<Gain>(&step)) {
        uses[gain->factor].emplace_back(gain->out, false);
      }
    for (auto& [parameter, of] : uses)
      if (of.size() > 1) shared_.push_back({parameter, std::move(of)});
  }

  // ---- Where it lies.

  bool is_above(const Shared& shared) const {
    return std::all_of(shared.uses.begin(), shared.uses.end(),
                       [&](const auto& use) { return layout_.lane[use.first] == 0; });
  }
  std::pair<std::size_t, std::size_t> span(const Shared& shared) const {
    const auto column = [&](const auto& use) { return layout_.column[use.first]; };
    std::size_t first = column(shared.uses.front()), last = first;
    for (const auto& use : shared.uses) {
      first = std::min(first, column(use));
      last = std::max(last, column(use));
    }
    return {first, last};
  }

  // How far out each bracket lies: outside of all that it spans, on its side.
  std::vector<std::size_t> levels() const {
    std::vector<std::size_t> order(shared_.size()), level(shared_.size());
    for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
    const auto length = [&](std::size_t at) { return span(shared_[at]).second - span(shared_[at]).first; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t one, std::size_t other) { return length(one) < length(other); });
    for (std::size_t n = 0; n < order.size(); ++n)
      for (std::size_t m = 0; m < n; ++m) {
        const auto [first, last] = span(shared_[order[n]]);
        const auto [inner_first, inner_last] = span(shared_[order[m]]);
        const bool apart = inner_last < first || inner_first > last;
        if (!apart && is_above(shared_[order[n]]) == is_above(shared_[order[m]]))
          level[order[n]] = std::max(level[order[n]], level[order[m]] + 1);
      }
    return level;
  }

  void place() {
    levels_ = levels();
    std::size_t above = 0, below = 0;
    for (std::size_t at = 0; at < shared_.size(); ++at)
      (is_above(shared_[at]) ? above : below) =
          std::max(is_above(shared_[at]) ? above : below, levels_[at] + 1);

    std::vector<double> widths(layout_.columns), heights(layout_.lanes), texts(layout_.lanes);
    for (ValueId value = 0; value < nodes_.size(); ++value) {
      const Node& node = nodes_[value];
      double width = std::max(node.width, text_width(size_text(model_.values[value]), text_size));
      for (const Line& line : node.lines)
        width = std::max(width, text_width(line.text, text_size, line.bold));
      double& column = widths[layout_.column[value]];
      column = std::max(column, width);
      const std::size_t lane = layout_.lane[value];
      heights[lane] = std::max(heights[lane], node.height);
      texts[lane] = std::max(texts[lane], static_cast<double>(node.lines.size()) * line_height);
    }
    std::vector<double> centres(layout_.columns);
    double x = margin;
    for (std::size_t at = 0; at < widths.size(); ++at) {
      centres[at] = x + widths[at] / 2;
      x += widths[at] + gap;
    }
    constexpr double heading = 56;
    scene_.width = std::max(x - gap + margin, 640.0);
    bracket_base_ = margin + heading + static_cast<double>(above) * bracket_step;
    double y = bracket_base_;
    for (std::size_t lane = 0; lane < layout_.lanes; ++lane) {
      const double top = y + line_height + 14;  // of the boxes, below their sizes
      for (ValueId value = 0; value < nodes_.size(); ++value)
        if (layout_.lane[value] == lane) {
          nodes_[value].x = centres[layout_.column[value]];
          nodes_[value].column_end = centres[layout_.column[value]] + widths[layout_.column[value]] / 2;
          nodes_[value].y = top + heights[lane] / 2;
          nodes_[value].text_bottom =
              top + heights[lane] + 8 + static_cast<double>(nodes_[value].lines.size()) * line_height;
        }
      text_top_.push_back(top + heights[lane] + 8);
      y = top + heights[lane] + 8 + texts[lane] + 8;
    }
    lanes_bottom_ = y;
    bottom_ = y + static_cast<double>(below) * bracket_step + (below > 0 ? 24 : 8);
  }

  // ---- Drawn.

  void label(double x, double y, const Line& line, Anchor anchor = Anchor::middle, double size = text_size) {
    scene_.add(Label{{x, y}, line.text, size, line.colour, anchor, line.bold});
  }

  void draw(ValueId value) {
    const Node& node = nodes_[value];
    const bool noise = model_.values[value].source == Value::Source::noise;
    scene_.add(Rectangle{node.x - node.width / 2,
                         node.y - node.height / 2,
                         node.width,
                         node.height,
                         2,
                         {.fill = {node.role},
                          .stroke = {node.role == Role::cell ? Role::quiet : node.role},
                          .dashed = noise,
                          .hatch = noise ? Hatch::dotted : Hatch::none}},
               {}, size_text(model_.values[value]));
    label(node.x, node.y - node.height / 2 - 7, {size_text(model_.values[value]), {Role::ink}});
    double y = text_top_[layout_.lane[value]] + 12;
    for (const Line& line : node.lines) {
      label(node.x, y, line);
      y += line_height;
    }
  }

  void draw_arrows(const Step& step) {
    const Node& to = nodes_[output(step)];
    for (const ValueId in : inputs(step)) {
      const Node& from = nodes_[in];
      const Point begin{from.x + from.width / 2 + 2, from.y}, end{to.x - to.width / 2 - 2, to.y};
      const Style style{.stroke = {Role::quiet}, .stroke_width = 1.25};
      if (from.y == to.y) {
        scene_.add(Path{{begin, end}, style, false, false, true});
      } else {
        // Up or down only between columns, where nothing is written.
        const Point leave{from.column_end, begin.y}, arrive{leave.x + gap, end.y};
        const double middle = leave.x + gap / 2;
        scene_.add(Path{
            {begin, begin, leave, leave, {middle, leave.y}, {middle, arrive.y}, arrive}, style, false, true});
        scene_.add(Path{{arrive, end}, style, false, false, true});
      }
    }
  }

  void draw_bracket(std::size_t at) {
    const Shared& shared = shared_[at];
    const bool above = is_above(shared);
    const double level = static_cast<double>(levels_[at]);
    const double y = above ? bracket_base_ - level * bracket_step : lanes_bottom_ + 14 + level * bracket_step;
    const Paint colour{Role::series, static_cast<int>(at)};
    const Style style{.stroke = colour, .stroke_width = 1.75};
    double first = scene_.width, last = 0;
    for (const auto& [value, transposed] : shared.uses) {
      const Node& node = nodes_[value];
      const double foot = above ? node.y - node.height / 2 - line_height - 6 : node.text_bottom + 2;
      scene_.add(Path{{{node.x, y}, {node.x, foot}}, style, false, false, true});
      label(node.x + 6, above ? y + 15 : y - 5, {transposed ? "Wᵀ" : "W", colour, true}, Anchor::start);
      first = std::min(first, node.x);
      last = std::max(last, node.x);
    }
    scene_.add(Path{{{first, y}, {last, y}}, style});
    const std::string text = fmt::format(
        "{}{}", numbers(element_count(model_.parameters[shared.parameter].shape)),
        shared.uses.size() == 2 ? ", shared" : fmt::format(", used {} times", shared.uses.size()));
    label((first + last) / 2, y - 5, {text, colour});
  }

  void draw_heading() {
    const bool variational = model_.heads().has_value();
    scene_.title = variational ? "A variational autoencoder" : "An autoencoder";
    const Index learned = model_.parameter_count(), apart = count_without_sharing(model_);
    std::string text = numbers(learned) + " are learned";
    if (apart != learned) text += fmt::format(", {} if nothing were shared", fmt::group_digits(apart));
    scene_.description = fmt::format("{} from {} to {} and back; {}.", scene_.title,
                                     size_text(model_.images()), size_text(model_.values[model_.code]), text);
    label(margin, margin + 14, {scene_.title, {Role::ink}, true}, Anchor::start, 17);
    label(margin, margin + 36, {text}, Anchor::start, 13);
  }

  void draw_objective() {
    double y = bottom_ + 18;
    const auto row = [&](const std::string& words, Role role = Role::quiet, bool bold = false) {
      for (const std::string& line : text_lines(plain(words), scene_.width - 2 * margin, 13, bold)) {
        label(margin, y, {line, {role}, bold}, Anchor::start, 13);
        y += 18;
      }
    };
    row("made small, in nats per image", Role::ink, true);
    for (const Term& term : model_.terms) std::visit([&](const auto& one) { row(words(one)); }, term);
    for (ParameterId id = 0; id < model_.parameters.size(); ++id)
      if (!named_.contains(id)) {
        row("learned beside the steps:");
        row(model_.parameters[id].name, Role::ink, true);
      }
    scene_.height = y + margin - 12;
  }
  static std::string words(const Reconstruction& term) { return reconstruction_words(term); }
  static std::string words(const KlToNormal& term) {
    return "+ KL(q(z|x) || N(0, 1))" +
           (term.free_nats > 0 ? fmt::format(", at least {} nats per latent number", term.free_nats) : "");
  }
  static std::string words(const LogRatio&) { return "+ log q(z|x) - log p(z) at the sample"; }

  const Model& model_;
  ModelLayout layout_;
  std::vector<Node> nodes_;
  std::set<ParameterId> named_;
  std::vector<Shared> shared_;
  std::vector<std::size_t> levels_;
  std::vector<double> text_top_;  // by lane
  double bracket_base_ = 0, lanes_bottom_ = 0, bottom_ = 0;
  Scene scene_;
};

}  // namespace

Scene model_figure(const Model& model) { return Figure(model).make(); }

}  // namespace fsconv::draw
