// The program as mpirun starts it: several processes are one run, with the bits, the files and the messages of one.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fsconv/io/hdf5/file.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "data/prepared_shapes.hpp"
#include "io/scratch.hpp"
#include "train/same_bits.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

// 600 images in batches of 256: of 8 blocks, 8 and 3, so that of 8 ranks some have nothing to do in the last one.
constexpr auto run_words =
    "train --data generated:8x8x1 --train-images 600 --test-images 90 --validation 70 --model vae --channels 3 "
    "--latent 2 --batch 256 ";

// Whether there is an MPI, and this build has its module. A sanitized program takes minutes for what follows, and the same code
// runs on ranks that are threads there (tests/nn/ranks_test.cpp).
bool has_mpi() {
#ifdef FSCONV_SANITIZED
  return false;
#endif
  const std::filesystem::path module = std::filesystem::path(FSCONV_PROGRAM).parent_path() / "fsconv_mpi.so";
  const bool has = std::filesystem::exists(module) && std::system("mpirun --version > /dev/null 2>&1") == 0;
  if (!has) WARN("no mpirun, or a build without libopenmpi-dev: not tested");
  return has;
}

std::vector<std::string> mpirun(int ranks) {
  for (const char* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"})
    ::setenv(name, "1", 1);
  ::setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 1);
  // Seconds between the words of mpirun's that end a rank. It forwards no output meanwhile.
  ::setenv("OMPI_MCA_odls_base_sigkill_timeout", "2", 1);
  return {"mpirun", "--oversubscribe", "--bind-to", "none", "-n", std::to_string(ranks)};
}

ProcessLimits limits_of(int ranks, std::vector<Moment> moments = {}) {
  return {.time = std::chrono::seconds(60), .moments = std::move(moments), .launcher = mpirun(ranks)};
}

Finished run_ranks(int ranks, const std::string& line, const std::string& folder,
                   std::vector<Moment> moments = {}) {
  return run_fsconv(words(line), folder, limits_of(ranks, std::move(moments)));
}

// How often the program has said something: mpirun has its own words, too.
std::size_t messages(const Finished& finished, const std::string& begin = "fsconv: ") {
  std::size_t count = 0;
  for (std::size_t at = finished.err.find(begin); at != std::string::npos;
       at = finished.err.find(begin, at + 1))
    ++count;
  return count;
}

// The processes that mpirun has started, in the order of their ranks.
std::vector<int> children_of(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/task/" + std::to_string(process) + "/children");
  std::vector<int> children;
  for (int child = 0; file >> child;) children.push_back(child);
  return children;
}

// To one rank: what a signal asks of one, it asks of all.
std::function<void(int)> send_to_rank(std::size_t rank, int signal) {
  return [=](int process) {
    const std::vector<int> ranks = children_of(process);
    REQUIRE(ranks.size() > rank);
    ::kill(ranks[rank], signal);
  };
}

Index epochs_of(const std::string& file) { return hdf5::File::open(file).shape("/epoch").at(0); }

}  // namespace

TEST_CASE("cli mpi: training has the same bits on any number of ranks and threads", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  const auto line = [](const std::string& name, int threads) {
    return run_words + ("--epochs 2 --output " + name + ".h5 --threads " + std::to_string(threads));
  };
  const Finished alone = run_fsconv(words(line("whole", 1)), folder.path());
  REQUIRE(alone.exit_code == 0);
  for (const auto& [ranks, threads] : {std::pair{1, 2}, {2, 1}, {3, 2}, {4, 1}, {8, 2}}) {
    const std::string name = "of" + std::to_string(ranks);
    const Finished finished = run_ranks(ranks, line(name, threads), folder.path());
    INFO(ranks << " ranks\n" << description(words(line(name, threads)), finished));
    REQUIRE(finished.exit_code == 0);
    CHECK(test::same_bits(folder / "whole.h5", folder / (name + ".h5")));
    CHECK(messages(finished, name + ".png are complete") == 1);
    CHECK(messages(finished, " ranks: a batch is 8 blocks") == (ranks > 1 ? 1 : 0));
    const auto file = hdf5::File::open(folder / (name + ".h5"));
    CHECK(file.has_attribute("/", "ranks") == (ranks > 1));
    if (ranks == 1) continue;
    CHECK(file.integer_attribute("/", "ranks") == ranks);
    CHECK(file.integer_attribute("/", "exchange.depth") > 0);
    CHECK(file.number_attribute("/", "exchange.latency") > 0);
    CHECK(file.number_attribute("/", "exchange.sum_bytes") > 0);
    CHECK(file.shape("/exchange_seconds") == Shape{2});
  }
  CHECK(folder.files() == 12);
}

