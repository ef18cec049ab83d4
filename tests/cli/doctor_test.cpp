// fsconv doctor: what it says is there, in words and as JSON, and it changes nothing.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/child_process.hpp>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using nlohmann::json;

TEST_CASE("cli doctor: the JSON has what a report of a fault needs") {
  const ScratchFolder folder;
  const Finished finished =
      run_fsconv(words("doctor --json"), folder.path(), {.time = std::chrono::seconds(60)});
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  CHECK(finished.err.empty());
  CHECK(folder.files() == 0);
  const json all = json::parse(finished.out);
  for (const char* text : {"fsconv", "commit", "compiler", "build_type", "system"})
    CHECK_FALSE(all[text].get<std::string>().empty());
  for (const char* library : {"hdf5", "armadillo", "openblas", "boost", "fmt", "flint", "onednn", "zlib",
                              "libpng", "nlohmann_json"})
    CHECK_FALSE(all["libraries"][library].get<std::string>().empty());
  const json& processor = all["processor"];
  CHECK(processor["threads"].get<int>() >= 1);
  CHECK(processor["isas"].front() == "portable");
  CHECK(processor["isas"].back() == processor["isa"]);  // the best there is, as nobody chose another
  const json& memory = all["memory"];
  CHECK(memory["available_bytes"].get<std::int64_t>() > 0);
  CHECK(memory["available_bytes"].get<std::int64_t>() <= memory["total_bytes"].get<std::int64_t>());
  CHECK(all["terminal"]["stdout_is_terminal"] == false);
  CHECK(all["terminal"]["colour"] == false);
  CHECK(all["terminal"]["columns"] == 80);
  for (const char* program : {"z3", "cvc5", "coqc"})
    CHECK(all["programs"][program].is_string() == find_program(program).has_value());
  CHECK(all["data"]["mnist"]["found"] == false);  // in an empty folder
  CHECK_FALSE(all["data"]["mnist"]["why"].get<std::string>().empty());
  if (all["data"]["fashion-mnist"]["found"] == true)
    CHECK(all["data"]["fashion-mnist"]["train_images"] == 60000);
}

TEST_CASE("cli doctor: a program that does not answer is said to be so, and what is missing is no error") {
  const ScratchFolder folder;
  // A z3 that fails, and nothing else: not even the shell's own programs.
  put_content(folder / "z3", "#!/bin/sh\nexit 3\n");
  std::filesystem::permissions(folder / "z3", std::filesystem::perms::owner_all);
  set_up_sanitizers();
  const ChildResult result = run_child(
      {"/usr/bin/env", "PATH=" + folder.path(), FSCONV_PROGRAM, "doctor", "--no-data"}, {}, {.seconds = 60});
  INFO(result.out << result.err);
  CHECK(result.succeeded());
  CHECK(result.out.find("found, but it exited with status 3") != std::string::npos);
  CHECK(result.out.find("cvc5         not installed (Debian package cvc5)") != std::string::npos);
  CHECK(result.out.find("coqc         not installed (Debian package coq)") != std::string::npos);
  CHECK(result.out.find("data") == std::string::npos);
}
