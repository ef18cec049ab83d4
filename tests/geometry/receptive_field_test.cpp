// Receptive fields: published sizes, hand-counted sets, and one-hot gradients pushed through the forms.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/geometry/receptive_field.hpp>
#include <fsconv/geometry/stack.hpp>
#include <set>
#include <string>

using namespace fsconv;

namespace {

std::vector<Axis> axes_of(const std::string& layers, Index size) {
  std::vector<Axis> axes;
  for (const StackLayer& layer : plan_layers(1, {size}, parse_layers(layers)))
    axes.push_back(layer.forward().axes.front());
  return axes;
}

ReceptiveField field_of(const std::string& layers, Index size) {
  const auto fields = receptive_fields(axes_of(layers, size));
  REQUIRE(fields.back());
  return *fields.back();
}

// "," between, `times` times.
std::string repeated(const std::string& layer, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += (text.empty() ? "" : ",") + layer;
  return text;
}

std::vector<Index> listed(const PixelSet& set) {
  std::vector<Index> pixels;
  for (const PixelRun& run : set)
    for (Index at = run.first; at <= run.last; ++at) pixels.push_back(at);
  return pixels;
}

// The image pixels that the last layer's `pixel` depends on: the gradient of it alone, pushed back through each
// layer's own operator with weights of 1, so that nothing cancels.
std::vector<Index> reached_by_gradient(const std::vector<StackLayer>& layers, Index pixel) {
  const Form<double>& form = form_named<double>("gather");
  const StackLayer& last = layers.back();
  Tensor<double> gradient(last.direction == Direction::conv ? last.geometry.code_shape()
                                                            : last.geometry.image_shape());
  gradient[pixel] = 1;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    Tensor<double> ones(layer->geometry.weight_shape());
    std::fill(ones.begin(), ones.end(), 1.0);
    gradient = layer->direction == Direction::conv ? conv_transpose(form, layer->geometry, gradient, ones)
                                                   : conv(form, layer->geometry, gradient, ones);
  }
  std::vector<Index> pixels;
  for (Index at = 0; at < gradient.size(); ++at)
    if (gradient[at] != 0) pixels.push_back(at);
  return pixels;
}

// By the equation alone, one tap at a time and without borders.
std::set<Index> followed_by_hand(const std::vector<Axis>& layers, Index pixel) {
  std::set<Index> pixels{pixel};
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    std::set<Index> read;
    for (const Index o : pixels)
      for (Index k = 0; k < layer->taps; ++k)
        if (const Index position = layer->down * o + layer->dilation * k - layer->pad;
            position % layer->up == 0)
          read.insert(position / layer->up);
    pixels = read;
  }
  return pixels;
}

std::string random_stack(Random& random) {
  std::string text;
  const Index layers = random.integer(1, 4);
  for (Index at = 0; at < layers; ++at) {
    const bool transposed = random.integer(0, 1) == 1;
    text += fmt::format("{}{}1k{}s{}/{}d{}", at == 0 ? "" : ",", transposed ? "t" : "c", random.integer(1, 4),
                        random.integer(1, 4), random.integer(1, 3), random.integer(1, 3));
    if (random.integer(0, 2) > 0) text += fmt::format("p{}", random.integer(0, 2));
  }
  return text;
}

}  // namespace

