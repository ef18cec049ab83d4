// Mistakes on the command line: exit code 2 and a line that says what, where and what would be legal.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "cli/process.hpp"
#include "io/scratch.hpp"

using namespace fsconv::testing;

namespace {

// A line with a mistake, and what its message must say.
struct Mistake {
  const char* line;
  std::vector<const char*> says;
};

void check_all(const std::vector<Mistake>& mistakes) {
  const ScratchFolder folder;
  for (const Mistake& mistake : mistakes) {
    const std::vector<std::string> arguments = words(mistake.line);
    const Finished finished = run_fsconv(arguments, folder.path());
    std::string unsaid;
    for (const char* part : mistake.says)
      if (finished.err.find(part) == std::string::npos) unsaid += fmt::format("'{}' ", part);
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    if (finished.exit_code != 2) continue;
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("fsconv: "));
    CHECK(finished.error_lines() <= 2);
    CHECK(unsaid == "");
    CHECK(folder.files() == 0);
  }
}

}  // namespace

TEST_CASE("cli usage: unknown words are named, and where they belong") {
  check_all({
      {"frobnicate", {"frobnicate", "no command", "fsconv --help"}},
      {"--stride 2", {"--stride", "no command"}},
      {"shape --frob 1", {"--frob", "no option of fsconv shape"}},
      {"shape --input-size 4 --kernel 3 --strid 2",
       {"--strid", "no option"}},  // abbreviations are not guessed
      {"shape --geometries 3", {"--geometries", "belongs to fsconv verify"}},
      {"matrix --epochs 3", {"--epochs", "belongs to fsconv train"}},
      {"train --mutant no_flip", {"--mutant", "belongs to fsconv verify"}},
      {"verify --picture W.png", {"--picture", "belongs to fsconv matrix"}},
      {"train --case i4o2k3", {"--case", "fsconv shape", "matrix", "verify"}},
      {"verify --stack c1k1", {"--stack", "belongs to fsconv shape"}},
      {"shape 14 --kernel 3", {"options only"}},
      {"shape --input-size 4 --kernel 3 --kernel 4", {"kernel", "more than once"}},
      {"shape --input-size 4 --kernel", {"kernel", "missing"}},
      {"shape --input-size 4 --kernel 3 --convention caffe", {"convention", "caffe", "pytorch", "jax"}},
      {"shape --input-size 4 --kernel 3 --op deconv", {"op", "deconv", "conv_transpose"}},
      {"shape --input-size 4 --kernel 3 --padding wide", {"padding", "wide", "valid", "same"}},
      {"apply --op forward --input a --weight b --output c", {"op", "forward", "weight_gradient"}},
      {"verify --claim nope", {"claim", "nope", "transpose", "not-inverse"}},
      {"verify --form nope", {"form", "nope", "gather", "onednn"}},
      {"verify --method nope", {"method", "nope", "numeric", "exact"}},
      {"verify --mutant nope", {"mutant", "nope", "no_flip", "quadratic"}},
      {"verify --sweep all", {"sweep", "all", "default", "exhaustive"}},
      {"train --model gan", {"model", "gan", "ae"}},
      {"train --loss l1", {"loss", "l1", "bce", "mse"}},
      {"train --form nope", {"form", "nope", "im2col"}},
      {"train --tied --untied", {"tied", "untied"}},
  });
}

TEST_CASE("cli usage: what was meant is named, where it is likely, and never done") {
  check_all({
      {"shap --kernel 3", {"shap", "no command", "did you mean shape?"}},
      {"VERIFY", {"VERIFY", "did you mean verify?"}},
      {"help trian", {"trian", "did you mean train?"}},
      {"-h", {"-h", "did you mean --help?"}},
      {"--hlep", {"did you mean --help?"}},
      {"train --epoch 3", {"--epoch", "did you mean --epochs?"}},
      {"train --epcohs 3", {"did you mean --epochs?"}},
      {"shape --input_size 3", {"--input_size", "did you mean --input-size?"}},
      {"verify --geometrys=3", {"--geometrys:", "did you mean --geometries?"}},
      {"train -e 1", {"-e: is no option of fsconv train", "two dashes", "did you mean --epochs?"}},
      {"train -epochs 1", {"-epochs:", "two dashes", "did you mean --epochs?"}},
      {"train ---epochs 1", {"---epochs:", "did you mean --epochs?"}},
      {"shape kernel 3", {"'kernel'", "options only", "did you mean --kernel?"}},
  });
  // What resembles nothing brings no suggestion.
  const ScratchFolder folder;
  for (const char* line : {"frobnicate", "deconvolution", "shape --frobnicate 3", "shape 14", "shape --=3"}) {
    const Finished finished = run_fsconv(words(line), folder.path());
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find("did you mean") == std::string::npos);
    CHECK(finished.err.find("see fsconv ") != std::string::npos);
  }
}

