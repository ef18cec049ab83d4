// fsconv bench: how fast the forms compute, beside what this machine can do.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/bench/bench.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/verify/mutants.hpp>

#include "commands.hpp"
#include "geometry_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("what", "NAME", "conv: the operations (default), or matrix: the sparse W")
      .value("set", "NAME[,NAME...]", "layers (default), dcgan, audio, volume or all")
      .value("form", "NAME[,NAME...]", "engine, any form, or all (engine,batched,im2col,onednn)")
      .value("isa", "NAME[,NAME...]", "of engine and batched: portable, avx2, avx512 or all (the best)")
      .value("op", "NAME[,NAME...]", "conv, conv_transpose, weight_gradient or all (all)")
      .value("batch", "N", "images (32)")
      .value("threads", "N", "each does the same work on data of its own: throughput (1)")
      .value("rounds", "N", "in each, everything runs once (11)")
      .value("time", "SECONDS", "begin no round after that; there is always one")
      .value("mutant", "NAME", "also a form of fsconv verify that is wrong on purpose, to see it refused")
      .value("seed", "N", "of the numbers and of the order in the rounds (0)")
      .value("output", "FILE", "write every sample to an HDF5 file, one row per item");
  add_geometry_options(list);
  add_size_options(list);
  return list;
}

// "a,b,c", each once; `all` stands for every word that is known.
std::vector<std::string> chosen(const Options& options, const char* option,
                                const std::vector<std::string>& otherwise,
                                const std::vector<std::string>& all) {
  if (!options.has(option)) return otherwise;
  return options.text(option) == "all" ? all : options.different_words(option);
}

std::vector<bench::NamedGeometry> geometries_of(const Options& options) {
  if (options.has("case") || options.has("input-size")) {
    constexpr const char* of_sets[] = {"set"};
    options.require_none_of(of_sets, "one geometry is named");
    const Geometry geometry = geometry_of(options, Direction::conv);
    return {{print_case(geometry), geometry}};
  }
  options.require_none_of(geometry_option_names(),
                          "name one geometry with --case, or with --input-size and --kernel");
  std::vector<std::string> all;
  for (const bench::GeometrySet& set : bench::geometry_sets()) all.emplace_back(set.name);
  std::vector<bench::NamedGeometry> geometries;
  for (const std::string& name : chosen(options, "set", {"layers"}, all)) {
    const auto& set = bench::geometry_set_named(name).geometries;
    geometries.insert(geometries.end(), set.begin(), set.end());
  }
  return geometries;
}

std::vector<Op> ops_of(const Options& options) {
  std::vector<std::string> all;
  for (const Op op : {Op::conv, Op::conv_transpose, Op::weight_gradient}) all.emplace_back(name(op));
  std::vector<Op> ops;
  for (const std::string& word : chosen(options, "op", all, all)) ops.push_back(op_named(word));
  return ops;
}

std::vector<engine::Isa> isas_of(const Options& options) {
  std::vector<std::string> all;
  for (const engine::Isa isa : engine::permitted_isas()) all.emplace_back(name(isa));
  std::vector<engine::Isa> isas;
  for (const std::string& word : chosen(options, "isa", {std::string(name(engine::current_isa()))}, all))
    isas.push_back(engine::isa_named(word));
  return isas;
}

std::vector<bench::Contender> contenders_of(const Options& options) {
  const std::vector<std::string> usual = {"engine", "batched", "im2col", "onednn"};
  const auto forms = chosen(options, "form", usual, bench::contender_names());
  const bool any_isa = std::any_of(forms.begin(), forms.end(), [](const std::string& form) {
    return form == "engine" || form == "batched";
  });
  constexpr const char* of_engine[] = {"isa"};
  if (!any_isa) options.require_none_of(of_engine, "it belongs to the forms engine and batched");
  auto list = bench::contenders_named(forms, isas_of(options));
  if (options.has("mutant"))
    for (const Witness& mutant : witnesses_named(mutants(), {options.text("mutant")}, "mutant"))
      list.push_back(bench::contender_of(mutant));
  return list;
}

int run(const Options& options) {
  const std::string what = options.text("what", "conv");
  if (what != "conv" && what != "matrix")
    throw InvalidArgument("what", fmt::format("'{}' is unknown", what), "use conv or matrix");
  bench::BenchPlan plan;
  plan.geometries = geometries_of(options);
  plan.rounds = options.integer("rounds", plan.rounds, 1, 100'000);
  plan.threads = static_cast<int>(options.integer("threads", 1, 1, 1024));
  plan.time_limit = options.number("time", 0);
  if (options.has("time") && plan.time_limit <= 0)
    throw InvalidArgument("time", fmt::format("is {}", options.text("time")), "must be positive");
  plan.seed = options.seed();
  if (what == "conv") {
    plan.ops = ops_of(options);
    plan.contenders = contenders_of(options);
    plan.batch = options.integer("batch", plan.batch, 1, Index{1} << 20);
  } else {
    constexpr const char* of_conv[] = {"op", "form", "isa", "batch", "mutant"};
    options.require_none_of(of_conv, "it belongs to --what conv");
  }
  if (options.has("output")) {  // found out before the work, not after it
    require_hdf5_name(options.text("output"));
    require_writable(options.text("output"));
  }

  const RunInfo info{.kind = "bench",
                     .command_line = options.command_line(),
                     .configuration = options.texts(),
                     .seed = plan.seed,
                     .threads = plan.threads,
                     .start_time = now()};
  catch_interrupts();
  const bench::Report report = what == "conv" ? conv_bench(plan) : matrix_bench(plan);
  if (options.has("json"))
    fmt::print("{}\n", json_of(report).dump(2));
  else
    fmt::print("{}", text(report));
  std::fflush(stdout);
  if (options.has("output")) {
    write_report(options.text("output"), report, info);
    fmt::print(stderr, "every sample is in {}\n", options.text("output"));
  }
  return static_cast<int>(report.refused() ? ExitCode::claim_failed : ExitCode::ok);
}

}  // namespace

Command bench_command() {
  return {"bench",
          "how fast the forms compute, beside what this machine can do",
          "  fsconv bench [options]\n\n"
          "Measures the machine's ceilings first, then every form on every geometry in turn, round by round. "
          "A form\n"
          "is first checked on the same geometry and batch, with integers against another form in double, "
          "and is not\n"
          "timed if it is wrong (exit code 3). `engine` is the form batched on blocks, as training runs it; "
          "the forms\n"
          "are called as users call them. GFLOP/s count 2 operations per nonzero of W and image; the peak is "
          "that of\n"
          "multiply-adds in registers with the form's instruction set; flop/B divides by the bytes of all "
          "arrays, each\n"
          "read or written once. With --what matrix, x floor is the time over that of only filling, or only "
          "reading,\n"
          "as much memory. The sizes describe conv.",
          "  fsconv bench\n"
          "  fsconv bench --set dcgan --op conv_transpose --time 20 --threads 2\n"
          "  fsconv bench --case ic3oc64i64x64o32x32k4s2p1 --form all --batch 1 --rounds 3\n"
          "  fsconv bench --input-size 32,32 --kernel 4 --stride 2 --padding 1 --channels 16,32 --form "
          "engine --isa all\n"
          "  fsconv bench --what matrix --output matrix.h5\n"
          "  fsconv bench --case ic2oc2i8x8o4x4k4s2p1 --mutant no_flip      (refuses it, as it must)\n",
          options,
          run};
}

}  // namespace fsconv::cli
