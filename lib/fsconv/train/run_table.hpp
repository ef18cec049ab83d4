// Training runs as tables: their curves and how they ended, one beside the other, as text, CSV and JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/recorded_run.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fsconv {

// A run's file as it is told of. Its weights are checked, and not kept.
struct LoggedRun {
  std::string path;
  std::string label;           // the path as a terminal may show it; no two runs of a list have the same
  RecordedRun run;             // with skipped_steps among the series, where the file has them
  nlohmann::json environment;  // attributes of the root by name: git_commit, cpu, threads, version.hdf5, ...
  std::string start_time, end_time;  // times as ISO 8601 with a zone
  Index schema_version = 0;

  std::size_t epochs() const { return run.epochs.size(); }
  // The place in the series of the epoch with the smallest loss of best_by(), the first of them; 0 of a run that has not begun
  // and has no epochs, as one that was imported.
  std::size_t best() const;
  // "validation_loss" where the run keeps validation images. Else "test_loss", whose smallest value was chosen by the very
  // images that it is measured on.
  std::string best_by() const;
  // "epoch 3 of 5, not finished", "epoch 3 of 5 and 12 steps of the next, not finished"
  std::string progress() const;
};

// IoError; BadData as read_recorded_run(), and for files of other commands. A file that is replaced meanwhile is read as it
// was: it is opened once.
LoggedRun read_logged_run(const std::string& path);

// In this order. InvalidArgument "files" where there is none, or a file is named twice (by another path, too).
// Interrupted after Ctrl-C, where it is caught.
std::vector<LoggedRun> read_logged_runs(const std::vector<std::string>& paths);

// What is shown of them. Without series: all that there are.
struct RunSelection {
  enum class Epochs { all, last, best };
  std::vector<std::string> series = {};
  Epochs epochs = Epochs::all;

  std::vector<std::size_t> places(const LoggedRun& run) const;
};

// The series that are shown, in the order of the files; with `selection.series` those, in its order. InvalidArgument "series"
// names one that no run has.
std::vector<std::string> shown_series(const std::vector<LoggedRun>& runs, const RunSelection& selection);

// One line per run and epoch under a line of names: run, epoch and the series. Fields are parted by commas, and those that
// hold commas or quotation marks stand in quotation marks (RFC 4180, with line feeds). Numbers are the shortest that give the same
// double; a series that a run does not have is empty.
std::string csv_of(const std::vector<LoggedRun>& runs, const RunSelection& selection);

// A list with an object per run:
//   run, kind, schema_version, command_line, start_time, end_time, configuration, data {source, checksum,
//   train_checksum, test_checksum, validation_checksum}, initial_weights {source, sha256} or null, environment, model
//   {parameters, and `shapes` by name}, finished, epochs (how many there are), partial_epoch {step, images, skipped_steps,
//   seconds} of a run that was written in the middle of the next one, best {epoch, by}, epoch (the numbers of the
//   epochs shown), series (by name units, long_name, values)
// Numbers that are not finite are null.
nlohmann::json json_of(const std::vector<LoggedRun>& runs, const RunSelection& selection);

// Its curves: what it is in some lines, a table with a row per epoch. Without chosen series those that fit `width`, the most
// telling first, and a line with the names of the others.
std::string run_text(const LoggedRun& run, const RunSelection& selection, std::size_t width);

// What comes behind run_text() of `before` when the run has gone on: the rows of the epochs since; the head again where there are
// other columns now, as of a learning rate that has begun to change. Nothing where no epoch has ended.
std::string further_rows(const LoggedRun& before, const LoggedRun& run, const RunSelection& selection,
                         std::size_t width);

// "   1  a.h5", a line per run: who is meant by a number.
std::string numbered_names(const std::vector<LoggedRun>& runs, std::size_t width);

// Several runs: a row each for the last epoch, and for the best where it is another one; whether
// their losses compare, and which are not finished.
std::string comparison_text(const std::vector<LoggedRun>& runs, const RunSelection& selection,
                            std::size_t width);

// The curves beside each other: per series a table with a row per epoch and a column per run.
std::string curves_text(const std::vector<LoggedRun>& runs, const RunSelection& selection, std::size_t width);

}  // namespace fsconv
