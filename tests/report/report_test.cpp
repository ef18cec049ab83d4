// The page on recorded files: its JSON holds the numbers of the files, what is damaged is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/base64.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/bench/scale_bench.hpp>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/report/comparable.hpp>
#include <fsconv/report/origin.hpp>
#include <fsconv/report/report.hpp>
#include <fsconv/train/codes.hpp>
#include <fsconv/train/evaluation_file.hpp>
#include <fsconv/train/run_differences.hpp>
#include <fsconv/verify/report_reader.hpp>
#include <nlohmann/json.hpp>

#include "io/scratch.hpp"
#include "support/count.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using nlohmann::json;

namespace {

// Files that an earlier fsconv wrote.
std::string recorded(const std::string& name) { return FSCONV_SOURCE_DIR "/tests/vectors/schema_2/" + name; }

json json_in(const std::string& html) {
  const std::string begin = "<script type=\"application/json\" id=\"fsconv-report\">";
  const std::size_t from = html.find(begin) + begin.size();
  REQUIRE(from > begin.size());
  return json::parse(html.substr(from, html.find("</script>", from) - from));
}

std::vector<double> numbers(const hdf5::File& file, const std::string& name) {
  const Tensor<double> values = file.read<double>(name);
  return {values.begin(), values.end()};
}

bool shows(const std::string& html, const Picture& picture) {
  return html.find(base64(png_bytes(picture))) != std::string::npos;
}

}  // namespace

TEST_CASE("report: the curves in the page's JSON and its charts are those of the file") {
  const std::string path = recorded("vae.h5");
  const json page = json_in(report::report({path}).html);
  const json& run = page["files"].at(0);
  const hdf5::File file = hdf5::File::open(path);
  CHECK(run["kind"] == "train");
  CHECK(run["epoch"].get<std::vector<double>>() == numbers(file, "/epoch"));
  for (const auto& [name, series] : run["series"].items())
    CHECK(series["values"].get<std::vector<double>>() == numbers(file, "/" + name));
  CHECK(run["series"].contains("test_kl"));
  CHECK(page["charts"].at("chart2")["series"][0]["y"].size() == run["epoch"].size());
  bool found = false;
  for (const auto& [id, chart] : page["charts"].items())
    if (chart["title"] == "Test loss")
      found = chart["series"][0]["y"].get<std::vector<double>>() == numbers(file, "/test_loss");
  CHECK(found);
}

TEST_CASE("report: a mixture of kinds; each says its verdict") {
  const report::Report made =
      report::report({recorded("ae.h5"), recorded("vae.h5"), recorded("evaluate.h5"), recorded("verify.h5"),
                      recorded("bench.h5"), recorded("bench_matrix.h5"), recorded("bench_verify.h5"),
                      recorded("codes.h5"), recorded("decoded.h5"), recorded("reconstructed.h5")},
                     "A </title> of <mine>");
  const json page = json_in(made.html);
  CHECK(page["files"].size() == 10);
  CHECK(page["title"] == "A </title> of <mine>");
  CHECK(made.html.find("<mine>") == std::string::npos);
  CHECK(made.verdicts.size() >= 7);
  CHECK(page["verdicts"].size() == made.verdicts.size());
  // Balanced, as far as counting says.
  for (const char* tag : {"table", "figure", "details", "section", "h2", "svg", "div"})
    CHECK(count(made.html, std::string("<") + tag + ">") + count(made.html, std::string("<") + tag + " ") ==
          count(made.html, std::string("</") + tag + ">"));
  CHECK(count(made.html, "<h1>") == 1);
  CHECK(count(made.html, "http://") == count(made.html, "http://www.w3.org/"));
  CHECK(count(made.html, "https://") == 0);
}

