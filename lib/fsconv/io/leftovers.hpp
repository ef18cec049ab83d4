// The names of temporary files, by which those are known that a killed program has left behind.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace fsconv {

// ".fsconv-MARK-PROCESS-NUMBER.tmp": no other one of this process, and short, so that it is no longer than what any folder
// allows. The mark says in which start of the system, and in which container of it, the process has its number.
std::string temporary_name();

// Removes the temporary files in a folder (of folder_of()) whose processes are gone: each was fsconv's, had this mark, and
// was never put in its place. Those of other machines, containers and starts of the system, which may still be written, stay.
// Looks into a folder once in a process. What cannot be removed stays, too: nothing depends on it.
void remove_leftovers(const std::string& folder) noexcept;

}  // namespace fsconv
