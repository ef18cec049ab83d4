// A recipe: how pictures of any size become images of one size. A value that is read from text and stored as text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/base/names.hpp>
#include <fsconv/io/images/picture_reader.hpp>
#include <fsconv/io/picture.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace fsconv {

// Height first, then width, as everywhere in fsconv; rows and columns count from 0 at the top left.
struct PictureSize {
  Index height = 0;
  Index width = 0;
  bool operator==(const PictureSize&) const = default;
};

struct Crop {
  struct Corner {
    Index row = 0, column = 0;
    bool operator==(const Corner&) const = default;
  };
  PictureSize size;
  // Its first row and column; without one it is the middle: row (H - height)/2, column (W - width)/2, both rounded down.
  std::optional<Corner> corner = {};
  bool operator==(const Crop&) const = default;
};

// Crops of CelebA's aligned pictures, 218 rows of 178 columns, by the names that papers' numbers go with: likelihoods and
// FIDs of different crops do not compare.
//     celeba-148    rows 40..187, columns 15..162   [Larsen et al. 2016; NVAE: crop((15, 40, 163, 188))]
//     celeba-148c   rows 35..182, columns 15..162   [PyTorch-VAE: CenterCrop(148)]
//     celeba-140    rows 39..178, columns 19..158   [WAE: closecrop]
//     celeba-108    rows 55..162, columns 35..142   [DCGAN: the middle 108]
struct CropPreset {
  std::string_view name;
  Crop crop;
  std::string_view from;  // whose it is
};
constexpr PictureSize celeba_size{218, 178};
const std::array<CropPreset, 4>& crop_presets();

// What becomes of a picture (or crop) whose sides have another ratio than the size asked for.
//     crop      the largest part in its middle that has this ratio is taken: nothing is distorted
//     stretch   all of it is taken: each axis is resized by its own factor
enum class Fit { crop, stretch };
constexpr auto names_of(Fit) {
  return NameTable<Fit, 2>{"fit", {{{Fit::crop, "crop"}, {Fit::stretch, "stretch"}}}};
}

// How many channels the images have. same: as the picture has; all of a data set must agree then.
enum class Channels { same, grey, rgb };
constexpr auto names_of(Channels) {
  return NameTable<Channels, 3>{
      "channels", {{{Channels::same, "same"}, {Channels::grey, "grey"}, {Channels::rgb, "rgb"}}}};
}

// What is done, in this order: turned as its file says, cropped, brought to these channels, cut to the size's ratio where
// fit says so, resized by area (area_resize.hpp). A default recipe turns, and changes nothing else.
struct Recipe {
  std::optional<Crop> crop = {};
  std::optional<PictureSize> size = {};  // none: as large as what was cropped
  Fit fit = Fit::crop;
  Channels channels = Channels::same;
  Orientation orientation = Orientation::applied;
  bool operator==(const Recipe&) const = default;
};

// "64" or "64x48": HEIGHTxWIDTH, sides of 1 to 65535. InvalidArgument "size".
PictureSize parse_size(std::string_view text);

// "148@40,15", "148x120@40,15" (HEIGHTxWIDTH@ROW,COLUMN), "148" or "148x120" (the middle), or the name of a preset.
// InvalidArgument "crop".
Crop parse_crop(std::string_view text);

// "64x48", "148x148@40,15": as the above read them.
std::string text(const PictureSize& size);
std::string text(const Crop& crop);

// The size of what the recipe makes, where it does not depend on the picture; and how many channels that has at least.
std::optional<PictureSize> size_made(const Recipe& recipe);
Index fewest_channels(const Recipe& recipe);

// All five, also those that are as always, so that the text still says the same when defaults change:
//     "crop=148x148@40,15 size=64x64 fit=crop channels=rgb orientation=applied"
// with crop=none and size=same where nothing is asked for. parse_recipe(text(recipe)) == recipe.
std::string text(const Recipe& recipe);

// Words as above, parted by blanks, in any order, each once at most; those that are missing are as a default Recipe has
// them. Presets are known: "crop=celeba-148 size=64". InvalidArgument names "recipe" or the word.
Recipe parse_recipe(std::string_view text);

// The same as an object of texts: {"crop": "148x148@40,15", "size": "64x64", "fit": "crop", "channels": "rgb",
// "orientation": "applied", "resize": "area, half to even"}, and "preset": "celeba-148" where the crop is that one. Reading
// takes `preset` and `resize` for what they are, remarks, but demands that they be right. BadData naming `where`.
nlohmann::json to_json(const Recipe& recipe);
Recipe recipe_from_json(const nlohmann::json& json, std::string_view where);

// The name of the preset that this crop is.
std::optional<std::string_view> preset_name(const Crop& crop);

// InvalidArgument naming the field unless all sizes and numbers are ones that the parsers give.
void check(const Recipe& recipe);

// A colour picture in grey, as PIL's convert("L") computes it with the weights of ITU-R BT.601, of the stored values:
//     (19595 R + 38470 G + 7471 B + 32768) >> 16
// A grey picture in colour has its value three times. InvalidArgument unless channels is 1 or 3.
Picture with_channels(const Picture& picture, Index channels);

// The rows and columns of a crop. BadData naming `where` and its size where they are not all there.
Picture cropped(const Picture& picture, const Crop& crop, std::string_view where);

// The recipe carried out on a picture that was decoded as recipe.orientation says. BadData that names `where` and its
// size for a crop that is not inside.
Picture apply(const Recipe& recipe, const Picture& picture, std::string_view where = "picture");

}  // namespace fsconv
