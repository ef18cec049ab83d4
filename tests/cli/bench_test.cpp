// fsconv bench: a table, JSON and a file; mistakes are told before anything is measured.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Contains;

namespace {

constexpr auto patience = std::chrono::seconds(30);

Finished bench_line(const ScratchFolder& folder, const std::string& line, int exit_code = 0) {
  const std::vector<std::string> arguments = words("bench " + line);
  Finished finished = run_fsconv(arguments, folder.path(), {.time = patience});
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == exit_code);
  return finished;
}

}  // namespace

TEST_CASE("cli bench: the table has a line for every form and operation") {
  const ScratchFolder folder;
  const Finished finished =
      bench_line(folder, "--case ic2oc2i8x8o4x4k4s2p1 --form engine,gather --isa all --batch 2 --rounds 1");
  for (const char* part : {"ceilings", "triad", "ic2oc2i8x8o4x4k4s2p1, batch 2", "engine", "portable",
                           "gather", "conv_transpose", "weight_gradient", "GFLOP/s", "1 round:"})
    CHECK(finished.out.find(part) != std::string::npos);
  CHECK(finished.err.find("fsconv:") == std::string::npos);
  CHECK(folder.files() == 0);
}

TEST_CASE("cli bench: --precision gives every form its rows, the default forms without bf16 are left out",
          "[slow]") {
  const ScratchFolder folder;
  const auto rows_of = [&](const std::string& line) {
    std::set<std::string> rows;
    const auto json = nlohmann::json::parse(
        bench_line(folder, "--case ic2oc2i8x8o4x4k4s2p1 --op conv --batch 2 --rounds 1 --json " + line).out);
    for (const auto& item : json["items"])
      rows.insert(item["form"].get<std::string>() + " " + item["precision"].get<std::string>());
    return rows;
  };
  CHECK(rows_of("") == std::set<std::string>{"engine fp32", "batched fp32", "im2col fp32", "onednn fp32"});
  CHECK(rows_of("--precision bf16") == std::set<std::string>{"engine bf16", "batched bf16", "onednn bf16"});
  CHECK(rows_of("--precision fp32,bf16 --form onednn_blocked,gather") ==
        std::set<std::string>{"onednn_blocked fp32", "onednn_blocked bf16", "gather fp32"});
}

TEST_CASE("cli bench: a word that a list does not know is refused with those that it knows") {
  const ScratchFolder folder;
  const auto said = [&](const std::string& line) { return run_fsconv(words(line), folder.path()).err; };
  CHECK_THAT(said("bench --precision fp16"), Contains("did you mean") || Contains("fp32, bf16 or all"));
  CHECK_THAT(said("bench --op backwards"), Contains("conv, conv_transpose, weight_gradient or all"));
  CHECK_THAT(said("bench --set nothing"), Contains("layers") && Contains("or all"));
  CHECK_THAT(said("bench --form enigne"), Contains("did you mean engine?"));
  CHECK_THAT(said("bench --isa foo"), Contains("avx2") && Contains("or all"));
  CHECK_THAT(said("bench --what train --algorithm fastest"), Contains("winograd2") && Contains("or all"));
}

TEST_CASE("cli bench: the engine is timed by each algorithm asked for, direct and auto unless told") {
  const ScratchFolder folder;
  const auto algorithms_of = [&](const std::string& line) {
    std::set<std::string> algorithms;
    const auto json = nlohmann::json::parse(
        bench_line(
            folder,
            "--case ic16oc16i8x8o4x4k4s2p1 --op conv --form engine --batch 2 --rounds 1 --json " + line)
            .out);
    for (const auto& item : json["items"]) {
      algorithms.insert(item["algorithm"]);
      CHECK(item["status"] == "timed");
    }
    return algorithms;
  };
  CHECK(algorithms_of("") == std::set<std::string>{"direct", "auto"});
  CHECK(algorithms_of("--algorithm winograd4,direct") == std::set<std::string>{"direct", "winograd4"});
  CHECK(algorithms_of("--algorithm all") ==
        std::set<std::string>{"direct", "auto", "winograd2", "winograd4"});
}

