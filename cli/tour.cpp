// fsconv tour: the questions about transposed convolutions one after the other, each with its answer and the commands that show it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/shell_words.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "commands.hpp"
#include "json_text.hpp"
#include "tour_stations.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  return OptionList("Options")
      .value("station", "NAME[,NAME...]", "only these, by name or number (all)")
      .value("output", "DIR",
             "the folder for pictures and files; it is made where the one above it is there (tour)")
      .flag("no-pause", "on a terminal, too, do not wait for Enter between stations")
      .flag("list", "print the questions, and stop; with --json all that the tour knows");
}

// Station numbers, from 0.
std::vector<std::size_t> chosen_stations(const Options& options) {
  const auto all = stations();
  std::vector<std::size_t> chosen;
  if (!options.has("station")) {
    for (std::size_t number = 0; number < all.size(); ++number) chosen.push_back(number);
    return chosen;
  }
  std::vector<std::string> names;
  for (const Station& station : all) names.emplace_back(station.name);
  for (const std::string& word : options.different_words("station")) {
    const std::optional<Index> number = to_integer(word);
    std::size_t at = 0;
    if (number && *number >= 1 && *number <= static_cast<Index>(all.size()))
      at = static_cast<std::size_t>(*number - 1);
    else
      at = static_cast<std::size_t>(std::find(names.begin(), names.end(), word) - names.begin());
    if (at == all.size())
      throw InvalidArgument("station", fmt::format("'{}' is unknown", word),
                            fmt::format("use 1 to {} or {}", all.size(), alternatives(names)));
    if (std::find(chosen.begin(), chosen.end(), at) != chosen.end())
      throw InvalidArgument("station", fmt::format("names '{}' twice", names[at]));
    chosen.push_back(at);
  }
  return chosen;
}

void print_list(const std::vector<std::size_t>& chosen, bool json) {
  const auto all = stations();
  if (!json) {
    Table table({{"", Align::right}, {"station"}, {"question", Align::wrapped}}, page_width());
    for (const std::size_t at : chosen)
      table.add({fmt::format("{}", at + 1), std::string(all[at].name), std::string(all[at].question)});
    fmt::print("{}", table.text());
    return;
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const std::size_t at : chosen) {
    const Station& station = all[at];
    nlohmann::ordered_json pictures = nlohmann::ordered_json::array();
    for (const StationPicture& picture : station.pictures)
      pictures.push_back({{"file", picture.file}, {"alternative_text", picture.alternative_text}});
    list.push_back({{"number", at + 1},
                    {"name", station.name},
                    {"question", station.question},
                    {"answer", station.answer},
                    {"commands", station.commands},
                    {"pictures", pictures},
                    {"more", station.more}});
  }
  print_json(list, 2);
}

// Makes the folder where it is missing and goes there, so that the commands of the stations can stand as they are.
void enter_folder(const std::string& folder) {
  const bool made = make_folder(folder).has_value();
  require_writable(folder + "/pictures");
  std::error_code failure;
  std::filesystem::current_path(folder, failure);
  if (failure) throw IoError(folder, "cannot enter: " + failure.message());
  fmt::print("{}\n{}",
             wrapped_text("Every command below works when pasted, in the order of the tour, in this folder:",
                          page_width()),
             made ? command_text("$ ", "mkdir " + shell_path(folder), page_width(), 6) : std::string());
  fmt::print("{}", command_text("$ ", "cd " + shell_path(folder), page_width(), 6));
}

// Runs "fsconv NAME ..." in this process. What goes wrong is told, and its exit code returned. Throws Interrupted.
int run_told(std::string_view text) {
  std::vector<std::string> words = split(text, ' ');
  words.erase(words.begin());
  const std::string name = words.front();
  words.erase(words.begin());
  const auto all = commands();
  const auto command =
      std::find_if(all.begin(), all.end(), [&](const Command& one) { return one.name == name; });
  try {
    if (command == all.end()) throw InvalidArgument(name, "is no command");
    return run_command(*command, words);
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    std::fflush(stdout);
    tell("fsconv: {}", error.what());
    return static_cast<int>(error.code());
  }
}

