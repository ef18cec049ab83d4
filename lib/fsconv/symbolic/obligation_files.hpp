// Where proof obligations come from: folders, and the library itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/symbolic/obligation.hpp>

namespace fsconv {

// DIRECTORY/*.smt2, then DIRECTORY/beliefs/*.smt2, each sorted by name. Hidden files, and single queries such
// as NAME.2.unsat.smt2 (verify/emit.hpp), are passed over. Throws IoError (no such folder, a file that cannot
// be read or is none) and BadData (a damaged file, or no files at all).
std::vector<Obligation> read_obligations(const std::string& directory);

// Those of proofs/smt, built into the library. Throws BadData as parse_obligation does.
const std::vector<Obligation>& built_in_obligations();

}  // namespace fsconv