TEST_CASE("cli mpi: of a prepared file each rank reads its share, and the bits are those of one", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  test::prepare_shapes(folder / "data.h5", 128, 32);
  const std::string line =
      "train --data data.h5 --model vae --channels 3 --latent 2 --batch 96 --epochs 2 --threads 1 --output ";
  REQUIRE(run_fsconv(words(line + "whole.h5"), folder.path()).exit_code == 0);
  for (const int ranks : {2, 3, 8}) {  // of a batch of three blocks: eight have more ranks than there is work
    const std::string name = "of" + std::to_string(ranks) + ".h5";
    const Finished finished = run_ranks(ranks, line + name, folder.path());
    INFO(ranks << " ranks\n" << description(words(line + name), finished));
    REQUIRE(finished.exit_code == 0);
    CHECK(test::same_bits(folder / "whole.h5", folder / name));
  }
}

TEST_CASE("cli mpi: begun on one rank, a run goes on on two and then on eight to the same bits", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  REQUIRE(
      run_fsconv(words(run_words + std::string("--epochs 3 --output whole.h5")), folder.path()).exit_code ==
      0);
  REQUIRE(run_fsconv(words(run_words + std::string("--epochs 1 --output run.h5")), folder.path()).exit_code ==
          0);
  for (const auto& [ranks, epochs] : {std::pair{2, "2"}, {8, "3"}}) {
    const std::string line = std::string("train --resume run.h5 --threads 1 --epochs ") + epochs;
    const Finished finished = run_ranks(ranks, line, folder.path());
    INFO(description(words(line), finished));
    REQUIRE(finished.exit_code == 0);
  }
  CHECK(test::same_bits(folder / "whole.h5", folder / "run.h5"));
}

TEST_CASE("cli mpi: bench --what scale measures the link and whole steps beside the prediction", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  for (const int ranks : {2, 3}) {  // three share a step's four blocks unevenly
    const Finished finished = run_ranks(
        ranks, "bench --what scale --batch 128 --ranks 1,8 --rounds 2 --threads 1 --json --output s.h5",
        folder.path());
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    const auto said = nlohmann::json::parse(finished.out);  // of rank 0 alone
    CHECK(said["link"]["measured_between"] == ranks);
    CHECK(said["link"]["bytes_per_second"] > 0);
    REQUIRE(said["items"].size() == 3);  // the ranks that are there are among them
    for (const auto& item : said["items"]) {
      CHECK(item.contains("measured") == (item["ranks"] == ranks));
      if (!item.contains("measured")) continue;
      CHECK(item["measured"]["seconds"].size() == 2);
      CHECK(item["measured"]["median"] > 0);
      CHECK(item["measured"]["median_without_overlap"] > 0);
    }
    CHECK(run_fsconv(words("report s.h5 --output page.html"), folder.path()).exit_code == 0);
  }
  const Finished refused = run_ranks(2, "bench --what scale --latency 1 --rounds 1", folder.path());
  CHECK(refused.exit_code == 2);
  CHECK(messages(refused) == 1);
}

TEST_CASE("cli mpi: stopped on four ranks, a run goes on on one to the same bits", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  const std::string line = run_words + std::string("--epochs 100000 --output run.h5 --threads 1");
  const Finished stopped =
      run_ranks(4, line, folder.path(),
                {{"\n    1 ", send_to_rank(2, SIGUSR1)}, {"checkpoint: run.h5", send_to_rank(1, SIGTERM)}});
  INFO(description(words(line), stopped));
  CHECK(stopped.exit_code == 130);
  CHECK(messages(stopped, "checkpoint: run.h5 holds ") == 1);
  CHECK(messages(stopped, "fsconv: interrupted; run.h5 holds ") == 1);
  CHECK(messages(stopped, "fsconv train --resume run.h5 --epochs 100000") == 1);
  CHECK(folder.files() == 2);

  const std::string epochs = " --epochs " + std::to_string(epochs_of(folder / "run.h5") + 1);
  const Finished resumed = run_fsconv(words("train --resume run.h5" + epochs), folder.path());
  INFO(description({}, resumed));
  REQUIRE(resumed.exit_code == 0);
  REQUIRE(run_fsconv(words(run_words + ("--output whole.h5" + epochs)), folder.path()).exit_code == 0);
  CHECK(test::same_bits(folder / "whole.h5", folder / "run.h5"));
}

