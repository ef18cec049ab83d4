// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/exchange/event_file.hpp>
#include <fsconv/exchange/run_events.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/io/option_text.hpp>
#include <memory>
#include <optional>
#include <set>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

constexpr auto file_name = "events.out.tfevents.fsconv";  // TensorBoard looks for "tfevents"

// A cell of a table in Markdown: what would end it or be obeyed is escaped.
std::string cell(const std::string& text) {
  std::string safe;
  for (const char letter : excerpt(text, 4096)) {
    if (std::string_view("\\`*_{}[]()<>#+!|~&").find(letter) != std::string_view::npos) safe += '\\';
    safe += letter;
  }
  return safe;
}

std::string configuration_table(const LoggedRun& run) {
  std::string table = "| option | value |\n|---|---|\n";
  const auto row = [&](const std::string& name, const nlohmann::json& value) {
    table += fmt::format("| {} | {} |\n", cell(name), cell(value_text(value)));
  };
  for (const auto& [name, value] : run.run.configuration.items()) row(name, value);
  row("(command)", run.run.command_line);
  if (run.run.initial) row("(initial weights)", run.run.initial->source);
  row("(data)", run.run.data_source);
  for (const char* name : {"git_commit", "cpu", "isa"})
    if (run.environment.contains(name)) row(fmt::format("({})", name), run.environment[name]);
  return table;
}

// Cut before a letter of UTF-8, not in it.
std::string shortened(std::string name, std::size_t most) {
  if (name.size() <= most) return name;
  while (most > 0 && (static_cast<unsigned char>(name[most]) & 0xc0) == 0x80) --most;
  name.resize(most);
  return name;
}

std::string safe_name(const std::string& tail) {
  constexpr std::size_t most = 150;  // a system takes 255 bytes
  const bool is_plain =
      excerpt(tail, 2 * tail.size() + 16) == tail;  // UTF-8 without anything that a terminal obeys
  std::string name;
  for (const char letter : tail) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool is_safe = (byte < 0x80 && std::isalnum(byte) != 0) ||
                         std::string_view(".-_+=").find(letter) != std::string_view::npos ||
                         (byte >= 0x80 && is_plain);
    name += is_safe ? letter : '_';
  }
  if (name.empty() || name[0] == '.') name.insert(name.begin(), '_');  // neither hidden nor the folder above
  return shortened(name, most);
}

// The last `count` parts of a path, without the extension.
std::string tail_of(const fs::path& path, std::size_t count) {
  const std::vector<fs::path> parts(path.begin(), path.end());
  fs::path tail;
  for (std::size_t at = parts.size() - std::min(count, parts.size()); at < parts.size(); ++at)
    tail /= parts[at];
  return tail.replace_extension().string();
}

// The number that `count` digits at a place of an ISO date are; nothing where other letters stand there.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int number = 0;
  for (const char letter : text.substr(at, count)) {
    if (letter < '0' || letter > '9') return std::nullopt;
    number = 10 * number + (letter - '0');
  }
  return number;
}

// Folders that were made, and go again unless something was written into them.
class NewFolders {
 public:
  void make_for(const std::string& path) {
    if (auto made = make_folder_for(path)) made_.push_back(*made);
  }
  void keep() { made_.clear(); }
  ~NewFolders() {
    std::error_code ignored;
    for (auto one = made_.rbegin(); one != made_.rend(); ++one) fs::remove(*one, ignored);  // empty ones only
  }

 private:
  std::vector<std::string> made_;
};

}  // namespace

