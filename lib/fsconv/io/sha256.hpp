// SHA-256, by which other programs can check what fsconv has read: `sha256sum` prints the same.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace fsconv {

// Takes bytes in any pieces. OpenSSL computes it; HDF5 brings that along.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::byte> bytes);

  // 64 hexadecimal digits, of all that was added. Nothing can be added afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::span<const std::byte> bytes);

// Of a regular file, read piece by piece. IoError; Interrupted after Ctrl-C, where it is caught.
std::string sha256_of_file(const std::string& path);

}  // namespace fsconv
