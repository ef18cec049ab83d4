// What forms prepare for a geometry, kept for the next call with the same one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/geometry/geometry.hpp>
#include <memory>
#include <typeindex>
#include <vector>

namespace fsconv {

// While one of these lives, the forms that its thread calls keep what they prepare for a geometry (lists of
// taps, buffers, a library's plans) and use it again. For a caller that computes with the same few geometries
// over and over; results have the same bits. May be nested: the innermost keeps.
class KeepPrepared {
 public:
  KeepPrepared();
  ~KeepPrepared();
  KeepPrepared(const KeepPrepared&) = delete;
  KeepPrepared& operator=(const KeepPrepared&) = delete;

 private:
  template <class Value, class Make>
  friend std::shared_ptr<Value> prepared(const Geometry& geometry, Index variant, Make make);

  struct Entry {
    std::type_index type;
    Index variant;
    Geometry geometry;
    std::shared_ptr<void> value;
  };
  static KeepPrepared* current();
  std::shared_ptr<void> find(std::type_index type, Index variant, const Geometry& geometry) const;

  std::vector<Entry> entries_;
  KeepPrepared* around_;
};

// For forms: what make() returns, a std::shared_ptr<Value>, or returned before in this scope. `variant` tells
// apart the values of one type and geometry.
template <class Value, class Make>
std::shared_ptr<Value> prepared(const Geometry& geometry, Index variant, Make make) {
  KeepPrepared* const scope = KeepPrepared::current();
  if (scope == nullptr) return make();
  if (auto found = scope->find(typeid(Value), variant, geometry))
    return std::static_pointer_cast<Value>(std::move(found));
  std::shared_ptr<Value> made = make();
  scope->entries_.push_back({typeid(Value), variant, geometry, made});
  return made;
}

}  // namespace fsconv
