// Two columns of boxes, arrows along them, words inside of them, and in the middle the lines of shared weights.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/draw/model_captions.hpp>
#include <fsconv/draw/model_figure.hpp>
#include <fsconv/draw/model_layout.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/nn/model_words.hpp>

namespace fsconv::draw {

namespace {

constexpr double margin = 24, heading = 62, text_size = 12, line_height = 15, longest_line = 178;
constexpr double beside_box = 14;     // between a box and a lane, or the words
constexpr double arrow = 15;          // the least between a dot and a box
constexpr double around_words = 7;    // half of the least between the words of two steps
constexpr double between_words = 24;  // the least between the words of both sides
constexpr double dot = 3.5;
// Of the line of a shared weight: the least between it and words, the width of W or W^T at its end, how far its labels reach
// above and below it, and the distance between two such that go from row to row.
constexpr double line_gap = 8, mark_width = 26, line_label = 21, bus_step = 24;

using Side = ModelLayout::Side;

class Figure {
 public:
  Figure(const Model& model, const KlWeight& kl)
      : model_(model),
        kl_(kl),
        layout_(model),
        captions_(model, text_size, longest_line),
        steps_(model.values.size()) {
    for (const Step& step : model.steps) steps_[output(step)] = &step;
  }

  Scene make() {
    place_lines();
    place_across();
    place_down();
    for (const SharedParameter& shared : captions_.shared) draw_shared(shared);
    for (const Step& step : model_.steps) draw_arrows(step);
    for (ValueId value = 0; value < steps_.size(); ++value) {
      draw_box(value);
      if (steps_[value]) draw_step(value);
    }
    draw_heading();
    draw_objective();
    return std::move(scene_);
  }

 private:
  // ---- Where it lies.

  // The side whose column a step's dot and words stand in: the step that makes the bottom value is left.
  bool is_right(ValueId value) const { return layout_.places[value].side == Side::right; }
  double outwards(ValueId value) const { return is_right(value) ? 1 : -1; }
  std::size_t step_row(ValueId made) const { return layout_.places[made].step_row.value(); }
  bool faces(const SharedParameter& shared) const {
    return shared.uses.size() == 2 && step_row(shared.uses[0].value) == step_row(shared.uses[1].value);
  }

  // In each row the lines of shared parameters lie below each other, the first at the height of the steps.
  void place_lines() {
    lines_.resize(layout_.rows);
    for (const SharedParameter& shared : captions_.shared)
      for (const auto& use : shared.uses) {
        std::vector<ParameterId>& row = lines_[step_row(use.value)];
        if (std::find(row.begin(), row.end(), shared.parameter) == row.end()) row.push_back(shared.parameter);
      }
  }
  double line_y(const SharedParameter& shared, ValueId value) const {
    const std::size_t row = step_row(value);
    const auto at = std::find(lines_[row].begin(), lines_[row].end(), shared.parameter);
    return step_y_[row] + 2 * line_label * static_cast<double>(at - lines_[row].begin());
  }

  std::string shared_words(const SharedParameter& shared) const {
    const std::string count = numbers_text(element_count(model_.parameters[shared.parameter].shape));
    return shared.uses.size() == 2 ? count : fmt::format("{}, used {} times", count, shared.uses.size());
  }
  double line_width(const SharedParameter& shared) const {
    const ParameterSpec& spec = model_.parameters[shared.parameter];
    return 2 * (line_gap + mark_width) +
           std::max(text_width(spec.name, text_size, true), text_width(shared_words(shared), text_size));
  }

