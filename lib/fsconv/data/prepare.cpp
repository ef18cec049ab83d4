// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/data_files.hpp>
#include <fsconv/data/prepare.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/kept_files.hpp>
#include <unordered_map>
#include <utility>

namespace fsconv {
namespace {

bool is_taken(Index at, Index count, Index of) { return (at + 1) * count / of > at * count / of; }

// The file that says which pictures are for what, or the folder.
const std::string& who_says(const PictureFolder& folder) {
  return folder.partition.empty() ? folder.folder : folder.partition;
}

// Makes some of the pictures to train on another part, of which the folder said there were `all`; with nothing to do where
// it has some of that part.
void take(PictureFolder& folder, DataPart part, Index all, const std::optional<PartSize>& wanted,
          const PartSize& otherwise) {
  const bool has_own = folder.count(part) > 0;
  if (has_own && wanted)
    throw InvalidArgument(
        name(part), fmt::format("{} says which pictures these are: {}", who_says(folder), folder.count(part)),
        "leave it out");
  if (has_own) return;
  const Index left = folder.count(DataPart::train), count = wanted.value_or(otherwise).of(all);
  if (count >= left && !wanted)
    throw BadData(who_says(folder),
                  fmt::format("has {} to train on, and none to test with", counted(left, "picture")),
                  "training needs one of each");
  if (count >= left)
    throw InvalidArgument(name(part),
                          left == all ? fmt::format("takes {} of {}", count, counted(all, "picture"))
                                      : fmt::format("takes {} of {}, and tests have taken {}", count,
                                                    counted(all, "picture"), all - left),
                          "leave at least one to train on");
  // Unasked only tests take some.
  if (folder.has_parts && !wanted && count > 0)
    folder.notes.push_back(fmt::format("{} has none to test with: {} of those to train on {} taken",
                                       who_says(folder), count, count == 1 ? "is" : "are"));
  Index at = 0;
  for (PictureEntry& picture : folder.pictures)
    if (picture.part == DataPart::train && is_taken(at++, count, left)) picture.part = part;
}

// What cannot be written is not made: with the largest sides already one picture takes long.
void require_room(const Preparation& preparation, const PictureFolder& folder) {
  const auto size = size_made(preparation.recipe);
  if (!size) return;
  const Shape image = {fewest_channels(preparation.recipe), size->height, size->width};
  require_memory(element_count(image), 1, "size");
  // How many are broken is not known yet.
  const Index count = preparation.skip_broken ? 1 : static_cast<Index>(folder.pictures.size());
  require_disk_room(preparation.output, image, count);
}

Shape shape_of(const Picture& picture) { return {picture.channels, picture.height, picture.width}; }

// Reads all pictures once and drops those that cannot be used.
Index drop_broken(PictureFolder& folder, const Preparation& preparation,
                  const std::function<void(const std::string&)>& say) {
  Progress progress("check", static_cast<Index>(folder.pictures.size()), "pictures");
  std::vector<PictureEntry> usable;
  Index skipped = 0;
  const ReadPicturesOptions options{.threads = preparation.info.threads,
                                    .skip = [&](Index, const std::string& reason) {
                                      ++skipped;
                                      progress.advance();
                                      say("left out: " + reason);
                                    }};
  read_pictures(folder, preparation.recipe, options, [&](Index at, const auto&) {
    usable.push_back(folder.pictures[static_cast<std::size_t>(at)]);
    progress.advance();
  });
  if (usable.empty()) throw BadData(folder.folder, "none of its pictures can be used");
  folder.pictures = std::move(usable);
  return skipped;
}

// Files with the same bytes, which are no news to a model that was trained on one of them.
class Repetitions {
 public:
  void add(const std::string& sha256, DataPart part, Prepared& result) {
    const auto [earlier, is_new] = parts_.emplace(sha256, part);
    if (is_new) return;
    ++result.repeated;
    result.leaked += (earlier->second == DataPart::train) != (part == DataPart::train);
  }

