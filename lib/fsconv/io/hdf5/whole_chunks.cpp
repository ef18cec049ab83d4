// Whether every stored chunk unpacks to a whole one. HDF5 1.10 takes whatever its filters leave for a chunk: of one that is
// too short it reads on in its own memory, and hands out as numbers what stands there. Some filters read on behind what they are given, too.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdint>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/local_file.hpp>
#include <optional>
#include <vector>

namespace fsconv::hdf5 {
namespace {

// ---- A filter of ours, which changes nothing and refuses what is too short or too long for what reads it next.

constexpr H5Z_filter_t gauge_id = 511;  // of the numbers that HDF5 leaves for tests

enum class Wanted : unsigned { exactly, at_least, integers };

Filter gauge(Wanted wanted, std::uint64_t bytes, unsigned element_bytes = 0) {
  return {.id = gauge_id,
          .values = {static_cast<unsigned>(wanted), static_cast<unsigned>(bytes),
                     static_cast<unsigned>(bytes >> 32), element_bytes}};
}

// Scale-offset stores 21 bytes, the first four of which are a number of bits, and so many bits of each element.
bool holds_integers(std::uint64_t elements, unsigned element_bytes, const unsigned char* stored,
                    std::size_t bytes) {
  constexpr std::size_t head = 21;
  if (bytes < head) return false;
  std::uint64_t bits = 0;
  for (int at = 3; at >= 0; --at) bits = bits << 8 | stored[at];
  return bits <= std::uint64_t{8} * element_bytes && bytes >= head + (elements * bits + 7) / 8;
}

bool gauge_refused = false;  // since this was set to false; HDF5 is called by one thread at a time

std::size_t pass_what_fits(unsigned flags, std::size_t count, const unsigned values[], std::size_t bytes,
                           std::size_t*, void** stored) {
  if (count != 4) return 0;  // none that was set here
  if ((flags & H5Z_FLAG_REVERSE) == 0) return bytes;
  const std::uint64_t number = values[1] | std::uint64_t{values[2]} << 32;
  const auto wanted = static_cast<Wanted>(values[0]);
  const bool fits =
      wanted == Wanted::exactly ? bytes == number
      : wanted == Wanted::at_least
          ? bytes >= number
          : holds_integers(number, values[3], static_cast<const unsigned char*>(*stored), bytes);
  gauge_refused = gauge_refused || !fits;
  return fits ? bytes : 0;
}

// ---- The filters of HDF5: what they need, from their sources (1.10).

bool is_scale_offset_of_all_bits(const Filter& filter) {
  constexpr unsigned integers = 2;
  return filter.id == H5Z_FILTER_SCALEOFFSET && filter.values.size() > 4 && filter.values[0] == integers &&
         filter.values[1] == 8 * filter.values[4];
}

// It says itself that nothing is to be done, and then how many bytes it has room for.
bool does_nothing(const Filter& filter) {
  const bool is_whole_nbit =
      filter.id == H5Z_FILTER_NBIT && filter.values.size() > 1 && filter.values[1] != 0;
  return is_whole_nbit || is_scale_offset_of_all_bits(filter);
}

Filter gauge_before(const Filter& filter) {
  const auto value = [&](std::size_t at) {
    return std::uint64_t{at < filter.values.size() ? filter.values[at] : 0};
  };
  switch (filter.id) {
    case H5Z_FILTER_NBIT:  // so many elements of so many bits
      return gauge(Wanted::at_least, (value(2) * value(6) + 7) / 8);
    case H5Z_FILTER_SCALEOFFSET:
      return gauge(Wanted::integers, value(2), static_cast<unsigned>(value(4)));
    case H5Z_FILTER_FLETCHER32:  // ends with a sum
      return gauge(Wanted::at_least, 4);
    default:
      return gauge(Wanted::at_least, 1);
  }
}

// ---- A dataset in memory that holds one chunk of another's, packed in the same way, with gauges between its filters.

class ChunkOnTrial {
 public:
  // `filters`: those of the other that its chunks have gone through. Throws BadData.
  ChunkOnTrial(hid_t dataset, hid_t creation, const std::vector<Filter>& filters,
               const std::vector<hsize_t>& chunk, std::size_t chunk_bytes, const std::string& where);

  // Whether what is stored here unpacks to a chunk. Throws BadData where it does not unpack.
  bool is_whole(const std::vector<char>& stored);

