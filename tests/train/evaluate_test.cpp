// Evaluation: means over all images, likelihoods that are known in closed form, and the same bits however it is
// computed.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <armadillo>
#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/geometry/stack.hpp>
#include <fsconv/nn/image_measures.hpp>
#include <fsconv/nn/optimizer.hpp>
#include <fsconv/train/evaluate.hpp>
#include <limits>
#include <numbers>

#include "nn/small_models.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

constexpr Index latent = 8, pixels = 16;

arma::uword at(Index position) { return static_cast<arma::uword>(position); }

// z ~ N(0, 1) in 8 dimensions, x = W^T z + b + N(0, s^2) in 4x4 pixels: W^T is fsconv's own transposed convolution of 2
// channels of 2x2 (a shuffle makes them of the 8 numbers), with a stride of 2 and `taps` taps per axis. The encoder is
// linear and its log-variance a constant, so that any such posterior can be set.
struct LinearGaussian {
  Geometry decoder;
  Model model;
  Parameters<float> parameters;
  double variance;

  Tensor<float>& of(const std::string& name) {
    for (Parameter<float>& parameter : parameters)
      if (parameter.name == name) return parameter.value;
    throw InvalidArgument("name", name);
  }
};

LinearGaussian linear_gaussian(Index taps, double variance) {
  Geometry decoder{.axes = {}, .in_channels = 1, .out_channels = 2};
  for (int axis = 0; axis < 2; ++axis) decoder.axes.push_back({.in = 4, .out = 2, .taps = taps, .down = 2});
  const Geometry head = linear_geometry(1, {4, 4}, latent);
  ModelBuilder m;
  const ValueId x = m.image(1, {4, 4});
  const ParameterId mean_weight = m.weight("mean", head, 0.3), mean_bias = m.bias("mean_bias", {latent});
  const ParameterId log_weight = m.parameter({"log_variance", head.weight_shape()});
  const ParameterId log_bias = m.bias("log_variance_bias", {latent});
  const ValueId mean = m.conv(x, head, mean_weight, mean_bias, Activation::linear);
  const ValueId log_variance = m.conv(x, head, log_weight, log_bias, Activation::linear);
  const ValueId z = m.sample(mean, log_variance, m.noise(m[mean], 1));
  const ParameterId weight = m.weight("decoder", decoder, 1), bias = m.bias("bias", {1, 4, 4});
  const ValueId out = m.conv_transpose(m.shuffle(z, 2), decoder, weight, bias, Activation::linear);
  LinearGaussian made{
      decoder,
      m.finish({Reconstruction{out, Likelihood::gaussian, variance}, KlToNormal{mean, log_variance}},
               OverDraws::mean, mean),
      {},
      variance};
  made.parameters = initial_parameters<float>(made.model, 4);
  Random random(8);
  for (float& value : made.of("bias")) value = static_cast<float>(0.3 + 0.2 * random.normal());
  return made;
}

// W^T by fsconv's sparse matrix, dense: [pixels x latent]. Latent number c*4 + p is channel c at pixel p.
arma::mat decoder_matrix(LinearGaussian& one) {
  const Tensor<double> weight = cast<double>(one.of("decoder"));
  arma::mat dense(pixels, latent);
  for (Index column = 0; column < latent; ++column) {
    Tensor<double> unit(one.decoder.code_shape());
    unit[column] = 1;
    const Tensor<double> image = matrix::conv_transpose(one.decoder, unit, weight);
    for (Index pixel = 0; pixel < pixels; ++pixel) dense(at(pixel), at(column)) = image[pixel];
  }
  return dense;
}

arma::vec bias_of(LinearGaussian& one) {
  arma::vec b(pixels);
  for (Index pixel = 0; pixel < pixels; ++pixel) b(at(pixel)) = static_cast<double>(one.of("bias")[pixel]);
  return b;
}

Tensor<std::uint8_t> pictures(Index count) {
  Tensor<std::uint8_t> images({count, 1, 4, 4});
  Random random(4);
  for (auto& pixel : images) pixel = static_cast<std::uint8_t>(random.integer(0, 255));
  return images;
}

