// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/sha256.hpp>
#include <vector>

namespace fsconv {
namespace {

// It fails where memory is short, and where a system's policy switches SHA-256 off.
void require(int succeeded) {
  if (succeeded != 1) throw Error(ExitCode::runtime, "OpenSSL does not compute SHA-256 on this system");
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(state_->context != nullptr && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  require(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr));
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256(std::span<const std::byte> bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.hex();
}

std::string sha256_of_file(const std::string& path) {
  const InputFile file(path);
  Sha256 sum;
  std::vector<std::byte> piece(std::min<std::uint64_t>(file.size(), 1 << 20));
  for (std::uint64_t at = 0; at < file.size(); at += piece.size()) {
    stop_if_interrupted();
    piece.resize(std::min<std::uint64_t>(piece.size(), file.size() - at));
    file.read(at, piece);
    sum.add(piece);
  }
  return sum.hex();
}

}  // namespace fsconv