  // From the edge where the words of the left begin to that where the words of the right end.
  double middle_width() {
    std::vector<double> left(layout_.rows), right(layout_.rows);
    for (ValueId value = 0; value < steps_.size(); ++value)
      if (steps_[value])
        (is_right(value) ? right : left)[step_row(value)] = captions_.words_width(value, text_size);
    double all = 0, to_buses = 0, buses = 0, beyond_buses = 0;
    for (std::size_t row = 0; row < layout_.rows; ++row) {
      all = std::max(all, left[row] + between_words + right[row]);
      beyond_buses = std::max(beyond_buses, line_gap + mark_width + right[row]);
    }
    for (const SharedParameter& shared : captions_.shared) {
      for (const auto& use : shared.uses) {
        const std::size_t row = step_row(use.value);
        to_buses = std::max(to_buses, left[row] + line_width(shared));
        if (faces(shared)) all = std::max(all, left[row] + line_width(shared) + right[row]);
      }
      if (!faces(shared)) buses += bus_step;
    }
    bus_ = left_words_ + to_buses;
    return buses > 0 ? std::max(all, to_buses + buses + beyond_buses) : all;
  }

  void place_across() {
    double widest = 0;
    for (const Caption& caption : captions_.values) widest = std::max(widest, caption.width);
    lane_ = widest / 2 + beside_box;
    left_ = margin + widest / 2 + lane_ * static_cast<double>(layout_.left_lanes - 1);
    left_words_ = left_ + lane_;
    right_words_ = left_words_ + middle_width();
    const double beyond = lane_ * static_cast<double>(layout_.right_lanes) + widest / 2 + margin;
    right_words_ = std::max(right_words_, 640 - beyond);
    right_ = right_words_ + lane_;
    bottom_ = (left_ + right_) / 2;
    scene_.width = right_words_ + beyond;
  }

  void place_down() {
    const std::size_t rows = layout_.rows;
    std::vector<double> boxes(rows + 1), above(rows), below(rows);  // how far they reach from their middle
    for (ValueId value = 0; value < steps_.size(); ++value) {
      double& box = boxes[layout_.places[value].row];
      box = std::max(box, captions_.values[value].height / 2);
      if (!steps_[value]) continue;
      const double words = static_cast<double>(captions_.values[value].lines.size()) * line_height / 2;
      const std::size_t row = step_row(value), lines = lines_[row].size();
      above[row] = std::max({above[row], words, lines > 0 ? line_label : 0});
      below[row] =
          std::max({below[row], words, lines > 0 ? line_label * static_cast<double>(2 * lines - 1) : 0});
    }
    const auto apart = [](double box, double text) { return std::max(box + arrow, text + around_words); };
    double y = margin + heading + line_height + boxes.front();
    for (std::size_t row = 0; row < rows; ++row) {
      box_y_.push_back(y);
      step_y_.push_back(y += apart(boxes[row], above[row]));
      y += apart(boxes[row + 1], below[row]);
    }
    // The bottom box lies under the words, not beside them.
    if (rows > 0) y = std::max(y, step_y_.back() + below.back() + line_height + boxes.back());
    box_y_.push_back(y);
    end_ = y + boxes.back() + line_height + 12;
  }

  Point box(ValueId value) const {
    const ModelLayout::Place& place = layout_.places[value];
    const double y = box_y_[place.row];
    return place.side == Side::bottom ? Point{bottom_, y} : Point{lane(value), y};
  }
  double lane(ValueId value) const {
    return (is_right(value) ? right_ : left_) +
           outwards(value) * lane_ * static_cast<double>(layout_.places[value].lane);
  }
  Point step_at(ValueId made) const { return {lane(made), step_y_[step_row(made)]}; }

  // ---- Drawn.

  void label(double x, double y, const std::string& text, Paint colour, Anchor anchor, bool bold = false,
             double size = text_size) {
    if (!text.empty()) scene_.add(Label{{x, y}, text, size, colour, anchor, bold});
  }
  void line(std::vector<Point> points, bool arrow_at_end = false) {
    scene_.add(
        Path{std::move(points), {.stroke = {Role::quiet}, .stroke_width = 1.25}, false, false, arrow_at_end});
  }

