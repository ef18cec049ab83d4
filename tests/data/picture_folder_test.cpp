// Folders of pictures: what is listed, in which order, with which labels and parts; and all read on several threads.
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/picture_folder.hpp>
#include <fsconv/io/sha256.hpp>
#include <set>

#include "io/images/picture_files.hpp"
#include "io/scratch.hpp"
#include "support/interrupted_child.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

// Files in folders of their own; those that end in .png are pictures, the others texts.
void put_files(const ScratchFolder& folder, const Names& names) {
  for (const std::string& name : names) {
    fs::create_directories(fs::path(folder / name).parent_path());
    put_content(folder / name, name.ends_with(".png") ? png_file(random_picture(2, 3, 1)) : "text");
  }
}

Names names_of_pictures(const PictureFolder& list) {
  Names names;
  for (const PictureEntry& picture : list.pictures) names.push_back(picture.name);
  return names;
}

// "train:0 test:1": part and label of each picture.
std::string parts_and_labels(const PictureFolder& list) {
  std::string text;
  for (const PictureEntry& picture : list.pictures)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", name(picture.part),
                        picture.label ? std::to_string(*picture.label) : "-");
  return text;
}

// Whom permissions bind: nobody, where the tests run as root.
class OtherUser {
 public:
  OtherUser() {
    if (getuid() == 0) is_root_ = seteuid(65534) != 0;
  }
  ~OtherUser() {
    if (seteuid(getuid()) != 0) std::abort();
  }
  bool is_root() const { return is_root_; }

 private:
  bool is_root_ = false;
};

std::string refusal(const std::function<void()>& work) try {
  work();
  return "none";
} catch (const BadData& error) {
  return error.what();
}

// The headers that one includes, and those that these include.
std::set<std::string> included_by(const std::string& header) {
  const std::string text = content_of(std::string(FSCONV_SOURCE_DIR) + "/lib/" + header);
  const std::string start = "#include <fsconv/";
  std::set<std::string> all;
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    const std::size_t name = at + start.size() - std::string_view("fsconv/").size();
    const std::string included = text.substr(name, text.find('>', name) - name);
    all.insert(included);
    if (!included.ends_with("version.hpp")) all.merge(included_by(included));  // which is generated
  }
  return all;
}

}  // namespace

TEST_CASE("picture folder: nothing of HDF5 comes with its header, nor with what says the kind of data") {
  for (const char* header : {"fsconv/data/picture_folder.hpp", "fsconv/data/data_kind.hpp"})
    for (const std::string& included : included_by(header)) {
      INFO(header << " includes " << included);
      CHECK(included.find("hdf5") == std::string::npos);
    }
  CHECK(included_by("fsconv/data/prepared_file.hpp").contains("fsconv/io/hdf5/file.hpp"));
}

TEST_CASE("picture folder: all pictures below it, sorted by the bytes of their names") {
  const ScratchFolder folder;
  put_files(folder, {"b/1.png", "b/10.png", "b/2.png", "a.png", "B.png", "b.png", "\xc3\xa9.png",
                     "readme.txt", "x.csv", ".hidden.png", "b/._1.png", ".git/a.png"});
  put_content(folder / "nameless", jpeg_file(random_picture(2, 3, 1)));
  put_content(folder / "UPPER.JPG", jpeg_file(random_picture(2, 3, 1)));
  put_content(folder / "lost.jpeg", "");  // an error when it is read, not one picture less
  const PictureFolder list = list_pictures(folder.path() + "//");
  CHECK(names_of_pictures(list) == Names{"B.png", "UPPER.JPG", "a.png", "b.png", "b/1.png", "b/10.png",
                                         "b/2.png", "lost.jpeg", "nameless", "\xc3\xa9.png"});
  CHECK(list.path(list.pictures[4]) == folder / "b/1.png");
  CHECK(list.classes.empty());
  CHECK_FALSE(list.has_parts);
  REQUIRE(list.notes.size() == 2);
  CHECK(list.notes[0] == "2 files left out: no JPEG or PNG, such as readme.txt");
  CHECK(list.notes[1] == "3 files or folders left out: their names begin with a dot");
}