TEST_CASE("report: pictures of codes and of images are those that their files hold") {
  const report::Report made = report::report({recorded("decoded.h5"), recorded("reconstructed.h5")});
  const json files = json_in(made.html)["files"];
  CHECK(files.at(0)["axes"]["code"] == json::array({0, 1, 2, 3, 4, 5}));
  CHECK(files.at(0)["shape"] == json::array({6, 1, 8, 8}));
  CHECK(files.at(1)["shape"] == json::array({6, 1, 8, 8}));
  CHECK(made.verdicts.at(0).sentence == "decoded: 6 codes, decoded.");
  CHECK(made.verdicts.at(1).sentence == "reconstructed: 6 images and what vae.h5 makes of them.");
  const hdf5::File decoded = hdf5::File::open(recorded("decoded.h5")),
                   pairs = hdf5::File::open(recorded("reconstructed.h5"));
  const auto zoomed = [](const std::vector<Tensor<float>>& rows, std::vector<std::string> labels) {
    return image_grid(rows, {.zoom = default_zoom(8, 8), .row_labels = std::move(labels)});
  };
  CHECK(shows(made.html, zoomed({decoded.read<float>("/images")}, {"0"})));
  CHECK(
      shows(made.html, zoomed({pairs.read<float>("/originals"), pairs.read<float>("/reconstructions")}, {})));
  CHECK_FALSE(shows(made.html, zoomed({pairs.read<float>("/originals")}, {"0"})));
}

TEST_CASE("report: a vae's page shows the draws of its prior that fsconv decode makes") {
  const std::string html = report::report({recorded("vae.h5")}).html;
  Runner<float> runner = make_runner(open_run(recorded("vae.h5"), Weights::best), 1);
  const auto drawn = [&](std::uint64_t seed) {
    const Tensor<float> images = decode(runner, prior_codes(runner.model(), 16, 1, seed));
    return image_grid(wrap_images(images, 8), default_zoom(8, 8));
  };
  CHECK(shows(html, drawn(0)));
  CHECK_FALSE(shows(html, drawn(1)));
  CHECK(html.find("--sample 16") != std::string::npos);
  CHECK(report::report({recorded("ae.h5")}).html.find("--sample 16") == std::string::npos);
}

TEST_CASE("report: verification and timings are counted as their files have them") {
  const json page = json_in(report::report({recorded("verify.h5"), recorded("bench.h5")}).html);
  const RecordedVerification verification = read_verification(recorded("verify.h5"));
  const json& verify = page["files"].at(0);
  CHECK(verify["checks"] == verification.checks.size());
  std::size_t sum = 0, skipped = 0;
  for (const json& row : verify["by_form"]) {
    skipped += row["skipped"].get<std::size_t>();
    sum += row["holds"].get<std::size_t>() + row["refuted"].get<std::size_t>() +
           row["failed"].get<std::size_t>() + row["skipped"].get<std::size_t>();
  }
  CHECK(verify["skipped"] == skipped);
  CHECK(sum == verification.checks.size());
  const hdf5::File bench = hdf5::File::open(recorded("bench.h5"));
  const std::vector<double> median = numbers(bench, "/items/median");
  const json& items = page["files"].at(1)["items"];
  REQUIRE(items.size() == median.size());
  for (std::size_t at = 0; at < median.size(); ++at)
    if (!items[at]["median"].is_null()) CHECK(items[at]["median"] == median[at]);
}

TEST_CASE("report: of proofs alone there are no claims by form, and none without a name") {
  const ScratchFolder folder;
  RecordedVerification proofs{
      .passed = true,
      .methods = {"numeric", "exact", "symbolic"},
      .proofs = {{"gather", "solving for o gives the taps", "proved", "z3", "", 0.1, 3, 3}}};
  proofs.forms = {"-"};
  auto file = hdf5::File::create(folder / "p.h5");
  write_environment(file, {.kind = "verify", .command_line = "fsconv verify", .start_time = now()});
  write_verification(file, proofs);
  commit_sealed(file);
  CHECK(read_verification(folder / "p.h5").claims.empty());
  const std::string page = report::report({folder / "p.h5"}).html;
  CHECK(page.find("1 statement about all sizes") != std::string::npos);
  CHECK(page.find("Claims by form and method") == std::string::npos);
  CHECK(page.find("<th scope=\"row\"></th>") == std::string::npos);
  CHECK(page.find("not tried") == std::string::npos);
}

