// SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <fsconv/base/shell_words.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/kept_files.hpp>
#include <fsconv/train/option_value.hpp>
#include <sstream>
#include <tuple>

#include "config_file.hpp"
#include "option_values.hpp"

namespace fsconv::cli {
namespace {

namespace po = boost::program_options;
using Texts = std::map<std::string, std::string>;

// The option of that whole name, or none. (The library takes the beginning of a name, too, "" for all of them, and "-o"
// for that which has the letter.)
const po::option_description* find_option(const po::options_description& known, const std::string& name) {
  const po::option_description* option = name.empty() ? nullptr : known.find_nothrow(name, false);
  return option != nullptr && option->long_name() == name ? option : nullptr;
}

std::string owner_of(const std::string& option) {
  std::vector<std::string> owners;
  for (const Command& command : commands())
    if (find_option(all_options(command), option) != nullptr)
      owners.push_back(fmt::format("fsconv {}", command.name));
  return owners.empty() ? std::string() : fmt::format("; it belongs to {}", alternatives(owners));
}

std::string without_dashes(std::string option) {
  option.erase(0, std::min(option.find_first_not_of('-'), option.size()));
  return option.substr(0, option.find('='));
}

bool is_flag(const po::option_description& option) { return option.semantic()->max_tokens() == 0; }

std::vector<std::string> names_of(const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back(option->long_name());
  return names;
}

// `shown` is the option as it was given, dashes and all, `place` where it stands if not on the command line.
InvalidArgument unknown_option(const Command& command, const std::string& shown, const std::string& remark,
                               const std::string& place = {}) {
  const std::string option = without_dashes(shown);
  const po::options_description own = all_options(command);
  if (!place.empty() && option != shown && find_option(own, option) != nullptr)
    return {place, fmt::format("'{}' has dashes", excerpt(shown)), fmt::format("write {} = VALUE", option)};
  const std::string owner = find_option(own, option) == nullptr ? owner_of(option) : "";
  const std::string meant =
      owner.empty() ? did_you_mean(option, names_of(own), place.empty() ? "--" : "") : "";
  const std::string problem = fmt::format("is no option of fsconv {}{}{}", command.name, remark, owner);
  const std::string legal =
      fmt::format("{}{}see fsconv {} --help", meant, meant.empty() ? "" : " ", command.name);
  return place.empty() ? InvalidArgument(shown, problem, legal)
                       : InvalidArgument(place, fmt::format("'{}' {}", excerpt(shown), problem), legal);
}

void require_value(const std::string& name, const std::string& value) {
  if (trimmed(value).empty()) throw InvalidArgument(name, value.empty() ? "is empty" : "is blank");
}

// The option that words without dashes are values of, and whether there may be several.
std::string positional_name(const Command& command) {
  const std::string name = command.positional != nullptr ? command.positional : "";
  return name.substr(0, name.find("..."));
}
bool takes_several(const Command& command) {
  return command.positional != nullptr && std::string_view(command.positional).ends_with("...");
}

InvalidArgument stray_word(const Command& command, const std::string& word) {
  constexpr std::size_t short_word = 2;  // resembles too many options
  const std::string takes = command.positional == nullptr
                                ? "takes options only"
                                : fmt::format("takes one word, that of --{}", command.positional);
  const std::string meant =
      word.size() > short_word ? did_you_mean(word, names_of(all_options(command)), "--") : std::string();
  return InvalidArgument(
      fmt::format("{} '{}'", command.name, word), "is a word too many",
      fmt::format("it {}; {}{}see fsconv {} --help", takes, meant, meant.empty() ? "" : " ", command.name));
}

// The one letter that an option has beside its name, the same in every command; in a configuration file it is no name.
struct ShortName {
  std::string_view option, letter;
};
constexpr ShortName short_names[] = {{"output", "o"}};

// "-o" and "-o=FILE" as --output says them, where the command has that option. Other words stay.
std::string in_full(const po::options_description& known, const std::string& argument) {
  for (const auto& [option, letter] : short_names) {
    const std::string name(option), dashed = fmt::format("-{}", letter);
    if (argument.substr(0, argument.find('=')) == dashed && find_option(known, name) != nullptr)
      return "--" + name + argument.substr(dashed.size());
  }
  return argument;
}

// What is said of a word with a single dash: which letters may follow one here.
std::string two_dashes(const po::options_description& known) {
  std::string text = "; options begin with two dashes";
  for (const auto& [option, letter] : short_names)
    if (find_option(known, std::string(option)) != nullptr)
      text += fmt::format(", only -{} is short for --{}", letter, option);
  return text;
}

bool is_negative_number(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && ((word[1] >= '0' && word[1] <= '9') || word[1] == '.');
}

// What the library would report less clearly, or read otherwise: "--padding -1:1" becomes one word, for it would take a
// value that starts with a dash for an option; "-o" becomes "--output"; "-e" is no option, nor is what resembles one, and
// neither is a word that stands alone. Where there may be several of those, they are put into `words` instead.
std::vector<std::string> checked_words(const Command& command, const po::options_description& known,
                                       const std::vector<std::string>& arguments,
                                       std::vector<std::string>& words) {
  std::vector<std::string> checked;
  bool has_word = false;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string argument = in_full(known, arguments[at]);
    checked.push_back(argument);
    if (!argument.starts_with('-') || argument.size() == 1 || is_negative_number(argument)) {
      if (takes_several(command)) {
        require_value(positional_name(command), argument);
        words.push_back(argument);
        checked.pop_back();
        continue;
      }
      if (has_word || command.positional == nullptr) throw stray_word(command, argument);
      has_word = true;
      continue;
    }
    const std::string shown = argument.substr(0, argument.find('=')), name = without_dashes(argument);
    if (!argument.starts_with("--")) throw unknown_option(command, shown, two_dashes(known));
    const po::option_description* option = find_option(known, name);
    if (option == nullptr || shown != "--" + name) throw unknown_option(command, shown, "");
    if (is_flag(*option)) continue;
    if (argument.size() > shown.size()) {
      require_value(name, argument.substr(shown.size() + 1));
      continue;
    }
    const bool is_last = at + 1 == arguments.size();
    const std::string value = is_last ? "" : arguments[at + 1];
    if (!is_last) require_value(name, value);
    if (is_last || (value.starts_with('-') && value.size() > 1 && !is_negative_number(value)))
      throw InvalidArgument(name, "its value is missing",
                            fmt::format("write --{0} {1}, or --{0}={1} where it begins with a dash", name,
                                        option->format_parameter()));
    checked.back() += "=" + value;
    ++at;
  }
  return checked;
}

// What is given. (Boost has an entry for every flag; those that are not given hold its default.)
Texts from_command_line(const Command& command, const po::options_description& known,
                        const std::vector<std::string>& arguments, std::vector<std::string>& words) {
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::positional_options_description one_word;
  if (command.positional != nullptr && !takes_several(command)) one_word.add(command.positional, 1);
  po::variables_map found;
  const std::string see = fmt::format("see fsconv {} --help", command.name);
  try {
    po::store(po::command_line_parser(checked_words(command, known, arguments, words))
                  .options(known)
                  .positional(one_word)
                  .style(style)
                  .run(),
              found);
  } catch (const po::error& error) {
    throw InvalidArgument(command.name, error.what(), see);
  }
  Texts texts;
  for (const auto& [name, value] : found)
    if (!value.defaulted())
      texts.emplace(name, is_flag(known.find(name, false)) ? "true" : value.as<std::string>());
  return texts;
}

std::string truth_text(const std::string& name, const ConfigEntry& entry) {
  for (const char* word : {"true", "yes", "on", "1"})
    if (entry.text == word) return "true";
  for (const char* word : {"false", "no", "off", "0"})
    if (entry.text == word) return "false";
  throw InvalidArgument(entry.place, fmt::format("{} is '{}'", name, entry.text), "must be true or false");
}

// The configuration of a training run without --padding says so: [].
constexpr std::string_view may_be_none = "padding";

// The options and where each stands; but the command's words, where there may be several, become `words`. What is in the file
// is obeyed or refused.
std::pair<Texts, Texts> from_config_file(const Command& command, const po::options_description& known,
                                         const std::string& file, std::vector<std::string>& words) {
  Texts texts, places;
  for (const auto& [name, entry] : read_config_file(file)) {
    if (name == "config" || name == "help")
      throw InvalidArgument(entry.place, fmt::format("{} cannot stand in a configuration file", name));
    const po::option_description* option = find_option(known, name);
    if (option == nullptr) throw unknown_option(command, name, "", entry.place);
    if (entry.is_list && entry.text.empty() && name == may_be_none) continue;
    if (trimmed(entry.text).empty())
      throw InvalidArgument(entry.place, fmt::format("{} is empty", name), "give it a value");
    if (entry.text.find('\0') != std::string::npos)
      throw InvalidArgument(entry.place, fmt::format("{} holds a zero byte", name), "no option may");
    places.emplace(name, entry.place);
    if (takes_several(command) && name == positional_name(command)) {
      words = entry.is_list ? entry.entries : std::vector{entry.text};
      continue;
    }
    if (entry.entries.size() > 1 && !takes_list(*option))
      throw InvalidArgument(entry.place, fmt::format("{} is a list of {}", name, entry.entries.size()),
                            "it takes one value");
    texts.emplace(name, is_flag(*option) ? truth_text(name, entry) : entry.text);
  }
  return {texts, places};
}

// The file of the options is read by every command.
void require_config_kept(const Options& options) {
  const std::string& file = options.config_file();
  for (const char* name : {"output", "picture", "null-space"})
    require_unread(name, options.text(name), {file});
  for (const std::string& path : split(options.text("to"), ',')) require_unread("to", path, {file});
}

// An error about what stands in a file says where.
template <class Work>
auto with_place(const Work& work, const Texts& places) {
  try {
    return work();
  } catch (const InvalidArgument& error) {
    std::string field = error.field();
    std::replace(field.begin(), field.end(), '_', '-');
    for (const auto& [name, place] : places)  // "axis 0 output_padding" is about output-padding
      if (field == name || field.ends_with(" " + name)) throw InvalidArgument(place, error.what());
    throw;
  }
}

std::string command_line(const Command& command, const std::vector<std::string>& arguments) {
  std::string line = fmt::format("fsconv {}", command.name);
  for (const std::string& argument : arguments) line += " " + shell_word(argument);
  return line;
}

}  // namespace

