// fsconv bench: how fast the forms compute, beside what this machine can do.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/bench/matrix_bench.hpp>
#include <fsconv/bench/scale_bench.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/distributed/mpi.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/location.hpp>

#include "bench_choices.hpp"
#include "commands.hpp"
#include "geometry_options.hpp"
#include "json_text.hpp"
#include "ranks.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value(
          "what", "NAME",
          "conv: the operations (default), matrix: the sparse W, train, verify or scale; the word without a dash is this")
      .value(
          "set", "NAME[,NAME...]",
          "layers (default), dcgan, audio, volume or all; of train and scale: ae28 (default), ae64, vae28, conv28")
      .value("form", "NAME[,NAME...]",
             "engine, onednn_blocked, any form, or all (engine, batched, im2col and onednn)")
      .value("precision", "NAME[,NAME...]",
             "fp32 (default), bf16 or all; forms without bf16 are then left out")
      .value("isa", "NAME[,NAME...]",
             "of engine and batched: portable, avx2, avx512, avx512_bf16, amx or all (the best)")
      .value("algorithm", "NAME[,NAME...]",
             "of engine, and of batched in training: direct, auto, winograd2, winograd4 or all (direct,auto)")
      .value("op", "NAME[,NAME...]", "conv, conv_transpose, weight_gradient or all (all)")
      .value("batch", "N", "images (32); of scale a list of those of a step (the set's own, and 32 per rank)")
      .value("threads", "N",
             "conv: each does the same work on data of its own; matrix: together they do one (1); train and "
             "verify: a list")
      .value("ranks", "N[,N...]", "of scale: to predict a step for (1, 2, 4 ... 1024)")
      .value("latency", "MICROSECONDS", "of scale, of a small message; under mpirun it is measured")
      .value("bandwidth", "GB/S", "the same: 10^9 bytes per second of a large one")
      .value("rounds", "N", "in each, everything runs once (11; of train, verify and scale 5)")
      .value("time", "SECONDS", "begin no round after that; there is always one")
      .value("mutant", "NAME", "also a form of fsconv verify that is wrong on purpose, to see it refused")
      .value("seed", "N", "of the numbers and of the order in the rounds (0)")
      .value("shard", "I/N", "time the I-th of N parts of the items; fsconv merge joins their files")
      .value("output", "FILE", "write every sample to an HDF5 file, one row per item");
  add_convolution_options(list);
  return list;
}

// Prints and writes what was measured; conv_bench(), train_bench() and the others have one shape of it each.
template <class Report>
int finish(const Options& options, const Report& report, const RunInfo& info) {
  if (options.has("json"))
    print_json(json_of(report), 2);
  else
    fmt::print("{}", text(report));
  std::fflush(stdout);
  if (options.has("output")) {
    write_report(options.text("output"), report, info);
    tell("every sample is in {}", options.text("output"));
  }
  return static_cast<int>(report.refused() ? ExitCode::claim_failed : ExitCode::ok);
}

double time_limit_of(const Options& options) {
  const double seconds = options.number("time", 0);
  if (options.has("time") && seconds <= 0)
    throw InvalidArgument("time", fmt::format("is {}", options.text("time")), "must be positive");
  return seconds;
}

// Found out before the work, not after it.
void require_bench_output(const Options& options) {
  if (!options.has("output")) return;
  require_hdf5_name(options.text("output"));
  require_output({.path = options.text("output"), .kind = "bench"});
}

RunInfo info_of(const Options& options, std::uint64_t seed, int threads) {
  return {.kind = "bench",
          .command_line = options.command_line(),
          .configuration = options.texts(),
          .seed = seed,
          .threads = threads,
          .start_time = now()};
}

