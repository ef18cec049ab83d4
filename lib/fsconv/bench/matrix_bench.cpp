#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/bench/geometry_rounds.hpp>
#include <fsconv/bench/operands.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv::bench {
namespace {

// The memory of a W, fresh from the system and laid out as build() does it, filled without looking at a tap.
arma::sp_mat filled(const Geometry& geometry) {
  const auto count = static_cast<arma::uword>(nonzeros(geometry));
  arma::sp_mat w(arma::arma_reserve_indicator(),
                 static_cast<arma::uword>(element_count(geometry.code_shape())),
                 static_cast<arma::uword>(element_count(geometry.image_shape())), count);
  auto* rows = arma::access::rwp(w.row_indices);
  auto* values = arma::access::rwp(w.values);
  prefer_large_pages(rows, count * sizeof(arma::uword));
  prefer_large_pages(values, count * sizeof(double));
  std::fill_n(rows, count, arma::uword{0});
  std::fill_n(values, count, 1.0);
  return w;
}

// Several sums at a time: additions do not wait for each other.
double sum_of_nonzeros(const arma::sp_mat& w) {
  constexpr arma::uword lanes = 8;
  double values[lanes] = {};
  arma::uword rows[lanes] = {};
  for (arma::uword at = 0; at + lanes <= w.n_nonzero; at += lanes)
    for (arma::uword lane = 0; lane < lanes; ++lane) {
      values[lane] += w.values[at + lane];
      rows[lane] += w.row_indices[at + lane];
    }
  double total = 0;
  for (arma::uword lane = 0; lane < lanes; ++lane) total += values[lane] + static_cast<double>(rows[lane]);
  return total;
}

// What one thread works on.
struct OwnMatrix {
  arma::sp_mat w, filled;
  std::vector<double> x, y;
  double sum = 0;
};

Index numbers_needed(const Geometry& geometry, int threads) {
  const Index sides = element_count(geometry.image_shape()) + element_count(geometry.code_shape());
  return threads * (4 * nonzeros(geometry) + 6 * sides);
}

// Nothing where W x and W^T y are right on integers.
std::optional<std::string> difference(const Check& check, const Geometry& geometry, OwnMatrix& mine) {
  const auto to_double = [](const Tensor<float>& from) {
    return std::vector<double>(from.begin(), from.end());
  };
  const auto to_float = [](const Shape& shape, const std::vector<double>& from) {
    return cast<float>(Tensor<double>(shape, from));
  };
  mine.x = to_double(check.operands().image);
  mine.y = std::vector<double>(static_cast<std::size_t>(element_count(geometry.code_shape())));
  matrix::multiply(mine.w, mine.x.data(), mine.y.data());
  if (auto wrong = check.difference(Op::conv, "matrix", to_float(geometry.code_shape(), mine.y)))
    return wrong;
  mine.y = to_double(check.operands().code);
  matrix::multiply_transposed(mine.w, mine.y.data(), mine.x.data());
  return check.difference(Op::conv_transpose, "matrix", to_float(geometry.image_shape(), mine.x));
}

enum Place : std::size_t { write_floor, build, read_floor, multiply, multiply_transposed, places };

std::vector<Row> empty_rows(Index at, const Geometry& geometry, const Peaks& peaks) {
  const auto count = static_cast<double>(nonzeros(geometry));
  const auto columns = static_cast<double>(element_count(geometry.image_shape()));
  const auto sides = columns + static_cast<double>(element_count(geometry.code_shape()));
  constexpr double word = sizeof(double);
  const auto row = [&](const char* form, const char* op, double flops, double words) {
    Row r{.geometry = at, .form = form, .isa = "-", .op = op};
    r.flops = flops;
    r.bytes = word * words;
    r.nonzeros = count;
    r.peak = flops > 0 ? peaks.all_threads.of(engine::best_isa()).fma / 2 : 0;  // double: half as many lanes
    return r;
  };
  return {row("memory", "write floor", 0, 2 * count), row("matrix", "build", 0, 2 * count + columns),
          row("memory", "read floor", 0, 2 * count),
          row("matrix", "conv", 2 * count, 2 * count + columns + sides),
          row("matrix", "conv_transpose", 2 * count, 2 * count + columns + sides)};
}

std::vector<Item> items_of(const Geometry& geometry, const Tensor<double>& weight,
                           std::vector<OwnMatrix>& all) {
  const auto own = [&all](int thread) -> OwnMatrix& { return all[static_cast<std::size_t>(thread)]; };
  std::vector<Item> items(places);
  items[write_floor] = {[own, &geometry](int thread) { own(thread).filled = filled(geometry); },
                        [own](int thread) { own(thread).filled.reset(); }};
  items[build] = {[own, &geometry, &weight](int thread) { own(thread).w = matrix::build(geometry, weight); },
                  [own](int thread) { own(thread).w.reset(); }};
  items[read_floor] = {[own](int thread) { own(thread).sum = sum_of_nonzeros(own(thread).w); }};
  items[multiply] = {[own](int thread) {
    OwnMatrix& mine = own(thread);
    matrix::multiply(mine.w, mine.x.data(), mine.y.data());
  }};
  items[multiply_transposed] = {[own](int thread) {
    OwnMatrix& mine = own(thread);
    matrix::multiply_transposed(mine.w, mine.y.data(), mine.x.data());
  }};
  return items;
}

void time_rows(std::vector<Row>& rows, const BenchPlan& plan, const Geometry& geometry,
               GeometryRounds& rounds) {
  const Check check(geometry, 1, plan.seed);
  const Tensor<double> weight = cast<double>(check.operands().weight);
  std::vector<OwnMatrix> all(static_cast<std::size_t>(plan.threads));
  for (OwnMatrix& mine : all) {
    stop_if_interrupted();
    mine.w = matrix::build(geometry, weight);
    if (const auto wrong = difference(check, geometry, mine)) {
      for (Row& row : rows) {
        row.status = Status::refused;
        row.note = *wrong;
      }
      return;
    }
  }
  const std::vector<Item> items = items_of(geometry, weight, all);
  const std::vector<Timing> timings = rounds.run(items);
  for (std::size_t at = 0; at < places; ++at) rows[at].timing = timings[at];
  rows[build].floor = timings[write_floor].median;
  rows[multiply].floor = rows[multiply_transposed].floor = timings[read_floor].median;
}

}  // namespace

