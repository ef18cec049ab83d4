// The plan of an encoder: sizes, default padding, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/geometry/stack.hpp>
#include <numeric>

using namespace fsconv;

namespace {

std::string refusal(const std::vector<LayerSpec>& layers) {
  try {
    plan_stack(1, {5, 7}, layers);
  } catch (const InvalidArgument& error) {
    return error.field();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("stack: kernel 4 stride 2 halves 28 twice") {
  const auto stack = plan_stack(
      1, {28, 28}, {{.channels = 32, .kernel = 4, .stride = 2}, {.channels = 64, .kernel = 4, .stride = 2}});
  REQUIRE(stack.size() == 2);
  CHECK(stack[0].weight_shape() == Shape{32, 1, 4, 4});
  CHECK(stack[1].weight_shape() == Shape{64, 32, 4, 4});
  CHECK(stack[0].code_shape() == Shape{1, 32, 14, 14});
  CHECK(stack[1].code_shape() == Shape{1, 64, 7, 7});
  CHECK(stack[0].axes[0].pad == 1);
  CHECK(stack[0].axes[0].pad_end() == 1);
}

TEST_CASE("stack: without padding given, every size is divided by the stride and rounded up") {
  for (Index size = 1; size <= 9; ++size)
    for (Index kernel = 1; kernel <= 6; ++kernel)
      for (Index stride = 1; stride <= 4; ++stride) {
        const Axis axis =
            plan_stack(1, {size}, {{.channels = 1, .kernel = kernel, .stride = stride}}).front().axes.front();
        CAPTURE(size, kernel, stride);
        CHECK(axis.in == size);
        CHECK(axis.out == (size + stride - 1) / stride);
        if (kernel < stride) continue;
        for (Index i = 0; i < size; ++i) {  // every pixel is read by some window
          bool read = false;
          for (Index o = 0; o < axis.out; ++o)
            for (Index k = 0; k < kernel; ++k) read = read || image_at(axis, o, k) == i;
          CHECK(read);
        }
      }
}

TEST_CASE("stack: stride 3/2 takes three pixels to two, and the way back ends where it started") {
  const auto stack = plan_stack(
      1, {28, 9},
      {{.channels = 2, .kernel = 4, .stride = {3, 2}}, {.channels = 3, .kernel = 3, .stride = {3, 2}}});
  CHECK(stack[0].code_shape() == Shape{1, 2, 19, 6});  // ceil(2*28/3), ceil(2*9/3)
  CHECK(stack[1].code_shape() == Shape{1, 3, 13, 4});
  CHECK(stack[0].transposed().code_shape() == Shape{1, 1, 28, 9});
  CHECK(stack[1].transposed().code_shape() == stack[0].code_shape());
  const Axis axis = plan_stack(1, {5}, {{.channels = 1, .kernel = 3, .stride = {3, 2}}}).front().axes.front();
  CHECK(axis == Axis{.in = 5, .out = 4, .taps = 3, .down = 3, .up = 2, .dilation = 1, .pad = 1});
}

TEST_CASE("stack: without padding given, windows stand as in SAME for every stride and dilation") {
  for (Index size = 1; size <= 9; ++size)
    for (Index kernel = 1; kernel <= 6; ++kernel)
      for (Index down = 1; down <= 5; ++down)
        for (Index up = 1; up <= 4; ++up)
          for (Index dilation = 1; dilation <= 3; ++dilation) {
            const LayerSpec spec{.channels = 1, .kernel = kernel, .stride = {down, up}, .dilation = dilation};
            const Axis axis = plan_stack(1, {size}, {spec}).front().axes.front();
            CAPTURE(size, kernel, down, up, dilation);
            CHECK(axis.in == size);
            CHECK(axis.out == (up * size + down - 1) / down);
            CHECK(axis.transposed().out == size);
            if (kernel < down) continue;
            // In halves of a position between zeros: where window 0 has its middle, and where its share has it.
            const Index middle = axis.extent() - 1 - 2 * axis.pad, share = down - up;
            CHECK((middle == share || middle == share - 1));
            for (Index i = 0; i < size && dilation == 1; ++i) {
              bool read = false;
              for (Index o = 0; o < axis.out; ++o)
                for (Index k = 0; k < kernel; ++k) read = read || image_at(axis, o, k) == i;
              CHECK(read);
            }
          }
}

TEST_CASE("stack: given padding stands on both sides of the image with its zeros between") {
  // 5 pixels and 4 zeros, 1 before and after: 11 positions, windows of 3 at 0, 3, 6.
  const LayerSpec spec{.channels = 1, .kernel = 3, .stride = {3, 2}, .padding = 1};
  CHECK(plan_stack(1, {5}, {spec}).front().axes.front().out == 3);
}

TEST_CASE("stack: groups divide the channels of both sides") {
  const std::vector<LayerSpec> layers = {{.channels = 4, .kernel = 3, .stride = 1},
                                         {.channels = 6, .kernel = 3, .groups = 2}};
  const auto stack = plan_stack(1, {8, 8}, layers);
  CHECK(stack[0].groups == 1);
  CHECK(stack[1].weight_shape() == Shape{6, 2, 3, 3});
}

TEST_CASE("stack: layers are read from text") {
  const auto layers = parse_layers("c32k4s2p1,c64k3s6/4d2g4,g2k5c8");
  REQUIRE(layers.size() == 3);
  CHECK(layers[0] == LayerSpec{.channels = 32, .kernel = 4, .stride = 2, .padding = 1});
  CHECK(layers[1] ==
        LayerSpec{.channels = 64, .kernel = 3, .stride = {6, 4}, .padding = {}, .dilation = 2, .groups = 4});
  CHECK(layers[2] == LayerSpec{.channels = 8, .kernel = 5, .groups = 2});
  for (const char* text : {"", "c3", "k3", "c3k", "c3k3s", "c3k3s/2", "c3k3s2/0", "c3k3s1/2/3", "c3k3p1/2",
                           "c3/2k3", "c3k3c4", "c3k3x1", "c3k3d", "3c3k", "c3k3,", "c3k3s0", "c-3k3"})
    CHECK_THROWS_AS(parse_layers(text), InvalidArgument);
}

TEST_CASE("stack: given padding stands on both sides") {
  const Axis axis =
      plan_stack(1, {5}, {{.channels = 1, .kernel = 3, .stride = 2, .padding = 0}}).front().axes.front();
  CHECK(axis.out == 2);
  CHECK(axis.pad == 0);
  CHECK(plan_stack(1, {5}, {{.channels = 1, .kernel = 3, .stride = 1, .padding = 2}})
            .front()
            .axes.front()
            .out == 7);
}

TEST_CASE("stack: each layer continues where the last ended, for unequal sizes and any channels") {
  const auto stack = plan_stack(3, {5, 7},
                                {{.channels = 4, .kernel = 3, .stride = 2},
                                 {.channels = 6, .kernel = 2, .stride = 1, .padding = 0},
                                 {.channels = 2, .kernel = 1, .stride = 1}});
  for (std::size_t layer = 1; layer < stack.size(); ++layer)
    CHECK(stack[layer].image_shape() == stack[layer - 1].code_shape());
  CHECK(stack.back().code_shape() == Shape{1, 2, 2, 3});
}

TEST_CASE("stack: the linear layer is a window over the whole image") {
  const Geometry linear = linear_geometry(64, {7, 7}, 32);
  CHECK(linear.weight_shape() == Shape{32, 64, 7, 7});
  CHECK(linear.code_shape() == Shape{1, 32, 1, 1});
  CHECK(is_linear(linear));
  CHECK_FALSE(is_linear(plan_stack(1, {4}, {{.channels = 1, .kernel = 4, .stride = 2}}).front()));
  CHECK_THROWS_AS(linear_geometry(1, {4}, 0), InvalidArgument);
}

TEST_CASE("stack: a layer without pixels or channels is refused in its own words") {
  const auto message = [](Index channels, const Shape& size,
                          const std::vector<LayerSpec>& layers) -> std::string {
    try {
      plan_stack(channels, size, layers);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK_THAT(message(1, {0}, {{.channels = 1, .kernel = 3, .stride = 1}}),
             Catch::Contains("layer 1 image size") && Catch::Contains("at least 1"));
  CHECK_THAT(message(1, {5, 0}, {{.channels = 1, .kernel = 3, .stride = 2, .padding = 1}}),
             Catch::Contains("layer 1 image size"));
  CHECK_THAT(message(0, {5}, {{.channels = 1, .kernel = 3, .stride = 1}}),
             Catch::Contains("image channels") && Catch::Contains("at least 1"));
  CHECK_THAT(message(1, {5}, {{.channels = 0, .kernel = 3, .stride = 1}}),
             Catch::Contains("layer 1 channels"));
  CHECK_THAT(message(1, {5},
                     {{.channels = 1, .kernel = 3, .stride = 1, .padding = 0},
                      {.channels = 1, .kernel = 4, .stride = 1, .padding = 0}}),
             Catch::Contains("layer 2 kernel"));
  CHECK_THROWS_AS(linear_geometry(1, {0}, 2), InvalidArgument);
  CHECK_THROWS_AS(linear_geometry(0, {3}, 2), InvalidArgument);
}

TEST_CASE("stack: stride 2/2 puts zeros between the pixels and takes every second position") {
  const Axis axis = plan_stack(1, {4}, {{.channels = 1, .kernel = 3, .stride = {2, 2}}}).front().axes.front();
  CHECK(axis == Axis{.in = 4, .out = 4, .taps = 3, .down = 2, .up = 2, .dilation = 1, .pad = 1});
}

TEST_CASE("stack: bad layers are refused by name") {
  const Index huge = Index{1} << 40;
  CHECK(refusal({}) == "layers");
  CHECK(refusal({{.channels = 0, .kernel = 3, .stride = 1}}) == "layer 1 channels");
  CHECK(refusal({{.channels = 1, .kernel = 3, .stride = 1}, {.channels = 1, .kernel = 0, .stride = 1}}) ==
        "layer 2 kernel");
  CHECK(refusal({{.channels = 1, .kernel = 3, .stride = 0}}) == "layer 1 stride");
  CHECK(refusal({{.channels = 1, .kernel = 3, .stride = 1, .padding = -1}}) == "layer 1 padding");
  CHECK(refusal({{.channels = 1, .kernel = 6, .stride = 1, .padding = 0}}) ==
        "layer 1 kernel");  // larger than the 5 pixels
  CHECK(refusal({{.channels = 1, .kernel = 7, .stride = 1, .padding = 1}}) ==
        "accepted");  // 5 + 2*1 pixels hold it
  CHECK(refusal({{.channels = 1, .kernel = huge, .stride = 1}}) == "layer 1 taps");
  CHECK(refusal({{.channels = 1, .kernel = 3, .stride = huge}}) == "layer 1 stride");
  CHECK(refusal({{.channels = 1, .kernel = 3, .stride = 1, .padding = huge}}) == "layer 1 padding");
  CHECK(refusal({{.channels = 1, .kernel = 3, .stride = {1, 0}}}) == "layer 1 stride denominator");
  CHECK(refusal({{.channels = 1, .kernel = 3, .stride = {2, 2}}}) ==
        "accepted");  // not stride 1, but a stride
  CHECK(refusal({{1, 3, {1, Index{1} << 19}}, {1, 3, {1, Index{1} << 19}}}) == "layer 2 code size");
  CHECK(refusal({{.channels = 1, .kernel = 3, .dilation = 0}}) == "layer 1 dilation");
  CHECK(refusal({{.channels = 1, .kernel = 3, .dilation = huge}}) == "layer 1 dilation");
  CHECK(refusal({{.channels = 1, .kernel = 4, .padding = 0, .dilation = 2}}) == "layer 1 kernel");  // 7 of 5
  CHECK(refusal({{.channels = 4, .kernel = 3, .groups = 2}}) ==
        "layer 1 groups");  // the image has one channel
  CHECK(refusal({{.channels = 4, .kernel = 3, .stride = 1}, {.channels = 6, .kernel = 3, .groups = 4}}) ==
        "layer 2 groups");
  CHECK(refusal({{.channels = 4, .kernel = 3, .stride = 1}, {.channels = 4, .kernel = 3, .groups = 0}}) ==
        "layer 2 groups");
}

TEST_CASE("stack: t layers are read from text, and o is theirs") {
  const auto layers = parse_layers("c32k4s2p1,t16k3s2p1o1g2,k5t8s3/2");
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].direction == Direction::conv);
  CHECK(layers[1] == LayerSpec{.channels = 16,
                               .kernel = 3,
                               .stride = 2,
                               .padding = 1,
                               .groups = 2,
                               .direction = Direction::conv_transpose,
                               .output_padding = 1});
  CHECK(layers[2] ==
        LayerSpec{.channels = 8, .kernel = 5, .stride = {3, 2}, .direction = Direction::conv_transpose});
  for (const char* text : {"t3", "c3t3k3", "t3c3k3", "c3k3o1", "t3k3o", "t3k3o1o1", "t-3k3", "t3k3o-1"})
    CHECK_THROWS_AS(parse_layers(text), InvalidArgument);
}

TEST_CASE("stack: a transposed layer doubles, keeps channels in order and ends where the sizes say") {
  const auto stack = plan_layers(3, {28, 9}, parse_layers("c8k4s2p1g1,c4k3s2,t6k3s2p1o1g2,t3k4s2"));
  REQUIRE(stack.size() == 4);
  CHECK(stack[1].geometry.code_shape() == Shape{1, 4, 7, 2});
  CHECK(stack[2].direction == Direction::conv_transpose);
  CHECK(stack[2].geometry.code_shape() == Shape{1, 4, 7, 2});
  CHECK(stack[2].geometry.image_shape() == Shape{1, 6, 14, 4});  // 2*(n-1) + 3 - 2 + 1
  CHECK(stack[2].geometry.weight_shape() == Shape{4, 3, 3, 3});
  CHECK(stack[3].geometry.image_shape() == Shape{1, 3, 28, 8});
  CHECK(stack[3].forward().image_shape() == Shape{1, 6, 14, 4});
  CHECK(stack[3].forward().code_shape() == Shape{1, 3, 28, 8});
  CHECK(stack[0].forward() == stack[0].geometry);
}

TEST_CASE("stack: a transposed layer has an image that its convolution maps to what it reads") {
  for (Index size = 1; size <= 6; ++size)
    for (Index kernel = 1; kernel <= 4; ++kernel)
      for (Index down = 1; down <= 4; ++down)
        for (Index up = 1; up <= 3; ++up)
          for (Index padding = -1; padding <= 2; ++padding) {  // -1: none given
            LayerSpec spec{.kernel = kernel, .stride = {down, up}, .direction = Direction::conv_transpose};
            if (padding >= 0) spec.padding = padding;
            CAPTURE(size, kernel, down, up, padding);
            Axis axis;
            try {
              axis = plan_layers(1, {size}, {spec}).front().geometry.axes.front();
            } catch (const InvalidArgument&) {
              // then no image does
              LayerSpec conv = spec;
              conv.direction = Direction::conv;
              for (Index image = 1; image <= 30; ++image) {
                Index code = 0;
                try {
                  code = plan_stack(1, {image}, {conv}).front().axes.front().out;
                } catch (const InvalidArgument&) {
                }
                CHECK(code != size);
              }
              continue;
            }
            CHECK(axis.out == size);
            LayerSpec conv = spec;
            conv.direction = Direction::conv;
            CHECK(plan_stack(1, {axis.in}, {conv}).front().axes.front() == axis);
            if (padding < 0) CHECK(axis.in == down * size / up);
          }
}

TEST_CASE("stack: an encoder has no transposed layers, and what they cannot be is refused by name") {
  const auto field = [](const char* text) -> std::string {
    try {
      plan_layers(2, {5}, parse_layers(text));
    } catch (const InvalidArgument& error) {
      return error.field();
    }
    return "accepted";
  };
  CHECK_THROWS_AS(plan_stack(1, {5}, parse_layers("c4k3,t1k3")), InvalidArgument);
  CHECK(field("t4k3s2p1o1") == "accepted");
  CHECK(field("t4k3s2p1o2") == "layer 1 output padding");
  CHECK(field("t4k3s2o1") == "layer 1 output padding");  // without a padding the size is the largest
  CHECK(field("t4k3g3") == "layer 1 groups");
  CHECK(field("t4k0") == "layer 1 kernel");
  CHECK(field("t0k3") == "layer 1 channels");
  CHECK(field("c2k3,t4k1s1/2") == "layer 2 size");  // an odd number of pixels
  CHECK(field("t4k1s1p3") == "layer 1 size");
  CHECK(field("t4k2s1048576,t4k2s1048576") == "layer 2 image size");
}