 private:
  std::unordered_map<std::string, DataPart> parts_;  // by sum: that of the first file
};

PreparedDescription description_of(const PictureFolder& folder, const Recipe& recipe) {
  return {
      .recipe = to_json(recipe), .decoder = decoder_text(), .classes = folder.classes, .notes = folder.notes};
}

}  // namespace

Index PartSize::of(Index all) const {
  return part == 0 ? count : std::max<Index>(1, std::llround(part * static_cast<double>(all)));
}

PartSize parse_part_size(std::string_view field, std::string_view text) {
  if (const auto count = to_integer(text); count && *count >= 0) return {.count = *count};
  double part = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), part, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !(part > 0 && part < 1))
    throw InvalidArgument(field, fmt::format("is '{}'", text), "write how many, or a part such as 0.1");
  return {.part = part};
}

void assign_parts(PictureFolder& folder, const std::optional<PartSize>& test,
                  const std::optional<PartSize>& validation) {
  if (folder.count(DataPart::train) == 0)
    throw BadData(who_says(folder), "has no picture to train on", "training needs one at least");
  if (test && test->of(std::max<Index>(1, folder.count(DataPart::train))) == 0)
    throw InvalidArgument("test", "is 0", "training tests with one picture at least");
  const Index all = folder.count(DataPart::train);
  take(folder, DataPart::test, all, test, {.part = 0.1});
  take(folder, DataPart::validation, all, validation, {.count = 0});
}

Prepared prepare(const Preparation& preparation, const std::function<void(const std::string&)>& say) {
  check(preparation.recipe);
  PictureFolder folder = list_pictures(preparation.folder, preparation.partition);
  require_unread("output", preparation.output, files_of(folder));
  require_room(preparation, folder);
  std::size_t said = 0;
  const auto say_notes = [&] {
    for (; said < folder.notes.size(); ++said) say(folder.notes[said]);
  };
  say_notes();
  Prepared result;
  result.classes = folder.classes;
  if (preparation.skip_broken) result.skipped = drop_broken(folder, preparation, say);
  assign_parts(folder, preparation.test, preparation.validation);
  say_notes();
  for (const DataPart part : data_parts) result.counts[static_cast<std::size_t>(part)] = folder.count(part);
  result.image = shape_of(load_picture(folder.path(folder.pictures.front()), preparation.recipe).picture);

  if (const auto made = make_folder_for(preparation.output)) say(fmt::format("made the folder {}", *made));
  PreparedWriter writer(preparation.output, preparation.info, description_of(folder, preparation.recipe),
                        result.image, result.counts);
  {
    Progress progress("prepare", static_cast<Index>(folder.pictures.size()), "pictures");
    Repetitions repetitions;
    read_pictures(folder, preparation.recipe, {.threads = preparation.info.threads},
                  [&](Index at, const auto& read) {
                    const PictureEntry& entry = folder.pictures[static_cast<std::size_t>(at)];
                    repetitions.add(read.sha256, entry.part, result);
                    writer.add(entry.part, planes(read.picture), {entry.name, read.sha256, entry.label});
                    progress.advance();
                  });
  }
  writer.commit();
  return result;
}

nlohmann::json to_json(const Prepared& prepared, const Preparation& preparation) {
  nlohmann::json json = {{"output", preparation.output},
                         {"folder", preparation.folder},
                         {"image", prepared.image},
                         {"classes", prepared.classes},
                         {"recipe", to_json(preparation.recipe)},
                         {"skipped", prepared.skipped},
                         {"repeated", prepared.repeated},
                         {"leaked", prepared.leaked}};
  for (const DataPart part : data_parts) json[name(part)] = prepared.counts[static_cast<std::size_t>(part)];
  return json;
}

std::string text(const Prepared& prepared, const Preparation& preparation) {
  const auto [train, validation, test] = prepared.counts;
  std::string text =
      fmt::format("{}: {} of [{}]: {} to train on, {} to test with", one_line(preparation.output),
                  counted(train + validation + test, "image"), fmt::join(prepared.image, ", "), train, test);
  if (validation > 0) text += fmt::format(", {} for validation", validation);
  if (!prepared.classes.empty())
    text += fmt::format("; {}", counted(static_cast<Index>(prepared.classes.size()), "class", "classes"));
  if (prepared.skipped > 0) text += fmt::format("; {} left out", prepared.skipped);
  text += "\n";
  if (prepared.repeated > 0)
    text +=
        fmt::format("{} the bytes of an earlier one, {} of them across the border of training and the rest\n",
                    counted(prepared.repeated, "picture has", "pictures have"), prepared.leaked);
  return text;
}

}  // namespace fsconv
