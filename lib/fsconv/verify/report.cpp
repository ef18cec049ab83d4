#include <algorithm>
#include <chrono>
#include <fsconv/base/progress.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/report.hpp>
#include <set>

namespace fsconv {
namespace {

const Claim& claim_of(const VerifyPlan& plan, const Check& check) {
  return plan.claims[static_cast<std::size_t>(check.claim)];
}
const Witness& form_of(const VerifyPlan& plan, const Check& check) {
  return plan.forms[static_cast<std::size_t>(std::max<Index>(check.form, 0))];
}
std::string form_name(const VerifyPlan& plan, const Check& check) {
  return check.form < 0 ? "-" : plan.forms[static_cast<std::size_t>(check.form)].name;
}
std::string case_of(const VerifyPlan& plan, const Check& check) {
  return print_case(plan.geometries[static_cast<std::size_t>(check.geometry)]);
}

std::vector<ClaimSummary> summarize(const VerifyPlan& plan, const std::vector<Check>& checks) {
  std::vector<ClaimSummary> list;
  for (const Claim& claim : plan.claims) {
    list.emplace_back();
    list.back().claim = claim.name;
    list.back().statement = claim.statement;
    list.back().belief = claim.belief;
    list.back().weakest_log2_miss = -1e9;
  }
  for (const Check& check : checks) {
    ClaimSummary& summary = list[static_cast<std::size_t>(check.claim)];
    ++summary.checks;
    if (check.verdict == Verdict::skipped) {
      ++summary.skipped;
      continue;
    }
    ++(check.good(claim_of(plan, check)) ? summary.good : summary.failed);
    if (check.method == Method::numeric && claim_of(plan, check).draws_numbers)
      summary.worst_error = std::max(summary.worst_error, check.error);
    if (check.log2_miss < 0) summary.weakest_log2_miss = std::max(summary.weakest_log2_miss, check.log2_miss);
    if (check.verdict == Verdict::refuted && summary.example.empty() && !check.detail.empty())
      summary.example = fmt::format("{}: {}", case_of(plan, check), check.detail);
  }
  for (ClaimSummary& summary : list)
    if (summary.weakest_log2_miss == -1e9) summary.weakest_log2_miss = 0;
  return list;
}

std::vector<Failure> first_failures(const VerifyPlan& plan, const std::vector<Check>& checks) {
  std::vector<Failure> list;
  std::set<std::pair<Index, Index>> seen;
  for (const Check& check : checks) {
    const Claim& claim = claim_of(plan, check);
    if (check.good(claim) || !seen.insert({check.claim, check.form}).second) continue;
    const Geometry& found = plan.geometries[static_cast<std::size_t>(check.geometry)];
    const Witness& form = form_of(plan, check);
    const Geometry smallest = shrink(claim, form, check.method, found, plan.seed, plan.miss_bits);
    const Outcome outcome = check_one(claim, form, check.method, smallest, plan.seed, plan.miss_bits);
    list.push_back({std::string(claim.name), form_name(plan, check), std::string(name(check.method)),
                    print_case(found), print_case(smallest), outcome.detail,
                    fmt::format("fsconv verify --case {} --claim {} {} --method {} --miss-bits {} --seed {}",
                                print_case(smallest), claim.name, form.selector, name(check.method),
                                plan.miss_bits, plan.seed)});
  }
  return list;
}

std::string verdict_word(const ClaimSummary& claim) {
  if (claim.failed > 0) return "FAILS";
  if (claim.good == 0) return "not tried";
  return claim.belief ? "refuted" : "holds";
}

std::string strength(const ClaimSummary& claim) {
  std::string words;
  if (claim.worst_error >= 1 && claim.failed > 0)
    words += "error above its bound";
  else if (claim.worst_error > 0)
    words += fmt::format("error {:.0f}% of bound", 100 * claim.worst_error);
  if (claim.weakest_log2_miss < 0)
    words += fmt::format("{}miss <= 2^{:.0f}", words.empty() ? "" : ", ", claim.weakest_log2_miss);
  return words;
}

}  // namespace

VerifyReport run_and_report(const VerifyPlan& plan) {
  VerifyReport report{plan, {}, 0, {}, {}};
  const auto start = std::chrono::steady_clock::now();
  {
    Progress progress("verify", static_cast<Index>(plan.geometries.size()), "geometries");
    report.checks = verify(plan, [&](Index done) { progress.advance(done); });
  }
  report.claims = summarize(plan, report.checks);
  report.failures = first_failures(plan, report.checks);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::string text(const VerifyReport& report, bool colour) {
  const auto painted = [&](const std::string& word, std::size_t width) {
    const char* code = word == "FAILS" ? "31" : word == "refuted" ? "33" : "32";
    const std::string padded = fmt::format("{:<{}}", word, width);
    return colour ? fmt::format("\033[{}m{}\033[0m", code, padded) : padded;
  };
  std::string lines = fmt::format("{:<16} {:<62} {:<9} {:>9} {:>8}  {}\n", "claim", "statement", "verdict",
                                  "checks", "skipped", "strength");
  for (const ClaimSummary& claim : report.claims)
    lines += fmt::format("{:<16} {:<62} {} {:>9} {:>8}  {}\n", claim.claim, claim.statement,
                         painted(verdict_word(claim), 9), claim.checks - claim.skipped, claim.skipped,
                         strength(claim));
  for (const ClaimSummary& claim : report.claims)
    if (!claim.example.empty()) lines += fmt::format("\n{} is refuted by {}\n", claim.claim, claim.example);
  std::vector<std::string> names;
  for (const Witness& form : report.plan.forms)
    names.push_back(form.bits == 24 ? form.name + " (float)" : form.name);
  lines += fmt::format("\n{} geometries, {} checks in {:.1f} s; forms: {}\n", report.plan.geometries.size(),
                       report.checks.size(), report.seconds, fmt::join(names, ", "));
  for (const Failure& failure : report.failures)
    lines += fmt::format(
        "\n{} FAILS for {} ({})\n  smallest case found  {}\n  first seen at        {}\n  what differs        "
        " {}\n"
        "  to see it again      {}\n",
        failure.claim, failure.form, failure.method, failure.smallest, failure.found_at, failure.detail,
        failure.command);
  return lines;
}

nlohmann::json json_of(const VerifyReport& report) {
  nlohmann::json claims = nlohmann::json::array(), failures = nlohmann::json::array();
  for (const ClaimSummary& claim : report.claims)
    claims.push_back({{"claim", claim.claim},
                      {"statement", claim.statement},
                      {"verdict", verdict_word(claim)},
                      {"checks", claim.checks},
                      {"good", claim.good},
                      {"skipped", claim.skipped},
                      {"failed", claim.failed},
                      {"worst_error_over_bound", claim.worst_error},
                      {"log2_miss_probability", claim.weakest_log2_miss},
                      {"example", claim.example}});
  for (const Failure& failure : report.failures)
    failures.push_back({{"claim", failure.claim},
                        {"form", failure.form},
                        {"method", failure.method},
                        {"found_at", failure.found_at},
                        {"smallest", failure.smallest},
                        {"detail", failure.detail},
                        {"command", failure.command}});
  return {{"passed", report.passed()},
          {"geometries", report.plan.geometries.size()},
          {"checks", report.checks.size()},
          {"seconds", report.seconds},
          {"claims", claims},
          {"failures", failures}};
}

void write_report(const std::string& path, const VerifyReport& report, const RunInfo& info) {
  const VerifyPlan& plan = report.plan;
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, info);

  std::vector<std::string> cases;
  for (const Geometry& geometry : plan.geometries) cases.push_back(print_case(geometry));
  file.create_group("/geometries");
  file.write_strings("/geometries/case", cases,
                     {.dimensions = {"geometry"}, .long_name = "geometry as a case string"});

  // Names would make a large file of few words: columns hold codes, and say what they mean.
  std::vector<std::string> claims, forms;
  for (const Claim& claim : plan.claims) claims.emplace_back(claim.name);
  for (const Witness& form : plan.forms) forms.push_back(form.name);
  forms.emplace_back("-");  // of a claim about sizes alone
  const auto column = [&](auto value_of) {
    std::vector<std::uint8_t> codes;
    for (const Check& check : report.checks) codes.push_back(static_cast<std::uint8_t>(value_of(check)));
    return codes;
  };
  const auto layout = [](const char* units, const char* meaning) {
    return hdf5::Layout{.dimensions = {"check"}, .compressed = true, .units = units, .long_name = meaning};
  };
  const auto write_codes = [&](const std::string& name, const char* meaning,
                               const std::vector<std::string>& words, auto value_of) {
    file.write(name, column(value_of), layout("", meaning));
    file.set_attribute(name, "flag_meanings", fmt::format("{}", fmt::join(words, " ")));
  };

  std::vector<std::int64_t> numbers, geometries;
  std::vector<double> errors, misses;
  std::vector<std::string> details;
  for (const Check& check : report.checks) {
    numbers.push_back(static_cast<std::int64_t>(numbers.size()));
    geometries.push_back(check.geometry);
    errors.push_back(check.error);
    misses.push_back(check.log2_miss);
    details.push_back(check.detail);
  }
  file.create_group("/checks");
  file.write("/checks/check", numbers, layout("", "number of the check"));
  file.write("/checks/geometry", geometries, layout("", "position of its geometry in /geometries/case"));
  write_codes("/checks/claim", "claim", claims, [](const Check& c) { return c.claim; });
  write_codes("/checks/form", "form", forms,
              [&](const Check& c) { return c.form < 0 ? static_cast<Index>(plan.forms.size()) : c.form; });
  write_codes("/checks/method", "method", {"numeric", "exact"},
              [](const Check& c) { return static_cast<int>(c.method); });
  write_codes("/checks/verdict", "verdict", {"holds", "refuted", "fails", "skipped"},
              [](const Check& c) { return static_cast<int>(c.verdict); });
  file.write("/checks/error_over_bound", errors, layout("1", "largest error as a fraction of its bound"));
  file.write("/checks/log2_miss", misses, layout("bit", "log2 of the probability that an error passed"));
  file.write_strings("/checks/detail", details, layout("", "what differs, or why the check was skipped"));
  file.set_attribute("/checks", "passed", std::int64_t{report.passed()});
  file.commit();
}

}  // namespace fsconv
