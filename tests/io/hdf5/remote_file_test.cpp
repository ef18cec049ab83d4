// Two witnesses: a file read and changed by this process, and by its forked copy, are the same file.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/remote_file.hpp>
#include <fsconv/io/hdf5/wire.hpp>

#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
using namespace fsconv::hdf5;

namespace {

std::span<const std::byte> bytes_of(const Tensor<float>& values) {
  return std::as_bytes(std::span(values.data(), static_cast<std::size_t>(values.size())));
}

// Uses every function that changes a file.
void fill(Access& file) {
  const Tensor<float> values({2, 3}, {1, 2, 3, 4, 5, 6});
  file.create_group("/g/h");
  file.write_numbers(
      "/g/x", NumberType::f4, bytes_of(values), values.shape(),
      {.dimensions = {"row", "column"}, .compressed = true, .units = "1", .long_name = "some"});
  file.write_numbers("/g/gone", NumberType::f4, bytes_of(values), values.shape(), {.plain = true});
  file.write_strings("/g/h/texts", {"", "Größe", std::string(300, 't')}, {});
  file.set_attribute("/", "text", "words");
  file.set_attribute("/", "real", 0.1);
  file.set_attribute("/g", "whole", std::int64_t{-7});
  file.set_attribute("/g/x", "large", std::uint64_t{UINT64_MAX});
  file.remove("/g/gone");
  file.close();
}

// What a question gives, or the error's kind and words.
template <class Ask>
std::string said(Ask ask) {
  std::string bytes;
  try {
    wire::put(bytes, ask());
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.code())) + error.what();
  }
  return bytes;
}

}  // namespace

TEST_CASE("hdf5 copy: what it writes is, byte for byte, what this process writes") {
  const ScratchFolder folder;
  LocalFile local("x.h5", folder / "local.h5", LocalFile::Mode::create);
  RemoteFile remote("x.h5", folder / "remote.h5", LocalFile::Mode::create);
  fill(local);
  fill(remote);
  CHECK((content_of(folder / "local.h5") == content_of(folder / "remote.h5")));
}

TEST_CASE("hdf5 copy: every question has the answer, or the error, that this process gives") {
  const ScratchFolder folder;
  {
    LocalFile file("x.h5", folder / "x.h5", LocalFile::Mode::create);
    fill(file);
  }
  const RemoteFile remote("x.h5", folder / "x.h5", LocalFile::Mode::read);  // before this process opens it
  const LocalFile local("x.h5", folder / "x.h5", LocalFile::Mode::read);
  int answers = 0, errors = 0;
  const auto same = [&](auto ask) {
    const std::string here = said([&] { return ask(static_cast<const Access&>(local)); });
    CHECK((here == said([&] { return ask(static_cast<const Access&>(remote)); })));
    here.empty() || here.find("x.h5") == std::string::npos ? ++answers : ++errors;
  };
  for (const std::string name : {"/", "/g", "/g/h", "/g/x", "/g/h/texts", "/g/row", "/g/none", "x", ""}) {
    INFO(name);
    same([&](const Access& file) { return file.exists(name); });
    same([&](const Access& file) { return file.is_group(name); });
    same([&](const Access& file) { return file.members(name); });
    same([&](const Access& file) { return file.shape(name); });
    same([&](const Access& file) { return file.dtype(name); });
    same([&](const Access& file) { return file.fill_value(name); });
    same([&](const Access& file) { return file.place(name); });
    same([&](const Access& file) { return file.read_strings(name); });
    same([&](const Access& file) { return file.attributes(name); });
    same([&](const Access& file) { return file.describe_numbers(name); });
    for (const char* attribute : {"text", "real", "whole", "large", "none", "units"}) {
      same([&](const Access& file) { return file.has_attribute(name, attribute); });
      same([&](const Access& file) { return file.attribute(name, attribute); });
      same([&](const Access& file) { return file.numbers_attribute(name, attribute); });
    }
  }
  same([](const Access& file) { return file.datasets(); });
  CHECK(answers > 40);
  CHECK(errors > 40);
  Tensor<float> here({2, 3}), there({2, 3});
  const auto into = [](Tensor<float>& values) {
    return std::as_writable_bytes(std::span(values.data(), static_cast<std::size_t>(values.size())));
  };
  local.read_numbers("/g/x", NumberType::f4, into(here));
  remote.read_numbers("/g/x", NumberType::f4, into(there));
  CHECK(here == Tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(here == there);
}

TEST_CASE("hdf5 copy: values come over the wire as they are, and too few bytes are an error") {
  const auto round = [](const auto& value) {
    std::string bytes;
    wire::put(bytes, value);
    std::string_view view = bytes;
    const auto back = wire::get<std::decay_t<decltype(value)>>(view);
    CHECK(view.empty());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      std::string_view cut(bytes.data(), length);
      CHECK_THROWS_AS(wire::get<std::decay_t<decltype(value)>>(cut), std::runtime_error);
    }
    return back;
  };
  CHECK(round(std::string("a\0b", 3)) == std::string("a\0b", 3));
  CHECK(round(std::vector<std::string>{"", "x"}) == std::vector<std::string>{"", "x"});
  CHECK(round(Value(std::uint64_t{5})) == Value(std::uint64_t{5}));
  CHECK(round(Value(std::int64_t{-5})) == Value(std::int64_t{-5}));
  CHECK(round(Value(2.5)) == Value(2.5));
  CHECK(round(Value("text")) == Value("text"));
  CHECK(round(std::optional<double>(0.5)) == std::optional<double>(0.5));
  CHECK(round(Shape{2, 0, 5}) == Shape{2, 0, 5});
  CHECK(round(Numbers{{1, 2}, "i4"}).values == std::vector<double>{1, 2});
  CHECK(round(Storage{.dimensions = {"a"}, .plain = true, .units = "m"}).dimensions.size() == 1);
  // A length that no message has is not allocated.
  std::string bytes;
  wire::put(bytes, std::uint64_t{1} << 60);
  std::string_view view = bytes;
  CHECK_THROWS_AS(wire::get<std::string>(view), std::runtime_error);
}
