// A verification as its file says it: its checks, its geometries and its proofs; read back, and written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/index.hpp>
#include <fsconv/io/shard_files.hpp>
#include <fsconv/verify/outcome.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

struct VerifyReport;  // report.hpp

// A check as its row says it. Words that this fsconv does not know (a claim of a newer one) are kept.
struct RecordedCheck {
  Index geometry = 0, claim = 0, form = 0, method = 0;  // places in the lists below
  Verdict verdict = Verdict::holds;
  double error = 0;      // over its bound
  double log2_miss = 0;  // 0: nothing is drawn
  std::string detail = {};
};

struct RecordedProof {
  std::string name, statement, verdict, decided_by, counterexample;
  double seconds = 0;
  Index goals = 0, confirmed = 0;

  bool good() const { return verdict == "proved" || verdict == "refuted"; }
};

struct RecordedVerification {
  nlohmann::json configuration = {};
  std::uint64_t seed = 0;
  bool passed = false;
  std::vector<std::string> cases = {}, claims = {}, forms = {}, methods = {};
  std::vector<RecordedCheck> checks = {};
  std::vector<RecordedProof> proofs = {};
  std::string solvers = {}, proofs_skipped = {};
  std::optional<ShardRows> check_rows = {}, proof_rows = {};  // of a shard: where its rows belong

  // Whether a check says what its claim forbids. A claim that this fsconv does not know forbids that it fails.
  bool is_bad(const RecordedCheck& check) const;
  bool knows_all_claims() const;
  Index skipped() const;  // checks

  // The command that tries a check again: as `fsconv verify` itself names it, on the geometry where it was found.
  std::string command(const RecordedCheck& check) const;
};

// IoError; BadData, naming the file and the object, if it is no such file, was changed since it was written, or
// contradicts itself: columns of other lengths, places and codes without an entry, numbers that no check or proof has (an error
// above its bound of a check that holds), `passed` beside a check that fails, or not passed beside none.
RecordedVerification read_verification(const std::string& path);

// What a report's file says.
RecordedVerification recorded(const VerifyReport& report);

// The groups of the file, into a new one that says at its root what it is. IoError.
void write_verification(hdf5::File& file, const RecordedVerification& verification);

// How a command says a method and what it draws its numbers by: of reals there are no bits that an error could be missed with.
std::string method_words(std::string_view method, std::string_view miss_bits, std::uint64_t seed);

}  // namespace fsconv
