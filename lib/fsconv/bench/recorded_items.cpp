// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/bench/recorded_items.hpp>
#include <fsconv/bench/report.hpp>
#include <fsconv/io/legal_values.hpp>
#include <limits>

namespace fsconv::bench {
namespace {

// The rounds of every row; behind them NaN, where other rows have more. None of a row that was not timed.
std::vector<Timing> read_rounds(const hdf5::File& file, SealedReader& sealed, const std::string& column,
                                const std::vector<bool>& timed) {
  const Tensor<double> samples = sealed.read<double>(column);
  const auto rows = static_cast<Index>(timed.size());
  if (samples.rank() != 2 || samples.shape()[0] != rows)
    throw BadData(file.path() + ":" + column, fmt::format("has not a row for each of {} items", rows));
  const Index rounds = samples.shape()[1];
  std::vector<Timing> timings(timed.size());
  const auto of_row = [&](Index place) -> Timing& {
    return timings[static_cast<std::size_t>(place / rounds)];
  };
  require_legal(
      file, column, samples, "it is a time, but NaN behind the rounds of an item and where nothing was timed",
      [&](double seconds, Index place) {
        Timing& timing = of_row(place);
        const bool has_all_before = static_cast<Index>(timing.seconds.size()) == place % rounds;
        if (std::isnan(seconds)) return true;
        timing.seconds.push_back(seconds);
        return is_amount(seconds) && has_all_before && timed[static_cast<std::size_t>(place / rounds)];
      });
  for (std::size_t row = 0; row < timed.size(); ++row) {
    if (timed[row] && timings[row].seconds.empty())
      throw BadData(file.path() + ":" + column, fmt::format("has no time at {}", row), "it was timed");
    if (timed[row]) summarize(timings[row]);
  }
  return timings;
}

}  // namespace

void require_amounts(const hdf5::File& file, const std::string& column, const std::vector<double>& values,
                     const std::vector<bool>& may_be_absent) {
  require_legal(file, column, values, "it is finite and not negative", [&](double value, Index row) {
    const bool may_be = !may_be_absent.empty() && may_be_absent[static_cast<std::size_t>(row)];
    return is_amount(value) || (may_be && std::isnan(value));
  });
}

void require_counts(const hdf5::File& file, const std::string& column, const std::vector<double>& values,
                    double most) {
  require_legal(
      file, column, values, fmt::format("it is a whole number from 1 to {}", most),
      [&](double value, Index) { return value >= 1 && value <= most && value == std::floor(value); });
}

std::int64_t count_attribute(const hdf5::File& file, const char* name) {
  const std::int64_t count = file.integer_attribute("/", name);
  if (count < 1)
    throw BadData(file.path(), fmt::format("its attribute {} is {}", name, count), "it is at least 1");
  return count;
}

std::vector<double> numbers_of(TableColumns& columns, const std::string& column) {
  if (!columns.has(column))
    return std::vector<double>(static_cast<std::size_t>(columns.rows()),
                               std::numeric_limits<double>::quiet_NaN());
  const Tensor<double> values = columns.numbers<double>(column);
  return {values.begin(), values.end()};
}

std::vector<bool> check_timed(const hdf5::File& file, SealedReader& sealed, TableColumns& columns,
                              const std::string& group) {
  columns.require_numbered();
  const auto path = [&](const char* column) { return group + "/" + column; };
  const std::vector<std::string> status = columns.texts("status");
  const auto words = all_names<Status>();
  require_legal(file, path("status"), status, "it is timed, skipped or refused",
                [&](const std::string& word, Index) { return std::ranges::count(words, word) > 0; });
  std::vector<bool> timed;
  for (const std::string& word : status) timed.push_back(word == name(Status::timed));

  const auto calls = numbers_of(columns, "calls");
  require_legal(file, path("calls"), calls, "it is a count, of what was timed 1 at least",
                [&](double count, Index row) {
                  return is_amount(count) && (count >= 1 || !timed[static_cast<std::size_t>(row)]);
                });
  const std::vector<Timing> rounds = read_rounds(file, sealed, path("seconds"), timed);
  const auto compare = [&](const char* column, auto is_of) {
    require_legal(file, path(column), numbers_of(columns, column),
                  "the rounds make it another number, or nothing was timed", [&](double value, Index row) {
                    const auto at = static_cast<std::size_t>(row);
                    return timed[at] ? is_of(value, rounds[at]) : std::isnan(value);
                  });
  };
  compare("median", [](double value, const Timing& of) { return is_same(value, of.median); });
  compare("minimum", [](double value, const Timing& of) { return value == of.least; });
  // A difference of numbers that may be as good as equal, of which the median is 1.
  compare("spread", [](double value, const Timing& of) { return is_same(1 + value, 1 + of.spread()); });
  return timed;
}

}  // namespace fsconv::bench