TEST_CASE("picture folder: links are followed, and loops end") {
  const ScratchFolder folder;
  put_files(folder, {"a/1.png", "z/2.png"});
  fs::create_directory_symlink("..", folder / "a/up");       // to the folder itself
  fs::create_directory_symlink("../z", folder / "a/other");  // comes before z/, and does not displace it
  fs::create_symlink("1.png", folder / "a/again.png");       // a file is listed under both names
  fs::create_symlink("nowhere", folder / "a/gone.png");
  fs::create_symlink("nowhere", folder / "a/gone.txt");
  fs::create_symlink("loop.png", folder / "a/loop.png");
  REQUIRE(mkfifo((folder / "a/pipe.png").c_str(), 0600) == 0);
  const PictureFolder list = list_pictures(folder.path());
  CHECK(names_of_pictures(list) == Names{"a/1.png", "a/again.png", "a/gone.png", "a/loop.png", "z/2.png"});
  REQUIRE(list.notes.size() == 3);
  CHECK_THAT(list.notes[0], Contains("1 file left out") && Contains("a/pipe.png"));
  CHECK_THAT(list.notes[1], Contains("1 file or link left out") && Contains("a/gone.txt"));
  CHECK_THAT(list.notes[2], Contains("2 ways left out") && Contains("a/other"));
  CHECK_THROWS_AS(load_picture(folder / "a/gone.png", {}), IoError);
}

TEST_CASE("picture folder: a link to a folder displaces none that lies there, and may be a class") {
  const ScratchFolder folder, outside;
  put_files(folder, {"train/a/1.png", "train/b/2.png", "test/a/3.png"});
  fs::create_directory_symlink("train", folder / "alias");
  const PictureFolder list = list_pictures(folder.path());
  CHECK(names_of_pictures(list) == Names{"test/a/3.png", "train/a/1.png", "train/b/2.png"});
  CHECK(parts_and_labels(list) == "test:0 train:0 train:1");
  put_files(outside, {"x/1.png", "y/2.png"});
  const ScratchFolder links;
  fs::create_directory_symlink(outside / "x", links / "cat");
  fs::create_directory_symlink(outside / "y", links / "dog");
  CHECK(list_pictures(links.path()).classes == Names{"cat", "dog"});
  CHECK(holds_pictures(links.path()));
}

TEST_CASE("picture folder: whether it holds pictures is what the list says") {
  const ScratchFolder folder;
  put_files(folder, {"a/.hidden.png", "a/b/text.txt"});
  CHECK_FALSE(holds_pictures(folder.path()));
  put_content(folder / "a/b/nameless", png_file(random_picture(2, 3, 1)));
  CHECK(holds_pictures(folder.path() + "/"));
  CHECK_THROWS_AS(holds_pictures(folder / "none"), IoError);
}

