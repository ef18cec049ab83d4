// What a file is by its first bytes.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/numpy/npz.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::StartsWith;

TEST_CASE("content kind: signatures, web pages and texts") {
  using namespace std::string_literals;
  struct Case {
    std::string bytes, kind;
  };
  for (const Case& c : {Case{"\x89HDF\r\n\x1a\n", "an HDF5 file"},
                        {std::string(512, '\0') + "\x89HDF\r\n\x1a\n", "an HDF5 file"},
                        {"\x93NUMPY\x01", "an array of NumPy"},
                        {"CDF\x01\0\0"s, "netCDF in its classic format; nccopy -k nc4"},
                        {"MATLAB 5.0 MAT-file, written by Octave", "a MATLAB file of version 5 to 7"},
                        {"\x1f\x8b\x08", "a gzip file"},
                        {"PK\x03\x04", "a zip archive"},
                        {"\x89PNG\r\n", "a PNG picture"},
                        {std::string(257, 'x') + "ustar", "a tar archive"},
                        {"version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS"},
                        {"<!DOCTYPE html>\n<html>", "a web page (HTML)"},
                        {"\xef\xbb\xbf\n <HTML lang=de>", "a web page (HTML)"},
                        {"<?xml version=\"1.0\"?><Error><Code>AccessDenied", "a text (XML or HTML)"},
                        {"<?xml version=\"1.0\"?><!DOCTYPE html><html>", "a web page (HTML)"},
                        {"404: Not Found\n", "a text"}}) {
    INFO(c.kind);
    CHECK_THAT(content_kind(std::as_bytes(std::span(c.bytes))), StartsWith(c.kind));
  }
  for (const std::string& bytes : {""s, "\0\0\x08\x03"s, "\x01\x02\x03"s, "hello\x1b[31m"s, "  \n"s})
    CHECK(content_kind(std::as_bytes(std::span(bytes))).empty());
  CHECK(with_kind("is bad", "") == "is bad");
  CHECK(with_kind("is bad", "a text") == "is bad; it is a text");
}

TEST_CASE("content kind: archives are told apart by their members") {
  const ScratchFolder folder;
  NpzWriter writer(folder / "x.npz");
  writer.add("x", Tensor<double>({1}));
  writer.commit();
  CHECK(content_kind_of(folder / "x.npz") == "an archive of NumPy (.npz)");
  CHECK(content_kind_of(folder / "none").empty());
  CHECK(content_kind_of(folder.path()).empty());
  FSCONV_NEED_PYTHON("zipfile");
  FSCONV_CHECK_PYTHON(folder, R"(
import zipfile
for name, members in {'keras': ['metadata.json', 'config.json', 'model.weights.h5'], 'pt': ['archive/data.pkl'], 'zip': ['a']}.items():
    with zipfile.ZipFile('x.' + name, 'w') as z:
        for member in members: z.writestr(member, 'x')
)");
  CHECK_THAT(content_kind_of(folder / "x.keras"), StartsWith("a model of Keras 3, a zip archive: unzip it"));
  CHECK_THAT(content_kind_of(folder / "x.pt"), StartsWith("a file of PyTorch"));
  CHECK(content_kind_of(folder / "x.zip") == "a zip archive");
}
