// The help of a subcommand, fitted to the screen.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <filesystem>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>

#include "command.hpp"
#include "option_groups.hpp"

namespace fsconv::cli {
namespace {

std::string options_text(const boost::program_options::options_description& list, std::size_t width) {
  std::size_t longest = 0;
  const auto left = [](const auto& option) {
    const std::string value = option.format_parameter();
    return fmt::format("  {}{}{}", option.format_name(), value.empty() ? "" : " ", value);
  };
  for (const auto& option : list.options()) longest = std::max(longest, left(*option).size());
  std::string text;
  for (const OptionGroup& group : groups_of(list)) {
    text += fmt::format("{}{}:\n", text.empty() ? "" : "\n", group.title);
    for (const auto* option : group.options)
      text += wrapped_text(fmt::format("{:<{}}  {}", left(*option), longest, option->description()), width,
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

// Where examples find the project's sample arrays: in its folder, or where they are installed with the program.
std::string samples_folder() {
  const std::string in_project = "data/samples";
  std::error_code none;
  if (std::filesystem::exists(in_project, none)) return in_project;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", none);
  const auto installed = program.parent_path().parent_path() / "share/fsconv/samples";
  return std::filesystem::exists(installed, none) ? installed.string() : in_project;
}

// An example as it works when pasted here.
std::string here(std::string example) {
  constexpr std::string_view written = "data/samples";
  const std::string folder = example.find(written) == std::string::npos ? "" : samples_folder();
  for (std::size_t at = example.find(written); at != std::string::npos;
       at = example.find(written, at + folder.size()))
    example.replace(at, written.size(), folder);
  return example;
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
      text += command_text("  ", here(example.substr(first)), width, 6);
  return text;
}

}  // namespace fsconv::cli
