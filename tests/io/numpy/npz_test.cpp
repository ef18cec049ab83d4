// npz: stored, deflated and zip64 archives, damaged ones, and NumPy as the other side.
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <fstream>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

const Tensor<double> some_values({2, 2}, {1, 2, 3, 4.5});

void write_two(const std::string& path) {
  NpzWriter writer(path);
  writer.add("weight", some_values);
  writer.add("bias", Tensor<float>({3}, {7, 8, 9}));
  writer.commit();
}

}  // namespace

TEST_CASE("npz: several arrays are written and read back by name") {
  const ScratchFolder folder;
  write_two(folder / "x.npz");
  CHECK(npz_names(folder / "x.npz") == std::vector<std::string>{"weight", "bias"});
  CHECK(read_npz(folder / "x.npz", "weight").values == some_values);
  CHECK(read_npz(folder / "x.npz", "weight.npy").values == some_values);
  CHECK(read_array(folder / "x.npz:bias").values == Tensor<double>({3}, {7, 8, 9}));
  CHECK(read_array(folder / "x.npz:bias").dtype == "f4");
  CHECK_THROWS_WITH(read_array(folder / "x.npz"), Contains("holds 2 arrays") && Contains("weight, bias"));
  CHECK_THROWS_WITH(read_array(folder / "x.npz:gain"),
                    Contains("has no array 'gain'") && Contains("weight, bias"));
}

TEST_CASE("npz: the writer rejects names and sizes that do not fit") {
  const ScratchFolder folder;
  {
    NpzWriter writer(folder / "x.npz");
    writer.add("a", some_values);
    CHECK_THROWS_AS(writer.add("a", some_values), InvalidArgument);
    CHECK_THROWS_AS(writer.add("", some_values), InvalidArgument);
    CHECK_THROWS_AS(writer.add("b", "<f8", {3}, std::as_bytes(std::span("1234567"))), InvalidArgument);
  }
  CHECK(folder.files() == 0);  // never committed
}

