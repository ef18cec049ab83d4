// fsconv draw as a user runs it: every format, steps, whose words, runs.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/io/array_file.hpp>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"
#include "support/count.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

Finished draw(const ScratchFolder& folder, const std::string& line) {
  const auto arguments = words("draw " + line);
  const Finished finished = run_fsconv(arguments, folder.path());
  INFO(description(arguments, finished));
  REQUIRE(finished.exit_code == 0);
  return finished;
}

constexpr auto layer = "ic1oc1i6x6o3x3k4s2p1 --view zeros ";

}  // namespace

TEST_CASE("cli draw: the ending says the format, and each is what it says") {
  const ScratchFolder folder;
  for (const auto& [name, begins] : {std::pair<const char*, std::string>{"a.svg", "<?xml"},
                                     {"a.PNG", "\x89PNG\r\n\x1a\n"},
                                     {"a.gif", "GIF89a"},
                                     {"a.html", "<!DOCTYPE html>"}}) {
    const Finished finished = draw(folder, std::string(layer) + "-o " + name);
    INFO(name);
    CHECK(content_of(folder / name).starts_with(begins));
    CHECK(finished.out.starts_with(std::string(name) + "  Transposed convolution with stride 2"));
    CHECK(finished.err.empty());
  }
}

TEST_CASE("cli draw: a step's products are marked in the SVG, and those of another step are others") {
  const ScratchFolder folder;
  draw(folder, std::string(layer) + "-o a.svg --step 0");
  draw(folder, std::string(layer) + "-o b.svg --step 7");
  const std::string a = content_of(folder / "a.svg"), b = content_of(folder / "b.svg");
  CHECK(count(a, "data-mark=\"tap\"") == 1);  // the corner: w11 y00
  CHECK(a.find("data-mark=\"tap\" data-o=\"0 0\" data-i=\"0 0\" data-k=\"1 1\"") != std::string::npos);
  CHECK(count(b, "data-mark=\"tap\"") == 4);
  CHECK(b.find("x[1,1] = ") != std::string::npos);
  CHECK(a.find("<script") == std::string::npos);
}

TEST_CASE("cli draw: --animate shows all steps in turn and runs nothing") {
  const ScratchFolder folder;
  draw(folder, "ic1oc1i6o3k3s2p1 --animate -o a.svg");
  const std::string svg = content_of(folder / "a.svg");
  CHECK(count(svg, "<g class=\"frame frame") == 6);
  CHECK(svg.find("@keyframes") != std::string::npos);
  CHECK(svg.find("prefers-reduced-motion") != std::string::npos);
  CHECK(svg.find("<script") == std::string::npos);
}

TEST_CASE("cli draw: a step takes a time that can be seen, whatever moves, or nothing is written") {
  const ScratchFolder folder;
  for (const char* seconds : {"0", "-1", "0.01", "601", "1e300"})
    for (const char* file : {"a.svg --animate", "a.gif", "a.html"}) {
      INFO(seconds << " " << file);
      const Finished refused = run_fsconv(
          words(std::string("draw --input-size 5 --kernel 3 --seconds=") + seconds + " -o " + file),
          folder.path());
      CHECK(refused.exit_code == 2);
      CHECK(refused.err.find("0.02 to 600 for each step") != std::string::npos);
      CHECK(std::filesystem::is_empty(folder.path()));
    }
  draw(folder, "--input-size 5 --kernel 3 --animate --seconds 0.02 -o a.svg");
}

TEST_CASE("cli draw: whose words, and the sizes that a convention gives") {
  const ScratchFolder folder;
  draw(folder,
       "--convention pytorch --input-size 3,3 --kernel 3 --stride 2 --padding 1 --output-padding 1 -o p.svg");
  const std::string svg = content_of(folder / "p.svg");
  CHECK(svg.find("input (code side)") != std::string::npos);
  CHECK(svg.find("torch.nn.ConvTranspose2d(1, 1, kernel_size=3, stride=2, padding=1, output_padding=1") !=
        std::string::npos);
  CHECK(svg.find("case ic1oc1i6x6o3x3k3s2p1") != std::string::npos);
}

TEST_CASE("cli draw: numbers are those of the files") {
  const ScratchFolder folder;
  write_array(folder / "y.npy", Tensor<double>({2}, {10, 100}), "f8");
  write_array(folder / "w.npy", Tensor<double>({1, 1, 3}, {1, 2, 4}), "f8");
  draw(folder, "ic1oc1i5o2k3s2 --text numbers --input y.npy --weight w.npy --step 2 -o n.svg");
  CHECK(content_of(folder / "n.svg").find("x[2] = 1·100 + 4·10 = 140") != std::string::npos);
}

