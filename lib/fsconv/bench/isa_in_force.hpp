// Another instruction set in force for a while.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/isa.hpp>

namespace fsconv::bench {

// As long as it lives: maps that are made meanwhile keep it.
class IsaInForce {
 public:
  explicit IsaInForce(engine::Isa isa) : before_(engine::current_isa()) { engine::set_isa(isa); }
  ~IsaInForce() { engine::set_isa(before_); }
  IsaInForce(const IsaInForce&) = delete;
  IsaInForce& operator=(const IsaInForce&) = delete;

 private:
  engine::Isa before_;
};

}  // namespace fsconv::bench
