// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/isa_in_force.hpp>
#include <fsconv/bench/scale_bench.hpp>
#include <fsconv/bench/shared_rounds.hpp>
#include <fsconv/bench/trained_weights.hpp>
#include <fsconv/data/generator.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/distributed/measure.hpp>
#include <fsconv/nn/gradient_parts.hpp>
#include <fsconv/nn/runner.hpp>
#include <fsconv/version.hpp>
#include <numeric>

namespace fsconv::bench {
namespace {

// Blocks of a thread in turn, each with a gradient of its own, as many as the Runner has: so that neither images nor
// sums are in the caches because of the call before.
constexpr Index blocks_in_turn = 4;

// What a rank does of a step, piece by piece.
class Pieces {
 public:
  Pieces(const TrainWorkload& workload, const Model& model, const Computing& computing, const Images& images,
         std::uint64_t seed)
      : images_(images),
        block_images_(images_per_block(model)),
        seed_(seed),
        binarise_(binarise_of(workload)),
        threads_(computing.threads),
        weights_(initial_parameters<float>(model, seed)),
        runner_(model, computing),
        pass_(runner_.pass(threads_)),
        order_(static_cast<std::size_t>(images.shape()[0])),
        calls_(static_cast<std::size_t>(threads_), 0) {
    std::iota(order_.begin(), order_.end(), Index{0});
    runner_.load(weights_.parameters);
    for (Index block = 0; block < blocks_in_turn * threads_; ++block)
      sums_.push_back(pass_.block_gradients());
    for (const Tensor<float>& gradient : weights_.gradients) sizes_.push_back(gradient.size());
    message_.resize(static_cast<std::size_t>(std::ranges::max(sizes_)));
  }

  // One on every thread.
  void block() {
    run_together(threads_, [&](int thread) {
      Index& call = calls_[static_cast<std::size_t>(thread)];
      const Index at = Index{thread} * blocks_in_turn + call++ % blocks_in_turn;
      const auto images = std::span(order_).subspan(static_cast<std::size_t>(at * block_images_),
                                                    static_cast<std::size_t>(block_images_));
      pass_.gradient(make_batch(images_, images, binarise_, seed_, Split::train), 1, 1, thread,
                     sums_[static_cast<std::size_t>(at)], {});
    });
  }

  void addition() {
    const std::size_t to = next_++ % sums_.size(), from = next_ % sums_.size();
    for_each_range(sizes_, threads_, [&](std::size_t number, Index begin, Index end) {
      float* sum = sums_[to][number].data();
      const float* term = sums_[from][number].data();
      for (Index at = begin; at < end; ++at) sum[at] += term[at];
    });
  }

  // What one thread does beside a message.
  void handling() {
    for (std::size_t number = 0; number < sizes_.size(); ++number) {
      const auto size = static_cast<std::size_t>(sizes_[number]);
      std::copy_n(sums_.front()[number].data(), size, message_.data());
      float* sum = sums_.back()[number].data();
      for (std::size_t at = 0; at < size; ++at) sum[at] += message_[at];
    }
  }

  void update() {
    parallel_for(static_cast<Index>(weights_.gradients.size()), threads_, [&](Index at) {
      const auto id = static_cast<ParameterId>(at);
      pass_.store(sums_.front(), id, weights_.gradients[id]);
    });
    weights_.update(runner_);
  }

