// That a fuzz target tells findings from refusals.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <new>
#include <set>
#include <stdexcept>

#include "fuzz/target.hpp"

using namespace fsconv;

TEST_CASE("fuzz targets: fsconv's errors are refusals, everything else is a finding") {
  CHECK_NOTHROW(fuzz::run({"none", [](fuzz::Bytes) {}}, {}));
  CHECK_NOTHROW(fuzz::run({"refuses", [](fuzz::Bytes) { throw BadData("input", "is broken"); }}, {}));
  CHECK_NOTHROW(fuzz::run({"refuses", [](fuzz::Bytes) { throw InvalidArgument("input", "\x1b[2J"); }}, {}));
  CHECK_THROWS_AS(fuzz::run({"std", [](fuzz::Bytes) { throw std::out_of_range("at"); }}, {}),
                  std::out_of_range);
  CHECK_THROWS_AS(fuzz::run({"memory", [](fuzz::Bytes) { throw std::bad_alloc(); }}, {}), std::bad_alloc);
  CHECK_THROWS_AS(fuzz::run({"property", [](fuzz::Bytes) { fuzz::require(false, "holds"); }}, {}),
                  std::logic_error);
  CHECK_THROWS_AS(fuzz::run({"silent", [](fuzz::Bytes) { throw Error(ExitCode::runtime, ""); }}, {}),
                  std::logic_error);
}

TEST_CASE("fuzz targets: each has a name of its own, inputs to begin with, and is found") {
  std::set<std::string_view> names;
  for (const fuzz::Target& target : fuzz::targets()) {
    INFO(target.name);
    CHECK(names.insert(target.name).second);
    CHECK(fuzz::find_target(target.name) == &target);
    const auto folder = std::filesystem::path(FSCONV_SOURCE_DIR) / "tests/fuzz/corpus" / target.name;
    REQUIRE(std::filesystem::is_directory(folder));
    CHECK(!std::filesystem::is_empty(folder));
  }
  CHECK(names.size() > 20);
  CHECK(fuzz::find_target("none") == nullptr);
}