 private:
  std::string where_;
  Handle file_, type_, space_, dataset_;
  std::vector<hsize_t> first_;  // its first element
};

// HDF5 derives what its filters are told from the type and the chunks. It believes a file that says otherwise.
void require_derived_values(const std::vector<Filter>& filters, hid_t derived, const std::string& where) {
  const Handle creation(H5Dget_create_plist(derived), H5Pclose);
  const std::vector<Filter> gauged = filters_of(creation.id());
  for (std::size_t at = 0; at < filters.size(); ++at)
    if (filters[at].id < H5Z_FILTER_RESERVED && gauged.at(2 * at + 1).values != filters[at].values)
      throw BadData(
          where, fmt::format("is damaged: what its filter {} is told does not belong to its type and chunks",
                             filters[at].id));
}

ChunkOnTrial::ChunkOnTrial(hid_t dataset, hid_t creation, const std::vector<Filter>& filters,
                           const std::vector<hsize_t>& chunk, std::size_t chunk_bytes,
                           const std::string& where)
    : where_(where), first_(chunk.size(), 0) {
  static const H5Z_class2_t gauge_class{H5Z_CLASS_T_VERS, gauge_id, 1,       1,
                                        "gauge",          nullptr,  nullptr, pass_what_fits};
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose), copy(H5Pcopy(creation), H5Pclose);
  H5Pset_fapl_core(access.id(), std::size_t{1} << 16, false);
  H5Pset_cache(access.id(), 0, 0, 0, 1);  // chunks that went before are not kept
  // Nothing is written there, and nothing can be there: HDF5 looks first.
  file_ = Handle(H5Fcreate("/dev/null/chunk", H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose);

  std::vector<Filter> gauged{gauge(Wanted::exactly, chunk_bytes)};
  for (const Filter& filter : filters) {
    gauged.push_back(filter);
    gauged.push_back(gauge_before(filter));
  }
  bool made = H5Zregister(&gauge_class) >= 0 && H5Premove_filter(copy.id(), H5Z_FILTER_ALL) >= 0 &&
              H5Pset_chunk_opts(copy.id(), 0) >= 0 &&
              H5Pset_alloc_time(copy.id(), H5D_ALLOC_TIME_INCR) >= 0 &&
              H5Pset_fill_time(copy.id(), H5D_FILL_TIME_NEVER) >= 0;
  for (const Filter& filter : gauged)
    made = made &&
           H5Pset_filter(copy.id(), filter.id, filter.flags, filter.values.size(), filter.values.data()) >= 0;

  type_ = Handle(H5Dget_type(dataset), H5Tclose);
  if (H5Tis_variable_str(type_.id()) > 0)
    type_ = Handle(H5Tcreate(H5T_OPAQUE, stored_size(dataset, type_.id())), H5Tclose);
  space_ = Handle(H5Screate_simple(static_cast<int>(chunk.size()), chunk.data(), nullptr), H5Sclose);
  const std::vector<hsize_t> one(chunk.size(), 1);
  made = made &&
         H5Sselect_hyperslab(space_.id(), H5S_SELECT_SET, first_.data(), nullptr, one.data(), nullptr) >= 0;
  if (made)
    dataset_ =
        Handle(H5Dcreate2(file_.id(), "chunk", type_.id(), space_.id(), H5P_DEFAULT, copy.id(), H5P_DEFAULT),
               H5Dclose);
  if (!dataset_.valid())
    throw BadData(where,
                  fmt::format("is packed with filters that cannot be tried: {}", in_words(take_error())),
                  "store it with gzip or without compression");
  require_derived_values(filters, dataset_.id(), where);
}

bool ChunkOnTrial::is_whole(const std::vector<char>& stored) {
  std::vector<char> element(H5Tget_size(type_.id()));
  const hsize_t one = 1;
  const Handle alone(H5Screate_simple(1, &one, nullptr), H5Sclose);
  gauge_refused = false;
  const bool unpacks =
      H5Dwrite_chunk(dataset_.id(), H5P_DEFAULT, 0, first_.data(), stored.size(), stored.data()) >= 0 &&
      H5Dread(dataset_.id(), type_.id(), alone.id(), space_.id(), H5P_DEFAULT, element.data()) >= 0;
  const ErrorText failure = take_error();
  if (!unpacks && !gauge_refused) throw BadData(where_, fmt::format("cannot read it: {}", in_words(failure)));
  return unpacks;
}

// Those that a chunk whose mask is `skipped` has gone through.
std::vector<Filter> applied(const std::vector<Filter>& filters, std::uint32_t skipped) {
  std::vector<Filter> list;
  for (std::size_t at = 0; at < filters.size(); ++at)
    if ((skipped >> at & 1) == 0 && !does_nothing(filters[at])) list.push_back(filters[at]);
  return list;
}

// The next position of an odometer whose wheels turn by `steps` below `ends`; false after the last.
bool advance(std::vector<hsize_t>& position, const std::vector<hsize_t>& steps,
             const std::vector<hsize_t>& ends) {
  for (std::size_t axis = position.size(); axis-- > 0;) {
    position[axis] += steps[axis];
    if (position[axis] < ends[axis]) return true;
    position[axis] = 0;
  }
  return false;
}

}  // namespace

std::size_t stored_size(hid_t dataset, hid_t type) {
  if (H5Tis_variable_str(type) <= 0) return H5Tget_size(type);
  const Handle file(H5Iget_file_id(dataset), H5Fclose), creation(H5Fget_create_plist(file.id()), H5Pclose);
  std::size_t address = 8, length = 8;
  H5Pget_sizes(creation.id(), &address, &length);
  return 4 + address + 4;
}

void require_whole_chunks(hid_t dataset, const std::string& where) {
  const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  if (H5Pget_layout(creation.id()) != H5D_CHUNKED) return;
  const std::vector<Filter> filters = filters_of(creation.id());
  if (filters.empty()) return;
  for (const Filter& filter : filters) {
    if (filter.id == H5Z_FILTER_SZIP)  // libaec calls a chunk whole that ends early
      throw BadData(where, "is compressed by szip, whose decoder does not tell damage from numbers",
                    "h5repack -f GZIP=6 stores it anew");
    if (filter.id == gauge_id)  // somebody else's of this number
      throw BadData(where, fmt::format("is compressed by filter {}, which is not known", gauge_id),
                    "store it with gzip or without compression");
  }
  const Shape shape = shape_of(dataset, where);
  if (element_count(shape) == 0) return;

  const std::vector<hsize_t> ends(shape.begin(), shape.end());
  std::vector<hsize_t> chunk(shape.size()), at(shape.size(), 0);
  H5Pget_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data());
  const Handle type(H5Dget_type(dataset), H5Tclose);
  std::size_t chunk_bytes = stored_size(dataset, type.id());
  for (const hsize_t extent : chunk) chunk_bytes *= extent;
  unsigned options = 0;
  H5Pget_chunk_opts(creation.id(), &options);
  const auto is_partial = [&] {
    for (std::size_t axis = 0; axis < at.size(); ++axis)
      if (at[axis] + chunk[axis] > ends[axis]) return true;
    return false;
  };

