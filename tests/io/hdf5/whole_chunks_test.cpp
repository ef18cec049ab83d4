// Chunks that unpack to fewer or more bytes than they have: HDF5 1.10 reads on behind the short ones, in its own memory.
// SPDX-License-Identifier: Apache-2.0
#include <hdf5.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/hdf5/handle.hpp>
#include <functional>

#include "filled_memory.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

constexpr hsize_t rows = 4, columns = 300;  // a chunk is a row

using Bytes = std::vector<unsigned char>;

// How a dataset is packed: sets the filters of a creation list, in the order in which they are applied.
struct Packing {
  const char* name;
  std::function<void(hid_t)> set;
  hid_t type;
};

std::vector<Packing> packings() {
  hdf5::initialize();  // HDF5's own clean-up at exit would crash other tests' copies of this process
  const auto deflate = [](hid_t c) { H5Pset_deflate(c, 6); };
  const auto scaled = [](int bits) { return [bits](hid_t c) { H5Pset_scaleoffset(c, H5Z_SO_INT, bits); }; };
  const auto then_deflate = [](auto first) {
    return [first](hid_t c) {
      first(c);
      H5Pset_deflate(c, 6);
    };
  };
  return {{"deflate", deflate, H5T_STD_I32LE},
          {"deflate of big-endian numbers", deflate, H5T_STD_I32BE},
          {"deflate of doubles", deflate, H5T_IEEE_F64LE},
          {"shuffle, deflate, fletcher32",
           [](hid_t c) {
             H5Pset_shuffle(c);
             H5Pset_deflate(c, 6);
             H5Pset_fletcher32(c);
           },
           H5T_IEEE_F32LE},
          {"shuffle", H5Pset_shuffle, H5T_STD_I32LE},
          {"fletcher32", H5Pset_fletcher32, H5T_STD_I32LE},
          {"nbit", H5Pset_nbit, H5T_STD_I32LE},
          {"nbit, deflate", then_deflate(H5Pset_nbit), H5T_STD_I32LE},
          {"scaleoffset", scaled(0), H5T_STD_I32LE},
          {"scaleoffset of 12 bits", scaled(12), H5T_STD_U16LE},
          {"scaleoffset of all bits", scaled(32), H5T_STD_I32LE},
          {"scaleoffset, deflate", then_deflate(scaled(0)), H5T_STD_I64BE},
          {"scaleoffset of doubles", [](hid_t c) { H5Pset_scaleoffset(c, H5Z_SO_FLOAT_DSCALE, 1); },
           H5T_IEEE_F64LE},
          {"chunks at the edge are not packed",
           [](hid_t c) {
             const hsize_t chunk[] = {3, 200};
             H5Pset_chunk(c, 2, chunk);
             H5Pset_deflate(c, 6);
             H5Pset_chunk_opts(c, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
           },
           H5T_STD_I32LE}};
}

std::vector<double> numbers() {
  std::vector<double> values;
  for (hsize_t at = 0; at < rows * columns; ++at) values.push_back(static_cast<double>(at * 7 % 1000));
  return values;
}

// /x of these numbers; `then` may put other bytes in the place of its chunks.
std::string written(const ScratchFolder& folder, const Packing& packing, bool latest,
                    const std::function<void(hid_t)>& then = {}) {
  const std::string path = folder / "x.h5";
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_DATASET_CREATE);
  if (latest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const hsize_t shape[] = {rows, columns}, chunk[] = {1, columns};
  const hid_t space = H5Screate_simple(2, shape, nullptr);
  H5Pset_chunk(creation, 2, chunk);
  packing.set(creation);
  const hid_t dataset = H5Dcreate2(file, "/x", packing.type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  REQUIRE(dataset >= 0);
  REQUIRE(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers().data()) >= 0);
  H5Dclose(dataset);  // the chunks are in the file now
  if (then) {
    const hid_t again = H5Dopen2(file, "/x", H5P_DEFAULT);
    then(again);
    H5Dclose(again);
  }
  H5Sclose(space);
  H5Pclose(creation);
  H5Fclose(file);
  H5Pclose(access);
  return path;
}

// The third chunk as it is stored, and another in its place.
constexpr hsize_t third[] = {2, 0};
Bytes stored_chunk(hid_t dataset) {
  hsize_t bytes = 0;
  std::uint32_t skipped = 0;
  REQUIRE(H5Dget_chunk_storage_size(dataset, third, &bytes) >= 0);
  Bytes chunk(bytes);
  REQUIRE(H5Dread_chunk(dataset, H5P_DEFAULT, third, &skipped, chunk.data()) >= 0);
  return chunk;
}
void store_chunk(hid_t dataset, const Bytes& chunk, std::uint32_t skipped = 0) {
  REQUIRE(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, third, chunk.size(), chunk.data()) >= 0);
}