TEST_CASE("cli usage: -o is short for --output, and the only letter that is short for anything") {
  check_all({
      {"shape -o x --input-size 4 --kernel 3", {"-o: is no option of fsconv shape"}},
      {"matrix -x", {"-x: is no option of fsconv matrix", "two dashes", "only -o is short for --output"}},
      {"matrix -oW.npz --input-size 4 --kernel 3", {"-oW.npz:", "only -o"}},
      {"matrix -output W.npz", {"-output:", "did you mean --output?"}},
      {"matrix --o W.npz", {"--o: is no option"}},
      {"matrix --input-size 4 --kernel 3 -o", {"output", "its value is missing"}},
      {"matrix --input-size 4 --kernel 3 -o --print", {"output", "its value is missing"}},
      {"matrix --input-size 4 --kernel 3 -o=", {"output", "is empty"}},
      {"matrix --input-size 4 --kernel 3 -o W.npz --output V.npz", {"output", "more than once"}},
      {"matrix --input-size 4 --kernel 3 -o W.npz -o V.npz", {"output", "more than once"}},
      {"matrix --input-size 4 --kernel -o W.npz", {"kernel", "its value is missing"}},
      {"matrix --input-size 4 --kernel 3 -o W.txt", {"W.txt"}},
  });
  const ScratchFolder folder;
  for (const char* line :
       {"matrix --input-size 4 --kernel 3 -o one.npz", "matrix --input-size 4 --kernel 3 -o=two.npz"}) {
    const Finished finished = run_fsconv(words(line), folder.path());
    INFO(description(words(line), finished));
    CHECK(finished.exit_code == 0);
  }
  CHECK(folder.files() == 2);
  for (const char* command :
       {"matrix", "apply", "verify", "train", "evaluate", "encode", "decode", "reconstruct", "bench"}) {
    INFO(command);
    const std::string help = run_fsconv({command, "--help"}, folder.path()).out;
    CHECK(help.find("\n  -o [ --output ] FILE  ") != std::string::npos);
    CHECK(help.find("\n  --output ") == std::string::npos);
  }
}

TEST_CASE("cli usage: no word is left unheard") {
  check_all({
      {"--help extra", {"extra", "no command"}},
      {"--help shape extra", {"'extra'", "a word too many"}},
      {"help shape extra", {"'extra'", "a word too many"}},
      {"--version extra", {"'extra'", "a word too many"}},
      {"shape 14", {"'14'", "a word too many", "options only"}},
      {"shape --input-size 4 --kernel 3 4", {"'4'", "a word too many"}},
      {"evaluate a.h5 b.h5", {"'b.h5'", "one word, that of --run"}},
      {"shape -- 3", {"--", "no option"}},
      {"shape --input-size 4 --kernel --stride 2", {"kernel", "its value is missing"}},
      {"matrix --output --print", {"output", "its value is missing", "--output=FILE"}},
      {"shape --op=", {"op", "is empty"}},
      {"shape --help=3", {"--help"}},
  });
  const ScratchFolder folder;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"shape", "--op", "", "--input-size", "4", "--kernel", "3"},
                                             {"shape", "--input-size", "", "--kernel", "3"},
                                             {"verify", "--claim", ""},
                                             {"shape", ""},
                                             {""}}) {
    const Finished finished = run_fsconv(arguments, folder.path());
    INFO(description(arguments, finished));
    CHECK(finished.exit_code == 2);
    CHECK(finished.error_lines() == 1);
  }
}

