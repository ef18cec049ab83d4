// --config and --json: where options come from, and that machines can read what is printed.
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/io/hdf5/file.hpp>
#include <fsconv/io/run_log.hpp>
#include <sstream>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using nlohmann::json;

namespace {

json shape_json(const ScratchFolder& folder, const std::string& line) {
  const std::vector<std::string> arguments = words("shape --json " + line);
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  return json::parse(finished.out);
}

// A run of a moment; what is to be tried stands behind it or in a file.
constexpr auto small_run =
    "train --data generated --train-images 16 --test-images 8 --channels 2 --batch 8 --epochs 1 --output "
    "run.h5 "
    "--force ";

// What the small run computes with these words behind it, as its file says.
json trained(const ScratchFolder& folder, const std::string& line) {
  const std::vector<std::string> arguments = words(small_run + line);
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  return read_configuration(hdf5::File::open(folder / "run.h5"));
}

struct Mistake {
  std::string content;
  std::vector<const char*> says;
};

// Each as my.cfg beside these words is refused as a mistake of usage, and says so.
void check_refused(const std::string& line, const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    const ScratchFolder folder;
    put_content(folder / "my.cfg", mistake.content);
    const std::vector<std::string> arguments = words(line + " --config my.cfg");
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(mistake.content);
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.error_lines() <= 2);
    CHECK(folder.files() == 1);
    for (const char* part : mistake.says) {
      INFO(part);
      CHECK(finished.err.find(part) != std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("cli config: the command line wins over the file, the file over the default") {
  const ScratchFolder folder;
  put_content(folder / "my.cfg", "# a comment\nstride = 3\ninput-size=5\n\nkernel =2\n");
  const auto stride = [&](const std::string& line) { return shape_json(folder, line)["axes"][0]["stride"]; };
  CHECK(stride("--input-size 5 --kernel 2") == "1");
  CHECK(stride("--config my.cfg") == "3");
  CHECK(stride("--config my.cfg --stride 2") == "2");
  CHECK(stride("--stride 2 --config my.cfg") == "2");
  CHECK(shape_json(folder, "--config my.cfg")["axes"][0]["image"] == 14);  // 3*(5-1) + 2
}

TEST_CASE("cli config: a mark of byte order in front is no part of the first name") {
  const ScratchFolder folder;
  std::ofstream(folder / "c.cfg") << "\xef\xbb\xbfstride = 2\npadding = 1\n";
  CHECK(shape_json(folder, "--input-size 4 --kernel 3 --config c.cfg")["axes"][0]["stride"] == "2");
}

TEST_CASE("cli config: what a file says does not reach the terminal raw") {
  const ScratchFolder folder;
  std::ofstream(folder / "c.cfg") << "a\033[31mb = 1\n";
  const Finished finished = run_fsconv(words("shape --config c.cfg"), folder.path());
  CHECK(finished.exit_code == 2);
  CHECK(finished.err.find('\033') == std::string::npos);
  CHECK(finished.err.find("\\x1b") != std::string::npos);
}

TEST_CASE("cli config: flags may stand in the file") {
  const ScratchFolder folder;
  put_content(folder / "my.cfg", "json = true\ninput-size = 4\nkernel = 3\n");
  const Finished finished = run_fsconv({"shape", "--config", "my.cfg"}, folder.path());
  INFO(description({"shape", "--config", "my.cfg"}, finished));
  CHECK(finished.exit_code == 0);
  CHECK(json::parse(finished.out)["axes"][0]["image"] == 6);
}

TEST_CASE("cli config: flags in the file are true or false, and nothing else") {
  const ScratchFolder folder;
  const auto is_json = [&](const std::string& content) {
    put_content(folder / "my.cfg", content + "\ninput-size = 4\nkernel = 3\n");
    const Finished finished = run_fsconv({"shape", "--config", "my.cfg"}, folder.path());
    INFO(content);
    REQUIRE(finished.exit_code == 0);
    return json::accept(finished.out);
  };
  for (const char* word : {"true", "yes", "on", "1"}) CHECK(is_json(std::string("json = ") + word));
  for (const char* word : {"false", "no", "off", "0"}) CHECK_FALSE(is_json(std::string("json = ") + word));
  CHECK(is_json("flip = true\njson = yes"));
  put_content(folder / "my.cfg", "json = false\ninput-size = 4\nkernel = 3\n");
  const Finished finished = run_fsconv({"shape", "--config", "my.cfg", "--json"}, folder.path());
  CHECK(json::accept(finished.out));  // the command line wins
  check_refused("shape --input-size 4 --kernel 3",
                {{"json = maybe\n", {"json", "maybe", "my.cfg", "true or false"}},
                 {"json =\n", {"json", "my.cfg"}},
                 {"{\"json\": 2}", {"json", "2", "my.cfg"}}});
}

TEST_CASE("cli config: mistakes in the file are refused, with the name of what is wrong") {
  check_refused("matrix --input-size 4 --kernel 3", {{"o = W.npz\n", {"'o'", "no option", "my.cfg:1"}},
                                                     {"-o = W.npz\n", {"-o", "no option", "my.cfg:1"}}});
  check_refused("shape --input-size 4 --kernel 3",
                {{"strid = 3\n", {"strid", "no option of fsconv shape", "my.cfg"}},
                 {"geometries = 3\n", {"geometries", "belongs to fsconv verify"}},
                 {"stride = 0\n", {"stride"}},
                 {"stride = 2\nstride = 3\n", {"stride", "more than once", "my.cfg"}},
                 {"what is this\n", {"what is this", "my.cfg:1"}},
                 {"\n# a comment\n=4\n", {"=4", "my.cfg:3"}},
                 {"[section]\nstride = 2\n", {"section"}},
                 {"config = other.cfg\n", {"config", "my.cfg:1"}},
                 {"stride = 2\nconfig =\n", {"config", "my.cfg:2"}},
                 {"help = true\n", {"help", "my.cfg:1"}},
                 {"help =\n", {"help", "my.cfg:1"}},
                 {"help = false\n", {"help", "my.cfg:1"}},
                 {"version = 1\n", {"version", "no option of fsconv shape", "my.cfg:1"}},
                 {"{\"strid\": 3}", {"strid", "no option of fsconv shape", "my.cfg"}},
                 {"{\"stride\": 0}", {"stride"}},
                 {"{\"stride\": null}", {"stride", "null", "my.cfg"}},
                 {"{\"stride\": {\"down\": 2}}", {"stride", "my.cfg"}},
                 {"{\"config\": \"other.cfg\"}", {"config", "my.cfg"}},
                 {"{\"stride\": 2", {"my.cfg", "JSON"}},
                 {" \n{stride: 2}", {"my.cfg", "JSON"}}});
}

TEST_CASE("cli config: what is wrong in a file is told with its line") {
  const std::string line = "shape --input-size 4 --kernel 3";
  check_refused(
      line, {{"\n\nstride = 0\n", {"my.cfg:3: ", "stride", "at least 1"}},
             {"# first\npadding = wide\nstride = 2\n", {"my.cfg:2: ", "padding", "wide"}},
             {"stride = 2\r\noutput-padding = 2\r\n", {"my.cfg:2: ", "output_padding", "smaller than"}},
             {"\xef\xbb\xbf\nflip = maybe", {"my.cfg:2: ", "flip", "true or false"}},
             {"\nconvention = caffe", {"my.cfg:2: ", "caffe", "pytorch"}},
             {"stride = 2\n\n\nstride = 2\n", {"my.cfg:4: ", "'stride'", "more than once", "my.cfg:1"}},
             {"json = true\nnone = 3\n", {"my.cfg:2: ", "'none'", "no option"}},
             {"json = true\njsn = 3\n", {"my.cfg:2: ", "did you mean json?"}},
             {"{\n\n \"stride\":\n 0}", {"my.cfg:3: ", "stride", "at least 1"}},
             {"{\"stride\": 2,\n\n\"none\": 3}", {"my.cfg:3: ", "'none'", "no option"}},
             {"{\"stride\": 2,\n\n\"stride\": 2}", {"my.cfg:3: ", "'stride'", "more than once", "my.cfg:1"}},
             {"{\"stride\": 2,\n\"padding\": null}", {"my.cfg:2: ", "padding", "null"}},
             {"{\"stride\": 2,\n\"padding\": {\"a\": 1}}", {"my.cfg:2: ", "padding", "an object"}},
             {"{\"stride\": 2,\n\"padding\": [[1]]}", {"my.cfg:2: ", "padding", "a list"}},
             {"{\"stride\": 2,\n\"padding\" 1}", {"my.cfg:2: ", "JSON"}},
             {"{\"stride\": 2}\n\n{}", {"my.cfg:3: ", "JSON"}},
             {"{\"stride\": 2,\n\"config\": \"\"}", {"my.cfg:2: ", "config"}},
             {"{\"stride\": 2,\n\"help\": false}", {"my.cfg:2: ", "help"}},
             {"{\"stride\": 2,\n\"\": 1}", {"my.cfg:2: ", "no name"}}});
  check_refused(small_run, {{"epochs = 1\nlatent = 2.5\n", {"my.cfg:2: ", "latent", "integer"}},
                            {"tied = true\nuntied = true\n", {"my.cfg:", "tied", "untied"}},
                            {"epochs = 1\nlearning-rate = nan\n", {"my.cfg:2: ", "learning-rate"}}});
  // What the command line says instead is not the file's fault.
  const ScratchFolder folder;
  put_content(folder / "my.cfg", "stride = 2\n");
  const Finished finished = run_fsconv(words(line + " --stride 0 --config my.cfg"), folder.path());
  CHECK(finished.exit_code == 2);
  CHECK(finished.err.find("my.cfg") == std::string::npos);
}

TEST_CASE("cli config: a line is NAME = VALUE, and nothing of it is dropped") {
  const std::string zero(1, '\0');
  check_refused("shape --input-size 4 --kernel 3",
                {{"=4\n", {"my.cfg:1: ", "=4"}},
                 {" = \n", {"my.cfg:1: "}},
                 {"stride\n", {"my.cfg:1: ", "stride"}},
                 {"stride # = 2\n", {"my.cfg:1: ", "stride"}},
                 {"[x]\nstride = 2\n", {"my.cfg:1: ", "[x]"}},
                 {"[x] = 2\n", {"my.cfg:1: ", "'[x]'", "no option"}},
                 {"in put-size = 2\n", {"my.cfg:1: ", "'in put-size'", "no option"}},
                 {"--stride = 2\n", {"my.cfg:1: ", "'--stride' has dashes", "write stride = VALUE"}},
                 {"Stride = 2\n", {"my.cfg:1: ", "'Stride'", "did you mean stride?"}},
                 {"stride = \n", {"my.cfg:1: ", "stride is empty"}},
                 {"stride = # 2\n", {"my.cfg:1: ", "stride is empty"}},
                 {"stride = \"\"\n", {"my.cfg:1: ", "stride is empty"}},
                 {"stride = '  '\n", {"my.cfg:1: ", "stride is empty"}},
                 {"data-format = []\n", {"my.cfg:1: ", "data-format is empty"}},
                 {"data-format = [\"\"]\n", {"my.cfg:1: ", "data-format is empty"}},
                 {"op = []\n", {"my.cfg:1: ", "op is empty"}},
                 {"{\"op\": \"\"}", {"my.cfg:1: ", "op is empty"}},
                 {"{\"op\": []}", {"my.cfg:1: ", "op is empty"}},
                 {"{\"op\": [\"\"]}", {"my.cfg:1: ", "op is empty"}},
                 {"{\"data-format\": \" \\t\"}", {"my.cfg:1: ", "data-format is empty"}},
                 {"stride = [,2]\n", {"my.cfg:1: ", "empty entry"}},
                 {"stride = [2,]\n", {"my.cfg:1: ", "empty entry"}},
                 {"stride = [2,,2]\n", {"my.cfg:1: ", "empty entry"}},
                 {"{\"stride\": [\"\", 2]}", {"my.cfg:1: ", "empty entry"}},
                 {"{\"stride\": [2, \"\"]}", {"my.cfg:1: ", "empty entry"}},
                 {"stride = [2\n", {"my.cfg:1: ", "does not end"}},
                 {"stride = [[2]]\n", {"my.cfg:1: "}},
                 {"stride = [2] 3\n", {"my.cfg:1: ", "'3' behind the value"}},
                 {"stride = \"2\n", {"my.cfg:1: ", "quotation does not end"}},
                 {"stride = '2\"\n", {"my.cfg:1: ", "quotation does not end"}},
                 {"stride = \"2\" 3\n", {"my.cfg:1: ", "'3' behind the value"}},
                 {"stride = 2#3\n", {"my.cfg:1: ", "2#3"}},
                 {"stride = 2\rpadding = 1\r", {"my.cfg:1: ", "\\x0d", "control characters"}},
                 {"stride = 2" + zero + "\n", {"my.cfg:1: ", "\\x00", "control characters"}},
                 {zero, {"my.cfg:1: ", "\\x00"}},
                 {"{\"stride\": \"2\\u0000\"}", {"my.cfg:1: ", "zero byte"}},
                 {"{\"stride\": 2,\n \"kernel\": 3}" + zero + ", more", {"my.cfg:2: ", "zero byte"}}});
}

TEST_CASE("cli config: quotations, comments, ends of lines") {
  const ScratchFolder folder;
  const auto axis = [&](const std::string& content) {
    put_content(folder / "my.cfg", content);
    const json whole = shape_json(folder, "--input-size 5 --kernel 3 --config my.cfg");
    return whole["axes"][0]["stride"].get<std::string>() + " " + whole["axes"][0]["pad_begin"].dump();
  };
  CHECK(axis("") == "1 0");
  CHECK(axis("\n  \n\t# nothing\n") == "1 0");
  CHECK(axis("stride = 2\npadding = 1") == "2 1");  // no end of the last line
  CHECK(axis("stride = 2\r\npadding = 1\r\n") == "2 1");
  CHECK(axis("\tstride=2 # a comment = 3\npadding = 1\t#\n") == "2 1");
  CHECK(axis("stride = \"2\"  # twice\npadding = '1'# once\n") == "2 1");
  CHECK(axis("stride = [ \"3/2\" ] # a list\npadding = [1]\n") == "3/2 1");
  CHECK(axis("padding = []\nstride = 2\n") == "2 0");  // none given, as a run's configuration says it
  CHECK(axis("{\"padding\": [], \"stride\": [2]}") == "2 0");
  put_content(folder / "x#1 a.npz", "");
  put_content(folder / "my.cfg", "weight = x#1 a.npz\n");  // a '#' inside a name belongs to it
  const std::string line = "matrix --input-size 5 --kernel 3 --config my.cfg";
  CHECK(run_fsconv(words(line), folder.path()).err.find("x#1 a.npz: is empty") != std::string::npos);
  put_content(folder / "my.cfg", "weight = 'x#1 a.npz'\n");
  CHECK(run_fsconv(words(line), folder.path()).err.find("x#1 a.npz: is empty") != std::string::npos);
}

TEST_CASE("cli config: places that are no files, and files that are too large") {
  const ScratchFolder folder;
  const auto check_unread = [&](const std::string& path, int code, const char* says) {
    const std::vector<std::string> arguments = {"shape", "--input-size", "4", "--kernel",
                                                "3",     "--config",     path};
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == code);
    CHECK(finished.error_lines() == 1);
    CHECK(finished.err.find(says) != std::string::npos);
  };
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  REQUIRE(mkfifo((folder / "pipe.h5").c_str(), 0600) == 0);
  std::ofstream(folder / "large.cfg").close();
  std::filesystem::resize_file(folder / "large.cfg", std::uintmax_t{1} << 30);
  check_unread("none.cfg", 5, "none.cfg");
  check_unread(".", 5, "a directory");
  check_unread("pipe", 5, "name a regular file");
  check_unread("pipe.h5", 5, "pipe.h5");
  check_unread("/dev/zero", 5, "name a regular file");
  check_unread("large.cfg", 2, "1 MiB");
  check_unread("", 2, "config: is empty");
  check_unread(" ", 2, "config: is blank");
}

TEST_CASE("cli config: a message about a file has two lines at most and no more than a screen can show") {
  const ScratchFolder folder;
  std::string lines, one(900'000, 'a'), brackets = "{\"stride\": ";
  for (int line = 0; line < 60'000; ++line) lines += "what is this\n";
  brackets += std::string(900'000, '[');
  for (const std::string& content : std::vector<std::string>{
           lines, one, one + " = 1\n", "stride = " + one, "stride = [" + one, "stride = '" + one + "'",
           "{\"" + one + "\": 1}", "{\"stride\": \"" + one + "\"}", "{\"op\": \"" + one + "\"}", brackets,
           "{\"stride\": \"\\u001b[31m\\u202e\"}",
           std::string("stride = \xff\xfe\x9b"
                       "31m\n"),
           "json = " + one, "{" + std::string(60'000, '\n') + "\"stride\": 0}"}) {
    put_content(folder / "my.cfg", content);
    const auto arguments = words("shape --input-size 4 --kernel 3 --config my.cfg");
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(content.substr(0, 40));
    INFO(finished.err.substr(0, 2000));
    CHECK(finished.exit_code == 2);
    CHECK(finished.error_lines() <= 2);
    CHECK(finished.err.size() < 1300);
    CHECK(finished.err.find("my.cfg") != std::string::npos);
    for (const char c : finished.err) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
  }
}

TEST_CASE("cli config: a JSON object says the same as lines, and lists may stand in brackets") {
  const ScratchFolder folder;
  put_content(folder / "lines.cfg",
              "input-size = [5, 4]\nkernel = 3\nstride = [ \"3/2\", 2 ]\njson = true\n");
  put_content(folder / "object.json",
              " \n{\"input-size\": [5, 4], \"kernel\": 3, \"stride\": [\"3/2\", 2], \"json\": true}");
  const json wanted = shape_json(folder, "--input-size 5,4 --kernel 3 --stride 3/2,2");
  for (const char* file : {"lines.cfg", "object.json"}) {
    INFO(file);
    CHECK(shape_json(folder, std::string("--config ") + file) == wanted);
  }
  CHECK(shape_json(folder, "--config object.json --stride 1")["axes"][0]["stride"] == "1");
}

TEST_CASE("cli config: train: what the file says of tying holds, however it says it") {
  const ScratchFolder folder;
  const auto tie = [&](const std::string& content, const std::string& line = "") {
    put_content(folder / "my.cfg", content);
    return trained(folder, "--config my.cfg " + line)["tie"];
  };
  CHECK(tie("") == "all");
  CHECK(tie("tied = false\n") == "none");
  CHECK(tie("tied = true\n") == "all");
  CHECK(tie("untied = true\n") == "none");
  CHECK(tie("untied = false\n") == "all");
  CHECK(tie("tied = no\nuntied = yes\n") == "none");
  CHECK(tie("tie = linear\n") == "linear");
  CHECK(tie("{\"tied\": false}") == "none");
}

TEST_CASE("cli config: train: the command line wins across the spellings of one thing") {
  const ScratchFolder folder;
  put_content(folder / "tied.cfg", "tied = true\n");
  put_content(folder / "untied.cfg", "untied = true\nloss = mse\n");
  put_content(folder / "tie.cfg", "tie = 1\nlikelihood = gaussian\n");
  CHECK(trained(folder, "--config tied.cfg --untied")["tie"] == "none");
  CHECK(trained(folder, "--config tied.cfg --tie linear")["tie"] == "linear");
  const json untied = trained(folder, "--config untied.cfg --tied --likelihood bce-grey");
  CHECK(untied["tie"] == "all");
  CHECK(untied["likelihood"] == "bce-grey");
  const json listed = trained(folder, "--untied --loss bce --config tie.cfg");
  CHECK(listed["tie"] == "none");
  CHECK(listed["likelihood"] == "bce-grey");
  CHECK(trained(folder, "--config untied.cfg")["likelihood"] == "mse");
}

TEST_CASE("cli config: train: contradictions within one source are refused") {
  check_refused(small_run, {{"tied = true\nuntied = true\n", {"tied", "untied"}},
                            {"tied = false\ntie = all\n", {"tied", "tie"}},
                            {"loss = mse\nlikelihood = gaussian\n", {"loss", "likelihood"}},
                            {"latent = 2.5\n", {"latent", "2.5", "integer"}},
                            {"{\"latent\": 2.5}", {"latent", "2.5", "integer"}},
                            {"{\"latent\": 2.0}", {"latent", "integer"}},
                            {"gain = perhaps\n", {"gain", "perhaps", "my.cfg"}},
                            {"beta = 2\n", {"beta", "2", "--model ae"}}});
  const ScratchFolder folder;
  for (const char* line : {"--tied --untied", "--tie 1 --tied", "--loss mse --likelihood gaussian"}) {
    const Finished finished = run_fsconv(words(small_run + std::string(line)), folder.path());
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == 2);
    CHECK(folder.files() == 0);
  }
}

TEST_CASE("cli config: train: the file of a run means the same run") {
  const ScratchFolder folder;
  const std::vector<std::string> first = words(
      "train --data generated --train-images 16 --test-images 8 --model vae --channels 2,4 --kernel 4,3 "
      "--stride "
      "3/2,2 --padding 1 --groups 1,2 --latent 3 --activation elu --tie 2,linear --gain --beta 2 "
      "--beta-warmup "
      "0.5 --optimizer sgd --momentum 0.5 --learning-rate 0.0001 --clip-norm 1 --epochs 2 --batch 8 --seed 7 "
      "--output first.h5");
  const Finished finished = run_fsconv(first, folder.path());
  INFO(description(first, finished));
  REQUIRE(finished.exit_code == 0);
  const auto run = hdf5::File::open(folder / "first.h5");
  const json configuration = read_configuration(run);
  CHECK(configuration["likelihood"] == "bernoulli");
  put_content(folder / "first.json", configuration.dump());
  std::filesystem::copy_file(folder / "first.h5", folder / "first.conf");
  for (const char* file : {"first.h5", "first.json", "first.conf"}) {
    const std::vector<std::string> again = {"train", "--config", file, "--output", "again.h5", "--force"};
    const Finished repeated = run_fsconv(again, folder.path());
    INFO(description(again, repeated));
    REQUIRE(repeated.exit_code == 0);
    const auto other = hdf5::File::open(folder / "again.h5");
    CHECK(read_configuration(other) == configuration);
    CHECK(other.read<double>("/test_loss") == run.read<double>("/test_loss"));
  }
  const auto changed = words("train --config first.h5 --seed 8 --untied --output changed.h5");
  // gain has no effect without tied layers
  CHECK(run_fsconv(changed, folder.path()).exit_code == 2);
  const auto seed = words("train --config first.h5 --seed 8 --output changed.h5");
  REQUIRE(run_fsconv(seed, folder.path()).exit_code == 0);
  json expected = configuration;
  expected["seed"] = 8;
  CHECK(read_configuration(hdf5::File::open(folder / "changed.h5")) == expected);
}

TEST_CASE("cli config: train: a configuration of version 0.1 is understood") {
  const ScratchFolder folder;
  put_content(
      folder / "old.json",
      R"({"batch": 8, "channels": [2], "data": "generated", "epochs": 1, "form": "batched", "kernel": [4],
                  "latent": 3, "learning-rate": 0.001, "loss": "mse", "model": "ae", "padding": [], "seed": 1,
                  "stride": [2], "test-images": 8, "tied": false, "train-images": 16})");
  const auto arguments = words("train --config old.json --output run.h5");
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  const json configuration = read_configuration(hdf5::File::open(folder / "run.h5"));
  CHECK(configuration["likelihood"] == "mse");
  CHECK(configuration["tie"] == "none");
  CHECK(configuration["latent"] == 3);
  CHECK_FALSE(configuration.contains("loss"));
  CHECK_FALSE(configuration.contains("tied"));
}

TEST_CASE("cli config: train: a resumed run takes only what does not change it") {
  const ScratchFolder folder;
  put_content(folder / "my.cfg", "epochs = 2\n");
  trained(folder, "");
  for (const char* line : {"--config my.cfg", "--untied", "--loss mse", "--seed 1", "--gain"}) {
    const auto arguments = words("train --resume run.h5 " + std::string(line));
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find("resume") != std::string::npos);
  }
  CHECK(run_fsconv(words("train --resume run.h5 --epochs 2 --threads 1 --json"), folder.path()).exit_code ==
        0);
  trained(folder, "--schedule cosine");
  CHECK(run_fsconv(words("train --resume run.h5 --epochs 2"), folder.path()).exit_code == 2);
  CHECK(run_fsconv(words("train --resume run.h5 --epochs 1"), folder.path()).exit_code == 0);
}

TEST_CASE("cli config: train: a file is not replaced unawares, and --summary writes none") {
  const ScratchFolder folder;
  trained(folder, "--seed 3");
  const std::string before = content_of(folder / "run.h5");
  const auto again = words(
      "train --data generated --train-images 16 --test-images 8 --channels 2 --epochs 1 --output "
      "run.h5");
  const Finished finished = run_fsconv(again, folder.path());
  INFO(description(again, finished));
  CHECK(finished.exit_code != 0);
  CHECK(finished.err.find("--force") != std::string::npos);
  CHECK(content_of(folder / "run.h5") == before);

  const ScratchFolder empty;
  const auto line = words("train --data generated --train-images 16 --test-images 8 --summary");
  const Finished shown = run_fsconv(line, empty.path());
  INFO(description(line, shown));
  CHECK(shown.exit_code == 0);
  CHECK_FALSE(shown.out.empty());
  CHECK(empty.files() == 0);
  CHECK(run_fsconv(words("train --data generated --summary --output run.h5"), empty.path()).exit_code == 2);
}

TEST_CASE("cli config: what a report of another command says is no option of train") {
  const ScratchFolder folder;
  REQUIRE(run_fsconv(words("verify --case i4o2k3 --output report.h5"), folder.path()).exit_code == 0);
  const Finished refused = run_fsconv(words("train --config report.h5 --output run.h5"), folder.path());
  INFO(description({"train"}, refused));
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("report.h5: 'case' is no option") != std::string::npos);
  CHECK(refused.err.find("no option of fsconv train") != std::string::npos);
  CHECK(run_fsconv(words("verify --config report.h5"), folder.path()).exit_code == 0);
  put_content(folder / "no.h5", "no HDF5");
  CHECK(run_fsconv(words("train --config no.h5"), folder.path()).exit_code == 4);
}

TEST_CASE("cli config: a file that cannot be read is an I/O error") {
  const ScratchFolder folder;
  for (const char* file : {"nope.cfg", "nope.h5", "."}) {
    const std::vector<std::string> arguments = {"shape", "--input-size", "4", "--kernel",
                                                "3",     "--config",     file};
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 5);
    CHECK(finished.error_lines() == 1);
    CHECK(finished.err.find(file) != std::string::npos);
  }
}

TEST_CASE("cli config: a file without end is refused before it fills the memory") {
  const ScratchFolder folder;
  const std::vector<std::string> arguments = words("shape --input-size 4 --kernel 3 --config /dev/zero");
  const Finished finished = run_fsconv(arguments, folder.path(), {.time = std::chrono::seconds(5)});
  INFO(description(arguments, finished));
  CHECK(finished.exit_code >= 2);
  CHECK(finished.exit_code <= 5);
  CHECK(finished.err.find("/dev/zero") != std::string::npos);
}

TEST_CASE("cli json: every subcommand prints what a parser accepts") {
  const ScratchFolder folder;
  for (const char* line :
       {"shape --input-size 7,7 --kernel 3 --stride 2 --padding same --json",
        "shape --stack c4k3s2,c8k4s2 --input-size 29,28 --json", "matrix --input-size 4,4 --kernel 3 --json",
        "matrix --case ic2oc2g2i6o3k3s3/2 --json", "verify --case i4o2k3 --json"}) {
    const std::vector<std::string> arguments = words(line);
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 0);
    CHECK(json::accept(finished.out));
  }
}

TEST_CASE("cli json: --print does not break the JSON of matrix") {
  const ScratchFolder folder;
  const std::vector<std::string> arguments = words("matrix --input-size 4 --kernel 3 --json --print");
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  // Either it is part of the JSON or it is refused.
  CHECK((finished.exit_code == 2 || json::accept(finished.out)));
}

TEST_CASE("cli json: train prints one object per epoch") {
  const ScratchFolder folder;
  const std::vector<std::string> arguments = words(
      "train --data generated --train-images 32 --test-images 16 --channels 2,2 --latent 2 --epochs 2 "
      "--output r.h5 --json");
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  std::istringstream lines(finished.out);
  int epoch = 0;
  for (std::string line; std::getline(lines, line);) {
    const json object = json::parse(line);
    CHECK(object["epoch"] == ++epoch);
    CHECK(object["train_loss"].get<double>() > 0);
    CHECK(object["test_loss"].get<double>() > 0);
  }
  CHECK(epoch == 2);
}

TEST_CASE("cli config: a run of before there was a choice of algorithm is repeated and resumed directly") {
  const ScratchFolder folder;
  const std::string old = FSCONV_SOURCE_DIR "/tests/vectors/schema_2/ae.h5";
  const auto algorithm_of = [&](const std::string& line) {
    const std::vector<std::string> arguments = words("train " + line + " --output new.h5 --force");
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    REQUIRE(finished.exit_code == 0);
    std::filesystem::rename(folder / "new.h5", folder / "run.h5");  // which the next line may read
    return read_configuration(hdf5::File::open(folder / "run.h5")).at("algorithm").get<std::string>();
  };
  CHECK(algorithm_of("--resume " + old + " --epochs 3") == "direct");
  CHECK(algorithm_of("--config " + old) == "direct");
  CHECK(algorithm_of("--config run.h5") == "direct");  // which says so
  CHECK(algorithm_of("--config " + old + " --algorithm winograd2") == "winograd2");
  CHECK(algorithm_of("--config run.h5") == "winograd2");
  put_content(folder / "my.cfg",
              "data = generated:8x8x1\ntrain-images = 8\ntest-images = 8\nchannels = 2\nepochs = 1\n");
  CHECK(algorithm_of("--config my.cfg") == "auto");  // what a person does not say
  const Finished other = run_fsconv(words("train --resume run.h5 --algorithm direct"), folder.path());
  CHECK(other.exit_code == 2);
  CHECK(other.err.find("cannot change in a resumed run") != std::string::npos);
}

TEST_CASE("cli config: a list of files is several, and one of others what it takes one of is refused") {
  const ScratchFolder folder;
  for (const char* shard : {"1", "2"}) {
    const Finished made = run_fsconv(
        words(std::string(
                  "verify --case i4o2k3 --method exact --claim transpose --form gather,scatter --shard ") +
              shard + "/2 --output " + shard + ".h5"),
        folder.path());
    REQUIRE(made.exit_code == 0);
  }
  for (const char* content : {"files = [1.h5, 2.h5]\n", "{\"files\": [\"1.h5\", \"2.h5\"]}"}) {
    INFO(content);
    put_content(folder / "my.cfg", content);
    CHECK(run_fsconv(words("merge --config my.cfg --output m.h5"), folder.path()).exit_code == 0);
    std::filesystem::remove(folder / "m.h5");
    // the command line wins
    const Finished one =
        run_fsconv(words("report 1.h5 --config my.cfg --output r.html --json"), folder.path());
    REQUIRE(one.exit_code == 0);
    CHECK(content_of(folder / "r.html").find("2.h5") == std::string::npos);
  }
  check_refused("shape --input-size 4 --kernel 2", {{"{\"convention\": [\"pytorch\", \"jax\"]}",
                                                     {"my.cfg:1", "convention is a list of 2", "one value"}},
                                                    {"case = [a, b]", {"my.cfg:1", "one value"}}});
  // those that are lists anyway
  put_content(folder / "my.cfg", "{\"input-size\": [8, 9], \"kernel\": 3, \"stride\": [2, \"3/2\"]}");
  CHECK(shape_json(folder, "--config my.cfg")["axes"].size() == 2);
  const auto layers = words(
      "train --data generated:12x12x1 --train-images 16 --test-images 8 --epochs 1 --channels 4,8 --kernel 3,4 --stride "
      "2,1 --padding 1,1 --dilation 1,1 --groups 1,2 --latent 3 --tie 1,linear --augment flip,shift=2 --output first.h5");
  REQUIRE(run_fsconv(layers, folder.path()).exit_code == 0);
  const json first = read_configuration(hdf5::File::open(folder / "first.h5"));
  REQUIRE(run_fsconv(words("train --config first.h5 --output again.h5"), folder.path()).exit_code == 0);
  CHECK(read_configuration(hdf5::File::open(folder / "again.h5")) == first);
}
