// The operator on arrays: batch axes, types, groups, biases and empty arrays as each system has them.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/conventions/apply.hpp>

using namespace fsconv;

namespace {

Array array_of(Shape shape, const char* dtype = "f8") {
  Random random(7);
  return {random_integers<double>(std::move(shape), 5, random), dtype};
}

ApplyRequest request(Convention convention, Op op, Shape input, Shape weight) {
  ApplyRequest r;
  r.convention = convention;
  r.op = op;
  r.input = array_of(std::move(input));
  r.weight = array_of(std::move(weight));
  return r;
}

std::string refusal(const ApplyRequest& r) {
  try {
    apply(r);
  } catch (const InvalidArgument& refused) {
    return refused.what();
  }
  return "";
}

Tensor<double> reshaped(Tensor<double> values, Shape shape) {
  return std::move(values).reshaped(std::move(shape));
}

}  // namespace

TEST_CASE("apply: PyTorch and TensorFlow.js read an array without a batch axis, and give one back") {
  struct Case {
    Convention convention;
    Op op;
    Shape single, weight;
  };
  for (const Case& c : {Case{Convention::pytorch, Op::conv, {2, 5}, {3, 2, 3}},
                        Case{Convention::pytorch, Op::conv, {2, 5, 6}, {3, 2, 3, 3}},
                        Case{Convention::pytorch, Op::conv_transpose, {2, 5, 6, 4}, {2, 3, 3, 3, 3}},
                        Case{Convention::tensorflow, Op::conv, {5, 6, 2}, {3, 3, 2, 3}}}) {
    ApplyRequest r = request(c.convention, c.op, c.single, c.weight);
    r.settings.padding = parse_padding("0");
    const ApplyResult single = apply(r);
    Shape batched = c.single;
    batched.insert(batched.begin(), 1);
    r.input.values = reshaped(r.input.values, batched);
    const ApplyResult one = apply(r);
    CHECK(single.values.rank() == one.values.rank() - 1);
    CHECK(reshaped(single.values, one.values.shape()) == one.values);
  }
}

TEST_CASE("apply: a missing batch axis is the input's fault elsewhere") {
  for (Convention convention : {Convention::native, Convention::theano, Convention::onnx}) {
    const std::string text = refusal(request(convention, Op::conv, {2, 5, 6}, {3, 2, 3, 3}));
    INFO(text);
    CHECK(text.starts_with("input: has 3 axes"));
    CHECK(text.find("reshape(1, ...)") != std::string::npos);
  }
  CHECK(refusal(request(Convention::pytorch, Op::conv, {1, 1, 2, 5, 6}, {3, 2, 3, 3}))
            .starts_with("input: has 5"));
  CHECK(
      refusal(request(Convention::native, Op::conv, {1, 2, 5, 6}, {3, 2})).starts_with("weight: has 2 axes"));
}

TEST_CASE("apply: TensorFlow's convolution reads any number of batch axes") {
  ApplyRequest r = request(Convention::tensorflow, Op::conv, {2, 3, 5, 5, 2}, {3, 3, 2, 4});
  r.settings.padding = parse_padding("VALID");
  const ApplyResult many = apply(r);
  CHECK(many.values.shape() == Shape{2, 3, 3, 3, 4});
  r.input.values = reshaped(r.input.values, {6, 5, 5, 2});
  CHECK(reshaped(many.values, {6, 3, 3, 4}) == apply(r).values);
}

