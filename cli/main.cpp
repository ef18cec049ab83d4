// fsconv: finds the subcommand, runs it, and turns errors into messages and exit codes.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fsconv/base/error.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/io/run_log.hpp>
#include <new>

#include "commands.hpp"

namespace {

using namespace fsconv;

int print_help() {
  fmt::print(
      "fsconv: fractionally-strided (transposed) convolution, computed and proved\n\n"
      "  fsconv COMMAND [options]        fsconv COMMAND --help\n\n");
  for (const cli::Command& command : cli::commands())
    fmt::print("  {:<13}{}\n", command.name, command.summary);
  fmt::print(
      "\n  fsconv --version\n\n"
      "Exit codes: 0 ok, 1 runtime error, 2 usage, 3 a claim failed, 4 bad input data, 5 I/O, 130 "
      "interrupted\n");
  return static_cast<int>(ExitCode::ok);
}

int print_version() {
  fmt::print("fsconv {}\n", FSCONV_VERSION);
  const nlohmann::json libraries = library_versions();
  for (const auto& library : libraries.items())
    fmt::print("  {} {}\n", library.key(), library.value().get<std::string>());
  return static_cast<int>(ExitCode::ok);
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "help") return print_help();
  if (arguments[0] == "--version") return print_version();
  const auto all = cli::commands();
  const auto command =
      std::find_if(all.begin(), all.end(), [&](const cli::Command& c) { return c.name == arguments[0]; });
  if (command == all.end()) throw InvalidArgument(arguments[0], "is no command", "see fsconv --help");
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (std::find(rest.begin(), rest.end(), "--help") != rest.end()) {
    fmt::print("{}", cli::help(*command));
    return static_cast<int>(ExitCode::ok);
  }
  return command->run(cli::parse(*command, rest));
}

int complain(std::string_view message, ExitCode code) {
  cli::tell("fsconv: {}", message);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away or a file limit is an error of the write, reported there, not a sudden death.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  use_one_blas_thread();
  try {
    const int code = run(std::vector<std::string>(argv + 1, argv + argc));
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw IoError::from_errno("standard output", "write");
    return code;
  } catch (const Error& error) {
    return complain(error.what(), error.code());
  } catch (const std::bad_alloc&) {
    return complain("out of memory", ExitCode::runtime);
  } catch (const std::exception& error) {
    return complain(error.what(), ExitCode::runtime);
  }
}