TEST_CASE("cli mpi: a rank that is asked to stop stops all, whatever rank 0 writes at that moment",
          "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  for (const std::string at : {"1", "2", "4"}) {
    const std::string line = run_words + std::string("--epochs 100000 --force --output run.h5 --threads 1");
    const Finished stopped =
        run_ranks(2, line, folder.path(), {{"\n    " + at + " ", send_to_rank(1, SIGTERM)}});
    INFO(description(words(line), stopped));
    CHECK(stopped.exit_code == 130);
    CHECK(messages(stopped, "fsconv: interrupted; run.h5 holds ") == 1);
    CHECK(epochs_of(folder / "run.h5") >= std::stol(at));
  }
}

TEST_CASE("cli mpi: a rank that is killed ends the others, and the file of before stands", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  const std::string line = run_words + std::string("--epochs 100000 --output run.h5 --threads 1");
  const Finished finished = run_ranks(3, line, folder.path(), {{"\n    2 ", send_to_rank(1, SIGKILL)}});
  INFO(description(words(line), finished));
  CHECK(finished.exit_code > 0);
  CHECK(epochs_of(folder / "run.h5") >= 2);
  const std::string epochs = std::to_string(epochs_of(folder / "run.h5") + 1);
  CHECK(run_fsconv(words("train --resume run.h5 --epochs " + epochs), folder.path()).exit_code == 0);
}

TEST_CASE("cli mpi: what goes wrong on one rank ends all with one message and the documented code",
          "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  const auto fails = [&](int ranks, const std::string& line, int code, const std::string& said,
                         std::vector<Moment> moments = {}) {
    const Finished finished = run_ranks(ranks, line, folder.path(), std::move(moments));
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == code);
    CHECK_THAT(finished.err, Contains(said));
    CHECK(messages(finished) == 1);
  };
  // A picture that cannot be written, which rank 0 alone notices.
  const auto block_picture = [&](int) {
    std::filesystem::remove(folder / "full.png");
    std::filesystem::create_directory(folder / "full.png");
  };
  fails(3, run_words + std::string("--epochs 100000 --output full.h5 --threads 1"), 5,
        "rank 0: full.png: cannot write: it is a directory", {{"\n    1 ", block_picture}});
  CHECK(epochs_of(folder / "full.h5") >= 1);

  // An image of rank 1's share is damaged: block 3 of the batch's 4.
  {
    const ImageSet all = test::prepare_shapes(folder / "data.h5", 128, 32);
    const Tensor<std::uint8_t> damaged = all.images.in_memory(7, 1);
    std::string bytes = content_of(folder / "data.h5");
    const std::size_t place = bytes.find(std::string(damaged.begin(), damaged.end()));
    REQUIRE(place != std::string::npos);
    bytes[place + 20] = static_cast<char>(bytes[place + 20] ^ 1);
    put_content(folder / "data.h5", bytes);
  }
  fails(2, "train --data data.h5 --channels 3 --latent 2 --batch 128 --epochs 2 --output lost.h5 --threads 1",
        4, "data.h5");
  CHECK_FALSE(std::filesystem::exists(folder / "lost.h5"));
  // What all know, and what an option says.
  fails(3, "train --data nowhere --output none.h5", 5, "nowhere");
  fails(3, "train --epochs -1", 2, "epochs");
}

// A rank that runs one line, and one that runs another.
Finished run_two(const std::string& first, const std::string& program, const std::string& second,
                 const std::string& folder) {
  const std::string line = first + " : -n 1 " + program + FSCONV_PROGRAM + " " + second;
  return run_fsconv(words(line), folder, limits_of(1));
}

