// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/forms/kept.hpp>
#include <fsconv/verify/trials.hpp>
#include <fsconv/verify/verify.hpp>
#include <map>
#include <set>

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

std::vector<Check> checks_of(const VerifyPlan& plan, Index at) {
  const KeepPrepared keep;
  SampleStore store(plan.geometries[static_cast<std::size_t>(at)], plan.seed, plan.miss_bits);
  std::vector<Check> checks;
  const auto asked_for = [&](Method method) {
    return std::find(plan.methods.begin(), plan.methods.end(), method) != plan.methods.end();
  };
  for (std::size_t form = 0; form < plan.forms.size(); ++form) {
    TrialsByMethod trials(store, plan.forms[form]);
    std::vector<bool> decided(plan.claims.size(), false);  // claims that one try decides
    for (Method asked : plan.methods) {
      for (std::size_t claim = 0; claim < plan.claims.size(); ++claim) {
        stop_if_interrupted();
        const Claim& c = plan.claims[claim];
        const Method method = method_for(c, plan.forms[form], asked);
        if (method != asked && asked_for(method)) continue;
        if (!c.needs_form && form > 0) continue;
        if (!c.draws_numbers && method != Method::symbolic && decided[claim]) continue;
        decided[claim] = true;
        std::string why;
        const Trials* of = trials.get(method, why);
        Outcome outcome = of == nullptr ? Outcome{Verdict::skipped, 0, why} : of->check(c);
        const bool counts = of != nullptr && c.draws_numbers && outcome.verdict != Verdict::skipped;
        checks.push_back({.geometry = at,
                          .claim = static_cast<Index>(claim),
                          .form = c.needs_form ? static_cast<Index>(form) : -1,
                          .method = method,
                          .verdict = outcome.verdict,
                          .error = outcome.error,
                          .log2_miss = counts ? of->log2_miss() : 0,
                          .detail = std::move(outcome.detail)});
      }
    }
  }
  return checks;
}

}  // namespace

bool Check::good(const Claim& of) const { return is_good(of, verdict); }

std::vector<Check> verify(const VerifyPlan& plan, const std::function<void(Index)>& done) {
  std::vector<std::vector<Check>> parts(plan.geometries.size());
  parallel_for(static_cast<Index>(plan.geometries.size()), plan.threads, [&](Index at) {
    stop_if_interrupted();
    parts[static_cast<std::size_t>(at)] = checks_of(plan, at);
    done(1);
  });

  // A detail is kept where it says something new: thousands of equal refutations do not.
  std::vector<Check> all;
  std::set<std::tuple<Index, Index, Method>> told;
  for (std::vector<Check>& part : parts)
    for (Check& check : part) {
      const bool bad = !check.good(plan.claims[static_cast<std::size_t>(check.claim)]);
      if (!bad && !check.detail.empty() && !told.insert({check.claim, check.form, check.method}).second)
        check.detail.clear();
      all.push_back(std::move(check));
    }
  return all;
}

}  // namespace fsconv
