// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/data/factors.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/picture.hpp>
#include <fsconv/train/codes_file.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

namespace fsconv {
namespace {

const char* extension(OutputKind kind) {
  return kind == OutputKind::png ? ".png" : kind == OutputKind::npy ? ".npy" : ".h5";
}

const std::vector<std::string> image_axes = {"channel", "row", "column"};

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// The same numbers with the first axis replaced by others.
Tensor<float> with_leading(const Shape& leading, const Tensor<float>& values) {
  Shape shape = leading;
  shape.insert(shape.end(), values.shape().begin() + 1, values.shape().end());
  return {shape, std::vector<float>(values.begin(), values.end())};
}

void write_image_scale(hdf5::File& file, const ShownImages& images) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(images.images.shape()[0]));
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  file.write("/image", numbers,
             {.dimensions = {"image"}, .units = "1", .long_name = "number of the image in its split"});
  if (images.labels.empty()) return;
  file.write("/label", images.labels,
             {.dimensions = {"image"}, .units = "1", .long_name = "class of the image"});
  if (!images.classes.empty()) file.set_attribute("/label", "classes", nlohmann::json(images.classes).dump());
}

void write_factors(hdf5::File& file, const ShownImages& images) {
  const std::size_t names = images.factor_names.size();
  if (names > 0) file.create_group("/factor");
  for (std::size_t factor = 0; factor < names; ++factor) {
    std::vector<float> column;
    for (auto at = static_cast<Index>(factor); at < images.factors.size(); at += static_cast<Index>(names))
      column.push_back(images.factors[at]);
    file.write("/factor/" + images.factor_names[factor], column,
               {.dimensions = {"image"},
                .units = std::string(factor_units(images.factor_names[factor])),
                .long_name = images.factor_names[factor] + " that the image was drawn with"});
  }
}

std::vector<std::string> labels(const PictureAxis& axis, const char* format) {
  std::vector<std::string> texts;
  for (const double value : axis.values) texts.push_back(fmt::format(fmt::runtime(format), value));
  return texts;
}

}  // namespace

Picture picture_of(const Decoded& decoded, const Grid& grid) {
  GridOptions options{.zoom = zoom_of(grid, decoded.images.shape())};
  const PictureAxis &first = decoded.axes.front(), &last = decoded.axes.back();
  const Index count = decoded.images.shape()[0];
  auto columns = static_cast<Index>(last.values.size());
  if (decoded.axes.size() == 2) {
    options.row_labels = labels(first, "z{}");
    options.column_labels = labels(last, "{:.3g}");
  } else if (first.name == line_axis) {
    if (!decoded.between.empty()) options.row_labels = {decoded.between};
    options.column_labels = labels(last, "{:.3g}");
  } else {
    const auto about_square = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(count))));
    columns = std::min(count, grid.columns > 0 ? grid.columns : about_square);
    // Each row is labelled with the number of its first picture.
    for (Index at = 0; at < count; at += columns)
      options.row_labels.push_back(fmt::format("{}", first.values[static_cast<std::size_t>(at)]));
  }
  return image_grid(wrap_images(decoded.images, columns), options);
}

OutputKind output_kind(const std::string& path, const std::vector<OutputKind>& legal) {
  std::vector<std::string> names;
  for (const OutputKind kind : legal) {
    const Location location = locate(path);
    const bool fits = kind == OutputKind::png   ? is_picture_name(path)
                      : kind == OutputKind::npy ? location.kind == FileKind::npy
                                                : location.kind == FileKind::hdf5 && location.inside.empty();
    if (fits) return kind;
    names.push_back(fmt::format("FILE{}", extension(kind)));
  }
  throw InvalidArgument("output", fmt::format("is '{}'", path), "use " + alternatives(names));
}

void write_codes(const std::string& path, const RunInfo& info, const TrainedRun& run,
                 const ShownImages& images, const Codes<float>& codes) {
  if (output_kind(path, {OutputKind::hdf5, OutputKind::npy}) == OutputKind::npy)
    return write_array(path, codes.means, "f4");
  hdf5::File file = hdf5::File::create(path);
  write_origin(file, info, run);
  write_origin(file, images);
  write_image_scale(file, images);
  write_factors(file, images);
  const auto dimensions = joined({"image"}, code_axes(run.trained.model));
  const bool varies = codes.log_variances.size() > 0;
  file.write(
      "/mean", codes.means,
      {.dimensions = dimensions, .units = "1", .long_name = varies ? "mean of q(z|x)" : "code of the image"});
  if (varies)
    file.write("/log_variance", codes.log_variances,
               {.dimensions = dimensions, .units = "1", .long_name = "logarithm of the variance of q(z|x)"});
  commit_sealed(file);
}

void write_decoded(const std::string& path, const RunInfo& info, const TrainedRun& run,
                   const Decoded& decoded, const Grid& grid, const ShownImages* images) {
  const OutputKind kind = output_kind(path, {OutputKind::png, OutputKind::npy, OutputKind::hdf5});
  stop_if_interrupted();
  if (kind == OutputKind::png) return write_png(path, picture_of(decoded, grid));
  Shape leading;
  std::vector<std::string> names;
  for (const PictureAxis& axis : decoded.axes) {
    leading.push_back(static_cast<Index>(axis.values.size()));
    names.push_back(axis.name);
  }
  const Tensor<float> pixels = with_leading(leading, decoded.images);
  if (kind == OutputKind::npy) return write_array(path, pixels, "f4");
  hdf5::File file = hdf5::File::create(path);
  write_origin(file, info, run);
  if (images != nullptr) write_origin(file, *images);
  for (const PictureAxis& axis : decoded.axes)
    file.write("/" + axis.name, axis.values,
               {.dimensions = {axis.name}, .units = axis.units, .long_name = axis.long_name});
  file.write("/images", pixels,
             {.dimensions = joined(names, image_axes),
              .units = "1",
              .long_name = "expected pixels, 0 black to 1 white"});
  file.write("/codes", with_leading(leading, decoded.codes),
             {.dimensions = joined(names, code_axes(run.trained.model)),
              .units = "1",
              .long_name = "what was decoded"});
  commit_sealed(file);
}

void write_reconstructions(const std::string& path, const RunInfo& info, const TrainedRun& run,
                           const ShownImages& images, const ImagePairs& pairs, const Grid& grid) {
  const OutputKind kind = output_kind(path, {OutputKind::png, OutputKind::npy, OutputKind::hdf5});
  stop_if_interrupted();
  if (kind == OutputKind::npy) return write_array(path, pairs.reconstructions, "f4");
  if (kind == OutputKind::png) {
    constexpr Index usual_columns = 16;
    return write_png(path, picture_of(pairs, {.zoom = grid.zoom,
                                              .columns = grid.columns > 0 ? grid.columns : usual_columns}));
  }
  hdf5::File file = hdf5::File::create(path);
  write_origin(file, info, run);
  write_origin(file, images);
  write_image_scale(file, images);
  const auto write = [&](const char* name, const Tensor<float>& values, const char* long_name) {
    file.write(name, values,
               {.dimensions = joined({"image"}, image_axes), .units = "1", .long_name = long_name});
  };
  write("/originals", pairs.originals, "as the model is shown them, 0 black to 1 white");
  write("/reconstructions", pairs.reconstructions, "expected pixels of the decoded code");
  commit_sealed(file);
}

}  // namespace fsconv
