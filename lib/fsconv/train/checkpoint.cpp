// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/io/digest.hpp>
#include <fsconv/nn/model_words.hpp>
#include <fsconv/train/checkpoint.hpp>
#include <fsconv/train/model_json.hpp>
#include <fsconv/train/run_layout.hpp>

namespace fsconv {
namespace {

// [N, C, H, W] in 0..1 as pictures [N, H, W, C] of bytes.
Tensor<std::uint8_t> to_bytes(const Tensor<float>& images) {
  const Tensor<float> pictures = permute(images, {0, 2, 3, 1});
  Tensor<std::uint8_t> bytes(pictures.shape());
  std::transform(pictures.begin(), pictures.end(), bytes.begin(),
                 [](float value) { return static_cast<std::uint8_t>(std::lround(255 * value)); });
  return bytes;
}

template <class Member>
auto column(const std::vector<EpochResult>& history, Member member) {
  std::vector<std::decay_t<decltype(history.front().*member)>> values;
  for (const EpochResult& result : history) values.push_back(result.*member);
  return values;
}

void write_series(hdf5::File& file, const TrainState& state) {
  file.write("/epoch", column(state.history, &EpochResult::epoch),
             {.dimensions = {"epoch"}, .units = "1", .long_name = "passes over the training images"});
  for (const RunSeries& one : run_series(state.model))
    file.write(one.name, column(state.history, one.member),
               {.dimensions = {"epoch"}, .units = one.units, .long_name = one.long_name});
  if (!state.history.empty() && state.history.front().validation_loss) {
    std::vector<double> losses;
    for (const EpochResult& result : state.history) losses.push_back(*result.validation_loss);
    file.write(validation_series, losses,
               {.dimensions = {"epoch"},
                .units = std::string(loss_units(state.model)),
                .long_name = validation_long_name});
  }
  file.write(skipped_series, column(state.history, &EpochResult::skipped_steps),
             {.dimensions = {"epoch"}, .units = "1", .long_name = skipped_long_name});
  if (std::any_of(state.history.begin(), state.history.end(),
                  [](const EpochResult& result) { return result.exchange_seconds > 0; }))
    file.write(exchange_series, column(state.history, &EpochResult::exchange_seconds),
               {.dimensions = {"epoch"}, .units = "s", .long_name = exchange_long_name});
}

void write_exchange(hdf5::File& file, const ExchangeRecord& exchange) {
  file.set_attribute("/", "ranks", exchange.ranks);
  file.set_attribute("/", "exchange.depth", std::int64_t{exchange.depth});
  file.set_attribute("/", "exchange.latency", exchange.latency);
  file.set_attribute("/", "exchange.bandwidth", exchange.bandwidth);
  file.set_attribute("/", "exchange.sum_bytes", exchange.sum_bytes);
  file.set_attribute("/", "exchange.broadcast_bytes", exchange.broadcast_bytes);
}

void write_image_checksums(hdf5::File& file, const ImageChecksums& checksums) {
  file.set_attribute("/", all_checksum, checksums.all);
  for (const PartChecksum& one : part_checksums)
    if (const auto& part = checksums.*one.member) file.set_attribute("/", one.name, *part);
}

void write_partial_epoch(hdf5::File& file, const TrainState& state) {
  PartialEpoch partial = state.partial;
  if (partial.step == 0) return;
  file.set_attribute("/", "schema_version", schema_with_partial_epoch);
  file.set_attribute("/", partial_epoch_number, static_cast<std::int64_t>(state.history.size()) + 1);
  for (const PartialCount& one : partial_counts)
    file.set_attribute("/", one.name, std::int64_t{partial.*one.member});
  for (const PartialEntry& one : partial_entries) file.set_attribute("/", one.name, one.number(partial));
}

// Writes a tensor, and notes its hash while it is at hand.
void write_hashed(hdf5::File& file, Hashes& hashes, const std::string& name, const Tensor<float>& values) {
  file.write(name, values);
  hashes[name] = hash_of(values);
}

void write_parameters(hdf5::File& file, Hashes& hashes, const std::string& group,
                      const Parameters<float>& parameters) {
  file.create_group(group);
  for (const Parameter<float>& parameter : parameters)
    write_hashed(file, hashes, group + "/" + parameter.name, parameter.value);
}

void write_optimizer(hdf5::File& file, Hashes& hashes, const TrainState& state) {
  const Optimizer<float>& optimizer = state.optimizer;
  file.create_group("/optimizer");
  for (std::size_t slot = 0; slot < optimizer.slots(); ++slot) {
    file.create_group(slot_group(optimizer, slot));
    for (std::size_t at = 0; at < state.parameters.size(); ++at)
      write_hashed(file, hashes, slot_group(optimizer, slot) + "/" + state.parameters[at].name,
                   optimizer.slot(slot)[at]);
  }
  file.set_attribute("/optimizer", "name", std::string(name(optimizer.settings().kind)));
  file.set_attribute("/optimizer", "steps", std::int64_t{optimizer.steps()});
  for (const auto& [setting, value] : settings_by_name(optimizer.settings()))
    file.set_attribute("/optimizer", setting, value);
}

void write_samples(hdf5::File& file, const ImagePairs& samples) {
  file.create_group("/samples");
  auto write = [&](const char* name, const Tensor<float>& images, const char* long_name) {
    file.write(name, to_bytes(images),
               {.dimensions = {"image", "row", "column", "channel"}, .units = "1", .long_name = long_name});
  };
  write("/samples/originals", samples.originals, "test images, 0 black to 255 white");
  write("/samples/reconstructions", samples.reconstructions, "what the model makes of them");
}

nlohmann::json json_of(const std::vector<StepAlgorithms>& algorithms) {
  nlohmann::json list = nlohmann::json::array();
  for (const StepAlgorithms& step : algorithms) {
    nlohmann::json& entry = list.emplace_back(nlohmann::json::object());
    for (const AlgorithmEntry& one : algorithm_entries)
      if (!(step.*one.member).empty()) entry[one.name] = step.*one.member;
  }
  return list;
}

}  // namespace

void save_checkpoint(const std::string& path, const RunRecord& record, const TrainState& state,
                     const ImagePairs& samples, std::optional<FileIdentity>* own) {
  hdf5::File file = hdf5::File::create(path);
  if (own != nullptr) file.keep_to(*own);
  Hashes hashes;
  write_environment(file, record.info);
  file.set_attribute("/", "model", to_json(state.model).dump());
  file.set_attribute("/", "data_source", record.data_source);
  write_image_checksums(file, record.checksums);
  if (record.initial) {
    file.set_attribute("/", "initial_weights", record.initial->source);
    file.set_attribute("/", "initial_sha256", record.initial->sha256);
  }
  if (!record.smoothing.empty()) file.set_attribute("/", "smoothing", record.smoothing);
  if (!record.algorithms.empty()) file.set_attribute("/", "algorithms", json_of(record.algorithms).dump());
  if (record.exchange) write_exchange(file, *record.exchange);
  write_partial_epoch(file, state);
  write_series(file, state);
  write_parameters(file, hashes, "/weights", state.parameters);
  if (state.best) {
    write_parameters(file, hashes, "/best/weights", state.best->parameters);
    file.set_attribute("/best", "epoch", std::int64_t{state.best->epoch});
    file.set_attribute("/best", "validation_loss", state.best->validation_loss);
  }
  write_optimizer(file, hashes, state);
  write_samples(file, samples);
  commit_sealed(file, hashes);
}

Index checkpoint_bytes(const Model& model, std::size_t optimizer_slots, bool keeps_best) {
  const Index copies = 1 + static_cast<Index>(optimizer_slots) + (keeps_best ? 1 : 0);
  return model.parameter_count() * copies * static_cast<Index>(sizeof(float)) +
         2 * sample_count * model.images().elements();
}

}  // namespace fsconv
