// fsconv export as a user calls it. What is in the files is the matter of tests/exchange and of tests/peers/exported.py.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/exchange/onnx_file.hpp>
#include <fstream>

#include "cli/trained_runs.hpp"

using namespace fsconv;
using namespace fsconv::testing;

TEST_CASE("cli export: writes every kind by its ending, and the same bytes again") {
  const TrainedFolder folder;
  folder.train("vae.h5", "--model vae --latent 6");
  const std::string files =
      onnx_writer().empty() ? "a.npz,a.safetensors,a.pt,a.py" : "a.npz,a.safetensors,a.pt,a.py,a.onnx";
  const auto told = folder.json("export vae.h5 --to " + files);
  CHECK(told["weights"] == "last");
  std::vector<std::string> first;
  for (const auto& file : told["files"]) {
    const std::string name = file["file"];
    INFO(name);
    first.push_back(folder.bytes(name));
    CHECK(file["bytes"] == first.back().size());
    CHECK(file["shared"] == (name == "a.py" ? 0 : 3));
  }
  folder.run("export vae.h5 --to " + files);  // its own files it replaces
  for (std::size_t at = 0; at < first.size(); ++at)
    CHECK(folder.bytes(told["files"][at]["file"]) == first[at]);
}

TEST_CASE("cli export: a mistake is told in a line or two, and leaves every file as it was") {
  const TrainedFolder folder;
  folder.train("run.h5", "");
  std::filesystem::copy_file(folder / "run.h5", folder / "run.pt");
  std::filesystem::copy_file(folder / "run.h5", folder / "damaged.h5");
  std::filesystem::resize_file(folder / "damaged.h5", 20'000);
  std::ofstream(folder / "own.py") << "print('fsconv')\n";
  std::ofstream(folder / "own.npz") << "PK, but of somebody else";
  std::filesystem::create_directory(folder / "folder.pt");
  std::filesystem::create_symlink(".", folder / "here");
  std::filesystem::create_symlink("a.npz", folder / "link.npz");
  std::filesystem::create_hard_link(folder / "run.h5", folder / "same.pt");
  CHECK(
      first_unrefused(folder, {{"export", 2, {"to"}},
                               {"export run.h5", 2, {"to"}},
                               {"export --to a.pt", 2, {"RUN", "missing"}},
                               {"export run.h5 --to a.txt", 2, {"a.txt", ".safetensors", ".onnx"}},
                               {"export run.h5 --to a", 2, {".npz"}},
                               {"export run.h5 --to a.pt,a.pt", 2, {"twice"}},
                               {"export run.h5 --to a.npz,./a.npz", 2, {"./a.npz", "the same file as a.npz"}},
                               {"export run.h5 --to a.npz,here/a.npz --force", 2, {"the same file as a.npz"}},
                               {"export run.h5 --to a.npz,link.npz", 2, {"the same file as a.npz"}},
                               {"export run.h5 --to a.pt,,b.pt", 2, {"empty"}},
                               {"export run.h5 --to a.pt --part encoder", 2, {"part", ".onnx"}},
                               {"export run.h5 --to a.pt --weights worst", 2, {"best or last"}},
                               {"export run.h5 --to none/a.pt", 5, {"none"}},
                               {"export run.h5 --to a.pt,none/a.npz", 5, {"none"}},
                               {"export run.h5 --to folder.pt", 5, {"folder.pt"}},
                               {"export run.h5 --to a.npz,folder.pt --force", 5, {"folder.pt"}},
                               {"export missing.h5 --to a.pt", 5, {"missing.h5"}},
                               {"export damaged.h5 --to a.pt", 4, {"damaged.h5"}},
                               {"export own.npz --to a.pt", 4, {"own.npz"}},
                               {"export run.pt --to run.pt", 2, {"run.pt is what is read"}},
                               {"export run.pt --to run.pt --force", 2, {"run.pt is what is read"}},
                               {"export run.h5 --to here/same.pt --force", 2, {"same.pt is what is read"}},
                               {"export run.h5 --to own.py", 2, {"own.py", "--force"}},
                               {"export run.h5 --to a.pt,own.npz", 2, {"own.npz", "--force"}}}) == "");
  CHECK(folder.bytes("own.py") == "print('fsconv')\n");
}

TEST_CASE("cli export: a full disk is an error, and a file that is there stays") {
  const TrainedFolder folder;
  folder.train("run.h5", "");
  for (const char* name : {"a.npz", "a.safetensors", "a.pt", "a.py"}) {
    std::filesystem::create_symlink("/dev/full", folder / name);
    CHECK(first_unrefused(
              folder, {{("export run.h5 --to " + std::string(name)).c_str(), 5, {"No space left"}}}) == "");
  }
}

TEST_CASE("cli export: a run whose name is no UTF-8 is exported, and its name told") {
  const TrainedFolder folder;
  folder.train("run.h5", "");
  std::filesystem::rename(folder / "run.h5", folder / "r\xff.h5");
  folder.run("export r\xff.h5 --to a.pt,a.safetensors,a.npz,a.py");
  for (const char* name : {"a.pt", "a.safetensors", "a.npz", "a.py"}) {
    INFO(name);
    CHECK(folder.bytes(name).find("r\xff.h5") == std::string::npos);
    CHECK(folder.bytes(name).find("xff.h5") != std::string::npos);
  }
}

TEST_CASE("cli export: --force replaces what is not its own") {
  const TrainedFolder folder;
  folder.train("run.h5", "");
  std::ofstream(folder / "own.py") << "print('mine')\n";
  folder.run("export run.h5 --to own.py --force");
  CHECK(folder.bytes("own.py").starts_with("\"\"\"Written by fsconv export"));
}

TEST_CASE("cli export: --weights last and best are other numbers where validation images were kept") {
  const TrainedFolder folder;
  folder.run(
      "train --data generated --train-images 84 --test-images 8 --validation 20 --epochs 3 --channels 4 --latent 2 "
      "--learning-rate 0.5 --output run.h5");
  const auto best = folder.json("export run.h5 --to best.npz"),
             last = folder.json("export run.h5 --to last.npz --weights last");
  CHECK(last["epoch"] == 3);
  CHECK(best["weights"] == "best");
  if (best["epoch"] != last["epoch"]) CHECK(folder.bytes("best.npz") != folder.bytes("last.npz"));
}
