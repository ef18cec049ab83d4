// Where proof obligations come from and go to: folders, and the library itself.
#pragma once

#include <fsconv/symbolic/obligation.hpp>

namespace fsconv {

// DIRECTORY/*.smt2, then DIRECTORY/beliefs/*.smt2, each sorted by name. Hidden files, and files that `emit`
// has composed, are passed over. Throws IoError (no such folder, a file that cannot be read or is none) and
// BadData (a damaged file, or no files at all).
std::vector<Obligation> read_obligations(const std::string& directory);

// Those of proofs/smt, built into the library. Throws BadData as parse_obligation does.
const std::vector<Obligation>& built_in_obligations();

// Writes each obligation as it is to DIRECTORY/NAME.smt2, and its queries, each complete in itself, to
// DIRECTORY/NAME.1.sat.smt2, NAME.2.unsat.smt2, ... Folders are made where they are missing. Files that are
// there and have the same content stay; where one differs, nothing is written.
// Throws IoError with the path and the reason.
void emit(const std::vector<Obligation>& obligations, const std::string& directory);

}  // namespace fsconv
