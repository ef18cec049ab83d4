// One try of one claim: a form, a sample of arrays, and their comparison with what the definition says.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/verify/sample.hpp>
#include <type_traits>

namespace fsconv {

// L = sum of a*b as one polynomial, and dL/da as an array of the shape that `array` has.
Polynomial dot(const Tensor<Polynomial>& a, const Tensor<Polynomial>& b);
Tensor<Polynomial> gradient_of(const Polynomial& loss, Symbol array, const Shape& shape);

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
  // where its operands are narrower than its sums, half a unit of theirs for every result that it is given as
  // an operand.
  double rounding(Index terms, Index results_as_operands = 0) const;

 private:
  mutable Once<Tensor<T>> conv_, conv_transpose_, weight_gradient_;
  mutable Once<Polynomial> loss_;
};

// Sum of a*b, exact for integers of up to 2^53.
__extension__ typedef __int128 Wide;
Wide exact_dot(const Tensor<double>& a, const Tensor<double>& b);

}  // namespace fsconv
