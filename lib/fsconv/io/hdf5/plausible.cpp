// Whether a dataset can be as large as it says. One wrong bit in a file of a few kilobytes can state gigabytes, which
// HDF5 would allocate and fill.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/index.hpp>
#include <fsconv/io/deflate.hpp>
#include <fsconv/io/hdf5/local_file.hpp>
#include <limits>
#include <vector>

namespace fsconv::hdf5 {
namespace {

// Elements that were never written take no place in the file. That many bytes of them are believed, as the numbers of eight
// bytes that most become.
constexpr Index most_unwritten = Index{256} << 20;

// How many bytes one stored byte becomes at most. Deflate: RFC 1951's 258 bytes for two bits. LZF (32000): 264 for three
// bytes. Szip's blocks of zeros and other filters: nobody says.
double largest_expansion(hid_t creation) {
  constexpr H5Z_filter_t lzf = 32000;
  double expansion = 1;
  for (const Filter& filter : filters_of(creation))
    if (filter.id == H5Z_FILTER_DEFLATE)
      expansion *= most_inflated_per_byte;
    else if (filter.id == lzf)
      expansion *= 88;
    else if (filter.id != H5Z_FILTER_SHUFFLE && filter.id != H5Z_FILTER_FLETCHER32)
      expansion = std::numeric_limits<double>::infinity();
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

// What a dataset's chunks are packed with.
struct Packing {
  bool sums_alone = true;  // nothing but checksums and reordering
  hsize_t checksums = 0;   // bytes per chunk
};

Packing packing_of(hid_t creation) {
  Packing packing;
  for (const Filter& filter : filters_of(creation)) {
    packing.sums_alone =
        packing.sums_alone && (filter.id == H5Z_FILTER_SHUFFLE || filter.id == H5Z_FILTER_FLETCHER32);
    packing.checksums += filter.id == H5Z_FILTER_FLETCHER32 ? 4 : 0;
  }
  return packing;
}

// The index of chunks against what is said of them: HDF5 believes both, and reads beyond the one by the other.
void require_chunks(hid_t dataset, hid_t creation, const Shape& shape, const std::string& where) {
  constexpr hsize_t most_seen = 1000;  // HDF5 1.10 looks for each from the first one on
  const std::size_t rank = shape.size();
  std::vector<hsize_t> chunk(rank), most(rank);
  const Handle space(H5Dget_space(dataset), H5Sclose), type(H5Dget_type(dataset), H5Tclose);
  H5Pget_chunk(creation, static_cast<int>(rank), chunk.data());
  H5Sget_simple_extent_dims(space.id(), nullptr, most.data());
  const auto refuse = [&](const std::string& what) { throw BadData(where, "is damaged: " + what); };

  double needed = 1, elements = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    // An empty axis has whatever chunks somebody gave it.
    const bool fits = most[axis] == H5S_UNLIMITED || most[axis] == 0 || chunk[axis] <= most[axis];
    if (chunk[axis] == 0 || !fits)
      refuse(fmt::format("its chunks have {} elements along axis {}, which may have {}", chunk[axis], axis,
                         most[axis]));
    needed *= std::ceil(static_cast<double>(shape[axis]) / static_cast<double>(chunk[axis]));
    elements *= static_cast<double>(chunk[axis]);
  }
  const double chunk_bytes = elements * static_cast<double>(stored_size(dataset, type.id()));
  hsize_t count = 0;
  if (H5Dget_num_chunks(dataset, space.id(), &count) < 0) refuse(in_words(take_error()));
  if (static_cast<double>(count) > needed)
    refuse(fmt::format("it stores {} chunks, and its shape has {:.0f}", count, needed));

  const Packing packing = packing_of(creation);
  const auto stored = static_cast<double>(H5Dget_storage_size(dataset)), chunks = static_cast<double>(count);
  if (packing.sums_alone && (stored < chunks * chunk_bytes ||
                             stored > chunks * (chunk_bytes + static_cast<double>(packing.checksums))))
    refuse(fmt::format("its {} chunks of {:.0f} bytes take {:.0f}", count, chunk_bytes, stored));

  std::vector<hsize_t> offset(rank);
  for (hsize_t at = 0; at < std::min(count, most_seen); ++at) {
    unsigned skipped = 0;
    haddr_t address = 0;
    hsize_t bytes = 0;
    if (H5Dget_chunk_info(dataset, space.id(), at, offset.data(), &skipped, &address, &bytes) < 0)
      refuse(in_words(take_error()));
    for (std::size_t axis = 0; axis < rank; ++axis)
      if (offset[axis] % chunk[axis] != 0 || offset[axis] >= static_cast<hsize_t>(shape[axis]))
        refuse(fmt::format("a chunk begins at {} of axis {}", offset[axis], axis));
  }
}

}  // namespace

void require_plausible(hid_t dataset, const std::string& where) {
  const Handle space(H5Dget_space(dataset), H5Sclose), type(H5Dget_type(dataset), H5Tclose),
      creation(H5Dget_create_plist(dataset), H5Pclose);
  require_extents_within_limits(space.id(), where);
  const Shape shape = shape_of(dataset, where);
  const auto stated = checked_multiply(element_count(shape), static_cast<Index>(H5Tget_size(type.id())));
  const H5D_layout_t layout = H5Pget_layout(creation.id());
  const hsize_t stored = H5Dget_storage_size(dataset);
  if (stored > file_size(dataset)) throw BadData(where, "is damaged: it states more bytes than its file has");
  double most = static_cast<double>(stored);
  if (layout == H5D_CHUNKED) {
    require_chunks(dataset, creation.id(), shape, where);
    most *= largest_expansion(creation.id());
  } else if (stored > 0 && (!stated || stored < static_cast<hsize_t>(*stated))) {
    throw BadData(where, fmt::format("is damaged: its numbers take more than the {} stored bytes", stored));
  }
  const auto read = checked_multiply(element_count(shape),
                                     static_cast<Index>(std::max(H5Tget_size(type.id()), sizeof(double))));
  if ((read && *read <= most_unwritten) || (stated && static_cast<double>(*stated) <= most)) return;
  throw BadData(where,
                fmt::format("states {} of numbers, of which the file stores {} bytes, packed or not",
                            stated ? fmt::format("{} bytes", *stated) : "too many bytes", stored),
                "more than 256 MiB of numbers that were never written are taken for damage");
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
