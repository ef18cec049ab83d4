// Arrays that the user names, read with a word about what was made of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/array_file.hpp>

#include "command.hpp"

namespace fsconv::cli {

// read_finite_array(), and its notes on stderr: values that were unpacked, axes that were turned.
inline Array read_named_array(const std::string& where) {
  Array array = read_finite_array(where);
  tell_notes(array.notes);
  return array;
}

}  // namespace fsconv::cli
