// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/data_kind.hpp>
#include <fsconv/data/known_sets.hpp>
#include <fsconv/data/picture_folder.hpp>
#include <fsconv/data/summary.hpp>
#include <fsconv/io/option_text.hpp>

namespace fsconv {
namespace {

Index& at(std::array<Index, 3>& counts, DataPart part) { return counts[static_cast<std::size_t>(part)]; }

void count_labels(DataSummary& summary, const std::vector<std::uint8_t>& labels) {
  for (const std::uint8_t label : labels) {
    if (label >= summary.labels.size()) summary.labels.resize(std::size_t{label} + 1, 0);
    ++summary.labels[label];
  }
}

void add(DataSummary& summary, DataPart part, const ImageSet& set) {
  const Shape& shape = set.images.shape();
  if (shape.size() != 4 || shape[0] == 0) return;
  at(summary.counts, part) = shape[0];
  summary.sizes[{shape[1], shape[2], shape[3]}] += shape[0];
  count_labels(summary, set.labels);
}

DataSummary summary_of_prepared(const std::string& path) {
  const PreparedData data = open_prepared(path);
  DataSummary summary{.where = path, .kind = "prepared", .sizes = {}};
  for (const DataPart part : data_parts) add(summary, part, data[part]);
  summary.classes = data.description.classes;
  summary.recipe = data.description.recipe;
  summary.decoder = data.description.decoder;
  summary.notes = data.description.notes;
  return summary;
}

DataSummary summary_of_dataset(const std::string& name, int threads) {
  const Dataset data = load_dataset(name, 0, DataFormat::automatic, threads);
  DataSummary summary{.where = name, .kind = "data set", .sizes = {}};
  add(summary, DataPart::train, data.train);
  add(summary, DataPart::validation, data.validation);
  add(summary, DataPart::test, data.test);
  summary.notes = data.notes;
  return summary;
}

// Each picture is read as it is: what its header claims need not be there.
DataSummary summary_of_pictures(const std::string& path, int threads) {
  const PictureFolder folder = list_pictures(path);
  DataSummary summary{.where = path, .kind = "pictures", .sizes = {}};
  summary.classes = folder.classes;
  summary.notes = folder.notes;
  const auto count = folder.pictures.size();
  std::vector<Shape> shapes(count);
  std::vector<std::string> problems(count);
  {
    Progress progress("read", static_cast<Index>(count), "pictures");
    parallel_for(static_cast<Index>(count), threads, [&](Index index) {
      stop_if_interrupted();
      const auto place = static_cast<std::size_t>(index);
      const std::string file = folder.path(folder.pictures[place]);
      try {
        const Picture picture = load_picture(file, {}).picture;
        shapes[place] = {picture.channels, picture.height, picture.width};
      } catch (const Error& error) {
        if (!lies_with_picture(error, file)) throw;
        problems[place] = error.what();
      }
      progress.advance();
    });
  }
  for (std::size_t place = 0; place < count; ++place) {
    if (!problems[place].empty()) {
      summary.broken.push_back(problems[place]);
      continue;
    }
    const PictureEntry& entry = folder.pictures[place];
    ++summary.sizes[shapes[place]];
    ++at(summary.counts, entry.part);
    if (entry.label) count_labels(summary, {*entry.label});
  }
  return summary;
}

std::string size_text(const Shape& shape) {
  return fmt::format("{}x{} {}", shape[1], shape[2], shape[0] == 1 ? "grey" : "colour");
}

// "3 of 64x64 colour", the most frequent first.
std::string sizes_text(const DataSummary& summary) {
  constexpr std::size_t most = 8;
  std::vector<std::pair<Shape, Index>> sizes(summary.sizes.begin(), summary.sizes.end());
  std::stable_sort(sizes.begin(), sizes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < std::min(sizes.size(), most); ++at)
    texts.push_back(fmt::format("{} of {}", sizes[at].second, size_text(sizes[at].first)));
  if (sizes.size() > most) texts.push_back(fmt::format("{} more sizes", sizes.size() - most));
  return fmt::format("{}", fmt::join(texts, ", "));
}

// "6 crosses, 6 discs", or "6 of 0, 6 of 1" where they have no names.
std::string labels_text(const DataSummary& summary) {
  constexpr std::size_t most = 12;
  std::vector<std::string> texts;
  for (std::size_t label = 0; label < std::min(summary.labels.size(), most); ++label)
    texts.push_back(fmt::format(
        "{} {}", summary.labels[label],
        label < summary.classes.size() ? one_line(summary.classes[label]) : fmt::format("of {}", label)));
  if (summary.labels.size() > most) texts.push_back(fmt::format("{} more", summary.labels.size() - most));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string recipe_text(const DataSummary& summary) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : summary.recipe.items())
    texts.push_back(fmt::format("{} {}", key, value_text(value)));
  return one_line(fmt::format("{}", fmt::join(texts, "; ")));
}

std::string parts_text(const DataSummary& summary) {
  constexpr std::array part_names = {"to train on", "for validation", "to test with"};
  std::vector<std::string> texts;
  for (std::size_t part = 0; part < part_names.size(); ++part)
    if (summary.counts[part] > 0)
      texts.push_back(fmt::format("{} {}", summary.counts[part], part_names[part]));
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

DataSummary summarise(const std::string& where, int threads) {
  if (known_set(where)) return summary_of_dataset(where, threads);
  switch (data_kind(where)) {
    case DataKind::picture_folder:
      return summary_of_pictures(where, threads);
    case DataKind::prepared_file:
      return summary_of_prepared(where);
    default:
      return summary_of_dataset(where, threads);
  }
}

nlohmann::json to_json(const DataSummary& summary) {
  nlohmann::json sizes = nlohmann::json::array();
  for (const auto& [shape, count] : summary.sizes) sizes.push_back({{"shape", shape}, {"images", count}});
  nlohmann::json json = {{"where", summary.where},   {"kind", summary.kind},     {"images", summary.images()},
                         {"sizes", sizes},           {"labels", summary.labels}, {"classes", summary.classes},
                         {"broken", summary.broken}, {"notes", summary.notes}};
  for (const DataPart part : data_parts) json[name(part)] = summary.counts[static_cast<std::size_t>(part)];
  if (!summary.recipe.is_null()) {
    json["recipe"] = summary.recipe;
    json["decoder"] = summary.decoder;
  }
  return json;
}

std::string text(const DataSummary& summary, std::size_t width) {
  constexpr std::size_t most_broken = 5, hanging = 4;
  const bool is_folder = summary.kind == "pictures";
  std::string all =
      wrapped_text(fmt::format("{}: {}{}", one_line(summary.where), counted(summary.images(), "image"),
                               summary.kind == "prepared" ? ", prepared"
                               : is_folder                ? ", a folder of pictures"
                                                          : ""),
                   width, hanging);
  const auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) all += wrapped_text(fmt::format("  {}{}", label, text), width, hanging);
  };
  if (!is_folder || summary.counts[0] < summary.images()) line("", parts_text(summary));
  line("sizes: ", sizes_text(summary));
  line("labels: ", labels_text(summary));
  if (!summary.recipe.is_null()) {
    line("recipe: ", recipe_text(summary));
    line("decoder: ", one_line(summary.decoder));
  }
  for (std::size_t at = 0; at < std::min(summary.broken.size(), most_broken); ++at)
    line("broken: ", one_line(summary.broken[at]));
  if (summary.broken.size() > most_broken)
    line("broken: ", fmt::format("{} more", summary.broken.size() - most_broken));
  for (const std::string& note : summary.notes) line("note: ", one_line(note));
  return all;
}

}  // namespace fsconv
