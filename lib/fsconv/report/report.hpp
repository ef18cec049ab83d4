// The report on files of results: one page that needs no network and no script to be read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fsconv::report {

struct Finding {
  bool good = true;
  std::string sentence;
};

struct Report {
  std::string html;               // a complete document
  std::vector<Finding> verdicts;  // that it begins with, a sentence each
};

// The report on files that `train`, `evaluate`, `verify`, `bench` and `encode` wrote, in any mixture: verdicts first,
// then training runs together, evaluations together, each verification, timing and file of codes, and how the files were made. Whatever it
// shows stands as JSON in the element "fsconv-report", too; see docs/file_formats.md. Without a title it has one of its own.
// Throws InvalidArgument "files" where there is none or one is named twice; IoError; BadData, naming the file, for one that is
// damaged, was changed since it was written or holds something else.
Report report(const std::vector<std::string>& files, const std::string& title = {});

}  // namespace fsconv::report
