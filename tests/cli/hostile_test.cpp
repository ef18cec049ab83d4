// Command lines that try to break the program: each must be refused with a code from 2 to 5, within seconds,
// in at most three lines.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/io/array_file.hpp>
#include <span>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv;
using namespace fsconv::testing;

namespace {

// Every product here overflows 64 bits, or exceeds any memory, or means work without end.
constexpr const char* too_large[] = {
    "shape --input-size 9223372036854775807 --kernel 3",
    "shape --input-size 9223372036854775808 --kernel 3",
    "shape --input-size 1000000000000 --kernel 3",
    "shape --input-size 1000000000 --kernel 3 --stride 1000000000",
    "shape --input-size 1000000000 --kernel 1000000000 --dilation 1000000000",
    "shape --input-size 1000000000,1000000000,1000000000 --kernel 3",
    "shape --input-size 4 --kernel 3 --channels 9223372036854775807,1",
    "shape --input-size 4 --kernel 3 --channels 4294967296,4294967296",
    "shape --input-size 4 --kernel 3 --padding 9223372036854775807",
    "shape --input-size 4 --kernel 3 --padding -9223372036854775808",
    "shape --input-size 4 --kernel 3 --size -9223372036854775808",
    "shape --input-size 4 --kernel 3 --output-padding -9223372036854775808",
    "shape --input-size 4 --kernel 3 --stride 9223372036854775807/9223372036854775806",
    "shape --op conv --input-size 1000000000 --kernel 3 --stride 1/1000000007",
    "shape --case i9223372036854775807o1k1",
    "shape --case i99999999999999999999o1k1",
    "shape --stack c9223372036854775807k3,c9223372036854775807k3 --input-size 28",
    "shape --stack c1k1s9223372036854775807 --input-size 28",
    "matrix --input-size 100000,100000 --kernel 3",
    "matrix --input-size 1000000000,1000000000,1000000000 --kernel 1",
    "matrix --input-size 30000,30000 --kernel 100",
    "matrix --input-size 4 --kernel 3 --channels 1000000000,1000000000",
    "matrix --case ic1073741824oc1073741824i1o1k1",
    "matrix --case i1073741824x1073741824o1x1k1",
    "verify --case ic1073741824oc1073741824i1o1k1",
    "verify --case i1073741824x1073741824o1x1k1",
    "verify --case i1073741824x1073741824x1073741824o1x1x1k1",
    "verify --geometries 9223372036854775807",
    "verify --geometries 1000000000",
    "verify --max-size 1000000000 --sweep exhaustive",
    "verify --threads 1000000000",
    "train --data generated --latent 1000000000",
    "train --data generated --channels 1000000000",
    "train --data generated --kernel 1000000000",
    "train --data generated --stride 9223372036854775807",
    "train --data generated --padding 1000000000",
    "train --data generated --epochs 9223372036854775807",
    "train --data generated --threads 1000000000",
    "train --data generated --train-images 1000000000",
};

// Numbers that are none, lists with holes, names with a meaning elsewhere.
constexpr const char* malformed[] = {
    "shape --input-size , --kernel 3",
    "shape --input-size 4, --kernel 3",
    "shape --input-size 4;4 --kernel 3",
    "shape --input-size 0x10 --kernel 3",
    "shape --input-size 1e3 --kernel 3",
    "shape --input-size +4 --kernel 3",
    "shape --input-size nan --kernel 3",
    "shape --input-size 4 --kernel 3 --stride /",
    "shape --input-size 4 --kernel 3 --stride 1/",
    "shape --input-size 4 --kernel 3 --stride 0/0",
    "shape --input-size 4 --kernel 3 --stride -1/-2",
    "shape --input-size 4 --kernel 3 --padding :",
    "shape --input-size 4 --kernel 3 --padding 1:2:3",
    "shape --input-size 4 --kernel 3 --padding SAM",
    "shape --input-size %s%n%d --kernel 3",
    "shape --input-size {} --kernel {:d}",
    "shape --case x",
    "shape --case i",
    "shape --case i4x4x4x4o1x1x1x1k1",
    "shape --case i4o2x2k3",
    "shape --case i4o2k3s2/0",
    "shape --case i4o2k3s",
    "shape --case i-4o2k3",
    "shape --case i4o2k3g0",
    "shape --stack ,",
    "shape --stack c3k3,,c3k3",
    "shape --stack c0k0s0p0",
    "shape --stack k3c3x9",
    "shape -- --input-size 4",
    "shape -x",
    "shape --",
    "shape --=4",
    "-h",
    "--help=1",
    "matrix --input-size 4 --kernel 3 --weight /dev/zero",
    "matrix --input-size 4 --kernel 3 --weight /dev/zero.npy",
    "matrix --input-size 4 --kernel 3 --weight :",
    "matrix --input-size 4 --kernel 3 --weight .h5:/x",
    "matrix --input-size 4 --kernel 3 --output W.exe",
    "matrix --input-size 4 --kernel 3 --output .",
    "matrix --input-size 4 --kernel 3 --picture .",
    "draw",
    "draw -o x.svg",
    "draw ic1oc1i6o3k3s2p1",
    "draw ic1oc1i6o3k3s2p1 -o x.pdf",
    "draw ic1oc1i6o3k3s2p1 -o x.png --animate",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --animate --step 1",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --step 6",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --step -1",
    "draw ic1oc1i6o3k3s2p1 -o x.gif --seconds 0",
    "draw ic1oc1i6o3k3s2p1 -o x.gif --seconds nan",
    "draw ic1oc1i6o3k3s2p1 -o x.png --zoom 0",
    "draw ic1oc1i6o3k3s2p1 -o x.png --zoom 1e9",
    "draw ic1oc1i6o3k3s2p1 -o x.png --zoom 1e-300",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --zoom 2",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --seconds 2",
    "draw i48x48x48o48x48x48k1 -o x.svg",
    "apply --op conv_transpose --input x.npy --weight lanczos:200:64 --output o.npy",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --view sideways",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --theme pink",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --stride 2",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --weight w.npy",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --text numbers --weight w.npy",
    "draw ic1oc1i6o3k3s2p1 -o x.svg --text numbers --input x.npy",
    "draw ic1oc1i1000000o500000k2s2 -o x.svg",
    "draw ic1oc1i0o0k1 -o x.svg",
    "draw nonsense -o x.svg",
    "draw x.h5 -o x.svg",
    "draw /dev/null -o x.svg",
    "draw . -o x.svg",
    "apply --op conv --input x.npy --weight w.npy --output x.txt",
    "apply --op conv --input x.npy --weight w.npy --output .h5:",
    "apply --op conv --input x.npy --weight w.npy --output o.npy --form nope",
    "apply --op conv --input x.npy --weight x.npy --output o.npy --groups 1000000000",
    "apply --op conv --input x.npy --weight w.npy --output o.npy --form onednn",  // onednn has no double
    "apply --op conv --input x.npy --weight w.npy --output o.npy --stride 1/2 --convention onnx",
    "apply --convention pytorch --op conv --input w.npy --weight x.npy --output o.npy",
    "apply --op weight_gradient --input x.npy --output-gradient w.npy --kernel 9 --output o.npy",
    "apply --op weight_gradient --input x.npy --output-gradient w.npy --output o.npy",
    "apply --op conv --input x.npy --weight w.npy --bias x.npy --output o.npy",
    "apply --op conv --input x.npy --weight w.npy --output o.npy --flip yes",
    "verify --claim ,",
    "verify --claim transpose,,adjoint",
    "verify --method ,",
    "verify --form ,",
    "verify --case i4o2k3 --precision half",
    "verify --seed 1.5",
    "train --data /dev/zero",
    "train --data .",
    "train --data generated --channels ,",
    "train --data generated --kernel -3",
    "train --data generated --learning-rate 1e400",
    "train --data generated --learning-rate inf",
    "train --data generated --output run.exe",
    "train --resume .",
    "train --resume x.npy",
};

void check_all(std::span<const char* const> lines) {
  const ScratchFolder folder;
  write_array(folder / "x.npy", Tensor<double>({1, 1, 4, 4}), "f8");
  write_array(folder / "w.npy", Tensor<double>({1, 1, 3, 3}), "f8");
  for (const char* line : lines) {
    const std::vector<std::string> arguments = words(line);
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code >= 2);
    CHECK(finished.exit_code <= 5);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("fsconv: "));
    CHECK(finished.error_lines() <= 3);
    CHECK(folder.files() == 2);
  }
}

}  // namespace

