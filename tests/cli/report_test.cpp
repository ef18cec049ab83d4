// fsconv report as a user runs it: several files, what it says on the screen, what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/io/hdf5/file.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;

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

TEST_CASE("cli report: what failed is read first, with the command that shows it again, which fails") {
  const ScratchFolder folder;
  REQUIRE(run_fsconv(words("verify --mutant shifted --method exact,numeric --geometries 3 --output bad.h5"),
                     folder.path())
              .exit_code == 3);
  const Finished finished = run_fsconv(words("report bad.h5 -o page.html --json"), folder.path());
  REQUIRE(finished.exit_code == 0);
  const auto said = nlohmann::json::parse(finished.out);
  CHECK(said["verdicts"][0]["good"] == false);
  CHECK(said["verdicts"][0]["sentence"].get<std::string>().find("bad FAILS") == 0);
  const std::string page = content_of(folder / "page.html");
  const std::size_t command = page.find("fsconv verify --case ");
  REQUIRE(command != std::string::npos);
  CHECK(command < page.find("Claims by form and method"));
  const std::string again = page.substr(command + 7, page.find('<', command) - command - 7);
  INFO(again);
  CHECK(run_fsconv(words(again), folder.path()).exit_code == 3);
}

TEST_CASE("cli report: an error of rounding is one of reals that were drawn, and no error is 0") {
  const ScratchFolder folder;
  const auto numbers_of = [&](const std::string& verify, const std::string& claim) {
    run_fsconv(words("verify --case i6o3k3s2p1 --output v.h5 " + verify), folder.path());
    REQUIRE(run_fsconv(words("report v.h5 -o page.html"), folder.path()).exit_code == 0);
    const std::string page = content_of(folder / "page.html");
    const std::size_t row = page.find("<th scope=\"row\">" + claim + "</th>");
    REQUIRE(row != std::string::npos);
    return page.substr(row, page.find("</tr>", row) - row);
  };
  const std::string none = "<td class=\"number\">–</td>",
                    zero = "<td class=\"number\">0</td>\n<td class=\"number\">–</td>\n<td class=\"long\">";
  // Integers that are computed exactly, reals without a rounding, a claim that counts, one that fails.
  CHECK(numbers_of("--claim transpose --method exact", "transpose").find(none) != std::string::npos);
  CHECK(numbers_of("--claim rational --method numeric", "rational").find(zero) != std::string::npos);
  CHECK(numbers_of("--claim resize --method numeric", "resize").find(none) != std::string::npos);
  CHECK(numbers_of("--claim transpose --method exact --mutant no_flip", "transpose").find(none) !=
        std::string::npos);
}

TEST_CASE("cli report: runs that differ in their seed alone have a mean, where their images are the same") {
  const ScratchFolder folder;
  const std::string pictures = FSCONV_SOURCE_DIR "/data/samples/pictures";
  REQUIRE(run_fsconv({"data", "prepare", pictures, "--size", "8", "--channels", "grey", "-o", "d.h5"},
                     folder.path())
              .exit_code == 0);
  const std::string small = " --channels 2 --latent 2 --epochs 1 --output ";
  for (const char* seed : {"1", "2"}) {
    REQUIRE(
        run_fsconv(words("train --data d.h5 --seed " + (seed + small) + "same" + seed + ".h5"), folder.path())
            .exit_code == 0);
    REQUIRE(run_fsconv(words("train --data generated:8x8x1 --train-images 16 --test-images 8 --seed " +
                             (seed + small) + "drawn" + seed + ".h5"),
                       folder.path())
                .exit_code == 0);
  }
  const auto page_of = [&](const std::string& files) {
    REQUIRE(run_fsconv(words("report " + files + " -o page.html"), folder.path()).exit_code == 0);
    return content_of(folder / "page.html");
  };
  CHECK(page_of("same1.h5 same2.h5").find("Over seeds") != std::string::npos);
  CHECK(page_of("same1.h5 drawn1.h5").find("Over seeds") == std::string::npos);
  CHECK(page_of("drawn1.h5 drawn2.h5").find("Over seeds") ==
        std::string::npos);  // each has images of its own
}

TEST_CASE("cli report: seeds that draw their own test pixels say so, and a run that was stopped is no seed") {
  const ScratchFolder folder;
  const std::string pictures = FSCONV_SOURCE_DIR "/data/samples/pictures";
  const auto run = [&](const std::string& line) {
    const Finished finished = run_fsconv(words(line), folder.path());
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return finished;
  };
  run("data prepare " + pictures + " --size 8 --channels grey -o d.h5");
  const std::string small = "train --data d.h5 --channels 2 --latent 2 --epochs 2 ";
  for (const std::string seed : {"1", "2"}) {
    run(small + "--model vae --seed " + seed + " --output drawn" + seed + ".h5");
    run(small + "--likelihood mse --seed " + seed + " --output grey" + seed + ".h5");
  }
  const auto page_of = [&](const std::string& files) {
    run("report " + files + " -o page.html");
    return content_of(folder / "page.html");
  };
  const char* sentence = "Each seed draws the binarised pixels";
  CHECK_THAT(page_of("drawn1.h5 drawn2.h5"), Contains(sentence));
  CHECK_THAT(run("log drawn1.h5 drawn2.h5").out, Contains("Each seed draws the"));
  CHECK_THAT(page_of("grey1.h5 grey2.h5"), !Contains(sentence) && Contains("Over seeds"));
  CHECK_THAT(run("log grey1.h5 grey2.h5").out, !Contains("Each seed draws the"));
  CHECK_THAT(page_of("drawn1.h5"), !Contains(sentence));

  // Four epochs were wanted of one, two are there.
  std::filesystem::copy_file(folder / "grey2.h5", folder / "stopped.h5");
  hdf5::File file = hdf5::File::modify(folder / "stopped.h5");
  nlohmann::json configuration = nlohmann::json::parse(file.string_attribute("/", "configuration"));
  configuration["epochs"] = 4;
  file.set_attribute("/", "configuration", configuration.dump());
  file.set_attribute("/", "config.epochs", std::int64_t{4});
  file.set_attribute("/", "digest", "unchecked");
  file.commit();
  CHECK_THAT(page_of("grey1.h5 stopped.h5"), !Contains("Over seeds") && Contains("Not finished: stopped"));
}

TEST_CASE("cli report: where nothing was timed in several ways, a chart compares the operations") {
  const ScratchFolder folder;
  for (const char* line : {"bench --what matrix --case ic1oc1i4o2k2s2 --rounds 1 --time 5 -o bench.h5",
                           "report bench.h5 -o page.html"})
    REQUIRE(run_fsconv(words(line), folder.path()).exit_code == 0);
  const std::string page = content_of(folder / "page.html");
  const std::string begin = "id=\"fsconv-report\">";
  const std::size_t from = page.find(begin) + begin.size();
  const auto charts =
      nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from)).at("charts");
  REQUIRE(charts.size() == 1);
  const std::string chart = charts.begin()->dump();
  for (const char* operation : {"write floor", "build", "read floor", "conv", "conv_transpose"})
    CHECK(chart.find(operation) != std::string::npos);
  // Floors and building have no rate of multiplications: all have times.
  CHECK(page.find("seconds of a call") != std::string::npos);
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
