// A claim on one form, tried with every sample that its method asks for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/verify/claim.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace fsconv {

// The samples of one geometry: made when first asked for, shared by the forms. What it hands out lives as
// long as it does. seed, miss_bits: as number_samples takes them.
class SampleStore {
 public:
  // Throws InvalidArgument as Definition does.
  SampleStore(const Geometry& geometry, std::uint64_t seed, double miss_bits)
      : subject(geometry), seed_(seed), miss_bits_(miss_bits) {}

  // Throw InvalidArgument where the method cannot be used on this geometry in these bits.
  const std::vector<Sample<double>>& numbers(Method method, Significands bits);
  const std::vector<Sample<Polynomial>>& symbols();

  const Subject subject;

 private:
  std::uint64_t seed_;
  double miss_bits_;
  std::map<std::pair<Method, Significands>, std::vector<Sample<double>>> numbers_;
  std::vector<Sample<Polynomial>> symbols_;
};

// One form with every sample of one method.
class Trials {
 public:
  // Throws InvalidArgument as the store does. Both arguments outlive this.
  Trials(SampleStore& store, const Witness& form, Method method);

  // The claim on every sample; the first that is not good decides. What a form throws at a geometry it claims
  // to support is a failed check, not the end of the run; Ctrl-C and want of memory are not the form's.
  Outcome check(const Claim& claim) const;

  // log2 of the probability that a wrong form passes every sample.
  double log2_miss() const { return log2_miss_; }

 private:
  std::vector<Trial<double>> numbers_;
  std::vector<Trial<Polynomial>> symbols_;
  double log2_miss_ = 0;
};

// The method that checks a claim on a form where `asked` was asked for: a form that is no template, and a
// claim without weights, have nothing symbolic; exact integers take its place.
Method method_for(const Claim& claim, const Witness& form, Method asked);
// Whether one try on a form, by whatever method, says all that this one could: of a claim that draws no numbers.
bool decided_by_one(const Claim& claim, Method method);

// One check, repeatable: the same seed draws the same numbers.
Outcome check_one(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                  std::uint64_t seed, double miss_bits = 128);

}  // namespace fsconv
