#include "command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fsconv/base/text.hpp>
#include <fstream>
#include <sstream>

namespace fsconv::cli {
namespace {

namespace po = boost::program_options;

po::options_description all_options(const Command& command) {
  po::options_description list = command.options();
  list.add_options()("config", po::value<std::string>()->value_name("FILE"),
                     "read options from FILE, one NAME = VALUE per line; the command line wins");
  list.add_options()("json", po::bool_switch(), "print the result as JSON");
  list.add_options()("help", po::bool_switch(), "show this");
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

// An entry that fills `texts` unless the option is there already: the first source wins.
void take(const po::variables_map& found, std::map<std::string, std::string>& texts) {
  for (const auto& [name, value] : found) {
    const bool* on = boost::any_cast<bool>(&value.value());
    if (on == nullptr)
      texts.emplace(name, value.as<std::string>());
    else if (*on)
      texts.emplace(name, "true");
  }
}

void store(const po::parsed_options& parsed, std::map<std::string, std::string>& texts) {
  po::variables_map found;
  po::store(parsed, found);
  take(found, texts);
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

// A device or a pipe may have no end.
void require_small_file(const std::string& path) {
  constexpr std::uintmax_t largest = 1 << 20;
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw IoError(path, "is no regular file");
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, failure) > largest)
    throw IoError(path, "is larger than a configuration file can be (1 MiB)");
}

}  // namespace

OptionList& OptionList::value(const char* name, const char* placeholder, const char* help) {
  list_.add_options()(name, po::value<std::string>()->value_name(placeholder), help);
  return *this;
}

OptionList& OptionList::flag(const char* name, const char* help) {
  list_.add_options()(name, po::bool_switch(), help);
  return *this;
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
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  std::map<std::string, std::string> texts;
  try {
    const po::positional_options_description none;
    store(po::command_line_parser(with_values_joined(known, arguments))
              .options(known)
              .positional(none)
              .style(style)
              .run(),
          texts);
    if (const auto config = texts.find("config"); config != texts.end()) {
      require_small_file(config->second);
      std::ifstream file(config->second);
      if (!file) throw IoError::from_errno(config->second, "open");
      store(po::parse_config_file(file, known), texts);
      if (file.bad()) throw IoError::from_errno(config->second, "read");
    }
  } catch (const po::unknown_option& error) {
    const std::string option = without_dashes(error.get_option_name());
    throw InvalidArgument("--" + option,
                          fmt::format("is no option of fsconv {}{}", command.name, owner_of(option)),
                          fmt::format("see fsconv {} --help", command.name));
  } catch (const po::too_many_positional_options_error&) {
    throw InvalidArgument(command.name, "takes options only, no other words",
                          fmt::format("see fsconv {} --help", command.name));
  } catch (const po::error& error) {
    throw InvalidArgument(command.name, error.what(), fmt::format("see fsconv {} --help", command.name));
  }
  return Options(std::move(texts), fmt::format("fsconv {} {}", command.name, fmt::join(arguments, " ")));
}

std::string help(const Command& command) {
  std::ostringstream list;
  list << all_options(command);
  return fmt::format("fsconv {}: {}\n\n{}\n\n{}\nExamples:\n{}", command.name, command.summary, command.usage,
                     list.str(), command.examples);
}

}  // namespace fsconv::cli
