// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/bench/conv_bench.hpp>
#include <fsconv/bench/operands.hpp>
#include <fsconv/bench/shard_pieces.hpp>
#include <fsconv/bench/shared_rounds.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <new>
#include <tuple>

namespace fsconv::bench {
namespace {

// A row and what is timed for it.
struct Entry {
  Row row;
  Op op;
  const Contender* contender;
  Index size = 0;  // numbers that a prepared work keeps
};

Index operands_size(const Geometry& geometry, Index batch) {
  return element_count(geometry.image_shape(batch)) + element_count(geometry.code_shape(batch)) +
         element_count(geometry.weight_shape());
}

double least_bytes(const Geometry& geometry, Op op, Index batch, const Contender& contender) {
  constexpr double bfloat16 = sizeof(engine::BFloat16);
  const double stored = contender.bfloat16_arrays ? bfloat16 : sizeof(float);
  const auto weights = static_cast<double>(element_count(geometry.weight_shape()));
  const double all = stored * static_cast<double>(operands_size(geometry, batch));
  return op == Op::weight_gradient ? all + (sizeof(float) - stored) * weights : all;
}

Entry entry_of(const ConvBenchPlan& plan, Index at, Op op, const Contender& contender) {
  const Geometry& geometry = plan.geometries[static_cast<std::size_t>(at)].geometry;
  Row row{.geometry = at,
          .form = contender.form,
          .isa = contender.isa ? std::string(name(*contender.isa)) : "-",
          .op = std::string(name(op)),
          .algorithm = contender.algorithm ? std::string(name(*contender.algorithm)) : "-",
          .precision = contender.precision};
  row.nonzeros = static_cast<double>(nonzeros(geometry)) * static_cast<double>(plan.batch);
  row.flops = 2 * row.nonzeros;
  row.bytes = least_bytes(geometry, op, plan.batch, contender);
  Entry entry{row, op, &contender};
  auto reason = contender.unsupported(geometry, op);
  try {
    if (!reason) {
      entry.size = contender.size(geometry, op, plan.batch);
      if (contender.tiles) entry.row.tiles = contender.tiles(geometry, op, plan.batch);
    }
  } catch (const InvalidArgument& error) {
    reason = error.what();
  }
  if (reason) {
    entry.row.status = Status::skipped;
    entry.row.note = *reason;
  }
  return entry;
}

// All contenders with an operation on a geometry are a piece.
ShardPieces pieces_of(const ConvBenchPlan& plan) {
  return {plan.shard, std::vector<Index>(plan.geometries.size() * plan.ops.size(),
                                         static_cast<Index>(plan.contenders.size()))};
}

// Whether any of them is this shard's.
bool has_pieces(const ConvBenchPlan& plan, std::size_t geometry) {
  const ShardPieces pieces = pieces_of(plan);
  for (std::size_t op = 0; op < plan.ops.size(); ++op)
    if (pieces.takes(geometry * plan.ops.size() + op)) return true;
  return false;
}

std::vector<Entry> entries_of(const ConvBenchPlan& plan, Index at) {
  const ShardPieces pieces = pieces_of(plan);
  std::size_t piece = static_cast<std::size_t>(at) * plan.ops.size();
  std::vector<Entry> entries;
  for (const Op op : plan.ops)
    if (pieces.takes(piece++))
      for (const Contender& contender : plan.contenders) entries.push_back(entry_of(plan, at, op, contender));
  return entries;
}

void require_operands_fit(const ConvBenchPlan& plan, const NamedGeometry& named) {
  const std::string what = fmt::format("arrays of {}", print_case(named.geometry));
  for (const Shape& shape : {named.geometry.image_shape(plan.batch), named.geometry.code_shape(plan.batch),
                             named.geometry.weight_shape()})
    require_memory(element_count(shape, "geometry"), sizeof(float), what);
}

// What a geometry's entries keep while they are timed, beside what the forms themselves allocate and check.
// The check has a batch of its own, and the reference in double.
void require_entries_fit(const ConvBenchPlan& plan, const NamedGeometry& named,
                         const std::vector<Entry>& entries) {
  Index numbers = operands_size(named.geometry, plan.batch) * (plan.threads + 2);
  for (const Entry& entry : entries) numbers += plan.threads * entry.size;
  require_memory(numbers, sizeof(float), fmt::format("arrays of {}", print_case(named.geometry)));
}

// Runs the entry once on integers. What a form throws at a geometry that it claims to support is a failed
// check; what does not fit the memory is not.
void check_entry(Entry& entry, const Geometry& geometry, const ExactReference& exact) {
  try {
    const auto work = entry.contender->prepare(geometry, entry.op, exact.operands());
    work->run();
    const auto difference =
        exact.difference(entry.op, entry.row.form, work->result(), entry.contender->bfloat16_arrays);
    if (!difference) return;
    entry.row.status = Status::refused;
    entry.row.note = *difference;
  } catch (const InvalidArgument& error) {
    entry.row.status = Status::skipped;
    entry.row.note = error.what();
  } catch (const Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    entry.row.status = Status::refused;
    entry.row.note = error.what();
  }
}

bool is_tiled(const Row& row) { return !row.tiles.empty() && row.tiles != "direct"; }

void check_entries(std::vector<Entry>& entries, const ConvBenchPlan& plan, const Geometry& geometry) {
  for (const bool tiled : {false, true}) {
    std::optional<ExactReference> exact;
    for (Entry& entry : entries) {
      stop_if_interrupted();
      if (entry.row.status != Status::timed || is_tiled(entry.row) != tiled) continue;
      if (!exact) exact.emplace(geometry, plan.batch, plan.seed, tiled);
      check_entry(entry, geometry, *exact);
    }
  }
}

void time_entries(std::vector<Entry>& entries, const ConvBenchPlan& plan, const NamedGeometry& named,
                  std::size_t parts_left, const SharedRounds& rounds) {
  const auto& [name, geometry] = named;
  std::vector<Operands> operands;
  for (int thread = 0; thread < plan.threads; ++thread)
    operands.push_back(random_operands(geometry, plan.batch, plan.seed + static_cast<std::uint64_t>(thread)));

  std::vector<std::vector<std::unique_ptr<Work>>> works;  // of every entry that is timed, one per thread
  std::vector<Timing*> timings;
  for (Entry& entry : entries) {
    if (entry.row.status != Status::timed) continue;
    timings.push_back(&entry.row.timing);
    works.emplace_back();
    for (const Operands& mine : operands)
      works.back().push_back(entry.contender->prepare(geometry, entry.op, mine));
  }
  std::vector<Item> items;
  for (const auto& of_threads : works)
    items.push_back({[&of_threads](int thread) { of_threads[static_cast<std::size_t>(thread)]->run(); }});

  const std::vector<Timing> measured = rounds.run(name, parts_left, items);
  for (std::size_t item = 0; item < measured.size(); ++item) *timings[item] = measured[item];
}

// By operation in the order asked for; what was timed comes first, the fastest first.
void append_sorted(std::vector<Entry>& entries, const ConvBenchPlan& plan, std::vector<Row>& rows) {
  const auto key = [&](const Entry& entry) {
    return std::make_tuple(std::find(plan.ops.begin(), plan.ops.end(), entry.op), entry.row.status,
                           entry.row.timing.median);
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const Entry& a, const Entry& b) { return key(a) < key(b); });
  for (Entry& entry : entries) rows.push_back(std::move(entry.row));
}

// What cannot be done is found out before anything is measured.
void require_possible(const ConvBenchPlan& plan) {
  if (plan.geometries.empty()) throw InvalidArgument("set", "names no geometry");
  if (plan.ops.empty()) throw InvalidArgument("op", "names no operation");
  if (plan.contenders.empty()) throw InvalidArgument("form", "names no form");
  bool any = false;
  std::string reason;
  for (std::size_t at = 0; at < plan.geometries.size(); ++at) {
    check_filled(plan.geometries[at].geometry);
    if (!has_pieces(plan, at)) continue;
    require_operands_fit(plan, plan.geometries[at]);  // before anything is made of it
    const auto entries = entries_of(plan, static_cast<Index>(at));
    require_entries_fit(plan, plan.geometries[at], entries);
    for (const Entry& entry : entries)
      if (entry.row.status == Status::timed)
        any = true;
      else
        reason = entry.row.note;
  }
  if (!any) throw InvalidArgument("form", "supports none of the geometries", reason);
}

std::vector<Precision> precisions_of(const std::vector<Contender>& contenders) {
  std::vector<Precision> precisions(float_precisions.begin(), float_precisions.end());
  std::erase_if(precisions, [&](Precision precision) {
    return precision != Precision::fp32 &&
           std::none_of(contenders.begin(), contenders.end(),
                        [&](const Contender& contender) { return contender.precision == precision; });
  });
  return precisions;
}

// Wrong forms compute in double, and their times do not matter: they have the peak of floats.
double peak_of(const Contender& contender, const Ceilings& ceilings) {
  const Precision precision = contender.precision == Precision::bf16 ? Precision::bf16 : Precision::fp32;
  return ceilings.of(contender.isa.value_or(engine::best_isa()), precision).fma;
}

}  // namespace

Report conv_bench(const ConvBenchPlan& plan) {
  require_possible(plan);
  const SharedRounds rounds(plan, plan.threads);
  Report report{.what = "conv", .geometries = plan.geometries, .batch = plan.batch, .threads = plan.threads};
  report.peaks = measure_peaks({.threads = plan.threads,
                                .precisions = precisions_of(plan.contenders),
                                .seconds = plan.seconds_per_peak});
  std::vector<std::size_t> mine;
  for (std::size_t at = 0; at < plan.geometries.size(); ++at)
    if (has_pieces(plan, at)) mine.push_back(at);
  for (std::size_t done = 0; done < mine.size(); ++done) {
    const Geometry& geometry = plan.geometries[mine[done]].geometry;
    std::vector<Entry> entries = entries_of(plan, static_cast<Index>(mine[done]));
    for (Entry& entry : entries) entry.row.peak = peak_of(*entry.contender, report.peaks.all_threads);
    check_entries(entries, plan, geometry);
    time_entries(entries, plan, plan.geometries[mine[done]], mine.size() - done, rounds);
    append_sorted(entries, plan, report.rows);
  }
  report.part = pieces_of(plan).rows();
  report.seconds = rounds.seconds_passed();
  return report;
}

}  // namespace fsconv::bench