// log N(x; b, W W^T + s^2 I)
double exact_log_likelihood(LinearGaussian& one, const Tensor<std::uint8_t>& images, Index image) {
  arma::vec off = -bias_of(one);
  for (Index pixel = 0; pixel < pixels; ++pixel) off(at(pixel)) += images[image * pixels + pixel] / 255.0;
  const arma::mat w = decoder_matrix(one);
  const arma::mat covariance = w * w.t() + one.variance * arma::eye(pixels, pixels);
  double log_determinant = 0, sign = 0;
  arma::log_det(log_determinant, sign, covariance);
  return -0.5 * (pixels * std::log(2 * std::numbers::pi) + log_determinant +
                 arma::dot(off, arma::solve(covariance, off)));
}

// The posterior N(S W (x - b)/s^2, S), S = (I + W W^T/s^2)^-1 seen from the latent side, which must be diagonal to
// be said.
void set_exact_posterior(LinearGaussian& one) {
  const arma::mat w = decoder_matrix(one);
  const arma::mat inverse = w.t() * w / one.variance + arma::eye(latent, latent);
  REQUIRE(arma::norm(inverse - arma::diagmat(inverse), "fro") < 1e-6);
  const arma::vec shift = bias_of(one);
  for (Index number = 0; number < latent; ++number) {
    const double spread = 1 / inverse(at(number), at(number));
    double mean_bias = 0;
    for (Index pixel = 0; pixel < pixels; ++pixel) {
      const double weight = spread * w(at(pixel), at(number)) / one.variance;
      one.of("mean")[number * pixels + pixel] = static_cast<float>(weight);
      mean_bias -= weight * shift(at(pixel));
    }
    one.of("mean_bias")[number] = static_cast<float>(mean_bias);
    one.of("log_variance_bias")[number] = static_cast<float>(std::log(spread));
  }
}

Evaluation evaluated(const Model& model, const Parameters<float>& parameters,
                     const Tensor<std::uint8_t>& images, Index samples, int threads = 1,
                     Binarise binarise = Binarise::none) {
  Runner<float> runner(model, {.threads = threads});
  runner.load(parameters);
  return evaluate(runner, images, {.importance_samples = samples, .binarise = binarise, .seed = 3});
}

}  // namespace

TEST_CASE("evaluate: with the exact posterior every weight is the likelihood itself") {
  LinearGaussian one =
      linear_gaussian(2, 0.5);  // windows that do not overlap, and two filters at right angles
  one.of("decoder") = Tensor<float>({2, 1, 2, 2}, {0.8f, 0.8f, 0.8f, 0.8f, 0.5f, -0.5f, 0.5f, -0.5f});
  set_exact_posterior(one);
  const Tensor<std::uint8_t> images = pictures(5);
  const Evaluation found = evaluated(one.model, one.parameters, images, 50);
  for (std::size_t image = 0; image < 5; ++image) {
    const double exact = exact_log_likelihood(one, images, static_cast<Index>(image));
    // Sixteen squares and eight numbers in float, each of the order of one: 1e-5 is a hundred roundings.
    for (const auto& bound : found.log_likelihood) CHECK(bound[image] == Approx(exact).margin(1e-5));
    CHECK(found.effective_samples[image] == Approx(50).margin(1e-3));
    CHECK(found.largest_weight[image] == Approx(1.0 / 50).margin(1e-6));
  }

  // The mutant: a variance that is off by a tenth is no posterior.
  one.of("log_variance_bias")[3] += 0.1f;
  CHECK(evaluated(one.model, one.parameters, images, 50).effective_samples[0] < 49.99);
}

TEST_CASE("evaluate: with another posterior the bounds rise to the likelihood") {
  LinearGaussian one = linear_gaussian(3, 0.5);  // windows that overlap: no diagonal posterior is exact
  const Tensor<std::uint8_t> images = pictures(6);
  const Evaluation found = evaluated(one.model, one.parameters, images, 20000);
  REQUIRE(found.samples == std::vector<Index>{1, 10, 100, 1000, 10000, 20000});
  std::vector<double> means(found.samples.size());
  double mean_exact = 0;
  for (std::size_t image = 0; image < 6; ++image) {
    const double exact = exact_log_likelihood(one, images, static_cast<Index>(image));
    // The mean of the weights has a relative error of 1/sqrt(effective samples): five of these.
    CHECK(found.effective_samples[image] > 100);
    CHECK(found.log_likelihood.back()[image] ==
          Approx(exact).margin(5 / std::sqrt(found.effective_samples[image])));
    CHECK(-found.reconstruction[image] - found.kl[image] < exact);  // the ELBO is a bound
    for (std::size_t k = 0; k < means.size(); ++k) means[k] += found.log_likelihood[k][image] / 6;
    mean_exact += exact / 6;
  }
  CHECK(means[0] < means[2]);
  CHECK(means[2] < mean_exact);
}