TEST_CASE("report: predictions of several ranks, with what was measured beside them") {
  const testing::ScratchFolder folder;
  bench::ScaleReport scale{.link = {.latency = 2e-6, .bandwidth = 5e9}, .measured_between = 2, .tables = {}};
  const bench::Timing one{.calls = 1,
                          .seconds = {0.5},
                          .median = 0.5,
                          .least = 0.5,
                          .lower_quartile = 0.5,
                          .upper_quartile = 0.5};
  bench::ScaleTable table{.workload = "ae<28>",
                          .isa = "avx2",
                          .algorithm = "direct",
                          .block = one,
                          .addition = one,
                          .handling = one,
                          .update = one,
                          .costs = {},
                          .predictions = {}};
  for (const int ranks : {1, 2, 4})
    table.predictions.push_back(
        {.batch = 64,
         .step =
             {.ranks = ranks, .blocks = 2, .compute = 0.5 / ranks, .latency = 0.125, .without_overlap = 0.75},
         .efficiency = 0.625 / (ranks * (0.5 / ranks + 0.125))});
  table.predictions[1].measured = bench::StepTimings{.overlapping = {.seconds = {}, .median = 0.75},
                                                     .waiting = {.seconds = {}, .median = 0.8}};
  scale.tables = {table, table};
  scale.tables[1].precision = Precision::bf16;
  const std::string path = folder / "scale.h5";
  bench::write_report(path, scale, {.kind = "bench", .command_line = "fsconv bench", .start_time = now()});

  const report::Report made = report::report({path, recorded("bench.h5")});
  REQUIRE(made.verdicts.size() >= 2);
  CHECK(made.html.find(
            "6 steps of training predicted, for a link of 2 us and 5 GB/s, measured between 2 ranks. 2 "
            "steps were measured, too: 2 to 2 times as long as predicted.") != std::string::npos);
  CHECK(made.html.find("ae<28>") == std::string::npos);
  const json page = json_in(made.html);
  const auto found = std::find_if(page["files"].begin(), page["files"].end(),
                                  [](const json& file) { return file["what"] == "scale"; });
  REQUIRE(found != page["files"].end());
  REQUIRE((*found)["items"].size() == 6);
  CHECK((*found)["items"][1]["predicted"] == 0.375);
  CHECK((*found)["items"][1]["measured"] == 0.75);
  CHECK((*found)["items"][2]["measured"].is_null());
  CHECK((*found)["items"][3]["precision"] == "bf16");
  std::vector<json> charts;
  for (const auto& [id, chart] : page["charts"].items())
    if (chart["title"].get<std::string>().find("direct fp32") != std::string::npos) charts.push_back(chart);
  REQUIRE(charts.size() == 2);
  const json& efficiency = charts[0]["series"].size() == 1 ? charts[0] : charts[1];
  const json& seconds = charts[0]["series"].size() == 1 ? charts[1] : charts[0];
  CHECK(efficiency["series"][0]["x"] == json({1, 2, 4}));
  CHECK(efficiency["series"][0]["y"][0] == 1);
  REQUIRE(seconds["series"].size() == 3);
  CHECK(seconds["series"][1]["y"] == json({0.75, 0.75, 0.75}));
  CHECK(seconds["series"][2]["x"] == json({2}));
  CHECK(seconds["series"][2]["y"] == json({0.75}));
}

TEST_CASE("report: a failure names the command that repeats it") {
  RecordedVerification of{.configuration = {{"precision", "single"}, {"miss-bits", "64"}},
                          .seed = 7,
                          .cases = {"ic1oc1i6o3k3s2p1"},
                          .claims = {"transpose", "shape"},
                          .forms = {"gather", "-"},
                          .methods = {"exact"}};
  CHECK(
      of.command({.claim = 0, .form = 0}) ==
      "fsconv verify --case ic1oc1i6o3k3s2p1 --claim transpose --precision single --form gather --method exact --miss-bits 64 --seed 7");
  CHECK(of.command({.claim = 1, .form = 1}) ==
        "fsconv verify --case ic1oc1i6o3k3s2p1 --claim shape --method exact --miss-bits 64 --seed 7");
  of.configuration = {{"mutant", "no_flip"}};
  of.forms = {"no_flip"};
  CHECK(
      of.command({}) ==
      "fsconv verify --case ic1oc1i6o3k3s2p1 --claim transpose --mutant no_flip --method exact --miss-bits 128 --seed 7");
}