TEST_CASE("apply: types are mixed where the system converts them, and then it is said") {
  const auto mixed = [](Convention convention) {
    ApplyRequest r = request(convention, Op::conv, {1, 2, 5, 5}, {3, 2, 3, 3});
    r.input.dtype = "f4";
    return r;
  };
  for (Convention convention : {Convention::pytorch, Convention::onnx}) {
    INFO(name(convention));
    CHECK(refusal(mixed(convention)).find("one type") != std::string::npos);
  }
  const ApplyResult native = apply(mixed(Convention::native));
  CHECK(native.dtype == "f8");
  REQUIRE(native.notes.size() == 1);
  CHECK(native.notes[0].find("input is f4, weight is f8") == 0);

  ApplyRequest alike = mixed(Convention::pytorch);
  alike.weight.dtype = "f4";
  CHECK(apply(alike).dtype == "f4");
  CHECK(apply(alike).notes.empty());
  alike.bias = Array{Tensor<double>({3}), "i8"};
  CHECK(refusal(alike).find("bias is i8") != std::string::npos);
  ApplyRequest integers = mixed(Convention::pytorch);
  integers.input.dtype = integers.weight.dtype = "i8";
  CHECK(apply(integers).notes.size() == 1);
}

TEST_CASE("apply: a bias is one list of channels, whatever else has as many numbers") {
  ApplyRequest r = request(Convention::native, Op::conv, {1, 2, 5, 5}, {4, 2, 3, 3});
  for (const Shape& shape : {Shape{2, 2}, Shape{4, 1}, Shape{1, 4}, Shape{1, 4, 1, 1}, Shape{3}, Shape{}}) {
    r.bias = Array{Tensor<double>(shape), "f8"};
    CHECK(refusal(r).starts_with("bias: has the shape"));
  }
  r.bias = Array{Tensor<double>({4}, {1, 2, 3, 4}), "f8"};
  ApplyRequest without = r;
  without.bias.reset();
  const auto with_bias = apply(r).values, plain = apply(without).values;
  for (Index at = 0; at < plain.size(); ++at)
    CHECK(with_bias[at] - plain[at] == static_cast<double>(1 + at / 9 % 4));
}

TEST_CASE("apply: groups follow from the channels where the system says so") {
  ApplyRequest r = request(Convention::tensorflow, Op::conv, {1, 5, 5, 6}, {3, 3, 2, 9});
  r.settings.padding = parse_padding("SAME");
  const ApplyResult implied = apply(r);
  CHECK(implied.geometry.groups == 3);
  r.settings.groups = 3;
  CHECK(apply(r).values == implied.values);
  r.settings.groups = 1;
  CHECK(refusal(r).starts_with("input: has 6 channels"));

  ApplyRequest torch = request(Convention::pytorch, Op::conv, {1, 6, 5, 5}, {9, 2, 3, 3});
  CHECK(refusal(torch).find("--groups 3") != std::string::npos);
  // the whole output_shape says how many channels the image has
  ApplyRequest back = request(Convention::tensorflow, Op::conv_transpose, {2, 3, 2, 6}, {3, 3, 2, 6});
  back.settings.padding = parse_padding("VALID");
  back.settings.size = std::vector<Index>{2, 5, 4, 4};
  CHECK(apply(back).geometry.groups == 2);
  CHECK(apply(back).values.shape() == Shape{2, 5, 4, 4});
  CHECK(apply(back).notes.front().find("torch.nn.ConvTranspose2d") != std::string::npos);
}

TEST_CASE("apply: a data format changes where the numbers stand, not what they are") {
  ApplyRequest last = request(Convention::tensorflow, Op::conv, {2, 5, 6, 2}, {3, 3, 2, 4});
  last.settings.padding = parse_padding("SAME");
  ApplyRequest first = last;
  first.settings.data_format = "NCHW";
  first.input.values = permute(last.input.values, {0, 3, 1, 2});
  CHECK(permute(apply(first).values, {0, 2, 3, 1}) == apply(last).values);

  // JAX's transposed convolution: the forward filter with transpose_kernel is the other one, turned and swapped
  ApplyRequest plain = request(Convention::jax, Op::conv_transpose, {2, 5, 6, 3}, {3, 4, 3, 2});
  plain.settings.stride = parse_stride("2");
  plain.settings.padding = parse_padding("VALID");
  ApplyRequest forward = plain;
  forward.settings.transpose_kernel = true;
  forward.weight.values = permute(plain.weight.values, {0, 1, 3, 2}, {true, true, false, false});
  CHECK(apply(forward).values == apply(plain).values);
  // results may have an order of their own
  ApplyRequest turned = plain;
  turned.settings.data_format = "NHWC,HWIO,NCHW";
  CHECK(permute(apply(turned).values, {0, 2, 3, 1}) == apply(plain).values);
}

