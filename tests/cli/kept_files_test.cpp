// Every command that writes leaves what it reads, and results of another kind, as they are: under any name, also a link.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/picture.hpp>
#include <map>

#include "cli/trained_runs.hpp"

using namespace fsconv;
using namespace fsconv::testing;
namespace fs = std::filesystem;

namespace {

constexpr auto check = "verify --case i4o2k3 --method exact --claim transpose --form gather,scatter ";

// What commands read, each under names that other commands write: hard links and symbolic ones.
struct Inputs : TrainedFolder {
  Inputs() {
    train("run.h5", "--latent 2");
    for (const char* name : {"own.html", "own.npy", "own.svg"}) fs::copy(*this / "run.h5", *this / name);
    link("run.h5", {"run.html", "run.svg", "run.npy", "run.npz"});
    fs::create_directories(*this / "events/run");
    fs::create_symlink("../../run.h5", *this / "events/run/events.out.tfevents.fsconv");

    write_array(*this / "x.npy", Tensor<double>({1, 1, 4}, {1, 2, 3, 4}), "f8");
    write_array(*this / "w.npy", Tensor<double>({1, 1, 3}, {1, 2, 3}), "f8");
    write_array(*this / "arrays.h5:/x", Tensor<double>({1, 1, 4}, {1, 2, 3, 4}), "f8");
    write_array(*this / "line.npy", Tensor<double>({3}, {1, 2, 3}), "f8");
    link("x.npy", {"linked.npy"});
    link("w.npy", {"W.npz", "W.png", "W.npy"});
    link("line.npy", {"line.svg"});
    link("arrays.h5", {"linked.h5"});

    for (const char* shard : {"1", "2"})
      run(check + std::string("--shard ") + shard + "/2 --output part-" + shard + ".h5");
    run(check + std::string("--output checks.h5"));
    link("part-1.h5", {"part.h5"});

    put_content(*this / "options.cfg", "# none\n");
    link("options.cfg",
         {"options.html", "options.svg", "options.npy", "options.npz", "options.h5", "options.png"});
    for (const char* name : {"a/0.png", "a/1.png", "b/0.png", "b/1.png"}) {
      const fs::path path = *this / ("pictures/" + std::string(name));
      fs::create_directories(path.parent_path());
      write_png(path.string(), {28, 28, 1, std::vector<std::uint8_t>(28 * 28, 7)});
    }
    fs::create_symlink("pictures/b/0.png", *this / "picture.png");
    run("data prepare pictures -o prepared.h5");
    run("train --data pictures --test-images 1 --channels 2,2 --latent 2 --epochs 1 --output seen.h5");
  }

  void link(const std::string& file, const std::vector<std::string>& names) const {
    bool hard = false;
    for (const std::string& name : names) {
      if (hard)
        fs::create_hard_link(*this / file, *this / name);
      else
        fs::create_symlink(file, *this / name);
      hard = !hard;
    }
  }
};

// Every file below the folder, by its path.
std::map<std::string, std::string> contents_of(const ScratchFolder& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    if (entry.is_regular_file()) all[entry.path().string()] = content_of(entry.path().string());
  return all;
}

const Inputs& inputs() {
  static const Inputs folder;
  return folder;
}

// Whether each is refused as usage and says this, and no file has changed.
void check_kept(const std::vector<BadLine>& lines) {
  const auto before = contents_of(inputs());
  CHECK(first_unrefused(inputs(), lines) == "");
  CHECK((contents_of(inputs()) == before));
}

}  // namespace

