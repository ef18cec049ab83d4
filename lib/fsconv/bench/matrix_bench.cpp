// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/bench/matrix_bench.hpp>
#include <fsconv/bench/operands.hpp>
#include <fsconv/bench/shard_pieces.hpp>
#include <fsconv/bench/shared_rounds.hpp>
#include <fsconv/forms/matrix.hpp>
#include <fsconv/geometry/case_string.hpp>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace fsconv::bench {
namespace {

// Calls f(first, last) for the share of `count` elements that each thread has.
template <class F>
void share_out(arma::uword count, int threads, F&& f) {
  const auto pieces = static_cast<arma::uword>(threads);
  run_together(threads, [&](int at) {
    const auto piece = static_cast<arma::uword>(at);
    f(count * piece / pieces, count * (piece + 1) / pieces);
  });
}

// Gives W's memory back to the system. What free() keeps would be found by one of build and write floor and
// not by the other, and pages that are there already cost less than half.
void release(arma::sp_mat& w) {
  w.reset();
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

// The memory of a W, fresh from the system and laid out as build() does it, filled without looking at a tap.
arma::sp_mat filled(const Geometry& geometry, int threads) {
  const auto count = static_cast<arma::uword>(nonzeros(geometry));
  arma::sp_mat w(arma::arma_reserve_indicator(),
                 static_cast<arma::uword>(element_count(geometry.code_shape())),
                 static_cast<arma::uword>(element_count(geometry.image_shape())), count);
  auto* rows = arma::access::rwp(w.row_indices);
  auto* values = arma::access::rwp(w.values);
  prefer_large_pages(rows, count * sizeof(arma::uword));
  prefer_large_pages(values, count * sizeof(double));
  share_out(count, threads, [&](arma::uword first, arma::uword last) {
    std::fill(rows + first, rows + last, arma::uword{0});
    std::fill(values + first, values + last, 1.0);
  });
  return w;
}

// The sum of row numbers and values first ... last-1, several at a time: additions do not wait for each other.
double sum_of_nonzeros(const arma::sp_mat& w, arma::uword first, arma::uword last) {
  constexpr arma::uword lanes = 8;
  double values[lanes] = {};
  arma::uword rows[lanes] = {};
  const arma::uword whole = last - (last - first) % lanes;
  for (arma::uword at = first; at < whole; at += lanes)
    for (arma::uword lane = 0; lane < lanes; ++lane) {
      values[lane] += w.values[at + lane];
      rows[lane] += w.row_indices[at + lane];
    }
  double total = 0;
  for (arma::uword at = whole; at < last; ++at)
    total += w.values[at] + static_cast<double>(w.row_indices[at]);
  for (arma::uword lane = 0; lane < lanes; ++lane) total += values[lane] + static_cast<double>(rows[lane]);
  return total;
}

struct Operated {
  arma::sp_mat w, filled;
  std::vector<double> x, y;
  std::atomic<double> sum = 0;  // of the read floor: what is stored has to be computed
};

// W, the filled memory, x, y and what the products and the check copy of them.
Index numbers_needed(const Geometry& geometry) {
  const Index sides = element_count(geometry.image_shape()) + element_count(geometry.code_shape());
  return 4 * nonzeros(geometry) + 6 * sides;
}

// Nothing where W x and W^T y are right on integers.
std::optional<std::string> difference(const ExactReference& exact, const Geometry& geometry, Operated& mine,
                                      int threads) {
  const auto to_double = [](const Tensor<float>& from) {
    return std::vector<double>(from.begin(), from.end());
  };
  const auto to_float = [](const Shape& shape, const std::vector<double>& from) {
    return cast<float>(Tensor<double>(shape, from));
  };
  mine.x = to_double(exact.operands().image);
  mine.y = std::vector<double>(static_cast<std::size_t>(element_count(geometry.code_shape())));
  matrix::multiply(mine.w, mine.x.data(), mine.y.data(), threads);
  if (auto wrong = exact.difference(Op::conv, "matrix", to_float(geometry.code_shape(), mine.y)))
    return wrong;
  mine.y = to_double(exact.operands().code);
  matrix::multiply_transposed(mine.w, mine.y.data(), mine.x.data(), threads);
  return exact.difference(Op::conv_transpose, "matrix", to_float(geometry.image_shape(), mine.x));
}

enum Place : std::size_t { write_floor, build, read_floor, multiply, multiply_transposed, places };

// Rows count what one thread does of a call: its share of the operations and bytes.
std::vector<Row> empty_rows(Index at, const Geometry& geometry, const Peaks& peaks, int threads) {
  const auto count = static_cast<double>(nonzeros(geometry));
  const auto columns = static_cast<double>(element_count(geometry.image_shape()));
  const auto sides = columns + static_cast<double>(element_count(geometry.code_shape()));
  constexpr double word = sizeof(double);
  const auto row = [&](const char* form, const char* op, double flops, double words) {
    Row r{.geometry = at, .form = form, .isa = "-", .op = op};
    r.flops = flops / threads;
    r.bytes = word * words / threads;
    r.nonzeros = count;
    r.peak = flops > 0 ? peaks.all_threads.of(engine::best_isa()).fma / 2 : 0;  // double: half as many lanes
    return r;
  };
  return {row("memory", "write floor", 0, 2 * count), row("matrix", "build", 0, 2 * count + columns),
          row("memory", "read floor", 0, 2 * count),
          row("matrix", "conv", 2 * count, 2 * count + columns + sides),
          row("matrix", "conv_transpose", 2 * count, 2 * count + columns + sides)};
}

std::vector<Item> items_of(const Geometry& geometry, const Tensor<double>& weight, Operated& mine,
                           int threads) {
  std::vector<Item> items(places);
  items[write_floor] = {[&, threads](int) { mine.filled = filled(geometry, threads); },
                        [&](int) { release(mine.filled); }};
  items[build] = {[&, threads](int) { mine.w = matrix::build(geometry, weight, threads); },
                  [&](int) { release(mine.w); }};
  items[read_floor] = {[&, threads](int) {
    share_out(mine.w.n_nonzero, threads,
              [&](arma::uword first, arma::uword last) { mine.sum += sum_of_nonzeros(mine.w, first, last); });
  }};
  items[multiply] = {[&, threads](int) { matrix::multiply(mine.w, mine.x.data(), mine.y.data(), threads); }};
  items[multiply_transposed] = {
      [&, threads](int) { matrix::multiply_transposed(mine.w, mine.y.data(), mine.x.data(), threads); }};
  return items;
}

void time_rows(std::vector<Row>& rows, const MatrixBenchPlan& plan, const NamedGeometry& named,
               std::size_t parts_left, const SharedRounds& rounds) {
  const auto& [name, geometry] = named;
  stop_if_interrupted();
  const ExactReference exact(geometry, 1, plan.seed);
  const Tensor<double> weight = cast<double>(exact.operands().weight);
  Operated mine;
  mine.w = matrix::build(geometry, weight, plan.threads);
  if (const auto wrong = difference(exact, geometry, mine, plan.threads)) {
    for (Row& row : rows) {
      row.status = Status::refused;
      row.note = *wrong;
    }
    return;
  }
  const std::vector<Item> items = items_of(geometry, weight, mine, plan.threads);
  const std::vector<Timing> timings = rounds.run(name, parts_left, items);
  for (std::size_t place = 0; place < places; ++place) rows[place].timing = timings[place];
  rows[build].floor = timings[write_floor].median;
  rows[multiply].floor = rows[multiply_transposed].floor = timings[read_floor].median;
}

}  // namespace

Report matrix_bench(const MatrixBenchPlan& plan) {
  if (plan.geometries.empty()) throw InvalidArgument("set", "names no geometry");
  const ShardPieces pieces(plan.shard, std::vector<Index>(plan.geometries.size(), Index{places}));
  std::vector<std::size_t> mine;
  for (std::size_t at = 0; at < plan.geometries.size(); ++at) {
    const NamedGeometry& named = plan.geometries[at];
    check_filled(named.geometry);
    if (!pieces.takes(at)) continue;
    mine.push_back(at);
    require_memory(nonzeros(named.geometry), 2 * sizeof(double), "nonzeros of W");
    require_memory(element_count(named.geometry.image_shape()), sizeof(double), "columns of W");
    require_memory(element_count(named.geometry.code_shape()), sizeof(double), "rows of W");
    require_memory(numbers_needed(named.geometry), sizeof(double),
                   fmt::format("W of {}", print_case(named.geometry)));
  }
  const SharedRounds rounds(plan, 1);  // the calls use the plan's threads inside
  Report report{.what = "matrix", .geometries = plan.geometries, .threads = plan.threads};
  report.peaks = measure_peaks({.threads = plan.threads, .seconds = plan.seconds_per_peak});
  for (std::size_t done = 0; done < mine.size(); ++done) {
    const NamedGeometry& named = plan.geometries[mine[done]];
    std::vector<Row> rows =
        empty_rows(static_cast<Index>(mine[done]), named.geometry, report.peaks, plan.threads);
    time_rows(rows, plan, named, mine.size() - done, rounds);
    report.rows.insert(report.rows.end(), rows.begin(), rows.end());
  }
  report.part = pieces.rows();
  report.seconds = rounds.seconds_passed();
  return report;
}

}  // namespace fsconv::bench