TEST_CASE("cli bench: --json and --output hold the same rows", "[slow]") {
  const ScratchFolder folder;
  const Finished finished =
      bench_line(folder,
                 "--input-size 6,6 --kernel 3 --channels 1,2 --form gather,im2col --op "
                 "conv,weight_gradient --batch 1 --threads 2 --rounds 2 --json --output b.h5");
  const auto json = nlohmann::json::parse(finished.out);
  CHECK(json["threads"] == 2);
  REQUIRE(json["items"].size() == 4);
  const auto file = hdf5::File::open(folder / "b.h5");
  CHECK(file.string_attribute("/", "kind") == "bench");
  CHECK(file.integer_attribute("/", "threads") == 2);
  const auto seconds = file.read<double>("/items/seconds");
  CHECK(seconds.shape() == Shape{4, 2});
  CHECK(json["items"][3]["seconds"][1] == seconds[7]);
  CHECK(folder.files() == 1);
}

TEST_CASE("cli bench: --what matrix compares W with the memory it lies in") {
  const ScratchFolder folder;
  const auto json = nlohmann::json::parse(
      bench_line(folder, "--what matrix --case ic2oc2i8x8o4x4k4s2p1 --rounds 1 --json").out);
  REQUIRE(json["items"].size() == 5);
  CHECK(json["items"][1]["op"] == "build");
  CHECK(json["items"][1]["times_floor"] > 0);
}

TEST_CASE("cli bench: --what train and --what verify have a row for everything asked for") {
  const ScratchFolder folder;
  const auto steps = nlohmann::json::parse(
      bench_line(folder, "--what train --algorithm auto --threads 1,2 --rounds 1 --json --output t.h5").out);
  REQUIRE(steps["items"].size() == 2);
  CHECK(steps["items"][1]["algorithm"] == "auto");
  CHECK(steps["items"][1]["threads"] == 2);
  CHECK(steps["items"][1]["per_second"] > 0);
  CHECK(hdf5::File::open(folder / "t.h5").string_attribute("/", "what") == "train");
  const auto checks =
      nlohmann::json::parse(bench_line(folder, "--what verify --form gather --rounds 1 --json").out);
  REQUIRE(checks["items"].size() == 1);
  CHECK(checks["unit"] == "checks");
  bench_line(folder, "--what verify --form gather --mutant no_flip --rounds 1", 3);
}

TEST_CASE("cli bench: --what scale predicts a step for every number of ranks asked for") {
  const ScratchFolder folder;
  const auto json = nlohmann::json::parse(
      bench_line(
          folder,
          "--what scale --latency 20 --bandwidth 2.5 --ranks 1,8 --batch 256,4096 --rounds 1 --json --output s.h5")
          .out);
  CHECK(json["link"]["latency_seconds"] == 20e-6);
  CHECK(json["link"]["bytes_per_second"] == 2.5e9);
  REQUIRE(json["items"].size() == 4);
  CHECK(json["items"][3]["blocks"] == 128);
  CHECK(json["items"][3]["ranks"] == 8);
  CHECK(json["items"][2]["efficiency"] == 1);
  CHECK(hdf5::File::open(folder / "s.h5").string_attribute("/", "what") == "scale");
}

TEST_CASE("cli bench: a mutant is refused, with exit code 3") {
  const ScratchFolder folder;
  const Finished finished = bench_line(
      folder, "--case ic2oc2i8x8o4x4k4s2p1 --form engine --mutant no_flip --batch 1 --rounds 1", 3);
  CHECK(finished.out.find("refused: conv_transpose gives") != std::string::npos);
}

