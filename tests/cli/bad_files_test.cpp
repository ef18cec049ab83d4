// Input files that are missing, empty, cut, of another kind, lying about their size, or holding NaN: exit
// code 4 or 5, one line that names the file, and no output.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <hdf5.h>
#include <sys/file.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fsconv/base/random.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/numpy/npz.hpp>

#include "cli/process.hpp"
#include "data/idx_files.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

// What `line` with the bad file in place of FILE must end with.
void check_refused(const ScratchFolder& folder, const std::string& line, const std::string& file, int code) {
  std::vector<std::string> arguments = words(line);
  for (std::string& argument : arguments)
    if (argument == "FILE") argument = file;
  const std::size_t files_before = folder.files();
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == code);
  CHECK(finished.out.empty());
  CHECK(finished.err.starts_with("fsconv: "));
  CHECK(finished.error_lines() == 1);
  CHECK(finished.err.find(file.substr(0, file.find(':'))) != std::string::npos);
  CHECK(folder.files() == files_before);
}

constexpr auto as_input = "apply --op conv --input FILE --weight w.npy --output out.npy";
constexpr auto as_weight = "apply --op conv --input x.npy --weight FILE --output out.npy";
constexpr auto as_bias = "apply --op conv --input x.npy --weight w.npy --bias FILE --output out.npy";
constexpr auto as_matrix_weight = "matrix --input-size 4,4 --kernel 3 --weight FILE --output W.npz";
constexpr auto as_images = "train --data FILE --epochs 1 --output out.h5";
constexpr auto as_run = "train --resume FILE --epochs 2";

struct ArrayFolder : ScratchFolder {
  ArrayFolder() {
    write_array(*this / "x.npy", Tensor<double>({1, 1, 4, 4}), "f8");
    write_array(*this / "w.npy", Tensor<double>({1, 1, 3, 3}), "f8");
  }
};

std::string with_header(const std::string& dictionary) {
  std::string header = dictionary;
  header.resize(117, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
}

std::string one_array_npz(const ScratchFolder& folder) {
  NpzWriter writer(folder / "good.npz");
  writer.add("x", Tensor<double>({1, 1, 4, 4}));
  writer.commit();
  return content_of(folder / "good.npz");
}

// A dataset of 10^6 x 10^6 numbers of which none is stored: a header with 8 TB to it.
void write_huge_dataset(const std::string& path) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t sizes[] = {1, 1, 1'000'000, 1'000'000}, chunk[] = {1, 1, 1000, 1000};
  const hid_t space = H5Screate_simple(4, sizes, nullptr), layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(layout, 4, chunk);
  const hid_t data = H5Dcreate2(file, "x", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  REQUIRE(data >= 0);
  H5Dclose(data);
  H5Pclose(layout);
  H5Sclose(space);
  H5Fclose(file);
}

// Runs `line` on many damaged copies of a good file: any code but a crash, and never more than a line or two.
void check_damaged(const ScratchFolder& folder, const std::string& line, const std::string& name,
                   const std::string& inside, std::uint64_t seed) {
  const std::string good = content_of(folder / name);
  const auto length = static_cast<Index>(good.size());
  Random random(seed);
  int refused = 0;
  constexpr int copies = 60;
  for (int copy = 0; copy < copies; ++copy) {
    std::string bad = good;
    if (copy % 3 == 0) {
      bad.resize(static_cast<std::size_t>(random.integer(1, length - 1)));
    } else {
      // Most formats keep their structure in front: every second copy is hit there.
      const Index reach = copy % 3 == 1 ? std::min<Index>(length, 200) : length;
      for (int hit = 0; hit < 4; ++hit)
        bad[static_cast<std::size_t>(random.integer(0, reach - 1))] =
            static_cast<char>(random.integer(0, 255));
    }
    put_content(folder / ("bad_" + name), bad);
    std::vector<std::string> arguments = words(line);
    for (std::string& argument : arguments)
      if (argument == "FILE") argument = "bad_" + name + inside;
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO("copy " << copy << "\n" << description(arguments, finished));
    CHECK(finished.exit_code >= 0);
    CHECK(finished.exit_code <= 5);
    CHECK(finished.exit_code != 3);
    CHECK(finished.error_lines() <= 3);
    refused += finished.exit_code != 0;
  }
  CHECK(refused >= copies / 3);  // every cut one
}

}  // namespace

