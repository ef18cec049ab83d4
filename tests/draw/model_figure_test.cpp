// The picture of a model: every part is there, shared weights are joined, who shares faces the other, and nothing lies over
// another.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/draw/model_figure.hpp>
#include <fsconv/draw/model_layout.hpp>
#include <fsconv/draw/text_size.hpp>
#include <fsconv/nn/model_words.hpp>
#include <map>
#include <nn/small_models.hpp>
#include <set>

using namespace fsconv;
using namespace fsconv::draw;

namespace {

std::vector<Label> labels(const Scene& scene) {
  std::vector<Label> all;
  for (const Element& element : scene.elements)
    if (const auto* label = std::get_if<Label>(&element.shape)) all.push_back(*label);
  return all;
}
Index count(const Scene& scene, const std::string& text) {
  Index found = 0;
  for (const Label& label : labels(scene)) found += label.text == text;
  return found;
}

// A label's box, a little smaller than its letters, so that neighbours may touch.
struct Area {
  double left, right, top, bottom;
};
Area area(const Label& label) {
  const double width = text_width(label.text, label.size, label.bold);
  const double left = label.at.x - (label.anchor == Anchor::middle ? width / 2
                                    : label.anchor == Anchor::end  ? width
                                                                   : 0);
  return {left + 1, left + width - 1, label.at.y - 0.7 * label.size, label.at.y};
}
bool overlap(const Area& one, const Area& other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

// A straight piece of a line against an area.
bool crosses(Point from, Point to, const Area& area) {
  return std::min(from.x, to.x) < area.right && std::max(from.x, to.x) > area.left &&
         std::min(from.y, to.y) < area.bottom && std::max(from.y, to.y) > area.top;
}

// What lies over something else: words over words, lines over words or boxes, boxes over boxes; or is cut.
std::string overlapping(const Scene& scene) {
  std::vector<std::pair<std::string, Area>> words, boxes;
  std::vector<std::pair<Point, Point>> lines;
  for (const Element& element : scene.elements) {
    if (const auto* label = std::get_if<Label>(&element.shape)) words.emplace_back(label->text, area(*label));
    if (const auto* box = std::get_if<Rectangle>(&element.shape))
      boxes.emplace_back("a box of " + element.title,
                         Area{box->x + 1, box->x + box->width - 1, box->y + 1, box->y + box->height - 1});
    if (const auto* path = std::get_if<Path>(&element.shape))
      for (std::size_t at = 1; at < path->points.size(); ++at)
        lines.emplace_back(path->points[at - 1], path->points[at]);
  }
  const auto is_within = [](const Area& inner, const Area& outer) {
    return inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top &&
           inner.bottom <= outer.bottom;
  };
  const Area page{0, scene.width, 0, scene.height};
  for (const auto* all : {&words, &boxes})
    for (std::size_t one = 0; one < all->size(); ++one) {
      const auto& [name, here] = (*all)[one];
      if (!is_within(here, page)) return name + " is cut";
      for (std::size_t other = 0; other < one; ++other)
        if (overlap(here, (*all)[other].second)) return name + " lies over " + (*all)[other].first;
      for (const auto& [from, to] : lines)
        if (crosses(from, to, here)) return "a line crosses " + name;
    }
  for (const auto& [name, here] : words)
    for (const auto& [box, there] : boxes)
      if (overlap(here, there) && !is_within(here, there)) return name + " stands over the edge of " + box;
  return {};
}

// Boxes with their sizes, dots of steps, heads of arrows into what steps make.
std::string missing(const Model& model, const Scene& scene) {
  std::multiset<std::string> wanted, boxes;
  for (const Value& value : model.values) wanted.insert(size_text(value));
  std::size_t dots = 0, arrows = 0, joined = 0;
  for (const Element& element : scene.elements) {
    if (std::holds_alternative<Rectangle>(element.shape)) boxes.insert(element.title);
    dots += std::holds_alternative<Circle>(element.shape);
    if (const auto* path = std::get_if<Path>(&element.shape);
        path && path->style.stroke == Paint{Role::quiet})
      ++(path->arrow ? arrows : joined);
  }
  if (boxes != wanted) return "boxes and values differ";
  if (dots != model.steps.size()) return "dots and steps differ";
  std::size_t read = 0;
  for (const Step& step : model.steps) read += inputs(step).size();
  if (arrows + joined != read + model.steps.size()) return "an arrow is missing";
  return {};
}

// What is wrong with the figure of a model, or nothing.
std::string fault(const Model& model, const Scene& scene) {
  for (const ParameterSpec& parameter : model.parameters) {
    // heads are named after their parameters: "mean" and its caption are two labels
    Index names = 0;
    for (const Label& label : labels(scene)) names += label.text == parameter.name && label.bold;
    if (names != 1) return parameter.name + " is named " + std::to_string(names) + " times";
  }
  std::map<ParameterId, Index> uses;
  Index transposed = 0, plain = 0;
  for (const Step& step : model.steps)
    if (const auto* affine = std::get_if<Affine>(&step)) ++uses[affine->weight];
  for (const Step& step : model.steps)
    if (const auto* affine = std::get_if<Affine>(&step); affine && uses[affine->weight] > 1)
      ++(affine->direction == Direction::conv ? plain : transposed);
  if (count(scene, "W") != plain || count(scene, "Wᵀ") != transposed)
    return "a use of a shared weight is missing";
  if (const std::string gone = missing(model, scene); !gone.empty()) return gone;
  return overlapping(scene);
}

ModelSpec deep_spec(ModelKind kind, std::size_t layers) {
  ModelSpec deep = test::small_spec(kind);
  deep.image_channels = 3;
  deep.image_size = {64, 64};
  deep.layers.assign(layers, {.channels = 48, .kernel = 3, .padding = 1});
  for (std::size_t at = 0; at < layers; at += 4)
    deep.layers[at] = {.channels = 48, .kernel = 4, .stride = 2, .padding = 1};
  deep.tied.assign(layers + 1, true);
  return deep;
}

Geometry square() {
  const Axis axis{.in = 8, .out = 8, .taps = 3, .pad = 1};
  return {.axes = {axis, axis}};
}

// Weights shared in an order that no mirror has, one three times, a bias by all, and a way past the code.
Model crossed() {
  ModelBuilder m;
  const Geometry g = square();
  const ParameterId first = m.weight("first", g, 1), second = m.weight("second", g, 1),
                    third = m.weight("third", g, 1), bias = m.bias("bias_of_all", {1});
  const ValueId one = m.conv(m.image(1, {8, 8}), g, first, bias, Activation::relu);
  const ValueId two = m.conv(one, g, second, bias, Activation::relu);
  const ValueId code =
      m.conv(m.conv(two, g, third, bias, Activation::relu), g, third, {}, Activation::linear);
  ValueId out = m.conv_transpose(m.conv_transpose(code, g, first, {}, Activation::relu), g, second, {},
                                 Activation::relu);
  out = m.conv_transpose(m.add(out, one), g, third, bias, Activation::linear);
  return m.finish({Reconstruction{.output = out, .likelihood = Likelihood::mse}}, OverDraws::mean, code);
}

// One layer and no decoder, and a decoder alone whose steps share.
Model no_decoder() {
  ModelBuilder m;
  const ValueId code =
      m.conv(m.image(1, {8, 8}), square(), m.weight("only", square(), 1), {}, Activation::linear);
  return m.finish({Reconstruction{.output = code, .likelihood = Likelihood::mse}}, OverDraws::mean, code);
}
Model no_encoder() {
  ModelBuilder m;
  const ValueId code = m.image(1, {8, 8});
  const ParameterId weight = m.weight("only", square(), 1);
  const ValueId out = m.conv_transpose(m.conv(code, square(), weight, {}, Activation::relu), square(), weight,
                                       {}, Activation::linear);
  return m.finish({Reconstruction{.output = out, .likelihood = Likelihood::mse}}, OverDraws::mean, code);
}

}  // namespace

TEST_CASE(
    "model figure: every part once, shared ones joined, nothing over another, for every kind of model") {
  for (const auto& [name, model] : test::small_models()) {
    INFO(name);
    CHECK(fault(model, model_figure(model)) == "");
  }
  for (const Model& model : {crossed(), no_decoder(), no_encoder()})
    CHECK(fault(model, model_figure(model)) == "");
  ModelSpec branched = deep_spec(ModelKind::vae, 6);
  branched.gated = branched.gain = true;
  branched.residual = 2;
  branched.tied[2] = branched.tied[5] = false;
  CHECK(fault(make_model(branched), model_figure(make_model(branched))) == "");
}

TEST_CASE("model figure: what is made small, with its weight, and what it is measured in") {
  const auto objective = [](ModelKind kind, Likelihood likelihood, const KlWeight& kl = {},
                            Bound bound = Bound::elbo) {
    ModelSpec spec = deep_spec(kind, 1);
    spec.likelihood = likelihood;
    spec.bound = bound;
    std::vector<std::string> lines;
    for (const Label& label : labels(model_figure(make_model(spec), kl)))
      if (!lines.empty() || label.text == "made small") lines.push_back(label.text);
    return lines;
  };
  CHECK(objective(ModelKind::ae, Likelihood::mse) ==
        std::vector<std::string>{"made small", "mse, the squared error: no likelihood",
                                 "in squared error per image"});
  CHECK(objective(ModelKind::vae, Likelihood::bernoulli, {.beta = 4, .warmup = 2}) ==
        std::vector<std::string>{
            "made small", "-log p(x|z), Bernoulli: pixels are 0 or 1, the output is their logit",
            "+ 4 * KL(q(z|x) || N(0, 1))", "the mean of 1 draw (at beta 1 the negative ELBO)",
            "the weight of the KL rises from 0 in 2 epochs", "in nats per image"});
  const auto weighted = objective(ModelKind::vae, Likelihood::bernoulli, {}, Bound::iwae);
  CHECK(weighted.at(3).find("the importance-weighted bound") != std::string::npos);
}

TEST_CASE("model figure: as wide as a page, however deep the model is") {
  for (const std::size_t layers : {1, 3, 8, 20})
    for (const auto& [kind, width] : {std::pair{ModelKind::ae, 800.0}, {ModelKind::vae, 1000.0}}) {
      INFO(layers << " layers");
      ModelSpec spec = deep_spec(kind, layers);
      for (const bool tied : {true, false}) {
        if (!tied) spec.tied.clear();
        const Model model = make_model(spec);
        const Scene scene = model_figure(model);
        CHECK(scene.width <= width);
        CHECK(fault(model, scene) == "");
      }
    }
}

TEST_CASE("model figure: the check sees what is missing, twice, or over another") {
  const Model model = make_model(test::small_spec(ModelKind::ae));
  const Scene good = model_figure(model);
  const auto without = [&](auto is_it) {  // the first of its kind
    Scene scene = good;
    scene.elements.erase(std::find_if(scene.elements.begin(), scene.elements.end(), is_it));
    return fault(model, scene);
  };
  const auto word = [](const std::string& text) {
    return [text](const Element& element) {
      const auto* label = std::get_if<Label>(&element.shape);
      return label && label->text == text;
    };
  };
  const auto is_arrow = [](const Element& element) {
    const auto* path = std::get_if<Path>(&element.shape);
    return path && path->arrow;
  };
  CHECK(without(word("conv1")) == "conv1 is named 0 times");
  CHECK(without(word("Wᵀ")) == "a use of a shared weight is missing");
  CHECK(without([](const Element& e) { return std::holds_alternative<Circle>(e.shape); }) ==
        "dots and steps differ");
  CHECK(without([](const Element& e) { return std::holds_alternative<Rectangle>(e.shape); }) ==
        "boxes and values differ");
  CHECK(without(is_arrow) == "an arrow is missing");

  const auto with = [&](Primitive shape) {
    Scene scene = good;
    scene.add(std::move(shape));
    return fault(model, scene);
  };
  CHECK(with(Label{{5, 300}, "conv2_bias", 1, {Role::ink}, Anchor::start, true}) ==
        "conv2_bias is named 2 times");
  for (const Label& label : labels(good)) {
    CHECK(with(Label{label.at, "over", label.size, {}, label.anchor}).find("over lies over") == 0);
    CHECK(with(Path{{{0, label.at.y - 3}, {good.width, label.at.y - 3}}}).find("a line crosses") == 0);
  }
  CHECK(with(Label{{good.width - 5, 5}, "outside"}) == "outside is cut");
  Scene pushed = good;
  for (Element& element : pushed.elements)
    if (auto* box = std::get_if<Rectangle>(&element.shape)) box->x += 8;
  CHECK(fault(model, pushed) != "");
}

namespace {

using Side = ModelLayout::Side;
std::vector<ValueId> made_by_users_of(const Model& model, ParameterId weight) {
  std::vector<ValueId> values;
  for (const Step& step : model.steps)
    if (const auto* affine = std::get_if<Affine>(&step); affine && affine->weight == weight)
      values.push_back(affine->out);
  return values;
}

}  // namespace

TEST_CASE("model layout: the tied autoencoder's and the variational one's, by hand") {
  const Model model =
      make_model(test::small_spec(ModelKind::ae));  // values 0 to 6: images, two layers, code, and back
  const ModelLayout ae(model);
  CHECK(ae.rows == 3);
  CHECK((ae.left_lanes == 1 && ae.right_lanes == 1));
  const std::vector<std::pair<Side, std::size_t>> wanted{
      {Side::left, 0},  {Side::left, 1},  {Side::left, 2}, {Side::bottom, 3},
      {Side::right, 2}, {Side::right, 1}, {Side::right, 0}};
  const std::vector<std::optional<std::size_t>> steps{{}, 0, 1, 2, 2, 1, 0};
  REQUIRE(ae.places.size() == wanted.size());
  for (ValueId value = 0; value < wanted.size(); ++value) {
    CHECK((ae.places[value].side == wanted[value].first && ae.places[value].row == wanted[value].second));
    CHECK(ae.places[value].step_row == steps[value]);
  }

  const Model vae = make_model(test::small_spec(ModelKind::vae));
  const ModelLayout layout(vae);
  const auto heads = vae.heads().value();
  CHECK(layout.rows == 6);  // below the layers: mean, log-variance, noise
  CHECK(layout.places[heads.mean].row == 3);
  CHECK(layout.places[heads.log_variance].row == 4);
  CHECK(layout.places[*vae.noise_value()].row == 5);
  CHECK(layout.places[decoder_input(vae)].side == Side::bottom);
  CHECK(layout.places[decoder_input(vae)].step_row == 5);
  CHECK(layout.places[heads.mean].lane == 0);
  CHECK(layout.places[heads.log_variance].lane == 1);  // until the sample is drawn
  CHECK(layout.places[*vae.noise_value()].lane == 2);
}

TEST_CASE("model layout: down on the left, up on the right, and two that share a weight face each other") {
  std::vector<Model> models;
  for (const auto& [name, model] : test::small_models()) models.push_back(model);
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae})
    models.push_back(make_model(deep_spec(kind, 20)));
  for (const Model& model : models) {
    const ModelLayout layout(model);
    for (const Step& step : model.steps) {
      const ModelLayout::Place& place = layout.places[output(step)];
      const std::size_t at = place.step_row.value();
      if (place.side == Side::right)
        CHECK(place.row == at);  // the step lies below the box that it makes
      else
        CHECK(place.row > at);
      for (const ValueId in : inputs(step)) {
        const ModelLayout::Place& from = layout.places[in];
        if (place.side == Side::right)
          CHECK(from.row > at);
        else
          CHECK(from.row <= at);
      }
    }
    std::set<std::pair<Side, std::size_t>> boxes, steps;
    for (const ModelLayout::Place& place : layout.places) {
      CHECK(boxes.emplace(place.side, place.row).second);
      if (place.step_row)
        CHECK(steps.emplace(place.side == Side::right ? Side::right : Side::left, *place.step_row).second);
    }
    for (ParameterId id = 0; id < model.parameters.size(); ++id)
      if (const std::vector<ValueId> users = made_by_users_of(model, id); users.size() == 2)
        CHECK(layout.places[users[0]].step_row == layout.places[users[1]].step_row);
  }
}
