// fsconv data as a user runs it: pictures made ready and trained on, what is listed and verified, what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/picture.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// The pictures of data/samples, in a folder of their own.
void put_samples(const ScratchFolder& folder) {
  fs::copy(std::string(FSCONV_SOURCE_DIR) + "/data/samples/pictures", folder / "pictures",
           fs::copy_options::recursive);
}

Finished run_in(const ScratchFolder& folder, const std::string& line) {
  return run_fsconv(words(line), folder.path());
}

json parsed(const Finished& finished) {
  INFO(finished.out << finished.err);
  REQUIRE(finished.exit_code == 0);
  return json::parse(finished.out);
}

struct Refusal {
  const char* line;
  int code;
  std::vector<const char*> says;
};

void check_refused(const ScratchFolder& folder, const std::vector<Refusal>& list) {
  const std::size_t before = folder.files();
  for (const auto& [line, code, says] : list) {
    const Finished finished = run_in(folder, line);
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == code);
    CHECK(finished.err.starts_with("fsconv: "));
    CHECK(finished.error_lines() >= 1);
    CHECK(finished.error_lines() <= 2);
    for (const char* part : says) CHECK(finished.err.find(part) != std::string::npos);
    CHECK(folder.files() == before);
  }
}

}  // namespace

TEST_CASE("cli data: own pictures are prepared, listed, verified and trained on") {
  const ScratchFolder folder;
  put_samples(folder);
  const json listed = parsed(run_in(folder, "data list pictures --json"))[0];
  CHECK(listed["images"] == 12);
  CHECK(listed["sizes"].size() == 6);
  CHECK(listed["classes"] == json({"crosses", "discs"}));
  CHECK(listed["labels"] == json({6, 6}));
  CHECK(listed["broken"].empty());

  const json made = parsed(run_in(
      folder, "data prepare pictures -o out.h5 --size 16 --test 2 --validation 0.2 --threads 2 --json"));
  CHECK(made["image"] == json({3, 16, 16}));
  CHECK((made["train"] == 8 && made["validation"] == 2 && made["test"] == 2));
  CHECK(made["recipe"]["size"] == "16x16");
  const json summary = parsed(run_in(folder, "data list out.h5 --json"))[0];
  CHECK(summary["kind"] == "prepared");
  CHECK(summary["recipe"] == made["recipe"]);
  CHECK(summary["classes"] == listed["classes"]);

  CHECK(parsed(run_in(folder, "data verify out.h5 --json"))[0]["good"] == true);
  const Finished trained = run_in(
      folder, "train --data out.h5 --channels 4 --latent 2 --epochs 1 --batch 4 --output run.h5 --json");
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  CHECK(std::isfinite(json::parse(trained.out)["validation_loss"].get<double>()));
  // What is computed of the images has their labels, and what these mean.
  REQUIRE(run_in(folder, "encode run.h5 --split all --output codes.h5").exit_code == 0);
  const auto codes = fsconv::hdf5::File::open(folder / "codes.h5");
  CHECK(json::parse(codes.string_attribute("/label", "classes")) == listed["classes"]);
  const auto labels = codes.read<std::uint8_t>("/label");
  CHECK(std::count(labels.begin(), labels.end(), 0) == std::count(labels.begin(), labels.end(), 1));

  // A pixel is changed: the file no longer is what was prepared. (The flat ground of a picture is the longest row of equal
  // bytes that are not zero.)
  std::string content = content_of(folder / "out.h5");
  std::size_t longest = 0, at = 0;
  for (std::size_t first = 0, next = 0; first < content.size(); first = next) {
    next = std::min(content.find_first_not_of(content[first], first), content.size());
    if (content[first] != 0 && content[first] != '\xff' && next - first > longest)
      longest = next - first, at = first;
  }
  REQUIRE(longest > 16);
  content[at + longest / 2] ^= 1;
  put_content(folder / "out.h5", content);
  const Finished changed = run_in(folder, "data verify out.h5");
  INFO(changed.out << changed.err);
  CHECK(changed.exit_code == 4);
  CHECK(changed.out.find("wrong") != std::string::npos);
}