double seconds_since_1970(const std::string& time, const std::string& where) {
  const auto year = digits(time, 0, 4), month = digits(time, 5, 2), day = digits(time, 8, 2),
             hour = digits(time, 11, 2), minute = digits(time, 14, 2), second = digits(time, 17, 2),
             zone_hours = digits(time, 20, 2), zone_minutes = digits(time, 23, 2);
  const auto refuse = [&]() -> BadData {
    return BadData(where, fmt::format("is '{}'", excerpt(time)), "a time is like 2026-11-26T08:03:51+01:00");
  };
  if (time.size() != 25 || !year || !month || !day || !hour || !minute || !second || !zone_hours ||
      !zone_minutes)
    throw refuse();
  const bool is_formed = time[4] == '-' && time[7] == '-' && time[10] == 'T' && time[13] == ':' &&
                         time[16] == ':' && (time[19] == '+' || time[19] == '-') && time[22] == ':';
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!is_formed || !date.ok() || *hour > 23 || *minute > 59 || *second > 60 || *zone_hours > 23 ||
      *zone_minutes > 59)
    throw refuse();
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  const int zone = (time[19] == '-' ? -1 : 1) * (*zone_hours * 3600 + *zone_minutes * 60);
  return static_cast<double>(days) * 86400 + *hour * 3600 + *minute * 60 + *second - zone;
}

std::vector<double> times_of(const LoggedRun& run) {
  const std::vector<double>& seconds = run.run.find("seconds")->values;
  std::vector<double> times(seconds.size());
  double time =
      seconds_since_1970(run.end_time, run.path + ": its attribute end_time") - run.run.partial.seconds;
  for (std::size_t at = times.size(); at-- > 0;) {
    times[at] = time;
    time -= seconds[at];
  }
  return times;
}

std::string events_of(const LoggedRun& run) {
  if (run.epochs() == 0) throw BadData(run.path, "has no epochs yet", "event files are made of curves");
  const std::vector<double> times = times_of(run);
  EventFile file(times.front());
  file.add_text(times.front(), 0, "configuration", configuration_table(run));
  for (std::size_t at = 0; at < times.size(); ++at)
    for (const RecordedSeries& series : run.run.series)
      file.add_number(times[at], static_cast<std::int64_t>(at + 1), series.name, series.values[at]);
  file.add_picture(times.back(), static_cast<std::int64_t>(times.size()), "samples",
                   picture_of(run.run.samples));
  return file.bytes();
}

std::vector<std::string> folders_of(const std::vector<LoggedRun>& runs) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (std::size_t at = 0; at < runs.size(); ++at) {
    const fs::path path = runs[at].path;
    const auto depth = static_cast<std::size_t>(std::distance(path.begin(), path.end()));
    const auto is_shared = [&](std::size_t count) {
      for (std::size_t other = 0; other < runs.size(); ++other)
        if (other != at && tail_of(runs[other].path, count) == tail_of(path, count)) return true;
      return false;
    };
    std::size_t count = 1;
    while (count < depth && is_shared(count)) ++count;
    const std::string name = safe_name(tail_of(path, count));
    std::string own = name;
    for (int number = 2; !taken.insert(own).second; ++number) own = fmt::format("{}-{}", name, number);
    names.push_back(own);
  }
  return names;
}

namespace {

std::vector<std::string> files_of(const std::vector<LoggedRun>& runs) {
  std::vector<std::string> files;
  for (const LoggedRun& run : runs) files.push_back(run.path);
  return files;
}

}  // namespace

std::vector<std::string> write_event_files(const std::vector<LoggedRun>& runs, const std::string& folder) {
  std::vector<std::string> contents, paths;
  for (const LoggedRun& run : runs) {
    stop_if_interrupted();
    contents.push_back(events_of(run));
  }
  NewFolders made;
  std::vector<std::unique_ptr<AtomicFile>> files;
  const std::vector<std::string> names = folders_of(runs);
  made.make_for((fs::path(folder) / names.front()).string());
  for (std::size_t at = 0; at < runs.size(); ++at) {
    paths.push_back((fs::path(folder) / names[at] / file_name).string());
    made.make_for(paths.back());
    require_output({.path = paths.back(), .inputs = files_of(runs), .option = "tensorboard"});
    files.push_back(std::make_unique<AtomicFile>(paths.back()));
    files.back()->write(contents[at]);
    files.back()->finish();
  }
  for (const auto& file : files) file->commit();
  made.keep();
  return paths;
}

}  // namespace fsconv