TEST_CASE("cli mpi: ranks that would not compute the same are refused", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  const Finished finished = run_two(run_words + std::string("--output run.h5 --isa portable"), "",
                                    run_words + std::string("--output run.h5 --isa avx2"), folder.path());
  INFO(description({}, finished));
  if (finished.err.find("avx2, which this") != std::string::npos) return;  // an older processor
  CHECK(finished.exit_code == 1);
  CHECK_THAT(finished.err, Contains("fsconv: rank 1: --isa is avx2, on rank 0 it is portable"));
  CHECK(messages(finished) == 1);
  CHECK(folder.files() == 0);
}

TEST_CASE("cli mpi: a rank that alone cannot begin says so itself, whichever it is", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  const std::string line = run_words + std::string("--output run.h5"),
                    without_mpi = "env FSCONV_MPI=/nonexistent.so ";
  const auto told = [&](const Finished& finished, int code, const std::string& said) {
    INFO(description({}, finished));
    CHECK(finished.exit_code == code);
    CHECK_THAT(finished.err, Contains(said));
    CHECK(messages(finished) == 1);
    CHECK(folder.files() == 0);
  };
  told(run_two(line, without_mpi, line, folder.path()), 1, "fsconv: rank 1: cannot load the module for MPI");
  told(run_two(line, "", "verify", folder.path()), 2, "fsconv: rank 1: verify: works in one process");
  told(run_two("verify", "", line, folder.path()), 2, "fsconv: verify: works in one process");
}

TEST_CASE("cli mpi: evaluations and codes are the same on any number of ranks", "[slow]") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  REQUIRE(run_fsconv(words(run_words + std::string("--epochs 1 --output run.h5")), folder.path()).exit_code ==
          0);
  const auto made_by = [&](int ranks) {
    const std::string number = std::to_string(ranks);
    const auto run = [&](const std::string& line) {
      const Finished finished =
          ranks == 1 ? run_fsconv(words(line), folder.path()) : run_ranks(ranks, line, folder.path());
      INFO(description(words(line), finished));
      REQUIRE(finished.exit_code == 0);
      return nlohmann::json::parse(finished.out);
    };
    nlohmann::json result =
        run("evaluate run.h5 --split train --images 550 --importance-samples 12 --threads 1 "
            "--json --output e" +
            number + ".h5");
    const auto codes = run("encode run.h5 --split train --threads 2 --json --output c" + number + ".h5");
    CHECK(codes["shape"] == nlohmann::json{600, 2});
    for (const char* name : {"reconstruction", "kl", "psnr", "ssim", "log_likelihood", "effective_samples"}) {
      const auto file = hdf5::File::open(folder / ("e" + number + ".h5"));
      if (!file.exists(std::string("/") + name)) continue;
      const auto values = file.read<double>(std::string("/") + name);
      result["all"][name] = std::vector<double>(values.begin(), values.end());
    }
    for (const char* name : {"/mean", "/log_variance"}) {
      const auto values = hdf5::File::open(folder / ("c" + number + ".h5")).read<float>(name);
      result["all"][name] = std::vector<float>(values.begin(), values.end());
    }
    return result;
  };
  const nlohmann::json alone = made_by(1);
  CHECK(alone["all"].size() >= 6);
  for (const int ranks : {2, 3, 4, 8}) CHECK(made_by(ranks) == alone);
}

TEST_CASE("cli mpi: commands that work alone are refused, once; help and version are told once") {
  if (!has_mpi()) return;
  const ScratchFolder folder;
  const Finished refused = run_ranks(3, "verify --geometries 5 --output checks.h5", folder.path());
  INFO(description({"verify"}, refused));
  CHECK(refused.exit_code == 2);
  CHECK(messages(refused) == 1);
  CHECK_THAT(refused.err, Contains("works in one process, and 3 were started") && Contains("--shard"));
  CHECK(folder.files() == 0);
  const Finished version = run_ranks(3, "--version", folder.path());
  CHECK(version.exit_code == 0);
  CHECK(version.out == run_fsconv({"--version"}, folder.path()).out);
  CHECK(run_ranks(2, "verify --help", folder.path()).out ==
        run_fsconv(words("verify --help"), folder.path()).out);
}
