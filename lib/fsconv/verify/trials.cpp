// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/interrupt.hpp>
#include <fsconv/forms/kept.hpp>
#include <fsconv/verify/trials.hpp>
#include <new>
#include <system_error>

namespace fsconv {
namespace {

// Integers leave room for what tiles make of them.
Significands bits_of(const Witness& form, Method method, const Geometry& geometry) {
  return method == Method::exact && form.in_tiles() && !form.skips(geometry, Op::conv)
             ? bits_for_integers(geometry, form.cuts, form.bits, sampled_batch)
             : form.bits;
}

template <class T>
Outcome check_all(const Claim& claim, Outcome (*check)(const Trial<T>&),
                  const std::vector<Trial<T>>& trials) {
  Outcome worst;
  try {
    for (const Trial<T>& trial : trials) {
      stop_if_interrupted();
      trial.begin_claim();
      Outcome outcome = check(trial);
      const bool by_bits = !claim.draws_numbers || trial.sample.method == Method::exact;
      if (!is_good(claim, outcome.verdict) && by_bits && !trial.tiles_exact())
        return {Verdict::skipped, 0, "the numbers do not stay exact in the tiles of this form"};
      if (!is_good(claim, outcome.verdict) || !claim.draws_numbers) return outcome;
      if (&trial == &trials.front() || outcome.error > worst.error) worst = std::move(outcome);
    }
  } catch (const Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::system_error&) {  // no thread to be had
    throw;
  } catch (const std::exception& error) {
    return {Verdict::fails, 1, error.what()};
  }
  return worst;
}

}  // namespace

const std::vector<Sample<double>>& SampleStore::numbers(Method method, Significands bits) {
  auto& slot = numbers_[{method, bits}];
  if (slot.empty()) slot = number_samples(subject, method, bits, seed_, miss_bits_);
  return slot;
}

const std::vector<Sample<Polynomial>>& SampleStore::symbols() {
  if (symbols_.empty()) symbols_ = symbol_samples(subject);
  return symbols_;
}

Trials::Trials(SampleStore& store, const Witness& form, Method method) {
  if (method == Method::symbolic)
    for (const auto& sample : store.symbols()) symbols_.emplace_back(store.subject, form, sample);
  else
    for (const auto& sample : store.numbers(method, bits_of(form, method, store.subject.geometry)))
      numbers_.emplace_back(store.subject, form, sample);
  for (const auto& trial : numbers_) log2_miss_ += trial.sample.log2_miss();
}

Outcome Trials::check(const Claim& claim) const {
  return symbols_.empty() ? check_all(claim, claim.check, numbers_) : check_all(claim, claim.prove, symbols_);
}

Method method_for(const Claim& claim, const Witness& form, Method asked) {
  const bool symbols = form.polynomials && claim.prove != nullptr;
  return asked == Method::symbolic && !symbols ? Method::exact : asked;
}

bool decided_by_one(const Claim& claim, Method method) {
  return !claim.draws_numbers && method != Method::symbolic;
}

Outcome check_one(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                  std::uint64_t seed, double miss_bits) {
  const KeepPrepared keep;
  SampleStore store(geometry, seed, miss_bits);
  return Trials(store, form, method_for(claim, form, method)).check(claim);
}

}  // namespace fsconv