po::options_description all_options(const Command& command) {
  po::options_description list = command.options();
  list.add(
      OptionList("Of every command")
          .value(
              "config", "FILE",
              "read options from FILE: lines NAME = VALUE, a JSON object, or the .h5 of an earlier run, but for "
              "where that wrote; the command line wins")
          .flag("json", "print the result as JSON, where there is one")
          .flag("help", "show this"));
  return list;
}

// Each option is printed in one line of this width at most; help() wraps it.
constexpr unsigned one_line = 10'000;

OptionList& OptionList::group(const std::string& title) {
  groups_.emplace_back(title, one_line);
  return *this;
}

OptionList& OptionList::value(const char* name, const char* placeholder, const char* help) {
  std::string names = name;
  for (const auto& [option, letter] : short_names)
    if (option == name) names += fmt::format(",{}", letter);
  groups_.back().add_options()(names.c_str(), po::value<std::string>()->value_name(placeholder), help);
  return *this;
}

OptionList& OptionList::flag(const char* name, const char* help) {
  groups_.back().add_options()(name, po::bool_switch(), help);
  return *this;
}

OptionList::operator po::options_description() const {
  po::options_description whole = groups_.front();
  std::for_each(groups_.begin() + 1, groups_.end(), [&](const auto& group) { whole.add(group); });
  return whole;
}

