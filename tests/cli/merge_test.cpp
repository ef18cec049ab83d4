// fsconv verify --shard and fsconv merge: the merged file is that of one run, and what is no whole is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/child_process.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/run_log.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

Finished run_line(const ScratchFolder& folder, const std::string& line) {
  return run_fsconv(words(line), folder.path(), {.time = std::chrono::seconds(60)});
}

// Writes the shards I/N as NAME-I.h5; returns their names in one line.
std::string make_shards(const ScratchFolder& folder, const std::string& name, Index count,
                        const std::string& line, int exit_code = 0) {
  std::string files;
  for (Index number = 1; number <= count; ++number) {
    const std::string file = name + "-" + std::to_string(number) + ".h5";
    const Finished finished = run_line(folder, line + " --shard " + std::to_string(number) + "/" +
                                                   std::to_string(count) + " --output " + file);
    INFO(line << " " << number << "/" << count << "\n" << finished.err);
    REQUIRE((finished.exit_code == 0 || finished.exit_code == exit_code));
    files += " " + file;
  }
  return files;
}

void compare_values(const hdf5::File& a, const hdf5::File& b, const std::string& dataset,
                    std::set<std::string>& differ) {
  bool same = a.dtype(dataset) == b.dtype(dataset) && a.shape(dataset) == b.shape(dataset);
  if (same && a.dtype(dataset) == "str")
    same = a.read_strings(dataset) == b.read_strings(dataset);
  else if (same)
    same = a.read<double>(dataset) == b.read<double>(dataset);
  if (!same) differ.insert(dataset);
  for (const char* attribute : {"units", "long_name", "flag_meanings"})
    if (a.has_attribute(dataset, attribute) != b.has_attribute(dataset, attribute) ||
        (a.has_attribute(dataset, attribute) &&
         a.attribute(dataset, attribute) != b.attribute(dataset, attribute)))
      differ.insert(dataset + " " + attribute);
}

// What two files say differently: datasets by their paths, attributes of groups behind them.
std::set<std::string> differences(const std::string& first, const std::string& second) {
  const hdf5::File a = hdf5::File::open(first), b = hdf5::File::open(second);
  std::set<std::string> differ;
  for (const std::string group : {"/", "/geometries", "/checks", "/proofs"}) {
    std::set<std::string> names;
    for (const hdf5::File* file : {&a, &b})
      for (const std::string& name : file->attributes(group)) names.insert(name);
    for (const std::string& name : names)
      if (name != "digest" && (!a.has_attribute(group, name) || !b.has_attribute(group, name) ||
                               a.attribute(group, name) != b.attribute(group, name)))
        differ.insert(group + " " + name);
  }
  std::set<std::string> datasets;
  for (const hdf5::File* file : {&a, &b})
    for (const std::string& name : file->datasets()) datasets.insert(name);
  for (const std::string& name : datasets)
    if (a.exists(name) && b.exists(name))
      compare_values(a, b, name, differ);
    else
      differ.insert(name);
  return differ;
}

// Times, and what says how the file came about.
std::set<std::string> but_for_times(std::set<std::string> differ) {
  for (const char* name : {"/ command_line", "/ start_time", "/ end_time", "/ configuration",
                           "/ config.output", "/proofs/seconds"})
    differ.erase(name);
  return differ;
}

void check_refused(const ScratchFolder& folder, const std::string& arguments, int exit_code,
                   const std::vector<std::string>& said) {
  const Finished finished = run_line(folder, "merge " + arguments + " --output merged.h5");
  INFO("merge " << arguments << "\n" << finished.err);
  CHECK(finished.exit_code == exit_code);
  CHECK(finished.error_lines() >= 1);
  CHECK(finished.error_lines() <= 2);
  CHECK(finished.out.empty());
  for (const std::string& words : said) CHECK_THAT(finished.err, Catch::Contains(words));
  CHECK_FALSE(fs::exists(folder / "merged.h5"));
}