TEST_CASE("cli data: what is asked for wrongly is refused, and nothing is written") {
  const ScratchFolder folder;
  put_samples(folder);
  fs::create_directory(folder / "empty");
  std::ofstream(folder / "partition.txt") << "crosses/cross-1.jpg 0\n";
  std::ofstream(folder / "text.h5") << "no HDF5";
  std::ofstream(folder / "text.txt") << "a text";
  check_refused(folder,
                {{"data", 2, {"prepare, list or verify"}},
                 {"data prepares pictures", 2, {"'prepares'", "did you mean prepare?"}},
                 {"data make pictures", 2, {"'make'", "prepare, list or verify"}},
                 {"data prepare", 2, {"no folder"}},
                 {"data prepare pictures pictures -o x.h5", 2, {"one folder"}},
                 {"data prepare pictures", 2, {"output"}},
                 {"data prepare pictures -o x.npy --size 8", 2, {"x.npy"}},
                 {"data prepare pictures -o x.h5 --size 8 --frob", 2, {"--frob"}},
                 {"data prepare pictures -o x.h5 --size big", 2, {"size"}},
                 {"data prepare pictures -o x.h5 --size 8 --crop moon", 2, {"crop", "moon"}},
                 {"data prepare pictures -o x.h5 --size 8 --channels cmyk", 2, {"channels", "cmyk", "grey"}},
                 {"data prepare pictures -o x.h5 --fit crop", 2, {"fit", "no effect"}},
                 {"data prepare pictures -o x.h5 --size 8 --test 12", 2, {"test", "12"}},
                 {"data prepare pictures -o x.h5 --size 8 --test 1.5", 2, {"test", "1.5"}},
                 {"data prepare pictures -o x.h5 --size 8 --threads 0", 2, {"threads", "from 1 to 1024"}},
                 {"data prepare pictures -o x.h5", 4, {"cross-2.png"}},  // of another size than the first
                 {"data prepare pictures -o x.h5 --crop celeba-148 --size 64", 4, {"cross-1.jpg"}},
                 {"data prepare pictures -o x.h5 --size 8 --partition partition.txt", 4, {"partition.txt"}},
                 {"data prepare pictures -o x.h5 --size 8 --partition none.txt", 5, {"none.txt"}},
                 {"data prepare empty -o x.h5 --size 8", 4, {"empty"}},
                 {"data prepare none -o x.h5 --size 8", 5, {"none"}},
                 {"data prepare text.txt -o x.h5 --size 8", 5, {"text.txt"}},
                 {"data prepare pictures -o none/deeper/x.h5 --size 8", 5, {"none"}},
                 {"data prepare pictures -o text.h5 --size 8", 2, {"text.h5", "--force"}},
                 {"data list --crop 3", 2, {"crop", "data list"}},
                 {"data list --threads 2", 2, {"threads"}},
                 {"data list none", 5, {"none"}},
                 {"data list empty", 4, {"empty folder", "pictures", "train-images-idx3-ubyte"}},
                 {"train --data empty --output x.h5", 4, {"empty folder"}},
                 {"data prepare pictures -o x.h5", 4, {"data prepare --size"}},
                 {"data list cifar-10", 5, {"data/cifar-10", "data/fetch cifar-10"}},
                 {"data verify cifar-10", 5, {"data/cifar-10", "data/fetch cifar-10"}},
                 {"train --data cifar-10 --output x.h5", 5, {"data/cifar-10", "data/fetch cifar-10"}},
                 {"train --data cifar10 --output x.h5", 5, {"known are", "cifar-10", "fsconv data list"}},
                 {"train --data celeba --output x.h5", 5, {"data/celeba", "by hand"}},
                 {"data list text.txt", 4, {"text.txt"}},
                 {"data verify", 2, {"nothing is named"}},
                 {"data verify --force pictures", 2, {"force", "data verify"}},
                 {"data verify imagenet", 5, {"imagenet", "celeba"}},
                 {"data verify generated", 2, {"drawn anew", "no file to compare"}},
                 {"data verify generated:8x8x3", 2, {"drawn anew"}},
                 {"data verify empty", 4, {"known data set"}},
                 {"data verify text.txt", 4, {"known data set"}}});
  const Finished bad = run_in(folder, "data verify text.h5");
  CHECK(bad.exit_code == 4);
}

