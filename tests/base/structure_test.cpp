// The house: includes run one way, forms stay strangers, every file says what it is for.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

// Who may include whom; a room may always include itself.
const std::map<std::string, std::set<std::string>> below = {
    {"base", {}},
    {"distributed", {"base"}},
    {"geometry", {"base"}},
    {"engine", {"geometry", "base"}},
    {"forms", {"engine", "geometry", "base"}},
    {"conventions", {"forms", "geometry", "base"}},
    {"io", {"engine", "forms", "geometry", "base"}},
    {"data", {"io", "geometry", "base"}},
    {"nn", {"data", "distributed", "engine", "forms", "geometry", "base"}},
    {"symbolic", {"geometry", "base"}},
    {"beliefs", {"conventions", "forms", "geometry", "base"}},
    {"verify", {"beliefs", "io", "conventions", "engine", "forms", "symbolic", "geometry", "base"}},
    {"bench", {"verify", "nn", "data", "distributed", "io", "engine", "forms", "geometry", "base"}},
    {"train", {"nn", "data", "distributed", "io", "engine", "forms", "geometry", "base"}},
    {"exchange", {"train", "nn", "data", "io", "engine", "forms", "geometry", "base"}},
    {"draw", {"nn", "io", "conventions", "forms", "geometry", "base"}},
    {"report",
     {"draw", "bench", "train", "verify", "beliefs", "nn", "data", "io", "conventions", "forms", "engine",
      "symbolic", "geometry", "base"}},
};

struct Source {
  std::string room, file;
  std::vector<std::pair<std::string, std::string>> includes;  // room, file
  std::string first_line;
};

std::vector<std::pair<std::string, std::string>> includes_of(const std::string& text) {
  const std::string start = "#include <fsconv/";
  std::vector<std::pair<std::string, std::string>> list;
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at)) {
    at += start.size();
    const std::size_t slash = text.find('/', at), dot = text.find(".hpp>", at);
    if (slash < dot)  // version.hpp is in no room
      list.emplace_back(text.substr(at, slash - at), text.substr(slash + 1, dot - slash - 1));
  }
  return list;
}

std::vector<Source> sources() {
  std::vector<Source> list;
  for (const auto& entry : fs::recursive_directory_iterator(FSCONV_SOURCE_DIR "/lib/fsconv")) {
    const std::string extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const fs::path within = entry.path().lexically_relative(FSCONV_SOURCE_DIR "/lib/fsconv");
    list.push_back({within.begin()->string(), entry.path().filename(), includes_of(text.str()),
                    text.str().substr(0, text.str().find('\n'))});
  }
  return list;
}

// The rule itself, so that it can be tried on something wrong.
bool allowed(const std::string& room, const std::string& included) {
  return room == included || below.at(room).contains(included);
}

const std::set<std::string> all_forms = {"gather",   "scatter", "zero_insertion", "polyphase", "matrix",
                                         "bilinear", "im2col",  "onednn",         "batched"};

}  // namespace

TEST_CASE("structure: includes run from cli down to base and never up") {
  const auto all = sources();
  REQUIRE(all.size() > 40);
  for (const Source& source : all)
    for (const auto& [room, file] : source.includes) {
      INFO(source.room << "/" << source.file << " includes " << room << "/" << file);
      REQUIRE(below.contains(source.room));
      CHECK(allowed(source.room, room));
    }
  CHECK_FALSE(allowed("base", "geometry"));
  CHECK_FALSE(allowed("forms", "verify"));
}

TEST_CASE("structure: a form never includes another form") {
  for (const Source& source : sources()) {
    const std::string stem = source.file.substr(0, source.file.find('.'));
    if (source.room != "forms" || !all_forms.contains(stem)) continue;
    for (const auto& [room, file] : source.includes) {
      INFO(source.file << " includes " << file);
      CHECK((room != "forms" || file == stem || !all_forms.contains(file)));
    }
  }
}

TEST_CASE("structure: every header, and every source without one, says in its first line what it is for") {
  const auto all = sources();
  std::set<std::string> headers;
  for (const Source& source : all)
    if (source.file.ends_with(".hpp"))
      headers.insert(source.room + "/" + fs::path(source.file).stem().string());
  for (const Source& source : all) {
    const std::string name = source.room + "/" + fs::path(source.file).stem().string();
    if (source.file.ends_with(".cpp") && headers.contains(name)) continue;
    INFO(source.room << "/" << source.file << ": " << source.first_line);
    CHECK((source.first_line.starts_with("// ") && !source.first_line.starts_with("// SPDX") &&
           source.first_line.size() > 20));
  }
}