namespace {

// The archive with one name for another of the same length, in both of its headers.
void rename_in(const std::string& path, const std::string& name, const std::string& other) {
  std::string bytes = content_of(path);
  for (std::size_t at = bytes.find(name); at != std::string::npos; at = bytes.find(name, at + 1))
    bytes.replace(at, name.size(), other);
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("npz: two arrays of one name are refused, not one of them taken") {
  const ScratchFolder folder;
  NpzWriter writer(folder / "x.npz");
  writer.add("w1", some_values);
  writer.add("w2", some_values);
  writer.add("w3", some_values);
  writer.commit();
  rename_in(folder / "x.npz", "w2.npy", "w1.npy");
  CHECK_THROWS_WITH(read_array(folder / "x.npz:w1"), Contains("several arrays 'w1'"));
  CHECK(read_array(folder / "x.npz:w3").values == some_values);
}

TEST_CASE("npz: a member that begins as .npy is an array whatever its name") {
  const ScratchFolder folder;
  write_two(folder / "x.npz");
  rename_in(folder / "x.npz", "weight.npy", "weight.bin");
  CHECK(npz_names(folder / "x.npz") == std::vector<std::string>{"weight.bin", "bias"});
  CHECK(read_array(folder / "x.npz:weight.bin").values == some_values);
}

TEST_CASE("npz: an array is found with and without .npy, in files of any case") {
  const ScratchFolder folder;
  write_two(folder / "x.npz");
  std::filesystem::copy(folder / "x.npz", folder / "Y.NPZ");
  for (const char* name : {"x.npz:weight", "x.npz:weight.npy", "Y.NPZ:weight", "Y.NPZ:weight.npy"}) {
    INFO(name);
    CHECK(read_array(folder / name).values == some_values);
  }
  CHECK_THROWS_WITH(read_array(folder / "x.npz:none.npy"), Contains("has no array 'none.npy'; it has"));
}

TEST_CASE("npz: names from the archive are shown without what a terminal would obey") {
  const ScratchFolder folder;
  NpzWriter writer(folder / "x.npz");
  for (int n = 0; n < 20; ++n) writer.add("\x1b[3" + std::to_string(n) + "m", Tensor<double>({1}));
  writer.commit();
  CHECK_THROWS_WITH(read_array(folder / "x.npz"), Contains("holds 20 arrays") &&
                                                      Contains("\\x1b[30m, \\x1b[31m") &&
                                                      Contains("and 8 more"));
}

TEST_CASE("npz: damage is found") {
  const ScratchFolder folder;
  write_two(folder / "good.npz");
  const std::string good = content_of(folder / "good.npz");
  auto error_of = [&](const std::string& bytes) -> std::string {
    put_content(folder / "bad.npz", bytes);
    try {
      read_npz(folder / "bad.npz", "weight");
      return "";
    } catch (const BadData& error) {
      return error.what();
    }
  };
  CHECK(error_of(good).empty());
  CHECK_THAT(error_of(""), Contains("is empty"));
  CHECK_THAT(error_of("hello"), Contains("is no zip archive"));
  CHECK_THAT(error_of(good.substr(0, good.size() - 1)),
             Contains("its end is missing, or something follows it"));
  CHECK_THAT(error_of(good + "x"), Contains("its end is missing, or something follows it"));
  CHECK_THAT(error_of("<html>moved</html>"), Contains("is no zip archive") && Contains("a web page (HTML)"));
  CHECK_THAT(error_of("x" + good), Contains("damaged"));

  std::string value = good;
  value[30 + 10 + 128] ^= 1;  // the first byte of the first value: local header, name, npy header
  CHECK_THAT(error_of(value), Contains("weight") && Contains("CRC"));
  std::string encrypted = good;
  const auto entry = good.find("PK\1\2");
  encrypted[entry + 8] |= 1;
  CHECK_THAT(error_of(encrypted), Contains("encrypted"));
  std::string method = good;
  method[entry + 10] = 12;
  CHECK_THAT(error_of(method), Contains("method 12"));
  std::string size = good;
  size[entry + 26] = 1;  // 65536 more bytes of content than there are bytes
  CHECK_THAT(error_of(size), Contains("cannot hold"));
  std::string place = good;
  place[entry + 42 + 2] = 1;
  CHECK_THAT(error_of(place), Contains("outside the archive"));
  std::string count = good;
  count[good.size() - 22 + 11] = 2;
  CHECK_THAT(error_of(count), Contains("do not fit its directory"));
}

TEST_CASE("npz: no prefix and no changed byte of an archive is read as something else") {
  const ScratchFolder folder;
  write_two(folder / "good.npz");
  const std::string good = content_of(folder / "good.npz");
  for (std::size_t length = 0; length < good.size(); length += 7) {
    put_content(folder / "bad.npz", good.substr(0, length));
    CHECK_THROWS_AS(read_npz(folder / "bad.npz", "weight"), BadData);
  }
  int rejected = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string broken = good;
    broken[at] = static_cast<char>(broken[at] ^ 0x81);
    put_content(folder / "bad.npz", broken);
    Tensor<double> values;
    try {
      values = read_npz(folder / "bad.npz", "weight").values;
    } catch (const BadData&) {
      ++rejected;
      continue;
    }
    // Bytes that do not matter (dates, versions, the other member) may change; the values may not.
    CHECK(values == some_values);
  }
  CHECK(rejected > 100);
}

TEST_CASE("npz: NumPy's archives are read, stored, deflated and zip64") {
  FSCONV_NEED_PYTHON("numpy");
  const ScratchFolder folder;
  write_two(folder / "ours.npz");
  FSCONV_CHECK_PYTHON(folder, R"(
import io, numpy as np, zipfile
ours = np.load('ours.npz')
assert sorted(ours) == ['bias', 'weight'] and (ours['weight'] == [[1, 2], [3, 4.5]]).all()
assert zipfile.ZipFile('ours.npz').testzip() is None
big = np.arange(300000.) % 1000
np.savez('stored.npz', a=np.arange(6.).reshape(2, 3), big=big)
np.savez_compressed('deflated.npz', a=np.arange(6.).reshape(2, 3), big=big)
np.savez_compressed('empty_array.npz', a=np.zeros((0, 3)))
np.savez('names.npz', **{'layer/weight': np.ones(2)})
zipfile.ZIP64_LIMIT = 10   # everything goes into zip64 fields
zipfile.ZIP_FILECOUNT_LIMIT = 0
np.savez_compressed('zip64.npz', a=np.arange(6.).reshape(2, 3), big=big)
text = io.BytesIO(); np.save(text, np.arange(3.))
with zipfile.ZipFile('bzip2.npz', 'w', zipfile.ZIP_BZIP2) as z: z.writestr('a.npy', text.getvalue())
with zipfile.ZipFile('comment.npz', 'w') as z: z.writestr('a.npy', text.getvalue()); z.comment = b'made by hand'
)");
  const Tensor<double> a({2, 3}, {0, 1, 2, 3, 4, 5});
  for (const std::string kind : {"stored", "deflated", "zip64"}) {
    INFO(kind);
    CHECK(read_array(folder / (kind + ".npz:a")).values == a);
    const Array big = read_array(folder / (kind + ".npz:big"));
    REQUIRE(big.values.size() == 300000);
    for (Index at = 0; at < big.values.size(); ++at)
      if (big.values[at] != static_cast<double>(at % 1000)) FAIL("wrong value at " << at);
  }
  CHECK(read_array(folder / "empty_array.npz").values.shape() == Shape{0, 3});
  CHECK(read_array(folder / "names.npz:layer/weight").values.size() == 2);
  CHECK(read_array(folder / "comment.npz").values.size() == 3);
  CHECK_THROWS_WITH(read_array(folder / "bzip2.npz"), Contains("method 12"));

  // A flipped bit in deflated content is found by inflate or by the CRC.
  const std::string good = content_of(folder / "deflated.npz");
  const auto content = good.find("big.npy") + 200;
  for (std::size_t at = content; at < content + 2000; at += 97) {
    std::string broken = good;
    broken[at] = static_cast<char>(broken[at] ^ 4);
    put_content(folder / "broken.npz", broken);
    CHECK_THROWS_AS(read_array(folder / "broken.npz:big"), BadData);
  }
}
