// Bugs in readers that came to light when their fuzz targets were written: inputs too large to be kept in tests/fuzz/corpus.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <ctime>
#include <fsconv/base/error.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/io/hdf5/wire.hpp>
#include <fsconv/symbolic/obligation.hpp>
#include <fsconv/train/config.hpp>
#include <span>

#include "fuzz/target.hpp"

using namespace fsconv;

TEST_CASE("regression: JSON nested a million levels deep in a file ended the stack of whoever looked at it") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  ForeignTensors tensors("w.safetensors");
  CHECK_THROWS_AS(tensors.add_aliases("{\"a\":" + deep + "}"), BadData);
  CHECK_THROWS_AS(tensors.add_transposed(deep), BadData);
}

TEST_CASE("regression: a hundred thousand layers kept training from beginning, and from saying so") {
  TrainConfig config;
  config.channels.assign(1000, 1);
  CHECK(layers(config).size() == 1000);
  for (const std::size_t count : {std::size_t{1001}, std::size_t{1'000'000}}) {
    config.channels.assign(count, 1);
    CHECK_THROWS_AS(layers(config), InvalidArgument);
    CHECK_THROWS_AS(check(config), InvalidArgument);
  }
  config.channels = {1};
  config.kernel.assign(1001, 4);
  CHECK_THROWS_AS(layers(config), InvalidArgument);
}

TEST_CASE("regression: an answer of the process that reads HDF5 which ended early was nobody's error") {
  std::string message;
  hdf5::wire::put(message, std::vector<std::string>{"/a", "/b"});
  for (std::size_t length = 0; length < message.size(); ++length) {
    std::string_view bytes(message.data(), length);
    CHECK_THROWS_AS(hdf5::wire::get<std::vector<std::string>>(bytes), hdf5::wire::Malformed);
  }
  std::string endless;
  hdf5::wire::put(endless, ~std::uint64_t{0});
  std::string_view bytes = endless;
  CHECK_THROWS_AS(hdf5::wire::get<Shape>(bytes), hdf5::wire::Malformed);
}

TEST_CASE("regression: a proof's file of a mebibyte made gigabytes of questions") {
  std::string text = "(set-logic QF_NIA)\n(set-info :statement \"s\")\n(set-info :claims \"matrix\")\n";
  text += "(declare-const in Int)\n";
  const auto block = [](const char* status) {
    return std::string("(push 1)\n(assert (> in 1))\n(set-info :status ") + status +
           ")\n(check-sat)\n(pop 1)\n";
  };
  const std::string small = text + block("sat") + block("unsat");
  CHECK(parse_obligation("small", small).queries.size() == 2);
  while (text.size() < longest_obligation / 2) text += "(assert (>= in 1))\n";
  text += block("sat");
  while (text.size() < longest_obligation - 100) text += block("unsat");
  CHECK_THROWS_AS(parse_obligation("large", text), BadData);
}

TEST_CASE(
    "regression: a line of many entries in a configuration was searched for its comment by each of them") {
  std::string line = "channels = [";
  while (line.size() < (1 << 20) - 100) line += "a#,";
  line += "a]\n";
  const std::clock_t begin = std::clock();
  CHECK_NOTHROW(fuzz::run(*fuzz::find_target("config"), std::as_bytes(std::span(line))));
  CHECK(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC <
        5);  // it took more than 8 s, and went on
}
