// Fixed filters: Caffe's numbers, phase sums of 1, polynomials that come back, every system's words, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/random.hpp>
#include <fsconv/conventions/apply.hpp>
#include <fsconv/conventions/array_order.hpp>
#include <fsconv/conventions/fixed_filter.hpp>
#include <fsconv/geometry/case_string.hpp>

using namespace fsconv;

namespace {

FixedFilter filter_named(const std::string& text) {
  const auto filter = parse_fixed_filter(text);
  REQUIRE(filter);
  return *filter;
}

AxisFilter axis_named(const std::string& text) {
  const FixedFilter filter = filter_named(text);
  return axis_filter(filter, filter.factors.front());
}

// Caffe's BilinearFiller, as its source has it: include/caffe/filler.hpp.
std::vector<double> caffe_filler(Index taps) {
  const double f = std::ceil(static_cast<double>(taps) / 2);
  const double c = (2 * f - 1 - std::fmod(f, 2)) / (2 * f);
  std::vector<double> weights;
  for (Index x = 0; x < taps; ++x) weights.push_back(1 - std::abs(static_cast<double>(x) / f - c));
  return weights;
}

// The sums of the taps that meet one image pixel, least and most.
std::pair<double, double> phase_sums(const AxisFilter& one) {
  double least = 1e9, most = -1e9;
  const Index step = one.axis.down / one.axis.stride_factor();
  for (Index i = 0; i < step; ++i) {
    double sum = 0;
    for (Index k = positive_mod(one.axis.up * i + one.axis.pad, one.axis.down); k < one.axis.taps;
         k += one.axis.down)
      sum += one.weights[static_cast<std::size_t>(k)];
    least = std::min(least, sum);
    most = std::max(most, sum);
  }
  return {least, most};
}

std::string refusal(const std::string& text) {
  try {
    parse_fixed_filter(text);
  } catch (const InvalidArgument& error) {
    CHECK(error.field() == "weight");
    return error.what();
  }
  return "accepted";
}

ApplyRequest request(const std::string& filter, Op op, Tensor<double> input, Convention convention) {
  ApplyRequest r;
  r.op = op;
  r.convention = convention;
  r.filter = filter_named(filter);
  r.input = {std::move(input), "f8"};
  return r;
}

Tensor<double> enlarged(const std::string& filter, Tensor<double> input) {
  return apply(request(filter, Op::conv_transpose, std::move(input), Convention::native)).values;
}

// Pixel n holds p(n + 1/2), the middle of it measured from the edge.
template <class Polynomial>
Tensor<double> sampled(Index pixels, double jump, const Polynomial& p) {
  Tensor<double> values({1, 1, pixels});
  for (Index n = 0; n < pixels; ++n) values[n] = p((static_cast<double>(n) + 0.5) * jump);
  return values;
}

}  // namespace

TEST_CASE("fixed_filter: bilinear is Caffe's filler, with FCN's kernel and padding") {
  // The numbers that Caffe's formula gives, written out.
  CHECK(axis_named("bilinear:1").weights == std::vector<double>{1});
  CHECK(axis_named("bilinear:2").weights == std::vector<double>{0.25, 0.75, 0.75, 0.25});
  CHECK(axis_named("bilinear:4").weights ==
        std::vector<double>{0.125, 0.375, 0.625, 0.875, 0.875, 0.625, 0.375, 0.125});
  const std::vector<double> three{1.0 / 3, 2.0 / 3, 1, 2.0 / 3, 1.0 / 3};
  for (std::size_t k = 0; k < 5; ++k)
    CHECK(axis_named("bilinear:3").weights[k] == Approx(three[k]).margin(1e-15));
  for (Index factor = 1; factor <= 33; ++factor) {
    CAPTURE(factor);
    const AxisFilter one = axis_named(fmt::format("bilinear:{}", factor));
    CHECK(one.axis.taps == 2 * factor - factor % 2);
    CHECK(one.axis.pad == ceil_div(factor - 1, 2));
    CHECK(one.axis.down == factor);
    CHECK(one.axis.up == 1);
    const std::vector<double> filler = caffe_filler(one.axis.taps);
    for (std::size_t k = 0; k < filler.size(); ++k) CHECK(one.weights[k] == Approx(filler[k]).margin(1e-14));
  }
}

