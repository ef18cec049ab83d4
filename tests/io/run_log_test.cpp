// What run files say about themselves.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/run_log.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::Matches;

namespace {

const nlohmann::json some_configuration = {{"model", "vae"},
                                           {"channels", {32, 64}},
                                           {"rate", 0.001},
                                           {"seed", UINT64_MAX},
                                           {"data", {{"name", "mnist"}, {"labels", nullptr}}}};

// Without a digest it is as files of schema 2 were.
void write_file(const std::string& path, bool sealed = true) {
  auto file = hdf5::File::create(path);
  RunInfo info;
  info.kind = "train";
  info.command_line = "fsconv train --data \xff.gz";  // a file name that is no UTF-8
  info.configuration = some_configuration;
  info.seed = UINT64_MAX;
  info.start_time = "2025-03-01T14:05:59+01:00";
  write_environment(file, info);
  info.start_time = "2025-03-01T14:06:00+01:00";
  write_environment(file, info);  // a resumed run writes anew
  if (sealed)
    commit_sealed(file);
  else
    file.commit();
}

// A file of schema 2 whose attribute has been changed.
BadData refusal(const ScratchFolder& folder, const std::string& attribute, const hdf5::Value& value) {
  write_file(folder / "x.h5", false);
  auto file = hdf5::File::modify(folder / "x.h5");
  file.set_attribute("/", "schema_version", 2);
  CHECK(read_configuration(file) == some_configuration);
  file.set_attribute("/", attribute, value);
  try {
    read_configuration(file);
  } catch (const BadData& error) {
    return error;
  }
  return BadData("nothing", "was refused");
}

}  // namespace

TEST_CASE("run log: attributes hold configuration and environment") {
  const ScratchFolder folder;
  write_file(folder / "x.h5");
  const auto file = hdf5::File::open(folder / "x.h5");
  CHECK(file.integer_attribute("/", "schema_version") == schema_version);
  CHECK(file.string_attribute("/", "config.model") == "vae");
  CHECK(file.string_attribute("/", "config.channels") == "[32,64]");
  CHECK(file.number_attribute("/", "config.rate") == 0.001);
  CHECK(file.string_attribute("/", "config.data.name") == "mnist");
  CHECK(file.string_attribute("/", "config.data.labels") == "null");
  CHECK(std::get<std::uint64_t>(file.attribute("/", "config.seed")) == UINT64_MAX);
  CHECK(std::get<std::uint64_t>(file.attribute("/", "seed")) == UINT64_MAX);
  CHECK(file.string_attribute("/", "command_line") == "fsconv train --data \xef\xbf\xbd.gz");
  CHECK(file.string_attribute("/", "start_time") == "2025-03-01T14:06:00+01:00");
  CHECK(file.string_attribute("/", "version.hdf5") == hdf5::library_version());
  CHECK_THAT(file.string_attribute("/", "git_commit"), Matches("unknown|[0-9a-f]{40}"));
  CHECK_THAT(file.string_attribute("/", "git_dirty"), Matches("unknown|true|false"));
  for (const char* name : {"host", "cpu", "end_time", "kind"})
    CHECK_FALSE(file.string_attribute("/", name).empty());
  CHECK(file.integer_attribute("/", "threads") == 1);
  CHECK(read_configuration(file) == some_configuration);
}

TEST_CASE("run log: the time is ISO 8601 with its zone") {
  CHECK_THAT(now(),
             Matches("[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9][+-][0-9]{2}:[0-9]{2}"));
}

TEST_CASE("run log: every library names a version") {
  const nlohmann::json versions = library_versions();
  for (const auto& [library, version] : versions.items()) {
    INFO(library);
    CHECK_THAT(version.get<std::string>(), Matches(".*[0-9]+\\.[0-9]+.*"));
  }
}

TEST_CASE("run log: other files and other schemas are no run files") {
  const ScratchFolder folder;
  const auto reject = [&](const char* attribute, const hdf5::Value& value, const char* message) {
    CHECK_THAT(refusal(folder, attribute, value).what(), Contains(message) && Contains("x.h5"));
  };
  reject("schema_version", newest_schema + 1, "has schema_version 5");
  reject("schema_version", 0, "has schema_version 0");
  reject("schema_version", "one", "no integer");
  reject("schema_version", 3, "has lost its digest");
  reject("configuration", "{", "no JSON object");
  reject("configuration", "[1]", "no JSON object");
  const auto empty = hdf5::File::create(folder / "y.h5");
  CHECK_THROWS_WITH(read_configuration(empty), Contains("was not written by fsconv"));
}

TEST_CASE("run log: the configuration and its copies must agree, where there is no digest, too") {
  const ScratchFolder folder;
  const auto differs = [&](const char* attribute, const hdf5::Value& value, const char* message) {
    CHECK_THAT(refusal(folder, attribute, value).what(), Contains("x.h5: is damaged") && Contains(message));
  };
  differs("config.model", "vee", "model = \"vae\"");
  differs("config.channels", "[32,65]", "config.channels");
  differs("config.rate", 0.0010000000000000002, "config.rate");
  differs("config.rate", "0.001", "config.rate");
  differs("config.seed", UINT64_MAX - 1, "config.seed");
  differs("config.data.name", "mnisu", "config.data.name");
  differs("config.data.labels", "nul", "config.data.labels");
  auto other = some_configuration;
  other["rate"] = 0.002;
  differs("configuration", other.dump(), "rate = 0.002");
  other = some_configuration;
  other["latent"] = 3;  // which has no copy
  differs("configuration", other.dump(), "latent = 3");
  // JSON knows no such number, and no reader makes another one of it.
  CHECK_THAT(refusal(folder, "configuration", "{\"rate\": 1e400}").what(), Contains("no JSON object"));
}

TEST_CASE("run log: a sealed file that was changed is refused, and named") {
  const ScratchFolder folder;
  write_file(folder / "x.h5");
  CHECK(read_configuration(hdf5::File::open(folder / "x.h5")) == some_configuration);
  auto file = hdf5::File::modify(folder / "x.h5");
  file.set_attribute("/", "my.note", "seen");
  CHECK(read_configuration(file) == some_configuration);
  file.set_attribute("/", "host", "other");
  CHECK_THROWS_WITH(read_configuration(file), Contains("x.h5: its attribute host is not what fsconv wrote"));
}

TEST_CASE("run log: the kind of a file is what a command asks for") {
  const ScratchFolder folder;
  write_file(folder / "x.h5");
  const auto file = hdf5::File::open(folder / "x.h5");
  require_kind(file, "train", "train");
  CHECK_THROWS_WITH(require_kind(file, "evaluate", "evaluate"),
                    Contains("x.h5: is a file of fsconv train; give one that fsconv evaluate wrote"));
  const auto none = hdf5::File::create(folder / "y.h5");
  CHECK_THROWS_WITH(require_kind(none, "train", "train"), Contains("y.h5: is no file of fsconv"));
}