TEST_CASE("apply: JAX's strides and paddings belong to the axes in the filter's order") {
  // x is [1, 1, W=5, H=4] of 0, 1, 2, ..., the filter HWIO of 1x1 taps; stride 2 along H, the filter's first axis
  ApplyRequest r;
  r.convention = Convention::jax;
  r.settings.data_format = "NCWH,HWIO,NCWH";
  r.settings.padding = parse_padding("VALID");
  r.settings.stride = parse_stride("2,1");
  r.input = {Tensor<double>({1, 1, 5, 4}), "f8"};
  for (Index at = 0; at < 20; ++at) r.input.values[at] = static_cast<double>(at);
  r.weight = {Tensor<double>({1, 1, 1, 1}, {1}), "f8"};
  CHECK(apply(r).values == Tensor<double>({1, 1, 5, 2}, {0, 2, 4, 6, 8, 10, 12, 14, 16, 18}));
}

TEST_CASE("apply: an image of no pixels and its code are transposes of each other") {
  ApplyRequest r = request(Convention::native, Op::conv, {1, 1, 0, 4}, {1, 1, 2, 2});
  r.settings.padding = parse_padding("2");
  const ApplyResult code = apply(r);
  CHECK(code.values.shape() == Shape{1, 1, 3, 7});
  r.op = Op::conv_transpose;
  r.input.values = code.values;
  r.settings.size = std::vector<Index>{0, 4};
  CHECK(apply(r).values.shape() == Shape{1, 1, 0, 4});
}

TEST_CASE("apply: what cannot be said elsewhere is said for the same arrays") {
  // k3 s2 SAME: PyTorch has no such padding
  ApplyRequest r = request(Convention::keras, Op::conv_transpose, {2, 5, 5, 4}, {3, 3, 2, 4});
  r.settings.padding = parse_padding("same");
  r.settings.stride = parse_stride("2");
  r.settings.groups = 2;
  CHECK(refusal(r).find("--groups 2 --size 10,10 --data-format NHWC,HWIO") != std::string::npos);
  r.settings.data_format = "channels_first";
  r.input = array_of({2, 4, 5, 5});
  CHECK(refusal(r).find("--data-format NCHW,HWIO") != std::string::npos);
}

TEST_CASE("apply: refusals name what the user gave") {
  ApplyRequest gradient;
  gradient.op = Op::weight_gradient;
  gradient.input = array_of({1, 1, 5, 6});
  gradient.output_gradient = array_of({1, 1, 3, 4});
  gradient.kernel = {3, 3, 3};
  CHECK(refusal(gradient).starts_with("kernel: has 3 entries"));
  gradient.kernel = {2};
  CHECK(refusal(gradient).starts_with("output-gradient: has 3 x 4 of space"));
  ApplyRequest implied = request(Convention::tensorflow, Op::conv, {1, 5, 5, 6}, {3, 3, 2, 4});
  implied.settings.padding = parse_padding("SAME");
  CHECK(refusal(implied).find("are 3 groups") != std::string::npos);
}

