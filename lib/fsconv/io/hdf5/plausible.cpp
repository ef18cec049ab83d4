// Whether a dataset can be as large as it says. One wrong bit in a file of a few kilobytes can state gigabytes, which
// HDF5 would allocate and fill.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/index.hpp>
#include <fsconv/io/hdf5/local_file.hpp>
#include <limits>

namespace fsconv::hdf5 {
namespace {

// Elements that were never written take no place in the file. That many bytes of them are believed.
constexpr Index most_unwritten = Index{256} << 20;

// How many bytes one stored byte becomes at most. Deflate: RFC 1951's 258 bytes for two bits. LZF (32000): 264 for three
// bytes. Szip's blocks of zeros and other filters: nobody says.
double largest_expansion(hid_t creation) {
  constexpr H5Z_filter_t lzf = 32000;
  double expansion = 1;
  for (int at = 0; at < H5Pget_nfilters(creation); ++at) {
    std::size_t values = 0;
    std::array<char, 64> name{};
    switch (H5Pget_filter2(creation, static_cast<unsigned>(at), nullptr, &values, nullptr, name.size() - 1,
                           name.data(), nullptr)) {
      case H5Z_FILTER_SHUFFLE:
      case H5Z_FILTER_FLETCHER32:
        break;
      case H5Z_FILTER_DEFLATE:
        expansion *= 1032;
        break;
      case lzf:
        expansion *= 88;
        break;
      default:
        return std::numeric_limits<double>::infinity();
    }
  }
  return expansion;
}

void require_extents_within_limits(hid_t space, const std::string& where) {
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank <= 0) return;
  std::array<hsize_t, H5S_MAX_RANK> extents{}, most{};
  H5Sget_simple_extent_dims(space, extents.data(), most.data());
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(rank); ++axis)
    if (extents[axis] > most[axis])  // an axis without a limit has the largest number there is
      throw BadData(where, fmt::format("is damaged: axis {} has {} elements and may have {}", axis,
                                       extents[axis], most[axis]));
}

hsize_t file_size(hid_t object) {
  const Handle file(H5Iget_file_id(object), H5Fclose);
  hsize_t bytes = 0;
  H5Fget_filesize(file.id(), &bytes);
  return bytes;
}

std::string size_text(double bytes) { return fmt::format("{:.0f} bytes", bytes); }

}  // namespace

void require_plausible(hid_t dataset, const std::string& where) {
  const Handle space(H5Dget_space(dataset), H5Sclose), type(H5Dget_type(dataset), H5Tclose),
      creation(H5Dget_create_plist(dataset), H5Pclose);
  require_extents_within_limits(space.id(), where);
  const Shape shape = shape_of(dataset, where);
  const auto stated = checked_multiply(element_count(shape), static_cast<Index>(H5Tget_size(type.id())));
  if (stated && *stated <= most_unwritten) return;
  const H5D_layout_t layout = H5Pget_layout(creation.id());
  // What other files hold, this one cannot say.
  if (layout == H5D_VIRTUAL || H5Pget_external_count(creation.id()) > 0) return;
  const hsize_t stored = std::min(H5Dget_storage_size(dataset), file_size(dataset));
  const double most =
      static_cast<double>(stored) * (layout == H5D_CHUNKED ? largest_expansion(creation.id()) : 1);
  if (stored > 0 && stated && static_cast<double>(*stated) <= most) return;
  throw BadData(where,
                fmt::format("states {} of numbers, and the {} that the file stores of it cannot be that many",
                            stated ? size_text(static_cast<double>(*stated)) : "too many bytes",
                            size_text(static_cast<double>(stored))),
                "it is damaged, or was never written");
}

void require_plausible_attribute(hid_t attribute, hid_t file, const std::string& where) {
  const Handle space(H5Aget_space(attribute), H5Sclose), type(H5Aget_type(attribute), H5Tclose);
  require_extents_within_limits(space.id(), where);
  const hssize_t count = H5Sget_simple_extent_npoints(space.id());
  const auto bytes = checked_multiply(std::max<Index>(count, 0), static_cast<Index>(H5Tget_size(type.id())));
  if (count < 0 || !bytes || static_cast<hsize_t>(*bytes) > file_size(file))
    throw BadData(where, "states more values than the file has room for");
}

}  // namespace fsconv::hdf5
