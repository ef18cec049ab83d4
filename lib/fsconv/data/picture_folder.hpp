// The pictures of a folder: their list, their labels and parts, and all of them read in order on several threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/error.hpp>
#include <fsconv/data/data_part.hpp>
#include <fsconv/data/picture_recipe.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

struct PictureEntry {
  std::string name;  // its path below the folder, parts joined by '/'
  DataPart part = DataPart::train;
  std::optional<std::uint8_t> label = {};  // all have one, or none
};

struct PictureFolder {
  std::string folder;                  // as it was named
  std::vector<PictureEntry> pictures;  // by the bytes of their names
  std::vector<std::string> classes;    // the names of labels 0, 1, ..., sorted by bytes; or none
  bool has_parts = false;              // whether the folder says which are for training and which are not
  std::string partition = {};          // the file that says so, or nothing: then it is the folders' names
  std::vector<std::string> notes;      // what a user should know, one line each

  std::string path(const PictureEntry& entry) const;  // folder/name
  Index count(DataPart part) const;
};

// All pictures below a folder, listed without reading them.
//
// Which files: those whose names end in .jpg, .jpeg, .jpe, .jfif or .png (in any case) and those of other names that begin
// as such a file does. So a file that lost its content is an error when it is read, not one picture less, and so is a link
// that leads nowhere. What begins with a dot is left out (macOS puts ._NAME.jpg beside NAME.jpg). Other files, what is no
// regular file, and files of other names that cannot be read are counted in the notes. Links are followed; each folder is
// entered once, so that loops end: by its own name where it lies below the folder, and else by the first link in order of
// names.
//
// Parts: where all pictures lie in folders train/ and test/, val/, validation/ or valid/ (train and at least one more), these
// say it; train/ alone is a class as any other name. A file list_eval_partition.txt in the folder, or `partition`, says it in lines "NAME 0", 1 or 2 for train,
// validation and test (CelebA's format). Its names are paths below the folder, or below the one that holds all pictures, and
// every picture has one line. What it says goes before the folders' names.
//
// Labels: where every picture lies in a subfolder of the folder (of its part), and there are 2 to 256 of these names, their
// numbers in sorted order. A note says it where there are more, or where some pictures lie in none.
//
// Throws InvalidArgument "folder" for an empty name; IoError for a folder that cannot be read (its list, or what the files
// in it are), or is none, and for a partition that cannot be read. BadData: where there are no pictures; for names of
// pictures with control characters or that are no UTF-8, which lists and logs could not hold; for pictures beside train/
// and test/, and for test/ and the like where there is no train/, without a partition; for a partition, with the line, that is malformed, names a picture twice or one that is
// not there, or leaves some out. Interrupted after Ctrl-C, where it is caught.
PictureFolder list_pictures(const std::string& folder, const std::optional<std::string>& partition = {});

// Whether that would list a picture: the walk ends at the first one. Throws what it throws for what it has seen.
bool holds_pictures(const std::string& folder);

// A picture as the recipe makes it, with what is known of its file.
struct PreparedPicture {
  Picture picture;
  std::string sha256;  // of the file
};

// Errors name the path.
PreparedPicture load_picture(const std::string& path, const Recipe& recipe);

// Whether its error lies with this one picture, so that others may be read: BadData, or a file that cannot be opened (a
// link that leads nowhere, no permission). A disk that fails is no broken picture.
bool lies_with_picture(const Error& error, const std::string& path);

struct ReadPicturesOptions {
  int threads = 1;
  // Called for a picture that cannot be used, in its turn, instead of throwing its error; `reason` names the file.
  std::function<void(Index at, const std::string& reason)> skip = {};
};

// Calls use(at, picture) on the caller's thread for pictures 0, 1, ... of the list, in order, while others are read on
// `threads` threads. Up to 16 finished pictures per thread are in memory at a time, of 64 MiB together, but one per thread
// may be; and what decoding one takes for each thread. Returns how many were used.
//
// All must have one size and number of channels. The error of the first picture in the list that is broken or differs is
// thrown, after use() of all before it; with `skip` it is told and left out if lies_with_picture(). Interrupted after
// Ctrl-C, where it is caught.
Index read_pictures(const PictureFolder& folder, const Recipe& recipe, const ReadPicturesOptions& options,
                    const std::function<void(Index at, PreparedPicture picture)>& use);

}  // namespace fsconv