Bytes deflated(std::size_t bytes) {
  const Bytes plain(bytes, 3);
  Bytes packed(compressBound(bytes));
  uLongf length = packed.size();
  REQUIRE(compress(packed.data(), &length, plain.data(), bytes) == Z_OK);
  packed.resize(length);
  return packed;
}

Tensor<double> read(const std::string& path) { return hdf5::File::open(path).read<double>("/x"); }

}  // namespace

TEST_CASE("hdf5 chunks: whatever they are packed with, they are read") {
  const ScratchFolder folder;
  for (const bool latest : {false, true})
    for (const Packing& packing : packings()) {
      INFO(packing.name << ", " << latest);
      CHECK(read(written(folder, packing, latest)) == Tensor<double>({rows, columns}, numbers()));
    }
}

TEST_CASE("hdf5 chunks: one that is cut short is refused, not filled with what stands in memory") {
  const ScratchFolder folder;
  for (const bool latest : {false, true})
    for (const Packing& packing : packings()) {
      if (std::strstr(packing.name, "at the edge") != nullptr) continue;
      // Ends of what is deflated are missed by zlib itself.
      for (const double part : {0.02, 0.5, 0.9}) {
        INFO(packing.name << ", " << latest << ", " << part);
        const std::string path = written(folder, packing, latest, [&](hid_t dataset) {
          Bytes chunk = stored_chunk(dataset);
          chunk.resize(static_cast<std::size_t>(static_cast<double>(chunk.size()) * part));
          store_chunk(dataset, chunk);
        });
        CHECK_THROWS_AS(read(path), BadData);
        CHECK_THROWS_WITH(read(path), Contains("x.h5:/x"));
      }
    }
}

#ifndef FSCONV_SANITIZED  // which fills memory itself
TEST_CASE("hdf5 chunks: HDF5 by itself gives out what stands in memory behind a short one, fsconv does not") {
  const ScratchFolder folder;
  const std::string path = written(folder, packings().front(), false,
                                   [](hid_t dataset) { store_chunk(dataset, deflated(columns * 2)); });
  CHECK(depends_on_memory([&] {
    std::vector<double> values(rows * columns);
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT),
                dataset = H5Dopen2(file, "/x", H5P_DEFAULT);
    REQUIRE(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
    return values;
  }));
  CHECK_FALSE(depends_on_memory([&] {
    try {
      return std::pair(read(path), std::string());
    } catch (const BadData& error) {
      return std::pair(Tensor<double>(), std::string(error.what()));
    }
  }));
}
#endif

TEST_CASE("hdf5 chunks: what is deflated has the length of a chunk, and so has what is not") {
  const ScratchFolder folder;
  const Packing deflate = packings().front();
  constexpr std::size_t whole = columns * 4;
  const auto with = [&](const Bytes& chunk, std::uint32_t skipped = 0) {
    return written(folder, deflate, false, [&](hid_t dataset) { store_chunk(dataset, chunk, skipped); });
  };
  const std::string message = "its chunk at [2, 0] does not unpack to 1200 bytes";
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{40}, whole - 1, whole + 1, 2 * whole})
    for (const std::uint32_t skipped : {0, 1}) {
      INFO(bytes << ", " << skipped);
      const std::string path = with(skipped == 0 ? deflated(bytes) : Bytes(bytes, 3), skipped);
      CHECK_THROWS_AS(read(path), BadData);
      CHECK_THROWS_WITH(read(path), Contains(message));
    }
  for (const std::uint32_t skipped : {0, 1}) {
    const Tensor<double> values = read(with(skipped == 0 ? deflated(whole) : Bytes(whole, 3), skipped));
    CHECK(values[2 * columns] == 0x03030303);
    CHECK(values[3 * columns - 1] == 0x03030303);
    CHECK(values[3 * columns] == numbers()[3 * columns]);
  }
}

