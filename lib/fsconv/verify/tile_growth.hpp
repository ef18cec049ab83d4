// How far the matrices of bilinear algorithms let numbers grow, and how much rounding that may add to a result.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/tiled_axis.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/verify/witness.hpp>
#include <vector>

namespace fsconv {

// Of a map by tiles, where no number of its two arrays a and b is larger than 1 in absolute value; where they are as large as |a| and |b|,
// `sums` and `results` are |a| |b| times as large. A result is
//     1/scale  sum over t:  C[t] * (sum over j: A[t][j] a[j]) * (sum over q: B[t][q] b[q]),
// with A, B, C the transposed or plain code, filter and image matrices, summed over phases, channels and the tiles that share the result.
// Without signs that is a bound for every partial sum, in any order. Matrices of several axes are Kronecker products: so are their row
// sums, and a geometry's growth is the product of its axes'. Absent pixels and taps are columns of zeros and count for nothing.
struct TileGrowth {
  double operands = 1;  // the largest row sum of |code|, |filter| or |image|: what an array's numbers become
  double sums = 0;      // of whole numbers: before the division by `scale`
  double results = 0;   // after it
  double products = 0;  // of taps: what `results` would be if every tap were a product
  double terms = 0;     // products of points that a result sums
  Index roundings =
      0;  // of a product by transforms: on its way in, both sides, and out; beside those of its sum
};

// The largest of the cuts, axis by axis: an engine may take any of them. `batch` images are summed by weight_gradient.
TileGrowth tile_growth(const Geometry& geometry, Op op, const std::vector<engine::Cut>& cuts, Index batch);

// By how much a result may be off. Every term of the sum above is rounded at most n = roundings + terms + 3 times: in the three
// transforms (as often as their rows are long, for a product and its additions), when it is multiplied, when terms are added, and
// twice by the scale, whose reciprocal is rounded, too. So the error is at most gamma(n) times the sum without signs
// ([HIG02] section 3.1, as for sums of products): gamma(n) `results` |a| |b|, gamma(n) = n u/(1 - n u), u = 2^-bits. Operands
// of fewer bits than sums are rounded once more on both sides, in points. Throws InvalidArgument where that many terms cannot
// be bounded.
double tile_error(const TileGrowth& growth, const Significands& bits, double a, double b);

// The bits that are left for integers on a geometry, so that everything stays exact: operands in points and sums of whole numbers.
Significands bits_for_integers(const Geometry& geometry, const std::vector<engine::Cut>& cuts,
                               const Significands& bits, Index batch);

// What a form of tiles did in some calls: whether all stay within the numbers that are exact, and the largest error that rounding explains.
struct TileRecord {
  double error = 0;
  bool exact = true;
};
// Of these calls and those.
TileRecord both(const TileRecord& these, const TileRecord& those);

// The form's maps, which also write down what they are given: `record` must live as long as they do.
Maps<double> recorded(const Witness& form, TileRecord& record);

}  // namespace fsconv
