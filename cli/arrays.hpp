// Arrays that the user names, read with a word about what was made of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/io/array_file.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "command.hpp"

namespace fsconv::cli {

// read_finite_array(), and its notes on stderr: values that were unpacked, axes that were turned.
inline Array read_named_array(const std::string& where) {
  Array array = read_finite_array(where);
  tell_notes(array.notes);
  return array;
}

// What these options name, those that are given: files, and perhaps something else that is none.
inline std::vector<std::string> files_named(const Options& options,
                                            std::initializer_list<const char*> names) {
  std::vector<std::string> files;
  for (const char* name : names)
    if (options.has(name)) files.push_back(options.text(name));
  return files;
}

}  // namespace fsconv::cli
