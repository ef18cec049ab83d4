// Damaged files: they are errors or other values, whoever reads or changes them, and take nothing and nobody down.
// SPDX-License-Identifier: Apache-2.0
#include <hdf5.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/hdf5/handle.hpp>
#include <fsconv/io/hdf5/values.hpp>

#include "filled_memory.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

const std::string recorded = FSCONV_SOURCE_DIR "/tests/regressions/hdf5/";

const Tensor<double> some_values = [] {
  Tensor<double> values({4, 3, 5});
  for (Index at = 0; at < values.size(); ++at) values[at] = std::sin(static_cast<double>(at));
  return values;
}();

// A file with all that HDF5 has to follow: groups, scales, chunks, filters, texts, attributes.
std::string sound_file(const ScratchFolder& folder) {
  {
    auto file = hdf5::File::create(folder / "sound.h5");
    file.create_group("/a/b");
    file.write("/a/x", some_values, {.compressed = true, .units = "nats"});
    file.write("/a/y", some_values);
    file.write_strings("/a/b/texts", {"one", "", "three"});
    file.set_attribute("/a/x", "scale_factor", 2.0);
    file.set_attribute("/", "text", "content");
    file.commit();
  }
  return content_of(folder / "sound.h5");
}

// Flips one bit in every `step`-th byte and calls `check` with what is left of the file.
template <class Check>
void flip_bits(const std::string& good, std::size_t step, Check check) {
  for (std::size_t at = 0; at < good.size(); at += step) {
    std::string broken = good;
    broken[at] = static_cast<char>(broken[at] ^ (1 << (at / step % 8)));
    INFO("bit " << at / step % 8 << " of byte " << at);
    check(broken);
  }
}

// Makes /x of one element of `type` in a new file.
void write_with_type(const std::string& path, hid_t type, const void* value) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
              space = H5Screate(H5S_SCALAR);
  const hid_t dataset = H5Dcreate2(file, "/x", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  REQUIRE(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
  H5Dclose(dataset);
  H5Sclose(space);
  H5Fclose(file);
}

}  // namespace

#ifndef FSCONV_SANITIZED  // which fills memory itself
namespace {

// All that a file says, or why it does not.
std::string told_by(const std::string& path) {
  std::string told;
  const auto tell = [&](auto question) {
    try {
      question();
    } catch (const Error& error) {
      told += error.what();
    }
    told += '\n';
  };
  tell([&] {
    const auto file = hdf5::File::open(path);
    for (const std::string& name : file.datasets()) {
      told += name;
      tell([&] {
        if (file.dtype(name) != "str") return;
        for (const std::string& text : file.read_strings(name)) told += text;
      });
      tell([&] {
        const Array array = hdf5::read_values(file, name);
        told.append(reinterpret_cast<const char*>(array.values.data()),
                    static_cast<std::size_t>(array.values.size()) * sizeof(double));
      });
    }
  });
  return told;
}

}  // namespace

TEST_CASE("hdf5 damage: what is read does not depend on what stood in memory", "[slow]") {
  const ScratchFolder folder;
  const std::string path = folder / "bad.h5";
  std::vector<std::string> sound = {sound_file(folder)};
  for (const auto& entry : std::filesystem::directory_iterator(FSCONV_SOURCE_DIR "/tests/fuzz/corpus/hdf5"))
    sound.push_back(content_of(entry.path()));
  for (const std::string& good : sound)
    flip_bits(good, 97, [&](const std::string& broken) {
      put_content(path, broken);
      CHECK_FALSE(depends_on_memory([&] { return told_by(path); }));
    });
  // HDF5's words for this one hold addresses in memory.
  std::string broken = content_of(FSCONV_SOURCE_DIR "/tests/fuzz/corpus/hdf5/packed");
  broken[931] = static_cast<char>(broken[931] ^ 32);
  put_content(path, broken);
  CHECK_FALSE(depends_on_memory([&] { return told_by(path); }));
  CHECK_THROWS_WITH(hdf5::File::open(path).shape("/x"), Contains("HDF5: ran off the end of the buffer"));
}
#endif

TEST_CASE("hdf5 damage: one wrong bit anywhere is an error or another value for a reader", "[slow]") {
  const ScratchFolder folder;
  const std::string good = sound_file(folder);
  int errors = 0, others = 0;
  flip_bits(good, 29, [&](const std::string& broken) {
    put_content(folder / "bad.h5", broken);
    try {
      const auto file = hdf5::File::open(folder / "bad.h5");
      for (const std::string& name : file.datasets())
        if (file.dtype(name) == "str")
          file.read_strings(name);
        else
          file.read<double>(name);
      hdf5::read_values(file, "/a/x");
      file.string_attribute("/", "text");
      others += file.read<double>("/a/y") != some_values;
    } catch (const BadData&) {
      ++errors;
    } catch (const IoError&) {  // "another program has it open for writing" is a bit of the superblock
      ++errors;
    }
  });
  CHECK(errors > 20);
  CHECK(others > 0);
}

TEST_CASE("hdf5 damage: who changes a damaged file gets an error or a file, and leaves nothing behind",
          "[slow]") {
  const ScratchFolder folder;
  const std::string good = sound_file(folder);
  int errors = 0, changed = 0;
  flip_bits(good, 61, [&](const std::string& broken) {
    put_content(folder / "bad.h5", broken);
    try {
      write_array((folder / "bad.h5") + ":/a/y", some_values, "f4");
      CHECK(read_array((folder / "bad.h5") + ":/a/y").values == cast<double>(cast<float>(some_values)));
      ++changed;
    } catch (const Error& error) {
      CHECK((error.code() == ExitCode::bad_data || error.code() == ExitCode::io ||
             error.code() == ExitCode::usage));  // usage: a group where a dataset was
      CHECK(content_of(folder / "bad.h5") == broken);
      ++errors;
    }
    CHECK(folder.files() == 2);  // sound.h5 and bad.h5
  });
  CHECK(errors > 10);
  CHECK(changed > 10);
}