const std::string small =
    "verify --method numeric,exact --geometries 4 --claim matrix,transpose,shape,not-inverse";

}  // namespace

TEST_CASE("cli merge: the merged file is that of one run, but for times, and reports read it", "[slow]") {
  const ScratchFolder folder;
  REQUIRE(run_line(folder, small + " --output whole.h5").exit_code == 0);
  const std::string files = make_shards(folder, "s", 3, small + " --threads 1");
  const Finished finished = run_line(folder, "merge" + files + " --output merged.h5 --json");
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  const json said = json::parse(finished.out);
  CHECK(said["shards"] == 3);
  CHECK(said["passed"] == true);
  CHECK(said["skipped"].get<Index>() < said["checks"].get<Index>());
  CHECK(said["checks"].get<Index>() == hdf5::File::open(folder / "whole.h5").shape("/checks/check")[0]);
  auto differ = but_for_times(differences(folder / "whole.h5", folder / "merged.h5"));
  for (const char* threads : {"/ threads", "/ config.threads"}) differ.erase(threads);  // as they were given
  CHECK(differ == std::set<std::string>{});
  // The comparison sees a single shard, and another seed.
  CHECK(but_for_times(differences(folder / "whole.h5", folder / "s-1.h5")).contains("/checks/verdict"));
  REQUIRE(run_line(folder, small + " --seed 1 --output other.h5").exit_code == 0);
  CHECK(but_for_times(differences(folder / "whole.h5", folder / "other.h5")).contains("/geometries/case"));

  // Files in any order are the same; a file that is there is replaced, a shard is not.
  REQUIRE(run_line(folder, "merge s-3.h5 s-1.h5 s-2.h5 --output again.h5").exit_code == 0);
  CHECK(differences(folder / "merged.h5", folder / "again.h5") ==
        std::set<std::string>{"/ config.output", "/ configuration"});
  CHECK(run_line(folder, "merge" + files + " --output again.h5").exit_code == 0);
  CHECK(run_line(folder, "merge" + files + " --output s-2.h5").exit_code == 2);
  CHECK(run_line(folder, "report merged.h5 s-1.h5 --output report.html").exit_code == 0);
  const std::string line = hdf5::File::open(folder / "merged.h5").string_attribute("/", "command_line");
  CHECK_THAT(line, Catch::Contains("--shard 1/3") && Catch::Contains("2 more shards"));
}

TEST_CASE("cli merge: shards of one geometry, of statements, and a wrong form", "[slow]") {
  const ScratchFolder folder;
  const std::string one =
      "verify --case i6o3k3s2p1 --claim transpose,shape --form gather,scatter --method exact";
  REQUIRE(run_line(folder, one + " --output whole.h5").exit_code == 0);
  const std::string files = make_shards(folder, "one", 5, one);  // three checks: two shards have none
  REQUIRE(run_line(folder, "merge" + files + " --output one.h5").exit_code == 0);
  CHECK(but_for_times(differences(folder / "whole.h5", folder / "one.h5")) == std::set<std::string>{});

  if (find_program("z3")) {
    const std::string proofs = "verify --proof gather,floor_division,no_flip";
    REQUIRE(run_line(folder, proofs + " --output proofs.h5").exit_code == 0);
    REQUIRE(
        run_line(folder, "merge" + make_shards(folder, "p", 2, proofs) + " --output merged.h5").exit_code ==
        0);
    CHECK(but_for_times(differences(folder / "proofs.h5", folder / "merged.h5")) == std::set<std::string>{});
  }

  const std::string wrong = "verify --mutant no_flip --geometries 3 --claim transpose,matrix --method exact";
  REQUIRE(run_line(folder, wrong + " --output wrong.h5").exit_code == 3);
  const std::string parts = make_shards(folder, "w", 2, wrong, 3);
  const Finished finished = run_line(folder, "merge" + parts + " --output w.h5");
  CHECK(finished.exit_code == 3);
  CHECK_THAT(finished.out, Catch::Contains("transpose FAILS for no_flip"));
  CHECK_THAT(finished.out, Catch::Contains("--mutant no_flip"));
  CHECK(but_for_times(differences(folder / "wrong.h5", folder / "w.h5")) == std::set<std::string>{});
  CHECK(json::parse(run_line(folder, "merge" + parts + " --output w.h5 --json").out)["passed"] == false);
}

