// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fsconv/base/text.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/distributed/measure.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/nn/plan.hpp>
#include <fsconv/train/run_ranks.hpp>
#include <fsconv/version.hpp>

namespace fsconv {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string hash_of_text(const std::string& text) {
  return hash_of(Tensor<std::uint8_t>({static_cast<Index>(text.size())},
                                      std::vector<std::uint8_t>(text.begin(), text.end())));
}

// Program and options. How fast each rank is, is its own affair.
Facts facts_of(const nlohmann::json& options) {
  Facts facts = {{"fsconv", fmt::format("{} of commit {}", FSCONV_VERSION_STRING, git_commit())},
                 {"--isa", std::string(name(engine::current_isa()))}};
  for (const auto& [option, value] : options.items())
    if (option != "threads")
      facts.emplace_back("--" + option, value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return facts;
}

// Of all numbers that the next step begins from.
std::string state_digest(const TrainState& state) {
  std::string hashes;
  for (std::size_t at = 0; at < state.parameters.size(); ++at) {
    hashes += hash_of(state.parameters[at].value);
    for (std::size_t slot = 0; slot < state.optimizer.slots(); ++slot)
      hashes += hash_of(state.optimizer.slot(slot)[at]);
  }
  return hash_of_text(hashes);
}

}  // namespace

void require_same_run(Communicator& ranks, const RunRecord& record, const TrainState& state) {
  if (ranks.size() == 1) return;
  Facts facts = facts_of(record.info.configuration);
  facts.emplace_back("the checksum of the images", std::to_string(record.checksums.all));
  for (std::size_t step = 0; step < record.algorithms.size(); ++step) {
    const StepAlgorithms& of = record.algorithms[step];
    facts.emplace_back(fmt::format("the algorithm of step #{}", step + 1),
                       fmt::format("{} {} {}", of.conv, of.conv_transpose, of.weight_gradient));
  }
  facts.emplace_back("the number of epochs done", std::to_string(state.history.size()));
  facts.emplace_back("the step", std::to_string(state.partial.step));
  facts.emplace_back("the digest of the parameters", state_digest(state));
  require_same(ranks, facts);
}

void require_same_work(Communicator& ranks, const RunInfo& info, const TrainedRun& run,
                       const ShownImages& images) {
  agree(ranks, nullptr);
  if (ranks.size() == 1) return;
  std::string hashes;
  for (const Parameter<float>& parameter : run.trained.parameters) hashes += hash_of(parameter.value);
  Facts facts = facts_of(info.configuration);
  facts.emplace_back("the digest of the parameters", hash_of_text(hashes));
  facts.emplace_back("the checksum of the images", std::to_string(images.checksum));
  require_same(ranks, facts);
}

void require_same_state(Communicator& ranks, const TrainState& state) {
  if (ranks.size() > 1) require_same(ranks, {{"the digest of the parameters", state_digest(state)}});
}

std::optional<ExchangeRecord> measured_exchange(const Runner<float>& trainer, Index batch) {
  Communicator& ranks = trainer.ranks();
  if (ranks.size() == 1) return std::nullopt;
  const Link link = measure_link(ranks);
  return ExchangeRecord{.ranks = ranks.size(),
                        .depth = trainer.exchange_depth(batch),
                        .latency = link.latency,
                        .bandwidth = link.bandwidth};
}

void count_bytes(ExchangeRecord& record, const Runner<float>& trainer) {
  const ExchangeCounters& here = trainer.exchange();
  std::string mine(sizeof here.bytes_sent, '\0');
  std::memcpy(mine.data(), &here.bytes_sent, mine.size());
  double sent = 0;
  for (const std::string& text : trainer.ranks().all_gather(mine)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), sizeof bytes);
    sent += static_cast<double>(bytes);
  }
  if (here.steps == 0) return;
  const auto steps = static_cast<double>(here.steps);
  record.sum_bytes = sent / steps;
  record.broadcast_bytes = static_cast<double>(here.bytes_broadcast) / steps;
}

std::string exchange_text(const ExchangeRecord& record, const Runner<float>& trainer, Index batch) {
  const Index blocks = ceil_div(batch, images_per_block(trainer.model()));
  const Index idle = std::max<Index>(0, record.ranks - blocks);
  std::string text = fmt::format(
      "{}: a batch is {}, its sum passes through {}; between ranks a message takes {:.0f} us and 1 MB {:.2f} ms",
      counted(record.ranks, "rank"), counted(blocks, "block"), counted(record.depth, "message"),
      record.latency * 1e6, (record.latency + 1e6 / record.bandwidth) * 1e3);
  if (idle > 0)
    text += fmt::format("; {} nothing to do: a larger --batch or fewer ranks",
                        idle == 1 ? "1 rank has" : fmt::format("{} ranks have", idle));
  return text;
}

}  // namespace fsconv