TEST_CASE("cli kept files: what is read, and results of another kind, are not written over", "[slow]") {
  const char* const read = "is what is read; choose another name";
  SECTION("no command writes over what it reads") {
    check_kept(
        {{"report run.h5 -o run.html", 2, {"output: run.html", read}},
         {"report own.html -o own.html", 2, {"output: own.html", read}},
         {"report checks.h5 --files run.h5 -o run.html", 2, {read}},
         {"draw run.h5 -o run.svg", 2, {"output: run.svg", read}},
         {"draw ./own.svg -o own.svg", 2, {read}},
         {"draw ic1oc1i4o2k3 --text numbers --weight line.npy -o line.svg", 2, {read}},
         {"draw ic1oc1i4o2k3 --text numbers --input line.npy -o line.svg", 2, {read}},
         {"apply --op conv --input x.npy --weight w.npy -o x.npy", 2, {"output: x.npy", read}},
         {"apply --op conv --input x.npy --weight w.npy -o linked.npy", 2, {read}},
         {"apply --op conv --input x.npy --weight w.npy -o ./w.npy", 2, {read}},
         {"apply --op conv --input x.npy --weight w.npy --bias line.npy -o line.npy", 2, {read}},
         {"apply --op weight_gradient --input x.npy --output-gradient w.npy -o W.npy", 2, {read}},
         {"apply --op conv --input arrays.h5:/x --weight w.npy -o linked.h5:x", 2, {"linked.h5:x", read}},
         {"matrix --input-size 4 --kernel 3 --weight w.npy -o W.npz", 2, {"output: W.npz", read}},
         {"matrix --input-size 4 --kernel 3 --weight w.npy --picture W.png", 2, {"picture: W.png", read}},
         {"matrix --input-size 4 --kernel 3 --weight w.npy --spectrum --null-space W.npy",
          2,
          {"null-space: W.npy", read}},
         {"merge part-1.h5 part-2.h5 -o part-2.h5", 2, {read}},
         {"merge part-1.h5 part-2.h5 -o part.h5", 2, {"output: part.h5", read}},
         {"log run.h5 --tensorboard events", 2, {"tensorboard: events/run/", read}},
         {"encode run.h5 -o run.npy", 2, {"output: run.npy", read}},
         {"evaluate run.h5 -o run.h5 --force", 2, {read}},
         {"smooth run.h5 -o run.h5 --force", 2, {read}},
         {"export run.h5 --to run.npz", 2, {"to: run.npz", read}},
         {"export run.h5 --to a.npz,run.npz --force", 2, {"to: run.npz", read}},
         {"data prepare pictures -o prepared.h5 --config prepared.h5 --force", 2, {read}}});
  }

  SECTION("no picture of a folder that is read is replaced by one that is made") {
    check_kept({{"train --data pictures -o pictures/a/0.h5 --force",
                 2,
                 {"output: has its picture in pictures/a/0.png, which is what is trained on"}},
                {"train --data pictures -o picture.h5 --force", 2, {"has its picture in picture.png"}},
                {"train --data generated --test-data pictures -o pictures/b/1.h5",
                 2,
                 {"has its picture in pictures/b/1.png, which is what is tested with"}},
                {"train --data prepared.h5 -o prepared.h5 --force", 2, {"is what is trained on"}},
                {"reconstruct seen.h5 -o picture.png", 2, {"output: picture.png", read}},
                {"reconstruct run.h5 --data pictures -o pictures/a/1.png", 2, {read}},
                {"decode seen.h5 --interpolate 0,0 --steps 2 -o pictures/b/0.png", 2, {read}}});
  }

  SECTION("the file of --config is read, too") {
    check_kept(
        {{"report run.h5 --config options.cfg -o options.html", 2, {"output: options.html", read}},
         {"draw run.h5 --config options.cfg -o options.svg", 2, {read}},
         {"apply --op conv --input x.npy --weight w.npy --config options.cfg -o options.npy", 2, {read}},
         {"matrix --input-size 4 --kernel 3 --config options.cfg -o options.npz", 2, {read}},
         {"matrix --input-size 4 --kernel 3 --config options.cfg --picture options.png",
          2,
          {"picture: ", read}},
         {"export run.h5 --config options.cfg --to a.npz,options.npz", 2, {"to: options.npz", read}},
         {"evaluate run.h5 --config options.cfg -o options.h5 --force", 2, {read}},
         {"train --config options.cfg -o options.h5 --force", 2, {read}},
         {"train --config options.png -o options.h5 --force", 2, {read}},
         {"train --config run.h5 -o run.h5 --force", 2, {read}},
         {"bench --what matrix --config options.cfg -o options.h5", 2, {read}},
         {"verify --config checks.h5 -o checks.h5", 2, {"output: checks.h5", read}}});
  }

  SECTION("results of another kind are refused before any work") {
    const char *const run = "is there already, of fsconv train; choose another name, or delete it",
                      *const part = "is part of a file of fsconv train; write it under another name";
    check_kept({{"verify -o run.h5", 2, {"output: run.h5", run}},
                {"verify -o prepared.h5", 2, {"of fsconv data"}},
                {"bench -o checks.h5", 2, {"of fsconv verify"}},
                {"bench --what scale --latency 1 --bandwidth 1 -o run.h5", 2, {run}},
                {"merge part-1.h5 part-2.h5 -o run.h5", 2, {run}},
                {"encode run.h5 -o checks.h5", 2, {"of fsconv verify"}},
                {"encode run.h5 -o own.npy", 2, {run}},
                {"report checks.h5 -o own.html", 2, {run}},
                {"draw ic1oc1i4o2k3 -o own.svg", 2, {run}},
                {"apply --op conv --input x.npy --weight w.npy -o own.npy", 2, {run}},
                {"apply --op conv --input x.npy --weight w.npy -o run.h5:/weights/conv1",
                 2,
                 {"run.h5:/weights/conv1", part}},
                {"matrix --input-size 4 --kernel 3 -o run.h5:/weights", 2, {"run.h5:/weights", part}},
                {"matrix --input-size 4 --kernel 3 --spectrum --null-space run.h5:/epoch",
                 2,
                 {"null-space: ", part}}});
  }
}

