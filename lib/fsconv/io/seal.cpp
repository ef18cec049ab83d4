// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/seal.hpp>
#include <fsconv/io/sha256.hpp>
#include <optional>
#include <vector>

namespace fsconv {
namespace {

std::string text_at(const InputFile& file, std::uint64_t begin, std::uint64_t count) {
  std::string text(count, '\0');
  file.read(begin, std::as_writable_bytes(std::span(text)));
  return text;
}

// Where the digits stand.
std::optional<std::uint64_t> digits_in(const InputFile& file) {
  constexpr std::uint64_t seal_size = seal_words.size() + seal_digits, longest_head = 1 << 20;
  if (file.size() < seal_size) return std::nullopt;
  for (const std::uint64_t behind : {0, 1}) {
    if (file.size() < seal_size + behind) continue;
    const std::uint64_t at = file.size() - behind - seal_size;
    if (text_at(file, at, seal_words.size()) == seal_words) return at + seal_words.size();
  }
  const std::size_t at = text_at(file, 0, std::min(file.size(), longest_head)).find(seal_words);
  if (at == std::string::npos || at + seal_size > file.size()) return std::nullopt;
  return at + seal_words.size();
}

}  // namespace

std::string open_seal() { return std::string(seal_words) + std::string(seal_digits, '0'); }

void close_seal(std::string& text) {
  const std::size_t digits = text.rfind(open_seal()) + seal_words.size();
  const auto bytes = std::as_bytes(std::span(text));
  Sha256 sum;
  sum.add(bytes.first(digits));
  sum.add(bytes.subspan(digits + seal_digits));
  text.replace(digits, seal_digits, sum.hex());
}

bool is_sealed(const std::string& path) {
  const InputFile file(path);
  const auto digits = digits_in(file);
  if (!digits) return false;
  Sha256 sum;
  std::vector<std::byte> piece;
  const auto add = [&](std::uint64_t at, std::uint64_t end) {
    for (; at < end; at += piece.size()) {
      stop_if_interrupted();
      piece.resize(std::min<std::uint64_t>(1 << 20, end - at));
      file.read(at, piece);
      sum.add(piece);
    }
  };
  add(0, *digits);
  add(*digits + seal_digits, file.size());
  return text_at(file, *digits, seal_digits) == sum.hex();
}

}  // namespace fsconv
