// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <fsconv/distributed/mpi_face.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/distributed/mpi.hpp>
#include <optional>

namespace fsconv {
namespace {

constexpr const char* module_file = "fsconv_mpi.so";
constexpr const char* alone = "none";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::optional<int> number_in(const std::string& text) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (end == text.c_str() || value < 0 || value > 1 << 24) return std::nullopt;
  return static_cast<int>(value);
}

int number_or(const char* name, int otherwise) { return number_in(variable(name)).value_or(otherwise); }

// What Slurm's list of machines says of one: "4(x2),1" are 4, 4 and 1. Of a plain number: that number.
std::optional<int> entry_of(const std::string& list, int machine) {
  for (const std::string& part : split(list, ',')) {
    const std::size_t times = part.find("(x");
    const int machines = times == std::string::npos ? 1 : number_in(part.substr(times + 2)).value_or(1);
    if (machine < machines) return number_in(part);
    machine -= machines;
  }
  return std::nullopt;
}

struct Launcher {
  const char *name, *ranks, *rank, *ranks_of_machine, *rank_of_machine;
};
constexpr auto slurm = "srun";
// srun sets its own in every step, whichever MPI it speaks.
constexpr Launcher launchers[] = {
    {"mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE",
     "OMPI_COMM_WORLD_LOCAL_RANK"},
    {"mpiexec", "PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS", "MPI_LOCALRANKID"},
    {slurm, "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_STEP_TASKS_PER_NODE", "SLURM_LOCALID"}};

std::filesystem::path program_folder() {
  std::error_code problem;
  return std::filesystem::read_symlink("/proc/self/exe", problem).parent_path();
}

// Throws where the module is not there: what would be right then is for the user to say.
std::string module_path(const std::string& started) {
  if (const std::string named = variable("FSCONV_MPI"); !named.empty()) return named;
  const std::filesystem::path here = program_folder(), installed = here / "../lib/fsconv/modules";
  for (const std::filesystem::path& folder : {here, installed})
    if (access((folder / module_file).c_str(), R_OK) == 0) return (folder / module_file).string();
  throw Error(
      ExitCode::runtime,
      fmt::format("{}, but this fsconv has no MPI: {} lies neither beside it nor in {}; "
                  "start one process, install the package fsconv-mpi or build with libopenmpi-dev, or say "
                  "FSCONV_MPI={} to run each process by itself",
                  started, module_file, installed.lexically_normal().string(), alone));
}

const fsconv_mpi_face& loaded(const std::string& path) {
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* problem = module ? nullptr : dlerror();
  void* symbol = module ? dlsym(module, "fsconv_mpi") : nullptr;
  if (!symbol)
    throw Error(ExitCode::runtime, fmt::format("cannot load the module for MPI: {}",
                                               problem ? problem : path + " is not fsconv's"));
  const fsconv_mpi_face& face = *reinterpret_cast<const fsconv_mpi_face* (*)()>(symbol)();
  if (face.version != FSCONV_MPI_FACE)
    throw Error(ExitCode::runtime,
                fmt::format("{} belongs to another fsconv: its face is version {}, this one knows {}", path,
                            face.version, FSCONV_MPI_FACE));
  return face;
}

class Mpi : public Communicator {
 public:
  Mpi(const fsconv_mpi_face& face, int rank, int size) : face_(face), rank_(rank), size_(size) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void send(const void* bytes, std::size_t count, int to) override { check(face_.send(bytes, count, to)); }
  void receive(void* bytes, std::size_t count, int from) override {
    check(face_.receive(bytes, count, from));
  }
  void broadcast(void* bytes, std::size_t count, int root) override {
    check(face_.broadcast(bytes, count, root));
  }
  std::vector<std::string> all_gather(const std::string& mine) override;
  std::uint64_t all_or(std::uint64_t mine) override {
    check(face_.all_or(&mine));
    return mine;
  }
  [[noreturn]] void abort(int code) override {
    face_.abort_all(code);
    _exit(code);
  }

 private:
  void check(const char* problem) const {
    if (problem) throw Error(ExitCode::runtime, fmt::format("rank {}: {}", rank_, problem));
  }

  const fsconv_mpi_face& face_;
  int rank_, size_;
};

std::vector<std::string> Mpi::all_gather(const std::string& mine) {
  const auto ranks = static_cast<std::size_t>(size_);
  const std::vector<std::uint64_t> eights(ranks, sizeof(std::uint64_t));
  std::vector<std::uint64_t> lengths(ranks);
  const std::uint64_t length = mine.size();
  check(face_.all_gather(&length, eights.data(), lengths.data()));
  std::uint64_t sum = 0;
  for (const std::uint64_t one : lengths) sum += one;
  std::string all(sum, '\0');
  check(face_.all_gather(mine.data(), lengths.data(), all.data()));
  std::vector<std::string> pieces;
  std::size_t at = 0;
  for (const std::uint64_t one : lengths) {
    pieces.push_back(all.substr(at, one));
    at += one;
  }
  return pieces;
}

const fsconv_mpi_face* running = nullptr;
pid_t running_in = 0;  // a fork of it is no rank

void finish() {
  if (getpid() == running_in) running->finish();
}

Communicator& started() {
  const Launch by = launch();
  const std::string words = fmt::format("{} started {} processes", by.launcher, by.ranks);
  const fsconv_mpi_face& face = loaded(module_path(words));
  int rank = 0, size = 0;
  if (const char* problem = face.start(&rank, &size)) throw Error(ExitCode::runtime, problem);
  running = &face;
  running_in = getpid();
  std::atexit(finish);
  if (size != by.ranks) {
    const std::string library = face.library;  // its name, and much more behind a comma
    throw Error(
        ExitCode::runtime,
        fmt::format("{}, but {} knows of {}: it is not the MPI that started them; use the mpirun that "
                    "belongs to it, srun with --mpi=pmix, or FSCONV_MPI={} to run each process by itself",
                    words, library.substr(0, library.find(',')), size, alone));
  }
  static Mpi only(face, rank, size);
  return only;
}

}  // namespace

Launch launch() {
  if (variable("FSCONV_MPI") == alone) return {};
  for (const Launcher& one : launchers) {
    const int ranks = number_or(one.ranks, 0);
    if (ranks == 0) continue;
    const bool by_slurm = one.name == std::string_view(slurm);  // mpirun runs inside its jobs, too
    const int machine = by_slurm ? number_or("SLURM_NODEID", 0) : 0;
    return {.launcher = one.name,
            .ranks = ranks,
            .rank = number_or(one.rank, 0),
            .ranks_of_machine = std::max(1, entry_of(variable(one.ranks_of_machine), machine).value_or(1)),
            .rank_of_machine = number_or(one.rank_of_machine, 0),
            .processors_of_rank = by_slurm ? number_or("SLURM_CPUS_PER_TASK", 0) : 0};
  }
  return {};
}

Communicator& launched() {
  static Communicator& ranks = launch().ranks > 1 ? started() : one_process();
  return ranks;
}

}  // namespace fsconv
