// The data sets that are known by name: what they are, how to get them, and the sums of their files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <fsconv/data/data_kind.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

struct KnownFile {
  std::string_view name;    // of the unpacked content; .gz is read as what is in it
  Index bytes;              // of the content; 0: not published
  std::string_view sha256;  // of the content; empty: not published
  bool is_needed = true;
};

struct KnownSet {
  std::string_view name;  // as --data takes it, and of the folder that data/fetch makes
  std::string_view title, images, licence, source;
  std::string_view get;                   // how to get it
  std::vector<std::string_view> folders;  // where it is looked for, in this order
  std::vector<KnownFile> files;
  std::vector<KnownFile> archives = {};  // in which they are published, where these have sums of their own
  std::string_view remark = {};          // what cannot be checked
  DataKind kind = DataKind::idx_folder;  // of its folder
};

// Sums are those of contents and not of archives, which distributions pack anew.
std::span<const KnownSet> known_sets();

// The set of that name, or none.
const KnownSet* known_set(std::string_view name);

// The first of the folders that is there, below `root` where it is not absolute; nothing where none is.
std::optional<std::string> place_of(const KnownSet& set, const std::string& root = {});

// "is not there: no folder data/mnist or mnist; data/fetch mnist"
std::string how_to_get(const KnownSet& set);

}  // namespace fsconv
