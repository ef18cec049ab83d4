// The errors that reach the user, each with the exit code it ends the program with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace fsconv {

enum class ExitCode : int {
  ok = 0,
  runtime = 1,
  usage = 2,
  claim_failed = 3,
  bad_data = 4,
  io = 5,
  interrupted = 130,
};

// Whatever it was made from, what() is text that a terminal can show, a line or two of some hundred bytes: parts that
// are too long are cut in their middle, and what would be obeyed or hidden is written as \xNN (base/excerpt.hpp).
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message);
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// A caller's mistake: the field that is wrong, what is wrong with it, and what would be legal.
class InvalidArgument : public Error {
 public:
  InvalidArgument(std::string_view field, std::string_view problem, std::string_view legal = {});
  const std::string& field() const { return field_; }

 private:
  std::string field_;
};

// Data that cannot be used: where it is, what is wrong with it, and what would be legal.
class BadData : public Error {
 public:
  BadData(std::string_view where, std::string_view problem, std::string_view legal = {});
};

// A file that cannot be read or written: its path and the system's reason.
class IoError : public Error {
 public:
  IoError(std::string_view path, std::string_view reason);
  // Takes the reason from errno.
  static IoError from_errno(std::string_view path, std::string_view action);
};

class Interrupted : public Error {
 public:
  explicit Interrupted(const std::string& message) : Error(ExitCode::interrupted, message) {}
};

}  // namespace fsconv
