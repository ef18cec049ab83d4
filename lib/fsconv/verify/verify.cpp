#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/forms/kept.hpp>
#include <fsconv/verify/verify.hpp>
#include <map>
#include <set>

namespace fsconv {
namespace {

bool is_good(const Claim& claim, Verdict verdict) {
  return verdict == Verdict::skipped || verdict == (claim.belief ? Verdict::refuted : Verdict::holds);
}

using Numbers = std::vector<Sample<double>>;
using Symbols = std::vector<Sample<Polynomial>>;

// What one geometry is tried with: made when first asked for, shared by the forms.
class Samples {
 public:
  Samples(const Geometry& geometry, std::uint64_t seed, double miss_bits)
      : subject(geometry), seed_(seed), miss_bits_(miss_bits) {}

  const Numbers& numbers(Method method, Significands bits) {
    auto& slot = numbers_[{method, bits}];
    if (slot.empty()) slot = number_samples(subject, method, bits, seed_, miss_bits_);
    return slot;
  }
  const Symbols& symbols() {
    if (symbols_.empty()) symbols_ = symbol_samples(subject);
    return symbols_;
  }

  const Subject subject;

 private:
  std::uint64_t seed_;
  double miss_bits_;
  std::map<std::pair<Method, Significands>, Numbers> numbers_;
  Symbols symbols_;
};

// One form with every sample of one method.
class Trials {
 public:
  Trials(Samples& samples, const Witness& form, Method method) {
    if (method == Method::symbolic)
      for (const auto& sample : samples.symbols()) symbols_.emplace_back(samples.subject, form, sample);
    else
      for (const auto& sample : samples.numbers(method, form.bits))
        numbers_.emplace_back(samples.subject, form, sample);
    for (const auto& trial : numbers_) log2_miss_ += trial.sample.log2_miss();
  }

  Outcome check(const Claim& claim) const {
    return symbols_.empty() ? all_of(claim, claim.check, numbers_) : all_of(claim, claim.prove, symbols_);
  }

  double log2_miss() const { return log2_miss_; }

 private:
  // The claim on every sample; the first that is not good decides. What a form throws at a geometry it claims
  // to support is a failed check, not the end of the run.
  template <class Check, class T>
  static Outcome all_of(const Claim& claim, Check check, const std::vector<Trial<T>>& trials) {
    Outcome worst;
    try {
      for (const Trial<T>& trial : trials) {
        Outcome outcome = check(trial);
        if (!is_good(claim, outcome.verdict) || !claim.draws_numbers) return outcome;
        if (&trial == &trials.front() || outcome.error > worst.error) worst = std::move(outcome);
      }
    } catch (const std::exception& error) {
      return {Verdict::fails, 1, error.what()};
    }
    return worst;
  }

  std::vector<Trial<double>> numbers_;
  std::vector<Trial<Polynomial>> symbols_;
  double log2_miss_ = 0;
};

// The trials of one form, made when a claim first needs their method.
class TrialsByMethod {
 public:
  TrialsByMethod(Samples& samples, const Witness& form) : samples_(samples), form_(form) {}

  // Null where the method cannot be used on this form and geometry; `why` then says so.
  const Trials* get(Method method, std::string& why) {
    auto& slot = slots_[method];
    if (!slot.tried) {
      slot.tried = true;
      try {
        slot.trials.emplace(samples_, form_, method);
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
  Samples& samples_;
  const Witness& form_;
  std::map<Method, Slot> slots_;
};

std::vector<Check> checks_of(const VerifyPlan& plan, Index at) {
  const KeepPrepared keep;
  Samples samples(plan.geometries[static_cast<std::size_t>(at)], plan.seed, plan.miss_bits);
  std::vector<Check> checks;
  const auto asked_for = [&](Method method) {
    return std::find(plan.methods.begin(), plan.methods.end(), method) != plan.methods.end();
  };
  for (std::size_t form = 0; form < plan.forms.size(); ++form) {
    TrialsByMethod trials(samples, plan.forms[form]);
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
        checks.push_back({at, static_cast<Index>(claim), c.needs_form ? static_cast<Index>(form) : -1, method,
                          outcome.verdict, outcome.error, counts ? of->log2_miss() : 0,
                          std::move(outcome.detail)});
      }
    }
  }
  return checks;
}

// Geometries one step smaller than `g`, the largest steps first.
std::vector<Geometry> smaller(const Geometry& g) {
  std::vector<Geometry> list;
  if (g.axes.size() > 1)
    for (std::size_t axis = 0; axis < g.axes.size(); ++axis) {
      list.push_back(g);
      list.back().axes.erase(list.back().axes.begin() + static_cast<std::ptrdiff_t>(axis));
    }
  if (g.groups > 1) {
    list.push_back({g.axes, g.in_per_group(), g.out_per_group(), 1});
    list.push_back(
        {g.axes, g.in_channels - g.in_per_group(), g.out_channels - g.out_per_group(), g.groups - 1});
  }
  if (g.in_per_group() > 1) list.push_back({g.axes, g.groups, g.out_channels, g.groups});
  if (g.out_per_group() > 1) list.push_back({g.axes, g.in_channels, g.groups, g.groups});
  for (std::size_t axis = 0; axis < g.axes.size(); ++axis) {
    const auto with = [&](auto change) {
      Geometry next = g;
      Axis& a = next.axes[axis];
      change(a);
      if (next != g) list.push_back(next);
    };
    const auto halved = [](Index value) { return std::max<Index>(1, value / 2); };
    const auto less = [](Index value) { return std::max<Index>(1, value - 1); };
    with([&](Axis& a) { a.in = halved(a.in); });
    with([&](Axis& a) { a.out = halved(a.out); });
    with([&](Axis& a) { a.taps = halved(a.taps); });
    with([&](Axis& a) { a.in = less(a.in); });
    with([&](Axis& a) { a.out = less(a.out); });
    with([&](Axis& a) { a.taps = less(a.taps); });
    with([&](Axis& a) {  // 4/2 is another operator than 2, and a smaller one where that fails as well
      const Index factor = a.stride_factor();
      a.down /= factor;
      a.up /= factor;
    });
    with([&](Axis& a) { a.up = less(a.up); });
    with([&](Axis& a) { a.down = less(a.down); });
    with([&](Axis& a) { a.dilation = less(a.dilation); });
    with([&](Axis& a) { a.pad -= a.pad > 0 ? 1 : a.pad < 0 ? -1 : 0; });
  }
  return list;
}

}  // namespace

Method method_for(const Claim& claim, const Witness& form, Method asked) {
  const bool symbols = form.polynomials && claim.prove != nullptr;
  return asked == Method::symbolic && !symbols ? Method::exact : asked;
}

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

Outcome check_one(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                  std::uint64_t seed, double miss_bits) {
  const KeepPrepared keep;
  Samples samples(geometry, seed, miss_bits);
  return Trials(samples, form, method_for(claim, form, method)).check(claim);
}

Geometry shrink(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                std::uint64_t seed, double miss_bits) {
  const auto still_fails = [&](const Geometry& candidate) {
    stop_if_interrupted();
    return !is_good(claim, check_one(claim, form, method, candidate, seed, miss_bits).verdict);
  };
  Geometry smallest = geometry;
  for (bool found = true; found;) {
    found = false;
    for (const Geometry& candidate : smaller(smallest))
      if (still_fails(candidate)) {
        smallest = candidate;
        found = true;
        break;
      }
  }
  return smallest;
}

}  // namespace fsconv