TEST_CASE("fixed_filter: taps by hand") {
  CHECK(axis_named("nearest:3").weights == std::vector<double>{1, 1, 1});
  CHECK(axis_named("nearest:3").axis.pad == 0);
  // F = 2: places -5/4 ... 5/4 around a pixel. At 1/4 and 3/4 with a = -0.5: 0.8671875 and 0.2265625; at 5/4 and 7/4
  // -0.0703125 and -0.0234375.
  CHECK(axis_named("bicubic:2").weights == std::vector<double>{-0.0234375, -0.0703125, 0.2265625, 0.8671875,
                                                               0.8671875, 0.2265625, -0.0703125, -0.0234375});
  CHECK(axis_named("bicubic:2").axis.pad == 3);
  // PyTorch's a: -0.75
  CHECK(axis_named("bicubic:2:-0.75").weights == std::vector<double>{-0.03515625, -0.10546875, 0.26171875,
                                                                     0.87890625, 0.87890625, 0.26171875,
                                                                     -0.10546875, -0.03515625});
  // Factor 3/2, bilinear: places -5/6 ... 5/6, a third apart.
  const AxisFilter rational = axis_named("bilinear:3/2");
  CHECK(rational.axis == Axis{.taps = 6, .down = 3, .up = 2, .pad = 2});
  for (std::size_t k = 0; k < 6; ++k)
    CHECK(rational.weights[k] == Approx(std::vector<double>{1, 3, 5, 5, 3, 1}[k] / 6));
  // A pixel midway between two takes the one behind it, as floor does: x = 1/2 lies in [0 + 1/2, 1 + 1/2).
  CHECK(axis_named("nearest:3/2").axis == Axis{.taps = 3, .down = 3, .up = 2, .pad = 1});
  // A factor of 1 changes nothing.
  for (const char* name : {"bilinear:1", "bicubic:1", "lanczos:1", "nearest:1"}) {
    const Tensor<double> input({1, 1, 4}, {3, -1, 4, 1});
    CHECK(enlarged(name, input) == input);
  }
}

TEST_CASE("fixed_filter: the taps of every phase sum to 1, Lanczos's because they are divided") {
  for (const char* kind : {"nearest:{}", "bilinear:{}", "bicubic:{}", "bicubic:{}:-0.75", "lanczos:{}",
                           "lanczos:{}:1", "lanczos:{}:2"})
    for (const char* factor : {"1", "2", "3", "4", "7", "3/2", "4/3", "5/2", "4/2", "6/4", "7/3"}) {
      const std::string name = fmt::format(fmt::runtime(kind), factor);
      CAPTURE(name);
      const auto [least, most] = phase_sums(axis_named(name));
      CHECK(std::abs(least - 1) < 1e-14);
      CHECK(std::abs(most - 1) < 1e-14);
    }
  // What is wrong is seen: a shifted tap, one left out, Lanczos as its formula has it.
  AxisFilter wrong = axis_named("bilinear:3");
  wrong.axis.down = 4;
  CHECK(phase_sums(wrong).first < 0.9);
  wrong = axis_named("bicubic:2");
  wrong.weights[2] = 0;
  CHECK(phase_sums(wrong).first < 0.9);
  const auto sinc = [](double t) { return std::sin(M_PI * t) / (M_PI * t); };
  wrong = axis_named("lanczos:2");
  for (std::size_t k = 0; k < wrong.weights.size(); ++k) {
    const double t = (2 * (static_cast<double>(k) - 5) - 1) / 4;
    const double plain = sinc(t) * sinc(t / 3);
    CHECK(wrong.weights[k] == Approx(plain).epsilon(0.01));
    wrong.weights[k] = plain;
  }
  CHECK(std::abs(phase_sums(wrong).first - 1) > 1e-3);
}

