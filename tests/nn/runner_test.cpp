// A model over batches: what an image counts, bits that depend on neither threads nor blocks, codes
// and pixels, and BFloat16.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/engine/bilinear.hpp>
#include <fsconv/engine/kernels.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/nn/optimizer.hpp>
#include <fsconv/nn/tensor_pass.hpp>
#include <limits>

#include "nn/gradient_case.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr double beta = 0.7;
constexpr double eps = std::numeric_limits<double>::epsilon();

template <class T>
Runner<T> runner_of(const Model& model, const Parameters<T>& parameters, const Computing& computing) {
  Runner<T> runner(model, computing);
  runner.load(parameters);
  return runner;
}

// Bright boxes of random place on black.
Tensor<std::uint8_t> boxes(Index count) {
  Random random(11);
  Tensor<std::uint8_t> images({count, 1, 6, 5});
  for (Index n = 0; n < count; ++n) {
    const Index top = random.integer(0, 3), left = random.integer(0, 2);
    for (Index y = top; y < top + 3; ++y)
      for (Index x = left; x < left + 3; ++x) images[(n * 6 + y) * 5 + x] = 191;
  }
  return images;
}

template <class A, class B>
double largest_difference(const Tensor<A>& found, const Tensor<B>& wanted) {
  REQUIRE(found.shape() == wanted.shape());
  double worst = 0;
  for (Index at = 0; at < found.size(); ++at)
    worst = std::max(worst, std::abs(static_cast<double>(found[at]) - static_cast<double>(wanted[at])));
  return worst;
}

Shape rows_of(Index rows, const Value& value) {
  Shape shape = value.size;
  shape.insert(shape.begin(), {rows, value.channels});
  return shape;
}

// Models of 12 x 12 pixels, with channels that fill no vector.
std::vector<NamedModel> larger_models() {
  std::vector<NamedModel> list;
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae})
    for (const bool tied : {true, false}) {
      ModelSpec spec;
      spec.kind = kind;
      spec.image_size = {12, 12};
      spec.layers = {{.channels = 9, .kernel = 3, .stride = 2}, {.channels = 17, .kernel = 3, .stride = 2}};
      spec.latent = 7;
      if (tied) spec.tied = {true, true, true};
      spec.likelihood = kind == ModelKind::vae ? Likelihood::bernoulli : Likelihood::bce_grey;
      list.push_back({std::string(name(kind)) + (tied ? ", tied" : ", untied"), make_model(spec)});
    }
  return list;
}

// The start of a run, biases moved.
template <class T>
Parameters<T> larger_parameters(const Model& model) {
  Parameters<T> parameters = initial_parameters<T>(model, 3);
  Random random(9);
  for (Parameter<T>& parameter : parameters)
    for (T& value : parameter.value) value += static_cast<T>(0.05 * random.normal());
  return parameters;
}

template <class To, class From>
Parameters<To> cast_all(const Parameters<From>& from) {
  Parameters<To> to;
  for (const Parameter<From>& parameter : from) to.push_back({parameter.name, cast<To>(parameter.value)});
  return to;
}

// Models whose convolutions are cut into tiles: phases of two taps (kernel 4, stride 2), of 3 and 2 (kernel 5) and of 3 (kernel 3,
// stride 1), an axis of 7 code pixels that no tile divides, and more channels than a vector has.
std::vector<NamedModel> tiled_models() {
  std::vector<NamedModel> list;
  const auto add = [&](const std::string& name, ModelKind kind, auto change) {
    ModelSpec spec;
    spec.kind = kind;
    spec.image_channels = 3;
    spec.image_size = {14, 16};  // 7x8, and 4x4, of which a linear layer has no tiles
    spec.layers = {{.channels = 16, .kernel = 4, .stride = 2}, {.channels = 18, .kernel = 4, .stride = 2}};
    spec.latent = 5;
    spec.tied = {true, true, true};
    spec.likelihood = kind == ModelKind::vae ? Likelihood::bernoulli : Likelihood::bce_grey;
    change(spec);
    list.push_back({name, make_model(spec)});
  };
  add("tiled, tied", ModelKind::ae, [](ModelSpec&) {});
  add("tiled, untied, kernel 5", ModelKind::ae, [](ModelSpec& s) {
    s.tied = {};
    s.layers[1].kernel = 5;
  });
  add("tiled, groups, residual of stride 1", ModelKind::vae, [](ModelSpec& s) {
    s.layers[1].groups = 2;
    s.residual = 1;
  });
  return list;
}

constexpr engine::Algorithm with_tiles[] = {engine::Algorithm::winograd2, engine::Algorithm::winograd4};

}  // namespace