TEST_CASE("cli merge: what is no whole run is refused in a line that names the file", "[slow]") {
  const ScratchFolder folder;
  const std::string base = "verify --case i6o3k3s2p1 --method exact --claim transpose --form gather,scatter";
  make_shards(folder, "a", 3, base);
  make_shards(folder, "two", 2, base);
  make_shards(folder, "claim", 3,
              "verify --case i6o3k3s2p1 --method exact --claim matrix --form gather,scatter");
  make_shards(folder, "seed", 3, base + " --seed 7");
  make_shards(folder, "bits", 3, base + " --miss-bits 20");
  REQUIRE(run_line(folder, base + " --output whole.h5").exit_code == 0);

  check_refused(folder, "a-1.h5 a-3.h5", 4, {"of 3 shards 1 is missing: 2", "--shard 2/3"});
  check_refused(folder, "a-2.h5", 4, {"2 are missing: 1,3"});
  check_refused(folder, "a-1.h5 a-2.h5 a-3.h5 a-2.h5", 4, {"a-2.h5: is given twice"});
  check_refused(folder, "a-1.h5 two-2.h5", 4, {"two-2.h5: has shard 2/2, and a-1.h5 has shard 1/3"});
  check_refused(folder, "a-1.h5 a-2.h5 claim-3.h5", 4,
                {"claim-3.h5: has --claim matrix, and a-1.h5 has --claim transpose"});
  check_refused(folder, "a-1.h5 a-2.h5 seed-3.h5", 4, {"seed-3.h5: has --seed 7, and a-1.h5 has no --seed"});
  check_refused(folder, "bits-1.h5 a-2.h5 a-3.h5", 4,
                {"a-2.h5: has no --miss-bits, and bits-1.h5 has --miss-bits 20"});
  check_refused(folder, "whole.h5 a-2.h5 a-3.h5", 4,
                {"whole.h5: is the file of a whole run, not of a shard"});
  check_refused(folder, "", 2, {"files: are missing"});
  check_refused(folder, "a-1.h5 nowhere.h5", 5, {"nowhere.h5"});
  put_content(folder / "text.h5", "no file of HDF5");
  check_refused(folder, "a-1.h5 text.h5", 4, {"text.h5"});

  // Another version, another machine's instructions, and the other command.
  const auto change = [&](const std::string& attribute, const hdf5::Value& value) {
    hdf5::File file = hdf5::File::modify(folder / "a-3.h5");
    file.set_attribute("/", attribute, value);
    commit_sealed(file);
  };
  const auto restore = [&] {
    fs::copy_file(folder / "kept.h5", folder / "a-3.h5", fs::copy_options::overwrite_existing);
  };
  fs::copy_file(folder / "a-3.h5", folder / "kept.h5");
  for (const auto& [attribute, value] : std::map<std::string, hdf5::Value>{
           {"git_commit", "0123"}, {"isa", "other"}, {"version.flint", "0.1"}}) {
    change(attribute, value);
    check_refused(folder, "a-1.h5 a-2.h5 a-3.h5", 4, {"a-3.h5: has " + attribute});
    restore();
  }
  change("kind", "bench");
  check_refused(folder, "a-1.h5 a-2.h5 a-3.h5", 4, {"a-3.h5: has what fsconv bench found"});
  restore();
  change("kind", "train");
  check_refused(folder, "a-3.h5 a-1.h5", 4, {"a-3.h5: is a file of fsconv train, which has no shards"});
  restore();

  // A byte that has changed, half a file, and a row that belongs to another shard.
  std::string bytes = content_of(folder / "a-3.h5");
  put_content(folder / "half.h5", bytes.substr(0, bytes.size() / 2));
  check_refused(folder, "a-1.h5 a-2.h5 half.h5", 4, {"half.h5"});
  fs::copy_file(folder / "a-2.h5", folder / "moved.h5");
  {
    hdf5::File file = hdf5::File::modify(folder / "moved.h5");
    file.remove("/checks/place");
    file.write("/checks/place", std::vector<std::int64_t>{0}, {.dimensions = {"check"}});
    commit_sealed(file);
  }
  check_refused(folder, "a-1.h5 moved.h5 a-3.h5", 4, {"/checks"});
  {
    hdf5::File file = hdf5::File::modify(folder / "a-3.h5");
    file.remove("/checks/log2_miss");
    file.write("/checks/log2_miss",
               std::vector<double>(static_cast<std::size_t>(file.shape("/checks/check")[0])),
               {.dimensions = {"check"}});
    file.commit();  // the digest is that of the old numbers
  }
  check_refused(folder, "a-1.h5 a-2.h5 a-3.h5", 4, {"a-3.h5"});
}

