// fsconv data: what data there is, whether it is the published one, and own pictures made ready for training.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/known_files.hpp>
#include <fsconv/data/prepare.hpp>
#include <fsconv/data/summary.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <fsconv/io/location.hpp>
#include <fsconv/train/trained_run.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "run_options.hpp"

namespace fsconv::cli {
namespace {

using Words = std::vector<std::string>;

boost::program_options::options_description options() {
  OptionList list("Pictures (of prepare)");
  list.value(
          "crop", "CROP",
          "SIDE, HEIGHTxWIDTH or these with @ROW,COLUMN of the first pixel (without: the middle); or celeba-148, "
          "celeba-148c, celeba-140, celeba-108 (all of it)")
      .value("size", "SIDE|HxW", "resized to that, by area (as large as it is)")
      .value("fit", "NAME", "where the ratio of the sides differs: crop, the middle, or stretch (crop)")
      .value("channels", "NAME", "grey, rgb, or same, as the pictures have (same)")
      .value("orientation", "NAME", "what a camera stored: applied or ignored (applied)")
      .group("Parts (of prepare)")
      .value("partition", "FILE",
             "lines NAME 0, 1 or 2, for training, validation and test: CelebA's "
             "list_eval_partition.txt (the one in the folder, or its train/ and test/)")
      .value("test", "N|PART", "so many pictures, or that part, to test with, spread over the list (0.1)")
      .value("validation", "N|PART", "so many for validation (0)")
      .group("Files (of prepare)")
      .value("output", "FILE.h5", "what fsconv train --data takes")
      .flag("skip-broken", "leave out what is broken, cannot be opened or has another size, and say so")
      .flag("force", "replace the file")
      .group("Speed (of prepare and list)")
      .value("threads", "N", "that read pictures; the result does not depend on it (all cores)");
  return list;
}

Recipe recipe_of(const Options& options) {
  Recipe recipe;
  if (options.has("crop")) recipe.crop = parse_crop(options.required_text("crop"));
  if (options.has("size")) recipe.size = parse_size(options.required_text("size"));
  if (options.has("fit")) recipe.fit = named<Fit>(options.text("fit"));
  if (options.has("channels")) recipe.channels = named<Channels>(options.text("channels"));
  if (options.has("orientation")) recipe.orientation = named<Orientation>(options.text("orientation"));
  constexpr const char* of_size[] = {"fit"};
  if (!recipe.size) options.require_none_of(of_size, "nothing is resized without --size");
  return recipe;
}

std::optional<PartSize> part_size_of(const Options& options, const char* name) {
  if (!options.has(name)) return std::nullopt;
  return parse_part_size(name, options.text(name));
}

Preparation preparation_of(const Options& options, const Words& words) {
  if (words.size() != 1)
    throw InvalidArgument("data prepare",
                          words.empty() ? "no folder is named" : "takes one folder of pictures",
                          "fsconv data prepare DIR --output FILE.h5");
  Preparation preparation{.folder = words.front(),
                          .output = options.required_text("output"),
                          .recipe = recipe_of(options),
                          .partition = std::nullopt,
                          .test = part_size_of(options, "test"),
                          .validation = part_size_of(options, "validation"),
                          .skip_broken = options.has("skip-broken"),
                          .info = {.kind = "data",
                                   .command_line = options.command_line(),
                                   .configuration = options.texts(),
                                   .threads = threads_of(options),
                                   .start_time = now()}};
  if (options.has("partition")) preparation.partition = options.required_text("partition");
  return preparation;
}

int run_prepare(const Options& options, const Words& words) {
  const Preparation wanted = preparation_of(options, words);
  require_hdf5_name(wanted.output);
  if (!lacks_folder(wanted.output))
    require_output({.path = wanted.output,
                    .kind = wanted.info.kind,
                    .inputs = {wanted.folder, wanted.partition.value_or("")},
                    .keeps_own = true,
                    .force = options.has("force")});
  const Prepared made = prepare(wanted, [](const std::string& text) { tell("fsconv: {}", text); });
  if (options.has("json")) {
    print_json(to_json(made, wanted));
    return static_cast<int>(ExitCode::ok);
  }
  fmt::print("{}", wrapped_text(text(made, wanted), page_width(), 4));
  return static_cast<int>(ExitCode::ok);
}

// What data sets there are, and where.
nlohmann::json known_json() {
  nlohmann::json list = nlohmann::json::array();
  for (const KnownSet& set : known_sets()) {
    const auto place = place_of(set);
    list.push_back({{"name", set.name},
                    {"title", set.title},
                    {"images", set.images},
                    {"licence", set.licence},
                    {"source", set.source},
                    {"get", set.get},
                    {"looked_for_in", set.folders},
                    {"found_in", place ? nlohmann::json(*place) : nlohmann::json()}});
  }
  return list;
}

std::string known_text() {
  std::string text;
  const auto line = [&](const std::string& words, std::size_t hanging) {
    text += wrapped_text(words, page_width(), hanging);
  };
  for (const KnownSet& set : known_sets()) {
    const auto place = place_of(set);
    line(fmt::format("{:<15}{}", set.name, place ? "in " + *place : fmt::format("not there: {}", set.get)),
         15);
    line(fmt::format("{:<15}{}: {}", "", set.title, set.images), 15);
    line(fmt::format("{:<15}licence: {}; {}", "", set.licence, set.source), 15);
  }
  line(fmt::format("{:<15}drawn by fsconv: {} + {} images, as --data of fsconv train takes it", "generated",
                   generated_train_images, generated_test_images),
       15);
  return text;
}

int run_list(const Options& options, const Words& words) {
  constexpr const char* of_folders[] = {"threads"};
  if (words.empty()) options.require_none_of(of_folders, "nothing is read where no folder or file is named");
  if (words.empty() && options.has("json"))
    print_json(known_json(), 2);
  else if (words.empty())
    fmt::print("{}", known_text());
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& word : words) {
    const DataSummary summary = summarise(word, threads_of(options));
    if (options.has("json"))
      list.push_back(to_json(summary));
    else
      fmt::print("{}", text(summary, page_width()));
  }
  if (!words.empty() && options.has("json")) print_json(list, 2);
  return static_cast<int>(ExitCode::ok);
}

// A folder, a file or, where there is neither, a name.
CheckedSet verified(const std::string& word) {
  std::error_code none;
  if (std::filesystem::is_directory(word, none)) return check_folder(word);
  if (!std::filesystem::exists(word, none)) return check_named(word);
  return names_hdf5(word) ? check_prepared(word) : check_file(word);
}

int run_verify(const Options& options, const Words& words) {
  if (words.empty())
    throw InvalidArgument("data verify", "nothing is named", "name prepared files, folders or data sets");
  std::vector<CheckedSet> sets;
  for (const std::string& word : words) sets.push_back(verified(word));
  if (options.has("json"))
    print_json(to_json(sets), 2);
  else
    fmt::print("{}", text(sets, page_width()));
  require_good(sets);
  return static_cast<int>(ExitCode::ok);
}

// The first word says what is done; each has options of its own.
struct Action {
  const char* name;
  std::vector<std::string> options;
  int (*run)(const Options&, const Words&);
};
const std::vector<Action>& actions() {
  static const std::vector<Action> list = {
      {"prepare",
       {"crop", "size", "fit", "channels", "orientation", "partition", "test", "validation", "output",
        "skip-broken", "force", "threads"},
       run_prepare},
      {"list", {"threads"}, run_list},
      {"verify", {}, run_verify}};
  return list;
}

int run(const Options& options) {
  if (options.words().empty())
    throw InvalidArgument("data", "no word says what to do", "begin with prepare, list or verify");
  const Action& action = entry_named(actions(), "data", options.words().front());
  for (const auto& [name, text] : options.texts())
    if (name != "json" &&
        std::find(action.options.begin(), action.options.end(), name) == action.options.end())
      throw InvalidArgument(name, fmt::format("is no option of fsconv data {}", action.name),
                            "see fsconv data --help");
  catch_interrupts();
  return action.run(options, {options.words().begin() + 1, options.words().end()});
}

}  // namespace

