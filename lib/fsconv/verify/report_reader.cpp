// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/io/legal_values.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/table_columns.hpp>
#include <fsconv/verify/claim.hpp>
#include <fsconv/verify/report_reader.hpp>

namespace fsconv {

namespace {

class Reader {
 public:
  explicit Reader(const hdf5::File& file) : file_(file), sealed_(file) {}

  RecordedVerification read() {
    report_.configuration = read_configuration(file_);
    const hdf5::Value seed = file_.attribute("/", "seed");
    if (const auto* number = std::get_if<std::uint64_t>(&seed)) report_.seed = *number;
    report_.cases = sealed_.read_strings("/geometries/case");
    report_.claims = words("/checks/claim");
    report_.forms = words("/checks/form");
    report_.methods = words("/checks/method");
    read_checks();
    read_proofs();
    report_.passed = file_.integer_attribute("/checks", "passed") != 0;
    compare_passed();
    sealed_.check_rest();
    return std::move(report_);
  }

 private:
  [[noreturn]] void refuse(const std::string& object, const std::string& problem) const {
    throw BadData(file_.path() + ":" + object, problem);
  }

  std::vector<std::string> words(const std::string& column) const {
    const std::string meanings = file_.string_attribute(column, "flag_meanings");
    return meanings.empty() ? std::vector<std::string>{} : split(meanings, ' ');  // of proofs alone
  }

  void compare_passed() const {
    const bool open = std::any_of(report_.proofs.begin(), report_.proofs.end(),
                                  [](const RecordedProof& proof) { return !proof.good(); });
    const bool bad = std::any_of(report_.checks.begin(), report_.checks.end(),
                                 [&](const RecordedCheck& check) { return report_.is_bad(check); });
    if (report_.passed && (open || bad))
      refuse("/checks", "says that nothing failed, and a row of it or of /proofs does");
    // A claim of a newer fsconv may be a belief, which fails where it holds.
    if (!report_.passed && !open && !bad && report_.knows_all_claims())
      refuse("/checks", "says that something failed, and no row of it or of /proofs does");
  }

  // What a check was found to be says what its numbers can be.
  void compare_numbers(const Tensor<double>& error, const Tensor<double>& miss) const {
    const auto verdict_at = [&](Index row) { return report_.checks[static_cast<std::size_t>(row)].verdict; };
    require_legal(file_, "/checks/error_over_bound", error,
                  "it is 0 to 1 where a check holds, 0 where it was skipped, and never negative",
                  [&](double value, Index row) {
                    switch (verdict_at(row)) {
                      case Verdict::holds:
                      case Verdict::refuted:
                        return value >= 0 && value <= 1;
                      case Verdict::fails:
                        return !(value < 0);  // of results that are no numbers: none
                      case Verdict::skipped:
                        return value == 0;
                    }
                    return false;
                  });
    require_legal(file_, "/checks/log2_miss", miss,
                  "it is the logarithm of a probability, and 0 where a check was skipped",
                  [&](double value, Index row) {
                    return std::isfinite(value) && value <= 0 &&
                           (value == 0 || verdict_at(row) != Verdict::skipped);
                  });
  }

  void read_checks() {
    TableColumns columns(file_, sealed_, "/checks", "check");
    columns.require_numbered();
    const std::vector<std::string> verdicts = words("/checks/verdict");
    std::vector<Verdict> known;
    for (const std::string& word : verdicts) {
      const auto names = all_names<Verdict>();
      const auto found = std::find(names.begin(), names.end(), word);
      if (found == names.end()) refuse("/checks/verdict", "names a verdict that this fsconv does not know");
      known.push_back(all_values<Verdict>()[static_cast<std::size_t>(found - names.begin())]);
    }
    const auto geometry = columns.places<std::int64_t>("geometry", report_.cases.size());
    const auto claim = columns.places<std::uint8_t>("claim", report_.claims.size());
    const auto form = columns.places<std::uint8_t>("form", report_.forms.size());
    const auto method = columns.places<std::uint8_t>("method", report_.methods.size());
    const auto verdict = columns.places<std::uint8_t>("verdict", known.size());
    const auto error = columns.numbers<double>("error_over_bound"),
               miss = columns.numbers<double>("log2_miss");
    std::vector<std::string> detail = columns.texts("detail");
    report_.check_rows = read_places(file_, sealed_, "/checks", columns.rows());
    for (Index at = 0; at < columns.rows(); ++at)
      report_.checks.push_back({.geometry = geometry[at],
                                .claim = claim[at],
                                .form = form[at],
                                .method = method[at],
                                .verdict = known[verdict[at]],
                                .error = error[at],
                                .log2_miss = miss[at],
                                .detail = std::move(detail[static_cast<std::size_t>(at)])});
    compare_numbers(error, miss);
  }

