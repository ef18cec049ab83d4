// fsconv: finds the subcommand, runs it, and turns errors into messages and exit codes.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fsconv/base/error.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/standard_streams.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/run_log.hpp>
#include <new>

#include "commands.hpp"
#include "generate.hpp"
#include "limits.hpp"
#include "ranks.hpp"

namespace {

using namespace fsconv;
using Words = std::vector<std::string>;

int print_help() {
  const std::size_t width = cli::help_width();
  fmt::print(
      "{}\n",
      wrapped_text("fsconv: fractionally-strided (transposed) convolution, computed and proved", width, 2));
  fmt::print("{}\n", wrapped_text("  fsconv COMMAND [options]\n"
                                  "  fsconv COMMAND --help  what it does, its options, examples to paste\n"
                                  "  fsconv --version\n"
                                  "  fsconv --generate man|bash|zsh|fish  a manual's page, completions",
                                  width, 25));
  constexpr std::size_t names = 15;
  for (const cli::Command& command : cli::commands())
    fmt::print("{}", wrapped_text(fmt::format("  {:<{}}{}", command.name, names - 2, command.summary), width,
                                  names));
  fmt::print("\n{}",
             wrapped_text("Exit codes: 0 ok, 1 runtime error, 2 usage, 3 a claim failed, 4 bad input data, "
                          "5 I/O, 130 interrupted. Errors are a line or two on stderr, with --json, too.",
                          width));
  return static_cast<int>(ExitCode::ok);
}

int print_version() {
  fmt::print("fsconv {}\n", FSCONV_VERSION);
  const nlohmann::json libraries = library_versions();
  for (const auto& library : libraries.items())
    fmt::print("  {} {}\n", library.key(), library.value().get<std::string>());
  return static_cast<int>(ExitCode::ok);
}

const cli::Command& command_named(const std::string& name) {
  const auto all = cli::commands();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const cli::Command& c) { return c.name == name; });
  if (found != all.end()) return *found;
  Words known = {"--help", "--version", "--generate"};
  for (const cli::Command& command : all) known.emplace_back(command.name);
  std::string meant = did_you_mean(name, known);
  if (name == "-h" || name == "-?") meant = "did you mean --help?";
  throw InvalidArgument(name.empty() ? "''" : name, "is no command",
                        fmt::format("{}{}see fsconv --help", meant, meant.empty() ? "" : " "));
}

int print_help_of(const cli::Command& command) {
  fmt::print("{}", cli::help(command));
  return static_cast<int>(ExitCode::ok);
}

// No word is left unheard.
void require_no_more(const Words& arguments, std::size_t count) {
  if (arguments.size() <= count) return;
  const Words before(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(count));
  throw InvalidArgument(fmt::format("'{}'", arguments[count]),
                        fmt::format("is a word too many behind fsconv {}", fmt::join(before, " ")),
                        "see fsconv --help");
}

int run(const Words& arguments) {
  if (arguments.empty()) return print_help();
  const std::string& first = arguments[0];
  if (first == "--help" || first == "help") {
    require_no_more(arguments, 2);
    return arguments.size() == 1 ? print_help() : print_help_of(command_named(arguments[1]));
  }
  if (first == "--version") {
    require_no_more(arguments, 1);
    return print_version();
  }
  if (first == "--generate") {
    fmt::print("{}", cli::generated(Words(arguments.begin() + 1, arguments.end())));
    return static_cast<int>(ExitCode::ok);
  }
  const cli::Command& command = command_named(first);
  const Words rest(arguments.begin() + 1, arguments.end());
  if (std::find(rest.begin(), rest.end(), "--help") != rest.end()) return print_help_of(command);
  return cli::run_command(command, rest);
}

int complain(std::string_view message, ExitCode code) noexcept {
  try {
    cli::tell("fsconv: {}", message);
  } catch (const std::bad_alloc&) {
    say("fsconv: out of memory\n");
  }
  return static_cast<int>(code);
}

// An error becomes a message and a code.
int complain_of(const std::exception_ptr& failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return complain(error.what(), error.code());
  } catch (const std::bad_alloc&) {
    return complain("out of memory", ExitCode::runtime);
  } catch (const std::exception& error) {
    return complain(error.what(), ExitCode::runtime);
  }
}

// Runs what `arguments` ask for.
int run_or_complain(const Words& arguments) noexcept {
  try {
    return run(arguments);
  } catch (...) {
    return complain_of(std::current_exception());
  }
}

// A result that did not arrive is none, whatever the command said of it; an error that was told stays what it was.
// A reader that has gone on purpose, as `head` does, need not be told so: the code is enough.
int after_output(int code) {
  errno = finish_output();
  const bool has_result =
      code == static_cast<int>(ExitCode::ok) || code == static_cast<int>(ExitCode::claim_failed);
  if (errno == 0 || !has_result) return code;
  if (errno == EPIPE) return static_cast<int>(ExitCode::io);
  return complain(IoError::from_errno("standard output", "write").what(), ExitCode::io);
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away or a file limit is an error of the write, reported there, not a sudden death.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // The wish for a checkpoint, which batch systems send to all processes of a job: a command that writes none goes on.
  std::signal(SIGUSR1, SIG_IGN);
  occupy_standard_descriptors();
  try {
    cli::prepare_for_limits();
    remember_lost_output();
    const Words words(argv + std::min(argc, 1), argv + argc);
    if (cli::is_one_of_many()) return cli::run_as_one_of_many({run, complain_of, after_output}, words);
    return after_output(run_or_complain(words));
  } catch (const std::bad_alloc&) {
    return complain("out of memory", ExitCode::runtime);
  }
}
