// Makes one file of images of one size from a folder of pictures of any: what `fsconv data prepare` does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/data/picture_folder.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/io/run_log.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fsconv {

// How many of some images: a number of them, or a part.
struct PartSize {
  Index count = 0;
  double part = 0;  // where it is not 0: that part of all, rounded to the nearest number and at least one

  Index of(Index all) const;
  bool operator==(const PartSize&) const = default;
};

// Reads "1000", or "0.1" for a tenth: below 1, with a point. InvalidArgument "field".
PartSize parse_part_size(std::string_view field, std::string_view text);

// Gives each picture its part. What the folder says stays: only pictures to train on become others, where it names none
// of that part. `test` (nothing: a tenth) and `validation` (nothing: none) are spread evenly over the list: of n pictures
// those i are taken for which floor((i+1) k / n) > floor(i k / n), so that each class loses its share. First the test
// images, then out of the rest those for validation; a part is one of all that the folder gives to train on, for both. A note of
// the folder says so where it says parts, and the tenth is taken unasked.
// InvalidArgument "test" or "validation": where the folder has pictures of that part already, or too few would be left to
// train on. BadData, naming the partition or the folder, where nothing is to train on, or a single picture and no share of
// the tests was asked for.
void assign_parts(PictureFolder& folder, const std::optional<PartSize>& test,
                  const std::optional<PartSize>& validation);

struct Preparation {
  std::string folder, output;
  Recipe recipe;
  std::optional<std::string> partition;      // a file as CelebA's list_eval_partition.txt
  std::optional<PartSize> test, validation;  // assign_parts()
  bool skip_broken = false;  // leave out what cannot be read, or opened, or has another size than the first
  RunInfo info;              // its `threads` read pictures
};

struct Prepared {
  Shape image;  // [C, H, W]
  std::array<Index, 3> counts{};
  std::vector<std::string> classes;
  Index skipped = 0;
  Index repeated = 0;  // pictures whose file has the bytes of an earlier one
  Index leaked = 0;    // of these: those of which one is trained on and the other one is not
};

// Reads the folder in the order of its list and writes the images as they come, so that the memory needed does not grow
// with their number (but for some hundred bytes each, of their names and sums). With skip_broken all are read twice, as a
// file says first how many it holds; the first reading tells `say` of each that is left out. `say` is told the notes of
// the folder, too, and of the output's folder where that is made. The file appears whole or not at all. Where the recipe says
// the images' size, the room for them is looked for before the first picture is read.
//
// Throws what list_pictures(), assign_parts(), read_pictures() and PreparedWriter throw; InvalidArgument "output" for one
// of the files that are read, by whatever name or link; BadData if no picture can be used; Interrupted after Ctrl-C, where it is caught.
Prepared prepare(const Preparation& preparation, const std::function<void(const std::string&)>& say);

// What was made, for --json and for the screen.
nlohmann::json to_json(const Prepared& prepared, const Preparation& preparation);
std::string text(const Prepared& prepared, const Preparation& preparation);

}  // namespace fsconv