  void draw_box(ValueId value) {
    const Caption& caption = captions_.values[value];
    const Point at = box(value);
    const bool noise = model_.values[value].source == Value::Source::noise,
               empty = caption.role == Role::cell;
    const std::string size = size_text(model_.values[value]);
    scene_.add(
        Rectangle{at.x - caption.width / 2,
                  at.y - caption.height / 2,
                  caption.width,
                  caption.height,
                  2,
                  {.fill = {caption.role}, .stroke = {empty ? Role::quiet : caption.role}, .dashed = noise}},
        {}, size);
    label(at.x, at.y + 4, size, {empty ? Role::ink : Role::on}, Anchor::middle);
    const bool output = value == model_.reconstruction().output;
    label(at.x, at.y - caption.height / 2 - 6, output ? "output" : caption.above, {Role::quiet},
          Anchor::middle);
    if (value == decoder_input(model_))
      label(at.x, at.y + caption.height / 2 + line_height,
            value == model_.code ? "code" : "sample of the code", {Role::quiet}, Anchor::middle);
  }

  // Its words, from the middle of the picture's side outwards, and the dot that they belong to.
  void draw_step(ValueId value) {
    const Point at = step_at(value);
    const std::vector<CaptionLine>& lines = captions_.values[value].lines;
    const bool right = is_right(value);
    const double x = right ? right_words_ : left_words_;
    scene_.add(Path{{{at.x, at.y}, {right ? x + 4 : x - 4, at.y}}, {.stroke = {Role::line}}});
    scene_.add(Circle{at, dot, {.fill = {Role::ink}}});
    double y = at.y - static_cast<double>(lines.size()) * line_height / 2 + 11;
    for (const CaptionLine& one : lines) {
      const Paint colour{one.first_read ? Role::ink : Role::quiet};
      const double name = text_width(one.name, text_size, true),
                   rest = one.width(text_size) - text_width(one.words, text_size);
      label(right ? x - one.width(text_size) + name : x, y, one.name, {Role::ink},
            right ? Anchor::end : Anchor::start, true);
      label(right ? x : x + rest, y, one.words, colour, right ? Anchor::end : Anchor::start);
      y += line_height;
    }
  }

  void draw_arrows(const Step& step) {
    const ValueId out = output(step);
    const Point at = step_at(out), to = box(out);
    for (const ValueId in : inputs(step)) line_to_step(in, out);
    const double half = captions_.values[out].height / 2 + 1;
    if (layout_.places[out].side == Side::bottom)
      line({at, {at.x, to.y}, {to.x - captions_.values[out].width / 2 - 1, to.y}}, true);
    else
      line({at, {to.x, to.y + (is_right(out) ? half : -half)}}, true);
  }

  // Along the lane that lies further out: a branch leaves its box sideways, and comes back at the step.
  void line_to_step(ValueId in, ValueId out) {
    const Point at = step_at(out), from = box(in);
    const double out_of = outwards(out);
    const double side = captions_.values[in].width / 2,
                 end = from.y - out_of * captions_.values[in].height / 2;
    const ModelLayout::Place &place = layout_.places[in], &to = layout_.places[out];
    if (place.side == Side::bottom) {
      line({{from.x + side, from.y}, {at.x, from.y}, at});
    } else if (place.side !=
               (is_right(out) ? Side::right : Side::left)) {  // from the encoder, beside the words
      const double x = right_words_ + beside_box / 2;
      line({{from.x + side, from.y}, {x, from.y}, {x, at.y}, {at.x - dot, at.y}}, true);
    } else if (place.lane < to.lane) {
      line({{from.x + out_of * side, from.y}, {at.x, from.y}, at});
    } else if (place.lane == to.lane) {
      line({{from.x, end}, at});
    } else {
      line({{from.x, end}, {from.x, at.y}, {at.x + out_of * dot, at.y}}, true);
    }
  }

  // Where the words of a step end, towards the middle.
  double inner_end(ValueId value) const {
    const double width = captions_.words_width(value, text_size) + line_gap;
    return is_right(value) ? right_words_ - width : left_words_ + width;
  }

