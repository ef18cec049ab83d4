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
         {"FSCONV_MPI", "SLURM_LOCALID", "SLURM_NODEID", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID",
          "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "PMI_SIZE",
          "PMI_RANK", "MPI_LOCALNRANKS", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_STEP_TASKS_PER_NODE",
          "SLURM_CPUS_PER_TASK"}) {
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
  CHECK(found.rank_of_machine == wanted.rank_of_machine);
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

TEST_CASE("launch: mpirun, mpiexec and srun are heard, with who shares the machine") {
  check(said({{"OMPI_COMM_WORLD_SIZE", "8"},
              {"OMPI_COMM_WORLD_RANK", "5"},
              {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
              {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}}),
        {"mpirun", 8, 5, 4, 1, 0});
  check(said({{"PMI_SIZE", "2"}, {"PMI_RANK", "1"}, {"MPI_LOCALNRANKS", "2"}, {"MPI_LOCALRANKID", "1"}}),
        {"mpiexec", 2, 1, 2, 1, 0});
  const std::map<std::string, std::string> step = {{"SLURM_STEP_NUM_TASKS", "8"},
                                                   {"SLURM_PROCID", "7"},
                                                   {"SLURM_STEP_TASKS_PER_NODE", "4(x2)"},
                                                   {"SLURM_LOCALID", "3"},
                                                   {"SLURM_CPUS_PER_TASK", "16"}};
  check(said(step), {"srun", 8, 7, 4, 3, 16});
  // mpirun inside a step of Slurm is the one that started us, and its ranks are not Slurm's tasks.
  auto both = step;
  both.insert({{"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_RANK", "1"}});
  check(said(both), {"mpirun", 2, 1, 1, 0, 0});
  // Who wants every process by itself says so.
  both["FSCONV_MPI"] = "none";
  check(said(both), {});
}

TEST_CASE("launch: Slurm's list of machines is read at the machine's own place") {
  const auto ranks_on = [](const std::string& list, int machine) {
    return said({{"SLURM_STEP_NUM_TASKS", "99"},
                 {"SLURM_STEP_TASKS_PER_NODE", list},
                 {"SLURM_NODEID", std::to_string(machine)}})
        .ranks_of_machine;
  };
  CHECK(ranks_on("1,8", 0) == 1);
  CHECK(ranks_on("1,8", 1) == 8);
  CHECK(ranks_on("4(x2),3,5(x10)", 1) == 4);
  CHECK(ranks_on("4(x2),3,5(x10)", 2) == 3);
  CHECK(ranks_on("4(x2),3,5(x10)", 12) == 5);
  CHECK(ranks_on("4(x2),3", 3) == 1);  // more machines than it lists
  CHECK(ranks_on("", 0) == 1);
  CHECK(ranks_on("many", 0) == 1);
}