// Araujo, Norris, Sim: Computing Receptive Fields of Convolutional Neural Networks, Distill 2019, and the table of the
// library beside it (google-research/receptive_field).
TEST_CASE("receptive_field: sizes and jumps as published") {
  const std::string vgg_2 = "c1k3,c1k3,c1k2s2", vgg_3 = "c1k3,c1k3,c1k3,c1k2s2";
  const std::string vgg16 = vgg_2 + "," + vgg_2 + "," + vgg_3 + "," + vgg_3 + "," + vgg_3;
  const std::string alexnet = "c1k11s4p0,c1k3s2p0,c1k5,c1k3s2p0,c1k3,c1k3,c1k3,c1k3s2p0";
  const auto resnet = [](int second, int third) {
    const std::string s1 = "c1k3", s2 = "c1k3s2";
    return "c1k7s2,c1k3s2," + repeated(s1, 2) + "," + s2 + "," + repeated(s1, second - 1) + "," + s2 + "," +
           repeated(s1, third - 1) + "," + s2 + "," + repeated(s1, 3);
  };
  const std::string mobilenet =
      "c1k3s2,c1k3,c1k3s2,c1k3,c1k3s2,c1k3,c1k3s2," + repeated("c1k3", 5) + ",c1k3s2,c1k3";
  struct Published {
    std::string layers;
    Index size, jump, field;
  };
  for (const Published& one : {Published{vgg16, 224, 32, 212}, Published{alexnet, 224, 32, 195},
                               Published{resnet(4, 6), 224, 32, 483}, Published{resnet(4, 23), 224, 32, 1027},
                               Published{resnet(8, 36), 224, 32, 1507}, Published{mobilenet, 224, 32, 315}}) {
    INFO(one.layers);
    const ReceptiveField field = field_of(one.layers, one.size);
    CHECK(field.jump == Fraction{one.jump, 1});
    CHECK(field.width == PhaseRange{one.field, one.field});
    CHECK(field.pixels == field.width);
    CHECK(field.phases == 1);
  }
}

TEST_CASE("receptive_field: by hand, two strided layers and their mirror") {
  // k4 s2 p1 reads -1..2; its neighbours stand 2 apart. Another one reads -1..2 of these: -3..6, 10 pixels.
  const auto down = receptive_fields(axes_of("c1k4s2p1,c1k4s2p1", 28));
  CHECK(*down[0] == ReceptiveField{.jump = {2, 1},
                                   .centre = {1, 2},
                                   .shift = {0, 1},
                                   .phases = 1,
                                   .width = PhaseRange{4, 4},
                                   .pixels = PhaseRange{4, 4}});
  CHECK(*down[1] == ReceptiveField{.jump = {4, 1},
                                   .centre = {3, 2},
                                   .shift = {0, 1},
                                   .phases = 1,
                                   .width = PhaseRange{10, 10},
                                   .pixels = PhaseRange{10, 10}});
  // Its transpose: an even pixel 2n lies under code pixels n-1 and n, an odd one under n and n+1.
  CHECK(field_of("t1k4s2p1", 7) == ReceptiveField{.jump = {1, 2},
                                                  .centre = {-1, 4},
                                                  .shift = {0, 1},
                                                  .phases = 2,
                                                  .width = PhaseRange{2, 2},
                                                  .pixels = PhaseRange{2, 2}});
  // k3 s2 p1 moves by half a pixel, and its transpose moves back: 1 pixel for one phase, 2 for the other.
  CHECK(field_of("c1k3s2p1", 28).shift == Fraction{-1, 2});
  CHECK(field_of("t1k3s2p1", 7) == ReceptiveField{.jump = {1, 2},
                                                  .centre = {0, 1},
                                                  .shift = {1, 4},
                                                  .phases = 2,
                                                  .width = PhaseRange{1, 2},
                                                  .pixels = PhaseRange{1, 2}});
  CHECK(field_of("c1k3s2p1,t1k3s2p1o1", 28).shift == Fraction{0, 1});
  // Dilation leaves holes: 5 wide, 3 read; a second layer of the same fills none.
  CHECK(field_of("c1k3d2,c1k3d2", 28).width == PhaseRange{9, 9});
  CHECK(field_of("c1k3d2,c1k3d2", 28).pixels == PhaseRange{5, 5});
  // More stride than taps: one pixel of three comes from nowhere.
  CHECK(field_of("t1k2s3p0", 5).width == PhaseRange{0, 1});
  // 2/2 keeps the size: with 1 tap every pixel reads one, with an odd shift none.
  CHECK(field_of("c1k1s2/2p0", 5).width == PhaseRange{1, 1});
  CHECK(field_of("c1k1s2/2p1", 5).width == PhaseRange{0, 0});
}

