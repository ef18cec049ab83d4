#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fsconv/base/error.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5.hpp>
#include <fsconv/io/location.hpp>

namespace fsconv {
namespace {

void require_bytes(const std::string& where, const std::string& dtype) {
  if (dtype != "u1")
    throw BadData(where, fmt::format("holds numbers of type {}", dtype), "images are bytes, u1 (uint8)");
}

void require_images(const std::string& where, const Shape& shape) {
  const bool images = shape.size() == 4 && (shape[1] == 1 || shape[1] == 3);
  if (images && stated_count(where, shape) > 0) return;
  const bool channels_last = shape.size() == 4 && (shape[3] == 1 || shape[3] == 3);
  throw BadData(where, fmt::format("its shape is [{}]", fmt::join(shape, ", ")),
                channels_last && !images
                    ? "images are [N, C, H, W]; with the channels last, move them: transpose(0, 3, 1, 2)"
                    : "images are [N, C, H, W], at least one, with one or three channels");
}

// The dataset is checked by what the file says of it, and then read as the bytes that it holds.
Tensor<std::uint8_t> read_dataset(const std::string& where, const Location& location) {
  const auto file = hdf5::File::open(location.path);
  require_bytes(where, file.dtype(location.inside));
  require_images(where, file.shape(location.inside));
  return file.read<std::uint8_t>(location.inside);
}

}  // namespace

bool names_image_array(const std::string& where) {
  const FileKind kind = locate(where).kind;
  return kind == FileKind::npy || kind == FileKind::npz || kind == FileKind::hdf5;
}

Tensor<std::uint8_t> read_image_array(const std::string& where) {
  if (const Location location = locate(where); location.kind == FileKind::hdf5 && !location.inside.empty())
    return read_dataset(where, location);
  const Array array = read_array(where);
  require_bytes(where, array.dtype);
  require_images(where, array.values.shape());
  require_memory_for(where, array.values.size(), 1);
  return cast<std::uint8_t>(array.values);
}

}  // namespace fsconv
