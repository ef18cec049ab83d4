// The header of NumPy's .npy format, read and written: the type, order and shape of the values that follow.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fsconv/base/index.hpp>
#include <string>
#include <string_view>

namespace fsconv {

struct NpyHeader {
  char kind = 'f';  // f float, i signed, u unsigned, b boolean
  std::size_t bytes = 8;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;

  std::string dtype() const { return kind + std::to_string(bytes); }
};

// Reads the dictionary that a header is: {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }.
// BadData naming `where` if it is anything else, or a type that is no real number.
NpyHeader parse_npy_header(std::string_view text, std::string_view where);

}  // namespace fsconv