std::string Options::text(const std::string& name, const std::string& otherwise) const {
  const auto found = texts_.find(name);
  return found == texts_.end() ? otherwise : found->second;
}

std::string Options::required_text(const std::string& name) const {
  if (!has(name)) throw InvalidArgument(name, "is missing", fmt::format("give --{}", name));
  if (text(name).empty()) throw InvalidArgument(name, "is empty");
  return text(name);
}

std::vector<std::string> Options::different_words(const std::string& name) const {
  const auto words = split(text(name), ',');
  for (auto word = words.begin(); word != words.end(); ++word)
    if (word->empty())
      throw InvalidArgument(name, fmt::format("'{}' has an empty entry", text(name)));
    else if (std::find(words.begin(), word, *word) != word)
      throw InvalidArgument(name, fmt::format("names '{}' twice", *word));
  return words;
}

Index Options::integer(const std::string& name, Index otherwise, Index least, Index most) const {
  if (!has(name)) return otherwise;
  return integer_in(name, text(name), least, most);
}

std::uint64_t Options::seed(const std::string& name) const {
  if (!has(name)) return 0;
  const std::string given = text(name);
  using Seed = OptionValue<std::uint64_t>;
  const auto value = Seed::read(given);
  if (!value) throw InvalidArgument(name, fmt::format("is '{}'", given), Seed::expected({}));
  return *value;
}

