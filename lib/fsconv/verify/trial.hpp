// One try of one claim: a geometry, a form, and arrays chosen so that the comparison means something.
#pragma once

#include <fsconv/base/random.hpp>
#include <fsconv/verify/definition.hpp>
#include <fsconv/verify/witness.hpp>

namespace fsconv {

// numeric:  random reals that fit the form's operands. A sum of n products whose absolute values add up
//           to m may be off by gamma(n+2) m, with gamma(n) = n u/(1 - n u), u = 2^-bits: the standard bound
//           for sums in any order, with or without fused multiply-add ([HIG02] section 3.1). The form's and
//           the reference's are added; nothing is tuned.
// exact:    integers so small that they and every partial sum stay below 2^bits: then every order of
//           summation is exact and results are compared bit for bit. Rounds of random integers in [-a, a]: a wrong map of
//           degree up to 3 in the numbers drawn (L is trilinear) passes one with probability at most
//           3/(2a+1) (Schwartz, Zippel). Then probes, which look where random numbers do not: all ones, and
//           units that meet in a single tap.
// symbolic: every element of every array is a symbol, and results are compared as polynomials: for all
//           values at once. Only for forms that are templates.
enum class Method { numeric, exact, symbolic };
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

// What a form's result is compared with.
template <class T>
struct Expected {
  Tensor<T> values;
  Tensor<double> magnitude;       // numeric: the sums of the absolute products
  Index terms;                    // how many products an element sums at most
  Index results_as_operands = 0;  // numeric: how often the form is given its own results, which it may round
};

// Computes a value the first time it is asked for.
template <class Value>
class Once {
 public:
  template <class Compute>
  const Value& get(Compute compute) {
    if (!value_) value_.emplace(compute());
    return *value_;
  }

 private:
  std::optional<Value> value_;
};

// What claim::composition puts behind the layer, and what the definitions of both make of it.
struct SecondLayer {
  Tensor<double> code, weight;
  Expected<double> image;
};

// The arrays of a try and what the definition makes of them; forms of equal precision share a sample.
template <class T>
class Sample {
 public:
  Method method;
  Significands bits;       // exact and numeric: of the form's numbers
  Index largest = 0;       // exact: a
  std::uint64_t seed = 0;  // numeric: what else has to be drawn comes from it
  bool random = false;     // counts towards the probability of a miss
  bool first = true;       // of the samples of one try; the others repeat what does not depend on luck
  Tensor<T> image, code, weight;

  // log2 of the probability that a wrong form passes: negative for random integers, otherwise 0.
  double log2_miss() const;

  const Expected<T>& conv(const Definition& definition) const;
  const Expected<T>& conv_transpose(const Definition& definition) const;
  const Expected<T>& weight_gradient(const Definition& definition) const;

  // What claims derive from the sample whatever the form: once for all forms.
  mutable Once<Tensor<T>> transposed_weight;                               // of geometry.transposed()
  mutable Once<Tensor<T>> spread_code;                                     // with zeros between its pixels
  mutable Once<Tensor<double>> derivative_by_image, derivative_by_weight;  // by automatic differentiation
  mutable Once<double> total_magnitude;  // the absolute values of all products that L consists of
  mutable Once<SecondLayer> second_layer;

 private:
  mutable Once<Expected<T>> conv_, conv_transpose_, weight_gradient_;
};

// Reals in [-1, 1] that the form's operands hold exactly; the same ones for doubles and floats.
Tensor<double> operand_reals(const Shape& shape, Significands bits, Random& random);

// numeric: one sample of reals. exact: random integers until an error is missed with probability
// 2^-miss_bits at most, then the probes. Throws InvalidArgument where `bits` are too few for the sums.
std::vector<Sample<double>> number_samples(const Subject& subject, Method method, Significands bits,
                                           std::uint64_t seed, double miss_bits);

// One sample: the symbols themselves. Throws InvalidArgument where the polynomials would fill the memory.
std::vector<Sample<Polynomial>> symbol_samples(const Subject& subject);

// Adding a product to a polynomial copies it: the work is the number of products times the length of a sum.
// Beyond this, a few seconds for each form and claim, nothing is tried.
constexpr double most_symbolic_work = 2e9;

// L = sum of a*b as one polynomial.
Polynomial dot(const Tensor<Polynomial>& a, const Tensor<Polynomial>& b);

template <class T>
class Trial {
 public:
  Trial(const Subject& subject, const Witness& witness, const Sample<T>& sample_)
      : geometry(subject.geometry),
        definition(subject.definition),
        form(witness),
        maps(witness.maps<T>()),
        sample(sample_),
        image(sample_.image),
        code(sample_.code),
        weight(sample_.weight) {}

  const Geometry& geometry;
  const Definition& definition;
  const Witness& form;
  const Maps<T>& maps;
  const Sample<T>& sample;
  const Tensor<T>&image, &code, &weight;

  Index batch() const { return image.shape()[0]; }

  // The form's own maps of the sample: several claims look at them.
  const Tensor<T>& conv() const {
    return conv_.get([&] { return maps.conv(geometry, image, weight); });
  }
  const Tensor<T>& conv_transpose() const {
    return conv_transpose_.get([&] { return maps.conv_transpose(geometry, code, weight); });
  }
  const Tensor<T>& weight_gradient() const {
    return weight_gradient_.get([&] { return maps.weight_gradient(geometry, code, image); });
  }

  // L = <conv(w, x), y> multiplied out: what is differentiated.
  const Polynomial& loss() const requires std::is_same_v<T, Polynomial> {
    return loss_.get([&] { return dot(conv(), code); });
  }

  // Element by element against what the definition says.
  Outcome compare_with_conv(const Tensor<T>& actual) const {
    return compare(actual, sample.conv(definition));
  }
  Outcome compare_with_conv_transpose(const Tensor<T>& actual) const {
    return compare(actual, sample.conv_transpose(definition));
  }
  Outcome compare_with_weight_gradient(const Tensor<T>& actual) const {
    return compare(actual, sample.weight_gradient(definition));
  }
  Outcome compare(const Tensor<T>& actual, const Expected<T>& expected) const;

  // numeric: gamma of the form plus gamma of double, for sums of `terms` products and two roundings more; and
  // where its operands are narrower than its sums, half a unit of theirs for every result that becomes an
  // operand.
  double rounding(Index terms, Index results_as_operands = 0) const;

 private:
  mutable Once<Tensor<T>> conv_, conv_transpose_, weight_gradient_;
  mutable Once<Polynomial> loss_;
};

// Sum of a*b, exact for integers of up to 2^53.
__extension__ typedef __int128 Wide;
Wide exact_dot(const Tensor<double>& a, const Tensor<double>& b);

}  // namespace fsconv
