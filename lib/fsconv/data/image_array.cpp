// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/hdf5/values.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace fsconv {
namespace {

bool counts_channels(Index extent) { return extent == 1 || extent == 3; }

// How a shape is meant: a format that is not automatic. BadData if it is no images' of this format or, of automatic, could
// be two things.
DataFormat layout_of(const std::string& where, const Shape& shape, DataFormat format) {
  const std::string problem = fmt::format("its shape is [{}]", fmt::join(shape, ", "));
  constexpr auto legal =
      "images are [N, C, H, W], at least one, with one or three channels; or [N, H, W, C]; or [N, H, W]";
  if (shape.size() == 2)
    throw BadData(where, problem, "images as rows of pixels need their sides: reshape(N, H, W)");
  if ((shape.size() != 3 && shape.size() != 4) || stated_count(where, shape) == 0)
    throw BadData(where, problem, legal);
  const bool fits[] = {true, shape.size() == 4 && counts_channels(shape[1]),
                       shape.size() == 4 && counts_channels(shape[3]), shape.size() == 3};
  if (format != DataFormat::automatic) {
    if (!fits[static_cast<std::size_t>(format)])
      throw BadData(where, problem,
                    fmt::format("the data format {} has other ones: {}", name(format), legal));
    return format;
  }
  if (shape.size() == 3) {
    if (counts_channels(shape[2]))
      throw BadData(
          where, problem,
          "one image in colour, or grey ones? images are [N, C, H, W]: reshape to that, grey ones with "
          "C = 1, or say --data-format nhw");
    return DataFormat::nhw;
  }
  for (const DataFormat possible : {DataFormat::nchw, DataFormat::nhwc})
    if (fits[static_cast<std::size_t>(possible)]) return possible;
  throw BadData(where, problem, legal);
}

// What a user should know of how a shape was taken: nothing, where it could be nothing else.
std::optional<std::string> note_on(const std::string& where, const Shape& shape, DataFormat layout) {
  if (layout == DataFormat::nchw && !counts_channels(shape[3])) return std::nullopt;
  return fmt::format("{}: [{}] is taken as {}", where, fmt::join(shape, ", "),
                     layout == DataFormat::nchw   ? "[N, C, H, W]"
                     : layout == DataFormat::nhwc ? "[N, H, W, C]"
                                                  : "grey images [N, H, W]");
}

Shape channels_first(const Shape& shape, DataFormat layout) {
  if (layout == DataFormat::nhw) return {shape[0], 1, shape[1], shape[2]};
  if (layout == DataFormat::nhwc) return {shape[0], shape[3], shape[1], shape[2]};
  return shape;
}

// Masks are often saved as bytes 0 and 1, which are two blacks here.
void note_if_dark(const std::string& where, const Tensor<std::uint8_t>& pixels,
                  std::vector<std::string>& notes) {
  const auto brightest = std::max_element(pixels.begin(), pixels.end());
  if (brightest != pixels.end() && *brightest == 1)
    notes.push_back(
        where +
        ": no byte is above 1, which is black (255 is white); where 1 means white save x.astype(bool)");
}

Tensor<std::uint8_t> arranged(const std::string& where, Tensor<std::uint8_t> pixels, DataFormat format,
                              std::vector<std::string>& notes) {
  const DataFormat layout = layout_of(where, pixels.shape(), format);
  if (const auto note = note_on(where, pixels.shape(), layout)) notes.push_back(*note);
  note_if_dark(where, pixels, notes);
  if (layout == DataFormat::nhwc) {
    require_memory_for(where, pixels.size(), 1);
    return permute(pixels, {0, 3, 1, 2});
  }
  Shape shape = channels_first(pixels.shape(), layout);
  return std::move(pixels).reshaped(std::move(shape));
}

// Images of this shape that are read where they are used.
ImageArray left_in_file(const std::string& where, FilePlace place, const Shape& shape, DataFormat format) {
  const DataFormat layout = layout_of(where, shape, format);
  ImageArray array;
  if (const auto note = note_on(where, shape, layout)) array.notes.push_back(*note);
  place.channels_last = layout == DataFormat::nhwc;
  array.images = images_in_file(std::move(place), channels_first(shape, layout));
  constexpr Index looked_at = 256;  // of many: they are read where they are used
  if (array.images.count() > 0)
    note_if_dark(where, array.images.in_memory(0, std::min(looked_at, array.images.count())), array.notes);
  return array;
}

// Those of a large file of bytes; nothing of others.
std::optional<ImageArray> left_in_npy(const std::string& path, DataFormat format) {
  const auto file = std::make_shared<const InputFile>(path);
  if (file->size() <= static_cast<std::uint64_t>(largest_in_memory)) return std::nullopt;
  std::uint64_t position = 0;
  const NpyHeader header = read_npy_header(
      [&](std::span<std::byte> bytes) {
        file->read(position, bytes);
        position += bytes.size();
      },
      file->size(), path);
  if (header.dtype() != "u1" || header.fortran_order) return std::nullopt;
  const auto bytes = static_cast<std::uint64_t>(element_count(header.shape));
  return left_in_file(path, {file, file->size() - bytes, path}, header.shape, format);
}

constexpr auto legal_fractions =
    "floats must lie in 0..1 and become the bytes round(255 x); save bytes as x.astype('uint8'), and -1..1 as "
    "(x + 1) / 2";

std::optional<std::uint8_t> byte_of_fraction(double value) {
  if (!(value >= 0 && value <= 1)) return std::nullopt;
  return static_cast<std::uint8_t>(std::lround(255 * value));
}

// What can be said before any value is read.
void require_images(const std::string& where, const Shape& shape, const std::string& dtype,
                    DataFormat format) {
  layout_of(where, shape, format);
  if (dtype.front() != 'f' && dtype != "u1" && dtype != "b1")
    throw BadData(
        where, fmt::format("holds numbers of type {}", dtype),
        "images are bytes: where all lie in 0..255 save x.astype('uint8'), else bring them to floats in 0..1");
}

// Numbers of HDF5, of a type that require_images() lets pass. Doubles may be bytes, too, where it packs them.
template <class T>
ByteArray bytes_of(const std::string& where, const std::string& dtype, const Tensor<T>& values) {
  require_memory_for(where, values.size(), 1);
  if (dtype == "u1") return {cast<std::uint8_t>(values), dtype};
  ByteArray bytes{Tensor<std::uint8_t>(values.shape(), "images"), dtype};
  for (Index at = 0; at < values.size(); ++at) {
    const auto byte = byte_of_fraction(values[at]);
    if (!byte)
      throw BadData(where, fmt::format("holds {} at {}", values[at], position_text(values.shape(), at)),
                    legal_fractions);
    bytes.values[at] = *byte;
  }
  return bytes;
}

ImageArray images_of(ByteArray&& array, const std::string& where, DataFormat format) {
  ImageArray images;
  if (array.dtype == "b1")
    for (std::uint8_t& value : array.values) value = value != 0 ? 255 : 0;
  if (array.dtype != "u1")
    images.notes.push_back(where + (array.dtype == "b1" ? ": false becomes black (0), true white (255)"
                                                        : ": floats in 0..1 become the bytes round(255 x)"));
  images.images = arranged(where, std::move(array.values), format, images.notes);
  return images;
}

// Of HDF5, whose values may be other ones than the file's bytes.
ImageArray images_of(Array&& array, const std::string& where, DataFormat format) {
  require_images(where, array.values.shape(), array.dtype, format);
  ByteArray bytes = bytes_of(where, array.dtype, array.values);
  array.values = Tensor<double>();  // not held while what became of it is arranged
  ImageArray images = images_of(std::move(bytes), where, format);
  images.notes.insert(images.notes.begin(), array.notes.begin(), array.notes.end());
  return images;
}

NpyCheck only_images(const std::string& where, DataFormat format) {
  return [where, format](const NpyHeader& header) {
    require_images(where, header.shape, header.dtype(), format);
  };
}

ByteRule fractions() { return {byte_of_fraction, legal_fractions}; }

// Numbers without a further meaning are checked by what the file says of them; bytes are then read as they lie there, and
// small floats as floats.
ImageArray read_dataset(const std::string& where, const Location& location, DataFormat format) {
  const auto file = hdf5::File::open(location.path);
  const std::string& name = location.inside;
  const std::string dtype = file.exists(name) ? file.dtype(name) : "";
  const bool small_float = dtype == "f2" || dtype == "f4";
  if ((dtype != "u1" && !small_float) || !hdf5::is_plain(file, name))
    return images_of(hdf5::read_values(file, name), where, format);
  const Shape shape = file.shape(name);
  layout_of(where, shape, format);
  if (small_float) {
    ByteArray bytes = bytes_of(where, dtype, file.read<float>(name));
    return images_of(std::move(bytes), where, format);
  }
  if (stated_count(where, shape) > largest_in_memory)
    if (const auto place = file.place(name)) {
      check_dataset(file, name);  // what is read past HDF5
      return left_in_file(where, {std::make_shared<const InputFile>(location.path), *place, where}, shape,
                          format);
    }
  ImageArray array;
  array.images = arranged(where, file.read<std::uint8_t>(name), format, array.notes);
  return array;
}

}  // namespace

bool names_image_array(const std::string& where) {
  const FileKind kind = locate(where).kind;
  return kind == FileKind::npy || kind == FileKind::npz || kind == FileKind::hdf5;
}

ImageArray read_npz_images(const NpzReader& archive, std::size_t number, const std::string& where,
                           DataFormat format) {
  return images_of(archive.read_bytes(number, only_images(where, format), fractions()), where, format);
}

ImageArray read_image_array(const std::string& where, DataFormat format) {
  const Location location = locate(where);
  if (location.kind == FileKind::npy) {
    if (auto images = left_in_npy(where, format)) return *images;
    return images_of(read_npy_bytes(where, only_images(where, format), fractions()), where, format);
  }
  if (location.kind == FileKind::npz) {
    const NpzReader archive(location.path);
    const std::size_t number =
        location.inside.empty() ? archive.only_one() : archive.number_of(location.inside);
    return read_npz_images(archive, number, where, format);
  }
  if (location.kind == FileKind::hdf5 && !location.inside.empty())
    return read_dataset(where, location, format);
  return images_of(read_array(where), where, format);
}

}  // namespace fsconv
