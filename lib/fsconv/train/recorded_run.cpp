// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/io/digest.hpp>
#include <fsconv/nn/model_words.hpp>
#include <fsconv/train/recorded_run.hpp>
#include <fsconv/train/run_end.hpp>
#include <fsconv/train/run_layout.hpp>

namespace fsconv {
namespace {

// [image, row, column, channel] of bytes as [N, C, H, W] in 0..1.
Tensor<float> as_images(const Tensor<std::uint8_t>& pictures) {
  Tensor<float> values(pictures.shape());
  std::transform(pictures.begin(), pictures.end(), values.begin(),
                 [](std::uint8_t byte) { return static_cast<float>(byte) / 255; });
  return permute(values, {0, 3, 1, 2});
}

}  // namespace

const RecordedSeries* RecordedRun::find(const std::string& name) const {
  for (const RecordedSeries& one : series)
    if (one.name == name) return &one;
  return nullptr;
}

bool RecordedRun::is_smoothed() const { return command_line.starts_with("fsconv smooth "); }

bool RecordedRun::is_finished() const {
  const RecordedSeries* const losses = find("validation_loss");
  std::optional<Index> best;
  if (losses != nullptr && !epochs.empty())
    best = std::min_element(losses->values.begin(), losses->values.end()) - losses->values.begin() + 1;
  return is_over(trained.config, static_cast<Index>(epochs.size()), best);
}

nlohmann::json json_of_parts(const ImageChecksums& checksums) {
  auto json = nlohmann::json::object();
  for (const PartChecksum& one : part_checksums) {
    const auto& part = checksums.*one.member;
    json[one.name] = part ? nlohmann::json(*part) : nlohmann::json();
  }
  return json;
}

nlohmann::json json_of(const std::optional<InitialWeights>& initial) {
  if (!initial) return {};
  return {{"source", initial->source}, {"sha256", initial->sha256}};
}

RecordedRun read_recorded_run(const std::string& path) { return read_recorded_run(hdf5::File::open(path)); }

RecordedRun read_recorded_run(const hdf5::File& file) {
  RecordedRun run{
      .trained = read_trained_model(file, Weights::best),  // which checks the parts against each other
      .configuration = {},
      .command_line = {},
      .data_source = {},
      .checksums = read_image_checksums(file),
      .initial = read_initial_weights(file),
      .smoothing = read_smoothing(file),
      .epochs = {},
      .series = {},
      .samples = {}};
  run.configuration = read_configuration(file);
  if (file.has_attribute("/", "command_line")) run.command_line = file.string_attribute("/", "command_line");
  if (file.has_attribute("/", "data_source")) run.data_source = file.string_attribute("/", "data_source");
  SealedReader sealed(file);
  const Tensor<std::int64_t> epochs = sealed.read<std::int64_t>("/epoch");
  run.epochs.assign(epochs.begin(), epochs.end());
  const auto read = [&](const std::string& name, const std::string& units, const std::string& long_name) {
    if (!file.exists(name)) return;  // files of schema 1 have fewer
    const Tensor<double> values = sealed.read<double>(name);
    run.series.push_back({name.substr(1), units, long_name, {values.begin(), values.end()}});
  };
  for (const RunSeries& one : run_series(run.trained.model)) read(one.name, one.units, one.long_name);
  read(validation_series, std::string(loss_units(run.trained.model)), validation_long_name);
  read(exchange_series, "s", exchange_long_name);
  run.partial = read_partial_epoch(file);
  run.samples = {as_images(sealed.read<std::uint8_t>("/samples/originals")),
                 as_images(sealed.read<std::uint8_t>("/samples/reconstructions")),
                 binarise_of(run.trained.config)};
  return run;
}

}  // namespace fsconv
