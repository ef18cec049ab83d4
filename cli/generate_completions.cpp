// Completions for bash, zsh and fish from the tables of commands and options.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fsconv/base/shell_words.hpp>

#include "commands.hpp"
#include "generate.hpp"
#include "option_values.hpp"

namespace fsconv::cli {
namespace {

namespace po = boost::program_options;

struct Completable {
  std::string name, letter, placeholder, help;  // letter: "o" where -o is short for it, or nothing
  OptionValues values;
};

std::vector<Completable> options_of(const Command& command) {
  std::vector<Completable> list;
  const po::options_description options = all_options(command);
  for (const auto& option : options.options()) {
    const std::string shown = option->format_name();
    const bool has_letter = shown.starts_with('-') && !shown.starts_with("--");
    list.push_back({option->long_name(), has_letter ? shown.substr(1, 1) : "", option->format_parameter(),
                    option->description(), values_of(command, *option)});
  }
  return list;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

// As one list of words.
std::string command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  return joined(names);
}

// Short enough for a line beside the option.
std::string brief(const std::string& help) {
  constexpr std::size_t longest = 72;
  if (help.size() <= longest) return help;
  const std::size_t blank = help.rfind(' ', longest - 3);
  return help.substr(0, blank == std::string::npos ? longest - 3 : blank) + "...";
}

// How a shell asks for one option in a case of its own: "--output|-o".
std::string bash_case(const Completable& option) {
  return "--" + option.name + (option.letter.empty() ? "" : "|-" + option.letter);
}

std::string bash_values(const Completable& option) {
  std::string text = fmt::format("        {}) has_value=yes", bash_case(option));
  if (!option.values.names.empty()) text += fmt::format(" names={}", in_quotes(joined(option.values.names)));
  if (option.values.several) text += " several=yes";
  if (option.values.file) text += " files=yes";
  return text + " ;;\n";
}

constexpr std::string_view bash_begin = R"(# Completion of fsconv for bash, written by fsconv --generate bash.
_fsconv() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
  local options='' words='' names='' has_value='' several='' files='' begin=''
  COMPREPLY=()
  # bash takes --claim=NAME for three words.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $before == '=' ]] && ((COMP_CWORD > 2)); then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
)";
constexpr std::string_view bash_end = R"(
  if [[ -z $has_value && $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi
  if [[ -n $several && $current == *,* ]]; then
    begin=${current%,*},
    current=${current##*,}
  fi
  if [[ -n $words && -z $has_value ]] && ((COMP_CWORD == 2)); then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -P "$begin" -W "$names" -- "$current")
  if [[ -n $files || -z $has_value ]]; then
    compopt -o filenames
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _fsconv fsconv
)";

// Of zsh's _arguments: brackets end an explanation.
std::string zsh_explained(const std::string& text) {
  std::string words;
  for (const char letter : brief(text)) {
    if (letter == '[' || letter == ']' || letter == '\\') words += '\\';
    words += letter;
  }
  return words;
}

std::string zsh_message(const std::string& text) {
  std::string words;
  for (const char letter : text) {
    if (letter == ':' || letter == '\\') words += '\\';
    words += letter;
  }
  return words;
}

std::string zsh_spec(const Completable& option) {
  std::string value;
  if (option.values.taken) {
    std::string action = " ";
    const std::string names = joined(option.values.names);
    if (!option.values.names.empty() && option.values.file)
      action = fmt::format("_alternative \"names:name:({})\" \"files:file:_files\"", names);
    else if (!option.values.names.empty())
      action =
          option.values.several ? fmt::format("_sequence compadd - {}", names) : fmt::format("({})", names);
    else if (option.values.file)
      action = "_files";
    value = fmt::format(":{}:{}", zsh_message(option.placeholder), action);
  }
  const std::string rest = fmt::format("[{}]{}", zsh_explained(option.help), value);
  const std::string equals = option.values.taken ? "=" : "";
  std::string text = fmt::format("        {} \\\n", in_quotes("--" + option.name + equals + rest));
  if (!option.letter.empty()) text += fmt::format("        {} \\\n", in_quotes("-" + option.letter + rest));
  return text;
}

std::string fish_line(const Command& command, const Completable& option) {
  constexpr std::string_view quote = "\\'";
  std::string text =
      fmt::format("complete -c fsconv -n '__fsconv_command {}' -l {}", command.name, option.name);
  if (!option.letter.empty()) text += fmt::format(" -s {}", option.letter);
  if (option.values.taken) text += option.values.file ? " -r -F" : " -x";
  const std::string names = joined(option.values.names);
  if (!option.values.names.empty())
    text += option.values.several ? fmt::format(" -a '(__fish_complete_list , \"__fsconv_names {}\")'", names)
                                  : fmt::format(" -a '{}'", names);
  return fmt::format("{} -d {}\n", text, in_quotes(brief(option.help), quote));
}

}  // namespace

std::string bash_completion() {
  std::string text(bash_begin);
  const std::string all = command_names();
  text += fmt::format(
      "  if ((COMP_CWORD == 1)); then\n"
      "    mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\")\n    return\n  fi\n"
      "  case $command in\n"
      "    --generate)\n"
      "      has_value=yes\n"
      "      if ((COMP_CWORD == 2)); then names='man bash zsh fish'\n"
      "      elif ((COMP_CWORD == 3)) && [[ $before == man ]]; then names={}; fi ;;\n"
      "    help | --help)\n"
      "      has_value=yes\n"
      "      if ((COMP_CWORD == 2)); then names={}; fi ;;\n",
      in_quotes(all + " help --help --version --generate"), in_quotes(all), in_quotes(all));
  for (const Command& command : commands()) {
    std::vector<std::string> names;
    std::string cases;
    for (const Completable& option : options_of(command)) {
      names.push_back("--" + option.name);
      if (!option.letter.empty()) names.push_back("-" + option.letter);
      if (option.values.taken) cases += bash_values(option);
    }
    const std::string words = joined(command.actions);
    text +=
        fmt::format("    {})\n      options='{}'{}\n      case $before in\n{}      esac ;;\n", command.name,
                    joined(names), words.empty() ? "" : fmt::format(" words='{}'", words), cases);
  }
  return text + "  esac" + std::string(bash_end);
}

std::string zsh_completion() {
  std::string text =
      "#compdef fsconv\n"
      "# Completion of fsconv for zsh, written by fsconv --generate zsh.\n"
      "_fsconv() {\n"
      "  if (( CURRENT == 2 )); then\n"
      "    local -a commands=(\n";
  for (const Command& command : commands())
    text += fmt::format("      {}\n",
                        in_quotes(fmt::format("{}:{}", command.name, brief(std::string(command.summary)))));
  text +=
      "      '--help:what there is'\n"
      "      '--version:the version, and those of the libraries'\n"
      "      '--generate:man pages and completions'\n"
      "    )\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  (( CURRENT-- ))\n"
      "  shift words\n"
      "  case $words[1] in\n"
      "    --generate)\n"
      "      if (( CURRENT == 2 )); then _values what man bash zsh fish\n"
      "      elif (( CURRENT == 3 )) && [[ $words[2] = man ]]; then _values command " +
      command_names() +
      "; fi ;;\n"
      "    help | --help) (( CURRENT == 2 )) && _values command " +
      command_names() + " ;;\n";
  for (const Command& command : commands()) {
    text += fmt::format("    {})\n      _arguments -s \\\n", command.name);
    for (const Completable& option : options_of(command)) text += zsh_spec(option);
    if (const auto& words = command.actions; !words.empty())
      text += fmt::format("        '1:what:({})' \\\n", joined(words));
    text += "        '*:file:_files' ;;\n";
  }
  // Loaded by compinit the file is the function's body; sourced it only defines it.
  return text +
         "  esac\n}\nif [[ $funcstack[1] = _fsconv ]]; then _fsconv \"$@\"; else compdef _fsconv fsconv; fi\n";
}

std::string fish_completion() {
  std::string text =
      "# Completion of fsconv for fish, written by fsconv --generate fish.\n"
      "function __fsconv_first\n"
      "    test (count (commandline -opc)) -eq 1\n"
      "end\n"
      "function __fsconv_command\n"
      "    set -l words (commandline -opc)\n"
      "    test (count $words) -gt 1; and test $words[2] = $argv[1]\n"
      "    and begin; test (count $argv) -eq 1; or test (count $words) -eq $argv[2]; end\n"
      "end\n"
      "function __fsconv_names\n"
      "    string join \\n -- $argv\n"
      "end\n"
      "complete -c fsconv -n __fsconv_first -f\n"
      "complete -c fsconv -n '__fsconv_command --generate' -f\n"
      "complete -c fsconv -n '__fsconv_command --generate 2' -a 'man bash zsh fish'\n"
      "complete -c fsconv -n '__fsconv_command --generate 3; and contains -- man (commandline -opc)' -a '" +
      command_names() + "'\n";
  for (const char* help : {"help", "--help"})
    text += fmt::format(
        "complete -c fsconv -n '__fsconv_command {0}' -f\ncomplete -c fsconv -n '__fsconv_command {0} 2' -a '{1}'\n",
        help, command_names());
  text +=
      "complete -c fsconv -n __fsconv_first -l help -d 'what there is'\n"
      "complete -c fsconv -n __fsconv_first -l version -d 'the version, and those of the libraries'\n"
      "complete -c fsconv -n __fsconv_first -l generate -d 'man pages and completions'\n";
  for (const Command& command : commands()) {
    text += fmt::format("complete -c fsconv -n __fsconv_first -a {} -d {}\n", command.name,
                        in_quotes(brief(std::string(command.summary)), "\\'"));
    if (const auto& words = command.actions; !words.empty())
      text += fmt::format("complete -c fsconv -n '__fsconv_command {} 2' -f -a '{}'\n", command.name,
                          joined(words));
    for (const Completable& option : options_of(command)) text += fish_line(command, option);
  }
  return text;
}

}  // namespace fsconv::cli