TEST_CASE("report: runs differ in the options in which fsconv log says that they do") {
  // The second is of an earlier schema and says less: what it does not say is what it meant.
  const std::vector<std::string> paths = {recorded("ae.h5"),
                                          FSCONV_SOURCE_DIR "/tests/vectors/run_schema_1.h5"};
  const std::string html = report::report(paths).html;
  const std::size_t from = html.find("<caption>Options that are not the same for all runs</caption>");
  REQUIRE(from != std::string::npos);
  const std::string head = html.substr(from, html.find("</tr>", from) - from);
  std::size_t options = 0;
  for (const RunDifference& one : differences(read_logged_runs(paths)))
    if (one.section == "configuration") {
      INFO(one.name);
      CHECK(head.find(">" + one.name + "</th>") != std::string::npos);
      ++options;
    }
  CHECK(options > 3);
  CHECK(count(head, "<th") == 1 + 1 + options);  // and <thead>, and the run
}

TEST_CASE("report: what is no result, damaged, or named twice is refused") {
  const ScratchFolder folder;
  CHECK_THROWS_AS(report::report({}), InvalidArgument);
  CHECK_THROWS_AS(report::report({recorded("ae.h5"), recorded("ae.h5")}), InvalidArgument);
  CHECK_THROWS_AS(report::report({folder / "none.h5"}), IoError);
  CHECK_THROWS_AS(report::report({recorded("matrix.h5")}), BadData);
  put_content(folder / "text.h5", "no HDF5");
  CHECK_THROWS_AS(report::report({folder / "text.h5"}), BadData);
  // Of every kind, cut off.
  for (const char* name :
       {"ae.h5", "evaluate.h5", "verify.h5", "bench.h5", "codes.h5", "decoded.h5", "reconstructed.h5"}) {
    const std::string content = content_of(recorded(name));
    put_content(folder / "cut.h5", content.substr(0, content.size() / 2));
    CHECK_THROWS_AS(report::report({folder / "cut.h5"}), BadData);
  }
  // A column that does not go with the others.
  std::filesystem::copy_file(recorded("verify.h5"), folder / "verify.h5");
  {
    hdf5::File file = hdf5::File::modify(folder / "verify.h5");
    file.set_attribute("/checks/verdict", "flag_meanings", std::string("holds"));
    file.commit();
  }
  CHECK_NOTHROW(read_verification(recorded("verify.h5")));
  CHECK_THROWS_AS(report::report({folder / "verify.h5"}), BadData);
}

TEST_CASE("report: results are compared with those they compare with, and the others named") {
  const ScratchFolder folder;
  // A file of schema 2, which has no digest, changed in one of its attributes.
  const auto changed = [&](const char* name, const char* to, const char* attribute,
                           const hdf5::Value& value) {
    std::filesystem::copy_file(recorded(name), folder / to);
    hdf5::File file = hdf5::File::modify(folder / to);
    file.set_attribute("/", attribute, value);
    file.commit();
    return folder / to;
  };
  const auto said = [](const report::Report& made) {
    std::string all;
    for (const report::Finding& one : made.verdicts) all += one.sentence + "\n";
    return all;
  };
  const auto groups = [](const report::Report& made) {
    std::vector<int> of;
    const json page = json_in(made.html);
    for (const json& file : page["files"]) of.push_back(file["group"]);
    return of;
  };
  std::filesystem::copy_file(recorded("ae.h5"), folder / "copy.h5");
  const std::string other = changed("ae.h5", "other.h5", "data_checksum", std::int64_t{1});
  const report::Report runs =
      report::report({recorded("ae.h5"), recorded("vae.h5"), folder / "copy.h5", other});
  CHECK(groups(runs) == std::vector<int>{1, 2, 1, 3});
  CHECK_THAT(said(runs), Catch::Contains("4 training runs in 3 groups") &&
                             Catch::Contains("images, pixels, likelihood and loss") &&
                             Catch::Contains("The 2 training runs of group 1 have the same test loss"));
  CHECK_THAT(runs.html, Catch::Contains("What compares with what") && Catch::Contains("checksum 00000001"));
  CHECK(groups(report::report({recorded("ae.h5"), folder / "copy.h5"})) == std::vector<int>{1, 1});
  const report::Report alone = report::report({recorded("ae.h5"), other});
  CHECK_THAT(said(alone),
             Catch::Contains("no two of which have losses that compare: they differ in images."));

  std::filesystem::copy_file(recorded("evaluate.h5"), folder / "again.h5");
  const std::string seed = changed("evaluate.h5", "seed.h5", "images_checksum", std::int64_t{1});
  const report::Report evaluations = report::report({seed, recorded("evaluate.h5"), folder / "again.h5"});
  CHECK(groups(evaluations) == std::vector<int>{1, 2, 2});
  CHECK_THAT(said(evaluations),
             Catch::Contains("3 evaluations in 2 groups") && Catch::Contains("differ in images") &&
                 Catch::Contains("The 2 evaluations of group 2 on the same 6 images have the same"));
  // In pairs, too: the second and the third, neither of which goes with the first.
  CHECK_THAT(evaluations.html, Catch::Contains("again minus evaluate") && !Catch::Contains("minus seed"));
}

