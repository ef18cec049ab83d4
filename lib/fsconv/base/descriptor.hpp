// An open file as the system numbers it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace fsconv {

// Owns a descriptor, or none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }

  int value() const { return value_; }
  bool valid() const { return value_ >= 0; }
  // False where the system reports a failure (errno says which); it is closed all the same. Once.
  bool close();

 private:
  int value_ = -1;
};

// The same file with a number above those of stdin, stdout and stderr: where one of these is closed, whatever is opened
// next gets its number. Not valid, with errno, where `file` is not or the system has no number left.
Descriptor above_standard_streams(Descriptor file);

}  // namespace fsconv
