// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/verify/merge.hpp>
#include <fsconv/verify/told_details.hpp>

namespace fsconv {
namespace {

// What the places of checks are places in, and what all shards say alike.
void require_same_lists(const ShardFile& first_file, const RecordedVerification& first,
                        const ShardFile& other_file, const RecordedVerification& other) {
  const auto compare = [&](const char* object, const auto& firsts, const auto& others) {
    if (firsts != others)
      throw BadData(other_file.path + ":" + object, "differs from that of " + first_file.path,
                    "give the shards of one run");
  };
  compare("/geometries/case", first.cases, other.cases);
  compare("/checks/claim", first.claims, other.claims);
  compare("/checks/form", first.forms, other.forms);
  compare("/checks/method", first.methods, other.methods);
  if (other.proofs_skipped != first.proofs_skipped) {
    const bool others = !other.proofs_skipped.empty();
    throw BadData(others ? other_file.path : first_file.path,
                  fmt::format("nothing was proved for all sizes there: {}",
                              others ? other.proofs_skipped : first.proofs_skipped),
                  "make this shard where the others were made");
  }
}

ShardRows rows_of(const ShardFile& file, const std::optional<ShardRows>& rows, const char* table) {
  if (!rows) throw BadData(file.path + ":" + table, "does not say where its rows belong");
  return *rows;
}

}  // namespace

RecordedVerification merge_verifications(const std::vector<ShardFile>& files) {
  std::vector<RecordedVerification> parts;
  std::vector<ShardRows> checks, proofs;
  RecordedVerification merged;
  const ShardFile* asked_first = nullptr;  // of the shards that asked a solver
  for (const ShardFile& file : files) {
    stop_if_interrupted();
    parts.push_back(read_verification(file.path));
    const RecordedVerification& part = parts.back();
    require_same_lists(files.front(), parts.front(), file, part);
    checks.push_back(rows_of(file, part.check_rows, "/checks"));
    proofs.push_back(rows_of(file, part.proof_rows, "/proofs"));
    if (part.solvers.empty()) continue;  // a shard without proofs asks no solver for its version
    if (merged.solvers.empty()) {
      merged.solvers = part.solvers;
      asked_first = &file;
    } else if (merged.solvers != part.solvers) {
      throw BadData(
          file.path,
          fmt::format("was decided by {}, and {} by {}", part.solvers, asked_first->path, merged.solvers),
          "give the shards of one run");
    }
  }
  merged.configuration = files.front().configuration;
  merged.seed = parts.front().seed;
  merged.passed = std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part.passed; });
  merged.cases = parts.front().cases;
  merged.claims = parts.front().claims;
  merged.forms = parts.front().forms;
  merged.methods = parts.front().methods;
  merged.proofs_skipped = parts.front().proofs_skipped;
  ToldDetails told;
  for (const RowSource& source : rows_in_order(files, checks, "/checks")) {
    RecordedCheck& check = parts[source.file].checks[source.row];
    if (!told.keeps(check.claim, check.form, check.method, merged.is_bad(check),
                    check.verdict == Verdict::skipped, check.detail))
      check.detail.clear();
    merged.checks.push_back(std::move(check));
  }
  for (const RowSource& source : rows_in_order(files, proofs, "/proofs"))
    merged.proofs.push_back(std::move(parts[source.file].proofs[source.row]));
  return merged;
}

void write_merged(const std::string& output, const std::vector<ShardFile>& files,
                  const RecordedVerification& merged) {
  hdf5::File file = begin_merged(output, files);
  write_verification(file, merged);
  commit_sealed(file);
}

std::string named_in_vain(const RecordedVerification& merged) {
  struct Named {
    const char* option;
    const std::vector<std::string>& words;
    Index RecordedCheck::*place;
  };
  const Named all[] = {{"claim", merged.claims, &RecordedCheck::claim},
                       {"form", merged.forms, &RecordedCheck::form},
                       {"mutant", merged.forms, &RecordedCheck::form},
                       {"method", merged.methods, &RecordedCheck::method}};
  for (const Named& named : all) {
    const auto option = merged.configuration.find(named.option);
    if (option == merged.configuration.end() || !option->is_string()) continue;
    for (const std::string& word : split(option->get<std::string>(), ',')) {
      const auto found = std::find(named.words.begin(), named.words.end(), word);
      if (found == named.words.end()) continue;  // proof, all
      if (named.option == std::string_view("claim") && !merged.proofs.empty()) continue;
      std::string reason = "none of these checks is about it";
      bool tried = false, skipped = false;
      for (const RecordedCheck& check : merged.checks) {
        if (check.*named.place != found - named.words.begin()) continue;
        tried = tried || check.verdict != Verdict::skipped;
        if (!skipped && !check.detail.empty()) reason = check.detail;
        skipped = skipped || check.verdict == Verdict::skipped;
      }
      if (!tried) return fmt::format("nothing of {} {} was tried: {}", named.option, word, reason);
    }
  }
  return {};
}

}  // namespace fsconv