TEST_CASE("report: a run that began elsewhere is no copy and no seed of one that drew its weights") {
  const ScratchFolder folder;
  std::filesystem::copy_file(recorded("ae.h5"), folder / "drawn.h5");
  const auto initialised = [&](const char* to, const char* source, std::uint64_t seed) {
    std::filesystem::copy_file(recorded("ae.h5"), folder / to);
    hdf5::File file = hdf5::File::modify(folder / to);
    file.set_attribute("/", "initial_weights", source);
    file.set_attribute("/", "initial_sha256", std::string(64, 'c'));
    json configuration = json::parse(file.string_attribute("/", "configuration"));
    configuration["seed"] = seed;
    file.set_attribute("/", "configuration", configuration.dump());
    file.set_attribute("/", "config.seed", static_cast<std::int64_t>(seed));
    file.set_attribute("/", "seed", seed);
    file.commit();
    return folder / to;
  };
  const std::uint64_t seed =
      json::parse(hdf5::File::open(recorded("ae.h5")).string_attribute("/", "configuration"))["seed"];
  const std::string tuned = initialised("tuned.h5", "old.npz", seed),
                    again = initialised("again.h5", "renamed.npz", seed + 1);
  const std::string two = report::report({folder / "drawn.h5", tuned}).html;
  CHECK_THAT(two, Catch::Contains(">init</th>") && Catch::Contains("old.npz (SHA-256 cccccccccccc...)") &&
                      !Catch::Contains("all of them have the same configuration"));
  CHECK_THAT(report::report({folder / "drawn.h5", again}).html, !Catch::Contains("Over seeds"));
  CHECK_THAT(report::report({tuned, again}).html, Catch::Contains("Over seeds"));
}

TEST_CASE("report: a smoothed run is not ranked by the losses of its training") {
  const ScratchFolder folder;
  const auto copy = [&](const char* name, const char* command_line) {
    std::filesystem::copy_file(recorded("ae.h5"), folder / name);
    hdf5::File file = hdf5::File::modify(folder / name);
    file.set_attribute("/", "command_line", command_line);
    file.commit();
    return folder / name;
  };
  const std::string one = copy("one.h5", "fsconv train"), other = copy("other.h5", "fsconv train"),
                    smooth = copy("smooth.h5", "fsconv smooth one.h5 --output smooth.h5");
  const auto said = [](const std::vector<std::string>& files) {
    std::string all;
    for (const report::Finding& finding : report::report(files).verdicts) all += finding.sentence + "\n";
    return all;
  };
  CHECK_THAT(said({one, other}), Catch::Contains("The 2 training runs have the same test loss"));
  CHECK_THAT(said({one, smooth}), Catch::Contains("one has a test loss of") &&
                                      Catch::Contains("smooth was written by fsconv smooth") &&
                                      !Catch::Contains("same test loss"));
  CHECK_THAT(said({one, other, smooth}), Catch::Contains("The 2 training runs have the same test loss"));
  CHECK_THAT(said({smooth}), Catch::Contains("its losses are those of the training before") &&
                                 !Catch::Contains("has a test loss"));
}

