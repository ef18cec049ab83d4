// Where a training run stands on the disk: its file, the picture beside it, and what to tell whoever is stopped.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/checkpoint.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// The name of the picture that belongs to the file.
std::string picture_path(const std::string& output);

// InvalidArgument "output" if the run's file, or the picture beside it, would replace one of the files that are `read`, under
// whatever name; `what` says what these are.
void require_kept(const std::string& output, const std::vector<std::string>& read, std::string_view what);

class SavedRun {
 public:
  // `resumed_from`: the file that the run goes on from, or empty.
  SavedRun(std::string output, std::string resumed_from);

  // Finds out before the first image is made that a file cannot be written, or would be lost: those that `data` are read
  // from (as load_dataset() takes them; the first is trained on, others are tested with), one that is the picture, too, and, unless the run goes on in it
  // or `force` says so, whatever is there already. Of a run that goes on the picture may be there, and nothing else under its name. InvalidArgument
  // "output", also for a picture that would lie among those of `data`; IoError.
  void check_output(const std::vector<std::string>& data, bool force, bool trains = true) const;
  // Makes the folder of the files where that is all that is missing, and returns it. IoError.
  std::optional<std::string> make_folder() const;

  // The file that the run goes on from has been read, and holds so many epochs and steps of the next one.
  void found(Index epochs, Index steps = 0) {
    epochs_ = epochs;
    steps_ = steps;
  }
  // Whether the file that holds the run has all of this.
  bool holds(Index epochs, Index steps) const {
    return !file_.empty() && epochs_ == epochs && steps_ == steps;
  }

  // Writes the file and the picture of the samples, as one act: all that can fail for lack of space, or be stopped by
  // Ctrl-C, comes before the first of the two is put in its place. IoError, also where another program has put a file there since
  // this was made or last saved; Interrupted where neither was.
  void save(const RunRecord& record, const TrainState& state, const ImagePairs& samples);
  // Writes the picture alone, beside a file that is complete.
  void save_picture(const ImagePairs& samples) const;

  // Whether the run goes on in the file that it was resumed from.
  bool is_own() const;
  bool has_picture() const;
  // Whether another program has put its file in the place of the one that this run went on from or wrote.
  bool is_replaced() const;
  // Whether the file that held the run is not there any more.
  bool is_gone() const;
  // "run.h5 holds 2 of 5 epochs", "and 7 steps of epoch 3", or that nothing was written or that it has been removed.
  std::string standing(Index all_epochs) const;
  // The same for whoever stopped the run, with the command that goes on.
  std::string interruption(Index all_epochs) const;

 private:
  std::string output_;
  // What stands under the output's name by this run's doing, or stood there before.
  std::optional<FileIdentity> own_;
  std::string file_;              // the last one that holds the run; empty where none was written yet
  Index epochs_ = 0, steps_ = 0;  // that it holds; 0 both: not yet read
};

}  // namespace fsconv
