// What the variables of launchers say of the processes that they have started.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fsconv/distributed/mpi.hpp>
#include <map>
#include <string>
#include <vector>

using namespace fsconv;

namespace {

// The environment of a process: of a launcher's variables these alone, until the end of the block.
class Variables {
 public:
  explicit Variables(const std::map<std::string, std::string>& values) {
    for (const char* name :
         {"FSCONV_MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE",
          "PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID",
          "SLURM_STEP_TASKS_PER_NODE", "SLURM_CPUS_PER_TASK"}) {
      if (const char* before = std::getenv(name)) before_[name] = before;
      names_.push_back(name);
      ::unsetenv(name);
    }
    for (const auto& [name, value] : values) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variables() {
    for (const char* name : names_)
      if (const auto value = before_.find(name); value != before_.end())
        ::setenv(name, value->second.c_str(), 1);
      else
        ::unsetenv(name);
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

 private:
  std::vector<const char*> names_;
  std::map<std::string, std::string> before_;
};

void check(const Launch& found, const Launch& wanted) {
  CHECK(found.launcher == wanted.launcher);
  CHECK(found.ranks == wanted.ranks);
  CHECK(found.rank == wanted.rank);
  CHECK(found.ranks_of_machine == wanted.ranks_of_machine);
  CHECK(found.processors_of_rank == wanted.processors_of_rank);
}

Launch said(const std::map<std::string, std::string>& values) {
  const Variables only(values);
  return launch();
}

}  // namespace

TEST_CASE("launch: one process where nothing is said, or what is said is no number") {
  check(said({}), {});
  check(said({{"OMPI_COMM_WORLD_SIZE", "many"}, {"OMPI_COMM_WORLD_RANK", "1"}}), {});
  check(said({{"PMI_SIZE", "0"}}), {});
  check(said({{"PMI_SIZE", "-3"}, {"SLURM_STEP_NUM_TASKS", ""}}), {});
  check(said({{"OMPI_COMM_WORLD_SIZE", "99999999999999999999"}}), {});
}

TEST_CASE("launch: mpirun, mpiexec and srun are heard, with how many share the machine") {
  check(said({{"OMPI_COMM_WORLD_SIZE", "8"},
              {"OMPI_COMM_WORLD_RANK", "5"},
              {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"}}),
        {"mpirun", 8, 5, 4, 0});
  check(said({{"PMI_SIZE", "2"}, {"PMI_RANK", "1"}, {"MPI_LOCALNRANKS", "2"}}), {"mpiexec", 2, 1, 2, 0});
  const std::map<std::string, std::string> step = {{"SLURM_STEP_NUM_TASKS", "8"},
                                                   {"SLURM_PROCID", "7"},
                                                   {"SLURM_STEP_TASKS_PER_NODE", "4(x2)"},
                                                   {"SLURM_CPUS_PER_TASK", "16"}};
  check(said(step), {"srun", 8, 7, 4, 16});
  // mpirun inside a step of Slurm is the one that started us.
  auto both = step;
  both.insert({{"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_RANK", "1"}});
  check(said(both), {"mpirun", 2, 1, 1, 16});
  // Who wants every process by itself says so.
  both["FSCONV_MPI"] = "none";
  check(said(both), {});
}