TEST_CASE("cli usage: every option of every command refuses an empty and a blank value", "[slow]") {
  const ScratchFolder folder;
  for (const char* command : {"shape", "matrix", "apply", "verify", "train", "evaluate", "encode", "decode",
                              "reconstruct", "bench"}) {
    const std::string help = run_fsconv({command, "--help"}, folder.path()).out;
    int options = 0;
    std::istringstream lines(help.substr(0, help.find("Examples:")));
    for (std::string line; std::getline(lines, line);) {
      // "  --name VALUE  what it does"; flags have no value
      if (constexpr std::string_view both = "  -o [ --output ]"; line.starts_with(both))
        line.replace(0, both.size(), "  --output");
      if (!line.starts_with("  --") || line.find(' ', 4) == std::string::npos) continue;
      const std::string name = line.substr(4, line.find(' ', 4) - 4);
      if (line.substr(6 + name.size() - 1, 2) == "  ") continue;
      ++options;
      for (const std::vector<std::string>& words_behind :
           {std::vector<std::string>{"--" + name, ""}, {"--" + name + "="}, {"--" + name, " \t\n"}}) {
        std::vector<std::string> arguments = {command};
        arguments.insert(arguments.end(), words_behind.begin(), words_behind.end());
        const bool is_empty = words_behind.back().find(' ') == std::string::npos;
        const Finished finished = run_fsconv(arguments, folder.path());
        INFO(description(arguments, finished));
        CHECK(finished.exit_code == 2);
        CHECK(finished.err == "fsconv: " + name + (is_empty ? ": is empty\n" : ": is blank\n"));
        CHECK(folder.files() == 0);
      }
    }
    INFO(command);
    CHECK(options >= 8);
  }
}

TEST_CASE("cli usage: lists with a hole") {
  check_all({
      {"shape --input-size 4 --kernel 3,", {"kernel", "''"}},
      {"shape --input-size 4 --kernel ,3", {"kernel", "''"}},
      {"shape --input-size 4, --kernel 3", {"input-size", "''"}},
      {"shape --input-size 4 --kernel 3 --stride 2,", {"stride"}},
      {"shape --input-size 4 --kernel 3 --stride ,2", {"stride"}},
      {"shape --input-size 4 --kernel 3 --padding 1,", {"padding"}},
      {"shape --input-size 4 --kernel 3 --padding ,1", {"padding"}},
      {"shape --input-size 4 --kernel 3 --dilation ,", {"dilation"}},
      {"shape --input-size 4 --kernel 3 --channels 1,", {"channels"}},
      {"shape --input-size 4 --kernel 3 --size 6,", {"size"}},
      {"shape --input-size 4 --kernel 3 --output-padding ,0", {"output-padding"}},
      {"shape --input-size 4 --kernel 3 --convention jax --padding 0 --data-format NCH,,NCH",
       {"data_format", "once each"}},
      {"verify --claim adjoint,", {"claim", "empty entry"}},
      {"verify --form ,gather", {"form", "empty entry"}},
      {"verify --method numeric,,exact", {"method", "empty entry"}},
      {"train --channels 2,", {"channels"}},
      {"train --kernel ,3", {"kernel"}},
      {"train --padding ,", {"padding"}},
      {"train --tie 1,,2", {"tie"}},
  });
}

TEST_CASE("cli usage: a number that is too large is called so") {
  check_all({
      {"shape --input-size 99999999999999999999 --kernel 3",
       {"input-size", "99999999999999999999", "too large", "9223372036854775807"}},
      {"shape --input-size 4 --kernel 3,9223372036854775808", {"kernel", "too large", "9223372036854775807"}},
      {"verify --threads 99999999999999999999", {"threads", "too large", "from 1 to 1024"}},
      {"verify --geometries -99999999999999999999", {"geometries", "too small"}},
      {"train --epochs 99999999999999999999", {"epochs", "from 1 to 1000000000"}},
  });
}

TEST_CASE("cli usage: what is missing is named") {
  check_all({
      {"shape", {"input-size", "missing"}},
      {"shape --input-size 4", {"kernel", "missing"}},
      {"matrix --kernel 3", {"input-size", "missing"}},
      {"apply", {"op", "missing"}},
      {"apply --op conv --weight w.npy --input x.npy", {"output", "missing"}},
      {"apply --op conv --weight w.npy --output o.npy", {"input", "missing"}},
      {"shape --convention tensorflow --input-size 4 --kernel 3 --stride 2", {"output_shape", "7 to 8"}},
      {"shape --convention theano --input-size 4,4 --kernel 3 --stride 2", {"input_shape", "9 to 10"}},
      {"shape --convention jax --input-size 4 --kernel 3 --stride 2", {"padding", "jax"}},
  });
}

