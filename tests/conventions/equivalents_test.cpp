// The way back from a geometry to the code of other systems.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/dialect.hpp>
#include <fsconv/conventions/equivalents.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <regex>

#include "conventions/words.hpp"

using namespace fsconv;
using test::settings;

namespace {

Equivalent in(Convention convention, const char* text, Direction direction = Direction::conv_transpose) {
  for (const Equivalent& e : equivalents(parse_case(text), direction))
    if (e.convention == convention) return e;
  return Equivalent{};
}

std::vector<Index> numbers_in(const std::string& text) {
  std::vector<Index> numbers;
  const std::regex number("-?[0-9]+");
  for (std::sregex_iterator at(text.begin(), text.end(), number), end; at != end; ++at)
    numbers.push_back(std::stoi(at->str()));
  return numbers;
}

std::vector<Index> per_axis(const std::string& text, std::size_t rank) {
  std::vector<Index> numbers = numbers_in(text);
  if (numbers.size() == 1) numbers.resize(rank, numbers[0]);
  return numbers;
}

// What a candidate's words, such as "padding='same', output_padding=1", say to its system.
Settings settings_of(Convention convention, const std::string& words, const Geometry& geometry,
                     Direction direction) {
  const std::size_t rank = geometry.axes.size();
  Settings said;
  said.stride.clear();
  said.dilation.clear();
  for (const Axis& axis : geometry.axes) {
    said.stride.push_back({axis.down, axis.up});
    said.dilation.push_back(axis.dilation);
  }
  std::smatch found;
  if (std::regex_search(words, found, std::regex("output_padding=([^=]*)")))
    said.output_padding = per_axis(found[1], rank);
  if (std::regex_search(words, found, std::regex("output_shape=([^=]*)")))
    said.size = per_axis(found[1], rank);
  const bool sized = convention == Convention::tensorflow || convention == Convention::theano;
  if (sized && direction == Direction::conv_transpose) {
    said.size.emplace();
    for (const Axis& axis : geometry.axes) said.size->push_back(axis.in);
  }
  if (words == "causal_conv1d") {
    said.padding = parse_padding("causal");
  } else if (std::regex_search(words, found, std::regex("'([A-Za-z_]+)'"))) {
    said.padding = parse_padding(found[1].str());
  } else {
    REQUIRE(std::regex_search(words, found, std::regex("^(?:padding|pads|border_mode)=([^=]*)")));
    Padding pads;
    const bool single = convention == Convention::theano && numbers_in(found[1]).size() == rank;
    if (convention == Convention::pytorch || single) {
      pads.begin = pads.end = per_axis(found[1], rank);
    } else {
      std::vector<Index> numbers = numbers_in(found[1]);
      if (convention == Convention::tensorflow) numbers = {numbers.begin() + 2, numbers.end() - 2};
      REQUIRE(numbers.size() >= 2 * rank);
      const bool beginnings_first = convention == Convention::onnx;
      for (std::size_t axis = 0; axis < rank; ++axis) {
        pads.begin.push_back(numbers[beginnings_first ? axis : 2 * axis]);
        pads.end.push_back(numbers[beginnings_first ? rank + axis : 2 * axis + 1]);
      }
    }
    said.padding = pads;
  }
  return said;
}

ArraySizes sizes_of(const Geometry& geometry, Direction direction) {
  ArraySizes sizes{.source = {}, .kernel = {}};
  for (const Axis& axis : geometry.axes) {
    sizes.source.push_back(direction == Direction::conv ? axis.in : axis.out);
    sizes.kernel.push_back(axis.taps);
  }
  return sizes;
}

std::vector<Index> results(const Geometry& geometry, Direction direction) {
  std::vector<Index> sizes;
  for (const Axis& axis : geometry.axes) sizes.push_back(direction == Direction::conv ? axis.out : axis.in);
  return sizes;
}

// Whether some rule of the system, said in a word, gives the sizes that are wanted.
bool some_rule_fits(Convention convention, const Geometry& geometry, Direction direction) {
  const auto rules = dialect(convention).padding_rules(direction, geometry.axes.size());
  return std::any_of(rules.begin(), rules.end(), [&](PaddingRule rule) {
    if (rule == PaddingRule::listed) return false;
    try {
      const std::string word = "'" + std::string(name(rule)) + "'";
      const Settings said = settings_of(convention, word, geometry, direction);
      return results(geometry_of(convention, direction, sizes_of(geometry, direction), said), direction) ==
             results(geometry, direction);
    } catch (const InvalidArgument&) {
      return false;
    }
  });
}

// Asks the system itself with the words that a reason names. 1 where the reason is about sizes, 2 about what stands in
// front, 3 a refusal, 0 where it names no words; -1 where it is not so.
int what_is_true_of(Convention convention, const std::string& reason, const Geometry& geometry,
                    Direction direction) {
  std::smatch found;
  const auto given = [&](const std::string& words) {
    return geometry_of(convention, direction, sizes_of(geometry, direction),
                       settings_of(convention, words, geometry, direction));
  };
  if (std::regex_match(reason, found,
                       std::regex("axis ([0-2]): (.*) gives ([0-9]+) pixels?, not ([0-9]+)"))) {
    const auto axis = static_cast<std::size_t>(std::stoi(found[1]));
    const bool is = results(given(found[2]), direction)[axis] == std::stoi(found[3]) &&
                    results(geometry, direction)[axis] == std::stoi(found[4]) && found[3] != found[4] &&
                    !some_rule_fits(convention, geometry, direction);
    return is ? 1 : -1;
  }
  if (std::regex_match(
          reason, found,
          std::regex(
              "axis ([0-2]): (.*) pads (-?[0-9]+) in front, not (-?[0-9]+): the pixels would be shifted"))) {
    const auto axis = static_cast<std::size_t>(std::stoi(found[1]));
    const Geometry there = given(found[2]);
    const bool is = results(there, direction) == results(geometry, direction) &&
                    there.axes[axis].pad == std::stoi(found[3]) &&
                    geometry.axes[axis].pad == std::stoi(found[4]) && found[3] != found[4];
    return is ? 2 : -1;
  }
  if (std::regex_match(reason, found, std::regex("((?:[a-z_]+=.*?)|causal_conv1d): (.*)"))) {
    try {
      given(found[1]);
    } catch (const InvalidArgument& refused) {
      return reason.ends_with(refused.what()) || found[2].str().starts_with(refused.what()) ? 3 : -1;
    }
    return -1;
  }
  return 0;
}

}  // namespace

