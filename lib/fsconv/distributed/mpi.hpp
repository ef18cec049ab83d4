// The ranks that mpirun or srun started this process as one of.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/distributed/communicator.hpp>
#include <string>

namespace fsconv {

// What the environment says of the processes that were started together, in the variables of Open MPI's mpirun, of PMI
// (MPICH's mpiexec) and of Slurm's srun.
struct Launch {
  std::string launcher;                           // its name; "" where nothing is said: one process
  int ranks = 1, rank = 0;                        // of all machines; a rank that is not told is 0
  int ranks_of_machine = 1, rank_of_machine = 0;  // of this one
  int processors_of_rank = 0;                     // that srun was asked for; 0 where that is not told
};
// Looks at nothing else, so it may be asked any time.
Launch launch();

// What this process was started as: one_process(), or a rank of MPI where launch() says so. The first call
// loads the module fsconv_mpi (what the variable FSCONV_MPI names; else the one beside the program, or in
// ../lib/fsconv/modules/ from there), and starts MPI; MPI is finished where the process returns from main() or calls exit(),
// which every rank must do: who leaves the others alone calls abort(). Messages may come from any thread, one at a
// time. Throws Error (runtime) where the module is not there, is another version's, or belongs to another MPI than the one that
// started us: so many processes that know nothing of each other would overwrite each other's files.
Communicator& launched();

}  // namespace fsconv