TEST_CASE("apply: empty arrays have empty results, and sums of nothing are 0") {
  for (const char* form :
       {"gather", "scatter", "zero_insertion", "polyphase", "matrix", "bilinear", "im2col", "batched"}) {
    INFO(form);
    ApplyRequest r = request(Convention::native, Op::conv, {0, 1, 6}, {1, 1, 3});
    r.form = form;
    CHECK(apply(r).values.shape() == Shape{0, 1, 4});
    r.op = Op::conv_transpose;
    CHECK(apply(r).values.shape() == Shape{0, 1, 8});
    r.op = Op::weight_gradient;
    r.output_gradient = array_of({0, 1, 4});
    r.kernel = {3};
    CHECK(apply(r).values == Tensor<double>({1, 1, 3}));

    ApplyRequest no_channels = request(Convention::native, Op::conv, {2, 0, 6}, {3, 0, 3});
    no_channels.form = form;
    CHECK(apply(no_channels).values == Tensor<double>({2, 3, 4}));
    ApplyRequest no_pixels = request(Convention::native, Op::conv, {2, 1, 0}, {3, 1, 3});
    no_pixels.form = form;
    no_pixels.settings.padding = parse_padding("3:1");
    CHECK(apply(no_pixels).values == Tensor<double>({2, 3, 2}));
    ApplyRequest no_window = request(Convention::native, Op::conv, {2, 1, 2}, {3, 1, 3});
    no_window.form = form;
    CHECK(apply(no_window).values.shape() == Shape{2, 3, 0});
    CHECK(apply(no_window).notes.front().find("no window fits") != std::string::npos);
  }
}

TEST_CASE("apply: PyTorch's image without channels has a code without channels") {
  // torch.nn.functional.conv2d(zeros(2, 0, 4, 4), zeros(3, 0, 2, 2)).shape is (2, 0, 3, 3) in 1.13
  const ApplyResult torch = apply(request(Convention::pytorch, Op::conv, {2, 0, 4, 4}, {3, 0, 2, 2}));
  CHECK(torch.values.shape() == Shape{2, 0, 3, 3});
  CHECK(torch.notes.size() == 1);
  CHECK(apply(request(Convention::theano, Op::conv, {2, 0, 4, 4}, {3, 0, 2, 2})).values.shape() ==
        Shape{2, 3, 3, 3});
  // neither are its pixels missed, nor those of an empty batch
  ApplyRequest none = request(Convention::pytorch, Op::conv, {0, 2, 0, 4}, {3, 2, 2, 2});
  none.settings.padding = parse_padding("2");
  CHECK(apply(none).values.shape() == Shape{0, 3, 3, 7});
}

TEST_CASE("apply: the kernel of a weight gradient is one number, one per axis, or the filter's shape") {
  ApplyRequest r;
  r.op = Op::weight_gradient;
  r.input = array_of({2, 3, 6, 6});
  r.output_gradient = array_of({2, 4, 4, 4});
  r.kernel = {3};
  const auto one = apply(r).values;
  CHECK(one.shape() == Shape{4, 3, 3, 3});
  r.kernel = {3, 3};
  CHECK(apply(r).values == one);
  r.kernel = {4, 3, 3, 3};
  CHECK(apply(r).values == one);
  r.kernel = {1, 2, 3, 4, 5};
  CHECK(refusal(r).starts_with("kernel: has 5 entries"));
  // The channels of a whole shape are the arrays'.
  r.kernel = {9, 7, 3, 3};
  CHECK(
      refusal(r) ==
      "kernel: names 9 code channels that see 7 each of the image; output-gradient has 4 and input 3, in 1 group");
  r.kernel = {4, 1, 3, 3};
  CHECK(refusal(r).find("say --groups 3") != std::string::npos);
  // Without a batch axis, too.
  r.convention = Convention::pytorch;
  r.input.values = reshaped(array_of({1, 3, 6, 6}).values, {3, 6, 6});
  r.output_gradient.values = reshaped(array_of({1, 4, 4, 4}).values, {4, 4, 4});
  for (const Shape& kernel : {Shape{3, 3}, Shape{4, 3, 3, 3}}) {
    r.kernel = kernel;
    CHECK(apply(r).values.shape() == Shape{4, 3, 3, 3});
  }
}