TEST_CASE("cli hostile: sizes beyond every machine are refused at once", "[slow]") { check_all(too_large); }

TEST_CASE("cli hostile: malformed values are refused") { check_all(malformed); }

TEST_CASE("cli hostile: bytes that are no text") {
  const ScratchFolder folder;
  const std::string long_word(100'000, '9');
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{""},
        {"\xff\xfe"},
        {"shape", "\xff\xfe"},
        {"shape", ""},
        {"shape", "--input-size", "\xff", "--kernel", "3"},
        {"shape", "--case", "\n\n\n"},
        {"shape", "--input-size", long_word, "--kernel", "3"},
        {"apply", "--op", "conv", "--input", "\xff.npy"},
        {"train", "--data", std::string(5000, 'a')},
        {"matrix", "--input-size", "4", "--kernel", "3", "--output", std::string(5000, 'a') + ".npz"}}) {
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code >= 2);
    CHECK(finished.exit_code <= 5);
    CHECK(folder.files() == 0);
  }
}

TEST_CASE("cli hostile: a message has two lines at most, of bounded length, whatever it repeats", "[slow]") {
  const ScratchFolder folder;
  const std::string as(120'000, 'a'), colons(120'000, ':'), lines = [] {
    std::string text;
    while (text.size() < 120'000) text += "\nfsconv: all is well";
    return text;
  }();
  const std::string escapes =
      "\x1b[2J\x1b]0;owned\x07\x9b"
      "31m\xe2\x80\xae\xff";
  for (const std::string& word : {as, colons, lines, escapes, as + ".npy", as + "=1"})
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {word},
             {"--" + word},
             {"help", word},
             {"--version", word},
             {"shape", word},
             {"shape", "--" + word},
             {"shape", "--" + word, "1"},
             {"shape", "--input-size", word, "--kernel", "3"},
             {"shape", "--input-size", "4", "--kernel", "3", "--stride", word},
             {"shape", "--input-size", "4", "--kernel", "3", "--padding", word},
             {"shape", "--input-size", "4", "--kernel", "3", "--op", word},
             {"shape", "--input-size", "4", "--kernel", "3", "--convention", word},
             {"shape", "--case", word},
             {"shape", "--stack", word},
             {"shape", "--config", word},
             {"apply", "--op", word},
             {"apply", "--op", "conv", "--output", "o.npy", "--input", word},
             {"verify", "--claim", word},
             {"verify", "--form", word},
             {"verify", "--case", word},
             {"train", "--data", word},
             {"train", "--data", "generated:" + word},
             {"train", "--model", word},
             {"train", "--resume", word},
             {"evaluate", word},
             {"evaluate", "--run", word}}) {
      const Finished finished = run_fsconv(arguments, folder.path());
      INFO(arguments[0].substr(0, 100) << " " << (arguments.size() > 1 ? arguments[1].substr(0, 100) : ""));
      INFO(finished.err.substr(0, 3000));
      CHECK(finished.exit_code >= 2);
      CHECK(finished.exit_code <= 5);
      CHECK(finished.error_lines() <= 2);
      CHECK(finished.err.size() < 2500);
      for (const char c : finished.err) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
      CHECK(folder.files() == 0);
    }
}

TEST_CASE("cli hostile: geometries at the limit that are legal end in time, too") {
  // Legal, if useless. What takes longer than a user would wait must be refused instead.
  const ScratchFolder folder;
  for (const char* line :
       {"shape --input-size 4 --kernel 1000000000", "shape --case i1073741824o1073741824k1",
        "shape --case i1o1k1073741824d1073741824", "shape --case i3o3k3s1073741824/1073741823",
        "shape --case i1073741824o1k1073741824s1073741824/1073741823",
        "shape --stack c1000000000k1000000000s1000000000,c9k9 --input-size 1000000000",
        "matrix --case i1o1k1073741824d1073741824", "matrix --case i1o1k3s1073741824/1073741823",
        "verify --case i1o1k1s1073741824/1073741823", "verify --case i100000o100000k3"}) {
    const std::vector<std::string> arguments = words(line);
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code >= 0);
    CHECK(finished.exit_code <= 5);
    CHECK(finished.exit_code != 1);
  }
}
