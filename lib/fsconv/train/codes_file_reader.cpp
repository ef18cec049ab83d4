// Files of decoded codes and of reconstructions, read back by whoever shows them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/legal_values.hpp>
#include <fsconv/train/codes_file.hpp>

namespace fsconv {
namespace {

// [axes..., channel, row, column] of expected pixels. A likelihood whose pixels may lie anywhere has some beside 0..1.
Tensor<float> read_pixels(const hdf5::File& file, SealedReader& sealed, const char* name, const Shape& axes) {
  constexpr std::size_t image_axes = 3;
  const Shape shape = file.shape(name);
  const bool fits = shape.size() == axes.size() + image_axes && element_count(shape) > 0 &&
                    std::equal(axes.begin(), axes.end(), shape.begin());
  if (!fits)
    throw BadData(fmt::format("{}:{}", file.path(), name),
                  fmt::format("has shape [{}]", fmt::join(shape, ", ")),
                  fmt::format("images here are [{}, channel, row, column]", fmt::join(axes, ", ")));
  if (const Index channels = shape[axes.size()]; channels != 1 && channels != 3)
    throw BadData(fmt::format("{}:{}", file.path(), name), fmt::format("has images of {} channels", channels),
                  "they have 1 or 3");
  Tensor<float> pixels = sealed.read<float>(name);
  require_legal(file, name, pixels, "it is finite", [](float value, Index) { return std::isfinite(value); });
  return std::move(pixels).reshaped(
      {element_count(axes), shape[axes.size()], shape[axes.size() + 1], shape[axes.size() + 2]});
}

std::vector<PictureAxis> read_axes(const hdf5::File& file, SealedReader& sealed) {
  std::vector<PictureAxis> axes;
  for (const std::vector<const char*>& names :
       {std::vector{code_axis}, std::vector{sample_axis}, std::vector{line_axis},
        std::vector{number_axis, value_axis}}) {
    if (!file.exists(std::string("/") + names.front())) continue;
    for (const char* name : names) {
      const std::string dataset = std::string("/") + name;
      const Tensor<double> values = sealed.read<double>(dataset);
      require_legal(file, dataset, values, "it is finite",
                    [](double value, Index) { return std::isfinite(value); });
      axes.push_back({.name = name, .values = {values.begin(), values.end()}});
    }
    return axes;
  }
  throw BadData(file.path(), "says nothing of what its pictures are arranged by",
                "fsconv decode writes /code, /sample, /fraction, or /number and /value");
}

}  // namespace

Decoded read_decoded(const hdf5::File& file) {
  require_kind(file, "decode", "decode");
  SealedReader sealed(file);
  Decoded decoded{.axes = read_axes(file, sealed), .codes = {}, .images = {}};
  Shape leading;
  for (const PictureAxis& axis : decoded.axes) leading.push_back(static_cast<Index>(axis.values.size()));
  decoded.images = read_pixels(file, sealed, "/images", leading);
  Tensor<float> codes = sealed.read<float>("/codes");
  const Shape shape = codes.shape();
  if (shape.size() <= leading.size() || codes.size() == 0 ||
      !std::equal(leading.begin(), leading.end(), shape.begin()))
    throw BadData(file.path() + ":/codes", fmt::format("has shape [{}]", fmt::join(shape, ", ")),
                  fmt::format("codes here are [{}, code...]", fmt::join(leading, ", ")));
  require_legal(file, "/codes", codes, "it is finite",
                [](float value, Index) { return std::isfinite(value); });
  Shape own(shape.begin() + static_cast<std::ptrdiff_t>(leading.size()), shape.end());
  own.insert(own.begin(), element_count(leading));
  decoded.codes = std::move(codes).reshaped(std::move(own));
  sealed.check_rest();
  return decoded;
}

ImagePairs read_reconstructions(const hdf5::File& file) {
  require_kind(file, "reconstruct", "reconstruct");
  SealedReader sealed(file);
  const Shape leading = {element_count(file.shape("/image"))};
  ImagePairs pairs{.originals = read_pixels(file, sealed, "/originals", leading),
                   .reconstructions = read_pixels(file, sealed, "/reconstructions", leading)};
  if (pairs.originals.shape() != pairs.reconstructions.shape())
    throw BadData(file.path() + ":/reconstructions", "is of another shape than /originals");
  if (file.has_attribute("/", "binarise")) {
    const std::string text = file.string_attribute("/", "binarise");
    try {
      pairs.binarise = named<Binarise>(text);
    } catch (const InvalidArgument& error) {
      throw BadData(file.path(), fmt::format("its attribute binarise is none ({})", error.what()));
    }
  }
  sealed.check_rest();
  return pairs;
}

}  // namespace fsconv