TEST_CASE("cli bad files: npy") {
  const ArrayFolder folder;
  const std::string good = content_of(folder / "x.npy");
  const std::string sixteen(128, '\0');
  put_content(folder / "empty.npy", "");
  put_content(folder / "cut.npy", good.substr(0, good.size() - 8));
  put_content(folder / "cut_header.npy", good.substr(0, 20));
  put_content(folder / "magic.npy", "\x93NUMPX" + good.substr(6));
  put_content(folder / "longer.npy", good + sixteen);
  put_content(
      folder / "oversized.npy",
      with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 999999999, 999999999), }") +
          sixteen);
  put_content(
      folder / "overflow.npy",
      with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 4294967296, 4294967296, 4), }") +
          sixteen);
  put_content(folder / "negative.npy",
              with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, -4, -4), }") + sixteen);
  put_content(folder / "object.npy",
              with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1, 4, 4), }") + sixteen);
  put_content(folder / "text.npy", "this is not an array at all, but a letter to whom it may concern\n");
  put_content(folder / "endless_header.npy", std::string("\x93NUMPY\x02\x00\xf0\xff\xff\xff", 12) + "{}");
  Tensor<double> values({1, 1, 4, 4});
  values[5] = std::nan("");
  write_array(folder / "nan.npy", values, "f8");
  values[5] = INFINITY;
  write_array(folder / "inf.npy", values, "f4");
  std::filesystem::create_directory(folder / "folder.npy");

  for (const char* line : {as_input, as_weight, as_bias, as_matrix_weight}) {
    check_refused(folder, line, "nope.npy", 5);
    check_refused(folder, line, "folder.npy", 5);
    for (const char* file : {"empty", "cut", "cut_header", "magic", "longer", "oversized", "overflow",
                             "negative", "object", "text", "endless_header", "nan", "inf"})
      check_refused(folder, line, std::string(file) + ".npy", 4);
  }
}

TEST_CASE("cli bad files: npz") {
  const ArrayFolder folder;
  const std::string good = one_array_npz(folder);
  put_content(folder / "empty.npz", "");
  put_content(folder / "cut.npz", good.substr(0, good.size() / 2));
  put_content(folder / "magic.npz", "XX" + good.substr(2));
  std::string changed = good;
  changed[good.size() / 2] = static_cast<char>(changed[good.size() / 2] ^ 1);
  put_content(folder / "crc.npz", changed);
  check_refused(folder, as_input, "nope.npz:x", 5);
  check_refused(folder, as_input, "good.npz:y", 4);
  for (const char* file : {"empty.npz", "cut.npz:x", "magic.npz:x", "crc.npz:x"})
    check_refused(folder, as_input, file, 4);
}

TEST_CASE("cli bad files: HDF5") {
  const ArrayFolder folder;
  write_array(folder / "good.h5:/x", Tensor<double>({1, 1, 4, 4}), "f8");
  Tensor<double> values({1, 1, 4, 4});
  values[3] = std::nan("");
  write_array(folder / "good.h5:/nan", values, "f8");
  write_array(folder / "good.h5:/group/x", values, "f8");
  const std::string good = content_of(folder / "good.h5");
  put_content(folder / "empty.h5", "");
  put_content(folder / "cut.h5", good.substr(0, good.size() / 2));
  put_content(folder / "magic.h5", "XXXX" + good.substr(4));
  write_huge_dataset(folder / "huge.h5");
  for (const char* line : {as_input, as_weight, as_matrix_weight}) {
    check_refused(folder, line, "nope.h5:/x", 5);
    for (const char* file : {"good.h5:/y", "good.h5:/group", "good.h5:/", "good.h5:/nan", "empty.h5:/x",
                             "cut.h5:/x", "magic.h5:/x", "huge.h5:/x"})
      check_refused(folder, line, file, 4);
  }
  check_refused(folder, as_run, "nope.h5", 5);
  for (const char* file : {"good.h5", "empty.h5", "cut.h5", "magic.h5", "huge.h5"})
    check_refused(folder, as_run, file, 4);
}

