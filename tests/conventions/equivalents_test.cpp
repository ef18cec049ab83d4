// The way back from a geometry to the code of other systems.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/conventions/equivalents.hpp>
#include <fsconv/geometry/case_string.hpp>

#include "conventions/words.hpp"

using namespace fsconv;
using test::settings;

namespace {

Equivalent in(Convention convention, const char* text, Direction direction = Direction::conv_transpose) {
  for (const Equivalent& e : equivalents(parse_case(text), direction))
    if (e.convention == convention) return e;
  return Equivalent{};
}

}  // namespace

TEST_CASE("equivalents: PyTorch cannot say SAME for k3 s2, k5 s2, k4 s3, and says k4 s2") {
  const auto pytorch = [](const char* text) { return in(Convention::pytorch, text); };
  CHECK_FALSE(pytorch("i14o7k3s2").exists);
  CHECK_FALSE(pytorch("i14o7k5s2p1").exists);
  CHECK_FALSE(pytorch("i12o4k4s3").exists);
  CHECK(pytorch("i14o7k4s2p1").text ==
        "torch.nn.ConvTranspose1d(1, 1, kernel_size=4, stride=2, padding=1, bias=False)");
}

TEST_CASE("equivalents: every system's code, by hand") {
  using enum Convention;
  const char* same = "ic3oc8i14x14o7x7k3s2";
  CHECK(
      in(native, same).text ==
      "fsconv apply --op conv_transpose --input x.npy --weight w.npy --output y.npy --stride 2 --padding 0:1 "
      "--size 14,14");
  CHECK(in(tensorflow, same).text ==
        "tf.nn.conv2d_transpose(x, w, output_shape=[x.shape[0], 14, 14, 3], strides=2, padding='SAME')");
  CHECK(in(keras, same).text == "keras.layers.Conv2DTranspose(3, kernel_size=3, strides=2, padding='same')");
  CHECK(in(theano, same).text ==
        "theano.tensor.nnet.abstract_conv.conv2d_grad_wrt_inputs(x, w, input_shape=(None, 3, 14, 14), "
        "border_mode=((0, 1), (0, 1)), subsample=(2, 2), filter_flip=False)");
  CHECK(in(onnx, same).text ==
        "onnx.helper.make_node('ConvTranspose', ['x', 'w'], ['y'], strides=[2, 2], pads=[0, 0, 1, 1])");
  CHECK(in(jax, same).text ==
        "jax.lax.conv_transpose(x, w, strides=(2, 2), padding='SAME', transpose_kernel=True)");
  CHECK(in(jax, "i5o4k3s2/2", Direction::conv).text ==
        "jax.lax.conv_general_dilated(x, w, window_strides=(2,), padding=[(0, 0)], lhs_dilation=(2,))");
  CHECK(in(tensorflow, "i5x5o5x5k3x3d2x1p2x1", Direction::conv).text ==
        "tf.nn.conv2d(x, w, strides=1, padding='SAME', dilations=[2, 1])");
  CHECK(in(keras, "i9o4k2s2d2", Direction::conv).text ==
        "keras.ops.conv(x, w, strides=2, padding='valid', dilation_rate=2)");
  CHECK(in(theano, "ic2oc3i5o5k3d2p4", Direction::conv).text ==
        "theano.tensor.nnet.abstract_conv.causal_conv1d(x, w, filter_shape=(3, 2, 3), filter_dilation=2, "
        "filter_flip=False)");
}

TEST_CASE("equivalents: what has no groups names a system that has") {
  Settings grouped = settings("2", "same");
  grouped.groups = 2;
  for (Convention convention : {Convention::keras, Convention::jax}) {
    INFO(name(convention));
    try {
      geometry_of(convention, Direction::conv_transpose,
                  {.source = {7, 7}, .kernel = {4, 4}, .image_channels = 2, .code_channels = 4}, grouped);
      FAIL("was not refused");
    } catch (const InvalidArgument& refused) {
      CHECK(std::string(refused.what())
                .find("torch.nn.ConvTranspose2d(4, 2, kernel_size=4, stride=2, padding=1, "
                      "groups=2, bias=False)") != std::string::npos);
    }
  }
}

TEST_CASE("equivalents: what a system was told, it can be told again") {
  using enum Convention;
  using enum Direction;
  const std::vector<std::tuple<Convention, Direction, const char*>> said = {
      {pytorch, conv, "same"},      {pytorch, conv, "1"},           {tensorflow, conv, "same"},
      {tensorflow, conv, "valid"},  {keras, conv, "same"},          {onnx, conv, "same_lower"},
      {jax, conv, "same"},          {pytorch, conv_transpose, "1"}, {keras, conv_transpose, "valid"},
      {jax, conv_transpose, "same"}};
  for (const auto& [convention, direction, padding] : said) {
    INFO(name(convention) << " " << padding);
    const Geometry g = geometry_of(convention, direction, {{6, 7}, {4, 4}}, settings("1", padding));
    for (const Equivalent& e : equivalents(g, direction))
      if (e.convention == convention) CHECK(e.exists);
  }
}

TEST_CASE("equivalents: stride 1/2 is a transposed convolution with stride 2, in words") {
  for (const Equivalent& e : equivalents(parse_case("i7o14k4s1/2p2"), Direction::conv))
    if (e.convention == Convention::pytorch) {
      CHECK(e.text.find("torch.nn.ConvTranspose1d(1, 1, kernel_size=4, stride=2, padding=1, bias=False)") ==
            0);
      CHECK(e.remark.find("reversed") != std::string::npos);
    }
}
