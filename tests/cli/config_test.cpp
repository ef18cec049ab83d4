// --config and --json: where options come from, and that machines can read what is printed.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv::testing;
using nlohmann::json;

namespace {

json shape_json(const ScratchFolder& folder, const std::string& line) {
  const std::vector<std::string> arguments = words("shape --json " + line);
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  return json::parse(finished.out);
}

}  // namespace

TEST_CASE("cli config: the command line wins over the file, the file over the default") {
  const ScratchFolder folder;
  put_content(folder / "my.cfg", "# a comment\nstride = 3\ninput-size=5\n\nkernel =2\n");
  const auto stride = [&](const std::string& line) { return shape_json(folder, line)["axes"][0]["stride"]; };
  CHECK(stride("--input-size 5 --kernel 2") == "1");
  CHECK(stride("--config my.cfg") == "3");
  CHECK(stride("--config my.cfg --stride 2") == "2");
  CHECK(stride("--stride 2 --config my.cfg") == "2");
  CHECK(shape_json(folder, "--config my.cfg")["axes"][0]["image"] == 14);  // 3*(5-1) + 2
}

TEST_CASE("cli config: flags may stand in the file") {
  const ScratchFolder folder;
  put_content(folder / "my.cfg", "json = true\ninput-size = 4\nkernel = 3\n");
  const Finished finished = run_fsconv({"shape", "--config", "my.cfg"}, folder.path());
  INFO(description({"shape", "--config", "my.cfg"}, finished));
  CHECK(finished.exit_code == 0);
  CHECK(json::parse(finished.out)["axes"][0]["image"] == 6);
}

TEST_CASE("cli config: mistakes in the file are refused, with the name of what is wrong") {
  struct Mistake {
    const char* content;
    const char* says;
  };
  for (const Mistake& mistake :
       {Mistake{"strid = 3\n", "strid"}, Mistake{"geometries = 3\n", "belongs to fsconv verify"},
        Mistake{"stride = 0\n", "stride"}, Mistake{"stride = 2\nstride = 3\n", "stride"},
        Mistake{"what is this\n", "what is this"}, Mistake{"[section]\nstride = 2\n", "section"}}) {
    const ScratchFolder folder;
    put_content(folder / "my.cfg", mistake.content);
    const std::vector<std::string> arguments = words("shape --input-size 4 --kernel 3 --config my.cfg");
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(mistake.content);
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.error_lines() <= 2);
    CHECK(finished.err.find(mistake.says) != std::string::npos);
  }
}

TEST_CASE("cli config: a file that cannot be read is an I/O error") {
  const ScratchFolder folder;
  for (const char* file : {"nope.cfg", "."}) {
    const std::vector<std::string> arguments = {"shape", "--input-size", "4", "--kernel",
                                                "3",     "--config",     file};
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 5);
    CHECK(finished.error_lines() == 1);
    CHECK(finished.err.find(file) != std::string::npos);
  }
}

TEST_CASE("cli config: a file without end is refused before it fills the memory") {
  const ScratchFolder folder;
  const std::vector<std::string> arguments = words("shape --input-size 4 --kernel 3 --config /dev/zero");
  const Finished finished = run_fsconv(arguments, folder.path(), {.time = std::chrono::seconds(1)});
  INFO(description(arguments, finished));
  CHECK(finished.exit_code >= 2);
  CHECK(finished.exit_code <= 5);
  CHECK(finished.err.find("/dev/zero") != std::string::npos);
}

TEST_CASE("cli json: every subcommand prints what a parser accepts") {
  const ScratchFolder folder;
  for (const char* line :
       {"shape --input-size 7,7 --kernel 3 --stride 2 --padding same --json",
        "shape --stack c4k3s2,c8k4s2 --input-size 29,28 --json", "matrix --input-size 4,4 --kernel 3 --json",
        "matrix --case ic2oc2g2i6o3k3s3/2 --json", "verify --case i4o2k3 --json"}) {
    const std::vector<std::string> arguments = words(line);
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 0);
    CHECK(json::accept(finished.out));
  }
}

TEST_CASE("cli json: --print does not break the JSON of matrix") {
  const ScratchFolder folder;
  const std::vector<std::string> arguments = words("matrix --input-size 4 --kernel 3 --json --print");
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  // Either it is part of the JSON or it is refused.
  CHECK((finished.exit_code == 2 || json::accept(finished.out)));
}

TEST_CASE("cli json: train prints one object per epoch") {
  const ScratchFolder folder;
  const std::vector<std::string> arguments = words(
      "train --data generated --train-images 32 --test-images 16 --channels 2,2 --latent 2 --epochs 2 "
      "--output r.h5 --json");
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  std::istringstream lines(finished.out);
  int epoch = 0;
  for (std::string line; std::getline(lines, line);) {
    const json object = json::parse(line);
    CHECK(object["epoch"] == ++epoch);
    CHECK(object["train_loss"].get<double>() > 0);
    CHECK(object["test_loss"].get<double>() > 0);
  }
  CHECK(epoch == 2);
}
