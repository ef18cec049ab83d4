// fsconv verify: checks every claim about transposed convolution on every form, over a sweep of geometries.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fsconv/base/child_process.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/symbolic/obligation_files.hpp>
#include <fsconv/verify/emit.hpp>
#include <fsconv/verify/explain.hpp>
#include <fsconv/verify/mutants.hpp>
#include <fsconv/verify/report.hpp>
#include <fsconv/verify/sweep.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "geometry_options.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("claim", "NAME[,NAME...]", "only these claims (all)")
      .value("form", "NAME[,NAME...]", "only these forms (all)")
      .value(
          "method", "NAME[,NAME...]",
          "numeric, exact, symbolic, proof or all (all); symbolic is exact where a form or a claim has no polynomials")
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
      .value("miss-bits", "B", "exact: enough rounds to miss an error with probability 2^-B at most (128)")
      .value("proof", "NAME[,NAME...]", "only these statements for all sizes (all)")
      .value("proofs", "DIR", "read the statements from a folder in place of the built-in ones")
      .value("emit", "DIR", "write the statements and every query to a solver as SMT-LIB files, and stop")
      .value("time-limit", "SECONDS", "for each question to the solver (60)")
      .flag("explain", "print the polynomials of one small case side by side, and stop")
      .value("seed", "N", "of the random numbers (0)")
      .value("threads", "N", "the result does not depend on it (all cores)")
      .value("shard", "I/N",
             "the I-th of N parts of the checks and statements; fsconv merge joins their files")
      .value("output", "FILE", "write every check as one row of an HDF5 file");
  add_convolution_options(list);
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

// What --method names; proofs stand apart, because they know neither geometries nor forms.
struct Methods {
  std::vector<Method> of_checks = {};
  bool proof = false;
  bool all = false;
};

Methods methods_of(const Options& options) {
  constexpr Method every[] = {Method::numeric, Method::exact, Method::symbolic};
  if (!options.has("method") && (options.has("proof") || options.has("proofs"))) return {.proof = true};
  if (options.text("method", "all") == "all")
    return {.of_checks = {std::begin(every), std::end(every)}, .proof = true, .all = true};
  Methods methods;
  for (const std::string& word : options.different_words("method")) {
    const auto found =
        std::find_if(std::begin(every), std::end(every), [&](Method m) { return name(m) == word; });
    if (found != std::end(every))
      methods.of_checks.push_back(*found);
    else if (word == "proof")
      methods.proof = true;
    else if (word == "all")
      throw InvalidArgument("method", fmt::format("has all beside others: {}", options.text("method")),
                            "all stands alone");
    else
      throw InvalidArgument("method", fmt::format("'{}' is unknown", word),
                            "use numeric, exact, symbolic, proof or all");
  }
  constexpr const char* of_exact[] = {"miss-bits"};
  const auto& checks = methods.of_checks;
  if (!checks.empty() &&
      std::all_of(checks.begin(), checks.end(), [](Method m) { return m == Method::numeric; }))
    options.require_none_of(of_exact, "it belongs to --method exact");
  return methods;
}

// The statements to prove. Where one geometry or some forms are named, "all" methods are those that look at
// them; asking for proofs as well is a mistake.
std::vector<Obligation> obligations_of(const Options& options, const Methods& methods) {
  constexpr const char* of_proofs[] = {"proof", "proofs", "time-limit"};
  constexpr const char* of_checks[] = {"case", "input-size", "sweep", "form", "precision", "mutant"};
  constexpr const char* of_numbers[] = {"geometries", "miss-bits", "seed"};
  const bool about_checks = std::any_of(std::begin(of_checks), std::end(of_checks),
                                        [&](const char* name) { return options.has(name); });
  if (!methods.proof || (methods.all && about_checks)) {
    options.require_none_of(of_proofs, "it belongs to --method proof");
    return {};
  }
  options.require_none_of(of_checks, "a proof holds for all sizes and knows no forms");
  if (methods.of_checks.empty()) options.require_none_of(of_numbers, "a proof holds for all sizes");
  if (options.has("claim")) claims_named(options.different_words("claim"));  // known ones
  const auto all =
      options.has("proofs") ? read_obligations(options.required_text("proofs")) : built_in_obligations();
  constexpr const char* of_claims[] = {"claim"};
  if (options.has("proof")) {
    options.require_none_of(of_claims, "--proof names the statements");
    return obligations_named(all, options.different_words("proof"));
  }
  if (!options.has("claim")) return all;
  const auto chosen = obligations_for(all, options.different_words("claim"));
  if (chosen.empty() && !methods.all)
    throw InvalidArgument("claim", "no statement for all sizes is about it", "use another method");
  return chosen;
}