TEST_CASE("runner: at the start of a training tiles give black windows the slopes that direct sums give") {
  // Also where a ReLU reads them some layers on: behind a linear code, and around residual blocks.
  Random random(4);
  constexpr Index count = 36, side = 28, first = 10, last = 18;
  Tensor<std::uint8_t> images({count, 1, side, side});
  for (Index n = 0; n < count; ++n)
    for (Index y = first; y < last; ++y)
      for (Index x = first; x < last; ++x)
        images[(n * side + y) * side + x] = static_cast<std::uint8_t>(random.integer(0, 255));
  std::vector<NamedModel> models;
  const auto add = [&](const std::string& name, auto change) {
    ModelSpec spec;
    spec.image_size = {side, side};
    spec.layers = {{.channels = 16, .kernel = 4, .stride = 2}, {.channels = 16, .kernel = 4, .stride = 2}};
    spec.latent = 0;
    spec.tied = {true, true};
    change(spec);
    models.push_back({name, make_model(spec)});
  };
  add("linear code", [](ModelSpec&) {});
  add("leaky", [](ModelSpec& s) { s.activation = Activation::leaky_relu; });
  add("residual", [](ModelSpec& s) {
    s.residual = 2;
    s.latent = 5;
    s.tied = {true, true, true};
  });
  std::vector<Index> order(count);
  std::iota(order.begin(), order.end(), Index{0});
  const Batch batch = make_batch(images, order, Binarise::none, 0, Split::test);
  for (const NamedModel& one : models) {
    const auto parameters = initial_parameters<float>(one.model, 3);  // biases are 0
    const auto gradient_by = [&](engine::Algorithm algorithm) {
      Gradients<float> gradient = zeros_like(parameters);
      runner_of(one.model, parameters, {.algorithm = algorithm, .trains = true}).gradient(batch, 1, gradient);
      return gradient;
    };
    const auto wanted = gradient_by(engine::Algorithm::direct);
    for (const engine::Algorithm algorithm : with_tiles) {
      const auto found = gradient_by(algorithm);
      for (std::size_t at = 0; at < found.size(); ++at) {
        INFO(one.name << ", " << name(algorithm) << ", " << parameters[at].name);
        double largest = 0;
        for (const float value : wanted[at])
          largest = std::max(largest, std::abs(static_cast<double>(value)));
        // Sums of some thousand products of float; tiles of four results may round a dark sum to the other side of 0.
        // Slopes of noise in all black windows put biases off by 10 to 40 percent.
        const double bound = algorithm == engine::Algorithm::winograd4 ? 1e-2 : 1e-4;
        CHECK(largest_difference(found[at], wanted[at]) <= bound * largest);
      }
    }
  }
}

TEST_CASE("runner: the gradient is the mean over the images, the losses their sum") {
  for (const std::string form : {"gather", "batched"})
    for (const NamedModel& named : small_models()) {
      INFO(named.name << ", " << form);
      const Index count = form == "batched" ? 71 : 5;  // blocks of 32, 32, 7, or more where there are draws
      const GradientCase one(named.model, count);
      const auto parameters = parameters_for<double>(one.model);
      const Batch batch = one.batch();
      auto runner = runner_of(one.model, parameters, {.form = form, .trains = true});
      Gradients<double> gradient = zeros_like(parameters), single = gradient, mean = gradient,
                        magnitude = gradient;
      const Losses losses = runner.gradient(batch, beta, gradient);
      CHECK(losses_distance(runner.losses(batch, beta), losses) < 1e-14);
      Losses sum;
      for (Index n = 0; n < count; ++n) {
        sum += runner.gradient(batch.part(n, 1), beta, single);
        for (std::size_t at = 0; at < mean.size(); ++at)
          for (Index e = 0; e < mean[at].size(); ++e) {
            mean[at][e] += single[at][e] / static_cast<double>(count);
            magnitude[at][e] += std::abs(single[at][e]) / static_cast<double>(count);
          }
      }
      CHECK(losses_distance(losses, sum) < 1e-12);
      // Each side adds `count` numbers of these magnitudes, each itself a sum of at most some hundred products whose
      // own magnitudes may be larger by cancellation; 1e4 roundings cover that with room, and one image would be 1/71.
      bool agrees = true;
      for (std::size_t at = 0; at < mean.size(); ++at)
        for (Index e = 0; e < mean[at].size(); ++e)
          agrees = agrees && std::abs(gradient[at][e] - mean[at][e]) <= 1e4 * eps * (magnitude[at][e] + 1);
      CHECK(agrees);
    }
}

TEST_CASE(
    "runner: large batches have the same bits on any number of threads, however many blocks are at once") {
  // 11, 45 and 90 blocks, and those of four draws: one thread has 4 at once, five have 20.
  for (const NamedModel& named : small_models()) {
    if (named.name != "tied variational" && named.name != "importance weighted" &&
        named.name != "gated and residual")
      continue;
    for (const Index count : {Index{333}, Index{1440}, Index{2861}}) {
      INFO(named.name << ", " << count << " images");
      const GradientCase one(named.model, count);
      const auto parameters = parameters_for<float>(one.model);
      const auto on_one = gradient_with(one, parameters, {.threads = 1}, beta);
      const Losses losses = runner_of(one.model, parameters, {.threads = 1}).losses(one.batch(), beta);
      CHECK(losses == on_one.losses);
      for (const int threads : {2, 3, 4, 5, 8}) {
        const auto on_more = gradient_with(one, parameters, {.threads = threads}, beta);
        CHECK(on_more.losses == on_one.losses);
        CHECK(on_more.gradients == on_one.gradients);
        CHECK(runner_of(one.model, parameters, {.threads = threads}).losses(one.batch(), beta) == losses);
      }
    }
  }
}