TEST_CASE("picture folder: what may not be read is told, and a folder that may not be searched an error") {
  const ScratchFolder folder;
  put_files(folder, {"sub/1.png", "2.png", "notes.txt"});
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(folder / "notes.txt", fs::perms::none);
  const auto refusal_of = [&] {
    const OtherUser user;
    try {
      list_pictures(folder.path());
    } catch (const IoError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  if (OtherUser().is_root()) return;  // this system knows no other user
  CHECK(refusal_of() == "none");
  {
    const OtherUser user;
    const PictureFolder list = list_pictures(folder.path());
    CHECK(names_of_pictures(list) == Names{"2.png", "sub/1.png"});
    REQUIRE(list.notes.size() == 1);
    CHECK_THAT(list.notes[0], Contains("1 file or link left out") && Contains("notes.txt"));
  }
  constexpr fs::perms list_only = fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;
  fs::permissions(folder / "sub", list_only);
  CHECK_THAT(refusal_of(), Contains("sub/1.png: "));
  fs::permissions(folder.path(), list_only);
  CHECK_THAT(refusal_of(), Contains(folder.path() + "/"));
  for (const std::string& place : {folder.path(), folder / "sub"})
    fs::permissions(place, fs::perms::owner_all);
}

TEST_CASE("picture folder: what cannot be listed is refused, in one line") {
  const ScratchFolder folder;
  CHECK_THROWS_AS(list_pictures(folder / "none"), IoError);
  CHECK_THROWS_AS(list_pictures(""), InvalidArgument);
  put_files(folder, {"file", "empty/text", "newline/a\nb.png", "latin/caf\xe9.png", "text/caf\xe9.txt",
                     "text/1.png"});
  CHECK_THROWS_AS(list_pictures(folder / "file"), IoError);
  CHECK_THAT(refusal([&] { list_pictures(folder / "empty"); }),
             Contains("holds no pictures; 1 file left out"));
  const std::string newline = refusal([&] { list_pictures(folder / "newline"); });
  CHECK_THAT(newline, Contains("a\\x0ab.png") && Contains("rename it"));
  CHECK(newline.find('\n') == std::string::npos);
  CHECK_THAT(refusal([&] { list_pictures(folder / "latin"); }), Contains("caf\\xe9.png"));
  CHECK(list_pictures(folder / "text").pictures.size() == 1);  // what is left out may be named as it likes
  if (geteuid() != 0) {
    fs::permissions(folder / "text", fs::perms::none);
    CHECK_THROWS_AS(list_pictures(folder.path()), IoError);
    fs::permissions(folder / "text", fs::perms::owner_all);
  }
}

TEST_CASE("picture folder: subfolders are classes where every picture lies in one") {
  const ScratchFolder folder;
  put_files(folder, {"dog/1.png", "cat/2.png", "dog/deep/3.png", "emu/4.png"});
  const PictureFolder list = list_pictures(folder.path());
  CHECK(list.classes == Names{"cat", "dog", "emu"});
  CHECK(parts_and_labels(list) == "train:0 train:1 train:1 train:2");
  put_files(folder, {"5.png"});
  CHECK(list_pictures(folder.path()).classes.empty());
  CHECK(parts_and_labels(list_pictures(folder.path())) == "train:- train:- train:- train:- train:-");
  CHECK_THAT(
      list_pictures(folder.path()).notes.at(0),
      Contains("no labels: there are 3 subfolders, and 1 picture lies in none of them, such as 5.png"));

  const ScratchFolder one;
  put_files(one, {"img/1.png", "img/2.png"});
  CHECK(list_pictures(one.path()).classes.empty());  // one class says nothing
}

TEST_CASE("picture folder: 256 classes are labels, 257 a note") {
  const ScratchFolder folder;
  for (int number = 0; number < 256; ++number) put_files(folder, {fmt::format("{:03}/1.png", number)});
  const PictureFolder list = list_pictures(folder.path());
  CHECK(list.classes.size() == 256);
  CHECK(list.pictures.back().label == 255);
  put_files(folder, {"256/1.png"});
  const PictureFolder many = list_pictures(folder.path());
  CHECK(many.classes.empty());
  CHECK_FALSE(many.pictures.front().label);
  REQUIRE(many.notes.size() == 1);
  CHECK_THAT(many.notes[0], Contains("no labels: there are 257 subfolders"));
}

TEST_CASE("picture folder: train, test and validation folders say the part, and labels lie below") {
  const ScratchFolder folder;
  put_files(folder, {"train/b/1.png", "train/a/2.png", "test/b/3.png", "Val/c/4.png"});
  const PictureFolder list = list_pictures(folder.path());
  CHECK(list.has_parts);
  CHECK(list.partition.empty());
  CHECK(list.classes == Names{"a", "b", "c"});
  CHECK(names_of_pictures(list) == Names{"Val/c/4.png", "test/b/3.png", "train/a/2.png", "train/b/1.png"});
  CHECK(parts_and_labels(list) == "validation:2 test:1 train:0 train:1");
  CHECK(list.count(DataPart::train) == 2);
  put_files(folder, {"extra/5.png"});
  CHECK_THAT(refusal([&] { list_pictures(folder.path()); }), Contains("'extra/5.png' lies beside"));
  // A partition names all, and wins.
  put_content(folder / "list_eval_partition.txt",
              "Val/c/4.png 0\ntest/b/3.png 0\ntrain/a/2.png 2\ntrain/b/1.png 0\nextra/5.png 1\n");
  const PictureFolder partitioned = list_pictures(folder.path());
  CHECK((partitioned.count(DataPart::train) == 3 && partitioned.count(DataPart::validation) == 1));
  CHECK(partitioned.classes == Names{"Val", "extra", "test", "train"});

  // train/ alone says nothing: it may be a class, of trains.
  const ScratchFolder alone;
  put_files(alone, {"train/1.png", "other/2.png"});
  CHECK(parts_and_labels(list_pictures(alone.path())) == "train:0 train:1");
  const ScratchFolder unlabelled;
  put_files(unlabelled, {"train/1.png", "validation/2.png"});
  CHECK(parts_and_labels(list_pictures(unlabelled.path())) == "train:- validation:-");
}

TEST_CASE("picture folder: nothing that is called test/ or val/ is trained on for want of a train/") {
  for (const Names& names : {Names{"test/a/1.png", "test/b/2.png"}, Names{"test/1.png", "other/2.png"},
                             Names{"val/1.png", "test/2.png"}, Names{"1.png", "Valid/2.png"},
                             Names{"trains/1.png", "validation/2.png"}}) {
    INFO(names[0]);
    const ScratchFolder folder;
    put_files(folder, names);
    CHECK_THAT(refusal([&] { list_pictures(folder.path()); }),
               Contains("and no train/") && Contains("classes have other names"));
    // A partition says it of all.
    put_content(folder / "list_eval_partition.txt", names[0] + " 0\n" + names[1] + " 2\n");
    const PictureFolder list = list_pictures(folder.path());
    CHECK((list.count(DataPart::train) == 1 && list.count(DataPart::test) == 1));
  }
}

TEST_CASE("picture folder: list_eval_partition.txt says the part") {
  const ScratchFolder folder;
  put_files(folder, {"img/000001.png", "img/000002.png", "img/000003.png"});
  const std::string own = folder / "list_eval_partition.txt";
  const auto read = [&](const std::string& content) {
    put_content(own, content);
    return list_pictures(folder.path());
  };
  const PictureFolder list = read("000003.png 0\n000001.png 2\r\n000002.png 1");
  CHECK(parts_and_labels(list) == "test:- validation:- train:-");
  CHECK(list.has_parts);
  CHECK(list.partition == own);
  CHECK(list.notes.empty());  // the list is no stray file
  CHECK(parts_and_labels(read("img/000003.png 1\nimg/000001.png  0\n000002.png\t0\n")) ==
        "train:- train:- validation:-");
  // As Windows' editors leave it: the mark of UTF-8, empty lines, which count.
  const std::string marked =
      "\xef\xbb\xbf"
      "000003.png 0\r\n\r\n000001.png 2\r\n000002.png ";
  CHECK(parts_and_labels(read(marked + "1\r\n \r\n\n")) == "test:- validation:- train:-");

  const auto refused = [&](const std::string& content) { return refusal([&] { read(content); }); };
  CHECK_THAT(refused("000001.png 0\n000002.png 3\n"), Contains(own + ": line 2: is '000002.png 3'"));
  CHECK_THAT(refused("000001.png 0\n000002.png\n"),
             Contains("line 2: is '000002.png'") && Contains("NAME 0, NAME 1 or NAME 2"));
  for (const char* line : {"000001.png", "000001.png0", " 0", "0", "000001.png 10", "000001.png 0 x"})
    CHECK_THAT(refused(line), Contains("line 1: is"));
  CHECK_THAT(refused(marked + "7\n"), Contains("line 4: is"));
  CHECK_THAT(refused("000001.png 0\n000002.png 0\n000004.png 0\n"),
             Contains("line 3: names '000004.png', which is no"));
  CHECK_THAT(refused("000001.png 0\n000002.png 0\nimg/000001.png 1\n"),
             Contains("line 3: names 'img/000001.png' again, after line 1"));
  CHECK_THAT(refused("000002.png 0\n"),
             Contains("has no line for 2 of 3 pictures, such as 'img/000001.png'"));
  CHECK_THAT(refused(""), Contains("has no line for 3 of 3 pictures"));

  // Another file, of another name.
  fs::remove(own);
  fs::create_symlink("nowhere", own);
  CHECK_THROWS_AS(list_pictures(folder.path()), IoError);
  fs::remove(own);
  const ScratchFolder elsewhere;
  put_content(elsewhere / "parts.txt", "000001.png 0\n000002.png 1\n000003.png 2\n");
  CHECK(parts_and_labels(list_pictures(folder.path(), elsewhere / "parts.txt")) ==
        "train:- validation:- test:-");
  CHECK_THROWS_AS(list_pictures(folder.path(), elsewhere / "none.txt"), IoError);
}

TEST_CASE("picture folder: pictures come in order, with the sums of their files, on any number of threads") {
  const ScratchFolder folder;
  std::vector<Picture> originals;
  for (int number = 0; number < 100; ++number) {
    originals.push_back(
        random_picture(2 + number % 5, 3, number % 2 ? 3 : 1, static_cast<std::uint64_t>(number)));
    put_content(folder / fmt::format("{:03}.png", number), png_file(originals.back()));
  }
  const PictureFolder list = list_pictures(folder.path());
  const Recipe recipe = parse_recipe("size=2 channels=grey fit=stretch");
  for (const int threads : {1, 2, 5}) {
    Index expected = 0;
    const Index used = read_pictures(list, recipe, {.threads = threads}, [&](Index at, PreparedPicture read) {
      CHECK(at == expected++);
      CHECK(read.picture == apply(recipe, originals[static_cast<std::size_t>(at)]));
      CHECK(read.sha256 == sha256_of_file(list.path(list.pictures[static_cast<std::size_t>(at)])));
    });
    CHECK(used == 100);
  }
}

TEST_CASE("picture folder: the first broken picture is the error, or all are told and left out") {
  const ScratchFolder folder;
  for (int number = 0; number < 60; ++number)
    put_content(folder / fmt::format("{:02}.png", number), png_file(random_picture(4, 4, 1)));
  put_content(folder / "20.png", "");
  put_content(folder / "40.png", png_file(random_picture(4, 4, 1)).substr(0, 50));
  put_content(folder / "50.png", png_file(random_picture(4, 5, 1)));
  const PictureFolder list = list_pictures(folder.path());
  for (const int threads : {1, 4}) {
    Index used = 0;
    const auto count = [&](Index at, const PreparedPicture&) { CHECK(at == used++); };
    CHECK_THAT(refusal([&] { read_pictures(list, {}, {.threads = threads}, count); }),
               Contains("20.png: is empty"));
    CHECK(used == 20);
  }
  std::vector<Index> left_out;
  std::string reasons;
  const ReadPicturesOptions skipping{.threads = 2, .skip = [&](Index at, const std::string& reason) {
                                       left_out.push_back(at);
                                       reasons += reason + "\n";
                                     }};
  CHECK(read_pictures(list, {}, skipping, [](Index, const PreparedPicture&) {}) == 57);
  CHECK(left_out == std::vector<Index>{20, 40, 50});
  CHECK_THAT(reasons, Contains("40.png: is a broken PNG") && Contains("50.png: is 4 pixels high and 5 wide"));
  // What the caller throws is not a broken picture; a file that is not there is one.
  CHECK_THROWS_AS(
      read_pictures(list, {}, skipping, [](Index, const PreparedPicture&) { throw BadData("x", "full"); }),
      BadData);
  fs::remove(folder / "10.png");
  left_out.clear();
  CHECK(read_pictures(list, {}, skipping, [](Index, const PreparedPicture&) {}) == 56);
  CHECK(left_out == std::vector<Index>{10, 20, 40, 50});
  CHECK_THROWS_AS(read_pictures(list, {}, {}, [](Index, const PreparedPicture&) {}), IoError);
}

TEST_CASE("picture folder: large pictures are not read far ahead") {
  const ScratchFolder folder;
  for (int number = 0; number < 9; ++number)
    put_content(folder / fmt::format("{}.png", number), png_file(random_picture(2, 2, 3)));
  // 12 MiB each: one alone, then five for 64 MiB. The last one is gone before it is read.
  Index used = 0;
  const auto use = [&](Index at, const PreparedPicture&) {
    ++used;
    if (at == 1) fs::remove(folder / "6.png");
  };
  CHECK_THROWS_AS(read_pictures(list_pictures(folder.path()), parse_recipe("size=2048"), {.threads = 1}, use),
                  IoError);
  CHECK(used == 6);
}

TEST_CASE("picture folder: sizes and channels must agree after the recipe") {
  const ScratchFolder folder;
  put_content(folder / "a.png", png_file(random_picture(4, 6, 3)));
  put_content(folder / "b.png", png_file(random_picture(4, 6, 1)));
  const PictureFolder list = list_pictures(folder.path());
  const auto read = [&](const char* recipe) {
    return refusal(
        [&] { read_pictures(list, parse_recipe(recipe), {}, [](Index, const PreparedPicture&) {}); });
  };
  CHECK_THAT(read(""), Contains("b.png: is grey, ") && Contains("a.png in colour") &&
                           Contains("data prepare --channels grey or rgb"));
  CHECK(read("channels=rgb") == "none");
  CHECK_THAT(read("crop=5 channels=grey"), Contains("a.png: is 4 pixels high and 6 wide"));
  put_content(folder / "b.png", png_file(random_picture(5, 6, 3)));
  CHECK_THAT(read(""), Contains("b.png: is 5 pixels high and 6 wide") && Contains("data prepare --size"));
  CHECK(read("size=3") == "none");
  CHECK_THROWS_AS(read_pictures(list, {.size = PictureSize{0, 1}}, {}, [](Index, const PreparedPicture&) {}),
                  InvalidArgument);
}

TEST_CASE("picture folder: Ctrl-C ends reading") {
  const ScratchFolder folder;
  put_files(folder, {"1.png", "2.png"});
  const int status = exit_status_when_interrupted(std::chrono::milliseconds(0), [&] {
    try {
      PictureFolder list;
      list.folder = folder.path();
      list.pictures = {{"1.png"}, {"2.png"}};
      read_pictures(list, {}, {.threads = 1}, [](Index, const PreparedPicture&) {});
    } catch (const Interrupted&) {
      return 130;
    }
    return 0;
  });
  CHECK(status == 130);
}
