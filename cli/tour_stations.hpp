// The stations of the tour: the questions that people have about transposed convolutions, what answers them, and the
// commands that show it. docs/lecture.md has the same stations (scripts/write_lecture).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace fsconv::cli {

struct StationPicture {
  // A file that a command of the station writes; or, with its folder, one of the project that an experiment made.
  std::string_view file;
  std::string_view alternative_text;  // what is to be seen
};

struct Station {
  std::string_view name;      // one word, for --station
  std::string_view question;  // ends with a question mark
  std::string_view answer;    // two sentences
  // As one would paste them into an empty folder, one after the other. A command that an earlier station has, too, need
  // not be run again: what it made is there.
  std::vector<std::string_view> commands;
  std::vector<StationPicture> pictures;
  std::vector<std::string_view> more;  // files of the project that go on from here
};

// In the lecture's order.
std::span<const Station> stations();

}  // namespace fsconv::cli