// A million arenas would not fit any memory.
TEST_CASE("runner: threads beyond the blocks of a batch cost nothing and change no bit") {
  constexpr int many = 1'000'000;
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 70);
    const auto parameters = parameters_for<float>(one.model);
    const auto on_one = gradient_with(one, parameters, {.threads = 1}, beta);
    const auto on_many = gradient_with(one, parameters, {.threads = many}, beta);
    CHECK(on_many.losses == on_one.losses);
    CHECK(on_many.gradients == on_one.gradients);
    auto few = runner_of(one.model, parameters, {.threads = 2});
    auto runner = runner_of(one.model, parameters, {.threads = many});
    const Index blocks = ceil_div(70, images_per_block(one.model));
    CHECK(runner.threads_for(70) == blocks);
    CHECK(runner.threads_for(1) == 1);
    CHECK(few.threads_for(70) == 2);
    CHECK(runner.busy_threads(7) == 7);
    CHECK(runner.gradient_bytes(70) ==
          static_cast<std::size_t>((1 + blocks) * one.model.parameter_count()) * sizeof(float));
    CHECK(runner.encode(one.batch()).means == few.encode(one.batch()).means);
    CHECK_NOTHROW(runner.pass(3));
  }
}

TEST_CASE("runner: the tensor pass, too, has the same bits on any number of threads") {
  for (const NamedModel& named : small_models()) {
    if (named.name != "tied variational" && named.name != "importance weighted") continue;
    const GradientCase one(named.model, 333);
    const auto parameters = parameters_for<double>(one.model);
    const auto on_one = gradient_with(one, parameters, {.form = "im2col", .threads = 1}, beta);
    for (const int threads : {2, 5}) {
      const auto on_more = gradient_with(one, parameters, {.form = "im2col", .threads = threads}, beta);
      CHECK(on_more.losses == on_one.losses);
      CHECK(on_more.gradients == on_one.gradients);
    }
  }
}

TEST_CASE("runner: evaluating has the bits of training") {
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 70);
    const auto parameters = parameters_for<float>(one.model);
    auto trains = runner_of(one.model, parameters, {.trains = true}),
         evaluates = runner_of(one.model, parameters, {});
    Gradients<float> gradient = zeros_like(parameters);
    CHECK(evaluates.losses(one.batch(), beta) == trains.losses(one.batch(), beta));
    CHECK(trains.losses(one.batch(), beta) == trains.gradient(one.batch(), beta, gradient));
    CHECK(trains.gradient_bytes(70) >=
          static_cast<std::size_t>(2 * one.model.parameter_count()) * sizeof(float));
    CHECK(evaluates.model() == one.model);
  }
}

TEST_CASE("runner: the order names the images") {
  for (const std::string form : {"gather", "batched"}) {
    const Model model = make_model(small_spec(ModelKind::ae));
    const Tensor<std::uint8_t> images = images_for(model, 80);
    // The same batch, copied together by hand; an image may come twice.
    const std::vector<Index> order = {70, 3, 3, 0, 79, 41}, first = first_images(6),
                             other = {0, 1, 2, 3, 4, 5};
    Tensor<std::uint8_t> copied({6, 1, 6, 5});
    for (std::size_t n = 0; n < 6; ++n)
      std::copy_n(images.data() + order[n] * 30, 30, copied.data() + static_cast<Index>(n) * 30);
    const auto parameters = parameters_for<float>(model);
    auto runner = runner_of(model, parameters, {.form = form, .threads = 2, .trains = true});
    Gradients<float> ours = zeros_like(parameters), theirs = ours;
    const Batch named = make_batch(images, order, Binarise::none, 1, Split::train),
                by_hand = make_batch(copied, first, Binarise::none, 1, Split::train),
                wrong = make_batch(images, other, Binarise::none, 1, Split::train);
    CHECK(runner.gradient(named, beta, ours) == runner.gradient(by_hand, beta, theirs));
    CHECK(ours == theirs);
    CHECK(runner.losses(named) == runner.losses(by_hand));
    CHECK(runner.reconstruct(named) == runner.reconstruct(by_hand));
    CHECK_FALSE(runner.losses(named) == runner.losses(wrong));
  }
}

TEST_CASE("runner: images of another size, none, or that are not there are refused by every form") {
  const Model model = make_model(small_spec(ModelKind::ae));
  const std::vector<Index> first = {0}, none = {}, negative = {-1}, beyond = {2};
  const auto parameters = parameters_for<float>(model);
  Gradients<float> gradient = zeros_like(parameters);
  for (const std::string form : {"batched", "gather"}) {
    INFO(form);
    auto runner = runner_of(model, parameters, {.form = form, .threads = 2, .trains = true});
    const auto require_refused = [&](const Tensor<std::uint8_t>& images, const std::vector<Index>& order) {
      const Batch batch = make_batch(images, order, Binarise::none, 1, Split::train);
      CHECK_THROWS_AS(runner.losses(batch), InvalidArgument);
      CHECK_THROWS_AS(runner.gradient(batch, 1, gradient), InvalidArgument);
      CHECK_THROWS_AS(runner.encode(batch), InvalidArgument);
      CHECK_THROWS_AS(runner.reconstruct(batch), InvalidArgument);
    };
    for (const Shape& wrong : {Shape{2, 1, 5, 6}, Shape{2, 3, 6, 5}, Shape{2, 1, 60, 50}})
      require_refused(Tensor<std::uint8_t>(wrong), first);
    const Tensor<std::uint8_t> right({2, 1, 6, 5});
    for (const auto* order : {&none, &negative, &beyond}) require_refused(right, *order);
  }
}

