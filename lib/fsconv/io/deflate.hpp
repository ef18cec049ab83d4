// What deflate, the compression of gzip, zip and most HDF5 files, can make of a byte.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fsconv {

// At most 258 bytes of every two bits (RFC 1951): what claims more is damaged, or a bomb.
constexpr unsigned most_inflated_per_byte = 1032;

}  // namespace fsconv