TEST_CASE("equivalents: the reason why there are none, by hand") {
  using enum Convention;
  using enum Direction;
  CHECK(in(tensorflow, "i32o16k3s2p1", conv).text ==
        "axis 0: padding='SAME' pads 0 in front, not 1: the pixels would be shifted");
  CHECK(in(keras, "i32o16k3s2p1", conv).text ==
        "axis 0: padding='same' pads 0 in front, not 1: the pixels would be shifted");
  for (const Convention convention : {tensorflow, keras})
    CHECK(in(convention, "i8x8x8o4x4x4k3s2p1", conv).text.find("axis 0: padding=") == 0);
  CHECK(in(keras, "i29o14k4s2p1").text == "axis 0: padding='same' gives 28 pixels, not 29");
  CHECK(in(pytorch, "i14o7k3s2", conv).text == "axis 0: padding=0 gives 6 pixels, not 7");
  CHECK(in(theano, "i5o5k3p1", conv).text ==
        "axis 0: causal_conv1d pads 2 in front, not 1: the pixels would be shifted");
  // A system without groups has none whatever the padding, and the way out is for this geometry.
  CHECK(
      in(keras, "g2ic2oc4i29x29o14x14k4s2p1")
          .text.find(
              "torch.nn.ConvTranspose2d(4, 2, kernel_size=4, stride=2, padding=1, output_padding=1, groups=2") !=
      std::string::npos);
}

