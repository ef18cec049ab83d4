// fsconv log as a user runs it: tables, CSV, JSON, differences, event files, and what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>

#include "cli/trained_runs.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

const std::string vectors = FSCONV_SOURCE_DIR "/tests/vectors/";

// Runs in a folder: one of schema 2 without and one with validation images, one of schema 1.
struct LogFolder : TrainedFolder {
  LogFolder() {
    std::filesystem::copy(vectors + "schema_2/ae.h5", *this / "ae.h5");
    std::filesystem::copy(vectors + "schema_2/vae.h5", *this / "vae.h5");
    std::filesystem::copy(vectors + "run_schema_1.h5", *this / "old.h5");
  }
};

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("cli log: one run as a table in the width of the page") {
  const LogFolder folder;
  for (const char* file : {"ae.h5", "vae.h5", "old.h5"}) {
    const std::string text = folder.run(std::string("log ") + file);
    CHECK(says(text, "\nepoch  train_loss  test_loss"));
    for (const std::string& line : split(text, '\n')) CHECK(visible_size(line) <= 80);
  }
  CHECK(says(folder.run("log vae.h5 --series test_kl --last"), "\n    2  0.0650812\n"));
}

TEST_CASE("cli log: what the file says is what --json and --csv say") {
  const LogFolder folder;
  const auto json = folder.json("log vae.h5 old.h5");
  REQUIRE(json.size() == 2);
  const auto losses = folder.read<double>("vae.h5", "/test_loss");
  CHECK(json[0]["series"]["test_loss"]["values"] == std::vector<double>(losses.begin(), losses.end()));
  CHECK(json[1]["configuration"]["loss"] == "mse");  // as that file has it
  const auto lines = split(folder.run("log vae.h5 old.h5 --csv --series test_loss"), '\n');
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == "run,epoch,test_loss");
  CHECK(std::stod(split(lines[2], ',')[2]) == losses[1]);
  CHECK(split(folder.run("log vae.h5 ae.h5 --csv --best"), '\n').size() == 4);
}

TEST_CASE("cli log: several runs are compared, side by side or by their differences") {
  const LogFolder folder;
  const std::string ends = folder.run("log ae.h5 vae.h5");
  CHECK(says(ends, "After the last epoch:"));
  CHECK(says(ends, "\n- model = ae\n+ model = vae\n"));
  CHECK(says(folder.run("log ae.h5 vae.h5 --series test_loss"), "\n  epoch    ae.h5   vae.h5\n"));
  CHECK(says(folder.run("log ae.h5 vae.h5 old.h5 --diff"), "\n  schema_version = 2 (1,2), 1 (3)\n"));
  const auto json = folder.json("log ae.h5 vae.h5 --diff");
  CHECK(json["configuration"]["model"] == nlohmann::json::parse(R"(["ae", "vae"])"));
  std::filesystem::copy(folder / "ae.h5", folder / "same.h5");
  CHECK(says(folder.run("log ae.h5 same.h5 --diff"), "Nothing differs"));
}

TEST_CASE("cli log: event files, the same each time") {
  const LogFolder folder;
  folder.run("log vae.h5 old.h5 --tensorboard events");
  const std::string first = folder.bytes("events/vae/events.out.tfevents.fsconv");
  const auto json = folder.json("log vae.h5 old.h5 --tensorboard events");
  CHECK(json[1]["events"] == "events/old/events.out.tfevents.fsconv");
  CHECK(folder.bytes("events/vae/events.out.tfevents.fsconv") == first);
  CHECK(says(first, "brain.Event:2"));
}