TEST_CASE("cli bad files: HDF5 that is none, has no number in a place, or is being written") {
  const ArrayFolder folder;
  auto file = hdf5::File::create(folder / "attributes.h5");
  for (const char* name : {"/masked", "/range", "/limits", "/text"})
    file.write(name, Tensor<double>({1, 1, 4, 4}));
  file.set_attribute("/masked", "_FillValue", 0.0);
  file.set_attribute("/range", "valid_min", 1.0);
  file.set_attribute("/limits", "valid_range", 1.0);
  file.set_attribute("/text", "scale_factor", "2");
  file.commit();
  put_content(folder / "classic.nc", "CDF\x01" + std::string(200, '\0'));
  put_content(folder / "page.mat", "<!DOCTYPE html><html>");
  std::filesystem::copy(folder / "attributes.h5", folder / "written.h5");
  const int writer = ::open((folder / "written.h5").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(writer >= 0);
  REQUIRE(::flock(writer, LOCK_EX | LOCK_NB) == 0);
  for (const char* line : {as_input, as_weight, as_matrix_weight}) {
    for (const char* name : {"attributes.h5:/masked", "attributes.h5:/range", "attributes.h5:/limits",
                             "attributes.h5:/text", "classic.nc:/x", "page.mat:/x"})
      check_refused(folder, line, name, 4);
    check_refused(folder, line, "written.h5:/masked", 5);
    check_refused(folder, line, "attributes.h5", 2);
    check_refused(folder, line, "page.mat", 2);
  }
  ::close(writer);
}

TEST_CASE("cli bad files: packed numbers are computed with as what they stand for") {
  const ArrayFolder folder;
  auto file = hdf5::File::create(folder / "packed.nc");
  file.write("/x", Tensor<std::int64_t>({1, 1, 3, 3}, {0, 4, 8, 12, 16, 20, 24, 28, 32}));
  file.set_attribute("/x", "scale_factor", 0.25);
  file.set_attribute("/x", "add_offset", 7.0);
  file.commit();
  write_array(folder / "ones.npy", Tensor<double>({1, 1, 3, 3}, std::vector<double>(9, 1)), "f8");
  const auto arguments = words("apply --op conv --input packed.nc:/x --weight ones.npy --output out.npy");
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == 0);
  CHECK(read_array(folder / "out.npy").values == Tensor<double>({1, 1, 1, 1}, {7 * 9 + 36}));
}

TEST_CASE("cli bad files: nothing in a file reaches the terminal as a command") {
  const ArrayFolder folder;
  const std::string evil =
      "\x1b]0;owned\x07\x1b[31m\x9b"
      "2J";
  put_content(folder / "descr.npy",
              with_header("{'descr': '<" + evil + "', 'fortran_order': False, 'shape': (1, 1, 4, 4), }"));
  put_content(folder / "key.npy", with_header("{'" + evil + "': 1, }"));
  put_content(
      folder / "field.npy",
      with_header("{'descr': [('" + evil + "', '<f8')], 'fortran_order': False, 'shape': (1, 1, 4, 4), }"));
  NpzWriter npz(folder / "names.npz");
  npz.add(evil, Tensor<double>({1}));
  npz.add("b", Tensor<double>({1}));
  npz.commit();
  auto file = hdf5::File::create(folder / "names.h5");
  file.write("/" + evil, Tensor<double>({1, 1, 4, 4}));
  file.write("/sign", Tensor<double>({1, 1, 4, 4}));
  file.set_attribute("/sign", "_Unsigned", evil);
  file.commit();
  for (const std::string name : {"descr.npy", "key.npy", "field.npy", "names.npz", "names.npz:none",
                                 "names.h5:/none", "names.h5:/sign", "names.h5"}) {
    std::vector<std::string> arguments = words(as_input);
    arguments[4] = name;
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(name << " " << finished.exit_code);
    CHECK((finished.exit_code == 4 || finished.exit_code == 2));
    CHECK(finished.error_lines() == 1);
    CHECK(finished.err.find("\\x1b") != std::string::npos);
    for (const char c : finished.err) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
  }
}

