// Man pages from the tables of commands and options.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/version.hpp>

#include "commands.hpp"
#include "generate.hpp"
#include "option_groups.hpp"

namespace fsconv::cli {
namespace {

namespace po = boost::program_options;

constexpr std::size_t input_width = 78;  // of the page's source: mandoc -Tlint wants 80 at most
constexpr std::size_t example_width = 68;

// Text as roff reads it: no character of it is an instruction, and none is made prettier: what is copied out of a page,
// works.
std::string escaped(std::string_view text) {
  std::string roff;
  for (const char letter : text) switch (letter) {
      case '\\':
        roff += "\\e";
        break;
      case '-':
        roff += "\\-";
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      case '^':
        roff += "\\(ha";
        break;
      case '~':
        roff += "\\(ti";
        break;
      case '"':
        roff += "\\(dq";
        break;
      default:
        roff += letter;
    }
  return roff;
}

// A line must not begin as a request does. (What begins with ' is escaped already.)
std::string as_line(const std::string& line) { return (line.starts_with('.') ? "\\&" : "") + line + "\n"; }

// `words` between backticks become bold.
std::string marked(const std::string& text) {
  std::string roff;
  bool bold = false;
  for (const std::string& piece : split(text, '`')) {
    roff += bold ? "\\fB" + escaped(piece) + "\\fR" : escaped(piece);
    bold = !bold;
  }
  return roff;
}

std::string paragraph(const std::string& text) {
  std::string roff;
  for (const std::string& line : wrapped(marked(text), input_width)) roff += as_line(line);
  return roff;
}

std::string heading(const std::string& title) { return ".SH " + upper_case(title) + "\n"; }

// What stands as it is.
std::string verbatim(const std::vector<std::string>& lines) {
  std::string roff = ".nf\n.RS 4\n";
  for (const std::string& line : lines) roff += as_line(escaped(line));
  return roff + ".RE\n.fi\n";
}

// A name on the left, what it is on the right. `tag` is roff already.
std::string entry(const std::string& tag, const std::string& text) {
  return ".TP\n" + as_line(tag) + paragraph(text);
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

// Words are not hyphenated, nor blanks stretched: names of options stay whole.
std::string title_line(const std::string& name) {
  return fmt::format(
      ".\\\" Written by fsconv --generate man\n.TH {} 1 {} \"fsconv {}\" \"fsconv manual\"\n.nh\n.ad l\n",
      escaped(upper_case(name)), FSCONV_RELEASE_DATE, FSCONV_VERSION_STRING);
}

std::string tag_of(const po::option_description& option) {
  std::string tag = bold("--" + option.long_name());
  const std::string shown = option.format_name();  // "-o [ --output ]" where there is a short one
  if (shown.starts_with('-') && !shown.starts_with("--")) tag = bold(shown.substr(0, 2)) + ", " + tag;
  const std::string value = option.format_parameter();
  return value.empty() ? tag : tag + " " + italic(value);
}

std::string options_of(const Command& command) {
  const po::options_description list = all_options(command);
  std::string roff = heading("Options");
  for (const OptionGroup& group : groups_of(list)) {
    if (group.title != "Options") roff += fmt::format(".SS {}\n", escaped(group.title));
    for (const auto* option : group.options) roff += entry(tag_of(*option), option->description());
  }
  return roff;
}

// A usage begins with how the command is called, in lines that begin with blanks.
struct Usage {
  std::vector<std::string> calls, rest;
};
Usage usage_of(const Command& command) {
  Usage usage;
  for (const std::string& line : split(command.usage, '\n')) {
    const bool call = usage.rest.empty() && line.starts_with(' ');
    if (call)
      usage.calls.emplace_back(trimmed(line));
    else if (!usage.rest.empty() || !line.empty())
      usage.rest.push_back(line);
  }
  return usage;
}

std::string synopsis(const Usage& usage) {
  std::string roff = heading("Synopsis") + ".nf\n";
  for (const std::string& call : usage.calls)
    for (const std::string& line : wrapped(escaped(call), input_width, 6)) roff += as_line(line);
  return roff + ".fi\n";
}

std::string description(const Usage& usage) {
  std::string roff = heading("Description"), text;
  std::vector<std::string> kept;
  bool first = true;
  const auto flush = [&] {
    if (!text.empty()) roff += (first ? "" : ".PP\n") + paragraph(text);
    if (!kept.empty()) roff += (first ? "" : ".PP\n") + verbatim(kept);
    first = first && text.empty() && kept.empty();
    text.clear();
    kept.clear();
  };
  for (const std::string& line : usage.rest) {
    const bool keep = line.starts_with(' ');
    if (line.empty() || (keep ? !text.empty() : !kept.empty())) flush();
    if (keep)
      kept.push_back(line);
    else if (!line.empty())
      text += (text.empty() ? "" : " ") + line;
  }
  flush();
  return roff;
}

std::string examples_of(const Command& command) {
  std::vector<std::string> lines;
  for (const std::string& example : split(command.examples, '\n')) {
    if (trimmed(example).empty()) continue;
    const std::string shown = command_text("", trimmed(example), example_width, 4);
    for (const std::string& line : split(std::string_view(shown).substr(0, shown.size() - 1), '\n'))
      lines.push_back(line);
  }
  return heading("Examples") + verbatim(lines);
}

std::string exit_status() {
  constexpr std::pair<const char*, const char*> codes[] = {
      {"0", "All went well."},
      {"1", "A runtime error, such as too little memory."},
      {"2", "The command line or a configuration file is wrong."},
      {"3", "A claim failed: what was to be checked is not so."},
      {"4", "Input data are damaged or not what they should be."},
      {"5", "A file cannot be read or written."},
      {"130", "Interrupted."}};
  std::string roff = heading("Exit status");
  for (const auto& [code, meaning] : codes) roff += entry(bold(code), meaning);
  return roff;
}

std::string environment() {
  return heading("Environment") +
         entry(bold("COLUMNS"),
               "The width of the screen where the terminal itself does not say it; 80 otherwise.") +
         entry(bold("TERM"), "Where it is not set, or dumb, no line is drawn anew and no word is coloured.") +
         entry(bold("NO_COLOR"), "Where it is set and not empty, no word is coloured.") +
         entry(bold("PATH"), "Where the solvers z3 and cvc5 of `fsconv verify` are looked for.");
}

std::string files() {
  return heading("Files") +
         entry(
             italic("/usr/share/datasets/fashion-mnist"),
             "Fashion-MNIST of the Debian package dataset-fashion-mnist, what `fsconv train` reads first.") +
         entry(italic("data/samples"), "The small arrays that examples read.");
}

std::string see_also(std::string_view without) {
  std::vector<std::string> pages;
  if (!without.empty()) pages.emplace_back("fsconv");
  for (const Command& command : commands())
    if (command.name != without) pages.push_back(fmt::format("fsconv-{}", command.name));
  std::string roff = heading("See also");
  for (std::size_t at = 0; at < pages.size(); ++at)
    roff += fmt::format(".BR {} (1){}\n", escaped(pages[at]), at + 1 == pages.size() ? "" : " ,");
  return roff;
}

}  // namespace

std::string man_page() {
  std::string list;
  for (const Command& command : commands())
    list += entry(fmt::format("{}(1)", bold(fmt::format("fsconv-{}", command.name))),
                  std::string(command.summary));
  return title_line("fsconv") + heading("Name") +
         paragraph("fsconv - fractionally-strided (transposed) convolution, computed and proved") +
         heading("Synopsis") + ".nf\n" + bold("fsconv") + " " + italic("COMMAND") + " [options]\n" +
         bold("fsconv") + " " + italic("COMMAND") + " " + bold("--help") + "\n" + bold("fsconv --version") +
         "\n" + bold("fsconv --generate") + " " + italic("WHAT") + "\n.fi\n" + heading("Description") +
         paragraph(
             "A transposed convolution is the transpose of the sparse matrix W that a convolution is, a "
             "convolution with a fractional stride, and the gradient of a convolution. fsconv computes "
             "it in "
             "several forms, checks and proves that they are equal, draws what they do, and trains "
             "autoencoders whose decoder is the transpose of their encoder.") +
         ".PP\n" +
         paragraph(
             "Results are printed on the standard output, messages and progress on the standard error. "
             "With `--json` commands print their result as JSON; what has none refuses it.") +
         heading("Commands") + list + heading("Options") +
         entry(bold("--help"), "What there is; behind a command, what it does, its options and examples.") +
         entry(bold("--version"), "The version, and those of the libraries.") +
         entry(
             bold("--generate") + " " + italic("WHAT"),
             "Print a page of this manual (`man`, `man COMMAND`) or completions for a shell (`bash`, `zsh`, "
             "`fish`), from the tables that the program reads its options by.") +
         exit_status() + environment() + files() + see_also("");
}

std::string man_page(const Command& command) {
  const std::string name = fmt::format("fsconv-{}", command.name);
  const Usage usage = usage_of(command);
  return title_line(name) + heading("Name") + paragraph(fmt::format("{} - {}", name, command.summary)) +
         synopsis(usage) + description(usage) + options_of(command) + exit_status() + environment() +
         examples_of(command) + see_also(command.name);
}

}  // namespace fsconv::cli
