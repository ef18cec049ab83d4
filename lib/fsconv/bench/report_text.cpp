// The table for people.
#include <algorithm>
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
  return fmt::format("{:.2f} s ", seconds);
}

std::string heading(const Report& report) {
  if (report.what == "matrix")
    return fmt::format("  {:<16} {:>10} {:>7} {:>8} {:>8} {:>8}\n", "op", "median", "spread", "ns/nz", "GB/s",
                       "x floor");
  return fmt::format("  {:<16} {:<15} {:<11} {:<5} {:>10} {:>7} {:>9} {:>8} {:>7}\n", "op", "form", "isa",
                     "in", "median", "spread", "GFLOP/s", "of peak", "flop/B");
}

std::string line(const Row& row, const Report& report) {
  const std::string time = duration(row.timing.median),
                    spread = fmt::format("{:.0f}%", 100 * row.timing.spread());
  if (report.what == "matrix") {
    if (row.status != Status::timed)
      return fmt::format("  {:<16} {}: {}\n", row.op, name(row.status), row.note);
    return fmt::format("  {:<16} {:>10} {:>7} {:>8.2f} {:>8.1f} {:>8}\n", row.op, time, spread,
                       row.nanoseconds_per_nonzero(), row.billions_per_second(row.bytes, report.threads),
                       row.floor > 0 ? fmt::format("{:.2f}", row.times_floor()) : "");
  }
  const std::string start =
      fmt::format("  {:<16} {:<15} {:<11} {:<5} ", row.op, row.form, row.isa, name(row.precision));
  if (row.status != Status::timed) return start + fmt::format("{}: {}\n", name(row.status), row.note);
  return start + fmt::format("{:>10} {:>7} {:>9.1f} {:>7.1f}% {:>7.1f}\n", time, spread,
                             row.gflops(report.threads), 100 * row.fraction_of_peak(report.threads),
                             row.intensity());
}

}  // namespace

std::string_view name(Status status) {
  switch (status) {
    case Status::timed:
      return "timed";
    case Status::skipped:
      return "skipped";
    case Status::refused:
      return "refused";
  }
  return "";
}

std::string text(const Report& report) {
  std::string lines = ceilings_text(report.peaks);
  for (std::size_t at = 0; at < report.geometries.size(); ++at) {
    const NamedGeometry& named = report.geometries[at];
    const std::string size = report.what == "matrix" ? fmt::format("{} nonzeros", nonzeros(named.geometry))
                                                     : fmt::format("batch {}{}", report.batch,
                                                                   report.threads > 1 ? " per thread" : "");
    const std::string case_string = print_case(named.geometry);
    lines +=
        fmt::format("\n{}{}, {}\n", named.name == case_string ? "" : named.name + ": ", case_string, size);
    lines += heading(report);
    for (const Row& row : report.rows)
      if (row.geometry == static_cast<Index>(at)) lines += line(row, report);
  }
  std::size_t fewest = 0, most = 0;
  for (const Row& row : report.rows)
    if (row.status == Status::timed) {
      const std::size_t rounds = row.timing.seconds.size();
      fewest = fewest == 0 ? rounds : std::min(fewest, rounds);
      most = std::max(most, rounds);
    }
  const std::string rounds = fewest == most ? fmt::format("{}", most) : fmt::format("{} to {}", fewest, most);
  return lines +
         fmt::format("\n{} {}: all of a geometry in turn; spread: middle half over median; {:.1f} s\n",
                     rounds, most == 1 ? "round" : "rounds", report.seconds);
}

}  // namespace fsconv::bench