TEST_CASE("cli bad files: IDX, plain and gzipped") {
  const ArrayFolder folder;
  const std::string good = idx_images(2, 2, 2, {1, 2, 3, 4, 5, 6, 7, 8});
  const std::string huge =
      big_endian(2051) + big_endian(0xffffffff) + big_endian(0xffffffff) + big_endian(0xffffffff) + "x";
  put_content(folder / "good", good);
  put_content(folder / "empty", "");
  put_content(folder / "cut", good.substr(0, good.size() - 1));
  put_content(folder / "cut_header", good.substr(0, 6));
  put_content(folder / "longer", good + "x");
  put_content(folder / "magic", "XXXX" + good.substr(4));
  put_content(folder / "labels", idx_labels({1, 2, 3}));
  put_content(folder / "floats", big_endian(0x0d03) + good.substr(4));
  put_content(folder / "four_axes", big_endian(0x0804) + good.substr(4));
  put_content(folder / "page.gz", "<!DOCTYPE html>\n<html><body>moved</body></html>\n");
  put_content(folder / "oversized", huge);
  put_content(folder / "no_images", idx_images(0, 2, 2, {}));
  put_content(folder / "no_pixels", idx_images(2, 0, 2, {}));
  put_gzip(folder / "good.gz", good);
  put_gzip(folder / "oversized.gz", huge);
  put_gzip(folder / "longer.gz", good + "x");
  const std::string zipped = content_of(folder / "good.gz");
  put_content(folder / "cut.gz", zipped.substr(0, zipped.size() - 9));
  put_content(folder / "cut_checksum.gz", zipped.substr(0, zipped.size() - 4));
  std::string changed = zipped;
  changed[zipped.size() - 6] = static_cast<char>(changed[zipped.size() - 6] ^ 1);  // in the checksum
  put_content(folder / "checksum.gz", changed);
  put_content(folder / "header_only.gz", zipped.substr(0, 10));
  put_content(folder / "trailing.gz", zipped + "x");
  put_content(folder / "trailing_zeros.gz", zipped + std::string(512, '\0'));
  put_content(folder / "two.gz", zipped + zipped);

  check_refused(folder, as_images, "nope", 5);
  for (const char* file :
       {"empty",           "cut",         "cut_header",     "longer",      "magic",
        "labels",          "floats",      "four_axes",      "page.gz",     "oversized",
        "no_images",       "no_pixels",   "oversized.gz",   "longer.gz",   "cut.gz",
        "cut_checksum.gz", "checksum.gz", "header_only.gz", "trailing.gz", "trailing_zeros.gz",
        "two.gz"})
    check_refused(folder, as_images, file, 4);
}

TEST_CASE("cli bad files: a data folder that lacks a file, or whose files do not fit") {
  const ScratchFolder folder;
  const auto put_set = [&](const std::string& set, std::uint32_t images,
                           const std::vector<std::uint8_t>& labels, std::uint32_t size) {
    std::filesystem::create_directory(folder / "set");
    const std::size_t pixels = std::size_t{images} * size * size;
    put_content(folder / ("set/" + set + "-images-idx3-ubyte"),
                idx_images(images, size, size, std::vector<std::uint8_t>(pixels)));
    put_content(folder / ("set/" + set + "-labels-idx1-ubyte"), idx_labels(labels));
  };
  put_set("train", 3, {0, 1, 2}, 4);
  check_refused(folder, as_images, "set", 5);  // no t10k files
  put_set("t10k", 2, {0, 1, 2}, 4);
  check_refused(folder, as_images, "set", 4);  // three labels for two images
  put_set("t10k", 2, {0, 1}, 5);
  check_refused(folder, as_images, "set", 4);  // 4x4 and 5x5 pixels
}

TEST_CASE("cli bad files: damaged copies of good files never crash the program", "[slow]") {
  const ArrayFolder folder;
  check_damaged(folder, as_input, "x.npy", "", 1);
  one_array_npz(folder);
  check_damaged(folder, as_input, "good.npz", ":x", 2);
  write_array(folder / "good.h5:/x", Tensor<double>({1, 1, 4, 4}), "f8");
  check_damaged(folder, as_input, "good.h5", ":/x", 3);
  put_gzip(folder / "good.gz", idx_images(20, 4, 4, std::vector<std::uint8_t>(320, 9)));
  const std::string small = " --channels 2 --latent 2 --test-images 1";
  check_damaged(folder, as_images + small, "good.gz", "", 4);
  put_content(folder / "good", idx_images(20, 4, 4, std::vector<std::uint8_t>(320, 9)));
  check_damaged(folder, as_images + small, "good", "", 5);
}

TEST_CASE("cli bad files: damaged copies of a training run never crash the program that resumes it",
          "[slow]") {
  const ScratchFolder folder;
  const Finished finished =
      run_fsconv(words("train --data generated --train-images 16 --test-images 16 --channels 2 "
                       "--latent 2 --epochs 1 --output run.h5"),
                 folder.path());
  REQUIRE(finished.exit_code == 0);
  check_damaged(folder, as_run, "run.h5", "", 6);
}
