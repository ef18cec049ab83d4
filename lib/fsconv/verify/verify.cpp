// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/forms/kept.hpp>
#include <fsconv/verify/told_details.hpp>
#include <fsconv/verify/trials.hpp>
#include <fsconv/verify/verify.hpp>
#include <map>

namespace fsconv {
namespace {

// The trials of one form, made when a claim first needs their method.
class TrialsByMethod {
 public:
  TrialsByMethod(SampleStore& store, const Witness& form) : store_(store), form_(form) {}

  // Null where the method cannot be used on this form and geometry; `why` then says so.
  const Trials* get(Method method, std::string& why) {
    auto& slot = slots_[method];
    if (!slot.tried) {
      slot.tried = true;
      try {
        slot.trials.emplace(store_, form_, method);
      } catch (const InvalidArgument& refused) {
        slot.why = refused.what();
      }
    }
    why = slot.why;
    return slot.trials ? &*slot.trials : nullptr;
  }

 private:
  struct Slot {
    bool tried = false;
    std::optional<Trials> trials;
    std::string why;
  };
  SampleStore& store_;
  const Witness& form_;
  std::map<Method, Slot> slots_;
};

// What is tried on every geometry: a claim on a form by a method.
struct Try {
  std::size_t form, claim;
  Method method;
};

// In the order of the report; the geometry makes no difference.
std::vector<Try> tries_of(const VerifyPlan& plan) {
  std::vector<Try> tries;
  const auto asked_for = [&](Method method) {
    return std::find(plan.methods.begin(), plan.methods.end(), method) != plan.methods.end();
  };
  for (std::size_t form = 0; form < plan.forms.size(); ++form) {
    std::vector<bool> decided(plan.claims.size(), false);  // claims that one try decides
    for (Method asked : plan.methods)
      for (std::size_t claim = 0; claim < plan.claims.size(); ++claim) {
        const Claim& c = plan.claims[claim];
        const Method method = method_for(c, plan.forms[form], asked);
        if (method != asked && asked_for(method)) continue;
        if (!c.needs_form && form > 0) continue;
        if (decided_by_one(c, method) && decided[claim]) continue;
        decided[claim] = true;
        tries.push_back({form, claim, method});
      }
  }
  return tries;
}

// Which checks are the shard's.
class Share {
 public:
  Share(const VerifyPlan& plan, std::size_t tries)
      : shard_(plan.shard.value_or(Shard{})),
        tries_(static_cast<Index>(tries)),
        whole_geometries_(static_cast<Index>(plan.geometries.size()) >= shard_.of) {}

  Index place(Index geometry, std::size_t at) const { return geometry * tries_ + static_cast<Index>(at); }
  bool takes(Index geometry, std::size_t at) const {
    return shard_.takes(whole_geometries_ ? geometry : place(geometry, at));
  }
  bool takes_some(Index geometry) const {
    if (whole_geometries_) return tries_ > 0 && shard_.takes(geometry);
    for (Index at = 0; at < tries_; ++at)
      if (takes(geometry, static_cast<std::size_t>(at))) return true;
    return false;
  }

 private:
  Shard shard_;
  Index tries_;
  bool whole_geometries_;
};

std::vector<Index> geometries_of(const VerifyPlan& plan, const Share& share) {
  std::vector<Index> list;
  for (Index at = 0; at < static_cast<Index>(plan.geometries.size()); ++at)
    if (share.takes_some(at)) list.push_back(at);
  return list;
}

std::vector<Check> checks_of(const VerifyPlan& plan, const std::vector<Try>& tries, const Share& share,
                             Index at) {
  const KeepPrepared keep;
  SampleStore store(plan.geometries[static_cast<std::size_t>(at)], plan.seed, plan.miss_bits);
  std::vector<Check> checks;
  std::optional<TrialsByMethod> trials;  // of the form
  std::size_t form = plan.forms.size();
  for (std::size_t number = 0; number < tries.size(); ++number) {
    if (!share.takes(at, number)) continue;
    stop_if_interrupted();
    const Try& tried = tries[number];
    if (!trials || form != tried.form) {
      form = tried.form;
      trials.emplace(store, plan.forms[form]);
    }
    const Claim& c = plan.claims[tried.claim];
    std::string why;
    const Trials* of = trials->get(tried.method, why);
    Outcome outcome = of == nullptr ? Outcome{Verdict::skipped, 0, why} : of->check(c);
    const bool counts = of != nullptr && c.draws_numbers && outcome.verdict != Verdict::skipped;
    checks.push_back({.place = share.place(at, number),
                      .geometry = at,
                      .claim = static_cast<Index>(tried.claim),
                      .form = c.needs_form ? static_cast<Index>(form) : -1,
                      .method = tried.method,
                      .verdict = outcome.verdict,
                      .error = outcome.error,
                      .log2_miss = counts ? of->log2_miss() : 0,
                      .detail = std::move(outcome.detail)});
  }
  return checks;
}

}  // namespace

bool Check::good(const Claim& of) const { return is_good(of, verdict); }

Index check_count(const VerifyPlan& plan) {
  return static_cast<Index>(plan.geometries.size() * tries_of(plan).size());
}

std::vector<Index> geometries_in_shard(const VerifyPlan& plan) {
  return geometries_of(plan, Share(plan, tries_of(plan).size()));
}

std::vector<Check> verify(const VerifyPlan& plan, const std::function<void(Index)>& done) {
  const std::vector<Try> tries = tries_of(plan);
  const Share share(plan, tries.size());
  const std::vector<Index> geometries = geometries_of(plan, share);
  std::vector<std::vector<Check>> parts(geometries.size());
  parallel_for(static_cast<Index>(geometries.size()), plan.threads, [&](Index part) {
    stop_if_interrupted();
    const auto at = static_cast<std::size_t>(part);
    parts[at] = checks_of(plan, tries, share, geometries[at]);
    done(1);
  });

  std::vector<Check> all;
  ToldDetails told;
  for (std::vector<Check>& part : parts)
    for (Check& check : part) {
      const bool bad = !check.good(plan.claims[static_cast<std::size_t>(check.claim)]);
      if (!told.keeps(check.claim, check.form, static_cast<Index>(check.method), bad,
                      check.verdict == Verdict::skipped, check.detail))
        check.detail.clear();
      all.push_back(std::move(check));
    }
  return all;
}

}  // namespace fsconv
