// Random numbers without a state: each is a function of its key and place, so that threads, batches and blocks
// cannot change it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <span>

namespace fsconv {

// What is drawn for: `stream` parts the uses of one seed (a number of the caller's choice for each), `epoch` the
// passes over the data.
struct NoiseKey {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;
  std::uint32_t epoch = 0;

  bool operator==(const NoiseKey&) const = default;
};

// out[e] = the uniform word of (key, image, draw, element e), whatever out.size() is.
//   B(k, c) = Philox4x32-10 of the key k (two words) and the counter c (four words), least significant first
//   k       = words 0 and 1 of B(seed, (stream, epoch, 0, 0))
//   out[e]  = word e mod 4 of B(k, (floor(e / 4), draw, image mod 2^32, floor(image / 2^32)))
// All 64 bits of the image and 32 of the draw are used: two places under one key never share a counter. Two keys
// of one seed share k with probability 2^-64. The same words on every machine and compiler. At most 2^34 elements
// (InvalidArgument "noise").
// Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"; Random123.
void noise_words(const NoiseKey& key, std::uint64_t image, std::uint32_t draw, std::span<std::uint32_t> out);

// out[e * stride] = the standard normal of (key, image, draw, element e) for e = 0 .. count-1, by Box and Muller's
// transform of the words v above:
//   u(w) = (w + 1/2) 2^-32,  r = sqrt(-2 log u(v[2j])),  a = 2 pi u(v[2j+1])
//   element 2j = r cos a,  element 2j+1 = r sin a
// u is never 0 or 1, so all are finite: |z| <= sqrt(66 log 2) = 6.764. T is float or double.
// float:  only IEEE additions, products and square roots in a fixed order: the same numbers on every machine (built
//         with -ffp-contract=off), within 3.2e-7 r of the exact ones, tails included.
// double: libm's functions: the same numbers on machines with one libm and one kind of processor.
// InvalidArgument "noise": a stride of 0, or not 0 <= count <= 2^34.
template <class T>
void noise_normals(const NoiseKey& key, std::uint64_t image, std::uint32_t draw, T* out, Index count,
                   Index stride = 1);

}  // namespace fsconv