TEST_CASE("evaluate: a variational model of that kind learns the likelihood of its data") {
  // A linear decoder with a learned posterior: -ELBO falls to within the gap that a diagonal posterior leaves, and
  // L_K to the likelihood of the parameters that were found.
  LinearGaussian one = linear_gaussian(3, 0.1);
  const Tensor<std::uint8_t> images = pictures(64);
  const std::vector<Index> order = first_images(64);
  Runner<float> runner(one.model, {.trains = true});
  Gradients<float> gradients = zeros_like(one.parameters);
  Optimizer<float> adam({}, one.parameters);
  double first = 0, last = 0;
  for (Index step = 1; step <= 400; ++step) {
    runner.load(one.parameters);
    const Losses losses =
        runner.gradient(make_batch(images, order, Binarise::none, 0, Split::train, step), 1, gradients);
    (step == 1 ? first : last) = losses.objective / 64;
    adam.step(one.parameters, gradients, 0.02);
  }
  double exact = 0;
  for (Index image = 0; image < 64; ++image) exact -= exact_log_likelihood(one, images, image) / 64;
  CHECK(last < first - 1);
  CHECK(last > exact - 0.5);  // one draw per image: its mean over 64 images is off by less
  const Mean bound = mean_of(evaluated(one.model, one.parameters, images, 2000).log_likelihood.back());
  CHECK(-bound.value == Approx(exact).margin(0.1));
}

TEST_CASE("evaluate: a linear tied autoencoder finds the plane of the principal components") {
  ModelBuilder m;
  const Geometry head = linear_geometry(1, {4, 4}, 3);
  const ValueId x = m.image(1, {4, 4});
  const ParameterId weight = m.weight("w", head, 1);
  const ValueId code = m.conv(x, head, weight, m.bias("code_bias", {3}), Activation::linear);
  const ValueId out = m.conv_transpose(code, head, weight, m.bias("bias", {1, 4, 4}), Activation::linear);
  const Model model = m.finish({Reconstruction{out, Likelihood::mse}}, OverDraws::mean, code);

  const Tensor<std::uint8_t> images = pictures(40);
  arma::mat data(pixels, 40);
  for (Index image = 0; image < 40; ++image)
    for (Index pixel = 0; pixel < pixels; ++pixel)
      data(at(pixel), at(image)) = images[image * pixels + pixel] / 255.0;
  data.each_col() -= arma::vec(arma::mean(data, 1));
  const arma::vec singular = arma::svd(data);
  const double best = arma::accu(arma::square(singular.tail(singular.n_elem - 3))) / 40;

  const std::vector<Index> order = first_images(40);
  Parameters<float> parameters = initial_parameters<float>(model, 1);
  Runner<float> runner(model, {.trains = true});
  Gradients<float> gradients = zeros_like(parameters);
  Optimizer<float> adam({}, parameters);
  double loss = 0;
  for (Index step = 1; step <= 3000; ++step) {
    runner.load(parameters);
    loss =
        runner.gradient(make_batch(images, order, Binarise::none, 0, Split::train), 1, gradients).objective /
        40;
    adam.step(parameters, gradients, 0.02 * (1 - static_cast<double>(step) / 3001));
  }
  CHECK(loss > best - 1e-5);  // Eckart and Young: nothing of rank 3 is better
  CHECK(loss < best + 1e-3);
}