TEST_CASE("cli usage: numbers that no convolution has") {
  check_all({
      {"shape --input-size 4 --kernel 3 --stride 0", {"stride", "0", "at least 1"}},
      {"shape --input-size 4 --kernel 3 --stride 1/0", {"stride", "1/0", "at least 1"}},
      {"shape --input-size 4 --kernel 3 --stride -2", {"stride", "-2", "at least 1"}},
      {"shape --input-size 4 --kernel 3 --stride 2/3/4", {"stride", "2/3/4", "fraction"}},
      {"shape --input-size 4 --kernel 3 --stride 1.5", {"stride", "1.5", "fraction"}},
      {"shape --input-size abc --kernel 3", {"input-size", "abc"}},
      {"shape --input-size 4 --kernel abc", {"kernel", "abc"}},
      {"shape --input-size 4 --kernel 3 --stride abc", {"stride", "abc"}},
      {"shape --input-size 4 --kernel 0", {"taps", "0", "at least 1"}},
      {"shape --convention pytorch --input-size 0 --kernel 3", {"size", "0", "at least 1"}},
      {"shape --input-size 4 --kernel 3 --dilation 0", {"dilation", "0", "at least 1"}},
      {"shape --convention keras --input-size 4 --kernel 3 --channels 0,1", {"channels", "0", "at least 1"}},
      {"shape --input-size 4 --kernel 3 --channels 1,2,3", {"channels", "3 numbers", "two"}},
      {"shape --input-size 4 --kernel 3 --channels 4,6 --groups 4", {"groups", "4", "divide", "6"}},
      {"shape --input-size 4 --kernel 3 --groups 0", {"groups", "0"}},
      {"shape --input-size 4,4,4,4 --kernel 3", {"4 axes", "1, 2 or 3"}},
      {"shape --input-size 4,4 --kernel 3 --stride 1,2,3", {"stride", "3 entries", "2"}},
      {"matrix --input-size 4 --kernel 3 --seed -1", {"seed", "-1"}},
      {"matrix --input-size 4 --kernel 3 --seed 18446744073709551616",
       {"seed", "from 0 to 18446744073709551615"}},
      {"matrix --input-size 4 --kernel 3 --seed 1.5", {"seed", "'1.5'"}},
      {"verify --threads 0", {"threads", "0", "1"}},
      {"verify --geometries -1", {"geometries", "-1"}},
      {"shape --input-size 4 --kernel 3 --flip maybe", {"flip", "maybe", "true or false"}},
      {"matrix --input-size 4 --kernel 3 --flip maybe", {"flip", "maybe", "true or false"}},
      {"verify --case i4o2k3 --flip maybe", {"flip", "no option of fsconv verify", "fsconv shape"}},
      {"train --epochs 0", {"epochs", "0", "1"}},
      {"train --learning-rate nan", {"learning-rate", "nan"}},
      {"train --learning-rate 0", {"learning-rate", "0"}},
      {"train --latent -1", {"latent", "-1"}},
      {"train --data generated --channels 1,2,3 --kernel 3,3", {"kernel", "2 entries", "3"}},
  });
}

TEST_CASE("cli usage: sizes that no transposed convolution can have come with the legal ones") {
  check_all({
      {"shape --input-size 4 --kernel 3 --stride 2 --size 20", {"20", "legal sizes are 9 to 10"}},
      {"shape --input-size 4 --kernel 3 --stride 2 --size 8", {"8", "legal sizes are 9 to 10"}},
      {"shape --convention pytorch --input-size 4,4 --kernel 3 --stride 2 --padding 1 --size 7,9",
       {"axis 1", "9", "legal sizes are 7 to 8"}},
      {"shape --convention tensorflow --input-size 7 --kernel 3 --stride 2 --padding same --size 15",
       {"15", "legal sizes are 13 to 14"}},
      {"shape --convention theano --input-size 3,3 --kernel 3 --stride 2 --padding half --size 7",
       {"7", "legal sizes are 5 to 6"}},
      {"shape --input-size 4 --kernel 3 --stride 2 --output-padding 2",
       {"output_padding", "2", "smaller than"}},
      {"shape --convention pytorch --input-size 4 --kernel 3 --stride 2 --output-padding -1",
       {"output_padding"}},
      {"shape --convention keras --input-size 4 --kernel 3 --stride 2 --output-padding 2",
       {"output_padding", "2"}},
      {"shape --input-size 4 --kernel 3 --stride 2 --output-padding 1 --size 10", {"output_padding", "size"}},
      {"shape --op conv --input-size 4 --kernel 3 --size 2", {"size", "transposed"}},
  });
}