TEST_CASE("fixed_filter: polynomials come back inside, in their places") {
  // nearest: constants. bilinear: straight lines. Keys' cubic with a = -0.5: parabolas, with -0.75 lines only.
  struct Degree {
    const char* filter;
    int degree;
  };
  for (const Degree& one : {Degree{"nearest:{}", 0}, Degree{"bilinear:{}", 1}, Degree{"bicubic:{}", 2}})
    for (const char* factor : {"2", "3", "4", "3/2", "5/3", "4/2"}) {
      const std::string name = fmt::format(fmt::runtime(one.filter), factor);
      CAPTURE(name);
      const Axis axis = axis_named(name).axis;
      const double jump = static_cast<double>(axis.up) / static_cast<double>(axis.down);
      const auto errors = [&](int degree) {
        const auto p = [&](double x) { return std::pow(x - 4, degree); };
        const Tensor<double> given = enlarged(name, sampled(12, 1, p));
        const Index size = given.shape()[2];
        CHECK(size == 12 * axis.down / axis.up);
        const Tensor<double> wanted = sampled(size, jump, p);
        double worst = 0;
        for (Index i = 0; i < size; ++i) {
          const double place = (static_cast<double>(i) + 0.5) * jump;
          if (place > 2 && place < 10) worst = std::max(worst, std::abs(given[i] - wanted[i]));
        }
        return worst;
      };
      CHECK(errors(one.degree) < 1e-12);
      CHECK(errors(one.degree + 1) > 1e-3);  // and no others
    }
}

TEST_CASE("fixed_filter: axes have their own factors, channels are kept apart") {
  Tensor<double> input({2, 3, 2, 2});
  input[4] = 1;  // image 0, channel 1, the first pixel
  const Tensor<double> output = enlarged("nearest:2,3", input);
  REQUIRE(output.shape() == Shape{2, 3, 4, 6});
  for (Index at = 0; at < output.size(); ++at) {
    const Index row = at / 6 % 4, column = at % 6;
    CHECK(output[at] == (at / 24 == 1 && row < 2 && column < 3 ? 1 : 0));
  }
}

TEST_CASE("fixed_filter: one group, which is a filter from each channel to itself, computes the same") {
  Random random(3);
  ApplyRequest r = request("bicubic:3", Op::conv_transpose, random_reals<double>({2, 4, 3, 5}, random),
                           Convention::native);
  const ApplyResult apart = apply(r);
  CHECK(apart.geometry.groups == 4);
  for (const Index groups : {1, 2}) {
    r.settings.groups = groups;
    const ApplyResult together = apply(r);
    CHECK(together.geometry.weight_shape() == Shape{4, 4 / groups, 11, 11});
    for (Index at = 0; at < apart.values.size(); ++at)
      CHECK(together.values[at] == Approx(apart.values[at]).margin(1e-12));
  }
  r.settings.groups = 3;
  CHECK_THROWS_AS(apply(r), InvalidArgument);
}

TEST_CASE("fixed_filter: every system computes the same, in its own order") {
  Random random(11);
  const Tensor<double> input = random_reals<double>({1, 2, 3, 4}, random);
  const Tensor<double> wanted = enlarged("bicubic:2,3", input);
  for (const Convention convention : all_values<Convention>()) {
    INFO(name(convention));
    Settings settings;
    const ArrayOrder order = array_order(convention, Direction::conv_transpose, 2, settings);
    const ApplyResult result =
        apply(request("bicubic:2,3", Op::conv_transpose, activation_to(order.code, input), convention));
    const Tensor<double> ours = activation_from(order.image, result.values);
    REQUIRE(ours.shape() == wanted.shape());
    for (Index at = 0; at < ours.size(); ++at) CHECK(ours[at] == Approx(wanted[at]).margin(1e-12));
    // jax and keras have no groups here
    const bool has_none = convention == Convention::jax || convention == Convention::keras;
    CHECK(result.geometry.groups == (has_none ? 1 : 2));
  }
}