TEST_CASE("hdf5 chunks: a chunk without filters has its own length, whatever the index says") {
  hdf5::initialize();
  const ScratchFolder folder;
  const Packing plain{"plain", [](hid_t) {}, H5T_STD_I32LE};
  const std::string path = written(folder, plain, false);
  std::string content = content_of(path);
  // The keys of the index: bytes, a mask, the place of the chunk.
  const auto key = [](std::uint32_t bytes, std::uint64_t row) {
    std::string words(8 + 8, '\0');
    std::memcpy(words.data(), &bytes, 4);
    std::memcpy(words.data() + 8, &row, 8);
    return words;
  };
  const auto state = [&](std::uint64_t row, std::uint32_t bytes) {
    const std::size_t at = content.find(key(columns * 4, row), content.rfind("TREE"));
    REQUIRE(at != std::string::npos);
    std::memcpy(content.data() + at, &bytes, 4);
  };
  state(1, columns * 4 + 100);
  state(2, columns * 4 - 100);
  put_content(path, content);
  CHECK(read(path) == Tensor<double>({rows, columns}, numbers()));
}

TEST_CASE("hdf5 chunks: filters that are told what is not true of the dataset are refused") {
  hdf5::initialize();
  const ScratchFolder folder;
  const Packing shuffled{"shuffle, deflate",
                         [](hid_t c) {
                           H5Pset_shuffle(c);
                           H5Pset_deflate(c, 6);
                         },
                         H5T_STD_I32LE};
  const std::string path = written(folder, shuffled, false);
  std::string content = content_of(path);
  const std::size_t name = content.find(std::string("shuffle\0", 8));
  REQUIRE(name != std::string::npos);
  REQUIRE(content[name + 8] == 4);
  content[name + 8] = 2;
  put_content(path, content);
  CHECK_THROWS_AS(read(path), BadData);
  CHECK_THROWS_WITH(read(path), Contains("x.h5:/x") && Contains("does not belong to its type and chunks"));
}

// libaec, which decodes it, says of a chunk that was cut in half that it is whole.
TEST_CASE("hdf5 chunks: szip is refused with what stores it anew") {
  hdf5::initialize();
  unsigned able = 0;
  if (H5Zfilter_avail(H5Z_FILTER_SZIP) <= 0 || H5Zget_filter_info(H5Z_FILTER_SZIP, &able) < 0 ||
      (able & H5Z_FILTER_CONFIG_ENCODE_ENABLED) == 0)
    return;
  const ScratchFolder folder;
  const Packing szip{"szip", [](hid_t c) { H5Pset_szip(c, H5_SZIP_NN_OPTION_MASK, 16); }, H5T_STD_I32LE};
  CHECK_THROWS_WITH(read(written(folder, szip, false)), Contains("szip") && Contains("h5repack -f GZIP=6"));
}

TEST_CASE("hdf5 chunks: a filter of somebody's that has the number of ours is none that is known") {
  const ScratchFolder folder;
  const Packing deflate = packings().front();
  REQUIRE_NOTHROW(read(written(folder, deflate, false)));
  const std::string path = written(folder, deflate, false);
  std::string content = content_of(path);
  const std::size_t name = content.find(std::string("deflate\0", 8));
  REQUIRE(name != std::string::npos);
  REQUIRE(content[name - 8] == 1);  // the number, in front of the lengths
  content[name - 8] = static_cast<char>(511 & 255);
  content[name - 7] = static_cast<char>(511 >> 8);
  put_content(path, content);
  CHECK_THROWS_AS(read(path), BadData);
  CHECK_THROWS_WITH(read(path), Contains("511"));
}
