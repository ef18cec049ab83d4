// How a geometry is said in the code of another system: the settings that fit it, and Python's tuples and lists.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/convention.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace fsconv {

using Values = std::vector<Index>;

// --- settings that fit a geometry ---

Settings words_of(const Geometry& geometry);  // stride, dilation and groups
// The padding in front, and one behind that leaves the code size as it is: the same if that is possible.
Padding listed_padding(const Geometry& geometry);
Values image_size(const Geometry& geometry);
Values kernel_size(const Geometry& geometry);
Values each(const Geometry& geometry, const std::function<Index(const Axis&)>& value);
Index natural_size(const Axis& axis);  // stride*(code-1) + extent
bool is_dilated(const Geometry& geometry);

Settings with(Settings settings, PaddingRule rule);
Settings with(Settings settings, Padding padding);

// --- text ---

std::vector<std::string> texts(const Values& values);
bool all_are(const Values& values, Index value);
Values downs(const Settings& settings);

std::string tuple(const Values& values);            // (2, 2), (2,)
std::string list(const Values& values);             // [2, 2]
std::string number_or_tuple(const Values& values);  // 2 where all are alike, else (2, 3)
std::string number_or_list(const Values& values);
std::string capitals(PaddingRule rule);  // SAME
// (1, 2), (0, 1): each pair in these brackets.
std::string pairs(const Padding& padding, char open, char close);

// Arguments of a call, those at their default left away.
class Arguments {
 public:
  void add(const std::string& name, const std::string& value) { list_.emplace_back(name, value); }
  void add_if(bool wanted, const std::string& name, const std::string& value) {
    if (wanted) add(name, value);
  }
  std::string python() const;  // ", stride=2, padding=1"
  std::string alone() const;   // "stride=2, padding=1"
  std::string spaced() const;  // " --stride 2 --padding 1"

 private:
  std::vector<std::pair<std::string, std::string>> list_;
};

}  // namespace fsconv
