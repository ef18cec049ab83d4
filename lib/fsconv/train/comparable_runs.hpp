// Which training runs have losses that compare, and in what the others differ.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/train/recorded_run.hpp>
#include <functional>
#include <string>
#include <vector>

namespace fsconv {

// Something that two results must share to be compared, and what it is of one.
template <class T>
struct Aspect {
  std::string name;  // "likelihood"
  std::function<bool(const T&, const T&)> same;
  std::function<std::string(const T&)> text;
};

// Where two runs agree in all of these, a test loss means the same of both. The same test images are those of one
// checksum. Of files without it: those of one checksum of all images, or, where the runs keep others for training or validation, which that
// one is of, too, those of one source of which the same were asked for.
std::vector<Aspect<RecordedRun>> loss_aspects();

// In what else two runs must agree for a series of theirs to compare: of train_loss the images that it is a mean of and the objective, which
// has the weight of the KL and the bound; of its parts, which no weight stands before, the images alone; of validation_loss those that are kept apart. Of others nothing.
std::vector<Aspect<RecordedRun>> further_aspects(const std::string& series);

// A sentence where their test pixels, and those kept for validation, are binarised by seeds that differ, so that each run is measured
// on a draw of its own; else nothing.
std::string own_draws_text(const std::vector<const RecordedRun*>& runs);

// The names of the aspects in which not all of the runs agree, in their order: empty where all compare.
std::vector<std::string> differing_aspects(const std::vector<const RecordedRun*>& runs,
                                           const std::vector<Aspect<RecordedRun>>& aspects);

}  // namespace fsconv