TEST_CASE("cli draw: a filter that is applied reversed is drawn so, and the call says it") {
  const ScratchFolder folder;
  write_array(folder / "y.npy", Tensor<double>({2}, {10, 100}), "f8");
  write_array(folder / "pair.npy", Tensor<double>({3}, {1, 2, 4}), "f8");
  write_array(folder / "whole.npy", Tensor<double>({1, 1, 3}, {1, 2, 4}), "f8");
  for (const char* weight : {"pair.npy", "whole.npy"}) {
    INFO(weight);
    draw(folder,
         std::string("ic1oc1i5o2k3s2 --text numbers --flip true --input y.npy --step 2 -o n.svg --weight ") +
             weight);
    CHECK(content_of(folder / "n.svg").find("x[2] = 4·100 + 1·10 = 410") != std::string::npos);
  }
  const auto footer = [&](const std::string& line, const char* text) {
    draw(folder, "--op conv --input-size 5,5 --kernel 3 -o f.svg " + line);
    return content_of(folder / "f.svg").find(text) != std::string::npos;
  };
  const char* const reversed = "the filter is drawn as it is applied; its array holds it reversed";
  CHECK(footer("--convention theano", reversed));
  CHECK_FALSE(footer("--convention theano", "filter_flip"));
  CHECK_FALSE(footer("--convention theano --flip false", reversed));
  CHECK(footer("--convention theano --flip false", "filter_flip=False"));
  CHECK(footer("--flip true", reversed));
  CHECK(footer("--convention pytorch --flip true", "# with the filter reversed"));
  CHECK(footer("--convention onnx-reference", "onnx: onnx.helper.make_node"));
  CHECK_FALSE(footer("--convention theano --view overlap", reversed));
}

TEST_CASE("cli draw: what stands beside a call stands below it, and words that do nothing are refused") {
  const ScratchFolder folder;
  draw(folder, "ic1oc1i5o9k3s1/2p1 --convention pytorch -o turned.svg");
  CHECK(content_of(folder / "turned.svg").find("# with the filter reversed and its channels swapped") !=
        std::string::npos);
  draw(folder, "ic1oc1i9x9o5x5k3s2p1d2 --convention tensorflow -o limited.svg");
  CHECK(content_of(folder / "limited.svg").find("# dilation here on a GPU only") != std::string::npos);
  draw(folder, "i1o1k3s2 --view overlap -o small.svg");
  CHECK(content_of(folder / "small.svg").find("no pixel is reached by all taps of its phase") !=
        std::string::npos);
  // Pixel 0 has three taps, of which a larger image would show all.
  draw(folder, "i2o2k7s3p3 --view overlap -o partly.svg");
  CHECK(content_of(folder / "partly.svg")
            .find("away from the borders: 2 taps in 1 of 2 phases; the others are near a border") !=
        std::string::npos);
  draw(folder, "i8o3k4s2 --view overlap -o even.svg");
  CHECK(content_of(folder / "even.svg").find("away from the borders: 2 taps everywhere: even") !=
        std::string::npos);
  for (const char* line :
       {"i5o2k3s2 --convention pytorch --transpose-kernel true", "i5o2k3s2 --data-format NWC",
        "i5o2k3s2 --convention jax --use-consistent-padding true",
        "i5o2k3s2 --convention jax --op conv --transpose-kernel true", "i5o2k3s2 --step 1 --seconds 2",
        "i5o2k3s2 --view overlap --text numbers", "i5o2k3s2 --view overlap --seconds 2",
        "i5o2k3s2 --view overlap --step 0", "i5o2k3s2 --view overlap --flip true"}) {
    const auto arguments = words(std::string("draw -o x.gif ") + line);
    const Finished refused = run_fsconv(arguments, folder.path());
    INFO(description(arguments, refused));
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("would have no effect") != std::string::npos);
  }
}

TEST_CASE("cli draw: --json says what was drawn") {
  const ScratchFolder folder;
  const auto json = nlohmann::json::parse(draw(folder, std::string(layer) + "-o a.svg --json").out);
  CHECK(json["steps"] == 36);
  CHECK(json["output"] == "a.svg");
  CHECK(json["bytes"] == content_of(folder / "a.svg").size());
}

TEST_CASE("cli draw: a run's model, with both uses of a shared weight") {
  const ScratchFolder folder;
  const auto train = words(
      "train --data generated --train-images 16 --test-images 16 --channels 2 --latent 2 --epochs 1 --output run.h5");
  REQUIRE(run_fsconv(train, folder.path()).exit_code == 0);
  draw(folder, "run.h5 -o model.svg");
  const std::string svg = content_of(folder / "model.svg");
  CHECK(svg.find("conv1") != std::string::npos);
  const Finished refused = run_fsconv(words("draw run.h5 --view zeros -o m.svg"), folder.path());
  CHECK(refused.exit_code == 2);
  CHECK(refused.error_lines() == 1);
}

TEST_CASE("cli draw: a name that no file can have is none, and is said so") {
  const ScratchFolder folder;
  std::filesystem::create_symlink("loop", folder / "loop");
  for (const std::string& name : {std::string(300, 'x'), std::string("loop")}) {
    const Finished refused = run_fsconv({"draw", name, "-o", "x.svg"}, folder.path());
    INFO(refused.err);
    CHECK((refused.exit_code == 2 || refused.exit_code == 5));
    CHECK(refused.err.find("filesystem error") == std::string::npos);
    CHECK(refused.error_lines() <= 2);
  }
}
