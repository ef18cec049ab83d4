// A training run of a second, in a folder that disappears with the test.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fsconv/train/train.hpp>
#include <fstream>
#include <iterator>
#include <string>

namespace fsconv::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "fsconv_train_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline TrainConfig small_config() {
  TrainConfig config;
  config.data = "generated";
  config.train_images = 70;  // three batches, the last not full; blocks that are not full
  config.test_images = 20;
  config.channels = {3, 4};
  config.latent = 5;
  config.batch = 32;
  config.epochs = 3;
  return config;
}

// Replaces what is there: that a user must say so is train_test's matter.
inline std::vector<EpochResult> run_to(const std::string& output, const TrainConfig& config,
                                       const std::string& resume_from = {}) {
  return train({.config = config,
                .output = output,
                .resume_from = resume_from,
                .command_line = "test",
                .force = true});
}

// One whose convolutions are cut into tiles.
inline TrainConfig tiled_config(engine::Algorithm algorithm) {
  TrainConfig config = small_config();
  config.train_images = 48;
  config.channels = {16, 18};
  config.epochs = 2;
  config.algorithm = algorithm;
  return config;
}

// A variational one, with images kept apart for validation.
inline TrainConfig small_vae_config() {
  TrainConfig config = small_config();
  config.model = ModelKind::vae;
  config.validation = 30;
  config.beta_warmup = 1.5;
  config.gain = true;
  return config;
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace fsconv::test
