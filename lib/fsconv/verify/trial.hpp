// One try of one claim: a geometry, a form, and random numbers chosen so that the comparison means something.
#pragma once

#include <fsconv/base/random.hpp>
#include <fsconv/verify/definition.hpp>
#include <fsconv/verify/witness.hpp>

namespace fsconv {

// numeric: random reals. A sum of n products whose absolute values add up to m may be off by gamma(n+2) m,
// with
//          gamma(n) = n u/(1 - n u), u = 2^-bits: the standard bound for sums in any order, with or without
//          fused multiply-add ([HIG02] section 3.1). The form's and the reference's are added; nothing is
//          tuned.
// exact:   random integers in [-a, a], a so small that every partial sum stays below 2^bits: then every order
// of
//          summation is exact and results are compared bit for bit. A wrong map of degree up to 3 in the
//          numbers drawn (L is trilinear) passes one round with probability at most 3/(2a+1) (Schwartz,
//          Zippel).
enum class Method { numeric, exact };
std::string_view name(Method method);

enum class Verdict { holds, refuted, fails, skipped };
std::string_view name(Verdict verdict);

// What a claim found. For a belief that shall be refuted, `refuted` is the good end.
struct Outcome {
  Verdict verdict = Verdict::holds;
  double error = 0;    // numeric: the largest error as a fraction of its bound; otherwise 0 or 1
  std::string detail;  // what differs where; why it was skipped; the counterexample
};

// What several claims and forms share about one geometry.
struct Subject {
  explicit Subject(const Geometry& g) : geometry(g), definition(g) {}
  Geometry geometry;
  Definition definition;
};

struct Trial {
  Trial(const Subject& subject, const Witness& form, Method method, std::uint64_t seed);

  const Geometry& geometry;
  const Definition& definition;
  const Witness& form;
  Method method;
  Index batch;
  Index largest;  // exact: a
  Tensor<double> image, code, weight;

  // log2 of the probability that a wrong form passes: negative for exact, 0 for numeric.
  double log2_miss() const;

  // gamma of the form plus gamma of double, for sums of `terms` products and two roundings more.
  double rounding(Index terms) const;

  // Compares element by element: `magnitude` holds the sums of the absolute products, `terms` their longest
  // length.
  Outcome compare(const Tensor<double>& actual, const Tensor<double>& expected,
                  const Tensor<double>& magnitude, Index terms) const;
};

// Sum of a*b, exact for integers of up to 2^53.
__extension__ typedef __int128 Wide;
Wide exact_dot(const Tensor<double>& a, const Tensor<double>& b);

}  // namespace fsconv
