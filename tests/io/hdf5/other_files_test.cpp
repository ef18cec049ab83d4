// A file can name others for its numbers, where HDF5 follows without a question: to a pipe, to any file of its reader's, and, where there
// is none, to zeros. They are refused, each with a line that says what to do.
// SPDX-License-Identifier: Apache-2.0
#include <hdf5.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/content_check.hpp>
#include <fsconv/io/hdf5/file.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Contains;

namespace {

constexpr hsize_t count = 4;

// A file with a dataset /own, and what `add` puts beside it.
template <class Add>
std::string file_with(const ScratchFolder& folder, const Add& add) {
  std::string path = folder / "names-others.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(1, &count, nullptr);
  const hid_t own = H5Dcreate2(file, "own", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const double values[count] = {1, 2, 3, 4};
  H5Dwrite(own, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Dclose(own);
  add(file, space);
  H5Sclose(space);
  H5Fclose(file);
  return path;
}

void make_dataset(hid_t file, hid_t space, hid_t creation) {
  H5Dclose(H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  H5Pclose(creation);
}

}  // namespace

TEST_CASE("other files: numbers are read from the file alone that is named") {
  const ScratchFolder folder, elsewhere;
  const std::string other = elsewhere / "other.h5", pipe = elsewhere / "pipe", gone = elsewhere / "gone";
  std::filesystem::copy(file_with(folder, [](hid_t, hid_t) {}), other);
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& named : {other, pipe, gone, std::string("/dev/zero")}) {
    INFO(named);
    const auto linked = file_with(folder, [&](hid_t file, hid_t) {
      H5Lcreate_external(named.c_str(), "/own", file, "x", H5P_DEFAULT, H5P_DEFAULT);
      H5Lcreate_external(named.c_str(), "/", file, "all", H5P_DEFAULT, H5P_DEFAULT);
      H5Lcreate_soft("/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
      H5Lcreate_soft("/own", file, "inside", H5P_DEFAULT, H5P_DEFAULT);
    });
    CHECK_THROWS_WITH(read_array(linked + ":/x"),
                      Contains(":/x") && Contains("is a link to another file") && Contains("h5copy"));
    CHECK_THROWS_WITH(read_array(linked + ":/all/own"), Contains("is a link to another file"));
    CHECK_THROWS_AS(read_array(linked + ":/soft"), BadData);
    const Tensor<double> own = read_array(linked + ":/inside").values;
    CHECK(std::vector<double>(own.begin(), own.end()) == std::vector<double>{1, 2, 3, 4});
    CHECK(hdf5::File::open(linked).datasets() == std::vector<std::string>{"/own"});

    const auto stored = file_with(folder, [&](hid_t file, hid_t space) {
      const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
      H5Pset_external(creation, named.c_str(), 0, H5F_UNLIMITED);
      make_dataset(file, space, creation);
    });
    CHECK_THROWS_WITH(read_array(stored + ":/x"),
                      Contains("has its numbers in other files") && Contains("h5repack"));
    CHECK_THROWS_AS(hdf5::File::open(stored).shape("/x"), BadData);

    const auto mapped = file_with(folder, [&](hid_t file, hid_t space) {
      const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
      H5Pset_virtual(creation, space, named.c_str(), "own", space);
      make_dataset(file, space, creation);
    });
    CHECK_THROWS_WITH(read_array(mapped + ":/x"), Contains("is virtual") && Contains("h5repack"));
    CHECK_THROWS_AS(hdf5::File::open(mapped).shape("/x"), BadData);
  }
}

// Of one that names its own numbers many times.
TEST_CASE("other files: what a file can be made to say again and again is not hashed for ever") {
  const ScratchFolder folder;
  static constexpr hsize_t many = hsize_t{1} << 22;  // 32 MiB, of which none were written
  static constexpr int links = 100;
  const std::string path = file_with(folder, [](hid_t file, hid_t) {
    const hid_t space = H5Screate_simple(1, &many, nullptr), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, &many);
    make_dataset(file, space, creation);
    H5Sclose(space);
    for (int link = 0; link < links; ++link)
      H5Lcreate_hard(file, "x", file, fmt::format("x{}", link).c_str(), H5P_DEFAULT, H5P_DEFAULT);
  });
  const hdf5::File file = hdf5::File::open(path);
  const auto check = file.content_check();
  CHECK(check->stored_hash("/own") != "");
  const auto hash_all = [&] {
    for (int link = 0; link < links; ++link) check->stored_hash(fmt::format("/x{}", link));
  };
  CHECK_THROWS_AS(hash_all(), BadData);
  CHECK_THROWS_WITH(check->stored_hash("/x"),
                    Contains("/x: is one of datasets that state") && Contains("in a file of"));
}

// As h5repack stores them anew, with chunks and packed.
TEST_CASE("other files: texts in chunks are read, packed or not") {
  const ScratchFolder folder;
  for (const bool packed : {false, true}) {
    INFO(packed);
    const std::string path = file_with(folder, [&](hid_t file, hid_t space) {
      const hid_t type = H5Tcopy(H5T_C_S1), creation = H5Pcreate(H5P_DATASET_CREATE);
      H5Tset_size(type, H5T_VARIABLE);
      const hsize_t chunk = 3;
      H5Pset_chunk(creation, 1, &chunk);
      if (packed) H5Pset_deflate(creation, 5);
      const char* texts[count] = {"a", "longer than eight bytes", "", "d"};
      const hid_t dataset = H5Dcreate2(file, "texts", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
      H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts);
      H5Dclose(dataset);
      H5Pclose(creation);
      H5Tclose(type);
    });
    CHECK(hdf5::File::open(path).read_strings("/texts") ==
          std::vector<std::string>{"a", "longer than eight bytes", "", "d"});
  }
}