// What every bench is told.
template <class Plan>
Plan plan_of(const Options& options) {
  Plan plan;
  if constexpr (requires { plan.shard; })
    if (options.has("shard")) plan.shard = parse_shard(options.text("shard"));
  plan.rounds = options.integer("rounds", plan.rounds, 1, 100'000);
  plan.time_limit = time_limit_of(options);
  plan.seed = options.seed();
  return plan;
}

// `bench` measures as `plan` says, and is told first that it may.
template <class Plan, class Bench>
int measure(const Options& options, const Plan& plan, int threads, Bench bench) {
  require_bench_output(options);
  const RunInfo info = info_of(options, plan.seed, threads);
  catch_interrupts();
  return finish(options, bench(plan), info);
}

int run_conv(const Options& options) {
  auto plan = plan_of<bench::ConvBenchPlan>(options);
  plan.geometries = geometries_of(options);
  plan.threads = static_cast<int>(options.integer("threads", 1, 1, 1024));
  plan.ops = ops_of(options);
  plan.contenders = contenders_of(options);
  plan.batch = options.integer("batch", plan.batch, 1, Index{1} << 20);
  return measure(options, plan, plan.threads, bench::conv_bench);
}

int run_matrix(const Options& options) {
  auto plan = plan_of<bench::MatrixBenchPlan>(options);
  plan.geometries = geometries_of(options);
  plan.threads = static_cast<int>(options.integer("threads", 1, 1, 1024));
  constexpr const char* of_conv[] = {"op", "form", "isa", "algorithm", "precision", "batch", "mutant"};
  options.require_none_of(of_conv, "it belongs to --what conv");
  return measure(options, plan, plan.threads, bench::matrix_bench);
}

void require_no_geometry(const Options& options) {
  constexpr const char* of_operations[] = {"op", "batch", "case", "input-size"};
  options.require_none_of(of_operations, "it belongs to --what conv");
  options.require_none_of(geometry_option_names(), "it belongs to --what conv");
}

int run_train(const Options& options) {
  require_no_geometry(options);
  auto plan = plan_of<bench::TrainBenchPlan>(options);
  plan.threads = thread_list(options);
  constexpr const char* of_verify[] = {"mutant"};
  options.require_none_of(of_verify, "it belongs to --what conv and verify");
  plan.forms = training_forms_of(options);
  plan.algorithms = algorithms_of(options);
  plan.workloads = workloads_of(options);
  plan.precisions = precisions_of(options);
  plan.isas = isas_of(options);
  return measure(options, plan, std::ranges::max(plan.threads), bench::train_bench);
}

int run_verify(const Options& options) {
  require_no_geometry(options);
  auto plan = plan_of<bench::VerifyBenchPlan>(options);
  plan.threads = thread_list(options);
  constexpr const char* of_train[] = {"set", "precision", "isa", "algorithm"};
  options.require_none_of(of_train, "it belongs to --what conv and train");
  plan.forms = witnesses_of(options);
  return measure(options, plan, std::ranges::max(plan.threads), bench::verify_bench);
}

int run_scale(const Options& options) {
  constexpr const char *of_operations[] = {"op", "form", "case", "input-size", "mutant"},
                       *of_rows[] = {"shard"}, *of_link[] = {"latency", "bandwidth"};
  options.require_none_of(of_operations, "--what scale times training on the engine");
  options.require_none_of(geometry_option_names(), "it belongs to --what conv");
  options.require_none_of(of_rows, "--what scale measures a few constants");
  auto plan = plan_of<bench::ScaleBenchPlan>(options);
  plan.threads = static_cast<int>(options.integer("threads", 1, 1, 1024));
  plan.workloads = workloads_of(options);
  plan.batches = different_numbers(options, "batch", bench::most_scale_batch);
  if (const auto ranks = different_numbers(options, "ranks", bench::most_scale_ranks); !ranks.empty())
    plan.ranks.assign(ranks.begin(), ranks.end());
  plan.precisions = precisions_of(options);
  plan.isas = isas_of(options);
  if (options.has("algorithm")) plan.algorithms = algorithms_of(options);
  Communicator& ranks = cli::ranks();
  if (ranks.size() > 1) {
    options.require_none_of(of_link, "the link between the ranks is measured");
    plan.communicator = &ranks;
  } else {
    plan.link = given_link(options);
  }
  if (options.has("output"))
    require_hdf5_name(options.text("output"));  // by all, for only one of them writes
  if (ranks.rank() == 0) require_bench_output(options);
  agree(ranks, nullptr);
  const RunInfo info = info_of(options, plan.seed, plan.threads);
  catch_interrupts();
  const bench::ScaleReport report = bench::scale_bench(plan);
  return ranks.rank() == 0 ? finish(options, report, info) : static_cast<int>(ExitCode::ok);
}

int run(const Options& options) {
  const std::string what = options.text("what", "conv");
  if (what == "scale") return run_scale(options);
  if (launch().ranks > 1)
    throw InvalidArgument(
        "what", fmt::format("is {}, which one process measures, and {} were started", what, launch().ranks),
        "start one, use --what scale, or say FSCONV_MPI=none to run each process by itself");
  constexpr const char* of_scale[] = {"ranks", "latency", "bandwidth"};
  options.require_none_of(of_scale, "it belongs to --what scale");
  if (what == "conv") return run_conv(options);
  if (what == "matrix") return run_matrix(options);
  if (what == "train") return run_train(options);
  if (what == "verify") return run_verify(options);
  throw InvalidArgument("what", fmt::format("'{}' is unknown", what),
                        "use conv, matrix, train, verify or scale");
}

}  // namespace

