// Writes proof obligations, and every question that they put to a solver, as SMT-LIB files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/symbolic/obligation.hpp>

namespace fsconv {

// Writes each obligation as it is to DIRECTORY/NAME.smt2, and its queries, each complete in itself, to
// DIRECTORY/NAME.1.sat.smt2, NAME.2.unsat.smt2, ... Folders are made where they are missing. Files that are
// there and have the same content stay; where one differs, nothing is written. Each file appears whole or not
// at all.
// Throws IoError with the path and the reason, and Interrupted after Ctrl-C, between two files.
void emit(const std::vector<Obligation>& obligations, const std::string& directory);

}  // namespace fsconv
