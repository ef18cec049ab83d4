// Settings in the words of the command line, for tests of the conventions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/conventions/settings.hpp>

namespace fsconv::test {

inline Settings settings(const char* stride, const char* padding, Index dilation = 1) {
  Settings s;
  s.stride = parse_stride(stride);
  s.padding = parse_padding(padding);
  s.dilation = {dilation};
  return s;
}

}  // namespace fsconv::test
