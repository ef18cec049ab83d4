#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/verify/verify.hpp>
#include <numeric>

namespace fsconv {
namespace {

bool is_good(const Claim& claim, Verdict verdict) {
  return verdict == Verdict::skipped || verdict == (claim.belief ? Verdict::refuted : Verdict::holds);
}

// One round of random reals; of random integers as many as push the probability of a miss below 2^-miss_bits.
std::vector<Trial> rounds_of(const Subject& subject, const Witness& form, Method method, std::uint64_t seed,
                             double miss_bits) {
  std::vector<Trial> rounds;
  rounds.emplace_back(subject, form, method, seed);
  const double bits = -rounds.front().log2_miss();
  for (double reached = bits; bits > 0 && reached < miss_bits; reached += bits)
    rounds.emplace_back(subject, form, method, seed + rounds.size() * 0x9e3779b9u);
  return rounds;
}

// The claim in every round; the first round that is not good decides. What a form throws at a geometry it
// claims to support is a failed check, not the end of the run.
Outcome check_rounds(const Claim& claim, const std::vector<Trial>& rounds) {
  Outcome worst;
  try {
    for (const Trial& trial : rounds) {
      Outcome outcome = claim.check(trial);
      if (!is_good(claim, outcome.verdict) || !claim.draws_numbers) return outcome;
      if (&trial == &rounds.front() || outcome.error > worst.error) worst = std::move(outcome);
    }
  } catch (const std::exception& error) {
    return {Verdict::fails, 1, error.what()};
  }
  return worst;
}

std::vector<Check> checks_of(const VerifyPlan& plan, Index at) {
  const Subject subject(plan.geometries[static_cast<std::size_t>(at)]);
  std::vector<Check> checks;
  for (std::size_t form = 0; form < plan.forms.size(); ++form)
    for (Method method : plan.methods) {
      std::vector<Trial> rounds;
      std::string too_large;  // why this method cannot be used on this form here
      try {
        rounds = rounds_of(subject, plan.forms[form], method, plan.seed, plan.miss_bits);
      } catch (const InvalidArgument& refused) {
        too_large = refused.what();
      }
      for (std::size_t claim = 0; claim < plan.claims.size(); ++claim) {
        const Claim& c = plan.claims[claim];
        if (!c.needs_form && form > 0) continue;
        if (!c.draws_numbers && method != plan.methods.front()) continue;
        Outcome outcome = rounds.empty() ? Outcome{Verdict::skipped, 0, too_large} : check_rounds(c, rounds);
        const double log2_miss = rounds.empty() || !c.draws_numbers
                                     ? 0
                                     : static_cast<double>(rounds.size()) * rounds.front().log2_miss();
        checks.push_back({at, static_cast<Index>(claim), c.needs_form ? static_cast<Index>(form) : -1, method,
                          outcome.verdict, outcome.error, log2_miss, std::move(outcome.detail)});
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
      const Index common = std::gcd(a.down, a.up);
      a.down /= common;
      a.up /= common;
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
    with([&](Axis& a) { a.up = less(a.up); });
    with([&](Axis& a) { a.down = less(a.down); });
    with([&](Axis& a) { a.dilation = less(a.dilation); });
    with([&](Axis& a) { a.pad -= a.pad > 0 ? 1 : a.pad < 0 ? -1 : 0; });
  }
  return list;
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
  std::vector<bool> told(plan.claims.size() * (plan.forms.size() + 1), false);
  for (std::vector<Check>& part : parts)
    for (Check& check : part) {
      const auto slot = static_cast<std::size_t>(check.claim) * (plan.forms.size() + 1) +
                        static_cast<std::size_t>(check.form + 1);
      const bool bad = !check.good(plan.claims[static_cast<std::size_t>(check.claim)]);
      if (!bad && told[slot]) check.detail.clear();
      if (!bad && !check.detail.empty()) told[slot] = true;
      all.push_back(std::move(check));
    }
  return all;
}

Outcome check_one(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                  std::uint64_t seed, double miss_bits) {
  const Subject subject(geometry);
  return check_rounds(claim, rounds_of(subject, form, method, seed, miss_bits));
}

Geometry shrink(const Claim& claim, const Witness& form, Method method, const Geometry& geometry,
                std::uint64_t seed, double miss_bits) {
  const auto still_fails = [&](const Geometry& candidate) {
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
