// Recipes: their texts read and written, presets, and what they do to a picture, by hand.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/data/area_resize.hpp>
#include <fsconv/data/picture_recipe.hpp>
#include <numeric>

using namespace fsconv;
using Catch::Matchers::Contains;

namespace {

// Pixels 0, 1, 2, ... row by row.
Picture counting(Index height, Index width) {
  Picture picture{width, height, 1, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width))};
  std::iota(picture.pixels.begin(), picture.pixels.end(), std::uint8_t{0});
  return picture;
}

std::vector<std::uint8_t> pixels_of(const std::string& recipe, const Picture& picture) {
  return apply(parse_recipe(recipe), picture).pixels;
}

}  // namespace

TEST_CASE("recipe: crops and sizes are read height first, and written so") {
  CHECK(parse_size("64") == PictureSize{64, 64});
  CHECK(parse_size("64x48") == PictureSize{64, 48});
  CHECK(parse_crop("148@40,15") == Crop{{148, 148}, {{40, 15}}});
  CHECK(parse_crop("100x80@0,7") == Crop{{100, 80}, {{0, 7}}});
  CHECK(parse_crop("100x80") == Crop{{100, 80}, {}});
  for (const char* crop : {"148x148@40,15", "1x65535@65535,0", "3x4"}) CHECK(text(parse_crop(crop)) == crop);
  for (const char* wrong : {"", "0", "64x", "x64", "64x48x3", "-1", "65536", "6 4", "64.0", "64X48", "1e2"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse_size(wrong), InvalidArgument);
    CHECK_THROWS_AS(parse_crop(wrong), InvalidArgument);
  }
  for (const char* wrong :
       {"8@", "8@1", "8@1,", "8@1,2,3", "8@-1,0", "8@1,2@3", "@1,2", "celeba", "8@1,65536"})
    CHECK_THROWS_AS(parse_crop(wrong), InvalidArgument);
  CHECK_THROWS_WITH(parse_crop("148+40"),
                    Contains("'148+40'") && Contains("@ROW,COLUMN") && Contains("celeba-148c"));
}

TEST_CASE("recipe: presets are the rows and columns that papers cut from CelebA") {
  struct Expected {
    const char* name;
    Index first_row, last_row, first_column, last_column;
  };
  for (const Expected& e :
       {Expected{"celeba-148", 40, 187, 15, 162}, Expected{"celeba-148c", 35, 182, 15, 162},
        Expected{"celeba-140", 39, 178, 19, 158}, Expected{"celeba-108", 55, 162, 35, 142}}) {
    const Crop crop = parse_crop(e.name);
    REQUIRE(crop.corner);
    CHECK(crop.corner->row == e.first_row);
    CHECK(crop.corner->row + crop.size.height - 1 == e.last_row);
    CHECK(crop.corner->column == e.first_column);
    CHECK(crop.corner->column + crop.size.width - 1 == e.last_column);
    CHECK(preset_name(crop) == e.name);
  }
  CHECK(crop_presets().size() == 4);
  CHECK_FALSE(preset_name(parse_crop("148")));
  // The crops in the middle are those of whoever took the middle.
  Picture face{178, 218, 1, {}};
  for (Index y = 0; y < 218; ++y)
    for (Index x = 0; x < 178; ++x) face.pixels.push_back(static_cast<std::uint8_t>((17 * y + 3 * x) % 251));
  for (const auto& [middle, preset] :
       {std::pair{"148", "celeba-148c"}, std::pair{"140", "celeba-140"}, std::pair{"108", "celeba-108"}})
    CHECK(cropped(face, parse_crop(middle), "it") == cropped(face, parse_crop(preset), "it"));
  CHECK(cropped(face, parse_crop("celeba-148"), "it").pixels.front() == (17 * 40 + 3 * 15) % 251);
}

TEST_CASE("recipe: the size of what it makes, where it does not depend on the picture") {
  CHECK_FALSE(size_made({}));
  CHECK(size_made(parse_recipe("crop=8x9@1,2")) == PictureSize{8, 9});
  CHECK(size_made(parse_recipe("crop=8x9 size=3x4 fit=stretch")) == PictureSize{3, 4});
  CHECK(fewest_channels({}) == 1);
  CHECK(fewest_channels(parse_recipe("channels=grey")) == 1);
  CHECK(fewest_channels(parse_recipe("channels=rgb")) == 3);
}

TEST_CASE("recipe: a text says everything, and is read back") {
  CHECK(text(Recipe{}) == "crop=none size=same fit=crop channels=same orientation=applied");
  const Recipe faces = parse_recipe("size=64 crop=celeba-148  channels=rgb");
  CHECK(text(faces) == "crop=148x148@40,15 size=64x64 fit=crop channels=rgb orientation=applied");
  for (const char* crop : {"none", "8x9", "8x9@1,2"})
    for (const char* size : {"same", "3x4"})
      for (const char* fit : {"crop", "stretch"})
        for (const char* channels : {"same", "grey", "rgb"})
          for (const char* orientation : {"applied", "ignored"}) {
            const std::string words = fmt::format("crop={} size={} fit={} channels={} orientation={}", crop,
                                                  size, fit, channels, orientation);
            const Recipe recipe = parse_recipe(words);
            CHECK(text(recipe) == words);
            CHECK(recipe_from_json(nlohmann::json::parse(to_json(recipe).dump()), "it") == recipe);
          }
  CHECK(parse_recipe("") == Recipe{});
  for (const char* wrong : {"size", "size=", "size=64 size=64", "sise=64", "fit=box", "channels=bgr", "=",
                            "64", "orientation=", "crop=148@x,y"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse_recipe(wrong), InvalidArgument);
  }
}

