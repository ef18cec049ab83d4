// What fsconv train says: its table and its JSON lines, and a line for what a user should know.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/io/numpy/npy.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

Finished train_line(const ScratchFolder& folder, const std::string& line) {
  return run_fsconv(
      words("train --data generated --train-images 64 --test-images 16 --channels 4 --latent 4 " + line),
      folder.path(), {.time = std::chrono::seconds(60)});
}

}  // namespace

TEST_CASE("cli train: a run that diverges is told of, and its table keeps its columns apart") {
  const ScratchFolder folder;
  const Finished wild = train_line(folder, "--batch 4 --learning-rate 30 --epochs 3 --output run.h5");
  INFO(wild.out << wild.err);
  CHECK(wild.exit_code == 0);
  CHECK(wild.err.find("the run diverges") != std::string::npos);
  CHECK(wild.err.find("--learning-rate below 30") != std::string::npos);
  std::size_t rows = 0;
  std::istringstream lines(wild.out.substr(wild.out.find("epoch  ")));
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line); ++rows) CHECK(words(line).size() == 5);
  CHECK(rows == 3);
  CHECK(wild.err.find("the run diverges") == wild.err.rfind("the run diverges"));  // once

  const Finished tame = train_line(folder, "--epochs 3 --force --output run.h5");
  CHECK(tame.exit_code == 0);
  CHECK(tame.err == "run.h5 and run.png are complete\n");

  // large because of what they measure, or in another way than the objective: none of them diverges
  for (const std::string more :
       {"--model vae --likelihood gaussian --variance 1e-6 --epochs 3",
        "--model vae --likelihood mse --beta 0.001 --epochs 6 --learning-rate 0.003",
        "--train-images 2 --batch 2 --likelihood mse --epochs 60 --learning-rate 0.01"}) {
    const Finished whole = run_fsconv(
        words(
            std::string(
                "train --data generated:12x12x1 --channels 4,4 --latent 4 --threads 1 --force --output run.h5 ") +
            (more.find("--train-images") == std::string::npos ? "--train-images 60 --test-images 20 "
                                                              : "--test-images 20 ") +
            more),
        folder.path());
    INFO(more << whole.err);
    CHECK(whole.exit_code == 0);
    CHECK(whole.err.find("diverges") == std::string::npos);
  }
}

TEST_CASE("cli train: resuming a finished run says that nothing was trained") {
  const ScratchFolder folder;
  REQUIRE(train_line(folder, "--epochs 2 --output run.h5").exit_code == 0);
  const Finished again = run_fsconv(words("train --resume run.h5"), folder.path());
  CHECK(again.exit_code == 0);
  CHECK(again.err.find("is finished: it holds 2 of 2 epochs; --epochs N") != std::string::npos);
  CHECK(again.err.find("are complete; nothing was trained\n") != std::string::npos);
  const Finished more = run_fsconv(words("train --resume run.h5 --epochs 3"), folder.path());
  CHECK(more.err.find("nothing was trained") == std::string::npos);
}

TEST_CASE("cli train: a finished run whose end is fixed says what can be done, and that can be done") {
  const ScratchFolder folder;
  REQUIRE(train_line(folder, "--epochs 1 --schedule cosine --output run.h5").exit_code == 0);
  const Finished again = run_fsconv(words("train --resume run.h5"), folder.path());
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.err,
             Contains("--schedule cosine ends; train --init run.h5 begins anew") && !Contains("--epochs N"));
  CHECK(run_fsconv(words("train --resume run.h5 --epochs 4"), folder.path()).exit_code == 2);
  CHECK(train_line(folder, "--epochs 1 --init run.h5 --output more.h5").exit_code == 0);
}

TEST_CASE("cli train: a folder that is made is told of, one that is there is not") {
  const ScratchFolder folder;
  const Finished first = train_line(folder, "--epochs 1 --output new/run.h5");
  CHECK(first.exit_code == 0);
  CHECK(first.err.find("made the folder new\n") != std::string::npos);
  CHECK(std::filesystem::exists(folder / "new/run.h5"));
  CHECK(train_line(folder, "--epochs 1 --output new/other.h5").err.find("made the folder") ==
        std::string::npos);
  // A mistyped path leaves no row of folders behind.
  const Finished deep = train_line(folder, "--epochs 1 --output a/b/run.h5");
  CHECK(deep.exit_code == 5);
  CHECK(deep.err.find("mkdir -p") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "a"));
  // Nothing is made, and nothing said, where the run is refused.
  const Finished refused = run_fsconv(words("train --data nothing.npy --output other/run.h5"), folder.path());
  CHECK(refused.exit_code == 5);
  CHECK(refused.err.find("made the folder") == std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "other"));
}

