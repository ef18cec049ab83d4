// SPDX-License-Identifier: Apache-2.0
#include "cli/examples.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>
#include <sstream>

#include "cli/process.hpp"

namespace fsconv::testing {
namespace {

constexpr auto leaves_out = "[...]";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

std::string without_remark(const std::string& line) { return trimmed(line.substr(0, line.find(" #"))); }

bool is_pattern(const std::string& line) {
  static const std::regex words("(^|[ =,])[A-Z]{1,}([ ,]|$)|[.]{3}|[|]|[[]");
  return std::regex_search(line, words);
}

// Text between backticks, line feeds in it as blanks.
std::vector<std::string> code_spans(const std::string& markdown) {
  std::vector<std::string> spans;
  std::string text;
  for (const std::string& line : lines_of(markdown))
    text += line.starts_with("    ") ? "\n" : line + "\n";  // an indented block has no spans
  for (std::size_t at = text.find('`'); at != std::string::npos; at = text.find('`', at)) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    std::string span = text.substr(at + 1, end - at - 1);
    std::replace(span.begin(), span.end(), '\n', ' ');
    spans.push_back(span);
    at = end + 1;
  }
  return spans;
}

bool has(const std::vector<std::string>& arguments, const std::string& option) {
  return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
}

// Gives an option a value, whether it is there or not.
void set(std::vector<std::string>& arguments, const std::string& option, const std::string& value) {
  const auto found = std::find(arguments.begin(), arguments.end(), option);
  if (found != arguments.end() && found + 1 != arguments.end())
    *(found + 1) = value;
  else
    arguments.insert(arguments.end(), {option, value});
}

void set_if_there(std::vector<std::string>& arguments, const std::string& option, const std::string& value) {
  if (has(arguments, option)) set(arguments, option, value);
}

bool has_fashion_mnist() {
  return std::filesystem::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz");
}

}  // namespace

std::vector<std::string> preparations_in(const std::string& help) {
  constexpr std::string_view begin = "The examples use fsconv ";
  std::string text;
  for (const std::string& line : lines_of(help)) text += trimmed(line).empty() ? "\n" : trimmed(line) + " ";
  const std::size_t start = text.find(begin);
  if (start == std::string::npos) return {};
  const std::string sentence = text.substr(start, text.find('\n', start) - start);
  static const std::regex command("fsconv [a-z]+ .*?(?=,? and fsconv | ?$)");
  std::vector<std::string> preparations;
  for (std::sregex_iterator at(sentence.begin(), sentence.end(), command), end; at != end; ++at)
    preparations.push_back(trimmed(at->str()));
  return preparations;
}

std::vector<std::string> examples_in(const std::string& help) {
  constexpr std::string_view heading = "Examples:\n";
  const std::size_t start = help.find(heading);
  if (start == std::string::npos) return {};
  std::vector<std::string> examples;
  bool goes_on = false;
  for (const std::string& whole : lines_of(help.substr(start + heading.size()))) {
    std::string line = trimmed(whole);
    if (line.empty() || line.starts_with("#")) continue;
    const bool open = line.ends_with("\\");
    if (open) line.pop_back();
    line = without_remark(line);
    if (goes_on)
      examples.back() += " " + line;
    else
      examples.push_back(line);
    goes_on = open;
  }
  return examples;
}

std::vector<DocumentedCommand> commands_in(const std::string& markdown) {
  std::vector<DocumentedCommand> commands;
  bool fenced = false, in_block = false, goes_on = false;
  for (const std::string& line : lines_of(markdown)) {
    if (trimmed(line).starts_with("```")) {
      fenced = !fenced;
      in_block = false;
      continue;
    }
    const bool indented = line.starts_with("    ");
    if (!fenced && !indented && !trimmed(line).empty()) in_block = false;
    if (!fenced && !indented && !(in_block && trimmed(line).empty())) continue;
    const std::string text = fenced ? line : line.substr(std::min<std::size_t>(4, line.size()));
    if (goes_on) {
      goes_on = text.ends_with("\\");
      commands.back().line += " " + without_remark(trimmed(goes_on ? text.substr(0, text.size() - 1) : text));
    } else if (text.starts_with("$ ")) {
      in_block = text.starts_with("$ fsconv ");
      if (!in_block) continue;
      goes_on = text.ends_with("\\");
      commands.push_back({without_remark(goes_on ? text.substr(2, text.size() - 3) : text.substr(2)), {}});
    } else if (in_block) {
      commands.back().printed.push_back(text);
    }
  }
  for (DocumentedCommand& command : commands)
    while (!command.printed.empty() && trimmed(command.printed.back()).empty()) command.printed.pop_back();
  for (const std::string& span : code_spans(markdown))
    if (const auto list = words(span); list.size() > 1 && list[0] == "fsconv" &&
                                       std::islower(static_cast<unsigned char>(list[1].front())) != 0)
      commands.push_back({trimmed(span), {}, true, list.size() == 2 || is_pattern(span)});
  return commands;
}