TEST_CASE("regression: HDF5 died, never returned, or took all memory on these files", "[slow]") {
  CHECK_THROWS_WITH(read_array(recorded + "chunk_of_impossible_size.h5:/x"),
                    Contains("chunks have 262147 elements along axis 3, which may have 6"));
  CHECK_THROWS_AS(read_array(recorded + "chunk_of_impossible_size.h5:/x"), BadData);
  CHECK_THROWS_WITH(read_array(recorded + "extent_beyond_its_limit.h5:/x"),
                    Contains("axis 0 has 1048577 elements and may have 1"));
  CHECK_THROWS_WITH(read_array(recorded + "filters_forgotten.h5:/x"),
                    Contains("its 4 chunks of 128 bytes take 143"));
  const ScratchFolder folder;
  for (const char* name : {"freed_twice_when_changed.h5", "endless_when_changed.h5",
                           "written_and_not_found.h5", "written_and_not_found_in_groups.h5"}) {
    INFO(name);
    const std::string path = folder / name;
    std::filesystem::copy_file(recorded + name, path);
    CHECK_THROWS_AS(write_array(path + ":/r", Tensor<double>({1, 3, 4, 4}), "f8"), BadData);
    CHECK(content_of(path) == content_of(recorded + name));
    CHECK(folder.files() == 1);
    std::filesystem::remove(path);
  }
}

TEST_CASE("hdf5 damage: numbers of a type that nobody defined are refused") {
  hdf5::initialize();  // HDF5's own clean-up at exit would crash other tests' copies of this process
  const ScratchFolder folder;
  const double value = 1.5;
  const auto refused = [&](const char* what, hid_t type) {
    INFO(what);
    write_with_type(folder / "x.h5", type, &value);
    CHECK_THROWS_WITH(hdf5::File::open(folder / "x.h5").read<double>("/x"), Contains("no standard type"));
    CHECK_THROWS_WITH(read_array((folder / "x.h5") + ":/x"), Contains("x.h5:/x"));
    H5Tclose(type);
  };
  const auto changed = [](hid_t from, auto change) {
    const hid_t type = H5Tcopy(from);
    REQUIRE(change(type) >= 0);
    return type;
  };
  refused("sign", changed(H5T_IEEE_F64LE, [](hid_t t) { return H5Tset_fields(t, 62, 52, 10, 0, 52); }));
  refused("exponent", changed(H5T_IEEE_F64LE, [](hid_t t) { return H5Tset_fields(t, 63, 51, 11, 0, 51); }));
  refused("bias", changed(H5T_IEEE_F64LE, [](hid_t t) { return H5Tset_ebias(t, 1022); }));
  refused("normalisation", changed(H5T_IEEE_F64LE, [](hid_t t) { return H5Tset_norm(t, H5T_NORM_NONE); }));
  refused("precision", changed(H5T_STD_I32LE, [](hid_t t) { return H5Tset_precision(t, 24); }));
  refused("offset", changed(H5T_STD_I32LE,
                            [](hid_t t) { return std::min(H5Tset_precision(t, 24), H5Tset_offset(t, 8)); }));
  // What is standard is read, in either order of bytes.
  for (const hid_t type : {H5T_IEEE_F64LE, H5T_IEEE_F64BE}) {
    write_with_type(folder / "x.h5", type, &value);
    CHECK(hdf5::File::open(folder / "x.h5").dtype("/x") == "f8");
    CHECK_NOTHROW(hdf5::File::open(folder / "x.h5").read<double>("/x"));
  }
}

TEST_CASE("hdf5 damage: what a dataset states is compared with what its file stores") {
  const ScratchFolder folder;
  const auto make = [&](hsize_t elements, bool chunked, bool written) {
    const std::string path = folder / "x.h5";
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(1, &elements, nullptr), creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 4096;
    if (chunked) {
      H5Pset_chunk(creation, 1, &chunk);
      H5Pset_deflate(creation, 9);
    }
    const hid_t dataset = H5Dcreate2(file, "/x", H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (written) {
      const hsize_t first = 0;
      const hid_t part = H5Screate_simple(1, &chunk, nullptr);
      H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, nullptr, &chunk, nullptr);
      const std::vector<std::uint8_t> values(chunk, 7);
      H5Dwrite(dataset, H5T_STD_U8LE, part, space, H5P_DEFAULT, values.data());
      H5Sclose(part);
    }
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(space);
    H5Fclose(file);
    return path + ":/x";
  };
  constexpr hsize_t gibibyte = hsize_t{1} << 30;
  CHECK_THROWS_WITH(
      read_array(make(4 * gibibyte, true, true)),
      Contains("states 4294967296 bytes") && Contains("256 MiB of numbers that were never written"));
  CHECK_THROWS_WITH(read_array(make(4 * gibibyte, true, false)), Contains("the file stores 0 bytes"));
  CHECK_THROWS_WITH(read_array(make(4 * gibibyte, false, false)), Contains("the file stores 0 bytes"));
  // As numbers of eight bytes they take eight times what they state.
  CHECK_THROWS_WITH(read_array(make(gibibyte / 4, true, true)), Contains("states 268435456 bytes"));
  // Elements that were never written are believed as long as they do no harm.
  const Array sparse = read_array(make(1'000'000, true, true));
  CHECK(sparse.values.size() == 1'000'000);
  CHECK(sparse.values[4095] == 7);
  CHECK(sparse.values[4096] == 0);
  CHECK(read_array(make(1'000'000, false, false)).values[999'999] == 0);
}
