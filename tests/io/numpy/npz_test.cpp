// npz: stored, deflated and zip64 archives, damaged ones, and NumPy as the other side.
// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

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
  CHECK_THROWS_AS(read_array(folder / "x.npz"), InvalidArgument);  // as with the datasets of an HDF5 file
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
  count[good.size() - 22 + 9] = count[good.size() - 22 + 11] = 2;
  CHECK_THAT(error_of(count), Contains("do not fit its directory"));
}

namespace {

std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 0xff);
  return text;
}

// A part of an archive: a local header with its content, and what the directory says of it.
struct Part {
  std::string name;
  std::string content;     // as it lies there
  std::uint64_t size = 0;  // inflated
  std::uint32_t crc = 0;
  std::uint64_t method = 0;
  std::string local_name = {};  // where it is another
};

std::string fields(const Part& part) {
  return little(part.method, 2) + little(0x00210000, 4) + little(part.crc, 4) +
         little(part.content.size(), 4) + little(part.size, 4);
}

std::string local_part(const Part& part) {
  const std::string& name = part.local_name.empty() ? part.name : part.local_name;
  return "PK\3\4" + little(20, 2) + little(0, 2) + fields(part) + little(name.size(), 2) + little(0, 2) +
         name + part.content;
}

std::string directory_part(const Part& part, std::uint64_t offset) {
  return "PK\1\2" + little(20, 2) + little(20, 2) + little(0, 2) + fields(part) +
         little(part.name.size(), 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 2) +
         little(0, 4) + little(offset, 4) + part.name;
}

std::string last_part(std::uint64_t entries, std::uint64_t size, std::uint64_t offset, std::uint64_t here,
                      std::uint64_t disk = 0) {
  return "PK\5\6" + little(disk, 2) + little(0, 2) + little(here, 2) + little(entries, 2) + little(size, 4) +
         little(offset, 4) + little(0, 2);
}

// An .npy file of three bytes.
const std::string small_npy = [] {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n\1\2\3";
}();

std::string deflated(const std::string& content) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Part part_of_npy(const std::string& name, bool deflate) {
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(small_npy.data()), small_npy.size());
  return {name, deflate ? deflated(small_npy) : small_npy, small_npy.size(), static_cast<std::uint32_t>(crc),
          deflate ? std::uint64_t{8} : std::uint64_t{0}};
}

}  // namespace

TEST_CASE("npz: what contradicts itself, overlaps or holds bytes of nobody is refused") {
  const ScratchFolder folder;
  const Tensor<double> wanted({3}, {1, 2, 3});
  const auto read = [&](const std::string& bytes) {
    put_content(folder / "x.npz", bytes);
    return read_npz(folder / "x.npz", "a").values;
  };
  const auto check_refused = [&](const std::string& bytes, const char* says) {
    INFO(says);
    CHECK_THROWS_AS(read(bytes), BadData);
    CHECK_THROWS_WITH(read(bytes), Contains(says));
  };
  const auto archive = [](const Part& part, const std::string& behind_entry = "") {
    const std::string local = local_part(part), entry = directory_part(part, 0) + behind_entry;
    return local + entry + last_part(1, entry.size(), local.size(), 1);
  };
  for (const bool deflate : {false, true}) {
    INFO("deflated: " << deflate);
    const Part good = part_of_npy("a.npy", deflate);
    CHECK(read(archive(good)) == wanted);
    Part other = good;
    other.local_name = "b.npy";
    check_refused(archive(other), "calls it otherwise");
    other.local_name = "longer.npy";
    check_refused(archive(other), "is damaged");
    check_refused(archive(good, "extra"), "5 bytes follow the last member of its directory");
    check_refused(archive(good, directory_part(good, 0)), "follow the last member of its directory");

    const std::string local = local_part(good), entry = directory_part(good, 0);
    check_refused(local + entry + last_part(1, entry.size(), local.size(), 2), "of several");
    check_refused(local + entry + last_part(1, entry.size(), local.size(), 1, 1), "of several");
    // One content under two names, and a member inside another one.
    const Part twin = part_of_npy("b.npy", deflate);
    const std::string two = entry + directory_part(twin, 0);
    check_refused(local + two + last_part(2, two.size(), local.size(), 2), "inside another member");
    Part outer = part_of_npy("o.npy", false);
    outer.content = local;
    outer.size = local.size();
    const std::string nested = directory_part(outer, 0) + directory_part(good, 30 + 5);
    check_refused(local_part(outer) + nested + last_part(2, nested.size(), local_part(outer).size(), 2),
                  "inside another member");
    // A gap, as it is left where a member was deleted, is legal, and so is an order of its own.
    const std::string first = local_part(twin) + "gap";
    const std::string mixed = directory_part(good, first.size()) + directory_part(twin, 0);
    CHECK(read(first + local + mixed + last_part(2, mixed.size(), first.size() + local.size(), 2)) == wanted);
  }
}

