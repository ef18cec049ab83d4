// fsconv report as a user runs it: several files, what it says on the screen, what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv::testing;

namespace {

void make_files(const ScratchFolder& folder) {
  for (
      const char* line :
      {"train --data generated --train-images 16 --test-images 16 --channels 2 --latent 2 --epochs 1 --output a.h5",
       "train --data generated --train-images 16 --test-images 16 --channels 2 --latent 2 --epochs 2 --output b.h5",
       "verify --case i4o2k3 --claim transpose --output v.h5"})
    REQUIRE(run_fsconv(words(line), folder.path()).exit_code == 0);
}

}  // namespace

TEST_CASE("cli report: runs and a verification on one page, told in sentences") {
  const ScratchFolder folder;
  make_files(folder);
  const Finished finished = run_fsconv(words("report a.h5 b.h5 v.h5 -o page.html"), folder.path());
  INFO(finished.out << finished.err);
  CHECK(finished.exit_code == 0);
  CHECK_FALSE(finished.out.empty());
  const std::string page = content_of(folder / "page.html");
  for (const char* word : {"<!DOCTYPE html>", "a.h5", "b.h5", "v.h5", "application/json", "<svg"})
    CHECK(page.find(word) != std::string::npos);
  for (const char* fetched : {"src=\"http", "href=\"http", "@import", "url(http"})
    CHECK(page.find(fetched) == std::string::npos);
  const auto json =
      nlohmann::json::parse(run_fsconv(words("report a.h5 -o one.html --json"), folder.path()).out);
  CHECK(json["output"] == "one.html");
}

TEST_CASE("cli report: what it cannot make a page of is refused, and leaves no page") {
  const ScratchFolder folder;
  make_files(folder);
  std::ofstream(folder / "text.h5") << "no HDF5";
  const std::size_t before = folder.files();
  for (const auto& [line, code] : {std::pair{"report", 2},
                                   {"report a.h5", 2},
                                   {"report -o page.html", 2},
                                   {"report a.h5 -o page.pdf", 2},
                                   {"report a.h5 a.h5 -o page.html", 2},
                                   {"report none.h5 -o page.html", 5},
                                   {"report a.h5 text.h5 -o page.html", 4},
                                   {"report a.h5 -o none/page.html", 5}}) {
    const Finished finished = run_fsconv(words(line), folder.path());
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == code);
    CHECK(finished.out.empty());
    CHECK(finished.error_lines() >= 1);
    CHECK(finished.error_lines() <= 2);
    CHECK(folder.files() == before);
  }
}
