// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/forms/kept.hpp>

namespace fsconv {
namespace {

thread_local KeepPrepared* innermost = nullptr;

}  // namespace

KeepPrepared::KeepPrepared() : around_(innermost) { innermost = this; }

KeepPrepared::~KeepPrepared() { innermost = around_; }

KeepPrepared* KeepPrepared::current() { return innermost; }

std::shared_ptr<void> KeepPrepared::find(std::type_index type, Index variant,
                                         const Geometry& geometry) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.type == type && entry.variant == variant && entry.geometry == geometry;
  });
  return found == entries_.end() ? nullptr : found->value;
}

}  // namespace fsconv
