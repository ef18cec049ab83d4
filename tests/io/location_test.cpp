// Names that point into files.
#include <catch2/catch.hpp>
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
