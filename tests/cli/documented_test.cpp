// Every command that README and docs/ show works, and prints what they say; every file that they name is there.
//
// Commands that mean minutes are made short (examples.hpp): fewer images, epochs, rounds, geometries. They are read and
// carried out as they stand otherwise. What is printed is compared where it depends on nothing but the command: sizes,
// matrices, polynomials, models. Of patterns, as `fsconv evaluate RUN --importance-samples K`, and of what other pages
// than README have in their text, where it need not be whole, the command and the options must be known.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/base/child_process.hpp>

#include "cli/examples.hpp"
#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
namespace fs = std::filesystem;

namespace {

const std::string project = FSCONV_SOURCE_DIR;

std::vector<std::string> pages() {
  std::vector<std::string> list = {project + "/README.md", project + "/CONTRIBUTING.md",
                                   project + "/data/README.md"};
  for (const auto& entry : fs::directory_iterator(project + "/docs"))
    if (entry.path().extension() == ".md") list.push_back(entry.path().string());
  for (const auto& entry : fs::directory_iterator(project + "/experiments"))
    if (fs::exists(entry.path() / "README.md")) list.push_back((entry.path() / "README.md").string());
  std::sort(list.begin() + 3, list.end());
  return list;
}

// A folder like the project's root, as far as commands look into it.
struct ProjectFolder : ScratchFolder {
  ProjectFolder() {
    for (const char* name : {"data", "proofs"})
      fs::create_directory_symlink(project + "/" + name, *this / name);
    fs::create_directory(*this / "bin");
    fs::create_symlink(FSCONV_PROGRAM, *this / "bin/fsconv");
  }
};

bool prints_the_same_always(const std::string& line) {
  return line.starts_with("fsconv shape ") || line.starts_with("fsconv matrix ") ||
         line.find(" --explain") != std::string::npos || line.find(" --summary") != std::string::npos;
}

// The line as it stands, by a shell: with what is piped behind it.
Finished run_pasted(const std::string& line, const ProjectFolder& folder) {
  set_up_sanitizers();
  const ChildResult result =
      run_child({"/bin/bash", "-o", "pipefail", "-c",
                 "cd '" + folder.path() + "' && PATH='" + folder / "bin" + "':$PATH && " + line},
                {}, {.seconds = 120});
  return {result.exit_status, result.out, result.err};
}

// The options of a pattern are those of its command.
std::string unknown_options(const std::string& line, const std::string& folder) {
  const std::vector<std::string> list = words(line);
  const Finished help = run_fsconv({list[1], "--help"}, folder);
  if (help.exit_code != 0) return list[1];
  std::string unknown;
  for (const std::string& word : list)
    if (word.starts_with("--") && help.out.find("\n  " + word + " ") == std::string::npos &&
        help.out.find(" [ " + word + " ] ") == std::string::npos)  // -o [ --output ]
      unknown += word + " ";
  return unknown;
}

}  // namespace

TEST_CASE("cli documented: every command of README and docs works, and prints what they say", "[slow]") {
  const ProjectFolder folder;
  std::size_t tried = 0;
  // The help's examples say which runs they use; those of the pages come in the pages' order.
  run_fsconv(
      shortened("fsconv train --data generated --model vae --epochs 1 --output results/vae.h5 --force"),
      folder.path(), {.time = std::chrono::seconds(60)});
  for (const std::string& page : pages())
    for (const DocumentedCommand& command : commands_in(content_of(page))) {
      INFO(page << "\n" << command.line);
      ++tried;
      if (command.is_pattern || (command.in_text && page != pages().front())) {
        CHECK(unknown_options(command.line, folder.path()) == "");
        continue;
      }
      if (is_too_slow(command.line)) continue;
      const bool as_it_stands =
          prints_the_same_always(command.line) || command.line.find('|') != std::string::npos;
      std::vector<std::string> arguments = shortened(command.line);
      if (arguments[0] == "train" && command.line.find("--summary") == std::string::npos &&
          command.line.find("--force") == std::string::npos)
        arguments.push_back("--force");
      const Finished finished =
          as_it_stands ? run_pasted(command.line, folder)
                       : run_fsconv(arguments, folder.path(), {.time = std::chrono::seconds(60)});
      INFO(description(arguments, finished));
      const bool must_fail = command.line.find("--mutant") != std::string::npos;
      CHECK(finished.exit_code == (must_fail ? 3 : 0));
      if (as_it_stands && !command.printed.empty()) {
        INFO(finished.out);
        CHECK(is_what_it_prints(command.printed, finished.out));
      }
    }
  CHECK(tried > 15);
}

TEST_CASE("cli documented: every file that README and docs name is there") {
  for (const std::string& page : pages())
    for (const std::string& path : paths_in(content_of(page))) {
      INFO(page << " names " << path);
      CHECK(fs::exists(project + "/" + path));
    }
}

TEST_CASE("cli documented: commands are found in a page, and a wrong output is seen") {
  const auto commands = commands_in(
      "Text with `fsconv verify --mutant\nno_flip` and `fsconv evaluate RUN --images N` and `fsconv` alone.\n\n"
      "    $ fsconv shape --kernel 3 \\\n        --stride 2   # a remark\n    one\n\n    two\n    $ ls\n    three\n\n"
      "    $ fsconv matrix | tail -4\n\nMore text.\n\n    fsconv shape     sizes\n");
  REQUIRE(commands.size() == 4);
  CHECK(commands[0].line == "fsconv shape --kernel 3 --stride 2");
  CHECK(commands[0].printed == std::vector<std::string>{"one", "", "two"});
  CHECK(commands[1].line == "fsconv matrix | tail -4");
  CHECK(commands[2].line == "fsconv verify --mutant no_flip");
  CHECK_FALSE(commands[2].is_pattern);
  CHECK(commands[3].is_pattern);
  CHECK(preparations_in(
            "About\n\nThe examples use fsconv a b --c\n  d.h5, and fsconv e f\n  g\n\nfsconv h\n") ==
        std::vector<std::string>{"fsconv a b --c d.h5", "fsconv e f g"});
  CHECK(preparations_in("The examples use the folder data.\n").empty());
  CHECK(examples_in("Options\nExamples:\n  fsconv a \\\n      --b c # d\n  fsconv e\n      # f\n") ==
        std::vector<std::string>{"fsconv a --b c", "fsconv e"});
  CHECK(paths_in("see `docs/engine.md` and [it](lib/fsconv/forms/gather.hpp), not `forms/form.cpp`") ==
        std::vector<std::string>{"docs/engine.md", "lib/fsconv/forms/gather.hpp"});

  CHECK(is_what_it_prints({"a", "b"}, "a \nb\n"));
  CHECK(is_what_it_prints({"a", "[...]"}, "a\nb\nc\n"));
  CHECK(is_what_it_prints({"a", "[...]", "c"}, "a\nb\nc\n"));
  CHECK_FALSE(is_what_it_prints({"a"}, "a\nb\n"));
  CHECK_FALSE(is_what_it_prints({"a", "[...]", "c"}, "a\nb\nc\nd\n"));
  CHECK_FALSE(is_what_it_prints({"a", "c"}, "a\nb\nc\n"));
  CHECK_FALSE(is_what_it_prints({" a"}, "a\n"));
}