TEST_CASE("equivalents: every reason is true of the words that it names, and no rule comes nearer") {
  std::array<int, 4> kinds{};
  for (const char* text : {"i32o16k3s2p1", "i8x8x8o4x4x4k3s2p1", "i29o14k4s2p1", "i14o7k3s2", "i15o5k5s3",
                           "i9x8o5x3k3x4s2x3p1x2", "i8x8o8x8k4p2", "i7x9o4x4k3x2s2p1x-1", "i20o7k3s3p2",
                           "i11x11o4x4k2s3p1", "i12o5k3s2d2", "i6x6x6o6x6x6k2p1", "i10x9o5x5k3s2p0x1",
                           "i16o4k2s4p-1", "i13x13o7x7k5s2p3", "i5o1k9p2"})
    for (const Direction direction : all_values<Direction>())
      for (const Equivalent& e : equivalents(parse_case(text), direction)) {
        if (e.exists) continue;
        INFO(text << " " << name(direction) << " " << name(e.convention) << ": " << e.text);
        const int kind = what_is_true_of(e.convention, e.text, parse_case(text), direction);
        REQUIRE(kind >= 0);
        ++kinds[static_cast<std::size_t>(kind)];
      }
  for (const int times : kinds) CHECK(times > 0);
  // What is not so is found out.
  const Geometry geometry = parse_case("i32o16k3s2p1");
  for (const char* wrong :
       {"axis 0: padding='VALID' gives 16 pixels, not 16", "axis 0: padding='VALID' gives 15 pixels, not 16",
        "axis 0: padding='SAME' pads 2 in front, not 1: the pixels would be shifted",
        "axis 0: padding='VALID' pads 0 in front, not 1: the pixels would be shifted",
        "padding='SAME': padding: tensorflow has no negative padding -1:-1"}) {
    INFO(wrong);
    CHECK(what_is_true_of(Convention::tensorflow, wrong, geometry, Direction::conv) == -1);
  }
}

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

TEST_CASE(
    "equivalents: that the filter is applied reversed is said in the call, or is to be done before it") {
  using enum Convention;
  using enum Direction;
  const auto call = [](Convention convention, Direction direction, const char* text, bool reversed) {
    for (const Equivalent& e : equivalents(parse_case(text), direction, {.reversed = reversed}))
      if (e.convention == convention) return e;
    return Equivalent{};
  };
  const char* const map = "i9x9o4x4k3s2";
  for (const Direction direction : {conv, conv_transpose}) {
    CHECK(call(native, direction, map, true).text ==
          call(native, direction, map, false).text + " --flip true");
    CHECK(call(theano, direction, map, false).text.ends_with(", filter_flip=False)"));
    CHECK(call(theano, direction, map, true).text.find("filter_flip") == std::string::npos);
    for (const Convention convention : {pytorch, tensorflow, keras, onnx, jax}) {
      INFO(name(convention) << " " << name(direction));
      const bool says_it = convention == jax && direction == conv_transpose;
      CHECK(call(convention, direction, map, false).remark.empty());
      CHECK(call(convention, direction, map, true).remark == (says_it ? "" : "with the filter reversed"));
    }
  }
  CHECK(call(jax, conv_transpose, map, false).text.ends_with(", transpose_kernel=True)"));
  CHECK(call(jax, conv_transpose, map, true).text.find("transpose_kernel") == std::string::npos);
  // Somebody's array of JAX stays in its order, whichever way it is applied.
  for (const bool kernel : {false, true})
    for (const bool reversed : {false, true})
      for (const Equivalent& e :
           equivalents(parse_case(map), conv_transpose, {.reversed = reversed, .transpose_kernel = kernel})) {
        if (e.convention != jax) continue;
        CHECK((e.text.find("transpose_kernel=True") != std::string::npos) == kernel);
        CHECK(e.remark == (reversed == kernel ? "with the filter reversed" : ""));
      }

  // The transposed geometry has the filter reversed: twice is not at all.
  const char* const fraction = "i7x7o14x14k4s1/2p2";
  CHECK(call(pytorch, conv, fraction, false).remark == "with the filter reversed and its channels swapped");
  CHECK(call(pytorch, conv, fraction, true).remark == "with the filter's channels swapped");
  CHECK(call(theano, conv, fraction, true).text.ends_with(", filter_flip=False)"));
  CHECK(call(theano, conv, fraction, false).text.find("filter_flip") == std::string::npos);
  CHECK(call(theano, conv, fraction, false).remark == "with the filter's channels swapped");
  CHECK(call(pytorch, conv, "g2ic4oc4i7o14k4s1/2p2", false).remark ==
        "with the filter reversed and its channels swapped in each group");
}

