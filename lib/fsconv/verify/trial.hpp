// One try of one claim: a form, a sample of arrays, and their comparison with what the definition says.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/verify/sample.hpp>
#include <fsconv/verify/tile_growth.hpp>
#include <memory>
#include <type_traits>
#include <utility>

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
        record_(record_of(witness)),
        recorded_(recorded_maps(witness, record_.get())),
        maps(record_ ? *recorded_ : witness.maps<T>()),
        sample(sample_),
        image(sample_.image),
        code(sample_.code),
        weight(sample_.weight) {}

  const Geometry& geometry;
  const Definition& definition;
  const Witness& form;

 private:
  // Of a form of tiles that is given numbers: what its calls need. On the heap: a trial may move.
  static std::unique_ptr<TileRecord> record_of(const Witness& witness) {
    return std::is_same_v<T, double> && witness.in_tiles() ? std::make_unique<TileRecord>() : nullptr;
  }
  static std::unique_ptr<Maps<T>> recorded_maps(const Witness& witness, TileRecord* record) {
    if constexpr (std::is_same_v<T, double>)
      if (record != nullptr) return std::make_unique<Maps<T>>(recorded(witness, *record));
    return nullptr;
  }
  std::unique_ptr<TileRecord> record_;
  std::unique_ptr<Maps<T>> recorded_;

 public:
  const Maps<T>& maps;
  const Sample<T>& sample;
  const Tensor<T>&image, &code, &weight;

  Index batch() const { return image.shape()[0]; }

  // The form's own maps of the sample: several claims look at them.
  const Tensor<T>& conv() const {
    return kept(conv_, [&] { return maps.conv(geometry, image, weight); });
  }
  const Tensor<T>& conv_transpose() const {
    return kept(conv_transpose_, [&] { return maps.conv_transpose(geometry, code, weight); });
  }
  const Tensor<T>& weight_gradient() const {
    return kept(weight_gradient_, [&] { return maps.weight_gradient(geometry, code, image); });
  }

  // L = <conv(w, x), y> multiplied out: what is differentiated.
  template <class Scalar = T>
  requires std::is_same_v<Scalar, Polynomial>
  const Polynomial& loss() const {
    return loss_.get([&] { return dot(conv(), code); });
  }

  // Element by element against what the definition says.
  Outcome compare_with_conv(const Tensor<T>& actual) const {
    return compare(actual, sample.conv(definition));
  }
  Outcome compare_with_conv_transpose(const Tensor<T>& actual) const {
    return compare(actual, sample.conv_transpose(definition));
  }
  Outcome compare(const Tensor<T>& actual, const Expected<T>& expected) const;

  // numeric: gamma of the form plus gamma of double, for sums of `terms` products and two roundings more; and
  // where its operands are narrower than its sums, half a unit of theirs for every result that it is given as
  // an operand.
  double rounding(Index terms, Index results_as_operands = 0) const;

  // numeric: by how much more a result of the form may be off, whatever its size, where it computes by tiles: the most of any
  // map that was asked for since begin_claim(), kept ones included. What was tried before makes no difference.
  double tile_error() const { return record_ ? record_->error : 0; }
  // Whether the tiles of all these maps hold integers exactly. Those of the sample itself always do.
  bool tiles_exact() const { return !record_ || record_->exact; }
  void begin_claim() const {
    if (record_) *record_ = {};
  }

 private:
  // A map of the sample, and what its tiles needed: every claim that looks at it needs as much.
  struct Kept {
    Tensor<T> values;
    TileRecord record;
  };
  template <class Compute>
  const Tensor<T>& kept(Once<Kept>& slot, Compute compute) const {
    const TileRecord before = record_ ? std::exchange(*record_, {}) : TileRecord{};
    const Kept& map = slot.get([&] {
      Tensor<T> values = compute();
      return Kept{std::move(values), record_ ? *record_ : TileRecord{}};
    });
    if (record_) *record_ = both(before, map.record);
    return map.values;
  }

  mutable Once<Kept> conv_, conv_transpose_, weight_gradient_;
  mutable Once<Polynomial> loss_;
};

// Sum of a*b, exact for integers of up to 2^53.
__extension__ typedef __int128 Wide;
Wide exact_dot(const Tensor<double>& a, const Tensor<double>& b);

}  // namespace fsconv