TEST_CASE("fixed_filter: a system that cannot say it refuses in its own words") {
  const auto refused = [](const char* filter, Op op, Shape shape, Convention convention) -> std::string {
    try {
      apply(request(filter, op, Tensor<double>(std::move(shape)), convention));
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "accepted";
  };
  for (const Convention convention : {Convention::pytorch, Convention::tensorflow, Convention::keras,
                                      Convention::onnx, Convention::theano, Convention::jax})
    CHECK_THAT(refused("bilinear:3/2", Op::conv_transpose, {1, 4, 4, 4}, convention),
               Catch::Contains("no rational stride"));
  CHECK_THAT(refused("bilinear:2", Op::conv_transpose, {1, 1, 4}, Convention::theano),
             Catch::Contains("one-dimensional"));
  CHECK_THAT(refused("bilinear:2", Op::conv, {1, 5, 5, 1}, Convention::keras), Catch::Contains("keras"));
  CHECK(refused("bilinear:2", Op::conv, {1, 4, 4, 1}, Convention::keras) == "accepted");
  CHECK_THAT(refused("bilinear:2,3", Op::conv_transpose, {1, 1, 4}, Convention::native),
             Catch::Contains("input"));
  CHECK_THAT(refused("bilinear:2", Op::conv_transpose, {1, 4}, Convention::native), Catch::Contains("input"));
}

TEST_CASE(
    "fixed_filter: what the user says of padding and size is obeyed, what the filter says is not said twice") {
  ApplyRequest r = request("bilinear:2", Op::conv_transpose, Tensor<double>({1, 1, 4}), Convention::native);
  CHECK(print_case(apply(r).geometry) == "ic1oc1i8o4k4s2p1");
  r.settings.size = Shape{9};
  CHECK(print_case(apply(r).geometry) == "ic1oc1i9o4k4s2p1");
  r.settings.size.reset();
  r.settings.padding = parse_padding("0");
  CHECK(print_case(apply(r).geometry) == "ic1oc1i10o4k4s2");
  r.settings.size = Shape{8};
  CHECK_THROWS_AS(apply(r), InvalidArgument);  // no image of 8 has this code without padding
  r.settings = {};
  r.convention = Convention::pytorch;
  r.settings.output_padding = Shape{1};
  CHECK(print_case(apply(r).geometry) == "ic1oc1i9o4k4s2p1");
  r.settings = {};
  r.settings.stride = {{2, 1}};
  CHECK_THROWS_AS(apply(r), InvalidArgument);
  r.settings = {};
  r.settings.dilation = {2};
  CHECK_THROWS_AS(apply(r), InvalidArgument);
  r.settings = {};
  r.settings.flip = true;
  CHECK_THROWS_AS(apply(r), InvalidArgument);
}

TEST_CASE("fixed_filter: borders darken by what is told, and conv is the transpose") {
  const ApplyResult bilinear = apply(
      request("bilinear:2", Op::conv_transpose, Tensor<double>({1, 1, 3}, {1, 1, 1}), Convention::native));
  CHECK(bilinear.values == Tensor<double>({1, 1, 6}, {0.75, 1, 1, 1, 1, 0.75}));
  REQUIRE(bilinear.notes.size() == 1);
  CHECK_THAT(bilinear.notes[0], Catch::StartsWith("bilinear:2: ") && Catch::Contains("up to 1 pixel") &&
                                    Catch::Contains("as little as 0.75"));
  CHECK(apply(request("nearest:3", Op::conv_transpose, Tensor<double>({1, 1, 3}), Convention::native))
            .notes.empty());
  // In numbers, for all of them: what the note says is what a constant becomes.
  for (const char* name : {"bilinear:3", "bicubic:2", "bicubic:3/2:-0.75", "lanczos:4", "lanczos:2:2"}) {
    const ApplyResult result =
        apply(request(name, Op::conv_transpose, Tensor<double>({1, 1, 12}, std::vector<double>(12, 1)),
                      Convention::native));
    double least = 1, most = 1;
    Index first = 0;
    const Index size = result.values.size();
    for (Index i = 0; i < size; ++i) {
      least = std::min(least, result.values[i]);
      most = std::max(most, result.values[i]);
      if (std::abs(result.values[i] - 1) > 1e-9) first = std::max(first, std::min(i + 1, size - i));
    }
    const std::string becomes = most > 1 + 1e-9 ? fmt::format("becomes {:.4g} to {:.4g};", least, most)
                                                : fmt::format("as little as {:.4g};", least);
    INFO(name);
    CHECK_THAT(result.notes.at(0),
               Catch::Contains(becomes) && Catch::Contains(fmt::format("up to {} pixel", first)));
  }
  // <enlarge y, x> = <y, conv x>, and a constant becomes 2*2 times itself inside.
  Random random(2);
  const Tensor<double> y = random_reals<double>({1, 2, 3, 4}, random),
                       x = random_reals<double>({1, 2, 6, 8}, random);
  const Tensor<double> up = enlarged("bicubic:2", y);
  const ApplyResult down = apply(request("bicubic:2", Op::conv, x, Convention::native));
  REQUIRE(down.values.shape() == y.shape());
  double left = 0, right = 0;
  for (Index at = 0; at < x.size(); ++at) left += up[at] * x[at];
  for (Index at = 0; at < y.size(); ++at) right += y[at] * down.values[at];
  CHECK(left == Approx(right));
  CHECK_THAT(down.notes.at(0), Catch::Contains("sum to 4"));
}

TEST_CASE("fixed_filter: what is read, written back and refused") {
  for (const char* text :
       {"bilinear:2", "nearest:2,3,4", "bicubic:3/2", "bicubic:2:-0.75", "lanczos:4", "lanczos:4/2:2"})
    CHECK(text == fsconv::text(filter_named(text)));
  CHECK(fsconv::text(filter_named("bicubic:2:-0.5")) == "bicubic:2");
  for (const char* text :
       {"x.npy", "", "./bilinear:2", "linear:2", "Bilinear:2", "w.h5:/bilinear", "bilinear2", ":2"})
    CHECK_FALSE(parse_fixed_filter(text));
  for (const char* text : {"bilinear",         "bilinear:",         "bilinear:x",
                           "bilinear:0",       "bilinear:-2",       "bilinear:2.5",
                           "bilinear:1/2",     "bilinear:2/0",      "bilinear:2,",
                           "bilinear:2,2,2,2", "bilinear:2:3",      "nearest:2:1",
                           "bicubic:2:",       "bicubic:2:nan",     "bicubic:2:inf",
                           "bicubic:2:5",      "bicubic:2:-0.75:1", "lanczos:2:0",
                           "lanczos:2:65",     "lanczos:2:2.5",     "bilinear:99999999999999999999",
                           "bilinear:1048576", "lanczos:200000",    "bilinear:/dataset"}) {
    INFO(text);
    const std::string said = refusal(text);
    CHECK(said != "accepted");
    CHECK(said.size() < 400);
  }
  CHECK_THAT(refusal("bilinear:1/2"), Catch::Contains("--op conv"));
  CHECK_THAT(refusal("bilinear:/dataset"), Catch::Contains("./bilinear:/dataset"));
}

TEST_CASE("fixed_filter: sizes of 0 and more than the memory") {
  CHECK(enlarged("bilinear:2", Tensor<double>({0, 3, 4})).shape() == Shape{0, 3, 8});
  CHECK(enlarged("bilinear:2", Tensor<double>({1, 0, 4})).shape() == Shape{1, 0, 8});
  CHECK(enlarged("bilinear:2", Tensor<double>({1, 1, 0})).shape() == Shape{1, 1, 0});
  CHECK_THROWS_AS(enlarged("bilinear:100000", Tensor<double>({1, 1, 1, 1, 1})), InvalidArgument);
  CHECK_THROWS_AS(
      filter_geometry(filter_named("nearest:1024"), Direction::conv_transpose, {Index{1} << 25}, 1, 1),
      InvalidArgument);
}