// Prints the station and runs its commands up to the first that fails, in `folder`, which is the current one now; `done`
// are commands that need not run again.
int visit(std::size_t at, const std::string& folder, std::set<std::string_view>& done) {
  const auto all = stations();
  const Station& station = all[at];
  const std::size_t width = page_width();
  fmt::print(
      "\n{}\n{}",
      painted(wrapped_text(fmt::format("== {} of {}: {}", at + 1, all.size(), station.question), width, 3),
              Colour::notable, shows_colour(STDOUT_FILENO)),
      wrapped_text(station.answer, width));
  for (const std::string_view command : station.commands) {
    stop_if_interrupted();
    fmt::print("\n{}", command_text("$ ", command, width, 6));
    std::fflush(stdout);
    if (done.contains(command)) {
      fmt::print("(as above)\n");
      continue;
    }
    const int code = run_told(command);
    std::fflush(stdout);
    if (code != static_cast<int>(ExitCode::ok)) return code;
    done.insert(command);
  }
  std::vector<std::string> pictures;
  for (const StationPicture& picture : station.pictures) {
    const bool is_of_the_project = picture.file.find('/') != std::string_view::npos;
    pictures.push_back(is_of_the_project ? std::string(picture.file)
                                         : fmt::format("{}/{}", one_line(folder), picture.file));
  }
  fmt::print("\n{}", wrapped_text(fmt::format("Look at: {}", fmt::join(pictures, ", ")), width, 2));
  fmt::print("{}", wrapped_text(fmt::format("More: {}", fmt::join(station.more, ", ")), width, 2));
  std::fflush(stdout);
  return static_cast<int>(ExitCode::ok);
}

// Whether to go on: Enter says so; q, or an end of input, that it is enough. Throws Interrupted.
bool wait_for_enter() {
  fmt::print("\n-- Enter: the next question, q: leave -- ");
  std::fflush(stdout);
  std::string line;
  for (;;) {
    stop_if_interrupted();
    // A signal that comes just before poll() is seen after this while at the latest.
    constexpr int while_in_ms = 100;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, while_in_ms) <= 0) continue;
    char letter = 0;
    if (::read(STDIN_FILENO, &letter, 1) <= 0) {
      fmt::print("\n");
      return false;
    }
    if (letter == '\n') return trimmed(line) != "q";
    line += letter;
  }
}

int run(const Options& options) {
  const std::vector<std::size_t> chosen = chosen_stations(options);
  if (options.has("list")) {
    constexpr const char* of_tours[] = {"output", "no-pause"};
    options.require_none_of(of_tours, "--list only prints");
    print_list(chosen, options.has("json"));
    return static_cast<int>(ExitCode::ok);
  }
  constexpr const char* of_lists[] = {"json"};
  options.require_none_of(of_lists, "a tour is for people; --list --json is for programs");
  catch_interrupts();
  const std::string folder = options.text("output", "tour");
  enter_folder(folder);
  const bool pauses = !options.has("no-pause") && is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO);
  std::set<std::string_view> done;
  std::vector<std::string_view> failed;
  int code = static_cast<int>(ExitCode::ok);
  for (std::size_t number = 0; number < chosen.size(); ++number) {
    if (pauses && number > 0 && !wait_for_enter()) break;
    const int of_station = visit(chosen[number], folder, done);
    if (of_station == static_cast<int>(ExitCode::ok)) continue;
    failed.push_back(stations()[chosen[number]].name);
    if (code == static_cast<int>(ExitCode::ok)) code = of_station;
  }
  std::fflush(stdout);
  if (!failed.empty())
    tell("fsconv: {}",
         fmt::format("{} of the tour failed: {}", counted(static_cast<Index>(failed.size()), "station"),
                     fmt::join(failed, ", ")));
  tell("pictures and files of the tour are in {}", folder);
  return code;
}

}  // namespace

Command tour_command() {
  return {.name = "tour",
          .summary = "the questions of a lecture on transposed convolutions, answered by commands",
          .usage = R"(  fsconv tour [options]

Why is a convolution a matrix, a stride of 1/2 meaningful, the transposed convolution a transpose and a gradient and no
deconvolution? Each question is a station: two sentences, the commands that show it, what they print, and a
picture. It takes a few seconds and needs no data. On a terminal the tour waits for Enter after each station, and q ends it.

The folder of --output is made where it is missing; files of an earlier tour in it are replaced. Where a station fails
the tour goes on, and ends with the exit code of the first that did. docs/lecture.md is the same tour as a page.)",
          .examples = R"(  fsconv tour --list
  fsconv tour --no-pause --output seen
  fsconv tour --station fractional,checkerboards
)",
          .options = options,
          .run = run};
}

}  // namespace fsconv::cli
