// InputFile: regular files from anywhere inside, and clear words for everything else.
// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/input_file.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

TEST_CASE("input file: its size, and its bytes from anywhere") {
  const ScratchFolder folder;
  put_content(folder / "x", "abcdef");
  const InputFile file(folder / "x");
  CHECK(file.size() == 6);
  std::array<std::byte, 3> bytes{};
  file.read(2, bytes);
  CHECK(bytes == std::array{std::byte{'c'}, std::byte{'d'}, std::byte{'e'}});
  CHECK_THROWS_AS(file.read(4, bytes), BadData);
}

TEST_CASE("input file: what states no length and is not empty is not taken for an empty file") {
  CHECK_THROWS_WITH(InputFile("/proc/self/status"), Contains("states no length and is not empty"));
  const ScratchFolder folder;
  put_content(folder / "empty", "");
  CHECK(InputFile(folder / "empty").size() == 0);
}

TEST_CASE("input file: pipes, sockets, devices and directories are refused, and nobody is waited for") {
  const ScratchFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const auto legal = EndsWith("name a regular file");
  CHECK_THROWS_WITH(InputFile(folder / "pipe"), Contains("cannot read: it is a pipe,") && legal);
  CHECK_THROWS_WITH(InputFile("/dev/zero"), Contains("cannot read: it is a device,") && legal);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK_THROWS_WITH(InputFile(folder / "socket"), Contains("cannot read: it is a socket,") && legal);
  ::close(descriptor);
  CHECK_THROWS_WITH(InputFile(folder.path()), EndsWith("cannot read: it is a directory"));
  CHECK_THROWS_WITH(InputFile(folder / "missing"), EndsWith("No such file or directory"));
  CHECK_THROWS_AS(InputFile(""), IoError);
}
