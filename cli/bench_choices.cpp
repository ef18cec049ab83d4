// SPDX-License-Identifier: Apache-2.0
#include "bench_choices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/verify/mutants.hpp>

#include "geometry_options.hpp"

namespace fsconv::cli {
namespace {

// "a,b,c", each once and one of `known`; "all" stands for all that can be done here.
std::vector<std::string> chosen(const Options& options, const char* option,
                                const std::vector<std::string>& otherwise,
                                const std::vector<std::string>& all, std::vector<std::string> known) {
  if (!options.has(option)) return otherwise;
  if (options.text(option) == "all") return all;
  const std::vector<std::string> words = options.different_words(option);
  for (const std::string& word : words) {
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    if (word == "all")
      throw InvalidArgument(option, fmt::format("has all beside others: {}", options.text(option)),
                            "all stands alone");
    known.emplace_back("all");
    throw InvalidArgument(option, fmt::format("'{}' is unknown", word), instead_of(word, known));
  }
  return words;
}
std::vector<std::string> chosen(const Options& options, const char* option,
                                const std::vector<std::string>& otherwise,
                                const std::vector<std::string>& all) {
  return chosen(options, option, otherwise, all, all);
}

// The witnesses that --mutant asks for.
std::vector<Witness> mutants_of(const Options& options) {
  if (!options.has("mutant")) return {};
  return witnesses_named(mutants(), {options.text("mutant")}, "mutant");
}

// An instruction set or an algorithm that no form of the list computes with would be left unheard. `chooses` is the form that
// has algorithms.
void require_choices_matter(const Options& options, const std::vector<std::string>& forms,
                            const std::string& chooses) {
  const auto has = [&](const std::string& form) {
    return std::find(forms.begin(), forms.end(), form) != forms.end();
  };
  constexpr const char *of_engine[] = {"isa"}, *of_one[] = {"algorithm"};
  if (!has("engine") && !has("batched"))
    options.require_none_of(of_engine, "it belongs to the forms engine and batched");
  if (!has(chooses)) options.require_none_of(of_one, "it belongs to the form " + chooses);
}

}  // namespace

std::vector<engine::Algorithm> algorithms_of(const Options& options) {
  std::vector<engine::Algorithm> algorithms;
  for (const std::string& word :
       chosen(options, "algorithm", {"direct", "auto"}, all_names<engine::Algorithm>()))
    algorithms.push_back(named<engine::Algorithm>(word));
  return algorithms;
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
    const auto& set = entry_named(bench::geometry_sets(), "set", name).geometries;
    geometries.insert(geometries.end(), set.begin(), set.end());
  }
  return geometries;
}

std::vector<Op> ops_of(const Options& options) {
  const std::vector<std::string> all = all_names<Op>();
  std::vector<Op> ops;
  for (const std::string& word : chosen(options, "op", all, all)) ops.push_back(named<Op>(word));
  return ops;
}

std::vector<engine::Isa> isas_of(const Options& options) {
  const std::vector<std::string> all = names_in(engine::permitted_isas());
  std::vector<engine::Isa> isas;
  for (const std::string& word :
       chosen(options, "isa", {std::string(name(engine::current_isa()))}, all, all_names<engine::Isa>()))
    isas.push_back(engine::isa_named(word));
  return isas;
}

std::vector<Precision> precisions_of(const Options& options) {
  std::vector<Precision> precisions;
  for (const std::string& word : chosen(options, "precision", {"fp32"}, names_in(float_precisions)))
    precisions.push_back(named<Precision>(word, float_precisions));
  return precisions;
}

std::vector<bench::Contender> contenders_of(const Options& options) {
  const std::vector<Precision> precisions = precisions_of(options);
  const std::vector<std::string> all = bench::contender_names(precisions);
  std::vector<std::string> usual = {"engine", "batched", "im2col", "onednn"};
  std::erase_if(
      usual, [&](const std::string& form) { return std::find(all.begin(), all.end(), form) == all.end(); });
  const auto forms = chosen(options, "form", usual, all, bench::contender_names({Precision::fp32}));
  require_choices_matter(options, forms, "engine");
  auto list = bench::contenders_named(forms, isas_of(options), precisions, algorithms_of(options));
  for (const Witness& mutant : mutants_of(options)) list.push_back(bench::contender_of(mutant));
  return list;
}

std::vector<bench::TrainWorkload> workloads_of(const Options& options) {
  std::vector<std::string> all;
  for (const bench::TrainWorkload& workload : bench::train_workloads()) all.emplace_back(workload.name);
  std::vector<bench::TrainWorkload> workloads;
  for (const std::string& name : chosen(options, "set", {"ae28"}, all))
    workloads.push_back(entry_named(bench::train_workloads(), "set", name));
  return workloads;
}

std::vector<Witness> witnesses_of(const Options& options) {
  std::vector<std::string> all;
  for (const Witness& form : witnesses()) all.push_back(form.name);
  std::vector<Witness> list = witnesses_named(witnesses(), chosen(options, "form", all, all));
  for (const Witness& mutant : mutants_of(options)) list.push_back(mutant);
  return list;
}

std::vector<std::string> training_forms_of(const Options& options) {
  std::vector<std::string> all;
  for (const Form<float>& form : forms<float>()) all.emplace_back(form.name);
  const std::vector<std::string> forms = chosen(options, "form", {"batched"}, all);
  require_choices_matter(options, forms, "batched");
  return forms;
}

Link given_link(const Options& options) {
  if (!options.has("latency") || !options.has("bandwidth"))
    throw InvalidArgument(
        options.has("latency") ? "bandwidth" : "latency", "is missing",
        "tell how fast messages travel, or measure it: mpirun -n 2 fsconv bench --what scale");
  constexpr double longest = 1e9, slowest = 1e-6, fastest = 1e6;
  const double microseconds = options.number("latency", 0), gigabytes = options.number("bandwidth", 0);
  if (!(microseconds >= 0 && microseconds <= longest))
    throw InvalidArgument("latency", fmt::format("is {}", options.text("latency")),
                          "must be 0 to 1e9 microseconds");
  if (!(gigabytes >= slowest && gigabytes <= fastest))
    throw InvalidArgument("bandwidth", fmt::format("is {}", options.text("bandwidth")),
                          "must be 1e-6 to 1e6 GB/s");
  return {.latency = microseconds / 1e6, .bandwidth = gigabytes * 1e9};
}

std::vector<Index> different_numbers(const Options& options, const char* option, Index most) {
  std::vector<Index> list;
  for (const Index each : options.integers(option).value_or(std::vector<Index>{})) {
    if (each < 1 || each > most)
      throw InvalidArgument(option, fmt::format("names {}", each),
                            fmt::format("use numbers from 1 to {}", most));
    if (std::find(list.begin(), list.end(), each) != list.end())
      throw InvalidArgument(option, fmt::format("names {} twice", each));
    list.push_back(each);
  }
  return list;
}

std::vector<int> thread_list(const Options& options) {
  const std::vector<Index> threads = different_numbers(options, "threads", 1024);
  return threads.empty() ? std::vector<int>{1} : std::vector<int>(threads.begin(), threads.end());
}

}  // namespace fsconv::cli
