// The ranks that mpirun or srun started this process as one of.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/distributed/communicator.hpp>

namespace fsconv {

// How many processes the environment says were started together: 1 where it says nothing of it. Asks the variables of
// Open MPI's mpirun, of Slurm's srun and of PMI (MPICH's mpiexec). Looks at nothing else, so it may be asked any time.
int launched_ranks();

// What this process was started as: one_process(), or a rank of MPI where launched_ranks() says so. The first call
// loads the module fsconv_mpi (what the variable FSCONV_MPI names; else the one beside the program, or in
// ../lib/fsconv/ from there), and starts MPI; MPI is finished where the process returns from main() or calls exit(),
// which every rank must do: who leaves the others alone calls abort(). Messages may come from any thread, one at a
// time. Throws Error (runtime) where the module is not there, is another version's, or belongs to another MPI than the one that
// started us: so many processes that know nothing of each other would overwrite each other's files.
Communicator& launched();

}  // namespace fsconv
