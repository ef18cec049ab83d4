// fsconv shape --stack and --weight: receptive fields, pixels at borders, fixed filters, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/io/array_file.hpp>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv::testing;
using nlohmann::json;

namespace {

Finished shape(const std::string& line, int exit_code = 0) {
  const ScratchFolder folder;
  const std::vector<std::string> arguments = words("shape " + line);
  Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  CHECK(finished.exit_code == exit_code);
  CHECK(finished.error_lines() <= 2);
  return finished;
}

}  // namespace

TEST_CASE("cli shape: a stack tells what every layer sees") {
  const std::string text = shape("--stack c8k4s2p1,t8k3s2p1o1 --input-size 28 --pixel 0").out;
  for (const char* part :
       {"there 1 x 28 -> 8 x 14 -> 8 x 28", "back  8 x 28 -> 8 x 14 -> 1 x 28",
        "layer 1  ic1oc8i28o14k4s2p1  conv\n", "layer 2  ic8oc8i28o14k3s2p1  conv_transpose\n",
        "without borders -1 to 2 (4 pixels)", "of the image 0 to 2 (3 pixels)", "padding 25 %"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
  // One phase sees 4 pixels, the other 6.
  CHECK(text.find("4 to 6") != std::string::npos);
  // An encoder is told as before: down and up.
  const std::string encoder = shape("--stack c8k4s2p1 --input-size 28").out;
  CHECK(encoder.starts_with("down  1 x 28 -> 8 x 14\nup    8 x 14 -> 1 x 28"));
  CHECK(encoder.find("ConvTranspose1d") != std::string::npos);
}

TEST_CASE("cli shape: a stack as JSON") {
  const json list =
      json::parse(shape("--stack c8k4s2p1,t8k3s2p1o1 --input-size 28,9 --pixel 0,3 --json").out);
  REQUIRE(list.size() == 2);
  CHECK(list[0]["layer"] == "conv");
  CHECK(list[1]["layer"] == "conv_transpose");
  CHECK(list[0]["receptive_field"]["jump"] == "2");
  CHECK(list[0]["receptive_field"]["centre"] == "1/2");
  CHECK(list[1]["receptive_field"]["phases"] == 2);
  CHECK(list[1]["receptive_field"]["field_least"] == 4);
  CHECK(list[1]["receptive_field"]["field_most"] == 6);
  CHECK(list[1]["receptive_field"]["shift"] == "1/2");
  const json pixel = list[1]["pixel"];
  CHECK(pixel["axes"][0]["whole"] == json({{-1, 2}}));
  CHECK(pixel["axes"][0]["image"] == json({{0, 2}}));
  CHECK(pixel["axes"][1]["whole"] == json({{1, 6}}));
  CHECK(pixel["padding_share"] == Approx(0.25));
}

TEST_CASE("cli shape: the sizes that share a code are those under the padding that was given") {
  for (const char* convention : {"native", "onnx", "jax"}) {
    INFO(convention);
    const std::string system = std::string(" --convention ") + convention;
    CHECK(shape("--op conv --input-size 15 --kernel 5 --stride 3 --padding 0:4" + system)
              .out.find("with a code of 5 under padding 0:4: 13 to 15") != std::string::npos);
    const json axes = json::parse(
        shape("--op conv --input-size 7,15 --kernel 5 --stride 3 --padding 0:0,0:4 --json" + system)
            .out)["axes"];
    CHECK(axes[0]["smallest_image"] == 5);
    CHECK(axes[0]["largest_image"] == 7);
    CHECK(axes[1]["smallest_image"] == 13);
    CHECK(axes[1]["largest_image"] == 15);
  }
  // The same operator along both axes, but not the same sizes.
  const std::string both = shape("--op conv --input-size 15,15 --kernel 5 --stride 3 --padding 0:3,0:4").out;
  CHECK(both.find("the same\n") == std::string::npos);
  CHECK(both.find("under padding 0:3: 14 to 16") != std::string::npos);
  CHECK(both.find("under padding 0:4: 13 to 15") != std::string::npos);
  CHECK(shape("--op conv --input-size 15,15 --kernel 5 --stride 3 --padding 0:4")
            .out.find("axis 1  the same\n") != std::string::npos);
}

TEST_CASE("cli shape: a layer of a stack without a padding shares its code with the images that SAME says") {
  const json list = json::parse(shape("--stack c8k4s2,t4k4s2,c8k4s2p1 --input-size 14 --json").out);
  REQUIRE(list.size() == 3);
  CHECK(list[0]["axes"][0]["smallest_image"] == 13);  // ceil(n / 2) = 7
  CHECK(list[0]["axes"][0]["largest_image"] == 14);
  CHECK(list[1]["axes"][0]["smallest_image"] == 13);
  CHECK(list[1]["axes"][0]["largest_image"] == 14);
  CHECK(list[2]["axes"][0]["smallest_image"] == 14);  // floor((n + 2 - 4) / 2) + 1 = 7
  CHECK(list[2]["axes"][0]["largest_image"] == 15);
}

TEST_CASE("cli shape: a stack that is too far to be followed is still planned") {
  const std::string text = shape("--stack c1k3s1048576/1048575 --input-size 28").out;
  CHECK(text.find("1 x 28") != std::string::npos);
  const json list = json::parse(shape("--stack c1k3s1048576/1048575 --input-size 28 --pixel 0 --json").out);
  CHECK(list[0]["receptive_field"]["jump"] == "1048576/1048575");
  CHECK_FALSE(list[0]["receptive_field"].contains("field_most"));
  CHECK_FALSE(list[0]["pixel"]["axes"].empty());
}

TEST_CASE("cli shape: a fixed filter says its geometry, its taps and its borders") {
  const std::string text = shape("--weight bilinear:2 --input-size 14,14 --channels 3").out;
  for (const char* part :
       {"3 x 14 x 14 -> 3 x 28 x 28", "case  g3ic3oc3i28x28o14x14k4s2p1", "0.25 0.75 0.75 0.25",
        "as little as 0.5625", "kernel_size=4, stride=2, padding=1"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
  const json answer = json::parse(shape("--weight bilinear:3/2 --input-size 4 --json").out);
  CHECK(answer["case"] == "ic1oc1i6o4k6s3/2p2");
  CHECK(answer["filter"]["name"] == "bilinear:3/2");
  CHECK(answer["filter"]["taps"][0].size() == 6);
}

TEST_CASE("cli shape: the command that does the same does, also where the filter is applied reversed") {
  const ScratchFolder folder;
  const auto array = [&](const std::string& file) { return fsconv::read_array(folder / file).values; };
  fsconv::write_array(folder / "w.npy", fsconv::Tensor<double>({1, 1, 2, 2}, {1, 2, 3, 5}), "f8");
  fsconv::write_array(folder / "x.npy", fsconv::Tensor<double>({1, 1, 2, 2}, {1, 10, 100, 1000}), "f8");
  const auto run = [&](std::vector<std::string> arguments) {
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    REQUIRE(finished.exit_code == 0);
    return finished.out;
  };
  for (const char* line :
       {"--convention theano --op conv", "--convention theano --op conv --flip false",
        "--convention theano --op conv_transpose --size 4,4 --stride 2", "--op conv --flip true",
        "--op conv_transpose --stride 3/2 --flip true", "--convention pytorch --op conv_transpose"}) {
    INFO(line);
    const json shape =
        json::parse(run(words(std::string("shape --input-size 2,2 --kernel 2 --json ") + line)));
    const std::string same = shape["equivalents"]["native"]["text"];
    REQUIRE(same.starts_with("fsconv apply "));
    run(words(same.substr(same.find(' ') + 1)));
    run(words(std::string("apply --input x.npy --weight w.npy --output own.npy ") + line));
    CHECK(array("y.npy") == array("own.npy"));
  }
}

TEST_CASE("cli shape: the arithmetic speaks of the filter as it is used and of the padding as it came out") {
  CHECK(shape("--input-size 5 --kernel 3 --stride 2").out.find("the reversed filter") != std::string::npos);
  CHECK(shape("--convention jax --input-size 5 --kernel 3 --stride 2 --padding same")
            .out.find("the filter as its") != std::string::npos);
  CHECK(
      shape(
          "--op conv_transpose --convention onnx --input-size 11 --kernel 3 --stride 3 --padding valid --size 13")
          .out.find("with a code of 11 under padding 10:10: 13 to 15") != std::string::npos);
  CHECK(
      shape("--op conv --convention tensorflow --padding same --data-format NCHW --input-size 8,8 --kernel 3")
          .out.find("not in that of") != std::string::npos);
}

TEST_CASE("cli shape: stacks and filters that cannot be are refused") {
  struct Mistake {
    const char* line;
    const char* says;
  };
  for (const Mistake& one :
       {Mistake{"--stack t8k3o1 --input-size 8", "layer 1 output padding"},
        {"--stack c8t8k3 --input-size 8", "both c and t"},
        {"--stack c8k3o1 --input-size 8", "only a transposed convolution"},
        {"--stack c8k3p0 --input-size 2", "layer 1 kernel"},
        {"--stack c8k3 --input-size 8 --pixel 8", "pixel"},
        {"--stack c8k3 --input-size 8 --pixel -1", "pixel"},
        {"--stack c8k3 --input-size 8 --pixel 1,2", "pixel"},
        {"--stack c8k3 --input-size 8 --pixel x", "pixel"},
        {"--input-size 8 --kernel 3 --pixel 1", "--stack"},
        {"--stack c8k3 --weight bilinear:2", "--stack"},
        {"--weight w.npy --input-size 8", "no fixed filter"},
        {"--weight bilinear:2 --input-size 8 --kernel 4", "kernel: would have no effect"},
        {"--weight bilinear:2 --case i4o2k3", "case: would have no effect"},
        {"--weight bilinear:2 --input-size 8 --channels 2,3", "channels"},
        {"--weight bilinear:2,3 --input-size 8", "weight"},
        {"--weight bilinear:2 --input-size 8,8,8,8", "4 axes"},
        {"--weight bilinear:2", "input-size"}}) {
    INFO(one.line);
    const Finished finished = shape(one.line, 2);
    CHECK(finished.out.empty());
    CHECK(finished.err.find(one.says) != std::string::npos);
  }
}
