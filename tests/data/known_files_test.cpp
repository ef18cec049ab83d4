// Whether the files of known data sets are the published ones: right, changed, cut, missing, of another set, not known.
// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/known_files.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

// A set with two files and an archive, and their contents: "abc", whose sum is in FIPS 180-4, and "".
KnownSet letters() {
  return {.name = "letters",
          .title = "Letters",
          .images = "none",
          .licence = "none",
          .source = "FIPS 180-4",
          .get = "write it",
          .folders = {"letters"},
          .files = {{"abc-idx1", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                    {"empty", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false},
                    {"four", 4, ""}},
          .archives = {{"letters.tar.gz", 3,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false}}};
}

void put_gzip(const std::string& path, const std::string& content) {
  const gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(gzwrite(file, content.data(), static_cast<unsigned>(content.size())) ==
          static_cast<int>(content.size()));
  gzclose(file);
}

std::string verdicts(const std::string& folder) {
  std::string all;
  for (const CheckedFile& file : check_folder(folder, letters()).files)
    all += std::string(name(file.verdict)).substr(0, 2) + " ";
  return all;
}

std::string told(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("known files: right, wrong, missing and unchecked") {
  const ScratchFolder folder;
  CHECK(verdicts(folder.path()) == "mi mi ");
  put_content(folder / "abc-idx1", "abc");
  put_content(folder / "four", "1234");
  CHECK(verdicts(folder.path()) == "ri un ");
  CHECK(check_folder(folder.path(), letters()).is_good());
  put_content(folder / "four", "123");
  CHECK(verdicts(folder.path()) == "ri wr ");
  put_content(folder / "empty", "");
  put_content(folder / "letters.tar.gz", "abc");  // an archive is compared as it is
  CHECK(verdicts(folder.path()) == "ri ri wr ri ");
  put_content(folder / "letters.tar.gz", "abd");
  put_content(folder / "empty", "x");
  CHECK(verdicts(folder.path()) == "ri wr wr wr ");
  for (const char* other : {"abd", "ab", "abcd", ""}) {
    put_content(folder / "abc-idx1", other);
    CHECK(verdicts(folder.path()).starts_with("wr "));
    CHECK_FALSE(check_folder(folder.path(), letters()).is_good());
  }
}

TEST_CASE("known files: gzip is unpacked, however it was packed, and names may have a dot") {
  const ScratchFolder folder;
  put_content(folder / "four", "1234");
  put_gzip(folder / "abc.idx1.gz", "abc");
  CHECK(verdicts(folder.path()) == "ri un ");
  std::string packed = content_of(folder / "abc.idx1.gz");
  put_content(folder / "abc.idx1.gz", packed.substr(0, packed.size() - 3));
  CHECK(verdicts(folder.path()) == "wr un ");
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // of its own CRC
  put_content(folder / "abc.idx1.gz", packed);
  CHECK(verdicts(folder.path()) == "wr un ");
}

TEST_CASE("known files: a folder is of the set that most of its files are of") {
  const ScratchFolder folder;
  put_content(folder / "train-images-idx3-ubyte", "no images");
  const CheckedSet wrong = check_folder(folder.path());
  CHECK(wrong.count(FileVerdict::wrong) == 1);
  CHECK(wrong.count(FileVerdict::missing) == 3);
  CHECK(told([&] { require_good({wrong}); }).find("4 of 4 files") != std::string::npos);
  put_content(folder / "train.bin", "short");
  CHECK(check_file(folder / "train.bin").name == "cifar-100");
  CHECK_FALSE(check_file(folder / "train.bin").is_good());
  put_content(folder / "other", "x");
  CHECK_THROWS_AS(check_file(folder / "other"), BadData);
  const ScratchFolder empty;
  CHECK_THROWS_AS(check_folder(empty.path()), BadData);
  CHECK(told([] { check_named("imagenet"); }).find("fashion-mnist, mnist, cifar-10, cifar-100 or celeba") !=
        std::string::npos);
}

TEST_CASE("known files: how many are not what they should be is said in numbers that agree") {
  const auto files = [](const std::string& verdicts) {
    CheckedSet set{"letters", "here", {}, {}};
    for (const char letter : verdicts)
      set.files.push_back({"f", letter == 'r' ? FileVerdict::right : FileVerdict::wrong, 0, {}, {}});
    return told([&] { require_good({set}); });
  };
  CHECK(files("r") == "nothing");
  CHECK(files("w") == "f: is wrong; 1 of 1 file is not what it should be");
  CHECK(files("rw") == "f: is wrong; 1 of 2 files is not what it should be");
  CHECK(files("ww") == "f: is wrong; 2 of 2 files are not what they should be");
}

TEST_CASE("known files: Debian's Fashion-MNIST is the published one", "[slow]") {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")) return;
  const CheckedSet set = check_folder("/usr/share/datasets/fashion-mnist");
  CHECK(set.name == "fashion-mnist");
  CHECK(set.count(FileVerdict::right) == 4);
  const CheckedSet one = check_file("/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz");
  CHECK(one.name == "fashion-mnist");
  CHECK(one.is_good());
  for (const KnownSet& other : known_sets())
    if (other.name == "mnist")
      CHECK(check_folder("/usr/share/datasets/fashion-mnist", other).count(FileVerdict::wrong) == 4);
}

TEST_CASE("known files: every sum is one, and data/fetch and data/README.md have the same") {
  std::set<std::string> sums;
  const std::regex hex("[0-9a-f]{64}");
  for (const KnownSet& set : known_sets())
    for (const auto* list : {&set.files, &set.archives})
      for (const KnownFile& file : *list) {
        INFO(file.name);
        if (file.sha256.empty()) continue;
        CHECK(std::regex_match(std::string(file.sha256), hex));
        CHECK(sums.insert(std::string(file.sha256)).second);
      }
  const std::string source = FSCONV_SOURCE_DIR;
  // A line of the table is SET FILE SHA-256 MIRROR...; of a .gz the sum is that of what is in it.
  std::istringstream table(content_of(source + "/data/fetch"));
  Index compared = 0;
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string set, file, sum;
    if (!(words >> set >> file >> sum) || !std::regex_match(sum, hex)) continue;
    INFO(line);
    const bool is_archive = file.ends_with(".tar.gz");
    if (!is_archive && file.ends_with(".gz")) file.resize(file.size() - 3);
    for (const KnownSet& known : known_sets())
      for (const KnownFile& one : is_archive ? known.archives : known.files)
        if (known.name == set && one.name == file) {
          CHECK(one.sha256 == sum);
          ++compared;
        }
  }
  CHECK(compared == 10);
  for (const char* file : {"/data/fetch", "/data/README.md"}) {
    const std::string content = content_of(source + file);
    Index found = 0;
    for (std::sregex_iterator at(content.begin(), content.end(), hex), end; at != end; ++at, ++found) {
      INFO(file << ": " << at->str());
      CHECK(sums.contains(at->str()));
    }
    CHECK(found >= 10);
  }
}
