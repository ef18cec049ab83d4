// The help of a subcommand, fitted to the screen.
#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <sstream>

#include "command.hpp"

namespace fsconv::cli {
namespace {

// The headings and options in the order of the list; the library's own printing keeps a single blank between an option
// and what it does, so that only its order and headings are taken from there.
std::string options_text(const boost::program_options::options_description& list, std::size_t width) {
  std::size_t longest = 0;
  const auto left = [](const auto& option) {
    const std::string value = option.format_parameter();
    return fmt::format("  {}{}{}", option.format_name(), value.empty() ? "" : " ", value);
  };
  for (const auto& option : list.options()) longest = std::max(longest, left(*option).size());
  std::ostringstream printed;
  printed << list;
  std::string text;
  auto next = list.options().begin();
  for (const std::string& line : split(printed.str(), '\n')) {
    if (!line.empty() && line.front() != ' ') text += (text.empty() ? "" : "\n") + line + "\n";
    if (!line.starts_with("  -")) continue;
    const auto& option = **next++;
    text += wrapped_text(fmt::format("{:<{}}  {}", left(option), longest, option.description()), width,
                         longest + 2);
  }
  return text;
}

// Lines that begin with blanks are kept, others are paragraphs up to the next empty line.
std::string usage_text(std::string_view usage, std::size_t width) {
  constexpr std::size_t hanging = 6;
  std::string text, paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) text += wrapped_text(paragraph, width);
    paragraph.clear();
  };
  for (const std::string& line : split(usage, '\n')) {
    if (!line.empty() && line.front() != ' ') {
      paragraph += (paragraph.empty() ? "" : " ") + line;
      continue;
    }
    end_paragraph();
    text += line.empty() ? "\n" : wrapped_text(line, width, hanging);
  }
  end_paragraph();
  return text;
}

}  // namespace

std::size_t help_width() {
  constexpr std::size_t easily_read = 100;
  return std::min(page_width(), easily_read);
}

std::string help(const Command& command) {
  const std::size_t width = help_width();
  std::string text = wrapped_text(fmt::format("fsconv {}: {}", command.name, command.summary), width, 2) +
                     "\n" + usage_text(command.usage, width) + "\n" +
                     options_text(all_options(command), width) + "\nExamples:\n";
  for (const std::string& example : split(command.examples, '\n'))
    if (const auto first = example.find_first_not_of(' '); first != std::string::npos)
      text += command_text("  ", example.substr(first), width, 6);
  return text;
}

}  // namespace fsconv::cli