TEST_CASE("runner: numbers that changed between batches are seen, and a gradient replaces the one before") {
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 40);
    Parameters<double> parameters = parameters_for<double>(one.model);
    auto plain = runner_of(one.model, parameters, {.form = "gather", .trains = true});
    auto engine = runner_of(one.model, parameters, {.trains = true});
    Gradients<double> of_plain = zeros_like(parameters), of_engine = of_plain;
    engine.gradient(one.batch(), beta, of_engine);
    for (Parameter<double>& parameter : parameters)
      for (double& value : parameter.value) value *= -0.8;
    plain.load(parameters);
    CHECK(losses_distance(engine.losses(one.batch(), beta), plain.losses(one.batch(), beta)) >
          1e-6);  // not loaded yet
    engine.load(parameters);
    for (int times = 0; times < 2; ++times) {
      CHECK(losses_distance(engine.gradient(one.batch(), beta, of_engine),
                            plain.gradient(one.batch(), beta, of_plain)) < 1e-12);
      CHECK(gradient_distance(of_engine, of_plain) < 1e-11);
    }
  }
}

TEST_CASE("runner: the gradient in float is that in double") {
  for (const NamedModel& named : larger_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 64);
    const auto parameters = larger_parameters<float>(one.model);
    const auto exact = gradient_with(one, cast_all<double>(parameters), {.form = "gather"}, beta);
    // The same bits of pixels; noise is the same within 3e-7. Sums of some thousand products, which round as the
    // root of their number does: 30 eps; those that cancel to a thousandth of their terms lose more.
    const auto found = gradient_with(one, parameters, {}, beta);
    CHECK(agreement(found.gradients, exact.gradients).distance < 1e-5);
    CHECK(gradient_distance(found.gradients, exact.gradients) < 1e-3);
    CHECK(losses_distance(found.losses, exact.losses) < 1e-5);
  }
}

TEST_CASE("runner: codes and pixels are those of the tensor pass") {
  for (const NamedModel& several : small_models()) {
    INFO(several.name);
    const GradientCase one(with_draws(several.model, 1), 70);  // blocks of 32, 32 and 6
    const Model& model = one.model;
    const auto parameters = parameters_for<double>(model);
    auto plain = runner_of(model, parameters, {.form = "gather", .threads = 2});
    auto engine = runner_of(model, parameters, {.threads = 2}),
         trains = runner_of(model, parameters, {.trains = true});
    const auto ours = engine.encode(one.batch()), theirs = plain.encode(one.batch());
    CHECK(ours.means.shape() == rows_of(70, model.values[model.code]));
    // Sums of at most some hundred products of numbers of order one.
    constexpr double rounding = 1e-12;
    CHECK(largest_difference(ours.means, theirs.means) < rounding);
    CHECK(ours.log_variances.size() == (model.heads() ? ours.means.size() : 0));
    if (model.heads()) CHECK(largest_difference(ours.log_variances, theirs.log_variances) < rounding);
    // A pass that was made to train computes them, too, with the same bits.
    CHECK(trains.encode(one.batch()).means == ours.means);

    const Tensor<double> pixels = engine.decode(ours.means);
    CHECK(pixels.shape() == rows_of(70, model.images()));
    CHECK(largest_difference(pixels, plain.decode(ours.means)) < rounding);
    CHECK(trains.decode(ours.means) == pixels);
    CHECK(engine.reconstruct(one.batch()) == pixels);
    CHECK(largest_difference(plain.reconstruct(one.batch()), pixels) < 1e-11);
    CHECK(std::all_of(pixels.begin(), pixels.end(), [](double pixel) { return pixel >= 0 && pixel <= 1; }));
    // Other codes give other pixels, and each row is its own.
    Tensor<double> codes = ours.means;
    codes[codes.size() - 1] += 1;
    const Tensor<double> changed = engine.decode(codes);
    const Index elements = model.images().elements();
    CHECK(std::equal(pixels.begin(), pixels.end() - elements, changed.begin()));
    CHECK_FALSE(changed == pixels);
  }
}

TEST_CASE("runner: codes stand in the images' order, on any number of threads") {
  for (const NamedModel& named : larger_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 100);
    const auto parameters = larger_parameters<float>(one.model);
    auto on_one = runner_of(one.model, parameters, {});
    const auto codes = on_one.encode(one.batch());
    const auto pixels = on_one.decode(codes.means);
    for (const int threads : {2, 5}) {
      auto on_more = runner_of(one.model, parameters, {.threads = threads});
      CHECK(on_more.encode(one.batch()).means == codes.means);
      CHECK(on_more.decode(codes.means) == pixels);
    }
    // A matrix product may add in another order for another number of images: fewer than 200 additions of numbers of
    // order one lead to a code.
    const Index latent = codes.means.shape()[1];
    for (const Index n : {Index{0}, Index{17}, Index{99}}) {
      const auto alone = on_one.encode(one.batch().part(n, 1));
      for (Index at = 0; at < latent; ++at)
        CHECK(std::abs(codes.means[n * latent + at] - alone.means[at]) <
              200 * std::numeric_limits<float>::epsilon());
    }
    CHECK(largest_difference(on_one.encode(one.batch().part(0, 1)).means,
                             on_one.encode(one.batch().part(17, 1)).means) > 1e-2);
  }
}

