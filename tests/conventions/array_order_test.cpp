// Which axis of a system's arrays is which: by hand, by names, and there and back.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/conventions/array_order.hpp>

using namespace fsconv;

namespace {

Settings with_format(const char* format, bool transpose_kernel = false) {
  Settings settings;
  settings.data_format = format;
  settings.transpose_kernel = transpose_kernel;
  return settings;
}

}  // namespace

TEST_CASE("array order: weights and activations go there and back") {
  Random random(1);
  for (Convention convention : all_values<Convention>())
    for (Direction direction : {Direction::conv, Direction::conv_transpose})
      for (std::size_t rank = 1; rank <= 3; ++rank) {
        const ArrayOrder order = array_order(convention, direction, rank);
        Shape shape{2, 3, 4, 5, 6};
        shape.resize(rank + 2);
        const auto ours = random_integers<int>(shape, 100, random);
        CHECK(weight_from(order, weight_to(order, ours)) == ours);
        CHECK(activation_from(order.image, activation_to(order.image, ours)) == ours);
        CHECK(activation_from(order.code, activation_to(order.code, ours)) == ours);
      }
}

TEST_CASE("array order: TensorFlow's [kh, kw, out, in] and Theano's flip, by hand") {
  const auto tf = array_order(Convention::tensorflow, Direction::conv_transpose, 2);
  const Tensor<int> filter({1, 2, 1, 2}, {1, 2, 3, 4});  // kw=0: code 0 -> 1, code 1 -> 2; kw=1: 3, 4
  CHECK(weight_from(tf, filter) == Tensor<int>({2, 1, 1, 2}, {1, 3, 2, 4}));
  const auto theano = array_order(Convention::theano, Direction::conv_transpose, 1);
  CHECK(weight_from(theano, Tensor<int>({1, 1, 3}, {1, 2, 3})) == Tensor<int>({1, 1, 3}, {3, 2, 1}));
}

TEST_CASE("array order: data formats as each system names them") {
  using Order = std::vector<Index>;
  const auto image = [](Convention convention, std::size_t rank, const char* format) {
    return array_order(convention, Direction::conv, rank, with_format(format)).image;
  };
  using enum Convention;
  CHECK(image(tensorflow, 2, "NHWC") == Order{0, 3, 1, 2});
  CHECK(image(tensorflow, 2, "NCHW") == Order{0, 1, 2, 3});
  CHECK(image(tensorflow, 1, "NWC") == Order{0, 2, 1});
  CHECK(image(tensorflow, 1, "NCW") == Order{0, 1, 2});
  CHECK(image(tensorflow, 3, "NDHWC") == Order{0, 4, 1, 2, 3});
  CHECK(image(tensorflow, 3, "NCDHW") == Order{0, 1, 2, 3, 4});
  CHECK(image(keras, 2, "channels_first") == Order{0, 1, 2, 3});
  CHECK(image(keras, 2, "channels_last") == Order{0, 3, 1, 2});
  // The filter of TensorFlow and Keras is the same under every data format.
  for (const char* format : {"NHWC", "NCHW"})
    CHECK(array_order(tensorflow, Direction::conv, 2, with_format(format)).weight == Order{3, 2, 0, 1});
  CHECK_THROWS_AS(image(tensorflow, 2, "NCW"), InvalidArgument);
  CHECK_THROWS_AS(image(tensorflow, 2, "channels_first"), InvalidArgument);
  CHECK_THROWS_AS(image(keras, 2, "NCHW"), InvalidArgument);
}

TEST_CASE("array order: JAX's dimension numbers, space matched by its letters") {
  using Order = std::vector<Index>;
  const ArrayOrder conv = array_order(Convention::jax, Direction::conv, 2, with_format("NHWC,HWIO,NCHW"));
  CHECK(conv.image == Order{0, 3, 1, 2});
  CHECK(conv.weight == Order{3, 2, 0, 1});
  CHECK(conv.code == Order{0, 1, 2, 3});
  CHECK_FALSE(conv.flip);
  // Space is matched by its letters, and our axes follow the filter: axis 0 is W here, as for JAX's window_strides.
  const ArrayOrder turned = array_order(Convention::jax, Direction::conv, 2, with_format("NCHW,WHIO"));
  CHECK(turned.weight == Order{3, 2, 0, 1});
  CHECK(turned.image == Order{0, 1, 3, 2});
  // Letters are letters, also where the filter is written as its default is.
  CHECK(array_order(Convention::jax, Direction::conv, 2, with_format("NCWH,OIHW")).image ==
        Order{0, 1, 3, 2});
  CHECK(array_order(Convention::native, Direction::conv, 2, with_format("NCWH,OIHW")).image ==
        Order{0, 1, 3, 2});
  // A filter that is not written has the axes of what is read, in its own order.
  CHECK(array_order(Convention::jax, Direction::conv, 2, with_format("NCWH")).image == Order{0, 1, 2, 3});
  CHECK(array_order(Convention::jax, Direction::conv, 2, with_format("NxyC,xyIO")).weight ==
        Order{3, 2, 0, 1});

  const auto transposed = [](const char* format, bool transpose_kernel) {
    return array_order(Convention::jax, Direction::conv_transpose, 1, with_format(format, transpose_kernel));
  };
  // I are the channels that are read, those of the code; with transpose_kernel those of the forward convolution.
  CHECK(transposed("NHC,HIO", false).weight == Order{1, 2, 0});
  CHECK(transposed("NHC,HIO", false).flip);
  CHECK(transposed("NHC,HIO", true).weight == Order{2, 1, 0});
  CHECK_FALSE(transposed("NHC,HIO", true).flip);
  CHECK(transposed("NCH", false).weight == Order{1, 2, 0});  // the filter stays at its default, HIO

  for (const char* bad :
       {"NHW", "NHHC", "NHWC,HWO", "NHWC,HWIO,NHW", "NHWC,HVIO", "nhwc", "NHWC,HWIO,NHWC,NHWC", "NH-C", ""})
    if (*bad != '\0')
      CHECK_THROWS_AS(array_order(Convention::jax, Direction::conv, 2, with_format(bad)), InvalidArgument);
}

TEST_CASE("array order: systems with one order of axes refuse others") {
  using enum Convention;
  for (Convention convention : {pytorch, theano, onnx, onnx_reference}) {
    INFO(name(convention));
    CHECK_THROWS_AS(geometry_of(convention, Direction::conv, {{4}, {3}}, with_format("NWC")),
                    InvalidArgument);
  }
}