TEST_CASE("cli usage: padding that leaves nothing of an axis") {
  check_all({
      {"shape --input-size 1,1,1,1 --kernel 3", {"input-size", "4 axes"}},
      {"shape --convention onnx --input-size 4 --kernel 3 --output-padding 99999999999",
       {"axis 0 output_padding: is 99999999999", "2^30"}},
      {"shape --convention onnx --op conv --input-size 2 --kernel 3", {"axis 0", "kernel covers 3", "has 2"}},
      {"shape --op conv --input-size 8,4 --kernel 3 --padding 0,-3", {"axis 1", "-2"}},
      {"shape --convention keras --op conv --input-size 2 --kernel 5",
       {"axis 0", "kernel covers 5", "has 2"}},
      {"shape --input-size 1 --kernel 3 --padding 2", {"axis 0"}},
      {"shape --convention pytorch --input-size 1 --kernel 3 --padding 2", {"axis 0", "-1 pixels"}},
      {"shape --convention pytorch --input-size 4 --kernel 3 --padding -1", {"padding", "negative"}},
  });
}

TEST_CASE("cli usage: what a system cannot say") {
  check_all({
      {"shape --convention pytorch --input-size 4 --kernel 3 --stride 2 --padding same",
       {"padding", "pytorch", "same"}},
      {"shape --convention pytorch --input-size 4 --kernel 3 --padding 0:1", {"pytorch", "0:1"}},
      {"shape --convention pytorch --input-size 4 --kernel 3 --stride 1/2", {"stride", "1/2", "native"}},
      {"shape --convention keras --input-size 4,4 --kernel 3 --stride 2 --dilation 2", {"dilation", "keras"}},
      {"shape --convention tensorflow --input-size 4 --kernel 3 --size 4 --groups 2 --channels 2,2",
       {"groups"}},
      {"shape --convention keras --input-size 4 --kernel 3 --size 6", {"size", "keras"}},
      {"shape --case i4o2k3 --stride 2", {"stride", "--case"}},
      {"shape --case i4o2", {"case k"}},
      {"shape --case i4o2k3z9", {"case", "z9"}},
      {"shape --case i4o2k3k3", {"case k", "twice"}},
  });
}

TEST_CASE("cli usage: options that would have no effect are refused") {
  // A sweep with a stride, or a stack with a kernel, is not what its user thinks it is.
  check_all({
      {"verify --geometries 1 --stride 2", {"stride"}},
      {"verify --geometries 1 --max-size 3", {"max-size", "exhaustive"}},
      {"verify --case i4o2k3 --mutant no_flip --form gather", {"form", "mutant"}},
      {"shape --stack c3k3 --input-size 8 --kernel 5", {"kernel", "stack"}},
      {"verify --case i4o2k3 --geometries 10", {"geometries"}},
      {"verify --case i4o2k3 --form gather,gather", {"form", "twice"}},
      {"verify --case i4o2k3 --claim adjoint,adjoint", {"claim", "twice"}},
      {"verify --emit out --seed 3", {"seed", "no effect"}},
      {"verify --emit out --miss-bits 3", {"miss-bits", "no effect"}},
      {"verify --case i4o2k3 --method numeric --miss-bits 3", {"miss-bits", "no effect"}},
      {"train --data generated --channels 2 --latent 0 --activation tanh", {"activation", "one layer"}},
      {"train --data generated --model vae --beta 0 --beta-warmup 5", {"beta-warmup", "--beta 0"}},
      {"train --data generated --model vae --beta 0 --free-bits 5", {"free-bits", "--beta 0"}},
      {"train --data generated --learning-rate 1e-308", {"learning-rate", "0 as a float"}},
  });
}
