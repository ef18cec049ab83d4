// The prediction for people, and for machines.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/item_table.hpp>
#include <fsconv/bench/rates.hpp>
#include <fsconv/bench/scale_bench.hpp>

namespace fsconv::bench {
namespace {

std::string duration(double seconds) {
  return seconds < 1 ? fmt::format("{:.2f} ms", seconds * 1e3) : fmt::format("{:.2f} s", seconds);
}

std::string link_text(const ScaleReport& report) {
  const std::string source = report.measured_between > 1
                                 ? fmt::format("measured between {} ranks", report.measured_between)
                                 : "as given";
  return fmt::format("link: {:.3g} us and {:.3g} GB/s, {}\n", report.link.latency * 1e6,
                     report.link.bandwidth * 1e-9, source);
}

std::string costs_text(const ScaleTable& table, int threads) {
  return fmt::format(
      "{}, {}, {}, {}, {} a rank: a block of {} {}, adding a gradient of {:.3g} MB {}, update {}\n",
      table.workload, name(table.precision), table.isa, table.algorithm, counted(threads, "thread"),
      counted(table.block_images, "image"), duration(table.costs.block),
      static_cast<double>(table.numbers) * sizeof(float) * 1e-6, duration(table.costs.addition),
      duration(table.costs.update));
}

std::string predictions_text(const std::vector<ScaleTable::Prediction>& predictions, std::size_t width) {
  constexpr std::size_t indent = 2;
  Table table({{"ranks", Align::right},
               {"blocks", Align::right},
               {"step", Align::right},
               {"no overlap", Align::right},
               {"images/s", Align::right},
               {"efficiency", Align::right},
               {"mostly"}},
              width, indent);
  for (const auto& row : predictions)
    table.add({fmt::format("{}", row.step.ranks), fmt::format("{}", row.step.most_blocks),
               duration(row.step.seconds()), duration(row.step.without_overlap),
               fmt::format("{:.0f}", row.images_per_second()), fmt::format("{:.1f}%", 100 * row.efficiency),
               std::string(name(row.step.limit()))});
  return table.text();
}

std::string measured_text(const ScaleTable::Prediction& row) {
  const auto beside = [](const Timing& measured, double predicted) {
    return fmt::format("{} [{} to {}], predicted {}", duration(measured.median),
                       duration(measured.lower_quartile), duration(measured.upper_quartile),
                       duration(predicted));
  };
  return fmt::format("  measured on {} ranks: {}; no overlap {}\n", row.step.ranks,
                     beside(row.measured->overlapping, row.step.seconds()),
                     beside(row.measured->waiting, row.step.without_overlap));
}

// What every table and its predictions are about, in rows of one kind.
struct ScaleRow {
  const ScaleTable* table;
  const ScaleTable::Prediction* of;
};

std::vector<RateRow> constants_of(const ScaleReport& report) {
  std::vector<RateRow> rows;
  for (const ScaleTable& table : report.tables)
    for (const auto& [piece, timing] :
         {std::pair{"block", &table.block}, std::pair{"addition", &table.addition},
          std::pair{"handling", &table.handling}, std::pair{"update", &table.update}})
      rows.push_back({.workload = table.workload,
                      .form = piece,
                      .isa = table.isa,
                      .algorithm = table.algorithm,
                      .precision = table.precision,
                      .threads = report.threads,
                      .timing = *timing});
  return rows;
}

nlohmann::json constants_json(const ScaleTable& table) {
  nlohmann::json parts = nlohmann::json::array();
  for (const PartCosts& part : table.costs.parts)
    parts.push_back({{"bytes", part.bytes}, {"early_seconds", part.early}});
  return {{"block_seconds", table.costs.block},
          {"addition_seconds", table.costs.addition},
          {"handling_seconds", table.costs.handling},
          {"update_seconds", table.costs.update},
          {"samples",
           {{"block", table.block.seconds},
            {"addition", table.addition.seconds},
            {"handling", table.handling.seconds},
            {"update", table.update.seconds}}},
          {"parts", parts}};
}

}  // namespace

std::string text(const ScaleReport& report, std::size_t width) {
  std::string lines = wrapped_text(link_text(report), width, 4);
  for (const ScaleTable& table : report.tables) {
    lines += "\n" + wrapped_text(costs_text(table, report.threads), width, 4);
    for (auto from = table.predictions.begin(); from != table.predictions.end();) {
      const auto to = std::find_if(from, table.predictions.end(),
                                   [&](const auto& row) { return row.batch != from->batch; });
      lines += wrapped_text(fmt::format("batch {}, {}\n", from->batch, counted(from->step.blocks, "block")),
                            width) +
               predictions_text({from, to}, width);
      for (auto row = from; row != to; ++row)
        if (row->measured) lines += wrapped_text(measured_text(*row), width, 4);
      from = to;
    }
  }
  return lines + "\n" +
         wrapped_text(
             fmt::format("a model, not a measurement: docs/scale.md; blocks: of the fullest rank; {:.1f} s",
                         report.seconds),
             width);
}

nlohmann::json json_of(const ScaleReport& report) {
  nlohmann::json items = nlohmann::json::array(), constants = nlohmann::json::array();
  for (const ScaleTable& table : report.tables) {
    const nlohmann::json way = {{"workload", table.workload},
                                {"isa", table.isa},
                                {"algorithm", table.algorithm},
                                {"precision", name(table.precision)}};
    nlohmann::json measured = way;
    measured.update(constants_json(table));
    measured["block_images"] = table.block_images;
    measured["numbers"] = table.numbers;
    constants.push_back(std::move(measured));
    for (const auto& row : table.predictions) {
      nlohmann::json item = way;
      item.update({{"batch", row.batch},
                   {"blocks", row.step.blocks},
                   {"ranks", row.step.ranks},
                   {"most_blocks", row.step.most_blocks},
                   {"messages", row.step.messages},
                   {"depth", row.step.depth},
                   {"bytes", row.step.bytes},
                   {"seconds", row.step.seconds()},
                   {"without_overlap", row.step.without_overlap},
                   {"compute", row.step.compute},
                   {"few_blocks", row.step.few_blocks},
                   {"latency", row.step.latency},
                   {"bandwidth", row.step.bandwidth},
                   {"update", row.step.update},
                   {"per_second", row.images_per_second()},
                   {"efficiency", row.efficiency},
                   {"limit", name(row.step.limit())}});
      if (row.measured)
        item["measured"] = {{"seconds", row.measured->overlapping.seconds},
                            {"median", row.measured->overlapping.median},
                            {"without_overlap", row.measured->waiting.seconds},
                            {"median_without_overlap", row.measured->waiting.median}};
      items.push_back(std::move(item));
    }
  }
  return {{"what", "scale"},
          {"unit", "images"},
          {"threads", report.threads},
          {"seconds", report.seconds},
          {"link",
           {{"latency_seconds", report.link.latency},
            {"bytes_per_second", report.link.bandwidth},
            {"measured_between", report.measured_between}}},
          {"constants", constants},
          {"items", items}};
}

void write_report(const std::string& path, const ScaleReport& report, const RunInfo& info) {
  hdf5::File file = hdf5::File::create(path);
  write_environment(file, info);
  file.set_attribute("/", "what", "scale");
  file.set_attribute("/", "unit", "images");
  file.set_attribute("/", "latency", report.link.latency);
  file.set_attribute("/", "bandwidth", report.link.bandwidth);
  file.set_attribute("/", "measured_between", std::int64_t{report.measured_between});
  const std::vector<RateRow> constants = constants_of(report);
  ItemTable<RateRow> measured(file, constants, "/constants", "constant");
  measured.write("workload", "", "model", [](const RateRow& row) { return row.workload; });

  std::vector<ScaleRow> rows;
  for (const ScaleTable& table : report.tables)
    for (const auto& row : table.predictions) rows.push_back({&table, &row});
  file.create_group("/items");
  const auto write = [&](const std::string& column, const char* units, const char* meaning, auto&& value_of) {
    std::vector<std::decay_t<decltype(value_of(rows.front()))>> values;
    for (const ScaleRow& row : rows) values.push_back(value_of(row));
    const hdf5::Storage layout{.dimensions = {"item"}, .units = units, .long_name = meaning};
    if constexpr (std::is_same_v<decltype(values), std::vector<std::string>>)
      file.write_strings("/items/" + column, values, layout);
    else
      file.write("/items/" + column, values, layout);
  };
  std::int64_t number = 0;
  write("item", "", "number of the item", [&](const ScaleRow&) { return number++; });
  write("workload", "", "model", [](const ScaleRow& row) { return row.table->workload; });
  write("isa", "", "instruction set", [](const ScaleRow& row) { return row.table->isa; });
  write("algorithm", "", "auto, direct, winograd2 or winograd4",
        [](const ScaleRow& row) { return row.table->algorithm; });
  write("precision", "", "fp32 or bf16",
        [](const ScaleRow& row) { return std::string(name(row.table->precision)); });
  write("batch", "1", "images of a step", [](const ScaleRow& row) { return std::int64_t{row.of->batch}; });
  write("blocks", "1", "blocks of a step",
        [](const ScaleRow& row) { return std::int64_t{row.of->step.blocks}; });
  write("ranks", "1", "ranks", [](const ScaleRow& row) { return std::int64_t{row.of->step.ranks}; });
  write("threads", "1", "threads of a rank", [&](const ScaleRow&) { return std::int64_t{report.threads}; });
  write("messages", "1", "messages up the tree, of a part of the gradient",
        [](const ScaleRow& row) { return std::int64_t{row.of->step.messages}; });
  write("depth", "1", "messages up the tree that wait for each other",
        [](const ScaleRow& row) { return std::int64_t{row.of->step.depth}; });
  write("bytes", "byte", "over the link in a step", [](const ScaleRow& row) { return row.of->step.bytes; });
  write("predicted", "s", "a step", [](const ScaleRow& row) { return row.of->step.seconds(); });
  write("without_overlap", "s", "a step if nothing travelled before all is computed",
        [](const ScaleRow& row) { return row.of->step.without_overlap; });
  const auto measured_median = [](const ScaleRow& row, Timing StepTimings::*timing) {
    return row.of->measured ? ((*row.of->measured).*timing).median : std::numeric_limits<double>::quiet_NaN();
  };
  write("measured", "s", "median of a step, where so many ranks took part",
        [&](const ScaleRow& row) { return measured_median(row, &StepTimings::overlapping); });
  write("measured_without_overlap", "s", "the same if nothing travels before all is computed",
        [&](const ScaleRow& row) { return measured_median(row, &StepTimings::waiting); });
  write("compute", "s", "of it, the even share of blocks and sums",
        [](const ScaleRow& row) { return row.of->step.compute; });
  write("few_blocks", "s", "of it, what the fullest rank has beyond that",
        [](const ScaleRow& row) { return row.of->step.few_blocks; });
  write("latency", "s", "of it, latency of messages",
        [](const ScaleRow& row) { return row.of->step.latency; });
  write("bandwidth", "s", "of it, bytes of messages and adding them",
        [](const ScaleRow& row) { return row.of->step.bandwidth; });
  write("update", "s", "of it, the optimizer", [](const ScaleRow& row) { return row.of->step.update; });
  write("per_second", "1/s", "images of a step over its seconds",
        [](const ScaleRow& row) { return row.of->images_per_second(); });
  write("efficiency", "1", "speed over that of one rank, over the ranks",
        [](const ScaleRow& row) { return row.of->efficiency; });
  write("limit", "", "what most of a step is",
        [](const ScaleRow& row) { return std::string(name(row.of->step.limit())); });
  commit_sealed(file);
}

}  // namespace fsconv::bench