TEST_CASE("runner: decode refuses codes of another shape, and models of several draws") {
  const Model model = make_model(small_spec(ModelKind::vae));
  const auto parameters = parameters_for<float>(model);
  for (const std::string form : {"batched", "gather"}) {
    auto runner = runner_of(model, parameters, {.form = form});
    CHECK(runner.decode(Tensor<float>({2, 3, 1, 1})).shape() == Shape{2, 1, 6, 5});
    for (const Shape& wrong : {Shape{2, 3}, Shape{2, 4, 1, 1}, Shape{3, 1, 1}, Shape{2, 3, 1, 2}, Shape{6},
                               Shape{2, 3, 1, 1, 1}}) {
      CAPTURE(wrong);
      CHECK_THROWS_WITH(runner.decode(Tensor<float>(wrong)), Contains("codes") && Contains("[N, 3, 1, 1]"));
    }
    auto several = runner_of(with_draws(model, 3), parameters, {.form = form});
    CHECK_THROWS_WITH(several.decode(Tensor<float>({2, 3, 1, 1})), Contains("draws"));
  }
}

TEST_CASE("runner: the losses of codes are those of the pixels that they give") {
  for (const NamedModel& several : small_models()) {
    INFO(several.name);
    const GradientCase one(with_draws(several.model, 1), 3);
    const Model& model = one.model;
    const auto parameters = parameters_for<double>(model);
    auto runner = runner_of(model, parameters, {});
    BlockPass<double>& pass = runner.pass(1);
    const Reconstruction& term = model.reconstruction();
    const Index rows = images_per_block(model), elements = model.images().elements();
    Random random(4);
    for (const Index count : {rows, Index{5}, rows, Index{1}}) {
      Tensor<double> codes = random_reals<double>(rows_of(count, model.values[model.code]), random),
                     outputs(rows_of(count, model.images()));
      pass.decode(count, codes.data(), 0, outputs.data());
      for (const Index image : {2, 0}) {
        const Batch target = one.batch().part(image, 1);
        std::vector<double> x(static_cast<std::size_t>(elements)), found(static_cast<std::size_t>(count));
        fetch(target, x.data());
        pass.fetch_target(target, 0);
        pass.decode_losses(count, codes.data(), 0, found.data());
        for (Index row = 0; row < count; ++row) {
          double loss = 0;
          for (Index at = 0; at < elements; ++at)
            loss +=
                pixel_loss(term.likelihood, x[static_cast<std::size_t>(at)], outputs[row * elements + at]);
          if (term.likelihood == Likelihood::gaussian)
            loss = gaussian_loss(
                loss, term.log_variance ? parameters[*term.log_variance].value[0] : std::log(term.variance),
                static_cast<double>(elements));
          // losses of pixels may cancel where the density is above 1
          CHECK(found[static_cast<std::size_t>(row)] == Approx(loss).epsilon(1e-12).margin(1e-12));
        }
      }
    }
  }
}

TEST_CASE("runner: training lowers the objective, whatever is tied") {
  const Tensor<std::uint8_t> images = boxes(70);
  const std::vector<Index> order = first_images(70);
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae})
    for (const bool tied : {true, false}) {
      ModelSpec spec = small_spec(kind);
      if (!tied) spec.tied = {};
      if (kind == ModelKind::ae) spec.likelihood = Likelihood::mse;
      const Model model = make_model(spec);
      Parameters<float> parameters = initial_parameters<float>(model, 1);
      Runner<float> runner(model, {.threads = 2, .trains = true});
      Optimizer<float> adam({}, parameters);
      Gradients<float> gradient = zeros_like(parameters);
      const Batch batch = make_batch(images, order, kind == ModelKind::vae ? Binarise::fixed : Binarise::none,
                                     1, Split::train);
      double before = 0, after = 0;
      for (int step = 0; step <= 100; ++step) {
        runner.load(parameters);
        after = runner.gradient(batch, 1, gradient).objective;
        if (step == 0) before = after;
        CHECK_FALSE(first_not_finite(gradient, 1));
        CHECK_FALSE(adam.step(parameters, gradient, 0.01));
      }
      CAPTURE(name(kind), tied);
      // Pixels of noise cannot be compressed as far as boxes.
      CHECK(after < (kind == ModelKind::ae ? 0.5 : 0.8) * before);
    }
}

