#include "command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <sstream>

#include "config_file.hpp"

namespace fsconv::cli {
namespace {

namespace po = boost::program_options;
using Texts = std::map<std::string, std::string>;

po::options_description all_options(const Command& command) {
  po::options_description list = command.options();
  list.add(
      OptionList("Of every command")
          .value("config", "FILE",
                 "read options from FILE: lines NAME = VALUE, a JSON object, or the .h5 of an earlier run; "
                 "the command line wins")
          .flag("json", "print the result as JSON")
          .flag("help", "show this"));
  return list;
}

std::string owner_of(const std::string& option) {
  std::vector<std::string> owners;
  for (const Command& command : commands())
    if (all_options(command).find_nothrow(option, false) != nullptr)
      owners.push_back(fmt::format("fsconv {}", command.name));
  return owners.empty() ? std::string() : fmt::format("; it belongs to {}", alternatives(owners));
}

std::string without_dashes(std::string option) {
  option.erase(0, std::min(option.find_first_not_of('-'), option.size()));
  return option.substr(0, option.find('='));
}

bool is_flag(const po::option_description& option) { return option.semantic()->max_tokens() == 0; }

InvalidArgument unknown_option(const Command& command, const std::string& option, const std::string& where) {
  return InvalidArgument("--" + option,
                         fmt::format("is no option of fsconv {}{}{}", command.name, where, owner_of(option)),
                         fmt::format("see fsconv {} --help", command.name));
}

// "--padding -1:1": the library would take a value that starts with a dash for an option.
std::vector<std::string> with_values_joined(const po::options_description& known,
                                            const std::vector<std::string>& arguments) {
  std::vector<std::string> joined;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    const bool is_option = argument.starts_with("--") && argument.find('=') == std::string::npos;
    const auto* option = is_option ? known.find_nothrow(without_dashes(argument), false) : nullptr;
    const bool takes_value = option != nullptr && option->semantic()->max_tokens() > 0;
    const bool negative = at + 1 < arguments.size() && arguments[at + 1].size() > 1 &&
                          arguments[at + 1][0] == '-' && arguments[at + 1][1] >= '0' &&
                          arguments[at + 1][1] <= '9';
    if (takes_value && negative)
      joined.push_back(argument + "=" + arguments[++at]);
    else
      joined.push_back(argument);
  }
  return joined;
}

// What is given. (Boost has an entry for every flag; those that are not given hold its default.)
Texts from_command_line(const Command& command, const po::options_description& known,
                        const std::vector<std::string>& arguments) {
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::positional_options_description words;
  if (command.positional != nullptr) words.add(command.positional, 1);
  po::variables_map found;
  const std::string see = fmt::format("see fsconv {} --help", command.name);
  try {
    po::store(po::command_line_parser(with_values_joined(known, arguments))
                  .options(known)
                  .positional(words)
                  .style(style)
                  .run(),
              found);
  } catch (const po::unknown_option& error) {
    throw unknown_option(command, without_dashes(error.get_option_name()), "");
  } catch (const po::too_many_positional_options_error&) {
    if (command.positional == nullptr)
      throw InvalidArgument(command.name, "takes options only, no other words", see);
    throw InvalidArgument(command.name, fmt::format("takes one word, the file of --{}", command.positional),
                          see);
  } catch (const po::error& error) {
    throw InvalidArgument(command.name, error.what(), see);
  }
  Texts texts;
  for (const auto& [name, value] : found)
    if (!value.defaulted())
      texts.emplace(name, is_flag(known.find(name, false)) ? "true" : value.as<std::string>());
  return texts;
}

std::string truth_text(const std::string& name, const std::string& text, const std::string& file) {
  for (const char* word : {"true", "yes", "on", "1"})
    if (text == word) return "true";
  for (const char* word : {"false", "no", "off", "0"})
    if (text == word) return "false";
  throw InvalidArgument(name, fmt::format("is '{}' in {}", text, file), "must be true or false");
}

Texts from_config_file(const Command& command, const po::options_description& known,
                       const std::string& file) {
  Texts texts = read_config_file(file);
  for (auto& [name, text] : texts) {
    const po::option_description* option = known.find_nothrow(name, false);
    if (option == nullptr) throw unknown_option(command, name, ", in " + file);
    if (name == "config" || name == "help")
      throw InvalidArgument(name, "cannot stand in the configuration file " + file);
    if (is_flag(*option)) text = truth_text(name, text, file);
  }
  return texts;
}

}  // namespace

OptionList& OptionList::group(const std::string& title) {
  groups_.emplace_back(title, 100);
  return *this;
}

OptionList& OptionList::value(const char* name, const char* placeholder, const char* help) {
  groups_.back().add_options()(name, po::value<std::string>()->value_name(placeholder), help);
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
  const auto value = to_integer(text(name));
  if (!value || *value < least || *value > most)
    throw InvalidArgument(name, fmt::format("is '{}'", text(name)),
                          fmt::format("must be an integer from {} to {}", least, most));
  return *value;
}

std::uint64_t Options::seed(const std::string& name) const {
  return static_cast<std::uint64_t>(integer(name, 0, 0, std::numeric_limits<Index>::max()));
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
  Texts texts = from_command_line(command, known, arguments);
  resolve(texts);
  std::string file;
  if (const auto config = texts.find("config"); config != texts.end()) {
    file = config->second;
    texts.erase(config);
    Texts more = from_config_file(command, known, file);
    resolve(more);
    texts.merge(more);  // what is there already stays
  }
  std::erase_if(texts, [&](const auto& entry) {
    return is_flag(known.find(entry.first, false)) && entry.second == "false";
  });
  return Options(std::move(texts), fmt::format("fsconv {} {}", command.name, fmt::join(arguments, " ")),
                 file);
}

std::string help(const Command& command) {
  std::ostringstream list;
  list << all_options(command);
  return fmt::format("fsconv {}: {}\n\n{}\n\n{}\nExamples:\n{}", command.name, command.summary, command.usage,
                     list.str(), command.examples);
}

}  // namespace fsconv::cli
