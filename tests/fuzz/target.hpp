// A fuzz target: one reader of fsconv's, given bytes by somebody who wishes it ill.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fsconv::fuzz {

using Bytes = std::span<const std::byte>;

// `read` may throw what the library throws on bad input, fsconv's Error; anything else that it does is a finding: another
// exception (the program would end with words of somebody else's), a crash, a sanitizer's complaint, more memory or time
// than the driver allows, a property that does not hold (require).
struct Target {
  std::string_view name;
  void (*read)(Bytes bytes);
  bool forks = false;  // the reader works in a forked copy of this process, for which more time is allowed
};

// All of them, in the order of the tables in targets.cpp.
std::span<const Target> targets();

// Null where there is none of this name.
const Target* find_target(std::string_view name);

// Reads, and looks at the error's text: it must be what a terminal can show.
void run(const Target& target, Bytes bytes);

// ---- For the targets.

// What must hold of every input. Throws std::logic_error, which is a finding.
void require(bool holds, const char* what);

// Whether a terminal can show the text as it is: nothing in it is obeyed or hidden, and it is short.
bool can_be_shown(std::string_view text);

// The bytes as text; and as a file of this name in a folder of this process alone, which the next call replaces.
std::string text_of(Bytes bytes);
std::string file_of(Bytes bytes, const std::string& name);

}  // namespace fsconv::fuzz
