// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/area_resize.hpp>
#include <fsconv/data/picture_recipe.hpp>
#include <set>

namespace fsconv {
namespace {

constexpr Index longest_side = 65535;
constexpr const char* legal_sizes = "N or HEIGHTxWIDTH, sides of 1 to 65535 pixels";
constexpr const char* resizing = "area, half to even";

bool is_side(Index side) { return side >= 1 && side <= longest_side; }
bool is_size(const PictureSize& size) { return is_side(size.height) && is_side(size.width); }

// "64" or "64x48".
std::optional<PictureSize> read_size(std::string_view text) {
  const std::vector<std::string> sides = split(text, 'x');
  if (sides.size() > 2) return std::nullopt;
  const auto height = to_integer(sides.front()), width = to_integer(sides.back());
  if (!height || !width || !is_size({*height, *width})) return std::nullopt;
  return PictureSize{*height, *width};
}

// "40,15"
std::optional<Crop::Corner> read_corner(std::string_view text) {
  const std::vector<std::string> places = split(text, ',');
  if (places.size() != 2) return std::nullopt;
  const auto row = to_integer(places[0]), column = to_integer(places[1]);
  if (!row || !column || *row < 0 || *column < 0 || *row > longest_side || *column > longest_side)
    return std::nullopt;
  return Crop::Corner{*row, *column};
}

std::optional<Crop> read_crop(std::string_view text) {
  for (const CropPreset& preset : crop_presets())
    if (preset.name == text) return preset.crop;
  const std::size_t at = text.find('@');
  const auto size = read_size(text.substr(0, at));
  if (!size) return std::nullopt;
  if (at == std::string_view::npos) return Crop{*size};
  const auto corner = read_corner(text.substr(at + 1));
  return corner ? std::optional(Crop{*size, corner}) : std::nullopt;
}

std::string legal_crops() {
  std::vector<std::string> forms = {"N", "HEIGHTxWIDTH", "these with @ROW,COLUMN"};
  for (const CropPreset& preset : crop_presets()) forms.emplace_back(preset.name);
  return alternatives(forms);
}

// The words of a recipe's text, one entry each: how it is written, and how it is read.
struct Word {
  std::string_view name;
  std::string (*write)(const Recipe&);
  void (*read)(Recipe&, std::string_view);
};

const std::array<Word, 5>& words() {
  static const std::array<Word, 5> list = {{
      {"crop", [](const Recipe& recipe) { return recipe.crop ? text(*recipe.crop) : "none"; },
       [](Recipe& recipe, std::string_view value) {
         recipe.crop = value == "none" ? std::nullopt : std::optional(parse_crop(value));
       }},
      {"size", [](const Recipe& recipe) { return recipe.size ? text(*recipe.size) : "same"; },
       [](Recipe& recipe, std::string_view value) {
         recipe.size = value == "same" ? std::nullopt : std::optional(parse_size(value));
       }},
      {"fit", [](const Recipe& recipe) { return std::string(name(recipe.fit)); },
       [](Recipe& recipe, std::string_view value) { recipe.fit = named<Fit>(value); }},
      {"channels", [](const Recipe& recipe) { return std::string(name(recipe.channels)); },
       [](Recipe& recipe, std::string_view value) { recipe.channels = named<Channels>(value); }},
      {"orientation", [](const Recipe& recipe) { return std::string(name(recipe.orientation)); },
       [](Recipe& recipe, std::string_view value) { recipe.orientation = named<Orientation>(value); }},
  }};
  return list;
}

// Where a piece of this size begins that lies in the middle of `whole`.
Crop::Corner middle(const PictureSize& whole, const PictureSize& piece) {
  return {floor_div(whole.height - piece.height, 2), floor_div(whole.width - piece.width, 2)};
}

// The largest crop in the middle that has the ratio of `size`, its other side rounded down to whole pixels.
Crop crop_to_ratio(const PictureSize& whole, const PictureSize& size) {
  if (whole.height * size.width <= whole.width * size.height)
    return {{whole.height, std::max<Index>(whole.height * size.width / size.height, 1)}};
  return {{std::max<Index>(whole.width * size.height / size.width, 1), whole.width}};
}

}  // namespace

const std::array<CropPreset, 4>& crop_presets() {
  static const std::array<CropPreset, 4> presets = {{
      {"celeba-148", {{148, 148}, {{40, 15}}}, "Larsen et al. 2016, NVAE"},
      {"celeba-148c", {{148, 148}, {{35, 15}}}, "PyTorch-VAE"},
      {"celeba-140", {{140, 140}, {{39, 19}}}, "WAE"},
      {"celeba-108", {{108, 108}, {{55, 35}}}, "DCGAN"},
  }};
  return presets;
}

std::optional<std::string_view> preset_name(const Crop& crop) {
  for (const CropPreset& preset : crop_presets())
    if (preset.crop == crop) return preset.name;
  return std::nullopt;
}

PictureSize parse_size(std::string_view text) {
  if (const auto size = read_size(text)) return *size;
  throw InvalidArgument("size", fmt::format("is '{}'", text), legal_sizes);
}

Crop parse_crop(std::string_view text) {
  if (const auto crop = read_crop(text)) return *crop;
  throw InvalidArgument("crop", fmt::format("is '{}'", text), legal_crops());
}

std::string text(const PictureSize& size) { return fmt::format("{}x{}", size.height, size.width); }

std::string text(const Crop& crop) {
  return text(crop.size) + (crop.corner ? fmt::format("@{},{}", crop.corner->row, crop.corner->column) : "");
}

std::optional<PictureSize> size_made(const Recipe& recipe) {
  if (recipe.size || !recipe.crop) return recipe.size;
  return recipe.crop->size;
}

Index fewest_channels(const Recipe& recipe) { return recipe.channels == Channels::rgb ? 3 : 1; }

std::string text(const Recipe& recipe) {
  std::vector<std::string> pieces;
  for (const Word& word : words()) pieces.push_back(fmt::format("{}={}", word.name, word.write(recipe)));
  return fmt::format("{}", fmt::join(pieces, " "));
}

Recipe parse_recipe(std::string_view text) {
  Recipe recipe;
  std::set<std::string_view> seen;
  for (const std::string& piece : split(text, ' ')) {
    if (piece.empty()) continue;
    const std::size_t at = std::min(piece.find('='), piece.size());
    const Word& word = entry_named(words(), "recipe", piece.substr(0, at));
    if (at == piece.size())
      throw InvalidArgument("recipe", fmt::format("'{}' has no value", piece),
                            fmt::format("{}=VALUE", word.name));
    if (!seen.insert(word.name).second)
      throw InvalidArgument("recipe", fmt::format("says {} twice", word.name), "each word once at most");
    word.read(recipe, std::string_view(piece).substr(at + 1));
  }
  return recipe;
}

nlohmann::json to_json(const Recipe& recipe) {
  nlohmann::json json = {{"resize", resizing}};
  for (const Word& word : words()) json[std::string(word.name)] = word.write(recipe);
  if (const auto preset = recipe.crop ? preset_name(*recipe.crop) : std::nullopt) json["preset"] = *preset;
  return json;
}

Recipe recipe_from_json(const nlohmann::json& json, std::string_view where) try {
  if (!json.is_object()) throw BadData(where, "the recipe is no JSON object");
  Recipe recipe;
  for (const Word& word : words()) {
    const auto value = json.find(std::string(word.name));
    if (value == json.end() || !value->is_string())
      throw BadData(where, fmt::format("the recipe has no text '{}'", word.name));
    word.read(recipe, value->get_ref<const std::string&>());
  }
  // Whatever else it says must be true: a later version may resize otherwise, and have other words.
  const nlohmann::json again = to_json(recipe);
  for (const auto& [key, value] : json.items()) {
    const auto same = again.find(key);
    const bool has_other_forms = key == "crop" || key == "size";
    if (same != again.end() && (has_other_forms || *same == value)) continue;
    throw BadData(where, fmt::format("the recipe says '{}' of '{}'", excerpt(value.dump()), excerpt(key)),
                  same == again.end() ? "no such word is known" : excerpt(same->dump()));
  }
  return recipe;
} catch (const InvalidArgument& error) {
  throw BadData(where, fmt::format("in the recipe: {}", error.what()));
}

void check(const Recipe& recipe) {
  if (recipe.size && !is_size(*recipe.size))
    throw InvalidArgument("size", fmt::format("is '{}'", text(*recipe.size)), legal_sizes);
  if (recipe.crop && read_crop(text(*recipe.crop)) != recipe.crop)
    throw InvalidArgument("crop", fmt::format("is '{}'", text(*recipe.crop)), legal_crops());
}

Picture with_channels(const Picture& picture, Index channels) {
  if (channels != 1 && channels != 3)
    throw InvalidArgument("channels", fmt::format("{}", channels), "1 or 3");
  if (channels == picture.channels) return picture;
  const Index count = picture.width * picture.height;
  require_memory(count * channels, 1, "picture");
  Picture result{picture.width, picture.height, channels,
                 std::vector<std::uint8_t>(static_cast<std::size_t>(count * channels))};
  const std::uint8_t* from = picture.pixels.data();
  std::uint8_t* to = result.pixels.data();
  if (channels == 3) {
    for (Index at = 0; at < count; ++at) to = std::fill_n(to, 3, from[at]);
    return result;
  }
  for (Index at = 0; at < count; ++at, from += 3)
    *to++ = static_cast<std::uint8_t>((19595u * from[0] + 38470u * from[1] + 7471u * from[2] + 32768u) >> 16);
  return result;
}

Picture cropped(const Picture& picture, const Crop& crop, std::string_view where) {
  const auto [height, width] = crop.size;
  const auto [row, column] = crop.corner.value_or(middle({picture.height, picture.width}, crop.size));
  if (row < 0 || column < 0 || row + height > picture.height || column + width > picture.width)
    throw BadData(where,
                  fmt::format("is {} pixels high and {} wide: too small for the crop {}", picture.height,
                              picture.width, text(crop)),
                  crop.corner ? fmt::format("at least {} high and {} wide", row + height, column + width)
                              : fmt::format("at least {} high and {} wide", height, width));
  Picture piece{width, height, picture.channels, {}};
  const Index channels = picture.channels;
  piece.pixels.reserve(static_cast<std::size_t>(height * width * channels));
  for (Index y = row; y < row + height; ++y) {
    const auto from = picture.pixels.begin() + (y * picture.width + column) * channels;
    piece.pixels.insert(piece.pixels.end(), from, from + width * channels);
  }
  return piece;
}

Picture apply(const Recipe& recipe, const Picture& picture, std::string_view where) {
  check(recipe);
  Picture result = recipe.crop ? cropped(picture, *recipe.crop, where) : picture;
  if (recipe.channels != Channels::same)
    result = with_channels(result, recipe.channels == Channels::grey ? 1 : 3);
  if (!recipe.size) return result;
  const auto [height, width] = *recipe.size;
  const PictureSize whole{result.height, result.width};
  if (recipe.fit == Fit::crop)
    if (const Crop middle_part = crop_to_ratio(whole, *recipe.size); middle_part.size != whole)
      result = cropped(result, middle_part, where);
  if (result.height == height && result.width == width) return result;
  if (std::max(result.height, result.width) > longest_resized_side)
    throw BadData(where, fmt::format("is {} pixels high and {} wide", result.height, result.width),
                  fmt::format("sides of at most {} pixels are resized", longest_resized_side));
  return area_resize(result, height, width);
}

}  // namespace fsconv