TEST_CASE("report: equal values share a place") {
  report::Standing standing;
  for (const auto& [label, value] :
       std::vector<std::pair<std::string, double>>{{"a", 2}, {"b", 1}, {"c", 3}, {"d", 1}})
    standing.add(label, value, std::to_string(value));
  CHECK(standing.who(standing.smallest(), "has", "have") == "b and d have");
  CHECK(standing.who(standing.largest(), "has", "have") == "c has");
  CHECK_FALSE(standing.are_equal());
  // Nobody is ahead by what is not shown.
  report::Standing close;
  close.add("a", 1.00000001, "1");
  close.add("b", 1, "1");
  CHECK(close.are_equal());
  CHECK(close.who(close.smallest(), "has", "have") == "a and b have");
}

TEST_CASE("report: evaluations pair by what was drawn, not by a seed or a word without effect") {
  EvaluationReport one = read_evaluation(recorded("evaluate.h5")), other = one;
  one.binarise = Binarise::dynamic;
  other.binarise = Binarise::fixed;  // of an evaluation the same pixels
  CHECK(can_be_paired(one, other));
  other.seed = one.seed + 1;
  CHECK_FALSE(can_be_paired(one, other));
  one.binarise = other.binarise = Binarise::none;
  one.model = ModelKind::vae;
  other.model = ModelKind::ae;
  CHECK(can_be_paired(one, other));
  other.model = ModelKind::vae;  // the codes of both are drawn
  CHECK_FALSE(can_be_paired(one, other));
  other.seed = one.seed;
  CHECK(can_be_paired(one, other));
  other.binarise = Binarise::fixed;
  CHECK_FALSE(can_be_paired(one, other));
}

TEST_CASE("report: a run that is not finished is told of all its epochs") {
  const ScratchFolder folder;
  std::filesystem::copy_file(recorded("ae.h5"), folder / "run.h5");
  auto file = hdf5::File::modify(folder / "run.h5");
  auto configuration = json::parse(file.string_attribute("/", "configuration"));
  configuration["epochs"] = 99;
  file.set_attribute("/", "configuration", configuration.dump());
  file.set_attribute("/", "config.epochs", std::int64_t{99});
  file.commit();
  const report::Report made = report::report({folder / "run.h5"});
  REQUIRE(made.verdicts.size() == 2);
  CHECK_THAT(made.verdicts[0].sentence, Catch::Contains(" of 99."));
  CHECK_THAT(made.verdicts[1].sentence, Catch::Contains("Not finished: run ("));
}

TEST_CASE("report: a file counts once, however it is named") {
  const ScratchFolder folder;
  std::filesystem::copy_file(recorded("ae.h5"), folder / "run.h5");
  std::filesystem::create_symlink(folder / "run.h5", folder / "link.h5");
  std::filesystem::create_hard_link(folder / "run.h5", folder / "hard.h5");
  for (const std::string& name : {folder / "./run.h5", folder / "link.h5", folder / "hard.h5"})
    CHECK_THROWS_WITH(report::report({folder / "run.h5", name}), Catch::Contains("the same file as"));
  CHECK_THROWS_WITH(report::report({folder / "run.h5", folder / "run.h5"}), Catch::Contains("twice"));
}

TEST_CASE("report: hostile names of files stay text, and files of one name are told apart") {
  const ScratchFolder folder;
  const std::string hostile = folder / "<script>alert(1)<!-- \x1b[31m\u202E.h5";
  std::filesystem::copy_file(recorded("ae.h5"), hostile);
  const std::string html = report::report({hostile}).html;
  CHECK(html.find("<script>alert") == std::string::npos);
  CHECK(html.find("<!-- ") == std::string::npos);
  CHECK(html.find('\x1b') == std::string::npos);
  CHECK(html.find("\u202E") == std::string::npos);
  CHECK(json_in(html)["files"][0]["path"] == hostile);
  CHECK(report::labels_of({"a/run.h5", "b/run.h5", "other.h5"}) ==
        std::vector<std::string>{"a/run", "b/run", "other"});
  CHECK(report::labels_of({"run.h5", "run.nc"}) == std::vector<std::string>{"run.h5", "run.nc"});
}
