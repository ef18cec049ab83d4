// Files of weights made by hand: the bytes of PyTorch's pickles, and what fsconv says of a file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/exchange/read_state.hpp>
#include <fsconv/io/seal.hpp>
#include <fsconv/io/zip/zip_writer.hpp>
#include <string>

#include "io/scratch.hpp"
#include "states.hpp"

namespace fsconv::test {

using fsconv::testing::ScratchFolder;
using namespace std::string_literals;

inline ModelState tiny_state() {
  ModelState state;
  state.tensors.push_back({.name = "w", .aliases = {"v"}, .value = {{1, 2}, {1.5F, -2.0F}}});
  return state;
}

inline std::string number(std::uint64_t value, int width) {
  std::string bytes;
  for (; width > 0; --width, value >>= 8) bytes += static_cast<char>(value & 0xff);
  return bytes;
}

// A file of PyTorch with this pickle and one storage of 4 floats, whose order of bytes is stated where it is not empty.
inline std::string torch_bytes(const ScratchFolder& folder, const std::string& pickle,
                               const std::string& storage = number(0x3f800000, 4) + number(0x40000000, 4) +
                                                            number(0x40400000, 4) + number(0x40800000, 4),
                               const std::string& order = {}) {
  const std::string path = folder / "made.pt";
  ZipWriter zip(path);
  const auto add = [&](const char* name, const std::string& text) {
    zip.add(name, std::array{std::as_bytes(std::span(text))}, 64);
  };
  add("archive/data.pkl", pickle);
  if (!order.empty()) add("archive/byteorder", order);
  add("archive/data/0", storage);
  zip.commit();
  return bytes_of_file(path);
}

inline std::string text(const std::string& value) { return "X" + number(value.size(), 4) + value; }
inline std::string tensor(const std::string& type, const std::string& numel, const std::string& view) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + type + "\n" + text("0") +
         text("cpu") + numel + "tQ" + view + "\x89" + "ccollections\nOrderedDict\n)RtR";
}
inline const std::string two_by_two = "K\0(K\x02K\x02t(K\x02K\x01t"s;
inline std::string dictionary(const std::string& items) {
  return "\x80\x02" + ("ccollections\nOrderedDict\n)R("s) + items + "u.";
}

inline void put_byte(const std::string& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at)).put(byte);
}

// What does not break the seal of a file and should, of every changed byte of `step` and of two that follow; or nothing.
inline std::string first_unsealing_failure(const std::string& path, std::size_t step) {
  if (!is_sealed(path)) return "it has no seal";
  const std::string bytes = bytes_of_file(path);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    put_byte(path, at, static_cast<char>(bytes[at] ^ 1));
    if (is_sealed(path)) return "byte " + std::to_string(at) + " may change";
    put_byte(path, at, bytes[at]);
  }
  write_bytes(path, bytes + "\n\n");
  const bool sealed = is_sealed(path);
  write_bytes(path, bytes);
  return sealed ? "bytes may follow" : "";
}

// The message of a file that is refused.
inline std::string refusal(const std::string& path) {
  try {
    read_state(path);
  } catch (const BadData& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace fsconv::test
