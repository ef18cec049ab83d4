// fsconv doctor: what a report of a fault needs to say about the program and the machine that it runs on.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <boost/version.hpp>
#include <cstdlib>
#include <fsconv/base/child_process.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/dataset.hpp>
#include <fsconv/engine/isa.hpp>
#include <fsconv/exchange/onnx_file.hpp>
#include <fsconv/io/run_log.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

using nlohmann::ordered_json;

boost::program_options::options_description options() {
  return OptionList("Options").flag("no-data", "do not try to read the data sets");
}

ordered_json libraries() {
  ordered_json list = library_versions();
  list["boost"] =
      fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  const std::string onnx = onnx_writer();
  list["onnx"] = onnx.empty() ? "not built in" : onnx;
  return list;
}

// What the machine, the environment and other programs say, as it may be printed.
std::string said(std::string_view text) { return excerpt(text, 120); }

std::string system_name() {
  utsname system{};
  return uname(&system) == 0 ? said(fmt::format("{} {} {}", system.sysname, system.release, system.machine))
                             : "unknown";
}

ordered_json processor() {
  ordered_json permitted = ordered_json::array();
  for (const engine::Isa isa : engine::permitted_isas()) permitted.push_back(name(isa));
  return {{"model", said(cpu_model())},
          {"threads", hardware_threads()},
          {"isas", permitted},
          {"isa", name(engine::current_isa())}};
}

ordered_json terminal() {
  const char* term = std::getenv("TERM");
  return {{"stdout_is_terminal", is_terminal(STDOUT_FILENO)},
          {"columns", page_width()},
          {"colour", shows_colour(STDOUT_FILENO)},
          {"term", term == nullptr ? "" : said(term)}};
}

// What a program says of itself in its first line, or null where it is not found or says nothing.
ordered_json version_of(const std::string& program) {
  constexpr double patience = 20;
  if (!find_program(program)) return nullptr;
  try {
    const ChildResult result = run_child({program, "--version"}, {}, {.seconds = patience});
    const std::string line = result.out.substr(0, result.out.find('\n'));
    if (!result.succeeded() || line.empty()) return fmt::format("found, but it {}", ending(result));
    return said(line);
  } catch (const IoError& error) {
    return fmt::format("found, but it does not run: {}", error.what());
  }
}

// A data set is there if it can be read.
ordered_json data_set(const std::string& name) {
  try {
    const Dataset data = load_dataset(name, 0);
    return {{"found", true},
            {"source", data.source},
            {"train_images", data.train.images.shape()[0]},
            {"test_images", data.test.images.shape()[0]}};
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    return {{"found", false}, {"why", error.what()}};
  }
}

ordered_json findings(bool with_data) {
  ordered_json all = {
      {"fsconv", FSCONV_VERSION},
      {"commit", git_commit()},
      {"changed", git_dirty() == "unknown" ? ordered_json() : ordered_json(git_dirty() == "true")},
      {"compiler", FSCONV_COMPILER},
      {"build_type", FSCONV_BUILD_TYPE},
      {"libraries", libraries()},
      {"system", system_name()},
      {"processor", processor()},
      {"memory", {{"total_bytes", total_bytes()}, {"available_bytes", available_bytes()}}},
      {"terminal", terminal()}};
  for (const char* program : {"z3", "cvc5", "coqc"}) all["programs"][program] = version_of(program);
  if (with_data)
    for (const char* name : {"fashion-mnist", "mnist"}) all["data"][name] = data_set(name);
  return all;
}

std::string report(const ordered_json& all) {
  constexpr std::size_t label_width = 11;
  const std::size_t width = page_width();
  std::string lines;
  const auto line = [&](const std::string& label, const std::string& text) {
    lines += wrapped_text(fmt::format("{:<{}}  {}", label, label_width, text), width, label_width + 2);
  };
  const auto word = [](const ordered_json& value) { return value.get<std::string>(); };
  const auto gibibytes = [](const ordered_json& bytes) { return bytes.get<double>() / (1 << 30); };
  line("fsconv", word(all["fsconv"]));
  line("commit", word(all["commit"]) + (all["changed"] == true ? ", and changes to it" : ""));
  line("built", fmt::format("{}, by {}", word(all["build_type"]), word(all["compiler"])));
  std::string versions;
  for (const auto& [name, version] : all["libraries"].items())
    versions += fmt::format("{}{} {}", versions.empty() ? "" : ", ", name, word(version));
  line("libraries", versions);
  line("system", word(all["system"]));
  const ordered_json &processor = all["processor"], &terminal = all["terminal"];
  line("processor",
       fmt::format("{}, {}", word(processor["model"]), counted(processor["threads"].get<Index>(), "thread")));
  line("isas",
       fmt::format("{}; chosen: {}", fmt::join(processor["isas"].get<std::vector<std::string>>(), ", "),
                   word(processor["isa"])));
  line("memory", fmt::format("{:.1f} GiB, {:.1f} available", gibibytes(all["memory"]["total_bytes"]),
                             gibibytes(all["memory"]["available_bytes"])));
  line("terminal",
       terminal["stdout_is_terminal"].get<bool>()
           ? fmt::format("{} columns, TERM={}, {}", terminal["columns"].get<int>(), word(terminal["term"]),
                         terminal["colour"].get<bool>() ? "colours" : "no colours")
           : fmt::format("none: stdout is no terminal; {} columns", terminal["columns"].get<int>()));
  for (const auto& [name, version] : all["programs"].items())
    line(name, version.is_null()
                   ? fmt::format("not installed (Debian package {})", name == "coqc" ? "coq" : name)
                   : word(version));
  if (!all.contains("data")) return lines;
  for (const auto& [name, data] : all["data"].items())
    line("data", data["found"].get<bool>()
                     ? fmt::format("{}: {}, {} + {} images", name, word(data["source"]),
                                   data["train_images"].get<Index>(), data["test_images"].get<Index>())
                     : word(data["why"]));
  line("", "generated: always there");
  return lines;
}

int run(const Options& options) {
  catch_interrupts();
  const ordered_json all = findings(!options.has("no-data"));
  if (options.has("json"))
    print_json(all, 2);
  else
    fmt::print("{}", report(all));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command doctor_command() {
  return {
      .name = "doctor",
      .summary = "what a report of a fault needs: versions, machine, terminal, solvers, data",
      .usage =
          "  fsconv doctor [options]\n\n"
          "Put what it prints into a report of a fault. It says which commit was built and how, with which "
          "libraries; what the processor permits and what is chosen; how much memory there is; what the "
          "terminal can do; whether the solvers of fsconv verify and the Coq of proofs/coq are installed, and "
          "which data sets can be read. It changes nothing, and ends with 0 whatever is missing.",
      .examples =
          "  fsconv doctor\n"
          "  fsconv doctor --no-data --json\n",
      .options = options,
      .run = run};
}

}  // namespace fsconv::cli