Command bench_command() {
  return {.name = "bench",
          .summary = "how fast the forms compute, beside what this machine can do",
          .usage = R"(  fsconv bench [WHAT] [options]

Measures the machine's ceilings first, then every form on every geometry in turn, round by round. A form is
first checked on the same geometry and batch, with integers against another form in double, and is not timed
if it is wrong (exit code 3). `engine` is the form batched on blocks, as training runs it, `onednn_blocked`
is oneDNN on arrays that lie as it prefers, weights reordered before; the other forms are called as users
call them. In bf16, BFloat16 are multiplied and summed as floats. The engine is timed by each --algorithm:
direct multiplies what every tap names, auto (as accurate), winograd2 and winograd4 cut axes into tiles
F(m,r) that need fewer products; which, stands below the row. GFLOP/s count 2 operations per nonzero of W
and image, whatever the algorithm, so that tiles can lie above the peak; the peak is that of multiply-adds
in registers with the form's instruction set and precision; flop/B divides by the bytes of all arrays, each
read or written once. With --what matrix, x floor is the time over that of only filling, or only reading, as
much memory. The sizes describe conv. --what train counts the images of whole training steps on images made
before, --what verify the checks of a small sweep; a form whose gradient differs from im2col's, or for which
a check fails, is not timed.

--what scale measures what a rank does of a training step and predicts the step on more ranks (docs/scale.md): a
batch is cut into blocks of 32 images, so that a batch of 128 keeps 4 ranks busy. Under mpirun with 2 ranks or more,
which measure at once, the link between them is measured, too. --shard cuts by what is compared: an operation on a
geometry, of matrix a geometry, of train a model, of verify a form.)",
          .examples = R"(  fsconv bench
  fsconv bench --set dcgan --op conv_transpose --time 20 --threads 2
  fsconv bench --case ic3oc64i64x64o32x32k4s2p1 --form all --batch 1 --rounds 3
  fsconv bench --input-size 32,32 --kernel 4 --stride 2 --padding 1 --channels 16,32 --form engine --isa all
  fsconv bench --precision fp32,bf16 --form engine,onednn_blocked --time 20
  fsconv bench --case ic64oc128i32x32o16x16k4s2p1 --form engine,onednn_blocked --algorithm all --time 5
  fsconv bench --what train --precision fp32,bf16 --threads 1,2
  fsconv bench --what verify --form gather,batched
  fsconv bench --what matrix --output matrix.h5
  fsconv bench --what scale --latency 20 --bandwidth 2.9      # as of 25 GbE
  fsconv bench --what train --set ae28,vae28 --shard 1/2 --rounds 1 --output steps-1.h5
  fsconv bench --case ic2oc2i8x8o4x4k4s2p1 --mutant no_flip      # refuses it, as it must
)",
          .options = options,
          .run = run,
          .positional = "what"};
}

}  // namespace fsconv::cli
