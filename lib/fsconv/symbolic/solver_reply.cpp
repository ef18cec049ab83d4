// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/symbolic/s_expression.hpp>
#include <fsconv/symbolic/solver_reply.hpp>
#include <optional>

namespace fsconv {
namespace {

// One short line of plain characters: what a solver prints goes into tables.
std::string excerpt(std::string_view text) {
  constexpr std::size_t longest = 160;
  std::string line;
  for (const char c : trimmed(text).substr(0, longest)) {
    if (c == '\n' && line.ends_with(' ')) continue;
    line += c == '\n' ? ' ' : c >= ' ' && c <= '~' ? c : '?';
  }
  return text.size() > longest ? line + "..." : line;
}

SolverReply failed(std::string problem) { return {.problem = std::move(problem)}; }

// 5 or (- 5).
std::optional<Index> integer(const SExpression& value) {
  if (!value.is_list) return to_integer(value.atom);
  if (!value.is("-") || value.items.size() != 2 || value.items[1].atom.starts_with('-')) return std::nullopt;
  return to_integer("-" + value.items[1].atom);
}

// ((in 5) (pad (- 2)))
SolverReply read_values(const std::string& text, const std::vector<std::string>& symbols) {
  SolverReply reply{.answer = Answer::sat};
  try {
    const std::vector<SExpression> lists = read_s_expressions("values", text);
    if (lists.size() != 1 || !lists[0].is_list)
      return failed(fmt::format("printed '{}' where values should be", excerpt(text)));
    for (const SExpression& pair : lists[0].items) {
      const auto value = pair.items.size() == 2 ? integer(pair.items[1]) : std::nullopt;
      if (!value)
        return failed(fmt::format("'{}' is no value of 64 bits",
                                  excerpt(text.substr(pair.begin, pair.end - pair.begin))));
      reply.values[pair.items[0].atom] = *value;
    }
  } catch (const BadData& error) {
    return failed(fmt::format("printed '{}' where values should be: {}", excerpt(text), error.what()));
  }
  for (const std::string& symbol : symbols)
    if (!reply.values.contains(symbol)) return failed(fmt::format("gave no value of {}", symbol));
  if (reply.values.size() != symbols.size()) return failed("gave values that nobody asked for");
  return reply;
}

// The words of z3, of C++ and of the GNU programs where memory is refused.
bool tells_of_memory(std::string_view words) {
  const auto says = [&](std::string_view part) { return words.find(part) != words.npos; };
  return says("out of memory") || says("bad_alloc") || says("memory exhausted") ||
         says("Cannot allocate memory");
}

// Why there is no answer: the solver's own words where it has some.
std::string no_answer(const ChildResult& child, std::string_view out) {
  const std::string_view words = out.empty() ? trimmed(child.err) : out;
  if (words.empty()) return child.succeeded() ? "printed nothing" : ending(child);
  const std::string quoted = excerpt(words);
  return child.succeeded() ? fmt::format("printed '{}'", quoted)
                           : fmt::format("{}: {}", ending(child), quoted);
}

}  // namespace

SolverReply read_reply(const ChildResult& child, const std::vector<std::string>& values) {
  if (child.timed_out || child.stopped || child.flooded) return failed(ending(child));
  const std::string_view out = trimmed(child.out);
  const std::string_view word = trimmed(out.substr(0, out.find('\n')));
  const std::string rest(trimmed(out.substr(std::min(out.size(), word.size()))));
  if (child.signal != 0) return {.problem = no_answer(child, out), .broke_down = true};
  if (word == "unknown") return failed("gave up");
  if (word == "unsat") {
    const bool no_model = !values.empty() && rest.starts_with("(error");
    if (no_model || (rest.empty() && child.succeeded())) return {.answer = Answer::unsat};
  }
  if (word == "sat" && child.succeeded()) {
    if (!values.empty()) return read_values(rest, values);
    if (rest.empty()) return {.answer = Answer::sat};
  }
  SolverReply reply = failed(no_answer(child, out));
  reply.broke_down =
      !child.succeeded() && (out.empty() || tells_of_memory(out) || tells_of_memory(child.err));
  return reply;
}

}  // namespace fsconv
