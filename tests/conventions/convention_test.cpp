// The rules of the conventions: sizes, paddings and refusals of every system.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/conventions/convention.hpp>

#include "conventions/words.hpp"

using namespace fsconv;
using test::settings;

namespace {

Index image_of(Convention convention, Index code, Index kernel, Settings s) {
  return geometry_of(convention, Direction::conv_transpose, {{code}, {kernel}}, s).axes[0].in;
}

std::string refusal(Convention convention, Direction direction, const ArraySizes& sizes, const Settings& s) {
  try {
    geometry_of(convention, direction, sizes, s);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("convention: keras output_padding None is not 0") {
  Settings s = settings("2", "same");
  CHECK(image_of(Convention::keras, 7, 3, s) == 14);
  s.output_padding = {0};
  CHECK(image_of(Convention::keras, 7, 3, s) == 13);
  s = settings("3", "valid");
  CHECK(image_of(Convention::keras, 4, 2, s) == 12);  // i*s + max(k-s, 0)
  s.output_padding = {0};
  CHECK(image_of(Convention::keras, 4, 2, s) == 11);  // (i-1)*s + k
}

TEST_CASE("convention: ONNX splits an explicit output_shape by auto_pad") {
  // natural size 2*(3-1)+3 = 7; output_shape 6 leaves one pixel to cut
  Settings s = settings("2", "same");
  s.size = {6};
  CHECK(geometry_of(Convention::onnx, Direction::conv_transpose, {{3}, {3}}, s).axes[0].pad == 0);
  s.padding = parse_padding("same_lower");
  CHECK(geometry_of(Convention::onnx, Direction::conv_transpose, {{3}, {3}}, s).axes[0].pad == 1);
  s.padding = parse_padding("0");
  CHECK(geometry_of(Convention::onnx, Direction::conv_transpose, {{3}, {3}}, s).axes[0].pad == 1);
}

TEST_CASE("convention: Theano's convolution of one axis is causal where nothing is said, the others valid") {
  Settings silent;
  const Geometry line = geometry_of(Convention::theano, Direction::conv, {{6}, {3}}, silent);
  CHECK((line.axes[0].pad == 2 && line.axes[0].out == 6));
  const Geometry plane = geometry_of(Convention::theano, Direction::conv, {{6, 6}, {3, 3}}, silent);
  CHECK((plane.axes[0].pad == 0 && plane.axes[0].out == 4));
}

TEST_CASE("convention: every system refuses what it refuses") {
  using enum Convention;
  using enum Direction;
  const ArraySizes code{{7}, {3}}, image{{14}, {3}};
  Settings s = settings("2", "same");
  s.size = {16};
  CHECK(refusal(tensorflow, conv_transpose, code, s).find("legal sizes are 13 to 14") != std::string::npos);
  s.size.reset();
  CHECK(refusal(tensorflow, conv_transpose, code, s).find("output_shape must be given") != std::string::npos);
  CHECK(refusal(pytorch, conv_transpose, code, settings("2", "same")).find("no 'same'") != std::string::npos);
  CHECK(refusal(pytorch, conv, image, settings("2", "same")).find("stride 1") != std::string::npos);
  CHECK(refusal(pytorch, conv_transpose, code, settings("2", "0:1")).find("both sides alike") !=
        std::string::npos);
  CHECK(refusal(pytorch, conv, image, settings("1", "-1")).find("negative") != std::string::npos);
  CHECK(refusal(theano, conv_transpose, {{7, 7}, {3, 3}}, settings("2", "half"))
            .find("input_shape must be given") != std::string::npos);
  CHECK(refusal(pytorch, conv_transpose, code, settings("1/2", "0")).find("rational") != std::string::npos);
  CHECK(refusal(pytorch, conv, {{2}, {5}}, settings("1", "0")).find("kernel covers 5") != std::string::npos);
  CHECK(refusal(native, conv_transpose, {{1}, {3}}, settings("1", "2")) != "");

  s = settings("2", "0");
  s.output_padding = {2};
  CHECK(refusal(pytorch, conv_transpose, code, s).find("smaller than") != std::string::npos);
  s.dilation = {3};  // now it is smaller than the dilation
  CHECK(refusal(pytorch, conv_transpose, code, s).empty());
  s = settings("2", "same");
  s.dilation = {2};
  CHECK(refusal(keras, conv_transpose, code, s).find("stride and dilation") != std::string::npos);
  s = settings("1", "valid");
  s.groups = 2;
  CHECK(refusal(keras, conv_transpose,
                {.source = {7}, .kernel = {3}, .image_channels = 2, .code_channels = 2}, s)
            .find("groups") != std::string::npos);
  s.padding.reset();
  s.groups = 1;
  CHECK(refusal(jax, conv, image, s).find("no default") != std::string::npos);
}

TEST_CASE("convention: ONNX's pads name all beginnings before all ends") {
  const auto axes = [](const char* padding, Shape kernel) {
    Shape source(kernel.size(), 9);
    return geometry_of(Convention::onnx, Direction::conv, {source, kernel}, settings("1", padding)).axes;
  };
  const auto two = axes("1,2,3,4", {3, 3});  // axis 0 is padded 1:3, axis 1 2:4
  CHECK(two[0].pad == 1);
  CHECK(two[0].out == 9 + 1 + 3 - 2);
  CHECK(two[1].pad == 2);
  CHECK(two[1].out == 9 + 2 + 4 - 2);
  CHECK(axes("1,2", {3, 3})[1].pad == 2);  // per axis, both sides alike
  CHECK(axes("0,2", {3})[0].out == 9);
  CHECK(axes("1,1,1,1,1,1", {3, 3, 3})[2].out == 9);
  CHECK_THROWS_AS(axes("1,2,3", {3, 3}), InvalidArgument);
}

TEST_CASE("convention: TensorFlow's lists may name batch and channels") {
  Settings s = settings("1,2,3,1", "0:0,1:2,0:1,0:0");
  const auto axes = geometry_of(Convention::tensorflow, Direction::conv, {{9, 9}, {3, 3}}, s).axes;
  CHECK(axes[0].down == 2);
  CHECK(axes[1].down == 3);
  CHECK(axes[0].pad == 1);
  s.data_format = "NCHW";
  s.stride = parse_stride("1,1,2,3");
  s.padding = parse_padding("0:0,0:0,1:2,0:1");
  CHECK(geometry_of(Convention::tensorflow, Direction::conv, {{9, 9}, {3, 3}}, s).axes == axes);
  s.stride = parse_stride("2,1,2,3");
  CHECK(refusal(Convention::tensorflow, Direction::conv, {{9, 9}, {3, 3}}, s).find("batch") !=
        std::string::npos);
}

TEST_CASE("convention: the size may be the whole shape of the output") {
  const auto image = [](Convention convention, std::vector<Index> size, std::optional<Index> batch = {}) {
    Settings s;
    if (convention == Convention::tensorflow) s.padding = parse_padding("valid");
    s.stride = parse_stride("2");
    s.size = std::move(size);
    return geometry_of(
               convention, Direction::conv_transpose,
               {.source = {3, 4}, .kernel = {3, 3}, .image_channels = 5, .code_channels = 2, .batch = batch},
               s)
        .axes;
  };
  using enum Convention;
  CHECK(image(tensorflow, {2, 7, 9, 5}, 2)[1].in == 9);
  CHECK(image(theano, {2, 5, 7, 9}, 2)[0].in == 7);
  CHECK(image(pytorch, {2, 5, 7, 9})[0].in == 7);
  CHECK(image(pytorch, {5, 7, 9})[1].in == 9);  // an array without a batch axis
  CHECK_THROWS_AS(image(tensorflow, {7, 9, 5}), InvalidArgument);
  CHECK_THROWS_AS(image(tensorflow, {3, 7, 9, 5}, 2), InvalidArgument);
  CHECK_THROWS_AS(image(tensorflow, {2, 7, 9, 4}, 2), InvalidArgument);
  CHECK_THROWS_AS(image(theano, {2, 7, 9}), InvalidArgument);
}

TEST_CASE("convention: the whole shape of the output has the axes that the arrays have") {
  const auto image = [](Convention convention, std::vector<Index> size, Shape source, Index batch_axes) {
    Settings s;
    if (convention == Convention::tensorflow) s.padding = parse_padding("valid");
    s.stride = parse_stride("2");
    s.size = std::move(size);
    const Shape kernel(source.size(), 2);
    return geometry_of(convention, Direction::conv_transpose,
                       {.source = std::move(source),
                        .kernel = kernel,
                        .image_channels = 4,
                        .code_channels = 2,
                        .batch = 1,
                        .batch_axes = batch_axes},
                       s)
        .axes.back()
        .in;
  };
  using enum Convention;
  // torch: "for 3D input, output_size must have 2 or 3 elements"
  CHECK(image(pytorch, {4, 7}, {3}, 0) == 7);
  CHECK(image(pytorch, {4, 7, 7}, {3, 3}, 0) == 7);
  CHECK(image(pytorch, {1, 4, 7, 7}, {3, 3}, 1) == 7);
  CHECK_THROWS_AS(image(pytorch, {4, 7}, {3}, 1), InvalidArgument);
  CHECK_THROWS_AS(image(pytorch, {4, 7, 7}, {3, 3}, 1), InvalidArgument);
  CHECK_THROWS_AS(image(pytorch, {1, 4, 7, 7}, {3, 3}, 0), InvalidArgument);
  // TensorFlow.js: of as many axes as x
  CHECK(image(tensorflow, {6, 6, 4}, {3, 3}, 0) == 6);
  CHECK(image(tensorflow, {1, 6, 6, 4}, {3, 3}, 1) == 6);
  CHECK_THROWS_AS(image(tensorflow, {1, 6, 6, 4}, {3, 3}, 0), InvalidArgument);
  CHECK_THROWS_AS(image(tensorflow, {6, 6, 4}, {3, 3}, 1), InvalidArgument);
  CHECK_THROWS_AS(image(tensorflow, {6, 6, 3}, {3, 3}, 0), InvalidArgument);
  for (const Convention convention : {pytorch, tensorflow}) CHECK(image(convention, {6, 6}, {3, 3}, 0) == 6);
}

TEST_CASE("convention: Theano pads both sides alike in three dimensions") {
  const ArraySizes cube{{5, 5, 5}, {3, 3, 3}};
  CHECK(geometry_of(Convention::theano, Direction::conv, cube, settings("1", "1")).axes[2].out == 5);
  CHECK(refusal(Convention::theano, Direction::conv, cube, settings("1", "0:1")).find("both sides alike") !=
        std::string::npos);
  Settings sized = settings("1", "0:1");
  sized.size = {6, 6, 6};
  CHECK(refusal(Convention::theano, Direction::conv_transpose, cube, sized).find("both sides alike") !=
        std::string::npos);
  CHECK(refusal(Convention::theano, Direction::conv, {{5, 5}, {3, 3}}, settings("1", "0:1")).empty());
}

TEST_CASE("convention: JAX hands a padding that it does not know to its convolution") {
  CHECK(geometry_of(Convention::jax, Direction::conv_transpose, {{4}, {3}}, settings("1", "same_lower"))
            .axes[0] == Axis{.in = 4, .out = 4, .taps = 3, .pad = 1});
  CHECK(refusal(Convention::jax, Direction::conv_transpose, {{4}, {3}}, settings("2", "same_lower"))
            .find("stride 1 only") != std::string::npos);
}

TEST_CASE("convention: numbers that spell out a rule are that rule") {
  using enum Convention;
  Settings causal = settings("1", "4:0");
  causal.dilation = {2};
  CHECK(geometry_of(keras, Direction::conv, {{9}, {3}}, causal).axes[0].out == 9);
  CHECK(geometry_of(theano, Direction::conv, {{9}, {3}}, causal).axes[0].pad == 4);
  CHECK(geometry_of(keras, Direction::conv, {{9, 9}, {3, 3}}, settings("1", "0")).axes[0].out == 7);
  CHECK(geometry_of(keras, Direction::conv_transpose, {{9}, {3}}, settings("1", "0")).axes[0].in == 11);
  CHECK(refusal(keras, Direction::conv, {{9}, {3}}, settings("1", "2:1")) != "");
  CHECK(refusal(theano, Direction::conv, {{9}, {3}}, settings("1", "1")) != "");
  CHECK(refusal(theano, Direction::conv_transpose, {{9}, {3}}, settings("1", "valid"))
            .find("one-dimensional") != std::string::npos);
  CHECK(refusal(tensorflow, Direction::conv, {{9, 9, 9}, {3, 3, 3}}, settings("1", "1:2")) != "");
}

TEST_CASE("convention: JAX's consistent padding is the image's, the other the code's") {
  Settings s = settings("2", "1:0");
  CHECK(geometry_of(Convention::jax, Direction::conv_transpose, {{5}, {4}}, s).axes[0] ==
        Axis{.in = 7, .out = 5, .taps = 4, .down = 2, .pad = 2});  // 9 + 1 - 3, and 3 - 1
  s.consistent_padding = true;
  CHECK(geometry_of(Convention::jax, Direction::conv_transpose, {{5}, {4}}, s).axes[0] ==
        Axis{.in = 11, .out = 5, .taps = 4, .down = 2, .pad = 1});  // 2*4 + 4 - 1
  CHECK(refusal(Convention::keras, Direction::conv_transpose, {{5}, {4}}, s).find("JAX") !=
        std::string::npos);
}

TEST_CASE("convention: sizes of 0 are legal where they are so in the system") {
  using enum Convention;
  using enum Direction;
  const Settings plain = settings("1", "0");
  const auto refuses = [&](Convention convention, Direction direction, const ArraySizes& sizes) {
    return refusal(convention, direction, sizes, plain) != "";
  };
  // an image of no pixels, with padding, has windows all the same
  CHECK(geometry_of(tensorflow, conv, {{0, 2}, {1, 1}}, settings("1", "1")).axes[0].out == 2);
  CHECK(geometry_of(jax, conv, {{0}, {3}}, settings("1/2", "2")).axes[0].out == 2);
  // an image from which more is cropped than it has
  for (Convention convention : {native, jax})
    CHECK(refusal(convention, conv, {{4}, {3}}, settings("1", "-3")).find("image of -2") !=
          std::string::npos);
  // no window fits
  CHECK(geometry_of(native, conv, {{2}, {5}}, plain).axes[0].out == 0);
  CHECK(geometry_of(jax, conv, {{2}, {5}}, plain).axes[0].out == 0);
  CHECK(geometry_of(tensorflow, conv, {{2}, {3}}, plain).axes[0].out == 0);
  CHECK(refuses(tensorflow, conv, {{2}, {4}}));  // (2 + 1 - 4) / 1 is below 0
  CHECK(geometry_of(tensorflow, conv, {{2}, {4}}, settings("2", "0")).axes[0].out == 0);
  for (Convention convention : {pytorch, keras, theano}) CHECK(refuses(convention, conv, {{2, 2}, {3, 3}}));
  // no channels
  CHECK_FALSE(
      refuses(theano, conv, {.source = {4, 4}, .kernel = {3, 3}, .image_channels = 0, .code_channels = 1}));
  CHECK_FALSE(
      refuses(pytorch, conv, {.source = {4, 4}, .kernel = {3, 3}, .image_channels = 0, .code_channels = 1}));
  CHECK(
      refuses(pytorch, conv, {.source = {4, 4}, .kernel = {3, 3}, .image_channels = 1, .code_channels = 0}));
  CHECK(refuses(pytorch, conv_transpose,
                {.source = {4, 4}, .kernel = {3, 3}, .image_channels = 0, .code_channels = 1}));
  CHECK(refuses(tensorflow, conv,
                {.source = {4, 4}, .kernel = {3, 3}, .image_channels = 0, .code_channels = 1}));
  CHECK(refuses(keras, conv_transpose,
                {.source = {4, 4}, .kernel = {3, 3}, .image_channels = 0, .code_channels = 1}));
  // an image of no pixels on whose padding a window fits: forward, and back
  Settings padded = settings("1", "1:0");
  CHECK(geometry_of(tensorflow, conv, {{0, 4}, {1, 1}}, padded).axes[0].out == 1);
  padded.size = {0, 3};
  const Geometry back = geometry_of(tensorflow, conv_transpose, {{1, 4}, {1, 1}}, padded);
  CHECK((back.axes[0].in == 0 && back.axes[1].in == 3));
  padded.size = {1, 3};
  CHECK(refusal(tensorflow, conv_transpose, {{1, 4}, {1, 1}}, padded) != "");
  // JAX pads the code, and cannot crop more than there is
  CHECK(refusal(jax, conv_transpose, {{1}, {3}}, settings("1", "-2")).find("code of -3 pixels") !=
        std::string::npos);
  CHECK(geometry_of(jax, conv_transpose, {{4}, {3}}, settings("1", "-2")).axes[0].in == 0);
  // of an empty batch PyTorch computes the shape alone
  const ArraySizes none{.source = {3}, .kernel = {2}, .batch = 0};
  Settings enlarged = plain;
  enlarged.output_padding = {1};
  CHECK(geometry_of(pytorch, conv_transpose, none, enlarged).axes[0].in == 5);
  CHECK(refusal(pytorch, conv_transpose, {{3}, {2}}, enlarged) != "");
  CHECK(geometry_of(pytorch, conv_transpose, {.source = {1}, .kernel = {2}, .batch = 0}, settings("1", "1"))
            .axes[0]
            .in == 0);
  CHECK(refuses(pytorch, conv_transpose, {.source = {0}, .kernel = {2}, .batch = 1}));
  // a code of no pixels
  Settings sized = plain;
  sized.size = {2};
  CHECK(geometry_of(tensorflow, conv_transpose, {{0}, {3}}, sized).axes[0].in == 2);
  CHECK(refusal(theano, conv_transpose, {{0, 0}, {1, 1}}, sized) != "");
}