TEST_CASE("cli kept files: a file of results is repeated somewhere else, and allows nothing again") {
  const TrainedFolder folder;
  folder.train("run.h5", "");
  folder.run("evaluate run.h5 -o seen.h5 --force");
  folder.run(check + std::string("-o checks.h5"));
  const auto before = contents_of(folder);
  folder.run("evaluate --config seen.h5 --split train");
  folder.run("verify --config checks.h5");
  CHECK(run_fsconv(words("evaluate --config seen.h5 -o checks.h5"), folder.path()).exit_code == 2);
  CHECK((contents_of(folder) == before));
}

TEST_CASE("cli kept files: results of one's own kind are replaced, and other places of a file are free") {
  const TrainedFolder folder;
  for (const char* time : {"first", "second"}) {
    INFO(time);
    folder.run(check + std::string("-o checks.h5"));
  }
  write_array(folder / "a.h5:/x", Tensor<double>({1, 1, 4}, {1, 2, 3, 4}), "f8");
  write_array(folder / "w.npy", Tensor<double>({1, 1, 3}, {1, 2, 3}), "f8");
  const std::string apply = "apply --op conv --input a.h5:/x --weight w.npy -o ";
  folder.run(apply + "a.h5:/y");
  folder.run(apply + "a.h5:/y");
  CHECK(folder.read<double>("a.h5", "/x") == Tensor<double>({1, 1, 4}, {1, 2, 3, 4}));
  CHECK(folder.read<double>("a.h5", "/y") == Tensor<double>({1, 1, 2}, {14, 20}));

  // A file of results takes more beside what it holds, once under each name.
  folder.run(apply + "checks.h5:/mine/y");
  CHECK(run_fsconv(words(apply + "checks.h5:/mine/y"), folder.path()).exit_code == 2);
  folder.run("matrix --input-size 4 --kernel 3 -o checks.h5");
  folder.run("report checks.h5 -o page.html");
}

TEST_CASE(
    "cli kept files: of two outputs neither takes the other away, and no part of a matrix is replaced") {
  const TrainedFolder folder;
  const auto refused = [&](const std::string& line, const char* says) {
    const Finished finished = run_fsconv(words(line), folder.path());
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.err.find(says) != std::string::npos);
  };
  const std::string matrix = "matrix --input-size 4 --kernel 3 --spectrum ";
  for (const char* place : {"q.h5:/matrix", "q.h5:/matrix/data", "./q.h5:/matrix/new"})
    refused(matrix + "-o q.h5 --null-space " + place, "are one place");
  CHECK_FALSE(fs::exists(folder / "q.h5"));
  folder.run(matrix + "-o q.h5 --null-space q.h5:/null");
  const std::string bytes = folder.bytes("q.h5");
  refused(matrix + "--null-space q.h5:/matrix/data", "is part of a matrix");
  refused(matrix + "--null-space q.h5:/matrix", "is a group");
  refused(matrix + "-o q.h5:/null", "is no sparse matrix");
  write_array(folder / "x.npy", Tensor<double>({1, 1, 4}, {1, 2, 3, 4}), "f8");
  write_array(folder / "w.npy", Tensor<double>({1, 1, 3}, {1, 2, 3}), "f8");
  refused("apply --op conv --input x.npy --weight w.npy --output q.h5:/matrix/data", "is part of a matrix");
  CHECK(folder.bytes("q.h5") == bytes);
  folder.run(matrix + "-o q.h5");  // a whole matrix is replaced

  folder.train("run.h5", "--latent 2");
  folder.run("export run.h5 --to weights.npz");
  const std::string weights = folder.bytes("weights.npz");
  refused("matrix --input-size 4 --kernel 3 -o weights.npz", "of fsconv export");
  CHECK(folder.bytes("weights.npz") == weights);
  folder.run("matrix --input-size 4 --kernel 3 -o W.npz");
  folder.run("matrix --input-size 4 --kernel 3 -o W.npz");
}

TEST_CASE("cli kept files: a seed that nothing is drawn with is refused") {
  const TrainedFolder folder;
  folder.train("ae.h5", "--latent 2");
  folder.train("vae.h5", "--model vae --latent 2");
  for (const char* line : {"evaluate ae.h5", "encode ae.h5 --output c.h5", "reconstruct ae.h5 --output r.png",
                           "decode ae.h5 --interpolate 0,1 --output d.png"}) {
    const Finished finished = run_fsconv(words(std::string(line) + " --seed 3"), folder.path());
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find("would have no effect") != std::string::npos);
    folder.run(line);
  }
  folder.run("evaluate vae.h5 --seed 3");
  folder.run("encode vae.h5 --seed 3 --output c3.h5");
  folder.run("evaluate ae.h5 --binarise dynamic --seed 3");
}
