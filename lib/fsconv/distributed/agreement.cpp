// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/distributed/agreement.hpp>
#include <new>
#include <optional>

namespace fsconv {
namespace {

constexpr std::uint64_t failed = std::uint64_t{1} << 63;

// What a rank says of itself when somebody has failed.
struct Report {
  bool ok = true;
  ExitCode code = ExitCode::ok;
  std::string message;

  bool operator==(const Report&) const = default;
};

Report report_of(const std::exception_ptr& failure) {
  if (!failure) return {};
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return {false, error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {false, ExitCode::runtime, "out of memory"};
  } catch (const std::exception& error) {
    return {false, ExitCode::runtime, error.what()};
  } catch (...) {
    return {false, ExitCode::runtime, "something unknown was thrown"};
  }
}

std::string packed(const Report& report) {
  return fmt::format("{}{}\n{}", report.ok ? '+' : '-', static_cast<int>(report.code), report.message);
}

Report unpacked(const std::string& text) {
  const std::size_t line = text.find('\n');
  return {text[0] == '+', static_cast<ExitCode>(std::stoi(text.substr(1, line - 1))), text.substr(line + 1)};
}

[[noreturn]] void throw_agreed(const std::vector<Report>& reports) {
  const auto is_failure = [](const Report& report) { return !report.ok; };
  const auto is_serious = [](const Report& report) {
    return !report.ok && report.code != ExitCode::interrupted;
  };
  auto first = std::find_if(reports.begin(), reports.end(), is_serious);
  if (first == reports.end()) first = std::find_if(reports.begin(), reports.end(), is_failure);
  const bool all_alike =
      std::all_of(reports.begin(), reports.end(), [&](const Report& report) { return report == *first; });
  const bool interrupted = first->code == ExitCode::interrupted;
  // Which rank a signal reached first is nobody's concern.
  const std::string message = all_alike || interrupted
                                  ? first->message
                                  : fmt::format("rank {}: {}", first - reports.begin(), first->message);
  if (interrupted) throw AgreedInterrupt(message);
  throw AgreedError(first->code, message);
}

}  // namespace

std::uint64_t agree(Communicator& ranks, const std::exception_ptr& failure, std::uint64_t wishes) {
  if (ranks.size() == 1) {
    if (failure) std::rethrow_exception(failure);
    return wishes;
  }
  const std::uint64_t all = ranks.all_or(failure ? failed : wishes);
  if ((all & failed) == 0) return all;
  std::vector<Report> reports;
  for (const std::string& text : ranks.all_gather(packed(report_of(failure))))
    reports.push_back(unpacked(text));
  throw_agreed(reports);
}

std::vector<std::string> all_gather_or_agree(Communicator& ranks, const std::exception_ptr& failure,
                                             std::string_view mine) {
  // A byte in front says whether the rest is worth anything.
  std::string packed_mine(1, failure ? '-' : '+');
  if (!failure) packed_mine += mine;
  std::vector<std::string> all = ranks.all_gather(packed_mine);
  if (std::any_of(all.begin(), all.end(), [](const std::string& text) { return text[0] == '-'; }))
    agree(ranks, failure);
  for (std::string& text : all) text.erase(0, 1);
  return all;
}

void together(Communicator& ranks, const std::function<void()>& work) {
  std::exception_ptr failure;
  try {
    work();
  } catch (const Agreed&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  agree(ranks, failure);
}

// Whatever is thrown, an Agreed, too, the others have not heard of.
void on_first(Communicator& ranks, const std::function<void()>& work) {
  agree(ranks, failure_of([&] {
          if (ranks.rank() == 0) work();
        }));
}

void require_same(Communicator& ranks, const std::vector<std::pair<std::string, std::string>>& facts) {
  // Lengths go first, so that no value can be taken for another's beginning.
  std::string mine;
  for (const auto& [name, value] : facts)
    mine += fmt::format("{}\n{}\n{}{}", name.size(), value.size(), name, value);
  const std::vector<std::string> all = ranks.all_gather(mine);
  const auto other =
      std::find_if(all.begin(), all.end(), [&](const std::string& text) { return text != all[0]; });
  if (other == all.end()) return;
  const auto parsed = [](const std::string& text) {
    std::vector<std::pair<std::string, std::string>> list;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t used = 0;
      const auto number = [&] {
        const std::size_t value = std::stoul(text.substr(at), &used);
        at += used + 1;
        return value;
      };
      const std::size_t name = number(), value = number();
      list.emplace_back(text.substr(at, name), text.substr(at + name, value));
      at += name + value;
    }
    return list;
  };
  const auto here = parsed(*other), there = parsed(all[0]);
  const auto rank = other - all.begin();
  const auto value_in = [](const auto& list, const std::string& name) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.first == name; });
    return found == list.end() ? std::optional<std::string>() : std::optional(found->second);
  };
  const auto refuse = [&](const std::string& name, const std::string& is, const std::string& was) {
    throw AgreedError(ExitCode::runtime,
                      fmt::format("rank {}: {} is {}, on rank 0 it is {}", rank, name, is, was));
  };
  for (const auto& [name, value] : here)
    if (const auto other_value = value_in(there, name); other_value != value)
      refuse(name, value, other_value.value_or("not given"));
  for (const auto& [name, value] : there)
    if (!value_in(here, name)) refuse(name, "not given", value);
  throw AgreedError(ExitCode::runtime,
                    fmt::format("rank {}: has the facts of rank 0 in another order", rank));
}

}  // namespace fsconv
