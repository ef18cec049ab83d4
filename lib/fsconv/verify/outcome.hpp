// How a claim is checked, and what a check finds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <string>

namespace fsconv {

// numeric:  random reals that fit the form's operands. A sum of n products whose absolute values add up to m may
//           be off by gamma(n+2) m, with gamma(n) = n u/(1 - n u), u = 2^-bits: the standard bound for sums in any
//           order, with or without fused multiply-add ([HIG02] section 3.1). The form's and the reference's are
//           added; nothing is tuned. Forms that compute by tiles round on other ways, within a bound that follows from their
//           matrices (tile_growth.hpp).
// exact:    integers so small that they and every partial sum stay below 2^bits: then every order of summation is
//           exact and results are compared bit for bit; smaller ones for forms of tiles, whose sums are longer. Rounds of random integers in [-a, a]: a wrong map of
//           degree up to 3 in the numbers drawn (L is trilinear) passes one with probability at most 3/(2a+1)
//           (Schwartz, Zippel). Then probes, which look where random numbers do not: all ones, and units that
//           meet in a single tap.
// symbolic: every element of every array is a symbol, and results are compared as polynomials: for all values at
//           once. Only for forms that are templates.
enum class Method { numeric, exact, symbolic };
constexpr auto names_of(Method) {
  return NameTable<Method, 3>{
      "method", {{{Method::numeric, "numeric"}, {Method::exact, "exact"}, {Method::symbolic, "symbolic"}}}};
}

enum class Verdict { holds, refuted, fails, skipped };
constexpr auto names_of(Verdict) {
  return NameTable<Verdict, 4>{"verdict",
                               {{{Verdict::holds, "holds"},
                                 {Verdict::refuted, "refuted"},
                                 {Verdict::fails, "fails"},
                                 {Verdict::skipped, "skipped"}}}};
}

// What a claim found. For a belief that shall be refuted, `refuted` is the good end.
struct Outcome {
  Verdict verdict = Verdict::holds;
  double error = 0;    // numeric: the largest error as a fraction of its bound; otherwise 0 or 1
  std::string detail;  // what differs where; why it was skipped; the counterexample
};

}  // namespace fsconv
