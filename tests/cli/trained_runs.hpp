// Small training runs in a folder of their own, for tests of what is done with them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <fsconv/io/hdf5/file.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/process.hpp"
#include "io/scratch.hpp"

namespace fsconv::testing {

struct TrainedFolder : ScratchFolder {
  // fsconv train of half a second: 200 generated images, 6 latent numbers; `more` options.
  void train(const std::string& name, const std::string& more) const {
    run("train --data generated --train-images 200 --test-images 40 --epochs 1 --channels 4,8 " + more +
        " --output " + name);
  }

  // What a line that must work prints.
  std::string run(const std::string& line) const {
    const Finished finished = run_fsconv(words(line), path(), {.time = std::chrono::seconds(30)});
    if (finished.exit_code != 0) throw std::runtime_error(description(words(line), finished));
    return finished.out;
  }
  nlohmann::json json(const std::string& line) const { return nlohmann::json::parse(run(line + " --json")); }
  std::string bytes(const std::string& file) const { return content_of(*this / file); }

  template <class T>
  Tensor<T> read(const std::string& file, const std::string& dataset) const {
    return hdf5::File::open(*this / file).read<T>(dataset);
  }
};

// A line with a mistake, its exit code, and what its message must say.
struct BadLine {
  const char* line;
  int code;
  std::vector<const char*> says;
};

// Each fails as it must, in one or two lines, and changes no file. Returns what is wrong with the first that does not.
inline std::string first_unrefused(const TrainedFolder& folder, const std::vector<BadLine>& lines) {
  const std::size_t files = folder.files();
  for (const BadLine& bad : lines) {
    const Finished finished = run_fsconv(words(bad.line), folder.path());
    std::string wrong;
    if (finished.exit_code != bad.code) wrong += fmt::format("the exit code is not {}; ", bad.code);
    if (!finished.out.empty()) wrong += "something stands on stdout; ";
    if (finished.error_lines() < 1 || finished.error_lines() > 2 || !finished.err.starts_with("fsconv: "))
      wrong += "it is no message of one or two lines; ";
    for (const char* part : bad.says)
      if (finished.err.find(part) == std::string::npos) wrong += fmt::format("it does not say '{}'; ", part);
    if (folder.files() != files) wrong += "a file is new or gone; ";
    if (!wrong.empty()) return wrong + "\n" + description(words(bad.line), finished);
  }
  return "";
}

}  // namespace fsconv::testing
