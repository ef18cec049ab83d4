// The taps of a geometry as lists: every triple that the equation joins, grouped three ways.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/engine/kernels.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <span>
#include <vector>

namespace fsconv::engine {

// Groups of factors, group after group in one array: those of group g are factors[start[g]] ... [start[g+1]-1].
struct TapList {
  std::vector<Index> start;
  std::vector<Factor> factors;

  Index groups() const { return static_cast<Index>(start.size()) - 1; }
  std::span<const Factor> operator[](Index group) const {
    const auto first = static_cast<std::size_t>(start[static_cast<std::size_t>(group)]);
    const auto last = static_cast<std::size_t>(start[static_cast<std::size_t>(group) + 1]);
    return {factors.data() + first, last - first};
  }
};

// Pixels of one side that have the same taps, in steps along the last axis: first, first+step, ..., `count` of them.
// Where a tap joins the first one to pixel a of the other side, it joins the j-th to a + j*(step of the other side).
struct Run {
  std::int32_t first;
  std::int32_t count;
};

// Pixels and taps are flat positions over the axes, last fastest. Nothing is listed that is not there: no
// halo, no inserted zero.
struct TapLists {
  // Throws InvalidArgument if a side has no pixels or no channels, if the sides or the filter have more than
  // 2^31-1 positions, or the lists do not fit the memory.
  explicit TapLists(const Geometry& geometry);

  Index image_pixels, code_pixels, taps;
  TapList by_code;   // of each code pixel:  a = image pixel, b = tap, in the order of the taps
  TapList by_image;  // of each image pixel: a = code pixel,  b = tap, in the order of the code pixels
  TapList by_tap;    // of each tap:         a = image pixel, b = code pixel, both ascending

  // If (i, o, k) is a tap of an axis, so is (i + image_step, o + code_step, k), as far as both sides reach
  // (geometry/axis.hpp). So code pixels with the same taps stand code_step apart and read image pixels image_step
  // apart; and the other way round for image pixels.
  Index image_step, code_step;             // of the last axis
  std::vector<Run> code_runs, image_runs;  // every pixel is in exactly one
};

// The taps of each group cut into lines of equally many, along which taps b follow one another and pixels a are `step` apart:
// usually those of the last axis. Where there are none, a line is one tap.
struct TapLines {
  explicit TapLines(const TapList& list);

  TapList starts;                   // the first taps of the lines
  std::vector<Index> length, step;  // of the lines of a group
};

}  // namespace fsconv::engine
