// What is read is not written over, by whatever name, and neither are results of another kind.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/run_log.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

void put_results(const std::string& path, const std::string& kind) {
  auto file = hdf5::File::create(path);
  write_environment(file, {.kind = kind, .command_line = "test", .start_time = now()});
  file.create_group("/weights");
  file.write("/weights/conv1", std::vector<double>{1, 2});
  commit_sealed(file);
}

struct Files : ScratchFolder {
  Files() {
    put_content(*this / "x.npy", "x");
    put_content(*this / "y.npy", "y");
    fs::create_symlink("x.npy", *this / "soft.png");
    fs::create_hard_link(*this / "x.npy", *this / "hard.html");
    fs::create_symlink("missing", *this / "nowhere.npy");
    fs::create_directory(*this / "folder");
    put_results(*this / "run.h5", "train");
    fs::copy(*this / "run.h5", *this / "run.html");
    write_array(*this / "arrays.h5:/a/x", Tensor<double>({2}, {1, 2}), "f8");
    fs::create_symlink("arrays.h5", *this / "same.h5");
  }

  bool replaces(const std::string& output, const std::string& read) const {
    return replaces_any(*this / output, {*this / "y.npy", *this / read});
  }
  Output to(const std::string& output, const std::string& kind = "") const {
    return {.path = *this / output, .kind = kind};
  }
};

}  // namespace

TEST_CASE("kept files: a file is itself by any path and link, and no other") {
  const Files folder;
  for (const char* output : {"x.npy", "./x.npy", "folder/../x.npy", "soft.png", "hard.html"})
    for (const char* read : {"x.npy", "soft.png", "hard.html"}) CHECK(folder.replaces(output, read));
  CHECK_FALSE(folder.replaces("x.npy", "run.h5"));
  CHECK_FALSE(folder.replaces("new.npy", "new.npy"));
  CHECK_FALSE(folder.replaces("nowhere.npy", "nowhere.npy"));
  CHECK_FALSE(folder.replaces("folder", "folder"));
  CHECK_FALSE(replaces_any("/dev/null", {"/dev/null"}));
  CHECK_FALSE(replaces_any("", {""}));
  CHECK_FALSE(replaces_any(folder / "x.npy", {"bilinear:2", "", "generated"}));
}

TEST_CASE("kept files: places of one HDF5 file are different, but for what lies in them") {
  const Files folder;
  for (const char* output :
       {"arrays.h5:/a/x", "arrays.h5:a/x", "same.h5://a/./x", "arrays.h5:/a", "arrays.h5"})
    CHECK(folder.replaces(output, "arrays.h5:/a/x"));
  for (const char* output : {"arrays.h5:/a/y", "arrays.h5:/x", "arrays.h5:/a/xy", "run.h5:/a/x"})
    CHECK_FALSE(folder.replaces(output, "arrays.h5:/a/x"));
  CHECK_FALSE(folder.replaces("arrays.h5:/a/x", "arrays.h5"));  // it is added
  // A file whose name looks like a place is what it is.
  put_content(folder / "z.h5:a.png", "z");
  CHECK(folder.replaces("z.h5:a.png", "z.h5:a.png"));
  CHECK_FALSE(folder.replaces("z.h5:a.png", "z.h5"));
}

TEST_CASE("kept files: results are replaced by those of their own kind alone") {
  const Files folder;
  CHECK_NOTHROW(require_output(folder.to("new.h5", "verify")));
  CHECK_NOTHROW(require_output(folder.to("run.h5", "train")));
  CHECK_THROWS_WITH(require_output(folder.to("run.h5", "verify")),
                    Contains("output: ") && Contains("run.h5 is there already, of fsconv train") &&
                        Contains("choose another name, or delete it"));
  for (const char* name : {"run.html", "arrays.h5", "same.h5"}) {
    CHECK_THROWS_AS(require_output(folder.to(name)), InvalidArgument);
    CHECK_THROWS_AS(require_output(folder.to(name, "bench")), InvalidArgument);
  }
  CHECK_NOTHROW(require_output(folder.to("x.npy", "bench")));  // nothing of fsconv's, and no name of HDF5
  put_content(folder / "empty.h5", "");
  CHECK_NOTHROW(require_output(folder.to("empty.h5", "bench")));

  Output own = folder.to("run.h5", "train");
  own.keeps_own = true;
  CHECK_THROWS_WITH(require_output(own), Contains("or replace it with --force"));
  own.force = true;
  CHECK_NOTHROW(require_output(own));
  own.inputs = {folder / "run.h5"};  // --force means what is there, not what is read
  own.option = "to";
  CHECK_THROWS_WITH(require_output(own), Contains("to: ") && Contains("is what is read"));
}

TEST_CASE("kept files: what stands in a file of results stays, and more may stand beside it") {
  const Files folder;
  for (const char* place : {"run.h5:/weights/conv1", "run.h5:/weights"})
    CHECK_THROWS_WITH(require_output(folder.to(place)),
                      Contains("is part of a file of fsconv train") && Contains("under another name"));
  CHECK_NOTHROW(require_output(folder.to("run.h5:/weights/mine")));
  CHECK_NOTHROW(require_output(folder.to("arrays.h5:/a/x")));
  CHECK_NOTHROW(require_output(folder.to("new.h5:/x")));
  CHECK_THROWS_AS(require_output(folder.to("none/new.h5:/x")), IoError);
}