  void read_proofs() {
    if (!file_.exists("/proofs")) return;
    TableColumns columns(file_, sealed_, "/proofs", "proof");
    const auto names = columns.texts("proof");
    const auto statement = columns.texts("statement"), verdict = columns.texts("verdict"),
               decided = columns.texts("decided_by"), counterexample = columns.texts("counterexample");
    const auto seconds = columns.numbers<double>("seconds");
    const auto goals = columns.numbers<std::int64_t>("goals"),
               confirmed = columns.numbers<std::int64_t>("confirmed");
    require_legal(file_, "/proofs/verdict", verdict, "it is proved, refuted, or says what fails",
                  [](const std::string& word, Index) {
                    return word == "proved" || word == "refuted" || word.starts_with("fails");
                  });
    require_legal(file_, "/proofs/seconds", seconds, "it is a time",
                  [](double value, Index) { return is_amount(value); });
    require_legal(file_, "/proofs/goals", goals, "it is a count",
                  [](std::int64_t count, Index) { return count >= 0; });
    require_legal(file_, "/proofs/confirmed", confirmed, "it is a count of goals",
                  [&](std::int64_t count, Index row) { return count >= 0 && count <= goals[row]; });
    report_.proof_rows = read_places(file_, sealed_, "/proofs", columns.rows());
    for (std::size_t at = 0; at < names.size(); ++at) {
      const Index row = static_cast<Index>(at);
      report_.proofs.push_back({names[at], statement[at], verdict[at], decided[at], counterexample[at],
                                seconds[row], goals[row], confirmed[row]});
    }
    if (file_.has_attribute("/proofs", "solvers"))
      report_.solvers = file_.string_attribute("/proofs", "solvers");
    if (file_.has_attribute("/proofs", "skipped"))
      report_.proofs_skipped = file_.string_attribute("/proofs", "skipped");
  }

  const hdf5::File& file_;
  SealedReader sealed_;
  RecordedVerification report_;
};

}  // namespace

bool RecordedVerification::is_bad(const RecordedCheck& check) const {
  const Claim* known = known_claim(claims[static_cast<std::size_t>(check.claim)]);
  return known == nullptr ? check.verdict == Verdict::fails : !is_good(*known, check.verdict);
}

Index RecordedVerification::skipped() const {
  return std::ranges::count(checks, Verdict::skipped, &RecordedCheck::verdict);
}

bool RecordedVerification::knows_all_claims() const {
  return std::all_of(claims.begin(), claims.end(),
                     [](const std::string& name) { return known_claim(name) != nullptr; });
}

std::string method_words(std::string_view method, std::string_view miss_bits, std::uint64_t seed) {
  const bool misses = method != name(Method::numeric);
  return fmt::format("--method {}{} --seed {}", method,
                     misses ? fmt::format(" --miss-bits {}", miss_bits) : "", seed);
}

std::string RecordedVerification::command(const RecordedCheck& check) const {
  const auto configured = [&](const char* option, const std::string& otherwise) {
    const auto found = configuration.find(option);
    if (found == configuration.end()) return otherwise;
    return found->is_string() ? found->get<std::string>() : found->dump();
  };
  const std::string &form = forms[static_cast<std::size_t>(check.form)],
                    precision = configured("precision", "widest");
  std::string command =
      fmt::format("fsconv verify --case {} --claim {}", cases[static_cast<std::size_t>(check.geometry)],
                  claims[static_cast<std::size_t>(check.claim)]);
  if (form != "-") {  // "-": a claim about sizes alone, which no form changes
    if (precision != "widest") command += " --precision " + precision;
    command += fmt::format(" --{} {}", configuration.contains("mutant") ? "mutant" : "form", form);
  }
  return command + " " +
         method_words(methods[static_cast<std::size_t>(check.method)], configured("miss-bits", "128"), seed);
}

RecordedVerification read_verification(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  require_kind(file, "verify", "verify");
  return Reader(file).read();
}

}  // namespace fsconv