TEST_CASE("runner: the gradient in BFloat16 points where that in double does") {
  for (const NamedModel& named : larger_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 70);
    Parameters<float> parameters = larger_parameters<float>(one.model);
    const auto exact = gradient_with(one, cast_all<double>(parameters), {.form = "gather"}, beta);
    const Computing bf16{.precision = Precision::bf16};
    // Eight bits: every number on the way is off by up to 2^-8 of itself.
    const auto rounded = gradient_with(one, parameters, bf16, beta);
    CHECK(losses_distance(rounded.losses, exact.losses) < 3e-2);
    const Agreement found = agreement(rounded.gradients, exact.gradients);
    CHECK(found.distance < 3e-2);
    CHECK(found.cosine > 0.9995);
    CHECK(found.distance > 1e-5);  // and is not that of floats by accident: its operands were rounded
    CHECK(agreement(gradient_with(one, parameters, {}, beta).gradients, exact.gradients).distance < 1e-5);

    // A sign in a middle layer that is wrong is seen.
    REQUIRE(parameters[2].name == "conv2");
    for (float& value : parameters[2].value) value = -value;
    CHECK(agreement(gradient_with(one, parameters, bf16, beta).gradients, exact.gradients).cosine < 0.9995);
  }
}

TEST_CASE("runner: BFloat16 has the same bits on any number of threads") {
  for (const NamedModel& named : larger_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 150);
    const auto parameters = larger_parameters<float>(one.model);
    const auto on_one = gradient_with(one, parameters, {.precision = Precision::bf16}, beta);
    for (const int threads : {2, 3, 5}) {
      const auto on_more =
          gradient_with(one, parameters, {.precision = Precision::bf16, .threads = threads}, beta);
      CHECK(on_more.losses == on_one.losses);
      CHECK(on_more.gradients == on_one.gradients);
    }
  }
}

TEST_CASE("runner: every small model computes in BFloat16 what it does in double, roughly") {
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 70);
    const auto parameters = parameters_for<float>(one.model);
    const auto exact = gradient_with(one, cast_all<double>(parameters), {.form = "gather"}, beta);
    const auto rounded = gradient_with(one, parameters, {.precision = Precision::bf16}, beta);
    // Losses of pixels may cancel where the density is above 1: in terms of a nat per pixel, then.
    const auto pixels = static_cast<double>(70 * one.model.images().elements());
    CHECK(std::abs(rounded.losses.objective - exact.losses.objective) <
          3e-2 * std::max(pixels, exact.losses.objective));
    // A ReLU that switches, or a gain of few numbers, may count more here than in larger models.
    CHECK(agreement(rounded.gradients, exact.gradients).distance < 6e-2);
    const Model single = with_draws(one.model, 1);
    auto plain = runner_of(single, cast_all<double>(parameters), {.form = "gather"});
    auto fast = runner_of(single, parameters, {.precision = Precision::bf16});
    const auto codes = plain.encode(one.batch()).means;
    double largest = 0;
    for (const double code : codes) largest = std::max(largest, std::abs(code));
    CHECK(largest_difference(fast.encode(one.batch()).means, codes) < 3e-2 * largest);
    CHECK(largest_difference(fast.decode(cast<float>(codes)), plain.decode(codes)) < 5e-2);
  }
}

TEST_CASE("runner: a precision is the model's own, or BFloat16 of floats in the form batched") {
  const Model model = make_model(small_spec(ModelKind::ae));
  CHECK_NOTHROW(Runner<double>(model, {.precision = Precision::fp64}));
  CHECK_NOTHROW(Runner<float>(model, {.form = "gather", .precision = Precision::fp32}));
  CHECK_THROWS_WITH(Runner<double>(model, {.precision = Precision::bf16}), Contains("precision"));
  CHECK_THROWS_WITH(Runner<double>(model, {.precision = Precision::fp32}),
                    Contains("is fp32") && Contains("are fp64"));
  CHECK_THROWS_WITH(Runner<float>(model, {.precision = Precision::fp64}),
                    Contains("is fp64") && Contains("use fp32 or bf16"));
  CHECK_THROWS_WITH(Runner<double>(model, {.form = "gather", .precision = Precision::fp32}),
                    Contains("is fp32") && Contains("fp64"));
  CHECK_THROWS_WITH(Runner<float>(model, {.form = "gather", .precision = Precision::bf16}),
                    Contains("precision") && Contains("gather"));
  CHECK_THROWS_AS(Runner<float>(model, {.form = "no such form"}), InvalidArgument);
  CHECK(named<Precision>("bf16", float_precisions) == Precision::bf16);
  CHECK_THROWS_WITH(named<Precision>("fp64", float_precisions), Contains("choose fp32 or bf16"));
}

TEST_CASE("runner: a form that does not support a layer says so when it is made") {
  // Every form either runs the model or names itself.
  for (const NamedModel& named : small_models())
    for (const Form<float>& form : forms<float>()) try {
        Runner<float>(named.model, {.form = std::string(form.name)});
      } catch (const InvalidArgument& error) {
        CHECK(error.field() == "form");
        CHECK_THAT(error.what(), Contains(std::string(form.name)));
      }
}

