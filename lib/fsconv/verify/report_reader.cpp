// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/text.hpp>
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
    const bool fails =
        std::any_of(report_.checks.begin(), report_.checks.end(),
                    [](const RecordedCheck& check) { return check.verdict == Verdict::fails; }) ||
        std::any_of(report_.proofs.begin(), report_.proofs.end(),
                    [](const RecordedProof& proof) { return !proof.good(); });
    // The other way round a check can miss its claim, too: a belief that holds.
    if (report_.passed && fails)
      refuse("/checks", "says that nothing failed, and a row of it or of /proofs does");
    sealed_.check_rest();
    return std::move(report_);
  }

 private:
  [[noreturn]] void refuse(const std::string& object, const std::string& problem) const {
    throw BadData(file_.path() + ":" + object, problem);
  }

  std::vector<std::string> words(const std::string& column) const {
    return split(file_.string_attribute(column, "flag_meanings"), ' ');
  }

  void read_checks() {
    TableColumns columns(file_, sealed_, "/checks", "check");
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
  const auto all = fsconv::claims();
  const auto known = std::find_if(all.begin(), all.end(), [&](const Claim& one) {
    return one.name == claims[static_cast<std::size_t>(check.claim)];
  });
  return known == all.end() ? check.verdict == Verdict::fails : !is_good(*known, check.verdict);
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
  return command + fmt::format(" --method {} --miss-bits {} --seed {}",
                               methods[static_cast<std::size_t>(check.method)],
                               configured("miss-bits", "128"), seed);
}

RecordedVerification read_verification(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  require_kind(file, "verify", "verify");
  return Reader(file).read();
}

}  // namespace fsconv
