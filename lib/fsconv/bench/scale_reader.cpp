// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/excerpt.hpp>
#include <fsconv/bench/recorded_items.hpp>
#include <fsconv/bench/rounds.hpp>
#include <fsconv/bench/scale_bench.hpp>
#include <fsconv/bench/scale_reader.hpp>
#include <fsconv/io/legal_values.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/table_columns.hpp>

namespace fsconv::bench {

namespace {

constexpr auto items = "/items";

// What follows from the columns beside it, as scale_report.cpp writes it.
void check_step(const hdf5::File& file, Index row, const RecordedStep& step, const ScaleStep& parts) {
  const auto require = [&](const char* column, double value, double wanted) {
    if (!is_same(value, wanted))
      throw BadData(fmt::format("{}:{}/{}", file.path(), items, column),
                    fmt::format("holds {} at {}", value, row),
                    fmt::format("the columns beside it make it {}", wanted));
  };
  require("predicted", step.predicted, parts.seconds());
  require("per_second", step.per_second, ratio(static_cast<double>(step.batch), step.predicted));
  if (step.limit != name(parts.limit()))
    throw BadData(fmt::format("{}:{}/limit", file.path(), items),
                  fmt::format("holds '{}' at {}", excerpt(step.limit), row),
                  fmt::format("most of that step is {}", name(parts.limit())));
}

// The counts, what a step is made of, and what it comes to.
void check_steps(const hdf5::File& file, TableColumns& columns, const std::vector<RecordedStep>& steps) {
  const auto path = [](const char* column) { return fmt::format("{}/{}", items, column); };
  for (const char* column : {"batch", "blocks"})
    require_counts(file, path(column), numbers_of(columns, column), most_scale_batch);
  require_counts(file, path("ranks"), numbers_of(columns, "ranks"), most_scale_ranks);
  require_counts(file, path("threads"), numbers_of(columns, "threads"));
  for (const char* column : {"messages", "depth", "bytes", "predicted", "without_overlap", "compute",
                             "few_blocks", "latency", "bandwidth", "update", "per_second", "efficiency"})
    require_amounts(file, path(column), numbers_of(columns, column));
  for (const char* column : {"measured", "measured_without_overlap"})
    require_amounts(file, path(column), numbers_of(columns, column), std::vector<bool>(steps.size(), true));
  std::vector<ScaleStep> parts(steps.size());
  for (const auto& [column, part] : {std::pair{"compute", &ScaleStep::compute},
                                     {"few_blocks", &ScaleStep::few_blocks},
                                     {"latency", &ScaleStep::latency},
                                     {"bandwidth", &ScaleStep::bandwidth},
                                     {"update", &ScaleStep::update}}) {
    const std::vector<double> values = numbers_of(columns, column);
    for (std::size_t at = 0; at < parts.size(); ++at) parts[at].*part = values[at];
  }
  for (std::size_t at = 0; at < parts.size(); ++at)
    check_step(file, static_cast<Index>(at), steps[at], parts[at]);
}

void check_link(const RecordedScale& scale, const std::string& path) {
  if (!is_amount(scale.latency))
    throw BadData(path, fmt::format("its attribute latency is {}", scale.latency),
                  "it is finite and not negative");
  if (!is_amount(scale.bandwidth) || scale.bandwidth == 0)
    throw BadData(path, fmt::format("its attribute bandwidth is {}", scale.bandwidth),
                  "it is finite and above 0");
}

}  // namespace

bool is_scale(const hdf5::File& file) { return file.string_attribute("/", "what") == "scale"; }

RecordedScale read_scale(const std::string& path) { return read_scale(hdf5::File::open(path)); }

RecordedScale read_scale(const hdf5::File& file) {
  require_kind(file, "bench", "bench");
  read_configuration(file);  // refuses a newer schema, and copies that differ
  SealedReader sealed(file);
  if (!is_scale(file))
    throw BadData(file.path(), "holds timings, not predictions", "give a file of fsconv bench --what scale");
  RecordedScale scale{.latency = file.number_attribute("/", "latency"),
                      .bandwidth = file.number_attribute("/", "bandwidth"),
                      .measured_between = count_attribute(file, "measured_between"),
                      .threads = count_attribute(file, "threads"),
                      .steps = {}};
  check_link(scale, file.path());
  TableColumns constants(file, sealed, "/constants", "constant");
  check_timed(file, sealed, constants, "/constants");
  TableColumns columns(file, sealed, items, "item");
  columns.require_numbered();
  scale.steps.resize(static_cast<std::size_t>(columns.rows()));
  const auto fill = [&](auto RecordedStep::*member, const auto& values) {
    for (std::size_t at = 0; at < scale.steps.size(); ++at)
      scale.steps[at].*member = values.begin()[static_cast<std::ptrdiff_t>(at)];
  };
  for (const auto& [name, member] : {std::pair{"workload", &RecordedStep::workload},
                                     {"isa", &RecordedStep::isa},
                                     {"algorithm", &RecordedStep::algorithm},
                                     {"precision", &RecordedStep::precision},
                                     {"limit", &RecordedStep::limit}})
    fill(member, columns.texts(name));
  for (const auto& [name, member] : {std::pair{"batch", &RecordedStep::batch},
                                     {"blocks", &RecordedStep::blocks},
                                     {"ranks", &RecordedStep::ranks}})
    fill(member, columns.numbers<std::int64_t>(name));
  for (const auto& [name, member] : {std::pair{"predicted", &RecordedStep::predicted},
                                     {"without_overlap", &RecordedStep::without_overlap},
                                     {"measured", &RecordedStep::measured},
                                     {"measured_without_overlap", &RecordedStep::measured_without_overlap},
                                     {"per_second", &RecordedStep::per_second},
                                     {"efficiency", &RecordedStep::efficiency}})
    fill(member, columns.numbers<double>(name));
  check_steps(file, columns, scale.steps);
  sealed.check_rest();
  return scale;
}

}  // namespace fsconv::bench