TEST_CASE("runner: tiles have the same bits on any number of threads, in training and in evaluating") {
  for (const NamedModel& named : tiled_models())
    for (const engine::Algorithm algorithm : with_tiles)
      for (const Precision precision : float_precisions) {
        INFO(named.name << ", " << name(algorithm) << ", " << name(precision));
        const GradientCase one(named.model, 150);
        const auto parameters = larger_parameters<float>(one.model);
        const auto with = [&](int threads) {
          return Computing{.precision = precision, .algorithm = algorithm, .threads = threads};
        };
        const auto on_one = gradient_with(one, parameters, with(1), beta);
        for (const int threads : {2, 5}) {
          const auto on_more = gradient_with(one, parameters, with(threads), beta);
          CHECK(on_more.losses == on_one.losses);
          CHECK(on_more.gradients == on_one.gradients);
        }
        CHECK(runner_of(one.model, parameters, with(3)).losses(one.batch(), beta) == on_one.losses);
      }
}

namespace {

// How much larger than a product of a pixel and a tap the terms can be that a result of a tile is the sum of, by axis.
double growth(const engine::Bilinear& a) {
  double most = 0;
  for (int i = 0; i < a.results; ++i) {
    double sum = 0;
    for (int t = 0; t < a.products; ++t) {
      double filter = 0, image = 0;
      for (int j = 0; j < a.taps; ++j) filter += std::abs(static_cast<double>(a.filter.at[t][j]));
      for (int q = 0; q < a.image.columns; ++q) image += std::abs(static_cast<double>(a.image.at[t][q]));
      sum += std::abs(static_cast<double>(a.code.at[t][i])) * filter * image;
    }
    most = std::max(most, sum / static_cast<double>(a.scale));
  }
  return most;
}

// The other two maps of an algorithm transpose its matrices.
engine::Bilinear with_code_and_image_exchanged(engine::Bilinear a) {
  std::swap(a.code, a.image);
  a.results = a.code.columns;
  return a;
}

double largest_growth(int most_results) {
  double growth_of_axis = 1;
  for (const engine::Bilinear& a : engine::bilinear_algorithms)
    if (a.results <= most_results)
      growth_of_axis = std::max({growth_of_axis, growth(a), growth(with_code_and_image_exchanged(a))});
  return growth_of_axis;
}

double largest(const Tensor<double>& numbers) {
  double most = 0;
  for (const double x : numbers) most = std::max(most, std::abs(x));
  return most;
}

// How far the loss of an image can be from the exact one, by any algorithm of tiles of up to `most_results`: a model of affine steps
// one after the other, whose activations have slopes of at most 1, in numbers that round by eps/2. A step sums `terms` products
// of at most |w| |x| each; tiles make them larger by `growth` per axis, and add some 20 roundings of the transforms. What
// an input is off goes through the step at most ||W|| times as large.
double loss_bound(const Model& model, const Parameters<double>& parameters, int most_results) {
  double off = 0, size = 1;  // of the values of a step, pixels first
  for (const Step& step : model.steps) {
    const auto& affine = std::get<Affine>(step);
    const Tensor<double>& weight = parameters[affine.weight].value;
    const Geometry& geometry = affine.geometry;
    const Index inner = affine.direction == Direction::conv ? geometry.in_channels : geometry.out_channels;
    const double terms =
        static_cast<double>(weight.size() / (geometry.in_channels * geometry.out_channels / inner));
    const double tiles = std::pow(largest_growth(most_results), static_cast<double>(geometry.axes.size()));
    const double w = largest(weight), bias = affine.bias ? largest(parameters[*affine.bias].value) : 0;
    off = terms * w * off + (terms + 20) * eps * (terms * tiles * w * (size + off) + bias);
    size = terms * w * size + bias;
  }
  // The slope of bce-grey by an output is at most 1.
  return off * static_cast<double>(model.images().elements());
}

}  // namespace

TEST_CASE("runner: tiles give the losses of the direct engine, within a derived bound") {
  ModelSpec spec;
  spec.image_channels = 16;
  spec.latent = 0;
  spec.tied = {true};
  for (const Index kernel : {3, 4, 5})
    for (const Index stride : {1, 2}) {
      spec.image_size = {14, 13};
      spec.layers = {{.channels = 18, .kernel = kernel, .stride = stride}};
      const GradientCase one(make_model(spec), 3);
      const auto parameters = larger_parameters<double>(one.model);
      const double direct = gradient_with(one, parameters, {}, beta).losses.objective;
      for (const engine::Algorithm algorithm : with_tiles) {
        INFO("kernel " << kernel << ", stride " << stride << ", " << name(algorithm));
        const double tiled = gradient_with(one, parameters, {.algorithm = algorithm}, beta).losses.objective;
        // What both are off, and the roundings of the sum over all pixels.
        const auto pixels = static_cast<double>(3 * one.model.images().elements());
        const int results = algorithm == engine::Algorithm::winograd2 ? 3 : 4;
        const double bound = 2 * (3 * loss_bound(one.model, parameters, results) + pixels * eps * direct);
        CHECK(std::abs(tiled - direct) <= bound);
        // A tap that is left out, in one channel of both layers, is seen.
        auto less = parameters;
        less[0].value[0] = 0;
        CHECK(std::abs(gradient_with(one, less, {.algorithm = algorithm}, beta).losses.objective - direct) >
              bound);
      }
    }
}