std::vector<std::string> paths_in(const std::string& markdown) {
  static const std::regex path(
      "(cli|lib|docs|experiments|packaging|paper|proofs|python|tests|scripts|cmake)/[A-Za-z0-9_./-]*"),
      link(
          "\\]\\(((cli|lib|docs|experiments|packaging|paper|proofs|python|tests|scripts|cmake)/[A-Za-z0-9_./-]*)\\)");
  std::vector<std::string> paths;
  for (const std::string& span : code_spans(markdown))
    if (const auto list = words(span); !list.empty() && std::regex_match(list[0], path))
      paths.push_back(list[0]);
  for (std::sregex_iterator at(markdown.begin(), markdown.end(), link), end; at != end; ++at)
    paths.push_back((*at)[1].str());
  return paths;
}

std::vector<std::string> shortened(const std::string& line) {
  std::vector<std::string> arguments = words(line);
  arguments.erase(arguments.begin());
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "verify" && has(arguments, "--sweep")) {
    set(arguments, "--max-size", "2");
  } else if (command == "verify" && has(arguments, "proof")) {
    set(arguments, "--claim", "adjoint");
  } else if (command == "verify" && !has(arguments, "--case") && !has(arguments, "--emit") &&
             !has(arguments, "--explain")) {
    set(arguments, "--geometries", "20");
    if (!has(arguments, "--method"))  // the proofs have their own example
      set(arguments, "--method", "numeric,exact,symbolic");
  }
  if (command == "bench") {
    set(arguments, "--rounds", "1");
    if (!has(arguments, "--what")) set(arguments, "--batch", "2");
  }
  if (command == "train" && !has(arguments, "--resume") && !has(arguments, "--summary")) {
    const bool is_small = line.find("drawings.h5") != std::string::npos;  // of data/samples/pictures
    if (!is_small) set(arguments, "--train-images", "64");
    if (!is_small) set(arguments, "--test-images", "32");
    set(arguments, "--epochs", "1");
    set_if_there(arguments, "--validation", "16");
    if (!has_fashion_mnist() && (!has(arguments, "--data") || has(arguments, "fashion-mnist")))
      set(arguments, "--data", "generated");
  }
  if (command == "evaluate") {
    set_if_there(arguments, "--importance-samples", "3");
    set_if_there(arguments, "--images", "16");
  }
  if (command == "encode") set_if_there(arguments, "--images", "16");
  if (command == "reconstruct") set_if_there(arguments, "--images", "16");
  return arguments;
}

bool is_too_slow([[maybe_unused]] const std::string& line) {
#ifdef FSCONV_SANITIZED
  return line.find("fsconv bench") != std::string::npos;
#else
  return false;
#endif
}

bool is_what_it_prints(const std::vector<std::string>& printed, const std::string& out) {
  const auto right_trimmed = [](const std::string& line) {
    return line.substr(0, line.find_last_not_of(' ') + 1);
  };
  const std::vector<std::string> lines = lines_of(out);
  std::size_t at = 0;
  bool anything = false;
  for (const std::string& wanted : printed) {
    if (trimmed(wanted) == leaves_out) {
      anything = true;
      continue;
    }
    while (anything && at < lines.size() && right_trimmed(lines[at]) != right_trimmed(wanted)) ++at;
    if (at == lines.size() || right_trimmed(lines[at]) != right_trimmed(wanted)) return false;
    anything = false;
    ++at;
  }
  return anything || at == lines.size();
}

}  // namespace fsconv::testing
