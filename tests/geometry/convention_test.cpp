// The rules of the conventions: refusals, layouts, and the way back from a geometry to words.
#include <catch2/catch.hpp>
#include <fsconv/geometry/arithmetic.hpp>
#include <fsconv/geometry/array_order.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/geometry/equivalents.hpp>

#include "support/geometries.hpp"

using namespace fsconv;

namespace {

Settings settings(const char* stride, const char* padding) {
  Settings s;
  s.stride = parse_stride(stride);
  s.padding = parse_padding(padding);
  return s;
}

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
  CHECK(refusal(theano, conv_transpose, code, settings("2", "half")).find("input_shape must be given") !=
        std::string::npos);
  CHECK(refusal(pytorch, conv_transpose, code, settings("1/2", "0")).find("rational") != std::string::npos);
  CHECK(refusal(native, conv, {{2}, {5}}, settings("1", "0")).find("kernel covers 5") != std::string::npos);
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
  CHECK(refusal(keras, conv_transpose, {{7}, {3}, 2, 2}, s).find("groups") != std::string::npos);
  s.padding.reset();
  s.groups = 1;
  CHECK(refusal(jax, conv, image, s).find("no default") != std::string::npos);
}

TEST_CASE("convention: strides and padding are read strictly") {
  CHECK(parse_stride("4/6") == std::vector<Stride>{{2, 3}});
  for (const char* bad : {"0", "1/0", "a", "1/2/3", "", "-1", "2,"})
    CHECK_THROWS_AS(parse_stride(bad), InvalidArgument);
  CHECK(parse_padding("-1:2,3").begin == std::vector<Index>{-1, 3});
  CHECK(parse_padding("-1:2,3").end == std::vector<Index>{2, 3});
  for (const char* bad : {"", "SAME", "1:2:3", "x"}) CHECK_THROWS_AS(parse_padding(bad), InvalidArgument);
}

TEST_CASE("array order: weights and activations go there and back") {
  Random random(1);
  for (Convention convention : conventions())
    for (Direction direction : {Direction::conv, Direction::conv_transpose})
      for (std::size_t rank = 1; rank <= 3; ++rank) {
        const ArrayOrder order = array_order(convention, direction, rank);
        Shape shape{2, 3, 4, 5, 6};
        shape.resize(rank + 2);
        const auto ours = random_integers<int>(shape, 100, random);
        CHECK(weight_from(order, weight_to(order, ours)) == ours);
        CHECK(activation_from(order, activation_to(order, ours)) == ours);
      }
}

TEST_CASE("array order: TensorFlow's [kh, kw, out, in] and Theano's flip, by hand") {
  const auto tf = array_order(Convention::tensorflow, Direction::conv_transpose, 2);
  const Tensor<int> filter({1, 2, 1, 2}, {1, 2, 3, 4});  // kw=0: code 0 -> 1, code 1 -> 2; kw=1: 3, 4
  CHECK(weight_from(tf, filter) == Tensor<int>({2, 1, 1, 2}, {1, 3, 2, 4}));
  const auto theano = array_order(Convention::theano, Direction::conv_transpose, 1);
  CHECK(weight_from(theano, Tensor<int>({1, 1, 3}, {1, 2, 3})) == Tensor<int>({1, 1, 3}, {3, 2, 1}));
}

TEST_CASE("case string: every geometry prints and parses back, the shortest way") {
  Random random(4);
  for (int trial = 0; trial < 500; ++trial) {
    const Geometry g = test::random_geometry(random);
    INFO(print_case(g));
    CHECK(parse_case(print_case(g)) == g);
  }
  CHECK(print_case({{{28, 14, 4, 2, 1, 1, 1}, {28, 14, 4, 2, 1, 1, 1}}, 1, 16, 1}) ==
        "ic1oc16i28x28o14x14k4s2p1");
  CHECK(print_case({{{5, 8, 4, 2, 3, 2, -1}}, 2, 2, 2}) == "g2ic2oc2i5o8k4s2/3d2p-1");
}

TEST_CASE("case string: what is none is refused") {
  for (const char* bad :
       {"", "hello", "i4", "i4o2", "i4o2k0", "i4x4o2k3", "i4o2k3s0", "i4o2k3s1/0", "i4o2k3k3", "i4o2k3z1",
        "g2i4o2k3", "i4o2k3x3", "i-4o2k3", "i4o2k", "i4x4x4x4o1x1x1x1k1", "i4o2k3ic1x2"})
    CHECK_THROWS_AS(parse_case(bad), InvalidArgument);
}

TEST_CASE("equivalents: PyTorch cannot say SAME for k3 s2, k5 s2, k4 s3, and says k4 s2") {
  const auto pytorch = [](const char* text) {
    for (const Equivalent& e : equivalents(parse_case(text), Direction::conv_transpose))
      if (e.convention == Convention::pytorch) return e;
    return Equivalent{};
  };
  CHECK_FALSE(pytorch("i14o7k3s2").exists);
  CHECK_FALSE(pytorch("i14o7k5s2p1").exists);
  CHECK_FALSE(pytorch("i12o4k4s3").exists);
  CHECK(pytorch("i14o7k4s2p1").exists);
  CHECK(pytorch("i14o7k4s2p1").text.find("padding=1, output_padding=0") != std::string::npos);
}

TEST_CASE("equivalents: the tensorflow call of a SAME geometry is SAME") {
  for (const Equivalent& e : equivalents(parse_case("i14x14o7x7k3s2"), Direction::conv_transpose))
    if (e.convention == Convention::tensorflow) CHECK(e.text.find("'SAME'") != std::string::npos);
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
      CHECK(e.text.find("ConvTranspose1d(stride=2, padding=1, output_padding=0") == 0);
      CHECK(e.text.find("reversed") != std::string::npos);
    }
}

TEST_CASE("arithmetic: under SAME the padding moves with the image, and other sizes share a code") {
  const Axis axis = parse_case("i14o7k3s2").axes[0];
  CHECK(arithmetic(axis, PaddingRule::same).images.smallest == 13);
  CHECK(arithmetic(axis, PaddingRule::same).images.largest == 14);
  CHECK(arithmetic(axis).images.largest == 15);  // with the padding 0:1 of the 14-pixel image kept
  CHECK(arithmetic(parse_case("i6o3k3s2").axes[0]).has_interior);
  CHECK_FALSE(arithmetic(parse_case("i7o1k7").axes[0]).has_interior);
}