// "all" methods are those that are there: without z3 the report says that nothing was proved. Where proofs
// were asked for by name, prove() says what is missing.
ProofPlan proofs_of(const Options& options, const Methods& methods, VerifyPlan& plan) {
  ProofPlan proofs{obligations_of(options, methods)};
  proofs.time_limit = options.number("time-limit", proofs.time_limit);
  for (const char* option : {"proofs", "time-limit"})
    if (options.has(option)) plan.proof_options += fmt::format(" --{} {}", option, options.text(option));
  if (methods.all && !proofs.obligations.empty() && !find_program(proofs.programs.z3)) {
    plan.proofs_skipped = "there is no program z3 (Debian package z3)";
    proofs.obligations.clear();
  }
  return proofs;
}

std::vector<Witness> forms_of(const Options& options) {
  if (options.has("mutant")) {
    constexpr const char* of_forms[] = {"form", "precision"};
    options.require_none_of(of_forms, "--mutant stands for the form");
    return witnesses_named(mutants(), {options.text("mutant")}, "mutant");
  }
  const auto all = witnesses(named<Scalars>(options.text("precision", "widest")));
  return options.has("form") ? witnesses_named(all, options.different_words("form")) : all;
}

// One small case, its polynomials side by side; a geometry that the lecture draws where none is named.
int explain_one(const Options& options) {
  constexpr const char* of_checks[] = {
      "claim",           "form",         "method",      "sweep",      "geometries", "proof",
      "precision",       "proofs",       "emit",        "time-limit", "mutant",     "miss-bits",
      "threads",         "output",       "seed",        "max-size",   "max-kernel", "max-stride",
      "max-denominator", "max-dilation", "max-padding", "shard"};
  options.require_none_of(of_checks, "--explain only shows a case");
  const bool named = options.has("case") || options.has("input-size");
  const Explanation explanation =
      explain(named ? geometry_of(options, Direction::conv) : parse_case("ic1oc1i6o3k3s2p1"), "explain");
  if (options.has("json"))
    print_json(nlohmann::json(explanation), 2);
  else
    fmt::print("{}", text(explanation, page_width()));
  const bool equal =
      explanation.conv.equal && explanation.conv_transpose.equal && explanation.weight_gradient.equal;
  return static_cast<int>(equal ? ExitCode::ok : ExitCode::claim_failed);
}

int emit_statements(const Options& options, const std::vector<Obligation>& obligations) {
  constexpr const char* of_runs[] = {"json",  "output", "threads",    "time-limit",
                                     "shard", "seed",   "geometries", "miss-bits"};
  options.require_none_of(of_runs, "--emit only writes files");
  if (obligations.empty()) throw InvalidArgument("emit", "no statement is asked for", "use --method proof");
  if (const auto made = make_folder(options.required_text("emit"))) tell("made the folder {}", *made);
  emit(obligations, options.required_text("emit"));
  Index queries = 0;
  for (const Obligation& obligation : obligations) queries += static_cast<Index>(obligation.queries.size());
  fmt::print("{} and {} are in {}\n", counted(static_cast<Index>(obligations.size()), "statement"),
             counted(queries, "query of a solver", "queries of a solver"), options.text("emit"));
  return 0;
}