TEST_CASE("cli bench: mistakes end with exit code 2 and what would be legal") {
  const ScratchFolder folder;
  struct Mistake {
    const char* line;
    std::vector<const char*> says;
  };
  const Mistake mistakes[] = {
      {"--what speed", {"what", "speed", "verify or scale"}},
      {"--what scale", {"latency", "missing", "mpirun -n 2"}},
      {"--what scale --latency 1", {"bandwidth", "missing"}},
      {"--what scale --latency -1 --bandwidth 1", {"latency", "microseconds"}},
      {"--what scale --latency 1 --bandwidth 0", {"bandwidth", "1e-6"}},
      {"--what scale --latency 1 --bandwidth 1e-300", {"bandwidth", "1e-6"}},
      {"--op conv,all", {"op", "all stands alone"}},
      {"--what scale --latency 1 --bandwidth 1 --ranks 0", {"ranks", "from 1"}},
      {"--what scale --latency 1 --bandwidth 1 --ranks 2,2", {"ranks", "twice"}},
      {"--what scale --latency 1 --bandwidth 1 --batch 0", {"batch", "from 1"}},
      {"--what scale --latency 1 --bandwidth 1 --form gather", {"form", "no effect"}},
      {"--what scale --latency 1 --bandwidth 1 --shard 1/2", {"shard", "no effect"}},
      {"--what scale --latency 1 --bandwidth 1 --kernel 3", {"kernel", "no effect"}},
      {"--ranks 2", {"ranks", "no effect", "scale"}},
      {"--what train --latency 2", {"latency", "no effect", "scale"}},
      {"--shard 0/2", {"shard", "1 <= I <= N"}},
      {"--shard 3/2", {"shard", "1 <= I <= N"}},
      {"--what train --shard 2/2", {"shard", "1 piece", "1 shard"}},
      {"--what train --set layers", {"set", "layers", "ae28"}},
      {"--what train --threads 1,0", {"threads", "from 1"}},
      {"--what train --batch 4", {"batch", "no effect"}},
      {"--what train --threads 1,1", {"threads", "twice"}},
      {"--what train --form gather --isa avx2", {"isa", "no effect"}},
      {"--input-size 8 --kernel 3 --flip true", {"flip", "no option of fsconv bench"}},
      {"--op ,", {"op", "empty entry"}},
      {"--what train --mutant no_flip", {"mutant", "no effect"}},
      {"--what train --form im2col --precision bf16", {"precision", "bf16"}},
      {"--what verify --set ae28", {"set", "no effect"}},
      {"--set vgg", {"set", "vgg", "layers"}},
      {"--set layers,layers", {"set", "twice"}},
      {"--form fft", {"form", "fft", "engine"}},
      {"--form gather,gather", {"form", "twice"}},
      {"--form gather --isa portable", {"isa", "no effect"}},
      {"--algorithm fast", {"algorithm", "fast", "winograd2"}},
      {"--algorithm auto,auto", {"algorithm", "twice"}},
      {"--form batched,gather --algorithm auto", {"algorithm", "no effect", "engine"}},
      {"--what train --form gather --algorithm auto", {"algorithm", "no effect", "batched"}},
      {"--what matrix --algorithm auto", {"algorithm", "no effect"}},
      {"--what verify --algorithm auto", {"algorithm", "no effect"}},
      {"--isa mmx", {"isa", "mmx", "amx"}},
      {"--precision fp8", {"precision", "fp8", "fp32"}},
      {"--precision bf16,bf16", {"precision", "twice"}},
      {"--precision bf16 --form im2col", {"precision", "im2col has no bf16", "engine"}},
      {"--what matrix --precision fp32", {"precision", "no effect"}},
      {"--op forward", {"op", "forward", "weight_gradient"}},
      {"--mutant none", {"mutant", "none", "no_flip"}},
      {"--rounds 0", {"rounds", "from 1"}},
      {"--batch 0", {"batch", "from 1"}},
      {"--threads 0", {"threads", "from 1"}},
      {"--time 0", {"time", "positive"}},
      {"--time soon", {"time", "soon"}},
      {"--set layers --case i4o2k3", {"set", "one geometry"}},
      {"--stride 2", {"stride", "no effect", "--case"}},
      {"--what matrix --batch 4", {"batch", "no effect"}},
      {"--case ic1oc2i4o8k3s1/2p1 --form onednn", {"form", "none of the geometries", "1/2"}},
      {"--case ic1024oc1024i4096x4096o4096x4096k3p1", {"do not fit"}},
      {"--output bench.txt", {"bench.txt"}},
      {"speed", {"what", "speed", "verify or scale"}},
      {"conv matrix", {"one word", "--what"}},
  };
  for (const Mistake& mistake : mistakes) {
    const auto arguments = words(std::string("bench ") + mistake.line);
    const Finished finished = run_fsconv(arguments, folder.path(), {.time = patience});
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.error_lines() <= 2);
    for (const char* part : mistake.says) CHECK(finished.err.find(part) != std::string::npos);
    CHECK(folder.files() == 0);
  }
}

TEST_CASE("cli bench: Ctrl-C ends it with exit code 130 and no file", "[slow]") {
  const ScratchFolder folder;
  const auto arguments = words("bench --case ic2oc2i8x8o4x4k4s2p1 --rounds 100000 --output bench.h5");
  const Finished finished =
      run_fsconv(arguments, folder.path(), {.time = patience, .interrupt_after = std::chrono::seconds(2)});
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == 130);
  CHECK(finished.err.find("interrupted") != std::string::npos);
  CHECK(finished.out.empty());
  CHECK(folder.files() == 0);
}