TEST_CASE("cli log: what is no run, or makes no sense together, is refused") {
  const LogFolder folder;
  for (const char* name : {"evaluate", "verify", "bench", "codes", "matrix"})
    std::filesystem::copy(vectors + "schema_2/" + name + ".h5", folder / (std::string(name) + ".h5"));
  std::string damaged = folder.bytes("vae.h5");
  put_content(folder / "cut.h5", damaged.substr(0, damaged.size() / 2));
  put_content(folder / "text.h5", "epoch,loss\n1,2\n");
  put_content(folder / "empty.h5", "");
  std::filesystem::create_symlink("ae.h5", folder / "link.h5");
  CHECK(first_unrefused(folder, {{"log", 2, {"files"}},
                                 {"log none.h5", 5, {"none.h5", "No such file"}},
                                 {"log ae.h5 none.h5", 5, {"none.h5"}},
                                 {"log .", 5, {"directory"}},
                                 {"log evaluate.h5", 4, {"is a file of fsconv evaluate"}},
                                 {"log ae.h5 verify.h5", 4, {"verify.h5", "fsconv train"}},
                                 {"log bench.h5", 4, {"fsconv bench"}},
                                 {"log codes.h5 --csv", 4, {"fsconv encode"}},
                                 {"log matrix.h5", 4, {"matrix.h5"}},
                                 {"log cut.h5", 4, {"cut.h5"}},
                                 {"log text.h5 --json", 4, {"text"}},
                                 {"log empty.h5", 4, {"empty"}},
                                 {"log ae.h5 ae.h5", 2, {"ae.h5 twice"}},
                                 {"log ae.h5 ./ae.h5", 2, {"./ae.h5", "the same file as"}},
                                 {"log ae.h5 link.h5 --csv", 2, {"link.h5", "the same file as"}},
                                 {"log ae.h5 --series loss", 2, {"'loss'", "test_loss"}},
                                 {"log ae.h5 --series test_loss,", 2, {"empty"}},
                                 {"log ae.h5 --series test_loss,test_loss", 2, {"twice"}},
                                 {"log ae.h5 --diff", 2, {"two files"}},
                                 {"log ae.h5 vae.h5 --diff --csv", 2, {"diff"}},
                                 {"log ae.h5 vae.h5 --diff --series beta", 2, {"series"}},
                                 {"log ae.h5 --csv --json", 2, {"json"}},
                                 {"log ae.h5 --last --best", 2, {"best"}},
                                 {"log ae.h5 vae.h5 --follow", 2, {"one file"}},
                                 {"log ae.h5 --follow --json", 2, {"json"}},
                                 {"log none.h5 --follow", 5, {"none.h5"}},
                                 {"log ae.h5 --tensorboard e --csv", 2, {"tensorboard"}},
                                 {"log ae.h5 --tensorboard no/such", 5, {"no"}},
                                 {"log ae.h5 --tensorboard ae.h5", 5, {"ae.h5"}},
                                 {"log evaluate.h5 --tensorboard e", 4, {"evaluate"}}}) == "");
}

TEST_CASE("cli log: names that a terminal would obey are shown, not obeyed") {
  const LogFolder folder;
  const std::string name = "\x1b[31m,\"\xff-- .h5";
  std::filesystem::copy(folder / "ae.h5", folder / name);
  for (const char* option : {"--csv", "--json", "--last"}) {
    const Finished finished = run_fsconv({"log", name, option}, folder.path());
    CHECK(finished.exit_code == 0);
    CHECK_FALSE(says(finished.out + finished.err, "\x1b"));
    CHECK_FALSE(says(finished.out + finished.err, "\xff"));
  }
  CHECK(says(run_fsconv({"log", name, "--csv"}, folder.path()).out, "\n\"\\x1b[31m,\"\"\\xff-- .h5\",1,"));
  CHECK(run_fsconv({"log", name, "ae.h5", "--tensorboard", "events"}, folder.path()).exit_code == 0);
  CHECK(std::filesystem::exists(folder / "events/__31m___--_/events.out.tfevents.fsconv"));
}

TEST_CASE("cli log: --follow ends with the run, and by Ctrl-C with 130") {
  const LogFolder folder;
  CHECK(says(folder.run("log vae.h5 --follow"), "\n    2 "));
  const Finished stopped = run_fsconv(
      words(
          "train --data generated --train-images 200 --test-images 40 --channels 2 --latent 2 --epochs 200000 "
          "--output long.h5"),
      folder.path(), {.time = std::chrono::seconds(30), .interrupt_on = "epoch"});
  CHECK(stopped.exit_code == 130);
  REQUIRE(std::filesystem::exists(folder / "long.h5"));
  CHECK(says(folder.run("log long.h5 --last"), "not finished"));
  const Finished finished =
      run_fsconv(words("log long.h5 --follow"), folder.path(), {.interrupt_on = "epoch  train_loss"});
  CHECK(finished.exit_code == 130);
  CHECK(says(finished.err, "interrupted"));
}
