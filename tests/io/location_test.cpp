// Names that point into files.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/location.hpp>

using namespace fsconv;

TEST_CASE("location: files, and places inside them") {
  struct Case {
    std::string where;
    FileKind kind;
    std::string path, inside;
  };
  for (const Case& c : {Case{"x.npy", FileKind::npy, "x.npy", ""},
                        {"a:b/x.npy", FileKind::npy, "a:b/x.npy", ""},
                        {"x.npz", FileKind::npz, "x.npz", ""},
                        {"x.npz:name", FileKind::npz, "x.npz", "name"},
                        {"x.npz:a/b:c", FileKind::npz, "x.npz", "a/b:c"},
                        {"x.h5:/group/data", FileKind::hdf5, "x.h5", "/group/data"},
                        {"x.hdf5:data", FileKind::hdf5, "x.hdf5", "/data"},
                        {"x.nc", FileKind::hdf5, "x.nc", ""},
                        {"dir.h5/x.npz:y", FileKind::npz, "dir.h5/x.npz", "y"},
                        {"X.NPY", FileKind::npy, "X.NPY", ""},
                        {"X.NpZ:Name", FileKind::npz, "X.NpZ", "Name"},
                        {"X.H5", FileKind::hdf5, "X.H5", ""},
                        {"x.HDF5:/a", FileKind::hdf5, "x.HDF5", "/a"},
                        {"x.npz:weight.npy", FileKind::npz, "x.npz", "weight.npy"},
                        {"x.npz:a/b.npy", FileKind::npz, "x.npz", "a/b.npy"},
                        {"x.h5:/w.npy", FileKind::hdf5, "x.h5", "/w.npy"},
                        {"x.h5:/w.h5", FileKind::hdf5, "x.h5", "/w.h5"},
                        {"model.mat:/w", FileKind::hdf5, "model.mat", "/w"},
                        {"model.keras:/a/b", FileKind::hdf5, "model.keras", "/a/b"},
                        {"file:/w", FileKind::hdf5, "file", "/w"},
                        {"a:b/x.he5:/w", FileKind::hdf5, "a:b/x.he5", "/w"},
                        {"a:/x.npy", FileKind::npy, "a:/x.npy", ""},
                        {"x.npy:/w", FileKind::other, "x.npy:/w", ""},
                        {"x.mtx:/w", FileKind::other, "x.mtx:/w", ""},
                        {":/w", FileKind::other, ":/w", ""},
                        {"Model.MAT:w", FileKind::hdf5, "Model.MAT", "/w"},
                        {"model.bin:w", FileKind::other, "model.bin:w", ""},
                        {"x.mtx", FileKind::matrix_market, "x.mtx", ""},
                        {"x.npy:name", FileKind::other, "x.npy:name", ""},
                        {"x.txt", FileKind::other, "x.txt", ""},
                        {"", FileKind::other, "", ""}}) {
    INFO(c.where);
    const Location location = locate(c.where);
    CHECK((location.kind == c.kind));
    CHECK(location.path == c.path);
    CHECK(location.inside == c.inside);
  }
}

TEST_CASE("location: only HDF5's own extensions name a file to write") {
  for (const char* name : {"x.h5", "x.H5", "a/x.hdf5", "x.nc"}) CHECK(names_hdf5(name));
  for (const char* name : {"x.mat", "x.mat:/w", "x.h5:/w", "x", "x.keras"}) {
    INFO(name);
    CHECK_FALSE(names_hdf5(name));
    CHECK_THROWS_AS(require_hdf5_name(name), InvalidArgument);
  }
}