TEST_CASE("npz: a directory that is too long for its members is refused before it is read") {
  const ScratchFolder folder;
  const std::string directory(1 << 20, '\0');
  put_content(folder / "x.npz", directory + last_part(1, directory.size(), 0, 1));
  CHECK_THROWS_WITH(read_npz(folder / "x.npz", "a"),
                    Contains("1048576 bytes are too many for a directory of 1 member"));
}

TEST_CASE("npz: bytes behind compressed content are refused, and so is content behind its size") {
  const ScratchFolder folder;
  const auto error_of = [&](const Part& part) -> std::string {
    const std::string local = local_part(part), entry = directory_part(part, 0);
    put_content(folder / "x.npz", local + entry + last_part(1, entry.size(), local.size(), 1));
    try {
      read_npz(folder / "x.npz", "a");
      return "";
    } catch (const BadData& error) {
      return error.what();
    }
  };
  Part part = part_of_npy("a.npy", true);
  CHECK(error_of(part) == "");
  part.content += "x";
  CHECK_THAT(error_of(part), Contains("1 byte follows its compressed content"));
  part.content += std::string(100'000, 'x');
  CHECK_THAT(error_of(part), Contains("100001 bytes follow its compressed content"));
  Part longer = part_of_npy("a.npy", true);
  longer.content = deflated(small_npy + "x");
  CHECK_THAT(error_of(longer), Contains("longer than stated"));
  Part bomb = part_of_npy("a.npy", true);  // 16 MiB behind an array of three bytes
  bomb.content = deflated(small_npy + std::string(1 << 24, '\0'));
  CHECK_THAT(error_of(bomb), Contains("longer than stated"));
  bomb.size = small_npy.size() + (1 << 24);
  CHECK_THAT(error_of(bomb), Contains("bytes follow the last value"));
  Part liar = part_of_npy("a.npy", true);
  liar.size = 0xfffffffe;
  CHECK_THAT(error_of(liar), Contains("cannot hold"));
  Part stored = part_of_npy("a.npy", false);
  stored.content += "x";
  CHECK_THAT(error_of(stored), Contains("cannot hold"));
}

TEST_CASE("npz: a zip64 record says what the last record says, or what that leaves to it") {
  const ScratchFolder folder;
  const Part part = part_of_npy("a.npy", false);
  const std::string local = local_part(part), entry = directory_part(part, 0);
  const auto archive = [&](std::uint64_t entries, std::uint64_t length, const std::string& last) {
    const std::string record = "PK\6\6" + little(length, 8) + little(45, 2) + little(45, 2) + little(0, 8) +
                               little(entries, 8) + little(entries, 8) + little(entry.size(), 8) +
                               little(local.size(), 8);
    const std::string locator =
        "PK\6\7" + little(0, 4) + little(local.size() + entry.size(), 8) + little(1, 4);
    put_content(folder / "x.npz", local + entry + record + locator + last);
    return folder / "x.npz";
  };
  const std::string same = last_part(1, entry.size(), local.size(), 1);
  CHECK(read_npz(archive(1, 44, same), "a").values.size() == 3);
  CHECK(read_npz(archive(1, 44, last_part(0xffff, 0xffffffff, 0xffffffff, 0xffff)), "a").values.size() == 3);
  CHECK_THROWS_WITH(read_npz(archive(1, 44, last_part(2, entry.size(), local.size(), 2)), "a"),
                    Contains("contradict each other"));
  CHECK_THROWS_WITH(read_npz(archive(1, 44, last_part(1, entry.size(), 0, 1)), "a"),
                    Contains("contradict each other"));
  CHECK_THROWS_WITH(read_npz(archive(1, 45, same), "a"), Contains("zip64 record is missing"));
  CHECK_THROWS_WITH(
      read_npz(archive(0xffffffffffffffff, 44, last_part(0xffff, 0xffffffff, 0xffffffff, 0xffff)), "a"),
      Contains("do not fit its directory"));
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
