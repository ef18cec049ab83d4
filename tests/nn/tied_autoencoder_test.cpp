// Every derivative of the autoencoder against finite differences, and what it means that weights are tied.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/data/batch.hpp>
#include <fsconv/nn/batch.hpp>
#include <fsconv/nn/gather_batch.hpp>
#include <limits>

using namespace fsconv;

namespace {

using Model = TiedAutoencoder<double>;

// Odd and unequal sizes, a stride that does not divide them, a layer with its own padding.
AutoencoderShape small_shape(bool tied) {
  return {.image_channels = 2,
          .image_size = {5, 7},
          .convolutions = {{3, 3, 2}, {4, 2, 1, 0}},
          .latent = 3,
          .tied = tied};
}

// All parameters random, biases too: nothing is special about zero then.
Model random_model(bool tied) {
  Model model(small_shape(tied), form_named<double>("gather"), 1);
  Random random(2);
  for (auto& parameter : model.parameters())
    parameter.value = random_reals<double>(parameter.value.shape(), random);
  return model;
}

const std::vector<Index> order = natural_order(3);

Tensor<std::uint8_t> random_images() {
  Random random(3);
  Tensor<std::uint8_t> images({3, 2, 5, 7});
  for (auto& pixel : images) pixel = static_cast<std::uint8_t>(random.integer(0, 255));
  return images;
}

// The gradient of the mean loss as the model computes it.
Gradients<double> gradient_of(Model& model, Loss loss) {
  BatchRunner(model, 1).gradient(loss, random_images(), order);
  Gradients<double> gradients;
  for (const auto& parameter : model.parameters()) gradients.push_back(parameter.gradient);
  return gradients;
}

struct Point {
  double loss;
  std::vector<bool> active;  // which ReLUs let their input pass
};

Point evaluate(const Model& model, Loss loss) {
  const auto trace = model.trace(gather_batch<double>(random_images(), order));
  Point point{total_loss(loss, trace.front(), trace.back()) / 3, {}};
  for (std::size_t at = 0; at < model.layers().size(); ++at)
    if (model.layers()[at].relu)
      for (const double value : trace[at + 1]) point.active.push_back(value > 0);
  return point;
}

// Whether every derivative agrees with a central difference D(h) = (f(w+h) - f(w-h)) / 2h.
// Between ReLU switches f is smooth and D(h) = f' + c h^2 + O(h^4), so |D(2h) - D(h)| is three times the
// error of D(h): a bound that does not look at the gradient under test. Rounding adds at most paths * eps * f
// / h, where a value passes at most `paths` additions: 2*9 + 3*4 + 4*6 on the way in, as many on the way out,
// 105 pixels.
bool agrees_with_differences(Model& model, Loss loss, const Gradients<double>& gradients) {
  constexpr double h = 1e-4, paths = 256;
  const Point here = evaluate(model, loss);
  bool agrees = true;
  for (std::size_t at = 0; at < gradients.size(); ++at)
    for (Index element = 0; element < gradients[at].size(); ++element) {
      double& w = model.parameters()[at].value[element];
      const double original = w;
      auto difference = [&](double step) {
        w = original + step;
        const Point above = evaluate(model, loss);
        w = original - step;
        const Point below = evaluate(model, loss);
        w = original;
        REQUIRE(above.active == here.active);  // smooth in between
        REQUIRE(below.active == here.active);
        return (above.loss - below.loss) / (2 * step);
      };
      const double near = difference(h), far = difference(2 * h);
      const double tolerance =
          std::abs(far - near) + paths * std::numeric_limits<double>::epsilon() * here.loss / h;
      REQUIRE(tolerance < 1e-5 * std::max(1.0, std::abs(near)));  // sharp enough to mean something
      if (std::abs(gradients[at][element] - near) > tolerance) agrees = false;
    }
  return agrees;
}

// The two uses of every weight, from an untied model whose decoder holds equal numbers. Biases are used once.
struct Uses {
  Gradients<double> encoder,
      decoder;  // in the order of the tied model; empty where there is no decoder's use
};

Uses uses_of(const Model& tied, Loss loss) {
  Model untied = random_model(false);
  auto& theirs = untied.parameters();
  auto index_of = [&](const std::string& name) {
    const auto found = std::find_if(theirs.begin(), theirs.end(),
                                    [&](const auto& parameter) { return parameter.name == name; });
    return static_cast<std::size_t>(found - theirs.begin());
  };
  for (const auto& ours : tied.parameters()) {
    theirs.at(index_of(ours.name)).value = ours.value;
    const std::size_t copy = index_of(ours.name + "_transpose");
    if (copy < theirs.size()) theirs[copy].value = ours.value;
  }
  const Gradients<double> gradients = gradient_of(untied, loss);
  Uses uses;
  for (const auto& ours : tied.parameters()) {
    const std::size_t copy = index_of(ours.name + "_transpose");
    uses.encoder.push_back(gradients.at(index_of(ours.name)));
    uses.decoder.push_back(copy < theirs.size() ? gradients[copy] : Tensor<double>());
  }
  return uses;
}

// Exact: both sides add the same two numbers.
bool is_sum_of_uses(const Gradients<double>& gradients, const Uses& uses) {
  for (std::size_t at = 0; at < gradients.size(); ++at) {
    Tensor<double> sum = uses.encoder[at];
    if (uses.decoder[at].size() > 0) add(sum, uses.decoder[at]);
    if (!(gradients[at] == sum)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("tied_autoencoder: every derivative agrees with finite differences") {
  for (const bool tied : {true, false})
    for (const Loss loss : {Loss::bce, Loss::mse}) {
      CAPTURE(tied, name(loss));
      Model model = random_model(tied);
      const Gradients<double> gradients = gradient_of(model, loss);
      CHECK(agrees_with_differences(model, loss, gradients));
    }
}

TEST_CASE("tied_autoencoder: the gradient of a tied weight is the sum of both uses") {
  for (const Loss loss : {Loss::bce, Loss::mse}) {
    Model model = random_model(true);
    CHECK(is_sum_of_uses(gradient_of(model, loss), uses_of(model, loss)));
  }
}

TEST_CASE("tied_autoencoder: a decoder with a copy that does not learn is found out") {
  Model model = random_model(true);
  const Uses uses = uses_of(model, Loss::bce);
  const Gradients<double>& mutant = uses.encoder;  // the copy's use is left out
  CHECK_FALSE(is_sum_of_uses(mutant, uses));
  CHECK_FALSE(agrees_with_differences(model, Loss::bce, mutant));
}

TEST_CASE("tied_autoencoder: the way back ends at the image's size") {
  for (Index height = 1; height <= 6; ++height)
    for (Index width = 3; width <= 7; ++width) {
      const AutoencoderShape shape{.image_channels = 3,
                                   .image_size = {height, width},
                                   .convolutions = {{2, 3, 2}, {2, 5, 3}},
                                   .latent = 2};
      const Model model(shape, form_named<double>("gather"), 0);
      const Tensor<double> images({2, 3, height, width});
      CHECK(model.trace(images).back().shape() == images.shape());
    }
}

TEST_CASE("tied_autoencoder: one seed, one encoder; untied adds weights of the same shapes") {
  const Form<float>& form = form_named<float>("gather");
  const TiedAutoencoder<float> tied(small_shape(true), form, 5), same(small_shape(true), form, 5);
  const TiedAutoencoder<float> untied(small_shape(false), form, 5), other(small_shape(true), form, 6);
  std::vector<std::string> names;
  for (const auto& parameter : tied.parameters()) names.push_back(parameter.name);
  CHECK(names == std::vector<std::string>{"conv1", "conv1_bias", "conv2", "conv2_bias", "linear",
                                          "linear_bias", "linear_transpose_bias", "conv2_transpose_bias",
                                          "conv1_transpose_bias"});
  for (std::size_t at = 0; at < 6; ++at) {
    CHECK(tied.parameters()[at].value == same.parameters()[at].value);
    CHECK(tied.parameters()[at].value == untied.parameters()[at].value);
  }
  CHECK_FALSE(tied.parameters()[0].value == other.parameters()[0].value);
  REQUIRE(untied.parameters().size() == 12);
  CHECK(untied.parameters()[6].name == "linear_transpose");
  CHECK(untied.parameters()[6].value.shape() == untied.parameters()[4].value.shape());
  CHECK_FALSE(untied.parameters()[6].value == untied.parameters()[4].value);
}

TEST_CASE("tied_autoencoder: initial weights have the deviation they should") {
  const AutoencoderShape shape{
      .image_channels = 1, .image_size = {28, 28}, .convolutions = {{32, 4, 2}, {64, 4, 2}}};
  const TiedAutoencoder<float> model(shape, form_named<float>("gather"), 1);
  auto deviation = [&](std::size_t at) {
    double squares = 0;
    for (const float w : model.parameters()[at].value)
      squares += static_cast<double>(w) * static_cast<double>(w);
    return std::sqrt(squares / static_cast<double>(model.parameters()[at].value.size()));
  };
  // The estimate from n numbers has the relative deviation 1/sqrt(2n); six of them are never seen.
  CHECK(deviation(0) == Approx(std::sqrt(2.0 / 16)).epsilon(6 / std::sqrt(2 * 512.0)));
  CHECK(deviation(2) == Approx(std::sqrt(2.0 / 512)).epsilon(6 / std::sqrt(2 * 32768.0)));
  CHECK(deviation(4) == Approx(std::sqrt(1.0 / 3136)).epsilon(6 / std::sqrt(2 * 100352.0)));
}

TEST_CASE("tied_autoencoder: weights that no memory holds are refused before they are allocated") {
  AutoencoderShape shape = small_shape(true);
  shape.convolutions.front().channels = Index{1} << 40;
  CHECK_THROWS_AS(Model(shape, form_named<double>("gather"), 0), InvalidArgument);
  shape = small_shape(true);
  shape.latent = Index{1} << 40;
  CHECK_THROWS_AS(Model(shape, form_named<double>("gather"), 0), InvalidArgument);
}