  std::optional<ChunkOnTrial> trial;
  std::uint32_t skipped_there = 0;  // by the chunks that `trial` is for
  std::vector<char> stored;
  do {
    hsize_t bytes = 0;
    if (H5Dget_chunk_storage_size(dataset, at.data(), &bytes) < 0) bytes = 0;  // never written
    std::uint32_t skipped = 0;
    if (bytes > 0) {
      require_memory_for(where, static_cast<Index>(bytes), 1);
      stored.resize(bytes);
      if (H5Dread_chunk(dataset, H5P_DEFAULT, at.data(), &skipped, stored.data()) < 0) bytes = 0;
    }
    H5Eclear2(H5E_DEFAULT);
    if (bytes == 0) continue;  // what cannot be read HDF5 says when it reads
    const bool unpacked = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0 && is_partial();
    if (!unpacked && (!trial || skipped != skipped_there)) {
      trial.emplace(dataset, creation.id(), applied(filters, skipped), chunk, chunk_bytes, where);
      skipped_there = skipped;
    }
    if (unpacked ? bytes != chunk_bytes : !trial->is_whole(stored))
      throw BadData(where, fmt::format("is damaged: its chunk at [{}] does not unpack to {} bytes",
                                       fmt::join(at, ", "), chunk_bytes));
  } while (advance(at, chunk, ends));
}

}  // namespace fsconv::hdf5
