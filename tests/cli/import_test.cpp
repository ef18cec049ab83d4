// fsconv import as a user calls it. How weights get into a model is the matter of tests/exchange/initial_test.cpp.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/child_process.hpp>

#include "cli/trained_runs.hpp"

using namespace fsconv;
using namespace fsconv::testing;
namespace fs = std::filesystem;

TEST_CASE("cli import: a file's check of very many images, or of none, is refused before it is computed") {
  FSCONV_NEED_PYTHON("numpy")
  const TrainedFolder folder;
  folder.train("run.h5", "");
  folder.run("export run.h5 --to w.npz");
  put_content(folder / "script.py", R"(import numpy
good = dict(numpy.load("w.npz"))
image = good["check.input"]
def save(name, count):
    numpy.savez_compressed(name, **{**good, "check.input": numpy.zeros((count, *image.shape[1:]), "f4")})
save("many.npz", 20000)
save("none.npz", 0)
)");
  REQUIRE(std::system(("cd '" + (folder / "") + "' && " + python + " script.py").c_str()) == 0);
  CHECK(first_unrefused(
            folder,
            {{"import many.npz --like run.h5 --output x.h5", 4, {"many.npz:check.input: has 20000 images"}},
             {"import none.npz --like run.h5 --output x.h5", 4, {"none.npz:check.", "missing or empty"}}}) ==
        "");
  folder.run("import w.npz --like run.h5 --output x.h5");
}

TEST_CASE("cli import: what it reads it never replaces, whatever it is called and with --force") {
  const TrainedFolder folder;
  folder.train("run.h5", "");
  folder.run("export run.h5 --to w.safetensors");
  fs::copy_file(folder / "w.safetensors", folder / "w.h5");
  fs::copy_file(folder / "w.safetensors", folder / "picture.png");
  fs::copy_file(folder / "run.h5", folder / "like.png");
  fs::create_symlink("run.h5", folder / "link.h5");
  fs::create_hard_link(folder / "run.h5", folder / "hard.h5");
  const std::string run = folder.bytes("run.h5"), weights = folder.bytes("w.safetensors");
  CHECK(first_unrefused(
            folder,
            {{"import w.safetensors --like run.h5 --output run.h5",
              2,
              {"run.h5 is the run that it is to be like"}},
             {"import w.safetensors --like run.h5 --output run.h5 --force",
              2,
              {"the run that it is to be like"}},
             {"import w.safetensors --like run.h5 --output ./run.h5 --force",
              2,
              {"the run that it is to be like"}},
             {"import w.safetensors --like run.h5 --output link.h5 --force",
              2,
              {"the run that it is to be like"}},
             {"import w.safetensors --like link.h5 --output hard.h5 --force",
              2,
              {"the run that it is to be like"}},
             {"import w.safetensors --like like.png --output like.h5 --force", 2, {"picture in like.png"}},
             {"import w.h5 --like run.h5 --output w.h5 --force",
              2,
              {"w.h5 is what the weights are taken from"}},
             {"import picture.png --like run.h5 --output picture.h5 --force", 2, {"picture in picture.png"}},
             {"import run.h5 --like w.h5 --output run.h5 --force", 4, {"w.h5"}}}) == "");
  CHECK(folder.bytes("run.h5") == run);
  CHECK(folder.bytes("w.h5") == weights);
  folder.run("import w.safetensors --like run.h5 --output new.h5");
  folder.run("import w.safetensors --like run.h5 --output new.h5 --force");
  CHECK(folder.bytes("run.h5") == run);
}

TEST_CASE(
    "cli import: --json says what the table does: files, digest, and how far the file's own check is off") {
  const TrainedFolder folder;
  folder.train("run.h5", "");
  for (const std::string file : {"w.npz", "w.safetensors"}) {
    INFO(file);
    folder.run("export run.h5 --to " + file);
    const nlohmann::json said = folder.json("import " + file + " --like run.h5 --output new.h5 --force");
    CHECK(said["output"] == "new.h5");
    CHECK(said["file"] == file);
    CHECK(said["sha256"] == run_child({"sha256sum", folder / file}).out.substr(0, 64));
    REQUIRE_FALSE(said["check"].empty());
    for (const auto& line : said["check"]) {
      CHECK(line["off"].get<double>() <= line["tolerance"].get<double>());
      CHECK(line["tolerance"].get<double>() > 0);
      CHECK_FALSE(line["name"].get<std::string>().empty());
    }
  }
}