TEST_CASE("cli verify: --shard is checked before anything is done, and not beside what has no parts") {
  const ScratchFolder folder;
  for (const char* line : {"--shard 0/3", "--shard 4/3", "--shard 1", "--shard 1/0", "--shard 1/2/3",
                           "--shard a/b", "--shard -1/2", "--shard 1/99999999999999999999",
                           "--explain --shard 1/2", "--emit here --shard 1/2"}) {
    const Finished finished = run_line(folder, std::string("verify ") + line);
    INFO(line << "\n" << finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.error_lines() >= 1);
    CHECK(finished.error_lines() <= 2);
  }
  CHECK(folder.files() == 0);
  const Finished part = run_line(folder, "verify --case i6o3k3s2p1 --shard 2/3 --method exact");
  CHECK(part.exit_code == 0);
  CHECK_THAT(part.out, Catch::Contains("shard 2/3 alone: "));
  CHECK(
      json::parse(run_line(folder, "verify --case i4o2k3 --shard 2/3 --method exact --json").out)["shard"] ==
      "2/3");
}

TEST_CASE("cli merge: what was named and tried in no shard was named in vain") {
  const ScratchFolder folder;
  const std::string line =
      "verify --method symbolic --case ic1oc1i160x160o160x160k1 --form gather --claim transpose,matrix";
  const std::string files = make_shards(folder, "vain", 2, line);
  const Finished finished = run_line(folder, "merge" + files + " --output merged.h5");
  CHECK(finished.exit_code == 2);
  CHECK_THAT(finished.err, Catch::Contains("nothing of claim transpose was tried: "));
}

TEST_CASE("cli merge: shards of timings, in words and as JSON", "[slow]") {
  const ScratchFolder folder;
  const std::string files = make_shards(folder, "b", 2,
                                        "bench --form gather,scatter --rounds 1 --batch 1 "
                                        "--case ic2oc2i8x8o4x4k4s2p1");
  const Finished told = run_line(folder, "merge" + files + " --output merged.h5");
  INFO(told.err);
  REQUIRE(told.exit_code == 0);
  CHECK_THAT(told.out, Catch::StartsWith("2 shards of fsconv bench: "));
  CHECK_THAT(told.err, Catch::Contains("every sample is in merged.h5"));
  const json said = json::parse(run_line(folder, "merge" + files + " --output merged.h5 --json").out);
  const Index items = hdf5::File::open(folder / "merged.h5").shape("/items/form")[0];
  CHECK(items > 1);
  CHECK(
      said ==
      json{{"kind", "bench"}, {"shards", 2}, {"items", items}, {"refused", false}, {"output", "merged.h5"}});
  CHECK_THAT(told.out, Catch::Contains(std::to_string(items) + " item"));
}
