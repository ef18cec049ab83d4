// Whether the files of known data sets are the published ones.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/data/known_sets.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fsconv {

enum class FileVerdict {
  right,      // the sum is the published one
  wrong,      // it is not, or the length is not, or the file is damaged
  missing,    // a file that is needed is not there
  unchecked,  // the length is right, and there is no sum to compare with
};
constexpr auto names_of(FileVerdict) {
  return NameTable<FileVerdict, 4>{"verdict",
                                   {{{FileVerdict::right, "right"},
                                     {FileVerdict::wrong, "wrong"},
                                     {FileVerdict::missing, "missing"},
                                     {FileVerdict::unchecked, "unchecked"}}}};
}

struct CheckedFile {
  std::string path;
  FileVerdict verdict = FileVerdict::right;
  Index bytes = 0;     // of the content that was read
  std::string sha256;  // of it; empty where it was not computed
  std::string remark;  // what is wrong with it, or whose it is
};

struct CheckedSet {
  std::string name;  // of the set
  std::string place;
  std::vector<CheckedFile> files;
  std::string remark;

  Index count(FileVerdict verdict) const;
  bool is_good() const { return count(FileVerdict::wrong) == 0 && count(FileVerdict::missing) == 0; }
};

// Compares the files of a folder with those of the set that most of them are of: several sets use the same names. Files of
// other names are not looked at. BadData where it holds no file of any known set; IoError where one cannot be read;
// Interrupted after Ctrl-C, where it is caught.
CheckedSet check_folder(const std::string& folder);
// The same with that set alone.
CheckedSet check_folder(const std::string& folder, const KnownSet& set);

// One file, by its name, with every set that has such a file. BadData where none has.
CheckedSet check_file(const std::string& path);

// A prepared file (prepared_file.hpp), every pixel of it.
CheckedSet check_prepared(const std::string& path);

// Looks for the set where it may be. IoError where there is no set of that name, or it is not there: then it says how to
// get it.
CheckedSet check_named(const std::string& name);

nlohmann::json to_json(const std::vector<CheckedSet>& sets);
std::string text(const std::vector<CheckedSet>& sets, std::size_t width);  // a line for each file

// BadData that names the first file which is wrong or missing, and how many are.
void require_good(const std::vector<CheckedSet>& sets);

}  // namespace fsconv