TEST_CASE("recipe: JSON names the preset and how is resized, and is refused where it says something else") {
  const nlohmann::json json = to_json(parse_recipe("crop=celeba-148 size=64"));
  CHECK(json["preset"] == "celeba-148");
  CHECK(json["resize"] == "area, half to even");
  CHECK(json["crop"] == "148x148@40,15");
  CHECK_FALSE(to_json(Recipe{}).contains("preset"));
  const auto refused = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json wrong = json;
    wrong[key] = value;
    INFO(wrong.dump());
    CHECK_THROWS_AS(recipe_from_json(wrong, "it"), BadData);
  };
  refused("preset", "celeba-140");
  refused("resize", "lanczos");
  refused("crop", "148x");
  refused("crop", 148);
  refused("size", nullptr);
  refused("background", "white");
  nlohmann::json missing = json;
  missing.erase("fit");
  CHECK_THROWS_WITH(recipe_from_json(missing, "faces.h5"),
                    Contains("faces.h5: the recipe has no text 'fit'"));
  CHECK_THROWS_AS(recipe_from_json("crop=none", "it"), BadData);
}

TEST_CASE("recipe: crops by hand, at a place and in the middle") {
  const Picture picture = counting(4, 5);
  CHECK(pixels_of("crop=2x3@1,2", picture) == std::vector<std::uint8_t>{7, 8, 9, 12, 13, 14});
  CHECK(pixels_of("crop=2x3", picture) == std::vector<std::uint8_t>{6, 7, 8, 11, 12, 13});
  CHECK(pixels_of("crop=1x2", picture) ==
        std::vector<std::uint8_t>{6, 7});  // what is odd goes below and to the right
  CHECK(pixels_of("crop=4x5", picture) == picture.pixels);
  for (const char* outside : {"crop=2x3@3,0", "crop=2x3@0,3", "crop=5x5", "crop=4x6", "crop=1x1@4,0"}) {
    INFO(outside);
    CHECK_THROWS_AS(pixels_of(outside, picture), BadData);
  }
  CHECK_THROWS_WITH(
      apply(parse_recipe("crop=celeba-148"), picture, "a/b.png"),
      Contains("a/b.png: is 4 pixels high and 5 wide") && Contains("at least 188 high and 163 wide"));
}

TEST_CASE("recipe: another ratio is cut in the middle, or stretched where asked for") {
  const Picture wide = counting(2, 6);
  CHECK(pixels_of("size=2", wide) == std::vector<std::uint8_t>{2, 3, 8, 9});
  CHECK(pixels_of("size=2 fit=stretch", wide) == std::vector<std::uint8_t>{1, 4, 7, 10});
  const Picture high = counting(6, 2);
  CHECK(pixels_of("size=2", high) == std::vector<std::uint8_t>{4, 5, 6, 7});
  CHECK(pixels_of("size=2x1", counting(5, 2)) ==
        std::vector<std::uint8_t>{2, 6});  // rows 0..3: 0,1,2,3 and 4,5,6,7
  CHECK(pixels_of("size=1x65535", counting(1, 1)).size() == 65535);
  CHECK(pixels_of("size=3x1", counting(1, 9)) == std::vector<std::uint8_t>{4, 4, 4});
  // What no picture format forbids, and nothing resizes.
  const Picture endless{17'000'000, 1, 1, std::vector<std::uint8_t>(17'000'000)};
  CHECK_THROWS_AS(apply(parse_recipe("size=2 fit=stretch"), endless, "w.png"), BadData);
  CHECK_THROWS_WITH(apply(parse_recipe("size=2 fit=stretch"), endless, "w.png"),
                    Catch::Contains("w.png: is 1 pixels high and 17000000 wide; sides of at most 16777216"));
  // A crop comes first.
  CHECK(pixels_of("crop=2x2@0,4 size=1", wide) ==
        std::vector<std::uint8_t>{8});  // 4, 5, 10, 11: 7.5 to the even one
}

TEST_CASE("recipe: grey is what PIL calls L, and colour repeats it") {
  const Picture colour{2, 2, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}};
  CHECK(with_channels(colour, 1) == Picture{2, 2, 1, {76, 150, 29, 255}});
  CHECK(with_channels({2, 1, 1, {3, 200}}, 3) == Picture{2, 1, 3, {3, 3, 3, 200, 200, 200}});
  for (int value = 0; value < 256; ++value) {
    const auto v = static_cast<std::uint8_t>(value);
    CHECK(with_channels(with_channels({1, 1, 1, {v}}, 3), 1).pixels == std::vector<std::uint8_t>{v});
  }
  CHECK_THROWS_AS(with_channels(colour, 2), InvalidArgument);
  // Grey first, then the mean: 76, 150, 29, 255 -> 127.5 -> 128.
  CHECK(pixels_of("channels=grey size=1", colour) == std::vector<std::uint8_t>{128});
  CHECK(pixels_of("channels=rgb size=1", colour) == std::vector<std::uint8_t>{128, 128, 128});
  CHECK(apply(Recipe{}, colour) == colour);
}

TEST_CASE("recipe: values that no text gives are refused before anything is done") {
  const Picture picture = counting(4, 4);
  CHECK_THROWS_AS(apply({.size = PictureSize{0, 4}}, picture), InvalidArgument);
  CHECK_THROWS_AS(apply({.crop = Crop{{4, -1}}}, picture), InvalidArgument);
  CHECK_THROWS_AS(apply({.crop = Crop{{1, 1}, {{-1, 0}}}}, picture), InvalidArgument);
  CHECK_THROWS_AS(apply({.crop = Crop{{1, 1}, {{Index{1} << 62, 0}}}}, picture), InvalidArgument);
}
