// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/error.hpp>
#include <fsconv/bench/scale_reader.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/table_columns.hpp>

namespace fsconv::bench {

bool is_scale(const hdf5::File& file) { return file.string_attribute("/", "what") == "scale"; }

RecordedScale read_scale(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  require_kind(file, "bench", "bench");
  read_configuration(file);  // refuses a newer schema, and copies that differ
  SealedReader sealed(file);
  if (!is_scale(file))
    throw BadData(path, "holds timings, not predictions", "give a file of fsconv bench --what scale");
  RecordedScale scale{.latency = file.number_attribute("/", "latency"),
                      .bandwidth = file.number_attribute("/", "bandwidth"),
                      .measured_between = file.integer_attribute("/", "measured_between"),
                      .threads = file.integer_attribute("/", "threads"),
                      .steps = {}};
  TableColumns columns(file, sealed, "/items", "item");
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
  sealed.check_rest();
  return scale;
}

}  // namespace fsconv::bench
