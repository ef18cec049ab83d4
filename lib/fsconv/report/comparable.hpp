// Which results compare with each other: groups of those that agree in all that makes their numbers mean the same.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <fsconv/report/origin.hpp>
#include <fsconv/train/comparable_runs.hpp>
#include <string>
#include <vector>

namespace fsconv::report {

// Groups are numbered 0, 1, ... in the order of their first member.
struct Groups {
  std::vector<std::size_t> of;                    // the group of each result
  std::vector<std::vector<std::size_t>> members;  // the results of each group
  // What not all have in common, and of each group what its first member says of it.
  std::vector<std::string> differing;
  std::vector<std::vector<std::string>> texts;

  // "group 2"
  static std::string name(std::size_t group);
};

// A result joins the first group with all of whose members it agrees in every aspect, else it begins one.
template <class T>
Groups grouped(const std::vector<Result<T>>& results, const std::vector<Aspect<T>>& aspects) {
  const auto agree = [&](std::size_t a, std::size_t b) {
    return std::all_of(aspects.begin(), aspects.end(),
                       [&](const Aspect<T>& aspect) { return aspect.same(results[a].of, results[b].of); });
  };
  Groups groups;
  for (std::size_t at = 0; at < results.size(); ++at) {
    const auto found = std::find_if(groups.members.begin(), groups.members.end(), [&](const auto& members) {
      return std::all_of(members.begin(), members.end(), [&](std::size_t other) { return agree(at, other); });
    });
    groups.of.push_back(static_cast<std::size_t>(found - groups.members.begin()));
    if (found == groups.members.end())
      groups.members.push_back({at});
    else
      found->push_back(at);
  }
  groups.texts.resize(groups.members.size());
  for (const Aspect<T>& aspect : aspects) {
    const bool differs = std::any_of(results.begin(), results.end(), [&](const auto& one) {
      return std::any_of(results.begin(), results.end(),
                         [&](const auto& other) { return !aspect.same(one.of, other.of); });
    });
    if (!differs) continue;
    groups.differing.push_back(aspect.name);
    for (std::size_t group = 0; group < groups.members.size(); ++group)
      groups.texts[group].push_back(aspect.text(results[groups.members[group].front()].of));
  }
  return groups;
}

// Values beside each other, whose it is and who shares a place: two of one value are not ranked.
class Standing {
 public:
  // Values that are shown as one text are equal.
  void add(const std::string& label, double value, const std::string& shown) {
    entries_.push_back({label, value, shown});
  }

  // Places in the order of add(), the first of equal ones.
  std::size_t smallest() const;
  std::size_t largest() const;
  bool are_equal() const { return entries_[smallest()].shown == entries_[largest()].shown; }

  // "a has", "a and b have": all that have the value at this place, and the verb behind them.
  std::string who(std::size_t place, const std::string& one, const std::string& several) const;

 private:
  struct Entry {
    std::string label;
    double value;
    std::string shown;
  };
  std::vector<Entry> entries_;
};

// Of more than one group: a table of their members and of what they differ in. `what`: "training runs"; `numbers`: "losses".
void add_groups(Page& page, const Groups& groups, const std::vector<std::string>& labels,
                const std::string& what, const std::string& numbers);

// "5 training runs in 3 groups whose losses do not compare: they differ in images and likelihood."
std::string apart_text(const Groups& groups, const std::string& what, const std::string& numbers);

}  // namespace fsconv::report