Command data_command() {
  std::vector<std::string> names;
  for (const Action& action : actions()) names.emplace_back(action.name);
  return {.name = "data",
          .summary = "what data there is, whether it is sound, and own pictures made ready for training",
          .usage =
              R"(  fsconv data prepare DIR --output FILE.h5 [options]
  fsconv data list [DIR|FILE|NAME...]
  fsconv data verify DIR|FILE|NAME...

prepare reads the JPEG and PNG files below a folder, in the order of their names, and writes images of one size
with the recipe, the decoders' versions and a checksum of each picture and image; train --data FILE.h5 reads them
from there, so that they need not fit the memory. In subfolders, 2 to 256 of them, pictures get their names as labels.
What is for training, validation and test is said by folders train/, val/ and test/, by --partition, or by --test and
--validation, which take pictures evenly from the whole list. A picture that is broken or cannot be opened is an error,
unless --skip-broken leaves it out. Pixels are resized by area, exactly: the same bytes on every machine.

list without more words: the data sets that are known by name, where they are looked for and how to get them. With
words: how many images there are, of what sizes and labels; a folder's pictures are all read for it.

verify compares every pixel of a prepared file with its checksums, and the files of a known data set with the published
sums of their contents. It exits with 4 where anything differs.

The examples use the folder data/samples/pictures of fsconv's source.)",
          .examples =
              R"(  fsconv data list
  fsconv data list data/samples/pictures
  fsconv data prepare data/samples/pictures -o results/drawings.h5 --size 32 --test 2
  fsconv data verify results/drawings.h5
  fsconv train --data results/drawings.h5 --latent 2 --summary
)",
          .options = options,
          .run = run,
          .positional = "words...",
          .actions = names};
}

}  // namespace fsconv::cli