TEST_CASE("apply: a filter's whole shape is in the system's order, and says its groups and batch axes") {
  ApplyRequest r;
  r.convention = Convention::tensorflow;
  r.op = Op::weight_gradient;
  r.settings.padding = parse_padding("SAME");
  r.input = array_of({2, 5, 5, 4});
  r.output_gradient = array_of({2, 5, 5, 6});
  r.kernel = {3, 3, 2, 6};  // two groups
  CHECK(apply(r).values.shape() == Shape{3, 3, 2, 6});
  r.kernel = {6, 2, 3, 3};  // PyTorch's order
  CHECK(refusal(r).starts_with("kernel: "));
  r.input = array_of({2, 3, 5, 5, 4});
  r.output_gradient = array_of({2, 3, 5, 5, 6});
  for (const Shape& kernel : {Shape{3, 3}, Shape{3, 3, 4, 6}}) {
    r.kernel = kernel;
    CHECK(apply(r).values.shape() == Shape{3, 3, 4, 6});
  }
}

TEST_CASE(
    "apply: channels that an array without elements claims are not multiplied beyond what can be counted") {
  ApplyRequest r = request(Convention::native, Op::conv, {1, 3, 4}, {0, Index{1} << 40, 1});
  r.settings.groups = Index{1} << 30;  // their product would wrap to 0
  CHECK(refusal(r) ==
        "groups: are 1073741824, and the filter sees 1099511627776 channels in each; together these are more "
        "channels than can be counted");
  r.settings.groups = 1;
  CHECK(refusal(r).starts_with("input: has 3 channels"));
}

TEST_CASE("apply: native takes every size that conv maps to the code, no pixels among them") {
  ApplyRequest r = request(Convention::native, Op::conv_transpose, {1, 1, 0}, {1, 1, 5});
  r.settings.stride = parse_stride("2");
  CHECK(apply(r).values.shape() == Shape{1, 1, 1});  // the smallest that has pixels
  for (const Index size : {0, 4}) {
    r.settings.size = std::vector<Index>{size};
    CHECK(apply(r).values == Tensor<double>({1, 1, size}));
  }
  r.settings.size = std::vector<Index>{5};
  CHECK(refusal(r).find("legal sizes are 0 to 4") != std::string::npos);
}

TEST_CASE(
    "apply: where only an image without pixels has the code, no other size is taken, and a note says so") {
  ApplyRequest r = request(Convention::native, Op::conv_transpose, {1, 1, 2}, {1, 1, 3});
  r.settings.padding = parse_padding("2");  // 4 zeros hold two windows
  const auto alone = [&] {
    const ApplyResult result = apply(r);
    CHECK(result.values.shape() == Shape{1, 1, 0});
    REQUIRE(result.notes.size() == 1);
    CHECK(result.notes[0].find("the image is without pixels") != std::string::npos);
  };
  alone();
  r.settings.size = std::vector<Index>{0};
  alone();
  r.settings.size = std::vector<Index>{7};
  CHECK(refusal(r).find("7") != std::string::npos);
  r.settings.size.reset();
  r.settings.output_padding = std::vector<Index>{0};
  alone();
  for (const Index beyond : {5, -3}) {
    r.settings.output_padding = std::vector<Index>{beyond};
    CHECK(refusal(r).find("output_padding") != std::string::npos);
  }
  // The same with SAME's neighbour words, a stride and a fraction.
  r = request(Convention::native, Op::conv_transpose, {1, 1, 1}, {1, 1, 2});
  r.settings.stride = parse_stride("3/2");
  r.settings.padding = parse_padding("3:1");
  r.settings.size = std::vector<Index>{25};
  CHECK(refusal(r).find("25") != std::string::npos);
}

TEST_CASE("apply: a sum that overflows on the way says which form does not add so much") {
  ApplyRequest r = request(Convention::native, Op::conv, {1, 1, 12}, {1, 1, 3});
  for (Index at = 0; at < 12; ++at) r.input.values[at] = at % 2 == 0 ? -1.2e308 : 1.2e308;
  std::fill(r.weight.values.begin(), r.weight.values.end(), 1e-3);
  CHECK_NOTHROW(apply(r));
  r.form = "bilinear";
  CHECK_THROWS_WITH(apply(r), Catch::Contains("a sum has overflowed") && Catch::Contains("--form gather"));
}
