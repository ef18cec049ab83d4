// The table for people.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/report.hpp>
#include <fsconv/geometry/case_string.hpp>

namespace fsconv::bench {
namespace {

std::string ceilings_text(const Peaks& peaks) {
  const Ceilings &all = peaks.all_threads, &one = peaks.one_thread;
  const auto number = [&](double of_all, double of_one) {
    return all.threads == 1 ? fmt::format("{:.1f}", of_all) : fmt::format("{:.1f} ({:.1f})", of_all, of_one);
  };
  std::string lines =
      fmt::format("ceilings measured with {}\n",
                  all.threads == 1 ? "1 thread" : fmt::format("{} threads (1 thread)", all.threads));
  for (std::size_t at = 0; at < all.isas.size(); ++at)
    lines +=
        fmt::format("  {:<11} {} {} GFLOP/s in registers, {} by the engine's tile\n", name(all.isas[at].isa),
                    name(all.isas[at].precision), number(all.isas[at].fma, one.isas[at].fma),
                    number(all.isas[at].tile, one.isas[at].tile));
  return lines + fmt::format("  {:<11} {:<4} {} GB/s, triad\n", "memory", "", number(all.triad, one.triad));
}

// 12.3 us, 4.56 ms: three digits or more.
std::string duration(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.1f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.2f} ms", seconds * 1e3);
  return fmt::format("{:.2f} s", seconds);
}

Table table_of(const Report& report, std::size_t width) {
  constexpr std::size_t indent = 2;
  if (report.what == "matrix")
    return Table({{"op"},
                  {"median", Align::right},
                  {"spread", Align::right},
                  {"ns/nz", Align::right},
                  {"GB/s", Align::right},
                  {"x floor", Align::right}},
                 width, indent);
  return Table({{"form"},
                {"isa"},
                {"in"},
                {"median", Align::right},
                {"spread", Align::right},
                {"GFLOP/s", Align::right},
                {"of peak", Align::right},
                {"flop/B", Align::right}},
               width, indent);
}

Table::Cells cells_of(const Row& row, const Report& report) {
  const std::string time = duration(row.timing.median),
                    spread = fmt::format("{:.0f}%", 100 * row.timing.spread()),
                    why = fmt::format("{}: {}", name(row.status), row.note);
  if (report.what == "matrix") {
    if (row.status != Status::timed) return {row.op, why};
    return {row.op,
            time,
            spread,
            fmt::format("{:.2f}", row.nanoseconds_per_nonzero()),
            fmt::format("{:.1f}", row.billions_per_second(row.bytes, report.threads)),
            row.floor > 0 ? fmt::format("{:.2f}", row.times_floor()) : ""};
  }
  Table::Cells cells = {row.algorithm == "-" ? row.form : row.form + " " + row.algorithm, row.isa,
                        std::string(name(row.precision))};
  if (row.status != Status::timed) {
    cells.push_back(why);
    return cells;
  }
  for (const std::string& cell : {time, spread, fmt::format("{:.1f}", row.gflops(report.threads)),
                                  fmt::format("{:.1f}%", 100 * row.fraction_of_peak(report.threads)),
                                  fmt::format("{:.1f}", row.intensity())})
    cells.push_back(cell);
  return cells;
}

// Whether its algorithm was left to say what it computes by.
bool is_chosen(const Row& row) {
  return row.status == Status::timed && !row.tiles.empty() && row.algorithm != "direct" &&
         row.algorithm != "-";
}

// The rows of one geometry; those of an operation stand together under its name.
std::string rows_of(const Report& report, Index geometry, std::size_t width) {
  const std::string tiles_indent(4, ' ');
  std::string lines, op;
  Table table = table_of(report, width);
  const bool by_op = report.what != "matrix";
  const auto is_its = [&](const Row& row) { return row.geometry == geometry; };
  for (const Row& row : report.rows)
    if (is_its(row)) table.add(cells_of(row, report));  // columns are as wide for every operation
  if (!by_op) return table.text();
  lines = table.head();
  for (const Row& row : report.rows) {
    if (!is_its(row)) continue;
    if (row.op != op) lines += row.op + "\n";
    op = row.op;
    lines += table.line(cells_of(row, report));
    if (is_chosen(row)) lines += wrapped_text(tiles_indent + row.tiles, width, tiles_indent.size());
  }
  return lines;
}

}  // namespace

std::string text(const Report& report, std::size_t width) {
  std::string lines = wrapped_text(ceilings_text(report.peaks), width, 14);
  for (std::size_t at = 0; at < report.geometries.size(); ++at) {
    const NamedGeometry& named = report.geometries[at];
    const auto is_its = [&](const Row& row) { return row.geometry == static_cast<Index>(at); };
    if (std::ranges::none_of(report.rows, is_its)) continue;  // another shard's
    const std::string size = report.what == "matrix" ? counted(nonzeros(named.geometry), "nonzero")
                                                     : fmt::format("batch {}{}", report.batch,
                                                                   report.threads > 1 ? " per thread" : "");
    const std::string case_string = print_case(named.geometry);
    lines += "\n" +
             wrapped_text(fmt::format("{}{}, {}", named.name == case_string ? "" : named.name + ": ",
                                      case_string, size),
                          width) +
             rows_of(report, static_cast<Index>(at), width);
  }
  std::size_t fewest = 0, most = 0;
  for (const Row& row : report.rows)
    if (row.status == Status::timed) {
      const std::size_t rounds = row.timing.seconds.size();
      fewest = fewest == 0 ? rounds : std::min(fewest, rounds);
      most = std::max(most, rounds);
    }
  std::string counting;
  if (std::ranges::any_of(report.rows, [](const Row& row) { return row.tiles.starts_with("F("); }))
    counting =
        "GFLOP/s count every product that a tap names; tiles F(m,r) make fewer, so theirs can lie above the peak\n";
  const std::string rounds = fewest == most ? fmt::format("{}", most) : fmt::format("{} to {}", fewest, most);
  return lines + "\n" +
         wrapped_text(
             fmt::format("{} {}: all of a geometry in turn; spread: middle half over median; {:.1f} s",
                         rounds, most == 1 ? "round" : "rounds", report.seconds),
             width) +
         (counting.empty() ? "" : wrapped_text(counting, width));
}

}  // namespace fsconv::bench
