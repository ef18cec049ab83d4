// Pictures that a trained model made of codes, and of images.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/report/sections.hpp>

namespace fsconv::report {
namespace {

constexpr Index most_images = 64;  // of a list; a page that someone reads

// As many of them as a page shows: rows and columns of a grid are kept whole where they can be.
Decoded shown_part(const Decoded& whole) {
  const bool is_grid = whole.axes.size() == 2;
  const Index columns = is_grid ? static_cast<Index>(whole.axes[1].values.size()) : 1;
  const Index rows = is_grid ? std::max<Index>(1, 4 * most_images / columns) : most_images;
  Decoded part{.axes = whole.axes, .codes = {}, .images = leading(whole.images, rows * columns)};
  part.axes[0].values.resize(static_cast<std::size_t>(part.images.shape()[0] / columns));
  return part;
}

std::string what(const Decoded& decoded) {
  const auto count = static_cast<Index>(decoded.axes.front().values.size());
  const std::string& axis = decoded.axes.front().name;
  if (axis == sample_axis) return counted(count, "draw") + " of the prior";
  if (axis == line_axis) return counted(count, "code") + " on the line between those of two images";
  if (axis == number_axis)
    return fmt::format("{} of a code, each set to {}", counted(count, "number"),
                       counted(static_cast<Index>(decoded.axes[1].values.size()), "value"));
  return counted(count, "code");
}

std::string shown_text(Index shown, Index all) {
  return shown < all ? fmt::format(" The first {} of {} images are shown.", shown, all) : "";
}

void add(Page& page, const Result<RecordedPictures>& pictures, const Decoded& decoded, nlohmann::json& json) {
  const std::string of = what(decoded);
  page.verdict(true, fmt::format("{}: {}, decoded.", pictures.origin.label, of));
  page.heading("Decoded: " + pictures.origin.label);
  const Decoded part = shown_part(decoded);
  const bool is_list = decoded.axes.front().name == code_axis || decoded.axes.front().name == sample_axis;
  page.picture(picture_of(part, {.columns = page_columns}), of + ", decoded",
               fmt::format("{}, decoded by {}.{}{}", of, pictures.of.run,
                           is_list ? " A row begins with the image of the number beside it." : "",
                           shown_text(part.images.shape()[0], decoded.images.shape()[0])));
  for (const PictureAxis& axis : decoded.axes) json["axes"][axis.name] = axis.values;
  json["shape"] = decoded.images.shape();
}

void add(Page& page, const Result<RecordedPictures>& pictures, const ImagePairs& pairs,
         nlohmann::json& json) {
  const Index count = pairs.originals.shape()[0];
  page.verdict(true, fmt::format("{}: {} and what {} makes of {}.", pictures.origin.label,
                                 counted(count, "image"), pictures.of.run, count == 1 ? "it" : "them"));
  page.heading("Reconstructions: " + pictures.origin.label);
  const ImagePairs part = first_of(pairs, most_images);
  page.picture(picture_of(part, {.columns = page_columns}, false),
               fmt::format("{} in rows, each over its reconstructions", counted(count, "image")),
               fmt::format("{}, and under each row what {} makes of them.{}", counted(count, "image"),
                           pictures.of.run, shown_text(part.originals.shape()[0], count)));
  json["shape"] = pairs.originals.shape();
}

}  // namespace

RecordedPictures read_pictures(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  RecordedPictures pictures{
      .run = file.has_attribute("/", "run") ? file.string_attribute("/", "run") : "a run", .of = {}};
  if (file.string_attribute("/", "kind") == "decode")
    pictures.of = read_decoded(file);
  else
    pictures.of = read_reconstructions(file);
  return pictures;
}

void add_pictures(Page& page, const Result<RecordedPictures>& pictures) {
  nlohmann::json json = json_of(pictures.origin);
  std::visit([&](const auto& of) { add(page, pictures, of, json); }, pictures.of.of);
  page.json()["files"].push_back(std::move(json));
}

}  // namespace fsconv::report