TEST_CASE("evaluate: the mean over all images, those of the last piece too") {
  for (const ModelKind kind : {ModelKind::ae, ModelKind::vae}) {
    const Model model = make_model(small_spec(kind));
    const Parameters<float> parameters = parameters_for<float>(model);
    const Tensor<std::uint8_t> images = images_for(model, 1024 + 39);
    const Binarise binarise = binarise_for(model);
    Runner<float> runner(model, {});
    runner.load(parameters);
    const Losses mean = mean_losses(runner, images, binarise, 5, Split::test);
    double sum = 0, kl = 0;
    for (Index image = 0; image < images.shape()[0]; ++image) {
      const std::vector<Index> only = {image};
      const Losses one = runner.losses(make_batch(images, only, binarise, 5, Split::test));
      sum += one.reconstruction;
      kl += one.kl;
    }
    // An image alone is another number of rows: its floats are summed in another order.
    const auto count = static_cast<double>(images.shape()[0]);
    CHECK(mean.reconstruction == Approx(sum / count).epsilon(1e-5));
    CHECK(mean.kl == Approx(kl / count).epsilon(1e-5).margin(1e-12));
  }
}

TEST_CASE(
    "evaluate: the same bits on any number of threads, and the first samples of more are those of fewer") {
  const Model model = make_model(small_spec(ModelKind::vae));
  const Parameters<float> parameters = parameters_for<float>(model);
  const Tensor<std::uint8_t> images = images_for(model, 70);
  const Evaluation one = evaluated(model, parameters, images, 100, 1, Binarise::fixed);
  for (const int threads : {2, 3}) {
    const Evaluation more = evaluated(model, parameters, images, 100, threads, Binarise::fixed);
    CHECK(more.log_likelihood == one.log_likelihood);
    CHECK(more.reconstruction == one.reconstruction);
    CHECK(more.effective_samples == one.effective_samples);
    CHECK(more.psnr == one.psnr);
  }
  const Evaluation longer = evaluated(model, parameters, images, 1000, 1, Binarise::fixed);
  CHECK(longer.log_likelihood[0] == one.log_likelihood[0]);
  CHECK(longer.log_likelihood[1] == one.log_likelihood[1]);
  CHECK(longer.samples.back() == 1000);
  CHECK_FALSE(longer.log_likelihood.back() == one.log_likelihood.back());
}

TEST_CASE("evaluate: measures of pictures and codes") {
  ModelSpec spec = small_spec(ModelKind::ae);
  spec.image_size = {12, 13};
  const Model model = make_model(spec);
  Parameters<float> parameters = parameters_for<float>(model);
  const Tensor<std::uint8_t> images = images_for(model, 33);
  const Evaluation found = evaluated(model, parameters, images, 0);
  Runner<float> runner(model, {});
  runner.load(parameters);
  const std::vector<Index> order = first_images(33);
  const Batch batch = make_batch(images, order, Binarise::none, 0, Split::test);
  const Tensor<float> made = runner.reconstruct(batch);
  Tensor<float> originals(made.shape());
  fetch(batch, originals.data());
  const Index elements = 12 * 13;
  for (Index image = 0; image < 33; ++image) {
    const auto here = static_cast<std::size_t>(image);
    CHECK(found.psnr[here] ==
          psnr(originals.data() + image * elements, made.data() + image * elements, elements));
    CHECK(found.ssim[here] ==
          ssim(originals.data() + image * elements, made.data() + image * elements, 1, 12, 13));
  }
  CHECK(found.kl.empty());
  CHECK(found.log_likelihood.empty());

  // A code that never moves is not active.
  Tensor<float>& head = parameters[4].value;
  REQUIRE(parameters[4].name == "linear");
  const Index row = head.size() / 3;
  std::fill(head.begin(), head.begin() + row, 0.0f);
  const Evaluation still = evaluated(model, parameters, images, 0);
  CHECK(still.code_variance[0] == Approx(0).margin(1e-12));
  CHECK(still.active_units == 2);
}

TEST_CASE("evaluate: mean and standard error") {
  const Mean mean = mean_of({1, 2, 3, 6});  // deviations -2, -1, 0, 3: variance 14/3
  CHECK(mean.value == 3);
  CHECK(mean.error == Approx(std::sqrt(14.0 / 3 / 4)));
  CHECK(mean_of({5}).error == 0);
  const Mean equal = mean_of(std::vector<double>(30, 0.1));  // whose sum is no 3
  CHECK((equal.value == 0.1 && equal.error == 0));
}
