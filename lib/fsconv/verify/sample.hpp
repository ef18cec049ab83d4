// The arrays that a claim is tried with, and what the definition makes of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/random.hpp>
#include <fsconv/symbolic/polynomial.hpp>
#include <fsconv/verify/definition.hpp>
#include <fsconv/verify/outcome.hpp>
#include <fsconv/verify/witness.hpp>
#include <optional>
#include <vector>

namespace fsconv {

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
  Tensor<double> magnitude = {};  // numeric: the sums of the absolute products
  Index terms = 0;                // numeric: how many products an element sums at most
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

// What claim::checkerboard tries: a code that is flat in every channel, the pixels that it reaches with all taps that
// they can have, and what stands there.
template <class T>
struct FlatCode {
  Tensor<T> code;
  std::vector<Index> pixels;  // flat offsets into a channel of the image
  Expected<T> image;          // [batch, channels, pixels]
};

// What claim::resize tries: a filter whose phase sums are equal, and the same map in two steps.
template <class T>
struct ResizedCode {
  std::string skipped = {};  // why it is not tried
  bool divides = true;       // whether the box divides the filter along every axis
  Tensor<T> code, weight;
  Geometry plain;  // the convolution behind the upsampling
  Tensor<T> upsampled, plain_weight;
  Expected<T> image;
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
  mutable Once<FlatCode<T>> flat_code;
  mutable Once<ResizedCode<T>> resized_code;

 private:
  mutable Once<Expected<T>> conv_, conv_transpose_, weight_gradient_;
};

constexpr Index sampled_batch = 2;  // of all samples: one image hides mistakes in the batch stride

// Reals in [-1, 1] that the form's operands hold exactly; the same ones for doubles and floats.
Tensor<double> operand_reals(const Shape& shape, Significands bits, Random& random);

// numeric: one sample of reals. exact: random integers until an error is missed with probability 2^-miss_bits
// at most, then the probes. Throws InvalidArgument where `bits` are too few for the sums.
std::vector<Sample<double>> number_samples(const Subject& subject, Method method, Significands bits,
                                           std::uint64_t seed, double miss_bits);

// One sample: the symbols themselves. Throws InvalidArgument where the polynomials would fill the memory.
std::vector<Sample<Polynomial>> symbol_samples(const Subject& subject);

// Adding a product to a polynomial copies it: the work is the number of products times the length of a sum.
// Beyond this, a few seconds for each form and claim, nothing is tried.
constexpr double most_symbolic_work = 2e9;

}  // namespace fsconv
