// Columns of a table: what is read, and which tables contradict themselves.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/table_columns.hpp>
#include <functional>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

namespace {

void write_table(const std::string& path) {
  auto file = hdf5::File::create(path);
  file.create_group("/rows");
  file.write("/rows/row", std::vector<std::int64_t>{0, 1, 2}, {.dimensions = {"row"}});
  file.write("/rows/value", std::vector<double>{0.5, 1.5, 2.5});
  file.write("/rows/code", std::vector<std::uint8_t>{1, 0, 1});
  file.write_strings("/rows/name", {"a", "b", "c"});
  file.write("/rows/short", std::vector<double>{1, 2});
  file.write_strings("/rows/names", {"a", "b"});
  seal(file);
  file.commit();
}

}  // namespace

TEST_CASE("table columns: numbers, texts and places in a list") {
  const ScratchFolder folder;
  write_table(folder / "x.h5");
  const auto file = hdf5::File::open(folder / "x.h5");
  SealedReader sealed(file);
  TableColumns columns(file, sealed, "/rows", "row");
  CHECK(columns.rows() == 3);
  CHECK(columns.has("value"));
  CHECK_FALSE(columns.has("other"));
  CHECK(columns.texts("name") == std::vector<std::string>{"a", "b", "c"});
  CHECK(columns.numbers<double>("value")[2] == 2.5);
  CHECK(columns.places<std::uint8_t>("code", 2)[0] == 1);
  columns.require_numbered();
}

TEST_CASE("table columns: what contradicts itself or was changed is refused by its name") {
  const ScratchFolder folder;
  write_table(folder / "x.h5");
  {
    const auto file = hdf5::File::open(folder / "x.h5");
    SealedReader sealed(file);
    TableColumns columns(file, sealed, "/rows", "row");
    CHECK_THROWS_WITH(columns.numbers<double>("short"), Contains("/rows/short: has not 3 rows"));
    CHECK_THROWS_WITH(columns.texts("names"), Contains("/rows/names: has not 3 rows"));
    CHECK_THROWS_WITH(columns.places<std::uint8_t>("code", 1), Contains("/rows/code: holds 1, of 1 entries"));
    CHECK_THROWS_AS(columns.texts("other"), BadData);
    CHECK_THROWS_AS(columns.texts("value"), BadData);
    CHECK_THROWS_WITH(TableColumns(file, sealed, "/rows", "code").require_numbered(),
                      Contains("/rows/code: holds 1 at 0; it counts the rows from 0"));
    CHECK_THROWS_AS(TableColumns(file, sealed, "/rows", "value").require_numbered(), BadData);
  }
  auto changed = hdf5::File::modify(folder / "x.h5");
  changed.remove("/rows/name");
  changed.write_strings("/rows/name", {"a", "b", "d"});
  changed.commit();
  const auto file = hdf5::File::open(folder / "x.h5");
  SealedReader sealed(file);
  CHECK_THROWS_WITH(TableColumns(file, sealed, "/rows", "row").texts("name"),
                    Contains("/rows/name: is not what"));
}