TEST_CASE("receptive_field: closed forms") {
  // Whole strides: 1 + sum of (extent-1) * product of the strides before. One transposed layer: floor and ceil of taps/s.
  for (Index kernel = 1; kernel <= 5; ++kernel)
    for (Index stride = 1; stride <= 4; ++stride)
      for (Index dilation = 1; dilation <= 3; ++dilation) {
        CAPTURE(kernel, stride, dilation);
        const std::string words = fmt::format("1k{}s{}d{}", kernel, stride, dilation);
        const Index extent = dilation * (kernel - 1) + 1;
        const Index most = extent + 2 * stride + (extent - 1) * stride * 2;
        const ReceptiveField field = field_of("c" + words + ",c1k3s2,c" + words, 60);
        CHECK(field.width == PhaseRange{most, most});
        CHECK(field.jump == Fraction{stride * 2 * stride, 1});
        if (dilation > 1) continue;
        const ReceptiveField up = field_of("t" + words, 6);
        CHECK(up.phases == stride);
        CHECK(up.width == PhaseRange{kernel / stride, (kernel + stride - 1) / stride});
      }
}

TEST_CASE("receptive_field: the sets are those that gradients reach through the forms") {
  Random random(5);
  int planned = 0, emptied = 0, phased = 0;
  while (planned < 400) {
    const std::string words = random_stack(random);
    const Index size = random.integer(1, 12);
    std::vector<StackLayer> layers;
    try {
      layers = plan_layers(1, {size}, parse_layers(words));
    } catch (const InvalidArgument&) {
      continue;  // sizes that do not fit
    }
    ++planned;
    std::vector<Axis> axes;
    for (const StackLayer& layer : layers) axes.push_back(layer.forward().axes.front());
    CAPTURE(words, size);
    for (Index pixel = 0; pixel < axes.back().out; ++pixel) {
      CAPTURE(pixel);
      const auto field = pixel_field(axes, pixel);
      REQUIRE(field);
      const std::vector<Index> reached = reached_by_gradient(layers, pixel);
      CHECK(listed(field->image) == reached);
      const std::set<Index> whole = followed_by_hand(axes, pixel);
      CHECK(listed(field->whole) == std::vector<Index>(whole.begin(), whole.end()));
      emptied += reached.empty() ? 1 : 0;
      if (!whole.empty())
        CHECK(padding_share({*field}) ==
              Approx(1 - static_cast<double>(reached.size()) / static_cast<double>(whole.size())));
    }
    // The interior: phases by the equation, a whole period further on, and again as many.
    const ReceptiveField field = *receptive_fields(axes).back();
    phased += field.phases > 1 ? 1 : 0;
    Index least_width = 1000, most_width = 0, least = 1000, most = 0;
    for (Index phase = 0; phase < 2 * field.phases; ++phase) {
      const std::set<Index> set = followed_by_hand(axes, 7 * field.phases + phase);
      const Index pixels = static_cast<Index>(set.size());
      const Index width = set.empty() ? 0 : *set.rbegin() - *set.begin() + 1;
      least_width = std::min(least_width, width), most_width = std::max(most_width, width);
      least = std::min(least, pixels), most = std::max(most, pixels);
    }
    CHECK(field.width == PhaseRange{least_width, most_width});
    CHECK(field.pixels == PhaseRange{least, most});
  }
  CHECK(emptied > 50);  // the grid has what is rare
  CHECK(phased > 100);
}

