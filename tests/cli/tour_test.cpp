// fsconv tour: the stations say what they promise, run in an empty folder, and go on where one fails.
// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/terminal.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
namespace fs = std::filesystem;

namespace {

const std::string project = FSCONV_SOURCE_DIR;

Finished tour(const ScratchFolder& folder, const std::string& options, const ProcessLimits& limits = {}) {
  return run_fsconv(words("tour " + options), folder.path(), limits);
}

nlohmann::json listed() {
  const ScratchFolder folder;
  return nlohmann::json::parse(tour(folder, "--list --json").out);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The tour at a terminal, where at each prompt the next of `keys` are pressed.
Seen tour_with_keys(const std::string& options, const std::string& folder,
                    const std::vector<std::string>& keys) {
  ProgramArguments program(words("tour " + options));
  set_up_sanitizers();
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child < 0) throw std::runtime_error("no terminal");
  if (child == 0) {
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execv(FSCONV_PROGRAM, program.pointers());
    ::_exit(127);
  }
  Seen seen;
  std::size_t pressed = 0, answered = 0;
  constexpr int patience_in_ms = 60'000;
  for (std::array<char, 4096> block;;) {
    pollfd file{terminal, POLLIN, 0};
    if (::poll(&file, 1, patience_in_ms) <= 0) {
      ::kill(child, SIGKILL);
      break;
    }
    const ssize_t got = ::read(terminal, block.data(), block.size());
    if (got <= 0) break;
    seen.text.append(block.data(), static_cast<std::size_t>(got));
    const std::size_t prompt = seen.text.find("q: leave -- ", answered);
    if (prompt == std::string::npos || pressed == keys.size()) continue;
    answered = prompt + 1;
    const std::string& typed = keys[pressed++];
    if (::write(terminal, typed.data(), typed.size()) != static_cast<ssize_t>(typed.size())) break;
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  seen.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return seen;
}

}  // namespace

TEST_CASE("cli tour: every station has a question, two sentences, commands, and pictures that are there") {
  const nlohmann::json stations = listed();
  CHECK(stations.size() == 9);
  std::size_t number = 0;
  for (const auto& station : stations) {
    INFO(station.dump(2));
    CHECK(station["number"] == ++number);
    const std::string question = station["question"], answer = station["answer"];
    CHECK(question.ends_with("?"));
    CHECK(answer.ends_with("."));
    std::size_t sentences = 1;  // ends are followed by a capital
    for (std::size_t at = answer.find(". "); at != std::string::npos; at = answer.find(". ", at + 1))
      sentences += answer[at + 2] >= 'A' && answer[at + 2] <= 'Z';
    CHECK(sentences == 2);
    std::string all;
    for (const std::string command : station["commands"]) {
      CHECK(command.starts_with("fsconv "));
      CHECK_FALSE(has(command, "  "));
      all += command + " ";
    }
    CHECK(station["commands"].size() >= 1);
    CHECK(station["pictures"].size() >= 1);
    for (const auto& picture : station["pictures"]) {
      const std::string file = picture["file"];
      CHECK_FALSE(picture["alternative_text"].get<std::string>().empty());
      CHECK((has(file, "/") ? fs::exists(project + "/" + file) : has(all, " " + file + " ")));
    }
    for (const std::string path : station["more"]) CHECK(fs::exists(project + "/" + path));
  }
}

TEST_CASE("cli tour: it runs in an empty folder, once and again, and leaves its pictures in a folder",
          "[slow]") {
  const ScratchFolder folder;
  for (const bool again : {false, true}) {
    const Finished finished = tour(folder, "", {.time = std::chrono::seconds(60)});
    INFO(description(words("tour"), finished));
    CHECK(finished.exit_code == 0);
    CHECK(has(finished.out, "$ mkdir tour\n") != again);
    CHECK(has(finished.out, "$ cd tour\n"));
    CHECK_FALSE(has(finished.out, "Enter"));
    CHECK(folder.files() == 1);
    const std::string out = finished.out;
    std::size_t at = 0;
    for (const auto& station : listed()) {
      const std::string heading = "== " + std::to_string(station["number"].get<int>()) + " of 9: ";
      at = out.find(heading, at);
      REQUIRE(at != std::string::npos);
      for (const auto& picture : station["pictures"])
        if (const std::string file = picture["file"]; !has(file, "/")) {
          CHECK(fs::file_size(folder / ("tour/" + file)) > 1000);
          CHECK(has(out, "tour/" + file));
        }
    }
    // The training that two stations need runs once.
    CHECK(out.find("(as above)") != std::string::npos);
    CHECK(out.find("epoch  train loss") == out.rfind("epoch  train loss"));
  }
}

TEST_CASE("cli tour: stations by name and number, in the order that is asked for") {
  const ScratchFolder folder;
  const Finished finished = tour(folder, "--station sizes,1 -o seen");
  INFO(description({}, finished));
  CHECK(finished.exit_code == 0);
  CHECK(has(finished.out, "== 1 of 9: "));
  CHECK(finished.out.find("== 5 of 9: ") < finished.out.find("== 1 of 9: "));
  CHECK_FALSE(has(finished.out, "== 2 of 9: "));
  CHECK(fs::exists(folder / "seen/sizes.svg"));
  const Finished list = tour(folder, "--list --station sizes");
  CHECK(has(list.out, "5  sizes"));
  CHECK_FALSE(has(list.out, "matrix"));
}

TEST_CASE("cli tour: what it cannot do is refused before anything is made") {
  const ScratchFolder folder;
  put_content(folder / "file", "");
  struct {
    const char *options, *said;
    int code;
  } const refused[] = {
      {"--station sizes,5", "names 'sizes' twice", 2},  {"--station 10", "'10' is unknown", 2},
      {"--station 0", "use 1 to 9 or matrix,", 2},      {"--json", "would have no effect", 2},
      {"--list --output x", "would have no effect", 2}, {"--output file", "file", 5},
      {"--output no/such/folder", "no/such", 5}};
  for (const auto& [options, said, code] : refused) {
    const Finished finished = tour(folder, options);
    INFO(description(words(options), finished));
    CHECK(finished.exit_code == code);
    CHECK(has(finished.err, said));
    CHECK(finished.error_lines() <= 2);
    CHECK(finished.out.empty());
    CHECK(folder.files() == 1);
  }
}

TEST_CASE("cli tour: where a station fails it goes on, and ends with that exit code") {
  const ScratchFolder folder;
  fs::create_directories(folder / "tour/matrix.svg");  // where the picture should be
  const Finished finished = tour(folder, "--station matrix,sizes");
  INFO(description({}, finished));
  CHECK(finished.exit_code == 5);
  CHECK(has(finished.err, "1 station of the tour failed: matrix"));
  CHECK_FALSE(has(finished.out, "Look at: tour/matrix.svg"));
  CHECK(fs::is_regular_file(folder / "tour/sizes.svg"));
}

TEST_CASE("cli tour: a folder's name is told as a shell reads it") {
  const ScratchFolder folder;
  const Finished finished = run_fsconv({"tour", "--station", "sizes", "-o", "it's here"}, folder.path());
  INFO(description({}, finished));
  CHECK(finished.exit_code == 0);
  CHECK(has(finished.out, "$ cd 'it'\\''s here'\n"));
}

TEST_CASE("cli tour: Ctrl-C ends it with 130") {
  const ScratchFolder folder;
  const Finished finished = tour(folder, "", {.interrupt_on = "== 1 of 9"});
  INFO(description({}, finished));
  CHECK(finished.exit_code == 130);
  CHECK_FALSE(has(finished.out, "== 9 of 9"));
}

TEST_CASE("cli tour: at a terminal Enter goes on, q leaves, and Ctrl-C is heard while it waits") {
  const ScratchFolder folder;
  const std::string three = "--station matrix,sizes,fractional";
  const Seen all = tour_with_keys(three, folder.path(), {"\n", "\n"});
  INFO(all.text);
  CHECK(all.exit_code == 0);
  CHECK(has(all.text, "== 2 of 9"));
  const Seen left = tour_with_keys(three, folder.path(), {"\n", "q\n"});
  CHECK(left.exit_code == 0);
  CHECK(has(left.text, "== 5 of 9"));
  CHECK_FALSE(has(left.text, "== 2 of 9"));
  const Seen stopped = tour_with_keys(three, folder.path(), {"\n", "\x03"});
  INFO(stopped.text);
  CHECK(stopped.exit_code == 130);
  CHECK(has(stopped.text, "== 5 of 9"));
  CHECK_FALSE(has(stopped.text, "== 2 of 9"));
  const Seen ended = tour_with_keys(three, folder.path(), {"\x04"});  // Ctrl-D
  CHECK(ended.exit_code == 0);
  CHECK_FALSE(has(ended.text, "== 5 of 9"));
  const Seen unasked = run_on_terminal(words("tour --no-pause --station sizes,matrix"), folder.path(), 80);
  CHECK(unasked.exit_code == 0);
  CHECK(has(unasked.text, "== 1 of 9"));
}

TEST_CASE("cli tour: its own lines fit a narrow terminal, with and without colour") {
  const ScratchFolder folder;
  for (const char* term : {"xterm", "dumb"}) {
    const Seen seen =
        run_on_terminal(words("tour --no-pause --station matrix"), folder.path(), 60, {{"TERM", term}});
    INFO(seen.text);
    CHECK(seen.exit_code == 0);
    CHECK(has(seen.text, "\033[") == (std::string(term) == "xterm"));
    // What the command prints is its own: terminal_test.cpp.
    for (const std::string& line : seen.lines())
      if (line.starts_with("==") || line.starts_with("$") || line.starts_with("Look") || has(line, "pixel"))
        CHECK(visible_size(line) <= 60);
  }
}
