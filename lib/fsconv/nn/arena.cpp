// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/nn/arena.hpp>
#include <iterator>

namespace fsconv {

void Stretches::add(Index first, Index last) {
  auto next = last_by_first_.upper_bound(first);
  if (next != last_by_first_.begin())
    if (const auto before = std::prev(next); before->second >= first) {
      first = before->first;
      last = std::max(last, before->second);
      next = last_by_first_.erase(before);
    }
  for (; next != last_by_first_.end() && next->first <= last; next = last_by_first_.erase(next))
    last = std::max(last, next->second);
  last_by_first_.emplace_hint(next, first, last);
}

Index Stretches::end_of_meeting(Index first, Index last) const {
  const auto next = last_by_first_.upper_bound(first);
  if (next != last_by_first_.begin())
    if (const auto before = std::prev(next); before->second > first) return before->second;
  return next != last_by_first_.end() && next->first < last ? next->second : first;
}

Arena::Arena(Index moments) : moments_(moments) {
  std::size_t leaves = 1;
  while (leaves < static_cast<std::size_t>(moments)) leaves *= 2;
  spans_.resize(2 * leaves);
  moments_ = static_cast<Index>(leaves);
}

template <class F>
void Arena::visit(std::size_t span, Index first, Index last, Index from, Index to, F&& f) {
  if (to < first || last < from) return;
  const bool whole = from <= first && last <= to;
  f(spans_[span], whole);
  if (whole) return;
  const Index middle = first + (last - first) / 2;
  visit(2 * span, first, middle, from, to, f);
  visit(2 * span + 1, middle + 1, last, from, to, f);
}

template <class F>
void Arena::for_each_span(Index from, Index to, F&& f) {
  visit(1, 0, moments_ - 1, from, to, f);
}

Index Arena::place(Index bytes, Index from, Index to) {
  std::vector<const Stretches*> in_use;
  for_each_span(from, to,
                [&](Span& span, bool whole) { in_use.push_back(whole ? &span.at_times : &span.throughout); });
  Index offset = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (const Stretches* stretches : in_use) {
      const Index end = stretches->end_of_meeting(offset, offset + bytes);
      moved = moved || end > offset;
      offset = end;
    }
  }
  for_each_span(from, to, [&](Span& span, bool whole) {
    span.at_times.add(offset, offset + bytes);
    if (whole) span.throughout.add(offset, offset + bytes);
  });
  return offset;
}

}  // namespace fsconv