TEST_CASE("receptive_field: what is wrong by a pixel, a hole or a border is seen by the gradients") {
  const std::string words = "c1k3s2d2p1,t1k4s3p1";
  const auto layers = plan_layers(1, {9}, parse_layers(words));
  std::vector<Axis> axes;
  for (const StackLayer& layer : layers) axes.push_back(layer.forward().axes.front());
  const auto differs = [&](const std::vector<Axis>& others, bool whole) {
    for (Index pixel = 0; pixel < axes.back().out; ++pixel) {
      const auto field = pixel_field(others, pixel);
      if (listed(whole ? field->whole : field->image) != reached_by_gradient(layers, pixel)) return true;
    }
    return false;
  };
  CHECK_FALSE(differs(axes, false));
  CHECK(differs(axes, true));  // no borders
  for (std::size_t layer = 0; layer < axes.size(); ++layer)
    for (Index Axis::*number : {&Axis::pad, &Axis::dilation, &Axis::taps, &Axis::down, &Axis::up}) {
      std::vector<Axis> mutant = axes;
      mutant[layer].*number += 1;
      CHECK(differs(mutant, false));
    }
  std::vector<Axis> untransposed = axes;
  untransposed[1] = layers[1].geometry.axes.front();
  std::swap(untransposed[1].in, untransposed[1].out);
  CHECK(differs(untransposed, false));
}

TEST_CASE("receptive_field: a pixel at the border and the padding's share") {
  const auto axes = axes_of("c1k3s2p1,c1k3s2p1", 28);
  const auto corner = pixel_field(axes, 0), middle = pixel_field(axes, 3);
  REQUIRE((corner && middle));
  CHECK(corner->whole == PixelSet{{-3, 3}});
  CHECK(corner->image == PixelSet{{0, 3}});
  CHECK(padding_share({*corner}) == Approx(3.0 / 7));
  CHECK(padding_share({*corner, *corner}) == Approx(33.0 / 49));
  CHECK(padding_share({*corner, *middle}) == Approx(3.0 / 7));
  CHECK(middle->whole == PixelSet{{9, 15}});
  CHECK(padding_share({*middle}) == 0);
  CHECK(padding_share({PixelField{}}) == 0);
}

TEST_CASE("receptive_field: what does not fit is refused or left open, at once") {
  CHECK_THROWS_AS(pixel_field({}, 0), InvalidArgument);
  CHECK_THROWS_AS(pixel_field(axes_of("c1k3", 5), 5), InvalidArgument);
  CHECK_THROWS_AS(pixel_field(axes_of("c1k3", 5), -1), InvalidArgument);
  CHECK_THROWS_AS(pixel_field({Axis{.in = 4, .out = 4}, Axis{.in = 5, .out = 5}}, 0), InvalidArgument);
  CHECK_THROWS_AS(receptive_fields({Axis{.taps = 0}}), InvalidArgument);
  const Index step = Index{1} << 20;
  const std::vector<Axis> far(5, Axis{.taps = 2, .down = step});
  const auto fields = receptive_fields(far);
  CHECK(fields[2]);  // a jump of 2^60
  CHECK_FALSE(fields[3]);
  const auto fine = receptive_fields({Axis{.taps = 3, .down = step, .up = step - 1}}).back();
  CHECK(fine->jump == Fraction{step, step - 1});
  CHECK(fine->phases == step - 1);
  CHECK_FALSE(fine->width);  // so many phases
  // 2^20 holes in each of 2^20 places
  const Axis comb{.taps = step, .down = 3, .dilation = 2};
  CHECK_FALSE(receptive_fields({comb, comb}).back()->pixels);
  CHECK(receptive_fields({comb, comb}).back()->jump == Fraction{9, 1});
  CHECK_FALSE(pixel_field({Axis{.in = 1, .out = 1, .taps = step, .down = 3, .dilation = 2},
                           Axis{.in = 1, .out = 1, .taps = step, .down = 3, .dilation = 2}},
                          0));
  CHECK(receptive_fields(std::vector<Axis>(20000, Axis{.taps = 3, .pad = 1})).size() == 20000);
  CHECK(receptive_fields({}).empty());
}

TEST_CASE("receptive_field: fractions are told in lowest terms") {
  CHECK(text(Fraction{3, 1}) == "3");
  CHECK(text(Fraction{-1, 2}) == "-1/2");
  CHECK(field_of("c1k3s4/6", 6).jump == Fraction{2, 3});
}
