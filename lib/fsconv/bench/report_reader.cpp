#include <fmt/format.h>

#include <cmath>
#include <fsconv/bench/report_reader.hpp>
#include <fsconv/io/run_log.hpp>
#include <limits>

namespace fsconv::bench {

namespace {

class Columns {
 public:
  Columns(const hdf5::File& file, SealedReader& sealed) : file_(file), sealed_(sealed) {
    const Shape shape = file.shape("/items/item");
    if (shape.size() != 1) throw BadData(file.path() + ":/items/item", "is no list of numbers");
    rows_ = shape[0];
  }

  Index rows() const { return rows_; }

  // Where the table does not have the column: `otherwise` in every row.
  std::vector<std::string> texts(const std::string& name) const {
    if (!has(name)) return std::vector<std::string>(static_cast<std::size_t>(rows_));
    return of_length(name, file_.read_strings("/items/" + name));
  }
  std::vector<double> numbers(const std::string& name) {
    if (!has(name))
      return std::vector<double>(static_cast<std::size_t>(rows_), std::numeric_limits<double>::quiet_NaN());
    const Tensor<double> values = sealed_.read<double>("/items/" + name);
    return of_length(name, std::vector<double>(values.begin(), values.end()));
  }

  bool has(const std::string& name) const { return file_.exists("/items/" + name); }

 private:
  template <class T>
  std::vector<T> of_length(const std::string& name, std::vector<T> values) const {
    if (static_cast<Index>(values.size()) != rows_)
      throw BadData(file_.path() + ":/items/" + name,
                    fmt::format("has not {} rows, as /items/item has", rows_));
    return values;
  }

  const hdf5::File& file_;
  SealedReader& sealed_;
  Index rows_ = 0;
};

}  // namespace

RecordedTimings read_timings(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  require_kind(file, "bench", "bench");
  read_configuration(file);  // refuses a newer schema, and copies that differ
  SealedReader sealed(file);
  RecordedTimings report{.what = file.string_attribute("/", "what"),
                         .rate_unit = "GFLOP/s",
                         .batch = file.has_attribute("/", "batch") ? file.integer_attribute("/", "batch") : 0,
                         .threads = file.integer_attribute("/", "threads"),
                         .items = {}};
  if (file.has_attribute("/", "unit")) report.rate_unit = file.string_attribute("/", "unit") + "/s";

  Columns columns(file, sealed);
  const bool of_programs = columns.has("workload");
  const auto work = columns.texts(of_programs ? "workload" : "geometry"), cases = columns.texts("case"),
             op = columns.texts("op"), form = columns.texts("form"), isa = columns.texts("isa"),
             precision = columns.texts("precision"), status = columns.texts("status"),
             note = columns.texts("note");
  const auto threads = columns.numbers("threads"), median = columns.numbers("median"),
             minimum = columns.numbers("minimum"), spread = columns.numbers("spread"),
             rate = columns.numbers(of_programs ? "per_second" : "gflops"),
             fraction = columns.numbers("fraction_of_peak"), floor = columns.numbers("times_floor");
  for (std::size_t at = 0; at < static_cast<std::size_t>(columns.rows()); ++at)
    report.items.push_back(
        {.work = work[at],
         .geometry_case = cases[at],
         .op = op[at],
         .form = form[at],
         .isa = isa[at],
         .precision = precision[at],
         .status = status[at],
         .note = note[at],
         .threads = std::isfinite(threads[at]) ? static_cast<Index>(threads[at]) : report.threads,
         .median = median[at],
         .minimum = minimum[at],
         .spread = spread[at],
         .rate = rate[at],
         .fraction_of_peak = fraction[at],
         .times_floor = floor[at]});
  sealed.check_rest();
  return report;
}

}  // namespace fsconv::bench
