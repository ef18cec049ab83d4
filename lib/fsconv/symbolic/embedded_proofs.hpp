// The texts of proofs/smt/ as they were when the library was built.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace fsconv {

struct EmbeddedText {
  std::string_view name;  // "gather", "beliefs/no_flip"
  std::string_view text;
};

// Theorems first, then beliefs, each sorted by name. The build writes its definition:
// cmake/embed_texts.cmake.
std::span<const EmbeddedText> embedded_proofs();

}  // namespace fsconv
