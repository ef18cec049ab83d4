// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <stdexcept>
#include <vector>

#include "io/scratch.hpp"
#include "readers.hpp"

namespace fsconv::fuzz {
namespace {

constexpr Target all[] = {
    {"npy", read_npy_bytes},
    {"npz", read_npz_bytes},
    {"image_array", read_image_array_bytes},
    {"idx", read_idx_bytes},
    {"cifar", read_cifar_bytes},
    {"picture", read_picture_bytes},
    {"partition", read_partition_bytes},
    {"safetensors", read_safetensors_bytes},
    {"torch", read_torch_bytes},
    {"pickle", read_pickle_bytes},
    {"weights_npz", read_weights_npz_bytes},
    {"case", read_case_text},
    {"s_expression", read_s_expression_text},
    {"obligation", read_obligation_text},
    {"solver", read_solver_text},
    {"config", read_config_text},
    {"option", read_option_text},
    {"text", read_any_text},
    {"model", read_model_json},
    {"train_config", read_train_config_json},
    {"hdf5_message", read_hdf5_message},
    {"hdf5", read_hdf5_bytes, true},
    {"run", read_run_bytes, true},
    {"chart", draw_chart_numbers},
};

const testing::ScratchFolder& folder() {
  static const testing::ScratchFolder made;
  return made;
}

}  // namespace

std::span<const Target> targets() { return all; }

const Target* find_target(std::string_view name) {
  const auto found =
      std::find_if(std::begin(all), std::end(all), [&](const Target& target) { return target.name == name; });
  return found == std::end(all) ? nullptr : found;
}

void run(const Target& target, Bytes bytes) {
  try {
    target.read(bytes);
  } catch (const Error& error) {
    const std::string words = error.what();
    require(!words.empty(), "an error has words");
    require(can_be_shown(words), "an error's words are what a terminal can show");
  }
}

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(std::string("does not hold: ") + what);
}

bool can_be_shown(std::string_view text) {
  // Behind as many lines as are shown stands how many there are besides.
  if (const std::size_t last = text.rfind("\n... and "); last != text.npos) text = text.substr(0, last + 1);
  return printable(text) == text;
}

std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string file_of(Bytes bytes, const std::string& name) {
  const std::string path = folder() / name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  testing::put_content(path, text_of(bytes));
  return path;
}

}  // namespace fsconv::fuzz
