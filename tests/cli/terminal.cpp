// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "cli/process.hpp"

namespace fsconv::testing {

std::vector<std::string> Seen::lines() const {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\033') {
      at = text.find_first_of("mK", at);
      if (text[at] == 'K')
        plain.erase(plain.rfind('\n') + 1);  // the line is drawn anew; without one, all of it
    } else if (text[at] != '\r')
      plain += text[at];
  }
  std::vector<std::string> list;
  std::istringstream stream(plain);
  for (std::string line; std::getline(stream, line);) list.push_back(line);
  return list;
}

Seen run_on_terminal(const std::vector<std::string>& arguments, const std::string& folder,
                     unsigned short columns, const std::map<std::string, std::string>& environment,
                     std::chrono::seconds patience) {
  ProgramArguments program(arguments);
  set_up_sanitizers();
  winsize size{};
  size.ws_row = 24;
  size.ws_col = columns;
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child < 0) throw std::runtime_error("no terminal");
  if (child == 0) {
    for (const char* name : {"TERM", "NO_COLOR", "COLUMNS"}) ::unsetenv(name);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execv(FSCONV_PROGRAM, program.pointers());
    ::_exit(127);
  }
  Seen seen;
  const auto end = std::chrono::steady_clock::now() + patience;
  bool killed = false;
  for (std::array<char, 4096> block;;) {
    pollfd file{terminal, POLLIN, 0};
    if (::poll(&file, 1, 100) > 0) {
      const ssize_t got = ::read(terminal, block.data(), block.size());
      if (got <= 0) break;  // the other end is closed
      seen.text.append(block.data(), static_cast<std::size_t>(got));
    }
    if (!killed && std::chrono::steady_clock::now() >= end) {
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  seen.exit_code = killed ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return seen;
}

}  // namespace fsconv::testing
