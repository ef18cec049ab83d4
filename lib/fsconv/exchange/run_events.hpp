// Training runs as event files for TensorBoard.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/run_table.hpp>
#include <string>
#include <vector>

namespace fsconv {

// Seconds since 1970 of "2026-11-26T08:03:51+01:00". BadData naming `where` for a text that is no such time.
double seconds_since_1970(const std::string& time, const std::string& where);

// When the epochs ended. The file says when it was written last, at the end of the last epoch, and how long each one was trained:
// epoch e is end_time less the seconds of the epochs behind it. What lay between (evaluation, a pause before --resume) is not
// known, so earlier epochs may have ended before. (Where the weights were changed by fsconv smooth, that is the last writing.)
std::vector<double> times_of(const LoggedRun& run);

// The content of a run's event file: `configuration` (text, a table), a number per series and epoch under the series' name, and
// `samples` at the last epoch, originals over reconstructions. The same run gives the
// same bytes. BadData for a run without epochs.
std::string events_of(const LoggedRun& run);

// A name of a folder per run, which is what TensorBoard calls it: the file's name, with as many of the folders before it as make
// it different from the others. What is not a letter, a digit or one of . - _ + = becomes _.
std::vector<std::string> folders_of(const std::vector<LoggedRun>& runs);

// Writes FOLDER/NAME/events.out.tfevents.fsconv for each run, whole or not at all, and returns their paths. Of the folders at most
// the last of `folder` and one per run are made; none stays where nothing was written. A file that is there is replaced.
// IoError, BadData, Interrupted.
std::vector<std::string> write_event_files(const std::vector<LoggedRun>& runs, const std::string& folder);

}  // namespace fsconv
