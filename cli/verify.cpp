// fsconv verify: checks every claim about transposed convolution on every form, over a sweep of geometries.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/verify/mutants.hpp>
#include <fsconv/verify/report.hpp>
#include <fsconv/verify/sweep.hpp>

#include "commands.hpp"
#include "geometry_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("claim", "NAME[,NAME...]", "only these claims (all)")
      .value("form", "NAME[,NAME...]", "only these forms (all)")
      .value("method", "NAME[,NAME...]", "numeric, exact or all (all)")
      .value("sweep", "NAME", "default, or exhaustive: every one-axis geometry up to the bounds below")
      .value("geometries", "N", "random geometries in the default sweep (2500)")
      .value("max-size", "N", "exhaustive: largest image and code (6)")
      .value("max-kernel", "N", "exhaustive: most taps (3)")
      .value("max-stride", "N", "exhaustive: largest stride (3)")
      .value("max-denominator", "N", "exhaustive: largest denominator of a stride (2)")
      .value("max-dilation", "N", "exhaustive: largest dilation (2)")
      .value("max-padding", "N", "exhaustive: padding from -N to N (2)")
      .value("precision", "NAME", "widest (default: double, float where a form has no double) or single")
      .value("mutant", "NAME", "verify a form that is wrong on purpose, to see the checks reject it")
      .value("miss-bits", "B", "exact: enough rounds to miss an error with probability 2^-B at most (20)")
      .value("seed", "N", "of the random numbers (0)")
      .value("threads", "N", "the result does not depend on it (all cores)")
      .value("output", "FILE", "write every check as one row of an HDF5 file");
  add_geometry_options(list);
  add_size_options(list);
  return list;
}

Bounds bounds_of(const Options& options) {
  const Bounds usual;
  Bounds bounds;
  bounds.size = options.integer("max-size", usual.size, 1, 64);
  bounds.taps = options.integer("max-kernel", usual.taps, 1, 64);
  bounds.down = options.integer("max-stride", usual.down, 1, 64);
  bounds.up = options.integer("max-denominator", usual.up, 1, 64);
  bounds.dilation = options.integer("max-dilation", usual.dilation, 1, 64);
  bounds.pad = options.integer("max-padding", usual.pad, 0, 64);
  return bounds;
}

std::vector<Geometry> geometries_of(const Options& options) {
  constexpr const char* of_exhaustive[] = {"max-size",        "max-kernel",   "max-stride",
                                           "max-denominator", "max-dilation", "max-padding"};
  constexpr const char* of_sweeps[] = {"sweep", "geometries"};
  constexpr const char* of_default[] = {"geometries"};
  const bool one = options.has("case") || options.has("input-size");
  const std::string sweep = options.text("sweep", "default");
  if (one || sweep != "exhaustive")
    options.require_none_of(of_exhaustive, "it belongs to --sweep exhaustive");
  if (one) {
    options.require_none_of(of_sweeps, "one geometry is named");
    return {geometry_of(options, Direction::conv)};
  }
  options.require_none_of(geometry_option_names(),
                          "name one geometry with --case, or with --input-size and --kernel");
  if (sweep == "exhaustive") {
    options.require_none_of(of_default, "it belongs to the default sweep");
    return exhaustive_sweep(bounds_of(options));
  }
  if (sweep != "default")
    throw InvalidArgument("sweep", fmt::format("'{}' is unknown", sweep), "use default or exhaustive");
  return default_sweep(options.integer("geometries", 2500, 0, 1'000'000), options.seed());
}

// "a,b,c", each once.
std::vector<std::string> different_words(const Options& options, const char* option) {
  const auto words = split(options.text(option), ',');
  for (auto word = words.begin(); word != words.end(); ++word)
    if (std::find(words.begin(), word, *word) != word)
      throw InvalidArgument(option, fmt::format("names '{}' twice", *word));
  return words;
}

std::vector<Method> methods_of(const Options& options) {
  std::vector<Method> methods;
  for (const std::string& word : split(options.text("method", "all"), ',')) {
    if (word == "all") return {Method::numeric, Method::exact};
    if (word != "numeric" && word != "exact")
      throw InvalidArgument("method", fmt::format("'{}' is unknown", word), "use numeric, exact or all");
    methods.push_back(word == "numeric" ? Method::numeric : Method::exact);
  }
  return methods;
}

std::vector<Witness> forms_of(const Options& options) {
  if (options.has("mutant")) {
    constexpr const char* of_forms[] = {"form", "precision"};
    options.require_none_of(of_forms, "--mutant stands for the form");
    return witnesses_named(mutants(), {options.text("mutant")}, "mutant");
  }
  const std::string precision = options.text("precision", "widest");
  if (precision != "widest" && precision != "single")
    throw InvalidArgument("precision", fmt::format("'{}' is unknown", precision), "use widest or single");
  const auto all = witnesses(precision == "single" ? Precision::single : Precision::widest);
  return options.has("form") ? witnesses_named(all, different_words(options, "form")) : all;
}

int run(const Options& options) {
  VerifyPlan plan;
  plan.geometries = geometries_of(options);
  const auto all = claims();
  plan.claims = options.has("claim") ? claims_named(different_words(options, "claim"))
                                     : std::vector<Claim>(all.begin(), all.end());
  plan.forms = forms_of(options);
  plan.methods = methods_of(options);
  plan.seed = options.seed();
  plan.miss_bits = static_cast<double>(options.integer("miss-bits", 20, 1, 1024));
  plan.threads = static_cast<int>(options.integer("threads", hardware_threads(), 1, 1024));

  if (options.has("output")) {  // found out before the work, not after it
    require_hdf5_name(options.text("output"));
    require_writable(options.text("output"));
  }

  RunInfo info{.kind = "verify",
               .command_line = options.command_line(),
               .configuration = options.texts(),
               .seed = plan.seed,
               .threads = plan.threads,
               .start_time = now()};
  catch_interrupts();
  const VerifyReport report = run_and_report(plan);
  if (options.has("json"))
    fmt::print("{}\n", json_of(report).dump(2));
  else
    fmt::print("{}", text(report, isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr));
  std::fflush(stdout);
  if (options.has("output")) {
    write_report(options.text("output"), report, info);
    fmt::print(stderr, "every check is in {}\n", options.text("output"));
  }
  return static_cast<int>(report.passed() ? ExitCode::ok : ExitCode::claim_failed);
}

}  // namespace

Command verify_command() {
  return {
      "verify",
      "checks the claims about transposed convolution on every form",
      "  fsconv verify [options]\n\n"
      "Compares every way to compute the operator with the definition, with automatic differentiation "
      "and with finite\n"
      "differences, over a few thousand geometries; refutes the belief that it inverts a convolution. Exit "
      "code 3 if a\n"
      "claim fails, with the smallest failing case and the command that shows it again.",
      "  fsconv verify\n"
      "  fsconv verify --sweep exhaustive --max-size 5 --method exact --output checks.h5\n"
      "  fsconv verify --case ic1oc16i28x28o14x14k3s2 --claim gradient,transpose\n"
      "  fsconv verify --mutant no_flip --claim transpose      (fails, as it must)\n",
      options,
      run};
}

}  // namespace fsconv::cli
