// The plan of an encoder: sizes, default padding, and what is refused.
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/geometry/stack.hpp>

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
  const auto stack = plan_stack(1, {28, 28}, {{32, 4, 2}, {64, 4, 2}});
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
        const Axis axis = plan_stack(1, {size}, {{1, kernel, stride}}).front().axes.front();
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

TEST_CASE("stack: given padding stands on both sides") {
  const Axis axis = plan_stack(1, {5}, {{1, 3, 2, 0}}).front().axes.front();
  CHECK(axis.out == 2);
  CHECK(axis.pad == 0);
  CHECK(plan_stack(1, {5}, {{1, 3, 1, 2}}).front().axes.front().out == 7);
}

TEST_CASE("stack: each layer continues where the last ended, for unequal sizes and any channels") {
  const auto stack = plan_stack(3, {5, 7}, {{4, 3, 2}, {6, 2, 1, 0}, {2, 1, 1}});
  for (std::size_t layer = 1; layer < stack.size(); ++layer)
    CHECK(stack[layer].image_shape() == stack[layer - 1].code_shape());
  CHECK(stack.back().code_shape() == Shape{1, 2, 2, 3});
}

TEST_CASE("stack: the linear layer is a window over the whole image") {
  const Geometry linear = linear_geometry(64, {7, 7}, 32);
  CHECK(linear.weight_shape() == Shape{32, 64, 7, 7});
  CHECK(linear.code_shape() == Shape{1, 32, 1, 1});
  CHECK(is_linear(linear));
  CHECK_FALSE(is_linear(plan_stack(1, {4}, {{1, 4, 2}}).front()));
  CHECK_THROWS_AS(linear_geometry(1, {4}, 0), InvalidArgument);
}

TEST_CASE("stack: bad layers are refused by name") {
  const Index huge = Index{1} << 40;
  CHECK(refusal({}) == "layers");
  CHECK(refusal({{0, 3, 1}}) == "layer 1 channels");
  CHECK(refusal({{1, 3, 1}, {1, 0, 1}}) == "layer 2 kernel");
  CHECK(refusal({{1, 3, 0}}) == "layer 1 stride");
  CHECK(refusal({{1, 3, 1, -1}}) == "layer 1 padding");
  CHECK(refusal({{1, 6, 1, 0}}) == "layer 1 kernel");  // larger than the 5 pixels
  CHECK(refusal({{1, 7, 1, 1}}) == "accepted");        // 5 + 2*1 pixels hold it
  CHECK(refusal({{1, huge, 1}}) == "layer 1 taps");
  CHECK(refusal({{1, 3, huge}}) == "layer 1 stride");
  CHECK(refusal({{1, 3, 1, huge}}) == "layer 1 padding");
}
