// What every report has of a row, whatever it is about: who was timed and how long it took, in JSON and in HDF5.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <fsconv/bench/report.hpp>
#include <limits>

namespace fsconv::bench {

// A number of a row that makes sense only where something was timed: elsewhere not a number.
template <class Row>
double or_nan(const Row& row, double value) {
  return row.status == Status::timed ? value : std::numeric_limits<double>::quiet_NaN();
}

// The samples and what sums them up only where something was timed.
template <class Row>
nlohmann::json common_json(const Row& row) {
  nlohmann::json item = {{"form", row.form},           {"isa", row.isa},
                         {"algorithm", row.algorithm}, {"precision", name(row.precision)},
                         {"status", name(row.status)}, {"note", row.note}};
  if (row.status == Status::timed) {
    item["calls"] = row.timing.calls;
    item["seconds"] = row.timing.seconds;
    item["median"] = row.timing.median;
    item["minimum"] = row.timing.least;
    item["spread"] = row.timing.spread();
  }
  return item;
}

// The group /items (or another, numbered by another axis), with one column for each call of write(). `Row` is Row or RateRow.
template <class Row>
class ItemTable {
 public:
  // Begins the table with the numbers of the rows, the scale of the axis `index`, and what all reports have.
  ItemTable(hdf5::File& file, const std::vector<Row>& rows, std::string group = "/items",
            std::string index = "item")
      : file_(file), rows_(rows), group_(std::move(group)), index_(std::move(index)) {
    file.create_group(group_);
    std::int64_t number = 0;
    write(index_, "", ("number of the " + index_).c_str(), [&](const Row&) { return number++; });
    write("form", "", "what was timed", [](const Row& row) { return row.form; });
    write("isa", "", "instruction set", [](const Row& row) { return row.isa; });
    write("algorithm", "", "auto, direct, winograd2 or winograd4; - where there is no choice",
          [](const Row& row) { return row.algorithm; });
    write("precision", "", "fp64, fp32 or bf16",
          [](const Row& row) { return std::string(name(row.precision)); });
    write("status", "", "timed, skipped or refused",
          [](const Row& row) { return std::string(name(row.status)); });
    write("note", "", "why it was not timed", [](const Row& row) { return row.note; });
    write("calls", "1", "calls in one sample", [](const Row& row) { return std::int64_t{row.timing.calls}; });
    write("median", "s", "median time of a call",
          [](const Row& row) { return or_nan(row, row.timing.median); });
    write("minimum", "s", "shortest time of a call",
          [](const Row& row) { return or_nan(row, row.timing.least); });
    write("spread", "1", "interquartile range over median",
          [](const Row& row) { return or_nan(row, row.timing.spread()); });
    write_samples();
  }

  // `value_of` a row is a string or a number.
  template <class F>
  void write(const std::string& column, const char* units, const char* meaning, F&& value_of) {
    std::vector<std::decay_t<decltype(value_of(rows_.front()))>> values;
    for (const Row& row : rows_) values.push_back(value_of(row));
    const hdf5::Storage layout{.dimensions = {index_}, .units = units, .long_name = meaning};
    if constexpr (std::is_same_v<decltype(values), std::vector<std::string>>)
      file_.write_strings(group_ + "/" + column, values, layout);
    else
      file_.write(group_ + "/" + column, values, layout);
  }

 private:
  // [item, round]; items for which the time was out have fewer rounds, and NaN there.
  void write_samples() {
    std::size_t rounds = 0;
    for (const Row& row : rows_) rounds = std::max(rounds, row.timing.seconds.size());
    Tensor<double> samples({static_cast<Index>(rows_.size()), static_cast<Index>(rounds)});
    std::fill(samples.begin(), samples.end(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t at = 0; at < rows_.size(); ++at)
      std::copy(rows_[at].timing.seconds.begin(), rows_[at].timing.seconds.end(),
                samples.begin() + static_cast<std::ptrdiff_t>(at * rounds));
    file_.write(
        group_ + "/seconds", samples,
        {.dimensions = {index_, "round"}, .units = "s", .long_name = "time of a call in every round"});
  }

  hdf5::File& file_;
  const std::vector<Row>& rows_;
  std::string group_, index_;
};

template <class Row>
bool any_refused(const std::vector<Row>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.status == Status::refused; });
}

}  // namespace fsconv::bench
