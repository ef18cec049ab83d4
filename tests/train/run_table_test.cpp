// Runs as tables: what is chosen, CSV and JSON against the numbers of the files, differences, text in the width.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/train/follow_run.hpp>
#include <fsconv/train/run_differences.hpp>
#include <fsconv/train/run_table.hpp>
#include <limits>

#include "train/damaged.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

const std::string schema_1 = FSCONV_SOURCE_DIR "/tests/vectors/run_schema_1.h5";
using Epochs = RunSelection::Epochs;

std::vector<LoggedRun> recorded() {
  return read_logged_runs({schema_2 + "ae.h5", schema_2 + "vae.h5", schema_1});
}

// A run whose curves are these, without a file.
LoggedRun invented(const LoggedRun& like, std::vector<double> test_loss) {
  LoggedRun run = like;
  run.run.epochs.clear();
  for (std::size_t at = 0; at < test_loss.size(); ++at) run.run.epochs.push_back(static_cast<double>(at + 1));
  for (RecordedSeries& one : run.run.series) one.values.assign(test_loss.size(), 1);
  for (RecordedSeries& one : run.run.series)
    if (one.name == "test_loss") one.values = test_loss;
  return run;
}

std::size_t widest_line(const std::string& text) {
  std::size_t width = 0;
  for (const std::string& line : split(text, '\n')) width = std::max(width, visible_size(line));
  return width;
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("run table: runs of every schema, their series as the files hold them") {
  const auto runs = recorded();
  CHECK(runs[0].schema_version == 2);
  CHECK(runs[2].schema_version == 1);
  for (const LoggedRun& run : runs) {
    const hdf5::File file = hdf5::File::open(run.path);
    CHECK(run.run.trained.parameters.empty());
    CHECK(run.environment.at("isa") == file.string_attribute("/", "isa"));
    for (const RecordedSeries& one : run.run.series) {
      INFO(run.path << " " << one.name);
      const Tensor<double> values = file.read<double>("/" + one.name);
      CHECK(one.values == std::vector<double>(values.begin(), values.end()));
    }
  }
  CHECK(runs[0].run.find("skipped_steps"));
  CHECK_FALSE(runs[2].run.find("skipped_steps"));
  CHECK(runs[1].run.find("test_kl"));
}

TEST_CASE(
    "run table: the best epoch is the first of the smallest loss, of validation images where there are some") {
  const auto runs = recorded();
  CHECK(runs[1].best_by() == "validation_loss");
  CHECK(runs[0].best_by() == "test_loss");
  const LoggedRun run = invented(runs[0], {5, 2, 3, 2, 9});
  CHECK(run.best() == 1);
  CHECK(RunSelection{.epochs = Epochs::best}.places(run) == std::vector<std::size_t>{1});
  CHECK(RunSelection{.epochs = Epochs::last}.places(run) == std::vector<std::size_t>{4});
  CHECK(RunSelection{}.places(run) == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("run table: a run is finished by its epochs or by its patience") {
  LoggedRun run = invented(recorded()[0], {5, 2, 3});
  run.run.trained.config.epochs = 3;
  CHECK(run.run.is_finished());
  CHECK(run.progress() == "epoch 3 of 3");
  run.run.trained.config.epochs = 5;
  CHECK_FALSE(run.run.is_finished());
  CHECK(run.progress() == "epoch 3 of 5, not finished");
  // Patience is for validation images: without them there is no best epoch.
  run.run.trained.config.patience = 1;
  CHECK_FALSE(run.run.is_finished());
  run.run.series.push_back({"validation_loss", "1", "", {5, 2, 3}});
  CHECK(run.progress() == "epoch 3 of 5, ended by its patience");
  run.run.trained.config.patience = 2;
  CHECK_FALSE(run.run.is_finished());
  // None is lost while the weight of the KL still rises: up to epoch 3 here.
  run.run.trained.config.patience = 1;
  run.run.trained.config.beta_warmup = 2.5;
  CHECK_FALSE(run.run.is_finished());
  CHECK(run.progress() == "epoch 3 of 5, not finished");
  run.run.trained.config.beta_warmup = 1e19;  // more epochs than an integer counts
  CHECK_FALSE(run.run.is_finished());
  run.run.trained.config.beta_warmup = 2;
  CHECK(run.run.is_finished());
}

TEST_CASE("run table: losses compare by what makes them mean the same, and by no more") {
  const LoggedRun run = invented(recorded()[0], {5, 4});
  const auto text = [&](const LoggedRun& other) { return comparison_text({run, other}, {}, 200); };
  CHECK_FALSE(says(text(run), "compare"));
  // Other images are kept for validation, so that the checksum of all is another one.
  LoggedRun other = run;
  other.run.checksums.all = 5;
  CHECK(says(text(other), "do not compare: the runs differ in images."));
  other.run.trained.config.validation = 9;
  CHECK(says(text(other), "train_loss does not compare: the runs differ in training images."));
  CHECK_FALSE(says(comparison_text({run, other}, {.series = {"test_loss"}}, 200), "compare"));
  other.run.data_source = "elsewhere";
  CHECK(says(text(other), "differ in images."));
  // Where both say the checksum of the test images, that alone decides.
  LoggedRun exact = run;
  exact.run.checksums.test = 7;
  other.run.checksums.test = 7;
  CHECK_FALSE(says(comparison_text({exact, other}, {.series = {"test_loss"}}, 200), "compare"));
  other.run.data_source = run.run.data_source;
  other.run.checksums.test = 8;
  CHECK(says(comparison_text({exact, other}, {}, 200), "differ in images."));
  other = run;
  other.run.trained.config.binarise = Binarise::dynamic;
  CHECK(says(text(other), "differ in pixels."));
  other.run.trained.config.likelihood = Likelihood::gaussian;
  CHECK(says(text(other), "likelihood."));
  // A sum with the KL is no reconstruction alone.
  CHECK(says(text(recorded()[1]), " and loss."));
}

TEST_CASE(
    "run table: a training loss compares by its objective and its images, a validation loss by its images") {
  const LoggedRun ae = invented(recorded()[0], {5, 4}), vae = invented(recorded()[1], {5, 4});
  const auto text = [](const LoggedRun& run, const LoggedRun& other, std::vector<std::string> series = {}) {
    return comparison_text({run, other}, {.series = std::move(series)}, 200);
  };
  CHECK_FALSE(says(text(vae, vae), "compare"));
  using Change = void (*)(TrainConfig&);
  for (const Change change :
       {Change([](TrainConfig& of) { of.beta = 4; }), Change([](TrainConfig& of) { of.beta_warmup = 3; }),
        Change([](TrainConfig& of) { of.free_bits = 0.5; }),
        Change([](TrainConfig& of) { of.bound = Bound::iwae; })}) {
    LoggedRun other = vae;
    change(other.run.trained.config);
    CHECK(says(text(vae, other), "train_loss does not compare: the runs differ in objective."));
    CHECK_FALSE(says(text(vae, other, {"test_loss"}), "compare"));
    other = ae;  // of which none of these is part
    change(other.run.trained.config);
    CHECK_FALSE(says(text(ae, other), "compare"));
  }
  LoggedRun other = vae, iwae = vae;
  other.run.trained.config.draws = 5;  // the same mean of an ELBO
  CHECK_FALSE(says(text(vae, other), "compare"));
  iwae.run.trained.config.bound = other.run.trained.config.bound = Bound::iwae;
  CHECK(says(text(iwae, other), "differ in objective."));
  other = vae;
  other.run.trained.config.augment = Augment{.flip = true};
  CHECK(says(text(vae, other), "differ in augmentation."));
  LoggedRun one = vae;
  one.run.checksums = {.all = 1, .train = 2, .test = 3, .validation = 4};
  other = one;
  other.run.checksums.all = 9;
  CHECK_FALSE(says(text(one, other), "compare"));
  other.run.checksums.train = 9;
  CHECK(says(text(one, other), "train_loss does not compare: the runs differ in training images."));
  other = one;
  other.run.checksums.validation = 9;
  CHECK(says(text(one, other), "validation_loss does not compare: the runs differ in validation images."));
  CHECK_FALSE(says(text(one, other, {"train_loss"}), "compare"));
  other.run.checksums.validation.reset();  // it keeps none, and has no such series
  std::erase_if(other.run.series,
                [](const RecordedSeries& series) { return series.name == "validation_loss"; });
  CHECK_FALSE(says(text(one, other), "validation_loss does not"));
  other = one;
  other.run.checksums.train = 9;
  CHECK(
      says(text(one, other, {"train_kl"}), "train_kl does not compare: the runs differ in training images."));
  other.run.trained.config.beta = 4;  // no weight stands before the parts
  CHECK(says(text(one, other, {"train_reconstruction"}), "differ in training images."));
  // The same beside each other, epoch by epoch; of what is no loss nothing.
  const std::vector<LoggedRun> both = {one, other};
  CHECK(says(curves_text(both, {.series = {"train_loss"}}, 200), "train_loss does not compare"));
  CHECK_FALSE(says(curves_text(both, {.series = {"seconds"}}, 200), "compare"));
  other = one;
  other.run.checksums.validation = 9;
  const std::string three = comparison_text({one, one, other}, {}, 200);
  CHECK(says(three, "validation_loss does not compare between all that have it"));
}

TEST_CASE(
    "run table: CSV has every number, in the shortest form that comes back, and nothing where there is none") {
  auto runs = recorded();
  runs[0].label = "a,\"b\".h5";
  const RunSelection selection{.series = {"test_loss", "test_kl"}};
  const auto lines = split(csv_of(runs, selection), '\n');
  REQUIRE(lines.size() == 1 + 2 + 2 + 1 + 1);  // the last one is empty
  CHECK(lines[0] == "run,epoch,test_loss,test_kl");
  CHECK(lines.back().empty());
  CHECK(lines[1].starts_with("\"a,\"\"b\"\".h5\",1,"));
  CHECK(lines[1].ends_with(","));
  const auto cells = split(lines[4], ',');
  REQUIRE(cells.size() == 4);
  CHECK(cells[1] == "2");
  CHECK(std::stod(cells[2]) == runs[1].run.find("test_loss")->values[1]);
  CHECK(std::stod(cells[3]) == runs[1].run.find("test_kl")->values[1]);
  const auto head = split(csv_of(runs, {}), '\n')[0];
  for (const LoggedRun& run : runs)
    for (const RecordedSeries& one : run.run.series) CHECK(says(head + ",", "," + one.name + ","));
  CHECK(split(csv_of(runs, {.epochs = Epochs::best}), '\n').size() == 5);
}

TEST_CASE("run table: JSON has the numbers, null where they are not finite") {
  auto runs = recorded();
  runs[0] = invented(runs[0], {1.25, std::numeric_limits<double>::infinity(), 0.1});
  const auto json = json_of(runs, RunSelection{});
  REQUIRE(json.size() == 3);
  CHECK(json[0]["series"]["test_loss"]["values"] == nlohmann::json::parse("[1.25, null, 0.1]"));
  CHECK(json[0]["epoch"] == nlohmann::json::parse("[1, 2, 3]"));
  CHECK(json[0]["best"] == nlohmann::json::parse(R"({"epoch": 3, "by": "test_loss"})"));
  CHECK(json[1]["series"]["test_kl"]["units"] == "nats per image");
  CHECK(json[1]["configuration"]["model"] == "vae");
  CHECK(json[1]["model"]["shapes"]["conv1"] == nlohmann::json::parse("[2, 1, 4, 4]"));
  CHECK(json[2]["schema_version"] == 1);
  CHECK_FALSE(json[2]["series"].contains("test_kl"));
}

TEST_CASE("run table: what cannot be read or is named twice is refused") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(read_logged_runs({}), InvalidArgument);
  CHECK_THROWS_AS(read_logged_runs({schema_1, schema_2 + "../run_schema_1.h5"}), InvalidArgument);
  CHECK_THROWS_AS(read_logged_runs({folder.file("none.h5")}), IoError);
  for (const char* other : {"evaluate.h5", "codes.h5", "verify.h5", "bench.h5", "matrix.h5"})
    CHECK_THROWS_AS(read_logged_run(schema_2 + other), BadData);
  CHECK_THROWS_AS(shown_series(recorded(), {.series = {"test_los"}}), InvalidArgument);
  CHECK(shown_series(recorded(), {.series = {"test_kl", "beta"}}) ==
        std::vector<std::string>{"test_kl", "beta"});
}

TEST_CASE("run table: text fits its width and leaves out what it says it leaves out") {
  const auto runs = recorded();
  for (const std::size_t width : {60, 80, 200})
    for (const LoggedRun& run : runs) {
      const std::string text = run_text(run, {}, width);
      for (const std::string& line : split(text, '\n'))
        CHECK((visible_size(line) <= width || says(line, run.label)));  // a path stays whole
      for (const RecordedSeries& one : run.run.series) CHECK(says(text, one.name));
    }
  CHECK_FALSE(says(run_text(runs[1], {}, 300), "not shown"));
  CHECK(says(run_text(runs[1], {}, 60), "not shown"));
  const std::string chosen = run_text(runs[1], {.series = {"test_kl"}, .epochs = Epochs::last}, 80);
  CHECK(chosen.ends_with("    2  0.0650812\n"));
}

TEST_CASE("run table: a run that goes on is told in its columns, with a head where they change") {
  const LoggedRun first = invented(recorded()[0], {5}), second = invented(recorded()[0], {5, 4, 3});
  const std::string rows = further_rows(first, second, {}, 80);
  CHECK(split(rows, '\n').size() == 3);
  CHECK(run_text(second, {}, 80).ends_with(rows));
  LoggedRun changed = second;
  for (RecordedSeries& one : changed.run.series)
    if (one.name == "learning_rate") one.values.back() = 0.5;
  const std::string with_head = further_rows(first, changed, {}, 80);
  CHECK(with_head.starts_with("\nepoch"));
  CHECK(says(with_head, "learning_rate"));
  CHECK_FALSE(says(run_text(first, {}, 80), "  learning_rate  "));
}

TEST_CASE("follow run: another run in the file's place is said to be one, and has its own table") {
  const TemporaryFolder folder;
  const std::string path = folder.file("run.h5"), next = folder.file("next.h5");
  put_bytes(path, bytes_of(schema_2 + "ae.h5"));
  {  // schema 2 has no digest
    hdf5::File file = hdf5::File::modify(path);
    nlohmann::json configuration = read_configuration(file);
    configuration["epochs"] = 9;
    file.set_attribute("/", "configuration", configuration.dump());
    file.set_attribute("/", "config.epochs", std::int64_t{9});
    file.commit();
  }
  std::vector<std::string> shown;
  follow_run(path, {}, 80, [&](const std::string& text) {
    shown.push_back(text);
    if (shown.size() > 1) return;
    put_bytes(next, bytes_of(schema_2 + "vae.h5"));
    std::filesystem::rename(next, path);
  });
  REQUIRE(shown.size() == 2);
  CHECK(says(shown[0], "not finished"));
  CHECK(shown[1] == "\nThe file holds another run now.\n" + run_text(read_logged_run(path), {}, 80));
}

TEST_CASE("run table: a run that has not begun has no rows, and no best epoch") {
  const auto runs = recorded();
  const LoggedRun run = invented(runs[0], {});
  CHECK(RunSelection{.epochs = Epochs::last}.places(run).empty());
  CHECK(RunSelection{.epochs = Epochs::best}.places(run).empty());
  CHECK_FALSE(run.run.is_finished());
  CHECK(says(run_text(run, {}, 80), "not begun"));
  CHECK_FALSE(says(run_text(run, {}, 80), "epoch  "));
  CHECK(split(csv_of({run}, {.epochs = Epochs::best}), '\n').size() == 2);
  CHECK(json_of({run}, RunSelection{})[0]["best"].is_null());
  CHECK(says(comparison_text({run, runs[0]}, {}, 80), "  -           -"));
  CHECK(further_rows(run, invented(runs[0], {5}), {}, 80).starts_with("\nepoch"));
}

TEST_CASE("run table: several runs, their ends and whether these compare") {
  auto runs = recorded();
  std::string text = comparison_text(runs, {}, 80);
  CHECK(says(text, "   3  " + schema_1));
  CHECK(says(text, "do not compare"));
  CHECK_FALSE(says(text, "Not finished"));
  runs = {runs[0], invented(runs[0], {5, 2, 3})};
  runs[0].label = "a.h5";
  runs[1].label = "b.h5";
  runs[1].run.trained.config.epochs = 9;
  text = comparison_text(runs, {}, 80);
  CHECK_FALSE(says(text, "do not compare"));
  CHECK(says(text, "Not finished: b.h5 (3 of 9 epochs)"));
  CHECK(says(text, "After the best epoch:"));
  CHECK(says(text, "\n  b.h5      2           1          2  test_loss\n"));
  CHECK(widest_line(text) <= 80);
  const std::string curves = curves_text(runs, {.series = {"test_loss"}}, 80);
  CHECK(curves.starts_with("test_loss\n  epoch"));
  CHECK(curves.ends_with("      3        -     3\n"));
}

TEST_CASE("run differences: entries that are not the same, and no others") {
  const auto runs = recorded();
  CHECK(differences({runs[0], runs[0]}).empty());
  CHECK(says(differences_text({runs[0], runs[0]}, 80), "Nothing differs"));

  auto changed = runs[0];
  changed.run.trained.config.learning_rate = 0.25;
  changed.environment["cpu"] = "Z80";
  changed.environment["version.new"] = "1";
  changed.run.checksums.all = 5;
  const auto json = json_of(differences({runs[0], changed}));
  CHECK(json["configuration"] == nlohmann::json::parse(R"({"learning-rate": [0.001, 0.25]})"));
  CHECK(json["environment"].size() == 2);
  CHECK(json["environment"]["cpu"][1] == "Z80");
  CHECK(json["environment"]["version.new"][0].is_null());
  CHECK(json["data"].size() == 1);
  CHECK_FALSE(json.contains("model"));
  const std::string two = differences_text({runs[0], changed}, 80);
  CHECK(says(two, "\n- learning-rate = 0.001\n+ learning-rate = 0.25\n"));
  CHECK(says(two, "\n+ version.new = 1\n"));
  CHECK(
      says(differences_text({runs[0], changed, runs[0]}, 80), "\n  learning-rate = 0.001 (1,3), 0.25 (2)\n"));
  CHECK(says(short_differences_text({runs[0], changed}, 80), "3 other differences"));
}

TEST_CASE(
    "run differences: weights from elsewhere are told by what they are, not by the name of their file") {
  auto drawn = recorded()[0];
  drawn.run.command_line = "fsconv train";
  auto one = drawn, other = drawn;
  const std::string sum(64, 'a');
  one.run.initial = InitialWeights{"a.npz", sum};
  auto json = json_of(differences({drawn, one}));
  CHECK(json["configuration"]["init"][0].is_null());
  CHECK(says(json["configuration"]["init"][1].get<std::string>(), "a.npz (SHA-256 aaaaaaaaaaaa...)"));
  CHECK(says(differences_text({drawn, one}, 80), "+ init = a.npz (SHA-256"));
  CHECK_FALSE(says(short_differences_text({drawn, one}, 80), "The configurations are the same"));
  other.run.initial = InitialWeights{"moved.npz", sum};
  CHECK(differences({one, other}).empty());
  other.run.initial = InitialWeights{"a.npz", std::string(64, 'b')};
  CHECK(differences({one, other}).size() == 1);
  CHECK(says(run_text(one, {}, 80), "began with the weights of a.npz"));
  CHECK(json_of(std::vector<LoggedRun>{drawn, one}, {})[1]["initial_weights"]["sha256"] == sum);
  // A run that smooth wrote has the training's configuration, and other weights.
  auto smoothed = drawn;
  smoothed.run.command_line = smoothed.run.smoothing = "fsconv smooth a.h5 --output b.h5";
  json = json_of(differences({drawn, smoothed}));
  CHECK(json["configuration"]["smooth"] ==
        nlohmann::json::parse(R"([null, "fsconv smooth a.h5 --output b.h5"])"));
  CHECK(says(comparison_text({drawn, smoothed}, {}, 200), "its losses are those of the training before"));
  CHECK(says(run_text(smoothed, {}, 200), "the curves are those of the training before"));
  smoothed.run.command_line = "fsconv train --resume b.h5";  // which the weights are of from now on
  CHECK(differences({drawn, smoothed}).size() == 1);
  CHECK(says(run_text(smoothed, {}, 200), "went on from weights that fsconv smooth had changed"));
  CHECK_FALSE(says(comparison_text({drawn, smoothed}, {}, 200), "of the training before"));
}

TEST_CASE("run differences: of checksums those that all files record, and the part that is another one") {
  auto one = recorded()[0], other = one;
  other.run.checksums.test = 3;
  CHECK(differences({one, other}).empty());
  one.run.checksums.test = 2;
  CHECK(differences({one, other}).empty());
  one.run.checksums.train = other.run.checksums.train = 1;
  other.run.checksums.validation = 4;  // of images that the first one does not keep
  const auto json = json_of(differences({one, other}));
  CHECK(json["data"] ==
        nlohmann::json::parse(R"({"test_checksum": [2, 3], "validation_checksum": [null, 4]})"));
}

TEST_CASE("run differences: models differ in parameters, or else in their structure") {
  auto one = recorded()[0], other = one;
  other.run.trained.model.parameters[0].shape[0] = 7;
  auto list = differences({one, other});
  REQUIRE(list.size() >= 1);
  CHECK(list[0].section == "model");
  CHECK(std::any_of(list.begin(), list.end(),
                    [](const auto& entry) { return entry.name == "shape of conv1"; }));
  other = one;
  other.run.trained.model.over_draws = OverDraws::log_mean_exp;
  list = differences({one, other});
  REQUIRE(list.size() == 1);
  CHECK(list[0].name == "over_draws");
}

TEST_CASE("run differences: an old file without an option means its default") {
  const auto runs = recorded();
  const auto json = json_of(differences({runs[0], runs[2]}));
  CHECK_FALSE(json["configuration"].contains("weight-decay"));
  CHECK(json["configuration"]["likelihood"] == nlohmann::json::parse(R"(["bce-grey", "mse"])"));
}
