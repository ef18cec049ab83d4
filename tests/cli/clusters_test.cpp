// The recipes of docs/clusters.md: that of the plain shell is run as it stands, the scripts for schedulers are read by bash.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/child_process.hpp>
#include <fsconv/io/hdf5/file.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
namespace fs = std::filesystem;

namespace {

// The blocks of the page that are scripts of bash.
std::vector<std::string> scripts() {
  const std::string page = content_of(FSCONV_SOURCE_DIR "/docs/clusters.md"), begin = "```bash\n",
                    end = "```\n";
  std::vector<std::string> list;
  for (std::size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, at)) {
    at += begin.size();
    const std::size_t stop = page.find(end, at);
    list.push_back(page.substr(at, stop - at));
    at = stop + end.size();
  }
  return list;
}

// Run by bash in `folder`, where fsconv is the program that is tested.
ChildResult run_script(const ScratchFolder& folder, const std::string& script,
                       const std::vector<std::string>& options) {
  fs::create_directories(folder / "bin");
  if (!fs::exists(folder / "bin/fsconv")) fs::create_symlink(FSCONV_PROGRAM, folder / "bin/fsconv");
  put_content(folder / "script",
              "cd '" + folder.path() + "' && export PATH='" + folder / "bin" + "':$PATH\n" + script);
  std::vector<std::string> command = {"/bin/bash"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(folder / "script");
  set_up_sanitizers();
  return run_child(command, {}, {.seconds = 120});
}

}  // namespace

TEST_CASE("cli clusters: the shards of a plain shell are one run, and merge sees the one that is missing",
          "[slow]") {
  const ScratchFolder folder;
  std::string recipe;
  for (const std::string& script : scripts())
    if (script.find("for i in 1 2 3 4; do") != std::string::npos) recipe = script;
  REQUIRE_FALSE(recipe.empty());
  const ChildResult whole = run_script(folder, recipe, {"-eu"});
  INFO(whole.out << whole.err);
  REQUIRE(whole.exit_status == 0);
  for (const char* shard : {"shard-1.h5", "shard-2.h5", "shard-3.h5", "shard-4.h5"})
    CHECK(fs::exists(folder / shard));
  const auto merged = hdf5::File::open(folder / "checks.h5");
  CHECK(merged.shape("/geometries/case")[0] > 100);
  CHECK(merged.shape("/checks/check")[0] > merged.shape("/geometries/case")[0]);
  fs::remove(folder / "shard-3.h5");
  const Finished again =
      run_fsconv(words("merge shard-1.h5 shard-2.h5 shard-4.h5 --output c.h5"), folder.path());
  CHECK(again.exit_code == 4);
  CHECK_THAT(again.err, Catch::Contains("missing: 3"));
}

TEST_CASE("cli clusters: every script of the page is bash") {
  const ScratchFolder folder;
  std::size_t batch = 0;
  for (const std::string& script : scripts()) {
    INFO(script);
    CHECK(run_script(folder, script, {"-n"}).exit_status == 0);
    batch += script.starts_with("#!/bin/bash\n#SBATCH ");
  }
  CHECK(batch == 3);
  CHECK(run_script(folder, "for i in 1 2; do", {"-n"}).exit_status != 0);  // and bash sees what is none
}
