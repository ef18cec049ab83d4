// Reads SMT-LIB text as nested lists that know where they stand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/index.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// An atom (a symbol, number, keyword, "string" or |quoted symbol|, as written) or a list.
struct SExpression {
  bool is_list = false;
  std::string atom;                // empty for a list
  std::vector<SExpression> items;  // empty for an atom
  std::size_t begin = 0, end = 0;  // its bytes in the text: [begin, end)
  Index line = 1;                  // of its first byte, counted from 1

  // A list that begins with the atom `head`.
  bool is(std::string_view head) const;
};

// All expressions of the outermost level, in order; comments are left out.
// Throws BadData "where:line" for a parenthesis that opens or closes nothing, a string or quoted symbol
// without an end, a control character, bytes that are not UTF-8, and lists nested deeper than 1000.
std::vector<SExpression> read_s_expressions(std::string_view where, std::string_view text);

// What stands between the quotes of a "string" ("" stands for one quote), or nothing for anything else.
std::optional<std::string> string_value(const SExpression& expression);

}  // namespace fsconv
