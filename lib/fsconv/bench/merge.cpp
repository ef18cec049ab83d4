// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/bench/merge.hpp>
#include <fsconv/bench/report_reader.hpp>
#include <fsconv/io/run_log.hpp>
#include <fsconv/io/table_columns.hpp>
#include <limits>

namespace fsconv::bench {
namespace {

constexpr auto items = "/items", ceilings = "/ceilings";

// One shard's file, open, with its digest.
struct OpenShard {
  explicit OpenShard(const ShardFile& shard)
      : number(shard.shard.number), file(hdf5::File::open(shard.path)), sealed(file) {}
  OpenShard(const OpenShard&) = delete;
  OpenShard& operator=(const OpenShard&) = delete;

  Index number;
  hdf5::File file;
  SealedReader sealed;
};
using OpenShards = std::vector<std::unique_ptr<OpenShard>>;

std::string attribute_of(const hdf5::File& file, const std::string& dataset, const char* name) {
  return file.has_attribute(dataset, name) ? file.string_attribute(dataset, name) : "";
}

hdf5::Storage layout_of(const hdf5::File& file, const std::string& dataset,
                        std::vector<std::string> dimensions) {
  return {.dimensions = std::move(dimensions),
          .units = attribute_of(file, dataset, "units"),
          .long_name = attribute_of(file, dataset, "long_name")};
}

// A column of every shard, its rows in the order of `rows`.
template <class T, class Read>
std::vector<T> in_order(const OpenShards& shards, const std::vector<RowSource>& rows, Read read) {
  std::vector<std::vector<T>> columns;
  for (const auto& shard : shards) columns.push_back(read(*shard));
  std::vector<T> values;
  for (const auto& [file, row] : rows) {
    if (row >= columns[file].size())
      throw BadData(shards[file]->file.path() + ":" + items, "has columns of different lengths");
    values.push_back(columns[file][row]);
  }
  return values;
}

void copy_column(hdf5::File& output, const OpenShards& shards, const std::vector<RowSource>& rows,
                 const std::string& dataset, const std::string& dimension) {
  const hdf5::File& first = shards.front()->file;
  const hdf5::Storage layout = layout_of(first, dataset, {dimension});
  const std::string type = first.dtype(dataset);
  if (type == "str") {
    output.write_strings(
        dataset,
        in_order<std::string>(shards, rows,
                              [&](OpenShard& shard) { return shard.sealed.read_strings(dataset); }),
        layout);
    return;
  }
  const auto numbers = [&]<class T>(T) {
    output.write(dataset,
                 in_order<T>(shards, rows,
                             [&](OpenShard& shard) {
                               const Tensor<T> values = shard.sealed.read<T>(dataset);
                               return std::vector<T>(values.begin(), values.end());
                             }),
                 layout);
  };
  if (type == "i8")
    numbers(std::int64_t{});
  else
    numbers(double{});
}

// [item, round]: a shard whose time was out has fewer rounds, and NaN in the others.
void copy_samples(hdf5::File& output, const OpenShards& shards, const std::vector<RowSource>& rows) {
  const std::string dataset = std::string(items) + "/seconds";
  std::vector<Tensor<double>> samples;
  Index rounds = 0;
  for (const auto& shard : shards) {
    samples.push_back(shard->sealed.read<double>(dataset));
    if (samples.back().rank() != 2)
      throw BadData(shard->file.path() + ":" + dataset, "is no table of items and rounds");
    rounds = std::max(rounds, samples.back().shape()[1]);
  }
  Tensor<double> all({static_cast<Index>(rows.size()), rounds});
  std::fill(all.begin(), all.end(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const Tensor<double>& from = samples[rows[at].file];
    const Index own = from.shape()[1], row = static_cast<Index>(rows[at].row);
    if (row >= from.shape()[0])
      throw BadData(shards[rows[at].file]->file.path() + ":" + dataset, "has fewer rows than its table");
    std::copy_n(from.data() + row * own, own, all.data() + static_cast<Index>(at) * rounds);
  }
  output.write(dataset, all, layout_of(shards.front()->file, dataset, {"item", "round"}));
}

void copy_items(hdf5::File& output, const OpenShards& shards, const std::vector<RowSource>& rows) {
  output.create_group(items);
  std::vector<std::int64_t> numbers(rows.size());
  for (std::size_t at = 0; at < numbers.size(); ++at) numbers[at] = static_cast<std::int64_t>(at);
  output.write(std::string(items) + "/item", numbers,
               layout_of(shards.front()->file, std::string(items) + "/item", {"item"}));
  for (const std::string& column : shards.front()->file.members(items)) {
    stop_if_interrupted();
    if (column == "item" || column == "round" || column == "place") continue;
    if (column == "seconds")
      copy_samples(output, shards, rows);
    else
      copy_column(output, shards, rows, std::string(items) + "/" + column, "item");
  }
}

// The rows of all shards, one behind the other, and what each shard has measured once in every row of its own.
void copy_ceilings(hdf5::File& output, const OpenShards& shards) {
  const hdf5::File& first = shards.front()->file;
  if (!first.exists(ceilings)) return;
  output.create_group(ceilings);
  std::vector<RowSource> rows;
  std::vector<std::int64_t> numbers, owners;
  for (std::size_t file = 0; file < shards.size(); ++file) {
    // Read, not believed: a shape takes no room in a file.
    const Index count = shards[file]->sealed.read<std::int64_t>(std::string(ceilings) + "/peak").size();
    for (Index row = 0; row < count; ++row) {
      rows.push_back({file, static_cast<std::size_t>(row)});
      numbers.push_back(static_cast<std::int64_t>(numbers.size()));
      owners.push_back(shards[file]->number);
    }
  }
  output.write(std::string(ceilings) + "/peak", numbers,
               layout_of(first, std::string(ceilings) + "/peak", {"peak"}));
  output.write(std::string(ceilings) + "/shard", owners,
               {.dimensions = {"peak"}, .long_name = "number of the shard that measured it"});
  for (const std::string& column : first.members(ceilings)) {
    if (column == "peak") continue;
    const std::string dataset = std::string(ceilings) + "/" + column;
    if (!first.shape(dataset).empty()) {
      copy_column(output, shards, rows, dataset, "peak");
      continue;
    }
    std::vector<double> of_shard, values;
    for (const auto& shard : shards) {
      const auto one = shard->sealed.read<double>(dataset);
      if (one.size() != 1)
        throw BadData(fmt::format("{}:{}", shard->file.path(), dataset),
                      fmt::format("has {} values", one.size()), "it is one number in the first shard");
      of_shard.push_back(one[0]);
    }
    for (const auto& [file, row] : rows) values.push_back(of_shard[file]);
    output.write(dataset, values, layout_of(first, dataset, {"peak"}));
  }
}

}  // namespace

MergedTimings merge_timings(const std::vector<ShardFile>& files, const std::string& output) {
  OpenShards shards;
  std::vector<ShardRows> tables;
  bool refused = false;
  for (const ShardFile& file : files) {
    shards.push_back(std::make_unique<OpenShard>(file));
    OpenShard& shard = *shards.back();
    const RecordedTimings timings = read_timings(shard.file);  // refuses what contradicts itself
    refused = refused || std::ranges::count(timings.items, "refused", &RecordedItem::status) > 0;
    const TableColumns columns(shard.file, shard.sealed, items, "item");
    auto rows = read_places(shard.file, shard.sealed, items, columns.rows());
    if (!rows)
      throw BadData(file.path + ":" + items, "has no column place", "merge files of fsconv bench --shard");
    tables.push_back(std::move(*rows));
  }
  const std::vector<RowSource> rows = rows_in_order(files, tables, items);
  hdf5::File merged = begin_merged(output, files);
  copy_ceilings(merged, shards);
  copy_items(merged, shards, rows);
  for (const auto& shard : shards) shard->sealed.check_rest();
  commit_sealed(merged);
  return {.items = static_cast<Index>(rows.size()), .refused = refused};
}

}  // namespace fsconv::bench
