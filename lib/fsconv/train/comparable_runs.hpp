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

// Where two runs agree in all of these, a test loss means the same of both. The same test images are those of one checksum
// of all images; where the runs keep others for training or validation, which that checksum is of, too, those of one
// source of which the same were asked for.
std::vector<Aspect<RecordedRun>> loss_aspects();

// The names of the aspects in which not all of the runs agree, in the order above: empty where all losses compare.
std::vector<std::string> differing_aspects(const std::vector<const RecordedRun*>& runs);

}  // namespace fsconv
