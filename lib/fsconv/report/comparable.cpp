// Words and a table that say which results compare, and why others do not.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/text.hpp>
#include <fsconv/report/comparable.hpp>

namespace fsconv::report {

std::string Groups::name(std::size_t group) { return fmt::format("group {}", group + 1); }

std::size_t Standing::smallest() const {
  const auto found = std::min_element(entries_.begin(), entries_.end(),
                                      [](const Entry& a, const Entry& b) { return a.value < b.value; });
  return static_cast<std::size_t>(found - entries_.begin());
}

std::size_t Standing::largest() const {
  const auto found = std::max_element(entries_.begin(), entries_.end(),
                                      [](const Entry& a, const Entry& b) { return a.value < b.value; });
  return static_cast<std::size_t>(found - entries_.begin());
}

std::string Standing::who(std::size_t place, const std::string& one, const std::string& several) const {
  std::vector<std::string> labels;
  for (const Entry& entry : entries_)
    if (entry.shown == entries_[place].shown) labels.push_back(entry.label);
  return fmt::format("{} {}", enumeration(labels), labels.size() == 1 ? one : several);
}

void add_groups(Page& page, const Groups& groups, const std::vector<std::string>& labels,
                const std::string& what, const std::string& numbers) {
  if (groups.members.size() < 2) return;
  page.subheading("What compares with what");
  Table list{.caption = fmt::format(
                 "Groups of {}: {} compare inside a group, and not between groups, which differ in this",
                 what, numbers),
             .head = {"group", what},
             .rows = {}};
  list.head.insert(list.head.end(), groups.differing.begin(), groups.differing.end());
  for (std::size_t group = 0; group < groups.members.size(); ++group) {
    std::string members;
    for (const std::size_t at : groups.members[group]) members += (members.empty() ? "" : ", ") + labels[at];
    std::vector<Cell> row{{std::to_string(group + 1)}, {members}};
    for (const std::string& text : groups.texts[group]) row.push_back({text});
    list.rows.push_back(std::move(row));
  }
  page.add(table(list));
}

std::string apart_text(const Groups& groups, const std::string& what, const std::string& numbers) {
  const std::string differing = enumeration(groups.differing);
  if (groups.members.size() == groups.of.size())
    return fmt::format("{} {}, no two of which have {} that compare: they differ in {}.", groups.of.size(),
                       what, numbers, differing);
  return fmt::format("{} {} in {} groups whose {} do not compare: they differ in {}.", groups.of.size(), what,
                     groups.members.size(), numbers, differing);
}

}  // namespace fsconv::report
