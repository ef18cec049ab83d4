// The data sets that are known by name: what they are, how to get them, and the sums of their files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
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
  std::string_view name;  // as --data takes it, or of the folder that data/fetch makes
  std::string_view title, images, licence, source;
  std::string_view get;                   // how to get it
  std::vector<std::string_view> folders;  // where it is looked for, in this order
  std::vector<KnownFile> files;
  std::vector<KnownFile> archives = {};  // in which they are published, where these have sums of their own
  std::string_view remark = {};          // what cannot be checked
};

// Sums are those of contents and not of archives, which distributions pack anew.
std::span<const KnownSet> known_sets();

// The first of the folders that is there, below `root` where it is not absolute; nothing where none is.
std::optional<std::string> place_of(const KnownSet& set, const std::string& root = {});

// Where a file lies in a folder: plain, with .gz, or (IDX) with a dot in its name. Nothing where it does not.
std::optional<std::string> find_known(const std::string& folder, const KnownFile& file);

}  // namespace fsconv
