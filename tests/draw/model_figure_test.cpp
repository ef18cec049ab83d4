// The picture of a model: every parameter has its name, shared ones are joined, and nothing is written over another.
#include <catch2/catch.hpp>
#include <fsconv/draw/model_figure.hpp>
#include <fsconv/draw/model_layout.hpp>
#include <fsconv/draw/text_size.hpp>
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
  const std::vector<Label> all = labels(scene);
  for (std::size_t one = 0; one < all.size(); ++one) {
    const Area box = area(all[one]);
    if (box.left < 0 || box.right > scene.width || box.top < 0 || box.bottom > scene.height)
      return all[one].text + " is cut";
    for (std::size_t other = 0; other < one; ++other)
      if (overlap(box, area(all[other]))) return all[one].text + " lies over " + all[other].text;
  }
  return {};
}

}  // namespace

TEST_CASE(
    "model figure: every parameter once, shared ones joined, nothing over another, for every kind of model") {
  for (const auto& [name, model] : test::small_models()) {
    INFO(name);
    CHECK(fault(model, model_figure(model)) == "");
  }
  ModelSpec deep = test::small_spec(ModelKind::vae);
  deep.image_channels = 3;
  deep.image_size = {64, 64};
  deep.layers.assign(6, {.channels = 48, .kernel = 4, .stride = 2});
  deep.tied.assign(7, true);
  CHECK(fault(make_model(deep), model_figure(make_model(deep))) == "");
}

TEST_CASE("model figure: the check sees a name that is missing or twice, a lost bracket, text over text") {
  const Model model = make_model(test::small_spec(ModelKind::ae));
  const Scene good = model_figure(model);
  const auto without = [&](const std::string& text) {
    Scene scene = good;
    std::erase_if(scene.elements, [&](const Element& element) {
      const auto* label = std::get_if<Label>(&element.shape);
      return label && label->text == text;
    });
    return scene;
  };
  CHECK(fault(model, without("conv1")) == "conv1 is named 0 times");
  CHECK(fault(model, without("Wᵀ")) == "a use of a shared weight is missing");
  Scene twice = good;
  twice.add(Label{{100, 100}, "conv2_bias", 12, {Role::ink}, Anchor::start, true});
  CHECK(fault(model, twice) == "conv2_bias is named 2 times");
  Scene over = good;
  over.elements.push_back(over.elements.back());
  CHECK(fault(model, over).find("lies over") != std::string::npos);
}

TEST_CASE("model figure: the tied autoencoder's columns and lanes, and a variational one's, by hand") {
  const ModelLayout ae(make_model(test::small_spec(ModelKind::ae)));
  CHECK(ae.columns == 7);  // images, two layers, the code, and back
  CHECK(ae.lanes == 1);
  const Model vae = make_model(test::small_spec(ModelKind::vae));
  const ModelLayout layout(vae);
  const auto heads = vae.heads().value();
  CHECK(layout.columns == 8);
  CHECK(layout.column[heads.mean] == 3);
  CHECK(layout.column[heads.log_variance] == 3);
  CHECK(layout.column[*vae.noise_value()] == 3);
  CHECK(layout.lane[heads.mean] == 0);
  CHECK(std::set<std::size_t>{layout.lane[heads.log_variance], layout.lane[*vae.noise_value()]} ==
        std::set<std::size_t>{1, 2});
}
