// Names of files that hold commands for a terminal: no command's text passes them on, on stdout or stderr.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fsconv/io/array_file.hpp>
#include <fsconv/io/hdf5/file.hpp>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;
namespace fs = std::filesystem;

namespace {

// Colours, a line of its own, the old one-byte way to begin a command, and a mark that turns the rest around.
const std::string evil = "v\x1b[31mX\nY\x9b\xe2\x80\xae";

// An @ is the evil name.
std::vector<std::string> evil_words(const std::string& line) {
  std::vector<std::string> list = words(line);
  for (std::string& word : list)
    if (const auto at = word.find('@'); at != std::string::npos) word.replace(at, 1, evil);
  return list;
}

// What else than plain text stands there; a name's own line would begin with its second part.
bool is_plain(const std::string& text) {
  const bool obeyed = std::any_of(text.begin(), text.end(),
                                  [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; });
  return !obeyed && text.find('\x9b') == std::string::npos &&
         text.find("\xe2\x80\xae") == std::string::npos && text.find("\nY") == std::string::npos &&
         !text.starts_with("Y");
}

Finished run_plainly(const ScratchFolder& folder, const std::string& line, int code = 0) {
  const std::vector<std::string> arguments = evil_words(line);
  const Finished finished = run_fsconv(arguments, folder.path(), {.time = std::chrono::seconds(30)});
  INFO(line << "\n" << description(arguments, finished));
  CHECK(finished.exit_code == code);
  CHECK(is_plain(finished.out));
  CHECK(is_plain(finished.err));
  return finished;
}

}  // namespace

TEST_CASE("cli hostile names: the check sees what a terminal would obey") {
  CHECK(is_plain("two\nlines\n"));
  CHECK(is_plain("v\\x1b[31mX\\x0aY.h5"));
  for (const std::string& text : {evil, std::string("\x1b"), std::string("a\nY"), std::string("\t"),
                                  std::string("\x9b"), std::string("\xe2\x80\xae")})
    CHECK_FALSE(is_plain(text));
}

TEST_CASE("cli hostile names: no command passes them on to the terminal", "[slow]") {
  const ScratchFolder folder;
  const std::string train =
      "train --data generated:8x8x1 --train-images 20 --test-images 8 --epochs 1 --channels 2 --latent 2 "
      "--model vae --output @.h5";
  run_plainly(folder, train);
  run_plainly(folder, train, 2);  // there is one
  run_plainly(folder, "train --resume @.h5 --epochs 2");
  run_plainly(folder, "train --config @.h5 --output @2.h5");
  run_plainly(
      folder,
      "train --data generated:8x8x1 --train-images 20 --test-images 8 --epochs 1 --channels 2 --latent 2 --model vae --init @.h5 --output @3.h5");
  for (const char* line : {
           "evaluate @.h5 --output @-evaluation.h5",
           "evaluate @2.h5 --against @-evaluation.h5",
           "evaluate @.h5 --json",
           "encode @.h5 --output @-codes.h5",
           "encode @.h5 --output @-codes.npy",
           "decode @.h5 --codes @-codes.h5 --output @.png",
           "decode @.h5 --sample 4 --output @.npy",
           "reconstruct @.h5 --output @-pairs.png",
           "reconstruct @.h5 --output @-pairs.h5",
           "smooth @.h5 --output @-smooth.h5",
           "export @.h5 --to @.npz",
           "export @.h5 --to @.safetensors",
           "export @.h5 --to @.onnx",
           "import @.npz --like @.h5 --output @-imported.h5",
           "log @.h5",
           "log @.h5 @2.h5",
           "log @.h5 @2.h5 --diff",
           "log @.h5 --csv",
           "draw @.h5 --output @-model.svg",
           "draw ic1oc1i6o3k3s2p1 --output @.svg",
           "verify --case i4o2k2s2 --form gather --method exact,numeric --output @-verify.h5",
           "verify --case i4o2k2s2 --form gather --method exact --shard 1/2 --output @-1.h5",
           "verify --case i4o2k2s2 --form gather --method exact --shard 2/2 --output @-2.h5",
           "merge @-1.h5 @-2.h5 --output @-merged.h5",
           "bench --what conv --case i4o2k2s2 --form gather --rounds 1 --output @-bench.h5",
           "report @.h5 @-evaluation.h5 @-codes.h5 @-verify.h5 @-bench.h5 --output @.html",
           "matrix --case ic1oc1i4o2k2s2 --output @-matrix.h5 --picture @-matrix.svg",
           "matrix --case ic1oc1i4o2k2s2 --output @.mtx",
           "data prepare @-pictures --size 8 --output @-data.h5",
           "data verify @-data.h5",
           "data list @-data.h5",
       }) {
    if (std::string(line).starts_with("data prepare"))
      fs::copy(std::string(FSCONV_SOURCE_DIR) + "/data/samples/pictures", folder / (evil + "-pictures"),
               fs::copy_options::recursive);
    run_plainly(folder, line);
  }
  write_array(folder / (evil + "-x.npy"), Tensor<double>({1, 1, 4, 4}), "f8");
  write_array(folder / (evil + "-w.npy"), Tensor<double>({1, 1, 3, 3}), "f8");
  run_plainly(folder, "apply --op conv --input @-x.npy --weight @-w.npy --output @-y.npy");
  run_plainly(folder, "matrix --input-size 4,4 --kernel 3 --weight @-w.npy --print");
  // A name that a file holds, not that of a file.
  auto file = hdf5::File::modify(folder / (evil + "-evaluation.h5"));
  file.set_attribute("/", "digest", std::string("unchecked"));
  file.set_attribute("/", "run", "of a file " + evil);
  file.commit();
  run_plainly(folder, "evaluate @2.h5 --against @-evaluation.h5");
  // And what is refused.
  for (const char* line : {"evaluate @none.h5", "log @none.h5", "report @none.h5 --output x.html",
                           "merge @none.h5 @none2.h5 --output x.h5", "draw @none.h5 --output x.svg",
                           "import @none.npz --like @.h5 --output x.h5"})
    CHECK_FALSE(run_plainly(folder, line, 5).err.empty());
}