Report matrix_bench(const BenchPlan& plan) {
  if (plan.geometries.empty()) throw InvalidArgument("set", "names no geometry");
  for (const NamedGeometry& named : plan.geometries) {
    fsconv::check(named.geometry);
    require_memory(nonzeros(named.geometry), 2 * sizeof(double), "nonzeros of W");
    require_memory(element_count(named.geometry.image_shape()), sizeof(double), "columns of W");
    require_memory(element_count(named.geometry.code_shape()), sizeof(double), "rows of W");
    require_memory(numbers_needed(named.geometry, plan.threads), sizeof(double),
                   fmt::format("W of {}", print_case(named.geometry)));
  }
  GeometryRounds rounds(plan);
  Report report{"matrix", plan.geometries, 1, plan.threads, {}, {}, 0};
  report.peaks = measure_peaks({.threads = plan.threads, .seconds = plan.seconds_per_peak});
  for (std::size_t at = 0; at < plan.geometries.size(); ++at) {
    const Geometry& geometry = plan.geometries[at].geometry;
    std::vector<Row> rows = empty_rows(static_cast<Index>(at), geometry, report.peaks);
    time_rows(rows, plan, geometry, rounds);
    report.rows.insert(report.rows.end(), rows.begin(), rows.end());
  }
  report.seconds = rounds.seconds_passed();
  return report;
}

}  // namespace fsconv::bench