 private:
  Images images_;
  Index block_images_;
  std::uint64_t seed_;
  Binarise binarise_;
  int threads_;
  TrainedWeights weights_;
  Runner<float> runner_;
  BlockPass<float>& pass_;
  std::vector<Index> order_, calls_, sizes_;
  std::vector<BlockGradients<float>> sums_;
  std::vector<float> message_;
  std::size_t next_ = 0;
};

// The largest number of any rank: a step waits for the slowest.
double largest(Communicator* ranks, double mine) {
  if (ranks == nullptr) return mine;
  std::string bytes(sizeof mine, '\0');
  std::memcpy(bytes.data(), &mine, sizeof mine);
  for (const std::string& theirs : ranks->all_gather(bytes)) {
    double number = 0;
    std::memcpy(&number, theirs.data(), std::min(theirs.size(), sizeof number));
    mine = std::max(mine, number);
  }
  return mine;
}

// Ranks of one machine that do not all have processors measure in turns, so that none measures the others; what they do at the
// same time in a step then takes so many times longer.
struct Turns {
  int count = 1, mine = 0;
  double sharing = 1;
};

Turns turns_of(Communicator* ranks, int threads) {
  if (ranks == nullptr) return {};
  // What each may use, and where: the ranks of a machine share the processors that any of them has.
  struct Seat {
    cpu_set_t processors;
    char host[256];
  } mine{};
  ::sched_getaffinity(0, sizeof mine.processors, &mine.processors);
  ::gethostname(mine.host, sizeof mine.host - 1);
  std::vector<Seat> seats;
  for (const std::string& theirs : ranks->all_gather({reinterpret_cast<const char*>(&mine), sizeof mine}))
    std::memcpy(&seats.emplace_back(), theirs.data(), std::min(theirs.size(), sizeof mine));
  Turns turns;
  for (std::size_t rank = 0; rank < seats.size(); ++rank) {
    cpu_set_t all;
    CPU_ZERO(&all);
    int together = 0, before = 0;
    for (std::size_t other = 0; other < seats.size(); ++other) {
      if (std::strcmp(seats[other].host, seats[rank].host) != 0) continue;
      CPU_OR(&all, &all, &seats[other].processors);
      ++together;
      if (other < rank) ++before;
    }
    const int processors = std::max(1, CPU_COUNT(&all)), turn = before / std::max(1, processors / threads);
    turns.count = std::max(turns.count, turn + 1);  // machines may differ, and all take the same turns
    if (static_cast<int>(rank) != ranks->rank()) continue;
    turns.mine = turn;
    turns.sharing = std::max(1.0, static_cast<double>(together) * threads / processors);
  }
  return turns;
}

// Half a round trip of a message between rank 0 and the slowest of some others.
double message_seconds(Communicator& ranks, std::size_t size) {
  constexpr int most_ranks = 16;
  std::vector<char> bytes(size);
  double slowest = 0;
  for (int other = 1; other < std::min(ranks.size(), most_ranks); ++other) {
    Timing timing{.seconds = one_way_seconds(ranks, other, bytes, 9)};
    summarize(timing);
    slowest = std::max(slowest, timing.median);
  }
  ranks.broadcast(&slowest, sizeof slowest, 0);
  return slowest;
}

// Of messages as long as a part: MPI agrees with the receiver before it sends a long one, which counts more in these than in longer ones.
Link link_of_parts(Communicator& ranks) {
  const std::size_t size = Computing{}.part_bytes;
  Link link = measure_link(ranks);
  link.bandwidth = static_cast<double>(size) / std::max(message_seconds(ranks, size) - link.latency, 1e-9);
  return link;
}

std::vector<ScaleTable> tables_of(const ScaleBenchPlan& plan, const TrainWorkload& workload) {
  std::vector<ScaleTable> tables;
  for (const Precision precision : plan.precisions)
    for (const engine::Isa isa : isas_that_differ(precision, plan.isas))
      for (const engine::Algorithm algorithm : plan.algorithms)
        tables.push_back({.workload = std::string(workload.name),
                          .isa = std::string(name(isa)),
                          .algorithm = std::string(name(algorithm)),
                          .precision = precision,
                          .block = {},
                          .addition = {},
                          .handling = {},
                          .update = {},
                          .costs = {},
                          .predictions = {}});
  return tables;
}

Computing computing_of(const ScaleTable& table, const ScaleBenchPlan& plan) {
  return {.precision = table.precision,
          .algorithm = named<engine::Algorithm>(table.algorithm),
          .threads = plan.threads,
          .trains = true};
}

// What a rank does by itself. All hear of it where it fails or is interrupted, so that none waits for it.
void by_itself(const ScaleBenchPlan& plan, const std::function<void()>& work) {
  together(plan.communicator != nullptr ? *plan.communicator : one_process(), work);
}

// What the pieces of a step of workload `at` cost, of each of `tables`, in which that is put.
void measure(std::vector<ScaleTable>& tables, const ScaleBenchPlan& plan, std::size_t at,
             const SharedRounds& rounds) {
  const TrainWorkload& workload = plan.workloads[at];
  const Shape& size = workload.spec.image_size;
  const Model model = make_model(workload.spec);
  const ImageSet data =
      generate_shapes(images_per_block(model) * blocks_in_turn * plan.threads, plan.seed, 0,
                      {.height = size[0], .width = size[1], .channels = workload.spec.image_channels});
  std::vector<std::unique_ptr<Pieces>> pieces;
  std::vector<Item> items;
  by_itself(plan, [&] {
    for (const ScaleTable& table : tables) {
      stop_if_interrupted();
      const IsaInForce in_force(engine::isa_named(table.isa));
      pieces.push_back(
          std::make_unique<Pieces>(workload, model, computing_of(table, plan), data.images, plan.seed));
      Pieces& mine = *pieces.back();
      items.push_back({[&mine](int) { mine.block(); }});
      items.push_back({[&mine](int) { mine.addition(); }});
      items.push_back({[&mine](int) { mine.handling(); }});
      items.push_back({[&mine](int) { mine.update(); }});
    }
  });
  const Turns turns = turns_of(plan.communicator, plan.threads);
  std::vector<Timing> measured;
  for (int turn = 0; turn < turns.count; ++turn)
    by_itself(plan, [&] {
      if (turn == turns.mine)
        measured = rounds.run(std::string(workload.name), plan.workloads.size() - at, items);
    });
  for (std::size_t place = 0; place < tables.size(); ++place) {
    ScaleTable& table = tables[place];
    table.block_images = images_per_block(model);
    table.numbers = model.parameter_count();
    Timing* const timings[] = {&table.block, &table.addition, &table.handling, &table.update};
    double* const costs[] = {&table.costs.block, &table.costs.addition, &table.costs.handling,
                             &table.costs.update};
    table.costs.threads = plan.threads;
    for (std::size_t piece = 0; piece < std::size(timings); ++piece) {
      *timings[piece] = measured[std::size(timings) * place + piece];
      const bool at_once = timings[piece] != &table.handling;  // what all ranks do at the same time
      *costs[piece] = largest(plan.communicator, timings[piece]->median * (at_once ? turns.sharing : 1));
    }
    table.costs.parts = part_costs(model, Computing{}.part_bytes, table.costs.block);
  }
}

// The predictions are the same on all ranks, and so is what they say is short enough.
void measure_steps(ScaleTable& table, const ScaleBenchPlan& plan, const TrainWorkload& workload) {
  constexpr double longest = 20;  // seconds
  const IsaInForce in_force(engine::isa_named(table.isa));
  Computing computing = computing_of(table, plan);
  computing.ranks = plan.communicator;
  for (auto& row : table.predictions)
    if (row.step.ranks == plan.communicator->size() &&
        2 * static_cast<double>(plan.rounds + 1) * row.step.without_overlap <= longest)
      row.measured = time_steps(workload, computing, row.batch, plan.rounds, plan.seed);
}

void predict(ScaleTable& table, const ScaleBenchPlan& plan, Index own_batch, const Link& link) {
  const Index most_ranks = std::ranges::max(plan.ranks);
  std::vector<Index> batches = plan.batches;
  if (batches.empty()) batches = {own_batch};
  if (plan.batches.empty() && most_ranks * table.block_images != own_batch)
    batches.push_back(most_ranks * table.block_images);
  for (const Index batch : batches) {
    const Index blocks = ceil_div(batch, table.block_images);
    const ScaleStep one = scale_step(table.costs, link, blocks, 1);
    for (const int ranks : plan.ranks) {
      stop_if_interrupted();
      const ScaleStep step = scale_step(table.costs, link, blocks, ranks);
      table.predictions.push_back({.batch = batch, .step = step, .efficiency = efficiency(one, step)});
    }
  }
}

}  // namespace

std::vector<PartCosts> part_costs(const Model& model, std::size_t part_bytes, double block) {
  std::vector<double> back(model.steps.size(), 0);  // multiplications, by step
  double all = 0;
  for (std::size_t at = 0; at < model.steps.size(); ++at) {
    const auto* affine = std::get_if<Affine>(&model.steps[at]);
    if (affine == nullptr) continue;
    const double once = static_cast<double>(nonzeros(affine->geometry)) *
                        static_cast<double>(model.values[affine->out].draws);
    const bool hands_on = model.values[affine->in].source != Value::Source::images;
    back[at] = hands_on ? 2 * once : once;
    all += once + back[at];
  }
  std::vector<PartCosts> parts;
  for (const GradientPart& part : gradient_parts(model, static_cast<Index>(part_bytes / sizeof(float)))) {
    const auto to_do = std::min(part.after, back.size());  // steps before it
    const double left = std::accumulate(back.begin(), back.begin() + static_cast<std::ptrdiff_t>(to_do), 0.0);
    parts.push_back(
        {.bytes = static_cast<double>(part.size) * sizeof(float), .early = all > 0 ? block * left / all : 0});
  }
  return parts;
}

namespace {

void check(const ScaleBenchPlan& plan) {
  if (plan.workloads.empty()) throw InvalidArgument("set", "names no model");
  if (plan.algorithms.empty()) throw InvalidArgument("algorithm", "names none");
  if (plan.ranks.empty()) throw InvalidArgument("ranks", "names none");
  for (const Index batch : plan.batches)
    if (batch < 1) throw InvalidArgument("batch", fmt::format("is {}", batch), "must be at least 1");
}

// What decides which messages are sent, so that it must be the same on all ranks.
std::vector<std::pair<std::string, std::string>> facts_of(const ScaleBenchPlan& plan) {
  const auto names = [](const auto& list) {
    std::string text;
    for (const auto& one : list) text += fmt::format("{}{}", text.empty() ? "" : ",", name(one));
    return text;
  };
  std::string workloads;
  for (const TrainWorkload& workload : plan.workloads) workloads += fmt::format("{} ", workload.name);
  return {{"fsconv", FSCONV_VERSION_STRING},
          {"--set", workloads},
          {"--batch", fmt::format("{}", fmt::join(plan.batches, ","))},
          {"--ranks", fmt::format("{}", fmt::join(plan.ranks, ","))},
          {"--isa", names(plan.isas)},
          {"--algorithm", names(plan.algorithms)},
          {"--precision", names(plan.precisions)},
          {"--threads", std::to_string(plan.threads)},
          {"--rounds", std::to_string(plan.rounds)},
          {"--seed", std::to_string(plan.seed)}};
}

}  // namespace

ScaleReport scale_bench(ScaleBenchPlan plan) {
  const bool several = plan.communicator != nullptr && plan.communicator->size() > 1;
  Communicator& all = several ? *plan.communicator : one_process();
  together(all, [&] { check(plan); });
  require_same(all, facts_of(plan));
  if (several && std::ranges::count(plan.ranks, plan.communicator->size()) == 0) {
    plan.ranks.push_back(plan.communicator->size());
    std::ranges::sort(plan.ranks);
  }
  run_together(plan.threads, [](int) {});  // fewer would be timed as that many
  ScaleReport report{.link = several ? link_of_parts(*plan.communicator) : plan.link,
                     .measured_between = several ? plan.communicator->size() : 1,
                     .threads = plan.threads,
                     .tables = {}};
  // What cannot be predicted is told before anything is measured.
  together(all, [&] {
    for (const int ranks : plan.ranks) scale_step({.parts = {}}, report.link, 1, ranks);
  });
  const SharedRounds rounds(plan, 1);  // the pieces use the plan's threads inside
  for (std::size_t at = 0; at < plan.workloads.size(); ++at) {
    std::vector<ScaleTable> tables = tables_of(plan, plan.workloads[at]);
    measure(tables, plan, at, rounds);
    for (ScaleTable& table : tables) {
      by_itself(plan, [&] { predict(table, plan, plan.workloads[at].batch, report.link); });
      if (several) measure_steps(table, plan, plan.workloads[at]);
      report.tables.push_back(std::move(table));
    }
  }
  report.seconds = rounds.seconds_passed();
  return report;
}

}  // namespace fsconv::bench
