// Pictures made ready: who is for what, what the file holds, broken ones among good ones, and nothing half-written.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/prepare.hpp>
#include <fsconv/io/sha256.hpp>

#include "io/scratch.hpp"
#include "support/interrupted_child.hpp"

using namespace fsconv;
using namespace fsconv::testing;
namespace fs = std::filesystem;

namespace {

PictureFolder picture_list(const std::string& parts) {  // "ttvx": t for train, v for validation, x for test
  PictureFolder folder;
  folder.folder = "here";
  for (const char part : parts)
    folder.pictures.push_back({.name = std::to_string(folder.pictures.size()),
                               .part = part == 't'   ? DataPart::train
                                       : part == 'v' ? DataPart::validation
                                                     : DataPart::test});
  return folder;
}

std::string parts_of(const PictureFolder& folder) {
  std::string parts;
  for (const PictureEntry& picture : folder.pictures)
    parts += picture.part == DataPart::train ? 't' : picture.part == DataPart::validation ? 'v' : 'x';
  return parts;
}

std::string assigned(const std::string& parts, std::optional<PartSize> test = {},
                     std::optional<PartSize> validation = {}) {
  PictureFolder folder = picture_list(parts);
  try {
    assign_parts(folder, test, validation);
  } catch (const InvalidArgument& error) {
    return error.field();
  } catch (const BadData& error) {
    return error.what();
  }
  return parts_of(folder);
}

void put_picture(const std::string& path, Index height, Index width, std::uint8_t value) {
  fs::create_directories(fs::path(path).parent_path());
  Picture picture{width, height, 3, {}};
  for (Index at = 0; at < 3 * width * height; ++at)
    picture.pixels.push_back(static_cast<std::uint8_t>(value + at % 3));
  write_png(path, picture);
}

struct Tried {
  Prepared made;
  std::vector<std::string> said;
  std::string error;
};
Tried tried(const Preparation& preparation) {
  Tried result;
  try {
    result.made = prepare(preparation, [&](const std::string& text) { result.said.push_back(text); });
  } catch (const Error& error) {
    result.error = error.what();
  }
  return result;
}

Preparation of(const ScratchFolder& folder, const std::string& output = "out.h5") {
  Preparation preparation;
  preparation.folder = folder / "in";
  preparation.output = folder / output;
  preparation.recipe.size = PictureSize{4, 4};
  preparation.info = {.kind = "data", .command_line = "test", .threads = 2, .start_time = now()};
  return preparation;
}

}  // namespace

TEST_CASE("prepare: a share is a number or a part") {
  CHECK(parse_part_size("test", "12") == PartSize{.count = 12});
  CHECK(parse_part_size("test", "0.25") == PartSize{.part = 0.25});
  CHECK(parse_part_size("test", "0") == PartSize{.count = 0});
  CHECK(PartSize{.part = 0.1}.of(30) == 3);
  CHECK(PartSize{.part = 0.1}.of(25) == 3);  // 2.5 to the farther one
  CHECK(PartSize{.part = 0.1}.of(3) == 1);
  CHECK(PartSize{.count = 7}.of(3) == 7);
  for (const char* wrong :
       {"", "-1", "1.5", "0.0", "1.0", "1e-1", "nan", "inf", "x", "1/10", "0.5 ", "10%"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse_part_size("test", wrong), InvalidArgument);
  }
}

TEST_CASE("prepare: parts are spread evenly over the list") {
  CHECK(assigned("tttttttttt") == "tttttttttx");
  CHECK(assigned("tttttttttt", PartSize{.count = 5}) == "txtxtxtxtx");
  CHECK(assigned("tttttttttt", PartSize{.count = 3}) == "tttxttxttx");
  CHECK(assigned("tttttttttt", PartSize{.part = 0.2}, PartSize{.count = 4}) == "tvtvxtvtvx");
  CHECK(assigned("tt") == "tx");
  // Parts are of all: a quarter of 8 beside half of them is 2.
  CHECK(assigned("tttttttt", PartSize{.part = 0.5}, PartSize{.part = 0.25}) == "txvxtxvx");
  // Each run of n / k pictures, a class, say, loses one.
  for (const Index count : {7, 60, 100})
    for (const Index test : {1, 2, 3, 5}) {
      const std::string parts =
          assigned(std::string(static_cast<std::size_t>(count), 't'), PartSize{.count = test});
      CHECK(std::count(parts.begin(), parts.end(), 'x') == test);
      for (Index first = 0; first + count / test <= count; ++first) {
        const auto begin = parts.begin() + first;
        CHECK(std::count(begin, begin + count / test, 'x') <= 1);
      }
    }
}

