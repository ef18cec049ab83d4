// fsconv bench --what scale: what a step of training costs here, and what it would take on many ranks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/bench/report.hpp>
#include <fsconv/bench/scale.hpp>
#include <fsconv/bench/scale_steps.hpp>
#include <fsconv/bench/train_bench.hpp>
#include <fsconv/distributed/communicator.hpp>

namespace fsconv::bench {

inline constexpr Index most_scale_batch = Index{1} << 20, most_scale_ranks = Index{1} << 16;

struct ScaleBenchPlan {
  std::vector<TrainWorkload> workloads;
  std::vector<Index> batches =
      {};  // images of a step; none: the workload's own, and that of most_ranks blocks
  std::vector<int> ranks = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  std::vector<engine::Isa> isas;
  std::vector<engine::Algorithm> algorithms = {engine::Algorithm::automatic};  // as training has it
  std::vector<Precision> precisions = {Precision::fp32};
  int threads = 1;                       // of a rank
  Communicator* communicator = nullptr;  // of several ranks: all measure at once, and the link between them
  Link link = {};                        // where there is one rank only
  Index rounds = 5;
  double time_limit = 0;           // seconds, shared among the workloads; 0: none
  double shortest_sample = 0.005;  // seconds; shorter work is repeated within one sample
  std::uint64_t seed = 0;          // of images, weights and the order in the rounds
};

// One way to compute one model: what was measured of it, and what follows for every batch and number of ranks.
struct ScaleTable {
  std::string workload, isa, algorithm;
  Precision precision = Precision::fp32;
  Index block_images = 1, numbers = 0;       // images of a block, and numbers of all parameters
  Timing block, addition, handling, update;  // of this rank
  StepCosts costs;  // the slowest rank's medians, and longer where ranks share processors
  struct Prediction {
    Index batch = 1;
    ScaleStep step;
    double efficiency = 1;
    std::optional<StepTimings> measured = {};  // where so many ranks took part
    double images_per_second() const { return ratio(static_cast<double>(batch), step.seconds()); }
  };
  std::vector<Prediction> predictions;  // by batch, then by ranks
};

struct ScaleReport {
  Link link;
  int measured_between = 1;  // ranks that the link was measured between; 1: it was given
  int threads = 1;
  std::vector<ScaleTable> tables;
  double seconds = 0;  // of everything

  bool refused() const { return false; }
};

// The parts in which the gradient of a model travels, of part_bytes each, where a block takes `block` seconds: of which each step
// has the share of its multiplications, once forward and, on the way back, once for its weight and once for what it hands on.
std::vector<PartCosts> part_costs(const Model& model, std::size_t part_bytes, double block);

// Measures a block, an addition, the handling of messages and an update in the same rounds, and with a communicator the link, and
// whole steps of the batches that take no more than some seconds: its ranks are among the predictions then. Every rank calls it
// and gets the same predictions. Throws InvalidArgument where a list is empty or a batch or a number of ranks is below 1, and what
// scale_step() and train_bench() throw.
ScaleReport scale_bench(ScaleBenchPlan plan);

// A table for each way, the same for machines, and HDF5 with one row per prediction (docs/file_formats.md).
std::string text(const ScaleReport& report, std::size_t width = page_width());
nlohmann::json json_of(const ScaleReport& report);
void write_report(const std::string& path, const ScaleReport& report, const RunInfo& info);

}  // namespace fsconv::bench