TEST_CASE(
    "equivalents: what is recommended in place of what a system has not applies the filter as it would") {
  const auto refusal = [](Convention convention, const Settings& words) {
    try {
      geometry_of(convention, Direction::conv_transpose,
                  {.source = {4, 4}, .kernel = {3, 3}, .image_channels = 2, .code_channels = 2}, words);
    } catch (const InvalidArgument& refused) {
      return std::string(refused.what());
    }
    return std::string();
  };
  Settings words = settings("2", "valid");
  words.groups = 2;
  CHECK(refusal(Convention::jax, words).ends_with("bias=False), with the filter reversed"));
  words.transpose_kernel = true;
  CHECK(refusal(Convention::jax, words).ends_with("bias=False)"));
  CHECK(refusal(Convention::keras, words).find("reversed") == std::string::npos);
  words.transpose_kernel = false;
  words.flip = true;
  CHECK(refusal(Convention::keras, words).ends_with("bias=False), with the filter reversed"));
}

TEST_CASE("equivalents: of an empty result the reason is no padding that has one") {
  for (const Convention convention : {Convention::tensorflow, Convention::onnx}) {
    const Equivalent none = in(convention, "i3o0k7", Direction::conv);
    CHECK_FALSE(none.exists);
    INFO(none.text);
    CHECK(none.text.find("SAME") == std::string::npos);
  }
}

TEST_CASE("equivalents: what runs on a GPU only is said beside the call, and when it is asked for") {
  const auto found = [](Convention convention, const char* name) {
    for (const Equivalent& e : equivalents(parse_case(name), Direction::conv_transpose))
      if (e.convention == convention) return e;
    return Equivalent{convention, false, {}};
  };
  CHECK(found(Convention::tensorflow, "i7o7k3d2p2").limits == "dilation here on a GPU only");
  CHECK(found(Convention::tensorflow, "g2ic2oc2i7x7o7x7k3d2p2").limits ==
        "groups and dilation here on a GPU only");
  CHECK(found(Convention::tensorflow, "i7o7k3p1").limits.empty());
  CHECK(found(Convention::keras, "i7o7k3d2p2").limits ==
        "dilation here on a GPU only, where TensorFlow computes");
  CHECK(found(Convention::pytorch, "i7o7k3d2p2").limits.empty());
  // TensorFlow's image has to have this code under the same rule.
  CHECK(found(Convention::keras, "i12o7k4s2p2").text.find("output_padding=0") != std::string::npos);
  CHECK(found(Convention::keras, "i12o7k4s2p2").limits == "not where TensorFlow computes");
  CHECK(found(Convention::keras, "i13o7k3s2p1").limits.empty());
  const auto forward = [](Convention convention, const char* name) {
    for (const Equivalent& e : equivalents(parse_case(name), Direction::conv))
      if (e.convention == convention) return e.limits;
    return std::string("none");
  };
  CHECK(forward(Convention::tensorflow, "i9x9x9o5x5x5k3d2") == "dilation here on a GPU only");
  CHECK(forward(Convention::tensorflow, "i9x9o5x5k3d2").empty());
  CHECK(forward(Convention::keras, "i9x9x9o5x5x5k3d2").empty());
  CHECK(forward(Convention::keras, "i14o5k3s2d2") == "where TensorFlow computes only since July 2026");
  const Settings words = settings("1", "same", 2);
  const Geometry g = geometry_of(Convention::keras, Direction::conv_transpose, {{7}, {3}}, words);
  CHECK(remark(Convention::keras, Direction::conv_transpose, g, words) ==
        "keras has dilation here on a GPU only, where TensorFlow computes");
}

TEST_CASE("equivalents: ONNX's Conv is given pads, which every evaluator reads alike") {
  CHECK(in(Convention::onnx, "i28o14k3s2p0", Direction::conv).text ==
        "onnx.helper.make_node('Conv', ['x', 'w'], ['y'], strides=[2], pads=[0, 1])");
  CHECK(in(Convention::onnx, "i9o3k1s3", Direction::conv).text ==
        "onnx.helper.make_node('Conv', ['x', 'w'], ['y'], strides=[3])");
}

TEST_CASE("equivalents: Keras pads causally in its layer alone, which has no stride and dilation together") {
  const Settings words = settings("4", "causal", 3);
  CHECK_THROWS_WITH(geometry_of(Convention::keras, Direction::conv, {{9}, {3}}, words),
                    Catch::Contains("has no causal padding with stride and dilation above 1 together"));
  CHECK_NOTHROW(geometry_of(Convention::keras, Direction::conv, {{9}, {3}}, settings("4", "causal")));
  for (const Equivalent& e : equivalents(parse_case("i2o1k3s4d3p6"), Direction::conv))
    if (e.convention == Convention::keras) CHECK_FALSE(e.exists);
}
