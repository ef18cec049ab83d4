// A forked copy of this process that answers questions: for a library that may crash, or never return, on what it is
// given.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fsconv/base/descriptor.hpp>
#include <fsconv/base/index.hpp>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv {

// What one answer may take. Time is processor time, so that a busy machine is no reason to give up; memory is address
// space beyond what the process has when it is forked.
struct ServerLimits {
  double seconds = 10;
  Index bytes = Index{512} << 20;
};

// Thrown where the copy has ended without an answer.
class ServerEnded : public std::runtime_error {
 public:
  enum class How { crashed, exited, out_of_time, killed, unknown };
  ServerEnded(How how, const std::string& message) : std::runtime_error(message), how_(how) {}
  How how() const { return how_; }

 private:
  How how_;
};

class ForkedServer {
 public:
  struct Answer {
    std::string words;
    std::vector<std::byte> payload = {};  // for what is large: it is received where it shall lie
  };
  // Called in the copy, one question after the other. It must not use threads of this process, and its exceptions end
  // the copy.
  using Handler = std::function<Answer(std::string_view words, std::span<const std::byte> payload)>;

  // Throws Error (runtime) with the system's reason if it refuses a process.
  explicit ForkedServer(const Handler& handler);
  ~ForkedServer();
  ForkedServer(const ForkedServer&) = delete;
  ForkedServer& operator=(const ForkedServer&) = delete;

  // Asks and waits; the answer's payload must have the size of `answer_payload`, which it fills. Throws ServerEnded if
  // the copy ends first, at a limit or by itself, Interrupted after Ctrl-C; after either nothing more can be asked.
  std::string ask(std::string_view words, const ServerLimits& limits = {},
                  std::span<const std::byte> payload = {}, std::span<std::byte> answer_payload = {});

 private:
  [[noreturn]] void report_end();
  void end();

  Descriptor socket_;
  int child_ = -1;
};

}  // namespace fsconv