TEST_CASE("cli data: nobody is tested with what he was trained on, by whatever name") {
  const ScratchFolder folder;
  put_samples(folder);
  fs::rename(folder / "pictures", folder / "data");  // below which known sets are looked for
  fs::create_directories(folder / "data/mnist");
  fs::create_directories(folder / "cls");
  for (const char* name : {"1.png", "2.png", "3.png"})
    fs::copy(folder / "data/crosses/cross-4.png", folder / ("cls/" + std::string(name)));
  fs::create_directory_symlink("cls", folder / "link");
  REQUIRE(run_in(folder, "data prepare cls -o x.h5 --size 8").exit_code == 0);
  fs::copy(folder / "x.h5", folder / "y.h5");
  fs::create_hard_link(folder / "x.h5", folder / "hard.h5");
  const std::string here = folder.path();
  for (const auto& [data, test] : {std::pair<std::string, std::string>{"cls", "cls"},
                                   {"cls", "./cls"},
                                   {"cls", "cls/"},
                                   {"./cls", "data/../cls"},
                                   {"cls", here + "/cls"},
                                   {"cls", "link"},
                                   {"link", "cls"},
                                   {"x.h5", "./x.h5"},
                                   {"x.h5", "hard.h5"},
                                   {"x.h5:/train/images", "./x.h5:train/images"},
                                   {"mnist", "./data/mnist"},
                                   {"mnist", "mnist"},
                                   {"generated", "generated:28x28x1"},
                                   {"generated:factors", "generated:64x64x3,factors"}}) {
    const Finished finished =
        run_fsconv({"train", "--data", data, "--test-data", test, "--output", "run.h5"}, here);
    INFO(data << " and " << test << ": " << finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find("test-data") != std::string::npos);
    CHECK(finished.err.find(test) != std::string::npos);
    CHECK(finished.error_lines() == 1);
  }
  // Another file, or another array of the same one, is none of that; nor is a folder that is called like a set.
  fs::create_directories(folder / "generated:8x8x3");
  for (const char* name : {"1.png", "2.png"})
    fsconv::write_png(folder / ("generated:8x8x3/" + std::string(name)),
                      {8, 8, 3, std::vector<std::uint8_t>(192, 7)});
  for (const auto& [data, test] : {std::pair<std::string, std::string>{"x.h5", "y.h5"},
                                   {"x.h5:/train/images", "x.h5:/test/images"},
                                   {"generated:8x8x3", "./generated:8x8x3"}}) {
    const Finished finished = run_fsconv(
        {"train", "--data", data, "--test-data", test, "--summary", "--channels", "2", "--latent", "2"},
        here);
    INFO(data << " and " << test << ": " << finished.err);
    CHECK(finished.exit_code == 0);
  }
}

TEST_CASE("cli data: which validation images --validation takes is said") {
  const ScratchFolder folder;
  put_samples(folder);
  REQUIRE(run_in(folder, "data prepare pictures -o out.h5 --size 8 --test 2 --validation 3").exit_code == 0);
  REQUIRE(run_in(folder, "data prepare pictures -o none.h5 --size 8 --test 2").exit_code == 0);
  const auto said = [&](const std::string& line) {
    const Finished finished = run_in(folder, "train --data " + line);
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    return finished.err.find("takes the first of its own 3 validation images") != std::string::npos;
  };
  CHECK(said("out.h5 --validation 2 --channels 2 --latent 2 --epochs 1 --batch 4 --output a.h5"));
  CHECK_FALSE(said("out.h5 --channels 2 --latent 2 --epochs 1 --batch 4 --output b.h5"));
  CHECK_FALSE(said("none.h5 --validation 2 --channels 2 --latent 2 --epochs 1 --batch 4 --output c.h5"));
}

TEST_CASE("cli data: a file of another command is called so, in a line") {
  const ScratchFolder folder;
  REQUIRE(run_in(folder,
                 "train --data generated:8x8x1 --train-images 40 --test-images 20 --epochs 1 --channels 2 "
                 "--latent 2 --output a.h5")
              .exit_code == 0);
  REQUIRE(run_in(folder, "encode a.h5 --output codes.h5").exit_code == 0);
  check_refused(folder,
                {{"data list a.h5", 4, {"a.h5: is a file of fsconv train", "no file of fsconv data prepare"}},
                 {"data list codes.h5", 4, {"codes.h5: is a file of fsconv encode"}},
                 {"train --data a.h5 --output x.h5", 4, {"a.h5: is a file of fsconv train"}}});
  const Finished verified = run_in(folder, "data verify a.h5");
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 4);
  CHECK(verified.out.starts_with("a.h5: no prepared file\n"));
  CHECK(verified.out.find("is a file of fsconv train") != std::string::npos);
  CHECK(verified.err.find("is wrong; 1 of 1 file is not what it should be") != std::string::npos);
}

#ifndef FSCONV_SANITIZED  // whose shadow is terabytes of addresses
TEST_CASE("cli data: an array of bytes is read in about one byte a pixel") {
  FSCONV_NEED_PYTHON("numpy")
  const ScratchFolder folder;
  put_content(folder / "script.py", R"(import numpy
images = numpy.zeros((2**21, 8, 8), "u1")
numpy.savez_compressed("u1.npz", images=images)
numpy.savez_compressed("b1.npz", images=images.astype(bool))
numpy.savez_compressed("last.npz", images=images.reshape(-1, 8, 8, 1))
)");
  REQUIRE(std::system(("cd '" + folder.path() + "' && " + python + " script.py").c_str()) == 0);
  // 128 MiB of pixels: as doubles they would be a gibibyte more.
  for (const char* file : {"u1.npz", "b1.npz", "last.npz"}) {
    const Finished finished =
        run_fsconv({"train", "--data", file, "--summary", "--channels", "2", "--latent", "2"}, folder.path(),
                   {.time = std::chrono::seconds(60), .system = {{RLIMIT_AS, std::size_t{900} << 20}}});
    INFO(file << ": " << finished.err);
    CHECK(finished.exit_code == 0);
  }
}
#endif

