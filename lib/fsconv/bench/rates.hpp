// Whole programs under the clock: training steps in images per second, verification in checks per second.
#pragma once

#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/report.hpp>
#include <fsconv/nn/models.hpp>
#include <fsconv/nn/parameter.hpp>

namespace fsconv::bench {

// One way to do one kind of work.
struct RateRow {
  std::string workload, form, isa;  // isa: "-" where it makes no difference
  Precision precision = Precision::fp64;
  int threads = 1;
  Status status = Status::timed;
  std::string note = {};  // why it was not timed
  double count = 0;       // images or checks of one call
  Timing timing = {};

  double per_second() const { return timing.median > 0 ? count / timing.median : 0; }
};

struct RateReport {
  std::string what;           // train or verify
  std::string unit;           // what is counted: images or checks
  std::vector<RateRow> rows;  // in the order of the plan
  double seconds = 0;         // of everything

  bool refused() const;  // whether any row was
};

std::string text(const RateReport& report, std::size_t width = page_width());
nlohmann::json json_of(const RateReport& report);

// One row per item in /items; see docs/file_formats.md.
void write_report(const std::string& path, const RateReport& report, const RunInfo& info);

// A model that is trained on images of shapes, generated before and held in memory.
struct TrainWorkload {
  std::string_view name, idea;
  ModelSpec spec;
  Index batch;
};

// ae28: 28x28x1, k4 s2, 32 and 64 channels, latent 32. ae64: 64x64x3; 64, 128 and 256 channels, latent 128. vae28:
// as ae28, variational. conv28: 28x28x1; 32, 64 and 16 channels, no linear layer.
const std::vector<TrainWorkload>& train_workloads();

// Throws InvalidArgument that lists the names.
const TrainWorkload& train_workload_named(std::string_view name);

struct RatePlan {
  std::vector<int> threads = {1};
  Index rounds = 5;
  double time_limit = 0;           // seconds, shared among the workloads; 0: none
  double shortest_sample = 0.005;  // seconds; shorter work is repeated within one sample
  std::uint64_t seed = 0;          // of images, weights and the order in the rounds

  // For train_bench() alone.
  std::vector<std::string> forms = {};
  std::vector<TrainWorkload> workloads = {};
  std::vector<engine::Isa> isas = {};
  std::vector<Precision> precisions = {Precision::fp32};
  // Of gradient_difference(): four and six times what rounding did to the gradients of ae28 and ae64, 2.5e-5
  // and 1.6e-3, with three seeds in every isa.
  double fp32_tolerance = 1e-4, bf16_tolerance = 1e-2;
};

// What is wrong with the gradients in `found`, in words, or nothing: all of them together may differ from the
// right ones by `tolerance` of their size, in the Euclidean norm, and each by ten times as much of its own: a
// bias is a long sum of numbers that cancel.
std::optional<std::string> gradient_difference(const Model& model, const Gradients<float>& found,
                                               const Gradients<double>& right, double tolerance);

// Steps of training: loss and gradient of a batch, and Adam; forms x isas x precisions x threads in the same
// rounds. Who computes another gradient of the first batch than the form im2col in double is refused. A form
// that lacks a precision is skipped. Throws InvalidArgument for names that are unknown and where nothing is
// left; Interrupted on Ctrl-C. Sets the isa in force while it makes a model, and then restores it.
RateReport train_bench(const RatePlan& plan);

// The claims about operators and derivatives on small fixed geometries, numeric and exact, form by form. A
// form for which a check fails is refused; checks that a form skips are not counted.
RateReport verify_bench(const RatePlan& plan, const std::vector<Witness>& forms);

}  // namespace fsconv::bench