TEST_CASE("prepare: what the folder says stays, and too many are refused") {
  CHECK(assigned("ttxttx") == "ttxttx");
  CHECK(assigned("ttvttv") == "ttvtxv");  // a test part is needed
  CHECK(assigned("ttxttx", {}, PartSize{.count = 2}) == "tvxtvx");
  CHECK(assigned("ttxttx", PartSize{.count = 1}) == "test");
  CHECK(assigned("ttvttx", {}, PartSize{.count = 1}) == "validation");
  CHECK(assigned("tttt", PartSize{.count = 4}) == "test");
  CHECK(assigned("tttt", PartSize{.count = 0}) == "test");
  CHECK(assigned("tttt", PartSize{.count = 2}, PartSize{.count = 2}) == "validation");
  CHECK(assigned("tttt", PartSize{.part = 0.5}, PartSize{.part = 0.5}) == "validation");
  CHECK(assigned("t", PartSize{.count = 1}) == "test");
  CHECK(assigned("t").starts_with("here: has 1 picture to train on, and none to test with"));
  CHECK(assigned("xv").starts_with("here: has no picture to train on"));
}

TEST_CASE("prepare: a folder that says parts, and none to test with, is told what is taken") {
  const auto notes = [](const std::string& parts, bool says, std::optional<PartSize> test) {
    PictureFolder folder = picture_list(parts);
    folder.has_parts = says;
    assign_parts(folder, test, {});
    return folder.notes;
  };
  CHECK(notes("ttvttv", true, {}) ==
        std::vector<std::string>{"here has none to test with: 1 of those to train on is taken"});
  CHECK(notes("ttvttv", true, PartSize{.count = 1}).empty());  // asked for
  CHECK(notes("tttttt", false, {}).empty());
  CHECK(notes("ttxttx", true, {}).empty());
}

TEST_CASE("prepare: the output is none of the pictures that are read, by whatever name") {
  const ScratchFolder folder;
  for (const char* name : {"in/1.png", "in/2.png"}) put_picture(folder / name, 4, 4, 9);
  fs::copy(folder / "in/2.png", folder / "in/own.h5");
  fs::create_directory_symlink("in", folder / "link");
  const std::string before = content_of(folder / "in/own.h5");
  for (const char* output : {"in/own.h5", "link/own.h5"})
    CHECK(tried(of(folder, output)).error.find("is what is read") != std::string::npos);
  CHECK(content_of(folder / "in/own.h5") == before);
}

TEST_CASE("prepare: images, labels, sources and sums stand in the file in the order of the names") {
  const ScratchFolder folder;
  put_picture(folder / "in/b/2.png", 8, 8, 20);
  put_picture(folder / "in/a/1.png", 4, 6, 10);  // cut to its middle
  put_picture(folder / "in/a/3.png", 12, 12, 30);
  fs::copy(folder / "in/a/3.png", folder / "in/b/4.png");
  Preparation preparation = of(folder);
  preparation.validation = PartSize{.count = 1};
  const Tried result = tried(preparation);
  CHECK(result.error == "");
  CHECK(result.made.image == Shape{3, 4, 4});
  CHECK((result.made.counts == std::array<Index, 3>{2, 1, 1}));
  CHECK((result.made.classes == std::vector<std::string>{"a", "b"}));
  CHECK((result.made.repeated == 1 && result.made.leaked == 1 && result.made.skipped == 0));

  const PreparedData data = open_prepared(folder / "out.h5");
  CHECK(data.description.recipe == to_json(preparation.recipe));
  CHECK(data.description.decoder == decoder_text());
  CHECK(prepared_sources(folder / "out.h5", DataPart::train) ==
        std::vector<std::string>{"a/1.png", "a/3.png"});
  CHECK(prepared_sources(folder / "out.h5", DataPart::validation) == std::vector<std::string>{"b/2.png"});
  CHECK(prepared_sources(folder / "out.h5", DataPart::test) == std::vector<std::string>{"b/4.png"});
  CHECK(data[DataPart::train].labels == std::vector<std::uint8_t>{0, 0});
  CHECK(data[DataPart::test].labels == std::vector<std::uint8_t>{1});
  std::vector<std::uint8_t> image(48);
  data[DataPart::train].images.read(1, image.data());
  for (Index at = 0; at < 48; ++at) CHECK(image[static_cast<std::size_t>(at)] == 30 + at / 16);  // planes
  CHECK(verify_prepared(folder / "out.h5") == 4);
}

TEST_CASE("prepare: the same bytes in training and test are counted") {
  const ScratchFolder folder;
  for (const char* part : {"train", "test"}) {
    put_picture(folder / ("in/" + std::string(part) + "/same.png"), 4, 4, 9);
    put_picture(folder / ("in/" + std::string(part) + "/own.png"), 4, 4, part[1] == 'r' ? 50 : 80);
  }
  const Tried result = tried(of(folder));
  CHECK(result.error == "");
  CHECK((result.made.counts == std::array<Index, 3>{2, 0, 2}));
  CHECK((result.made.repeated == 1 && result.made.leaked == 1));
}