TEST_CASE("runner: tiles give the losses and gradients of the direct engine") {
  for (const NamedModel& named : tiled_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 40);
    const auto parameters = larger_parameters<double>(one.model);
    const auto direct = gradient_with(one, parameters, {}, beta);
    for (const engine::Algorithm algorithm : with_tiles) {
      INFO(name(algorithm));
      const auto tiled = gradient_with(one, parameters, {.algorithm = algorithm}, beta);
      const int results = algorithm == engine::Algorithm::winograd2 ? 3 : 4;
      // Sums of some thousand products round as the root of their number does, 30 eps, and tiles grow that by what their matrices do.
      CHECK(losses_distance(tiled.losses, direct.losses) < 30 * eps * std::pow(largest_growth(results), 2));
      CHECK(agreement(tiled.gradients, direct.gradients).distance <
            30 * eps * std::pow(largest_growth(results), 2));

      // And in floats: of the exact ones.
      const auto floats = cast_all<float>(parameters);
      const auto exact = gradient_with(one, cast_all<double>(floats), {}, beta);
      const auto found = gradient_with(one, floats, {.algorithm = algorithm}, beta);
      const double rounding =
          30 * std::numeric_limits<float>::epsilon() * std::pow(largest_growth(results), 2);
      CHECK(losses_distance(found.losses, exact.losses) < rounding);
      CHECK(agreement(found.gradients, exact.gradients).distance < rounding);
    }
  }
}

TEST_CASE("runner: every small model computes by tiles what it does directly, and codes and pixels") {
  for (const NamedModel& named : small_models()) {
    INFO(named.name);
    const GradientCase one(named.model, 40);
    const auto parameters = parameters_for<double>(one.model);
    const auto direct = gradient_with(one, parameters, {}, beta);
    const Model single = with_draws(one.model, 1);
    auto plain = runner_of(single, parameters, {});
    const auto codes = plain.encode(one.batch()).means;
    for (const engine::Algorithm algorithm :
         {engine::Algorithm::automatic, engine::Algorithm::winograd2, engine::Algorithm::winograd4}) {
      INFO(name(algorithm));
      const auto tiled = gradient_with(one, parameters, {.algorithm = algorithm}, beta);
      CHECK(losses_distance(tiled.losses, direct.losses) < 1e-11);
      CHECK(gradient_distance(tiled.gradients, direct.gradients) < 1e-9);
      auto runner = runner_of(single, parameters, {.algorithm = algorithm});
      CHECK(largest_difference(runner.encode(one.batch()).means, codes) < 1e-11);
      CHECK(largest_difference(runner.decode(codes), plain.decode(codes)) < 1e-11);
    }
  }
}

TEST_CASE("runner: a step says by which algorithm its maps are computed") {
  const Model model = tiled_models().front().model;  // conv, conv, linear and their transposes
  const auto of = [&](engine::Algorithm algorithm, bool trains) {
    return Runner<float>(model, {.algorithm = algorithm, .trains = trains}).algorithms();
  };
  const StepAlgorithms first{.conv = "direct", .weight_gradient = "direct"},
      inner{.conv = "direct", .conv_transpose = "direct", .weight_gradient = "direct"};
  CHECK(of(engine::Algorithm::direct, true) ==
        std::vector<StepAlgorithms>{first, inner, inner, inner, inner, inner});
  const auto evaluates = of(engine::Algorithm::direct, false);
  CHECK(evaluates.front() == StepAlgorithms{.conv = "direct"});
  CHECK(evaluates.back() == StepAlgorithms{.conv_transpose = "direct"});
  const auto tiled = of(engine::Algorithm::winograd2, true);
  for (const std::size_t step : {1, 4})
    for (const std::string& map : {tiled[step].conv, tiled[step].conv_transpose, tiled[step].weight_gradient})
      CHECK_THAT(map, StartsWith("F(") && !Contains("F(4,"));
  CHECK(tiled[2] == inner);  // a linear layer has no tiles
  CHECK_THAT(of(engine::Algorithm::winograd4, true)[1].conv, Contains("F(4,2)"));
  CHECK(Runner<float>(model, {.form = "gather"}).algorithms().empty());

  // The engine keeps every parameter in its own order and packed for each direction; tiles have filters of more numbers.
  const auto bytes = [&](engine::Algorithm algorithm) {
    return Runner<float>(model, {.algorithm = algorithm}).parameter_bytes();
  };
  const auto plain = static_cast<std::size_t>(model.parameter_count()) * sizeof(float);
  CHECK(Runner<float>(model, {.form = "gather"}).parameter_bytes() == plain);
  CHECK(bytes(engine::Algorithm::direct) > 2 * plain);
  CHECK(bytes(engine::Algorithm::winograd2) > bytes(engine::Algorithm::direct));
}

TEST_CASE("runner: tiles are of the form batched") {
  const Model model = make_model(small_spec(ModelKind::ae));
  for (const engine::Algorithm algorithm : {engine::Algorithm::automatic, engine::Algorithm::direct})
    CHECK_NOTHROW(Runner<float>(model, {.form = "gather", .algorithm = algorithm}));
  for (const engine::Algorithm algorithm : with_tiles) {
    CHECK_THROWS_WITH(Runner<float>(model, {.form = "gather", .algorithm = algorithm}),
                      Contains("algorithm") && Contains(std::string(name(algorithm))) && Contains("gather"));
    CHECK_NOTHROW(Runner<double>(model, {.algorithm = algorithm}));
  }
}
