#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <fsconv/io/location.hpp>
#include <utility>

namespace fsconv {
namespace {

enum class ImageLayout { channels_first, channels_last, grey };

bool counts_channels(Index extent) { return extent == 1 || extent == 3; }

// How a shape is meant; BadData if it is no images' or could be two things.
ImageLayout layout_of(const std::string& where, const Shape& shape) {
  const std::string problem = fmt::format("its shape is [{}]", fmt::join(shape, ", "));
  constexpr auto legal =
      "images are [N, C, H, W], at least one, with one or three channels; or [N, H, W, C]; or [N, H, W]";
  if (shape.size() == 2)
    throw BadData(where, problem, "images as rows of pixels need their sides: reshape(N, H, W)");
  if ((shape.size() != 3 && shape.size() != 4) || stated_count(where, shape) == 0)
    throw BadData(where, problem, legal);
  if (shape.size() == 3) {
    if (counts_channels(shape[2]))
      throw BadData(
          where, problem,
          "one image in colour, or grey ones? images are [N, C, H, W]: reshape to that, grey ones with C = 1");
    return ImageLayout::grey;
  }
  if (counts_channels(shape[1])) return ImageLayout::channels_first;
  if (counts_channels(shape[3])) return ImageLayout::channels_last;
  throw BadData(where, problem, legal);
}

Tensor<std::uint8_t> arranged(const std::string& where, const Tensor<std::uint8_t>& pixels,
                              std::vector<std::string>& notes) {
  const Shape& shape = pixels.shape();
  const std::string text = fmt::format("{}: [{}] is", where, fmt::join(shape, ", "));
  require_memory_for(where, pixels.size(), 1);
  switch (layout_of(where, shape)) {
    case ImageLayout::grey:
      notes.push_back(text + " taken as grey images [N, H, W]");
      return {{shape[0], 1, shape[1], shape[2]}, std::vector<std::uint8_t>(pixels.begin(), pixels.end())};
    case ImageLayout::channels_last:
      notes.push_back(text + " taken as [N, H, W, C]");
      return permute(pixels, {0, 3, 1, 2});
    default:
      if (counts_channels(shape[3])) notes.push_back(text + " taken as [N, C, H, W]");
      return pixels;
  }
}

std::uint8_t byte_of_fraction(const std::string& where, const Tensor<double>& values, Index at) {
  const double value = values[at];
  if (!(value >= 0 && value <= 1))
    throw BadData(
        where, fmt::format("holds {} at {}", value, position_text(values.shape(), at)),
        "floats must lie in 0..1 and become the bytes round(255 x); save bytes as x.astype('uint8'), and -1..1 as "
        "(x + 1) / 2");
  return static_cast<std::uint8_t>(std::lround(255 * value));
}

Tensor<std::uint8_t> bytes_of(const std::string& where, const Array& array, std::vector<std::string>& notes) {
  const char kind = array.dtype.front();
  if (kind != 'f' && array.dtype != "u1" && array.dtype != "b1")
    throw BadData(
        where, fmt::format("holds numbers of type {}", array.dtype),
        "images are bytes: where all lie in 0..255 save x.astype('uint8'), else bring them to floats in 0..1");
  require_memory_for(where, array.values.size(), 1);
  if (array.dtype == "u1") return cast<std::uint8_t>(array.values);
  Tensor<std::uint8_t> bytes(array.values.shape(), "images");
  for (Index at = 0; at < bytes.size(); ++at) bytes[at] = byte_of_fraction(where, array.values, at);
  notes.push_back(where + (kind == 'f' ? ": floats in 0..1 become the bytes round(255 x)"
                                       : ": false becomes black (0), true white (255)"));
  return bytes;
}

// Bytes without a further meaning are checked by what the file says of them, and then read as they lie there.
ImageArray read_dataset(const std::string& where, const Location& location) {
  const auto file = hdf5::File::open(location.path);
  const std::string& name = location.inside;
  check_dataset(file, name);
  if (!file.exists(name) || file.dtype(name) != "u1" || !hdf5::is_plain(file, name))
    return images_of(hdf5::read_values(file, name), where);
  layout_of(where, file.shape(name));
  ImageArray array;
  array.images = arranged(where, file.read<std::uint8_t>(name), array.notes);
  return array;
}

}  // namespace

bool names_image_array(const std::string& where) {
  const FileKind kind = locate(where).kind;
  return kind == FileKind::npy || kind == FileKind::npz || kind == FileKind::hdf5;
}

ImageArray images_of(const Array& array, const std::string& where) {
  layout_of(where, array.values.shape());
  ImageArray images{{}, array.notes};
  images.images = arranged(where, bytes_of(where, array, images.notes), images.notes);
  return images;
}

ImageArray read_image_array(const std::string& where) {
  if (const Location location = locate(where); location.kind == FileKind::hdf5 && !location.inside.empty())
    return read_dataset(where, location);
  return images_of(read_array(where), where);
}

}  // namespace fsconv