TEST_CASE("prepare: one broken picture among many is an error, or left out and told") {
  const ScratchFolder folder;
  for (int n = 0; n < 6; ++n)
    put_picture(folder / ("in/" + std::to_string(n) + ".png"), 4, 4, static_cast<std::uint8_t>(n));
  const std::string whole = content_of(folder / "in/3.png");
  put_content(folder / "in/3.png", whole.substr(0, whole.size() / 2));
  Preparation preparation = of(folder);
  CHECK(tried(preparation).error.find("3.png") != std::string::npos);
  CHECK(folder.files() == 1);  // no output, and nothing temporary
  preparation.skip_broken = true;
  preparation.test = PartSize{.count = 2};
  const Tried result = tried(preparation);
  CHECK(result.error == "");
  CHECK(result.made.skipped == 1);
  CHECK((result.made.counts == std::array<Index, 3>{3, 0, 2}));
  REQUIRE(result.said.size() == 1);
  CHECK(result.said[0].find("3.png") != std::string::npos);

  for (int n = 0; n < 6; ++n) put_content(folder / ("in/" + std::to_string(n) + ".png"), "no picture");
  preparation.output = folder / "none.h5";
  CHECK(tried(preparation).error.find("none of its pictures") != std::string::npos);
  CHECK(folder.files() == 2);
}

TEST_CASE("prepare: pictures of several sizes need one, and sizes must be there") {
  const ScratchFolder folder;
  put_picture(folder / "in/1.png", 4, 4, 1);
  put_picture(folder / "in/2.png", 4, 6, 2);
  Preparation preparation = of(folder);
  preparation.recipe.size = std::nullopt;
  CHECK(tried(preparation).error.find("2.png") != std::string::npos);
  preparation.recipe.crop = parse_crop("5");
  CHECK(tried(preparation).error.find("1.png") != std::string::npos);
  preparation.recipe.crop = parse_crop("4");
  CHECK(tried(preparation).error == "");
}

TEST_CASE("prepare: what the disk or the memory cannot hold is refused before a picture is read") {
  const ScratchFolder folder;
  fs::create_directories(folder / "in");
  constexpr int pictures = 20'000;  // 257 TB of the largest size
  put_content(folder / "in/0.png", "no picture");
  for (int n = 1; n < pictures; ++n) fs::create_symlink("0.png", folder / fmt::format("in/{}.png", n));
  for (const char* recipe : {"size=65535 channels=rgb", "crop=65535 channels=rgb"}) {
    Preparation preparation = of(folder, "none/yet/out.h5");
    preparation.recipe = parse_recipe(recipe);
    CHECK(tried(preparation).error.find("257690173500000 bytes") != std::string::npos);
    preparation.recipe.size = PictureSize{2, 2};
    preparation.recipe.crop = std::nullopt;
    CHECK(tried(preparation).error.find("in/0.png") != std::string::npos);
  }
  CHECK_THROWS_AS(require_disk_room(folder / "none/yet/out.h5", {3, 65535, 65535}, 1'000'000), IoError);
  CHECK_THROWS_AS(require_disk_room("out.h5", {3, 65535, 65535}, 1'000'000), IoError);
  CHECK_NOTHROW(require_disk_room(folder / "none/yet/out.h5", {3, 8, 8}, 1));
  CHECK_FALSE(fs::exists(folder / "none"));
}

TEST_CASE("prepare: the result does not depend on the number of threads") {
  const ScratchFolder folder;
  for (int n = 0; n < 20; ++n)
    put_picture(folder / ("in/" + std::to_string(n) + ".png"), 4 + n % 5, 7,
                static_cast<std::uint8_t>(3 * n));
  std::vector<Tensor<std::uint8_t>> images;
  for (const int threads : {1, 4}) {
    Preparation preparation = of(folder, std::to_string(threads) + ".h5");
    preparation.info.threads = threads;
    REQUIRE(tried(preparation).error == "");
    images.push_back(open_prepared(preparation.output)[DataPart::train].images.in_memory(0, 18));
  }
  CHECK(images[0] == images[1]);
}

TEST_CASE("prepare: Ctrl-C ends it, and nothing is half-written") {
  const ScratchFolder folder;
  for (int n = 0; n < 200; ++n) put_picture(folder / ("in/" + std::to_string(n) + ".png"), 4, 4, 1);
  put_content(folder / "in/100.png", "no picture");
  Preparation preparation = of(folder);
  preparation.skip_broken = true;
  const auto work = [&] {
    try {
      prepare(preparation, [](const std::string&) { std::raise(SIGINT); });  // at the broken one
    } catch (const Interrupted&) {
      return 130;
    }
    return 0;
  };
  CHECK(exit_status_when_interrupted(std::chrono::seconds(10), work) == 130);
  CHECK(exit_status_when_interrupted(std::chrono::milliseconds(0), work) == 130);
  CHECK(folder.files() == 1);
}