// What was named and not tried was named in vain; where all was, something is missing even if nothing was named.
void require_tried(const Options& options, const VerifyReport& report) {
  const bool any = !report.proofs.empty() ||
                   std::any_of(report.checks.begin(), report.checks.end(),
                               [](const Check& check) { return check.verdict != Verdict::skipped; });
  for (const Untried& one : untried(report)) {
    const std::string field = one.field == "form" && options.has("mutant") ? "mutant" : one.field;
    const bool named = options.has(field) && options.text(field) != "all";
    if (named || !any)
      throw InvalidArgument(
          field, fmt::format("nothing of {} was tried: {}", one.name, one.reason),
          "what was not tried does not hold: name other claims, forms, methods or geometries");
  }
}

int run(const Options& options) {
  catch_interrupts();
  if (options.has("explain")) return explain_one(options);
  const Methods methods = methods_of(options);
  if (options.has("emit")) return emit_statements(options, obligations_of(options, methods));
  VerifyPlan plan;
  if (options.has("shard")) plan.shard = parse_shard(options.text("shard"));
  ProofPlan proofs = proofs_of(options, methods, plan);
  plan.geometries = geometries_of(options);
  const auto all = claims();
  // Statements that are chosen by name support no claim as a whole.
  const bool chosen = options.has("proof") || options.has("proofs");
  if (options.has("claim"))
    plan.claims = claims_named(options.different_words("claim"));
  else if (!chosen || !methods.of_checks.empty())
    plan.claims.assign(all.begin(), all.end());
  plan.forms = forms_of(options);
  plan.methods = methods.of_checks;
  plan.seed = options.seed();
  plan.miss_bits = static_cast<double>(options.integer("miss-bits", 128, 1, 1024));
  plan.threads = static_cast<int>(options.integer("threads", hardware_threads(), 1, 1024));
  proofs.threads = plan.threads;

  if (options.has("output")) {  // found out before the work, not after it
    require_hdf5_name(options.text("output"));
    require_output({.path = options.text("output"), .kind = "verify"});
  }

  RunInfo info{.kind = "verify",
               .command_line = options.command_line(),
               .configuration = options.texts(),
               .seed = plan.seed,
               .threads = plan.threads,
               .start_time = now()};
  const VerifyReport report = run_and_report(plan, proofs);
  if (options.has("json"))
    print_json(json_of(report), 2);
  else
    fmt::print("{}", text(report, page_width(), shows_colour(STDOUT_FILENO)));
  std::fflush(stdout);
  if (options.has("output")) {
    write_report(options.text("output"), report, info);
    tell("every check is in {}", options.text("output"));
  }
  if (!report.passed()) return static_cast<int>(ExitCode::claim_failed);
  if (!plan.shard) require_tried(options, report);  // else fsconv merge looks, for one shard does not see it
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command verify_command() {
  return {.name = "verify",
          .summary = "checks the claims about transposed convolution on every form",
          .usage = R"(  fsconv verify [options]

Compares every way to compute the operator with the definition, over a few thousand geometries: with random
reals (numeric), with integers (exact) and, for all weights and inputs, as polynomials (symbolic). Proves
the mathematics for all sizes with an SMT solver and refutes popular beliefs (proof). Exit code 3 if a claim
fails, with the smallest failing case and the command that shows it again, or if the solver leaves a statement
undecided; 2 if of a claim, form, mutant or method that was named nothing could be tried; 1 if the solver does not
run.

The exhaustive sweep grows fast with its bounds: from seconds to hours. On a terminal a line shows how far
it is; elsewhere stderr says so every ten seconds.

Several machines share the work, or several jobs of a cluster, with --shard I/N: what a shard checks depends on
I, N and the other options alone, together they check exactly what one run does, and fsconv merge makes one file of
theirs.)",
          .examples = R"(  fsconv verify
  fsconv verify --method proof
  fsconv verify --method symbolic --case ic1oc16i28x28o13x13k3s2
  fsconv verify --explain --case i6o3k3s2p1
  fsconv verify --emit statements
  fsconv verify --sweep exhaustive --max-size 5 --method exact --output checks.h5
  fsconv verify --method exact --shard 2/4 --output checks-2.h5
  fsconv verify --case ic1oc16i28x28o14x14k3s2 --claim gradient,transpose
  fsconv verify --mutant no_flip --claim transpose      # fails, as it must
)",
          .options = options,
          .run = run};
}

}  // namespace fsconv::cli
