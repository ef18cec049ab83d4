// What is said of a geometry, as data.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/conventions/shape_report.hpp>
#include <fsconv/geometry/case_string.hpp>

using namespace fsconv;

namespace {

Settings with_stride(Stride stride, std::optional<Padding> padding = {}) {
  Settings settings;
  settings.stride = {stride};
  settings.padding = std::move(padding);
  return settings;
}

}  // namespace

TEST_CASE("shape_report: the numbers of an axis, by hand") {
  // 14 pixels, 7 code pixels, 3 taps, stride 2, nothing in front: 2*(7-1)+3 = 15, one of them cut behind.
  const auto report = shape_json(parse_case("i14o7k3s2"), Direction::conv_transpose);
  CHECK(report["op"] == "conv_transpose");
  CHECK(report["image_shape"] == nlohmann::json({1, 1, 14}));
  CHECK(report["code_shape"] == nlohmann::json({1, 1, 7}));
  const auto& axis = report["axes"][0];
  CHECK(axis["natural_size"] == 15);
  CHECK(axis["pad_begin"] == 0);
  CHECK(axis["pad_end"] == 1);
  CHECK(axis["overlap"] == nlohmann::json({2, 1}));
  // The last window of 6 pixels padded 1:1 ends a pixel early: nothing is cut behind, and yet the padding is 1.
  const auto even = shape_json(parse_case("i6o3k3s2p1"), Direction::conv)["axes"][0];
  CHECK(even["pad_end"] == 0);
  CHECK(even["padding_end"] == 1);
  CHECK(axis["interior_overlap"] == nlohmann::json({2, 1}));
  CHECK(report["equivalents"]["pytorch"]["exists"] == false);
  CHECK(report["equivalents"]["keras"]["text"] ==
        "keras.layers.Conv1DTranspose(1, kernel_size=3, strides=2, padding='same')");
  CHECK_FALSE(report["equivalents"].contains("onnx-reference"));
}

TEST_CASE("shape_report: a line of text asks for no million numbers") {
  CHECK_NOTHROW(shape_json(parse_case("i5000o2k3s4096"), Direction::conv));
  CHECK_THROWS_WITH(shape_json(parse_case("i1000000o953674k3s1048575/1000000"), Direction::conv),
                    Catch::Contains("stride") && Catch::Contains("phases"));
}

TEST_CASE("shape_report: a stride below 1 may mean the other operator or the inverse") {
  const ArraySizes sizes{.source = {7}, .kernel = {3}};
  const auto readings = other_readings(Convention::native, sizes, with_stride({1, 2}));
  REQUIRE(readings.size() == 2);
  CHECK(readings[0].words == "--op conv --stride 1/2");
  CHECK(readings[0].way == "7 -> 11");  // 13 positions, 11 windows of 3
  CHECK(readings[1].words == "--stride 2");
  CHECK(readings[1].way == "7 -> 15");  // 2*(7-1)+3
  CHECK(other_readings(Convention::native, sizes, with_stride({2, 1})).empty());
  CHECK(other_readings(Convention::native, sizes, with_stride({3, 2})).empty());
}

TEST_CASE("shape_report: ONNX Runtime and ONNX's text part where the total padding is below 0") {
  const ArraySizes sizes{.source = {3}, .kernel = {1}};
  const Settings same = with_stride({3, 1}, Padding{.rule = PaddingRule::same});
  const Geometry geometry = geometry_of(Convention::onnx, Direction::conv_transpose, sizes, same);
  const std::string said =
      onnx_difference(Convention::onnx, Direction::conv_transpose, geometry, sizes, same);
  CHECK(said.starts_with("ONNX's own formula has "));
  CHECK(said.ends_with("(--convention onnx-reference)"));
  CHECK(onnx_difference(Convention::pytorch, Direction::conv_transpose, geometry, sizes, same).empty());
  const Settings plain = with_stride({3, 1});
  CHECK(onnx_difference(Convention::onnx, Direction::conv_transpose,
                        geometry_of(Convention::onnx, Direction::conv_transpose, sizes, plain), sizes, plain)
            .empty());
}