TEST_CASE("cli data: a broken picture, an output that is there, a disk that is full, Ctrl-C") {
  const ScratchFolder folder;
  put_samples(folder);
  const std::string line = "data prepare pictures -o out.h5 --size 8 --test 2";
  REQUIRE(run_in(folder, line).exit_code == 0);
  const std::string before = content_of(folder / "out.h5");
  CHECK(run_in(folder, line).exit_code == 2);
  CHECK(run_in(folder, line + " --force --size=4").exit_code == 2);  // twice
  CHECK(content_of(folder / "out.h5") == before);

  const std::string picture = content_of(folder / "pictures/discs/disc-3.jpg");
  put_content(folder / "pictures/discs/disc-3.jpg", picture.substr(0, picture.size() / 2));
  const Finished broken = run_in(folder, line + " --force");
  CHECK(broken.exit_code == 4);
  CHECK(broken.err.find("disc-3.jpg") != std::string::npos);
  CHECK(content_of(folder / "out.h5") == before);
  const json skipped = parsed(run_in(folder, line + " --force --skip-broken --json"));
  CHECK((skipped["skipped"] == 1 && skipped["train"] == 9 && skipped["test"] == 2));

  fs::remove(folder / "pictures/discs/disc-3.jpg");
  const std::size_t files = folder.files();
  const Finished full = run_fsconv(words("data prepare pictures -o big.h5 --size 128 --test 2"),
                                   folder.path(), {.file_bytes = 100'000});
  INFO(full.err);
  CHECK(full.exit_code == 5);
  CHECK(folder.files() == files);
  fs::create_symlink("nowhere", folder / "pictures/discs/gone.jpg");
  const json listed = parsed(run_in(folder, "data list pictures --json"))[0];
  CHECK((listed["images"] == 11 && listed["broken"].size() == 1));
  CHECK(run_in(folder, line + " --force").exit_code == 5);
  CHECK(parsed(run_in(folder, line + " --force --skip-broken --json"))["skipped"] == 1);
}

TEST_CASE("cli data: more folders than labels are told, unreadable ones are errors") {
  const ScratchFolder folder;
  const std::string picture =
      content_of(std::string(FSCONV_SOURCE_DIR) + "/data/samples/pictures/crosses/cross-4.png");
  for (int n = 0; n < 257; ++n) {
    const std::string place = folder / ("many/" + std::to_string(n));
    fs::create_directories(place);
    put_content(place + "/x.png", picture);
  }
  const Finished many = run_in(folder, "data prepare many -o many.h5 --size 4");
  INFO(many.err);
  CHECK(many.exit_code == 0);
  CHECK(many.err.find("257") != std::string::npos);
  CHECK(parsed(run_in(folder, "data list many.h5 --json"))[0]["labels"].empty());
  CHECK(many.out.find("256 pictures have the bytes of an earlier one") != std::string::npos);
}

TEST_CASE("cli data: words stay as they are, with line feeds in them") {
  const ScratchFolder folder;
  put_samples(folder);
  fs::rename(folder / "pictures", folder / "two\nlines");
  const Finished listed = run_fsconv({"data", "list", "two\nlines", "--json"}, folder.path());
  CHECK(parsed(listed)[0]["images"] == 12);
  // In every command that takes several words: one word is one file.
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"report", "a.h5\nb.h5", "-o", "page.html"},
        {"data", "verify", "a.h5\nb.h5"}}) {
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 5);
    CHECK(finished.err.find("a.h5\\x0ab.h5") != std::string::npos);
  }
  CHECK(run_fsconv({"report", "", "-o", "page.html"}, folder.path()).exit_code == 2);
}

TEST_CASE("cli data: the known sets are listed, wherever they are") {
  const ScratchFolder folder;
  fs::create_directories(folder / "data/mnist");
  const json list = parsed(run_in(folder, "data list --json"));
  CHECK(list.size() == 5);
  for (const json& set : list) {
    CHECK_FALSE(set["licence"].get<std::string>().empty());
    if (set["name"] == "mnist") CHECK(set["found_in"] == "data/mnist");
    if (set["name"] == "celeba") CHECK(set["found_in"].is_null());
  }
  const Finished missing = run_in(folder, "data verify mnist");
  CHECK(missing.exit_code == 4);  // the folder is there, and empty
  CHECK(missing.out.find("missing") != std::string::npos);
}