  // Straight from a step to the one that faces it; else from all that use it to a line from row to row.
  void draw_shared(const SharedParameter& shared) {
    const bool facing = faces(shared);
    const Paint colour{Role::series, facing ? 1 : 2 + static_cast<int>(bus_count_)};
    const Style style{.stroke = colour, .stroke_width = 2};
    const double bus = facing ? 0 : bus_ + bus_step * (static_cast<double>(bus_count_++) + 0.5);
    double top = end_, low = 0;
    for (const auto& [value, mark] : shared.uses) {
      const double y = line_y(shared, value), x = inner_end(value);
      top = std::min(top, y);
      low = std::max(low, y);
      label(x, y - 5, mark, colour, is_right(value) ? Anchor::end : Anchor::start, true);
      if (!facing) scene_.add(Path{{{x, y}, {bus, y}}, style});
    }
    const ValueId first = shared.uses.front().value;
    double from = inner_end(first), to = bus_;
    if (facing) {
      to = inner_end(shared.uses.back().value);
      scene_.add(Path{{{from, top}, {to, top}}, style});
    } else {
      scene_.add(Path{{{bus, top}, {bus, low}}, style});
      if (is_right(first)) {  // its labels lie left of all lines from row to row
        from = bus_ - line_width(shared);
        scene_.add(Path{{{bus, line_y(shared, first)}, {from, line_y(shared, first)}}, style});
      }
    }
    const double y = line_y(shared, first);
    label((from + to) / 2, y - 5, model_.parameters[shared.parameter].name, {Role::ink}, Anchor::middle,
          true);
    label((from + to) / 2, y + 15, shared_words(shared), colour, Anchor::middle);
  }

  void draw_heading() {
    const bool variational = model_.heads().has_value();
    scene_.title = variational ? "A variational autoencoder" : "An autoencoder";
    const Index learned = model_.parameter_count(), apart = count_without_sharing(model_);
    std::string text = numbers_text(learned) + " are learned";
    if (apart != learned) text += fmt::format(", {} if nothing were shared", fmt::group_digits(apart));
    scene_.description = fmt::format("{} from {} to {} and back; {}.", scene_.title,
                                     size_text(model_.images()), size_text(model_.values[model_.code]), text);
    label(margin, margin + 14, scene_.title, {Role::ink}, Anchor::start, true, 17);
    label(margin, margin + 36, text, {Role::quiet}, Anchor::start, false, 13);
  }

  void draw_objective() {
    double y = end_ + 18;
    const auto row = [&](const std::string& words, Role role = Role::quiet, bool bold = false) {
      for (const std::string& one : text_lines(words, scene_.width - 2 * margin, 13, bold)) {
        label(margin, y, one, {role}, Anchor::start, bold, 13);
        y += 18;
      }
    };
    row("made small", Role::ink, true);
    for (const std::string& line : objective_lines(model_, kl_)) row(line);
    for (ParameterId id = 0; id < model_.parameters.size(); ++id)
      if (!captions_.of_steps.contains(id)) {
        row("learned beside the steps:");
        row(model_.parameters[id].name, Role::ink, true);
      }
    scene_.height = y + margin - 12;
  }

  const Model& model_;
  const KlWeight kl_;
  const ModelLayout layout_;
  const ModelCaptions captions_;
  std::vector<const Step*> steps_;  // that make a value
  // x: of lane 0 and of the words, on both sides, of the first line that goes from row to row, of the bottom box.
  double left_ = 0, left_words_ = 0, bus_ = 0, right_words_ = 0, right_ = 0, bottom_ = 0, lane_ = 0;
  std::vector<double> box_y_, step_y_;           // by row
  std::vector<std::vector<ParameterId>> lines_;  // of shared parameters, by row
  double end_ = 0;                               // below the bottom box
  std::size_t bus_count_ = 0;
  Scene scene_;
};

}  // namespace

Scene model_figure(const Model& model, const KlWeight& kl) { return Figure(model, kl).make(); }

}  // namespace fsconv::draw
