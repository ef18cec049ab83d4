// IDX files, plain and gzipped, whole and broken.
// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <catch2/catch.hpp>
#include <ctime>
#include <fsconv/base/error.hpp>
#include <fsconv/data/idx.hpp>

#include "data/idx_files.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

TEST_CASE("idx: images and labels come back, plain and gzipped") {
  const ScratchFolder folder;
  const std::string images = idx_images(2, 2, 3, {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
  const std::string labels = idx_labels({7, 9});
  put_content(folder / "images", images);
  put_gzip(folder / "images.gz", images);
  put_content(folder / "labels", labels);
  put_gzip(folder / "labels.gz", labels);
  for (const std::string suffix : {"", ".gz"}) {
    const auto read = read_idx_images(folder / ("images" + suffix));
    CHECK(read == Tensor<std::uint8_t>({2, 1, 2, 3}, {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255}));
    CHECK(read_idx_labels(folder / ("labels" + suffix)) == std::vector<std::uint8_t>{7, 9});
  }
}

TEST_CASE("idx: every broken file has an error of its own") {
  const ScratchFolder folder;
  const std::string good = idx_images(1, 2, 2, {1, 2, 3, 4});
  struct Case {
    std::string bytes, message;
  };
  const std::vector<Case> cases = {
      {"", "is empty"},
      {good.substr(0, 3), "ends early, inside its header"},
      {good.substr(0, 15), "ends early, inside its header"},
      {good.substr(0, good.size() - 1), "its header states 4 bytes"},  // 19 bytes could hold 4: see below
      {good + "x", "holds more than the 1 images"},
      {idx_labels({1}), "is an IDX file of labels"},
      {"\x89PNG" + good.substr(4), "is no IDX file; it is a PNG picture"},
      {"<!DOCTYPE html>\n<html><body>moved</body></html>\n", "is no IDX file; it is a web page (HTML)"},
      {"Not Found", "is no IDX file; it is a text"},
      {big_endian(0x0d03) + good.substr(4), "is an IDX file of floats of 4 bytes with 3 axes"},
      {big_endian(0x0e03) + good.substr(4), "is an IDX file of floats of 8 bytes with 3 axes"},
      {big_endian(0x0c01) + good.substr(4), "is an IDX file of integers of 4 bytes with 1 axis"},
      {big_endian(0x0b02) + good.substr(4), "is an IDX file of integers of 2 bytes with 2 axes"},
      {big_endian(0x0903) + good.substr(4), "is an IDX file of signed bytes with 3 axes"},
      {big_endian(0x0804) + good.substr(4), "is an IDX file of unsigned bytes with 4 axes"},
      {idx_images(0, 2, 2, {}), "holds 0 images"},
      {idx_images(1, 0, 2, {}), "images of 0x2 pixels"},
      {idx_images(0xffffffff, 0xffffffff, 0xffffffff, {}), "which no array can have"},
      {idx_images(0xffffffff, 28, 28, {1}), "at most can be there"},
  };
  for (const Case& c : cases) {
    INFO(c.message);
    put_content(folder / "x", c.bytes);
    CHECK_THROWS_AS(read_idx_images(folder / "x"), BadData);
    if (c.bytes.size() + 1 != good.size())
      CHECK_THROWS_WITH(read_idx_images(folder / "x"), Contains(c.message));
  }
  put_content(folder / "x", good.substr(0, good.size() - 1));
  CHECK_THROWS_WITH(read_idx_images(folder / "x"), Contains("ends early, inside its images"));
  put_content(folder / "x", good);
  CHECK_THROWS_WITH(read_idx_labels(folder / "x"), Contains("is an IDX file of images"));
  put_content(folder / "x", idx_labels({}));
  CHECK_THROWS_WITH(read_idx_labels(folder / "x"), Contains("holds no labels"));
}

TEST_CASE("idx: what lies behind gzip is named as well") {
  const ScratchFolder folder;
  put_gzip(folder / "x.gz", std::string(257, '\1') + "ustar" + std::string(300, '\0'));
  CHECK_THROWS_WITH(read_idx_images(folder / "x.gz"), Contains("it is a tar archive"));
  put_gzip(folder / "x.gz", "<html>moved</html>");
  CHECK_THROWS_WITH(read_idx_labels(folder / "x.gz"), Contains("a web page (HTML): the download has failed"));
  put_gzip(folder / "x.gz", big_endian(0x0d03) + "rest");
  CHECK_THROWS_WITH(read_idx_images(folder / "x.gz"), Contains("floats of 4 bytes with 3 axes"));
}

TEST_CASE("idx: gzip damage is found") {
  const ScratchFolder folder;
  std::vector<std::uint8_t> pixels(10000);
  for (std::size_t at = 0; at < pixels.size(); ++at) pixels[at] = static_cast<std::uint8_t>(at * at >> 3);
  put_gzip(folder / "good.gz", idx_images(100, 10, 10, pixels));
  const std::string good = content_of(folder / "good.gz");
  REQUIRE(read_idx_images(folder / "good.gz").size() == 10000);

  for (const std::size_t missing : {1u, 8u, 9u, 500u}) {
    INFO(missing << " bytes are missing");
    put_content(folder / "x.gz", good.substr(0, good.size() - missing));
    CHECK_THROWS_WITH(read_idx_images(folder / "x.gz"), Contains("its gzip content ends early"));
  }
  std::string crc = good;
  crc[good.size() - 8] ^= 1;
  put_content(folder / "x.gz", crc);
  CHECK_THROWS_WITH(read_idx_images(folder / "x.gz"),
                    Contains("damaged: ") && Contains("incorrect data check"));
  std::string content = good;
  content[good.size() / 2] ^= 16;
  put_content(folder / "x.gz", content);
  CHECK_THROWS_AS(read_idx_images(folder / "x.gz"), BadData);
  put_gzip(folder / "x.gz", idx_images(100, 10, 10, pixels) + "x");
  CHECK_THROWS_WITH(read_idx_images(folder / "x.gz"), Contains("holds more than"));
  put_gzip(folder / "x.gz", idx_images(0x7fffffff, 1000, 1000, pixels));
  CHECK_THROWS_WITH(read_idx_images(folder / "x.gz"), Contains("at most can be there"));
}

TEST_CASE("idx: members of gzip one after the other are one content") {
  const ScratchFolder folder;
  const std::string images = idx_images(2, 2, 3, {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
  const Tensor<std::uint8_t> wanted({2, 1, 2, 3}, {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
  for (std::size_t cut = 1; cut < images.size(); ++cut) {
    INFO("cut at " << cut);
    put_content(folder / "x.gz",
                gzipped(images.substr(0, cut)) + gzipped("") + gzipped(images.substr(cut)) + gzipped(""));
    CHECK(read_idx_images(folder / "x.gz") == wanted);
  }
  std::string many;  // more members than one piece of the file that is read at a time
  for (const char byte : images) many += gzipped(std::string(1, byte));
  while (many.size() < (1 << 18)) many += gzipped("");
  put_content(folder / "x.gz", many);
  CHECK(read_idx_images(folder / "x.gz") == wanted);
}

TEST_CASE("idx: nothing but another member of gzip may follow one") {
  const ScratchFolder folder;
  const std::string content = idx_labels({7, 9, 1}), good = gzipped(content);
  const auto check_refused = [&](const std::string& bytes, const char* says) {
    put_content(folder / "x.gz", bytes);
    INFO(says);
    CHECK_THROWS_AS(read_idx_labels(folder / "x.gz"), BadData);
    CHECK_THROWS_WITH(read_idx_labels(folder / "x.gz"), Contains("x.gz: ") && Contains(says));
  };
  put_content(folder / "x.gz", good);
  REQUIRE(read_idx_labels(folder / "x.gz") == std::vector<std::uint8_t>{7, 9, 1});
  check_refused(good + "x", "1 byte follows its gzip content");
  check_refused(good + std::string(512, '\0'), "512 bytes follow its gzip content");
  check_refused(good + std::string(100'000, 'x'), "100000 bytes follow its gzip content");
  check_refused(good + content, "bytes follow its gzip content");
  check_refused(good + "\x1f", "ends early");
  check_refused(good + "\x1fx", "2 bytes follow its gzip content");
  check_refused(good + "\x1f\x8b", "ends early");
  check_refused(good + "\x1f\x8b\xff\xff\xff\xff\xff\xff", "damaged");
  check_refused(good + good.substr(0, good.size() - 1), "holds more than");
  check_refused(good + gzipped("").substr(0, 15), "ends early");
  check_refused(good + gzipped("x"), "holds more than the 3 labels");
  check_refused(gzipped(content.substr(0, 9)) + "garbage" + gzipped(content.substr(9)),
                "bytes follow its gzip content");
  check_refused(gzipped(gzipped(content)), "is no IDX file; it is a gzip file");

  std::string other = good;
  other[good.size() - 1] ^= 1;  // the length modulo 2^32
  check_refused(other, "incorrect length check");
  other = good;
  other[good.size() - 8] ^= 1;
  check_refused(other, "incorrect data check");
  check_refused(other + good, "incorrect data check");
  std::string first = gzipped(content.substr(0, 9));
  first[first.size() - 8] ^= 1;  // each member has a checksum of its own
  check_refused(first + gzipped(content.substr(9)), "incorrect data check");
  for (std::size_t length = 2; length < good.size(); ++length) {
    put_content(folder / "x.gz", good.substr(0, length));
    CHECK_THROWS_AS(read_idx_labels(folder / "x.gz"), BadData);
  }
  int refused = 0;
  for (std::size_t at = 10; at < good.size(); ++at)  // behind the header, of which some bytes mean nothing
    for (int bit = 0; bit < 8; ++bit) {
      other = good;
      other[at] = static_cast<char>(other[at] ^ 1 << bit);
      put_content(folder / "x.gz", other);
      std::vector<std::uint8_t> labels;
      try {
        labels = read_idx_labels(folder / "x.gz");
      } catch (const BadData&) {
        ++refused;
        continue;
      }
      CHECK(labels == std::vector<std::uint8_t>{7, 9, 1});
    }
  CHECK(refused >= static_cast<int>(good.size() - 10) * 8 - 7);  // deflate ends somewhere inside a byte
}

TEST_CASE("idx: what inflates far beyond its header is refused where the header's content ends") {
  const ScratchFolder folder;
  const std::string zeros(1 << 24, '\0');
  std::string bomb = gzipped(idx_images(1, 2, 2, {1, 2, 3, 4}) + zeros);
  const std::string more = gzipped(zeros);
  for (int member = 0; member < 500; ++member) bomb += more;  // 8 GiB in 8 MiB
  put_content(folder / "x.gz", bomb);
  const std::clock_t start = std::clock();  // of the processor: a busy machine is no fault
  CHECK_THROWS_WITH(read_idx_images(folder / "x.gz"), Contains("holds more than the 1 images"));
  CHECK(std::clock() - start < 2 * CLOCKS_PER_SEC);
}

TEST_CASE("idx: places that are no files") {
  const ScratchFolder folder;
  CHECK_THROWS_WITH(read_idx_images(folder / "none"), Contains("No such file or directory"));
  CHECK_THROWS_WITH(read_idx_images(folder.path()), Contains("is a directory"));
  CHECK_THROWS_AS(read_idx_labels("/dev/zero"), IoError);
}