TEST_CASE("cli train: --json prints an object a line, whose keys the help names") {
  const ScratchFolder folder;
  const Finished finished =
      train_line(folder, "--model vae --validation 8 --epochs 2 --output run.h5 --json");
  REQUIRE(finished.exit_code == 0);
  std::string help = run_fsconv({"train", "--help"}, folder.path()).out;
  std::replace(help.begin(), help.end(), '\n', ' ');
  std::istringstream lines(finished.out);
  int epoch = 0;
  for (std::string line; std::getline(lines, line);) {
    const json object = json::parse(line);
    CHECK(object["epoch"] == ++epoch);
    for (const auto& [key, value] : object.items()) {
      const bool is_pair =
          key.ends_with("_reconstruction") || key.ends_with("_kl");  // train_ and test_... in the help
      INFO(key);
      CHECK(help.find(is_pair ? key.substr(key.rfind('_')) : key) != std::string::npos);
    }
  }
  CHECK(epoch == 2);
}

TEST_CASE("cli train: --resume takes the same test images from another place, and no others") {
  const ScratchFolder folder;
  const auto put_images = [&](const std::string& name, Index count, Index value) {
    std::string content = npy_header("|u1", {count, 1, 8, 8});
    for (Index at = 0; at < 64 * count; ++at) content += static_cast<char>(at % 251 + value);
    put_content(folder / name, content);
  };
  put_images("train.npy", 20, 0);
  put_images("test.npy", 4, 1);
  put_images("other.npy", 4, 2);
  std::filesystem::copy_file(folder / "test.npy", folder / "moved.npy");
  const auto run = [&](const std::string& line) { return run_fsconv(words("train " + line), folder.path()); };
  const std::string small = "--data train.npy --channels 2 --latent 2 --batch 4 --epochs 1 ";
  REQUIRE(run(small + "--test-data test.npy --output with.h5").exit_code == 0);
  REQUIRE(run(small + "--output without.h5").exit_code == 0);
  struct Case {
    const char* line;
    int code;
    const char* says;
  };
  const std::string with = content_of(folder / "with.h5"), without = content_of(folder / "without.h5");
  for (const Case& one : {Case{"with.h5 --test-data other.npy", 4, "--test-data must lead to the same"},
                          Case{"without.h5 --test-data test.npy", 4, "--test-data must lead to the same"},
                          Case{"with.h5 --test-data none.npy", 5, "none.npy"},
                          Case{"with.h5 --test-data train.npy", 2, "as --data is"}}) {
    const Finished finished = run(std::string("--epochs 2 --resume ") + one.line);
    INFO(one.line << ": " << finished.err);
    CHECK(finished.exit_code == one.code);
    CHECK(finished.err.find(one.says) != std::string::npos);
    CHECK(content_of(folder / "with.h5") == with);
    CHECK(content_of(folder / "without.h5") == without);
  }
  // The images decide, not their names: the losses are those of the run whose test images did not move.
  std::filesystem::copy_file(folder / "with.h5", folder / "copy.h5");
  const Finished stayed = run("--resume copy.h5 --epochs 2 --json");
  std::filesystem::remove(folder / "test.npy");
  const Finished lost = run("--resume with.h5 --epochs 2");
  CHECK(lost.exit_code == 5);
  CHECK(lost.err.find("give --test-data") != std::string::npos);
  const Finished moved = run("--resume with.h5 --epochs 2 --json --test-data moved.npy");
  REQUIRE(stayed.exit_code + moved.exit_code == 0);
  CHECK(json::parse(moved.out)["test_loss"] == json::parse(stayed.out)["test_loss"]);
}

TEST_CASE("cli train: --init is looked at before any data, and nothing is made where it is refused") {
  const ScratchFolder folder;
  put_content(folder / "text.pt", "no weights");
  put_content(folder / "text.safetensors", "no weights, for it is too short a text");
  struct Case {
    const char* file;
    int code;
  };
  const std::size_t files = folder.files();
  for (const Case& one : {Case{"none.pt", 5}, Case{"text.pt", 4}, Case{"text.safetensors", 4}}) {
    // The data are not there, too: what is told is what was looked at first.
    const Finished refused = run_fsconv(
        words(std::string("train --data nothing.npy --output new/run.h5 --init ") + one.file), folder.path());
    INFO(one.file << ": " << refused.err);
    CHECK(refused.exit_code == one.code);
    CHECK(refused.err.starts_with(std::string("fsconv: ") + one.file));
    CHECK(refused.err.find("nothing.npy") == std::string::npos);
    CHECK(refused.error_lines() <= 2);
    CHECK(folder.files() == files);
  }
}