double Options::number(const std::string& name, double otherwise) const {
  if (!has(name)) return otherwise;
  const std::string given = text(name);
  double value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc() || end != given.data() + given.size() || !std::isfinite(value))
    throw InvalidArgument(name, fmt::format("is '{}'", given), "must be a finite number");
  return value;
}

bool Options::truth(const std::string& name, bool otherwise) const {
  const std::string given = text(name, otherwise ? "true" : "false");
  if (given != "true" && given != "false")
    throw InvalidArgument(name, fmt::format("is '{}'", given), "must be true or false");
  return given == "true";
}

void Options::require_none_of(std::span<const char* const> names, std::string_view why) const {
  for (const char* option : names)
    if (has(option)) throw InvalidArgument(option, "would have no effect", why);
}

std::optional<std::vector<Index>> Options::integers(const std::string& name) const {
  if (!has(name)) return std::nullopt;
  return to_integers(name, text(name));
}

Options parse(const Command& command, const std::vector<std::string>& arguments) {
  const po::options_description known = all_options(command);
  const auto resolve = [&](Texts& texts) {
    if (command.resolve_spellings != nullptr) command.resolve_spellings(texts);
  };
  std::vector<std::string> words;
  Texts texts = from_command_line(command, known, arguments, words), places;
  resolve(texts);
  std::string file;
  if (const auto config = texts.find("config"); config != texts.end()) {
    file = config->second;
    texts.erase(config);
    Texts more;
    std::vector<std::string> listed;
    std::tie(more, places) = from_config_file(command, known, file, listed);
    if (words.empty() && !texts.contains(positional_name(command))) words = std::move(listed);
    with_place([&] { resolve(more); }, places);
    std::erase_if(places, [&](const auto& entry) { return texts.contains(entry.first); });
    texts.merge(more);  // what is there already stays
  }
  std::erase_if(texts, [&](const auto& entry) {
    return is_flag(known.find(entry.first, false)) && entry.second == "false";
  });
  if (const auto more = texts.find(positional_name(command)); takes_several(command) && more != texts.end())
    words.push_back(more->second);
  return Options(std::move(texts), command_line(command, arguments), file, std::move(places),
                 std::move(words));
}

int run_command(const Command& command, const std::vector<std::string>& arguments) {
  const Options options = parse(command, arguments);
  return with_place(
      [&] {
        require_config_kept(options);
        return command.run(options);
      },
      options.places());
}

}  // namespace fsconv::cli
