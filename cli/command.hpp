// What a subcommand is, and how its options are read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <boost/program_options/options_description.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/index.hpp>
#include <fsconv/base/standard_streams.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace fsconv::cli {

// The options that were given, command line before configuration file, as the text they were given in. Flags are
// there where they are true.
class Options {
 public:
  Options(std::map<std::string, std::string> texts, std::string command_line, std::string config_file,
          std::map<std::string, std::string> places, std::vector<std::string> words = {})
      : texts_(std::move(texts)),
        command_line_(std::move(command_line)),
        config_file_(std::move(config_file)),
        places_(std::move(places)),
        words_(std::move(words)) {}

  bool has(const std::string& name) const { return texts_.contains(name); }
  // All but --config, whose options are among them.
  const std::map<std::string, std::string>& texts() const { return texts_; }
  const std::string& command_line() const { return command_line_; }
  const std::string& config_file() const { return config_file_; }  // empty where there is none
  // Of a command that takes several: the words without dashes, in their order and each as it was given.
  const std::vector<std::string>& words() const { return words_; }
  // Of the options that come from that file: where they stand in it, "my.cfg:3".
  const std::map<std::string, std::string>& places() const { return places_; }

  // The value, or `otherwise` where the option is not given. Throws InvalidArgument naming the option.
  std::string text(const std::string& name, const std::string& otherwise = {}) const;
  std::string required_text(const std::string& name) const;
  // "a,b,c" as a list in which nothing stands twice.
  std::vector<std::string> different_words(const std::string& name) const;
  Index integer(const std::string& name, Index otherwise, Index least, Index most) const;
  std::uint64_t seed(const std::string& name = "seed") const;
  double number(const std::string& name, double otherwise) const;
  bool truth(const std::string& name, bool otherwise) const;  // true or false
  std::optional<std::vector<Index>> integers(const std::string& name) const;

  // Throws InvalidArgument if one of these is given: it would have no effect, for the reason `why`.
  void require_none_of(std::span<const char* const> names, std::string_view why) const;

 private:
  std::map<std::string, std::string> texts_;
  std::string command_line_, config_file_;
  std::map<std::string, std::string> places_;
  std::vector<std::string> words_;
};

// Collects a command's options: with a value (shown as `placeholder`) or without. In every command -o is short for
// --output.
class OptionList {
 public:
  explicit OptionList(const std::string& title) { group(title); }
  OptionList& group(const std::string& title);  // what follows stands under a heading of its own
  OptionList& value(const char* name, const char* placeholder, const char* help);
  OptionList& flag(const char* name, const char* help);
  operator boost::program_options::options_description() const;

 private:
  std::vector<boost::program_options::options_description> groups_;
};

struct Command {
  std::string_view name;
  std::string_view summary;  // one line
  std::string_view
      usage;  // how it is called, in lines that begin with blanks, and what it does, in paragraphs
  std::string_view examples;  // a command in each line, which works when pasted; remarks begin with #
  boost::program_options::options_description (*options)();
  int (*run)(const Options&);
  // Replaces other spellings of an option by the option, on the command line and in a configuration file each by
  // itself, so that the command line wins however both say it.
  void (*resolve_spellings)(std::map<std::string, std::string>&) = nullptr;
  // The option that one word without dashes is the value of: "run" reads `evaluate FILE` as `evaluate --run FILE`. Where it
  // ends in "...", as "files...", there may be any number of such words, Options::words(), and errors about them name
  // "files"; where there is an option of that name, too, its value is one more of them.
  const char* positional = nullptr;
  // Where the first of these words says what is done: what it can be.
  std::vector<std::string> actions = {};
};

// The subcommands in the order of the help.
std::span<const Command> commands();

// Reads `arguments` for `command`, and the file of --config (config_file.hpp); abbreviations are not guessed. Throws
// InvalidArgument for an option that is unknown (and names the command it belongs to, if there is one, or one that is
// spelled much like it), repeated, without its value, or with nothing but blanks for one, for a word that is none, and for
// a flag in the file that is neither true nor false (yes or no, on or off, 1 or 0). What is wrong in the file is told with
// its line.
Options parse(const Command& command, const std::vector<std::string>& arguments);

// Reads the options, runs the command and returns its exit code. An InvalidArgument about an option that comes from the
// file of --config says where it stands there.
int run_command(const Command& command, const std::vector<std::string>& arguments);

// The command's options and those of every command.
boost::program_options::options_description all_options(const Command& command);

// The columns that help is made for: the page's (base/screen.hpp), and no more than are easily read.
std::size_t help_width();

// What --help shows. An example that is longer than a line goes on behind a backslash, so that it still can be pasted.
std::string help(const Command& command);

// What stands in a sentence: a text, which may be the name of a file, on one line.
template <class Value>
decltype(auto) in_a_line(const Value& value) {
  if constexpr (std::is_same_v<Value, std::string>)
    return one_line(value);
  else
    return (value);
}

// A line for the user on stderr, without anything that a terminal would obey. That it cannot be written is no error.
template <class... Values>
void tell(fmt::format_string<Values...> text, Values&&... values) {
  say(printable(fmt::vformat(text, fmt::make_format_args(in_a_line(values)...))) + "\n");
}

// What a user should know of something that was read or computed, a line each.
inline void tell_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) tell("fsconv: {}", note);
}

}  // namespace fsconv::cli
