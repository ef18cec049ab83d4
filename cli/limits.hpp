// What the limits of the shell (ulimit) leave to the program: checked at its start, so that it ends with a word, not in
// the middle of a library that does not expect it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fsconv::cli {

// Makes sure that the stack can grow as far as the program needs it, gives threads the same, keeps memory for errors, and
// ends the program with a word before its processor time runs out. To be called once, at the start of main(). (What the
// limits of memory and stack leave at all has been checked before: limits.cpp.) Throws std::bad_alloc.
void prepare_for_limits();

}  // namespace fsconv::cli
