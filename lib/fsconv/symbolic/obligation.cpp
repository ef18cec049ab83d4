// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/symbolic/obligation.hpp>
#include <fsconv/symbolic/s_expression.hpp>
#include <optional>
#include <set>

namespace fsconv {
namespace {

const std::set<std::string> declarations = {"declare-const", "declare-fun", "define-fun",
                                            "define-const",  "define-sort", "declare-sort"};

constexpr std::size_t most_questions = 64 * longest_obligation;

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// Goes through the commands of a file from top to bottom.
class Parser {
 public:
  Parser(const std::string& name, const std::string& text, const std::string& where)
      : where_(where.empty() ? name + ".smt2" : where) {
    obligation_.name = name;
    obligation_.text = text;
  }

  Obligation parse() {
    if (text().size() > longest_obligation)
      fail("is too long", fmt::format("at most {} bytes", longest_obligation));
    const std::vector<SExpression> commands = read_s_expressions(where_, text());
    if (commands.empty()) fail("holds no commands", "see proofs/smt/README.md");
    for (const SExpression& command : commands) take(command);
    if (block_) fail(block_->push, "this (push 1) has no (pop 1)");
    require_whole();
    return std::move(obligation_);
  }

 private:
  struct Block {
    SExpression push;
    Query query = {};
    bool has_status = false, has_check = false;
    std::set<std::string> integers;
    std::optional<SExpression> last_assert = {};
  };

  const std::string& text() const { return obligation_.text; }

  [[noreturn]] void fail(std::string_view problem, std::string_view legal) const {
    throw BadData(where_, problem, legal);
  }
  [[noreturn]] void fail(const SExpression& at, std::string_view problem, std::string_view legal = {}) const {
    throw BadData(fmt::format("{}:{}", where_, at.line), problem, legal);
  }

  void take(const SExpression& command) {
    if (!command.is_list || command.items.empty() || command.items.front().is_list)
      fail(command, fmt::format("'{}' is no command", text().substr(command.begin, 20)),
           "a command is a list such as (assert ...)");
    const std::string& head = command.items.front().atom;
    if (head == "push")
      push(command);
    else if (head == "pop")
      pop(command);
    else if (block_)
      take_in_block(command, head);
    else if (!obligation_.queries.empty())
      fail(command, fmt::format("({} ...) stands between blocks", head),
           "what belongs to all blocks stands before the first (push 1)");
    else
      take_before_blocks(command, head);
  }

  void take_before_blocks(const SExpression& command, const std::string& head) {
    if (head == "set-info")
      take_heading(command);
    else if (head == "set-logic")
      set_once(logic_, command, command.items.size() == 2 ? command.items[1].atom : "");
    else if (head == "assert" || declarations.contains(head))
      note_declaration(command, integers_, constants_);
    else if (head == "check-sat" || head == "get-value")
      fail(command, fmt::format("({}) stands outside of a block", head),
           "put it between (push 1) and (pop 1)");
    else
      unknown_command(command, head);
    prelude_end_ = command.end;
  }

  [[noreturn]] void unknown_command(const SExpression& command, const std::string& head) const {
    fail(
        command, fmt::format("({} ...) is not used here", head),
        "legal are set-logic, set-info, declare-..., define-..., assert, push, pop, check-sat and get-value");
  }

  // (set-info :key "value")
  std::string info_string(const SExpression& command) const {
    std::optional<std::string> value;
    if (command.items.size() == 3) value = string_value(command.items[2]);
    if (!value || blank(*value) || value->find_first_of("\r\n") != std::string::npos)
      fail(command, "takes a keyword and a value", "(set-info :keyword \"one line\")");
    return *value;
  }
  std::string info_key(const SExpression& command) const {
    return command.items.size() > 1 ? command.items[1].atom : "";
  }
  void set_once(std::string& field, const SExpression& command, const std::string& value) const {
    if (value.empty()) fail(command, "has no value");
    if (!field.empty()) fail(command, "stands here for the second time", "once in a file or block");
    field = value;
  }

  void take_heading(const SExpression& command) {
    const std::string key = info_key(command);
    if (key == ":statement" || key == ":belief") {
      set_once(obligation_.statement, command, info_string(command));
      obligation_.belief = key == ":belief";
    } else if (key == ":claims") {
      if (!obligation_.claims.empty()) fail(command, "stands here for the second time");
      for (const std::string& claim : split(info_string(command), ' '))
        if (!claim.empty()) obligation_.claims.push_back(claim);
    } else if (key == ":source") {
      set_once(obligation_.source, command, info_string(command));
    } else {
      fail(command, fmt::format("'{}' says nothing before the blocks", key),
           "legal are :statement, :belief, :claims and :source");
    }
  }

  // Symbols of sort Int: all that have a value, and those that a counterexample is free to choose.
  void note_declaration(const SExpression& command, std::set<std::string>& integers,
                        std::vector<std::string>& constants) const {
    const auto& items = command.items;
    const bool constant = command.is("declare-const") && items.size() == 3 && items[2].atom == "Int";
    const bool function = (command.is("declare-fun") || command.is("define-fun")) && items.size() > 3 &&
                          items[2].is_list && items[2].items.empty() && items[3].atom == "Int";
    if (constant || function) integers.insert(items[1].atom);
    if (constant || (function && command.is("declare-fun"))) constants.push_back(items[1].atom);
  }

  void take_in_block(const SExpression& command, const std::string& head) {
    Query& query = block_->query;
    if (block_->has_check && head != "get-value")
      fail(command,
           head == "check-sat" ? "a second (check-sat) in one block"
                               : fmt::format("({} ...) stands after (check-sat)", head),
           "a block ends in (check-sat), perhaps (get-value (...)), and (pop 1)");
    if (head == "set-info") {
      take_block_info(command);
    } else if (head == "assert" || declarations.contains(head)) {
      note_declaration(command, block_->integers, query.constants);
      if (head == "assert") block_->last_assert = command;
    } else if (head == "check-sat") {
      if (command.items.size() != 1) fail(command, "takes no arguments", "(check-sat)");
      if (!block_->has_status)
        fail(command, "the block has no status before this", "(set-info :status unsat)");
      block_->has_check = true;
    } else if (head == "get-value") {
      take_values(command);
    } else {
      unknown_command(command, head);
    }
  }

  void take_block_info(const SExpression& command) {
    const std::string key = info_key(command);
    if (key == ":goal") {
      set_once(block_->query.goal, command, info_string(command));
    } else if (key == ":status") {
      const std::string status = command.items.size() == 3 ? command.items[2].atom : "";
      if (status != "sat" && status != "unsat")
        fail(command, fmt::format("the status '{}' is unknown", status), "sat or unsat");
      if (block_->has_status) fail(command, "a second status in one block");
      block_->has_status = true;
      block_->query.expect_sat = status == "sat";
    } else {
      fail(command, fmt::format("'{}' says nothing in a block", key), "legal are :goal and :status");
    }
  }

  void take_values(const SExpression& command) {
    Query& query = block_->query;
    if (!block_->has_check || !query.expect_sat || !query.values.empty())
      fail(command, "asks for values here", "once, after the (check-sat) of a block with status sat");
    if (command.items.size() != 2 || !command.items[1].is_list || command.items[1].items.empty())
      fail(command, "names no values", "(get-value (in out))");
    for (const SExpression& item : command.items[1].items) {
      if (!block_->integers.contains(item.atom))
        fail(item,
             fmt::format("'{}' is no constant of sort Int", text().substr(item.begin, item.end - item.begin)),
             "get-value takes declared constants");
      if (std::count(query.values.begin(), query.values.end(), item.atom) > 0)
        fail(item, fmt::format("asks for '{}' twice", item.atom));
      query.values.push_back(item.atom);
    }
  }

  // (push 1) or (pop 1), and nothing but a comment beside it.
  void require_alone(const SExpression& command) const {
    const std::string legal = fmt::format("({} 1), alone on its line", command.items.front().atom);
    if (command.items.size() != 2 || command.items[1].atom != "1") fail(command, "takes the number 1", legal);
    const std::size_t line_begin = text().rfind('\n', command.begin) + 1;  // npos + 1 is 0
    const std::size_t line_end = std::min(text().find('\n', command.end), text().size());
    const std::string_view rest = std::string_view(text()).substr(command.end, line_end - command.end);
    if (!blank(std::string_view(text()).substr(line_begin, command.begin - line_begin)) ||
        !blank(rest.substr(0, rest.find(';'))))
      fail(command, "shares its line", legal);
  }

  void push(const SExpression& command) {
    require_alone(command);
    if (block_)
      fail(command, fmt::format("a block in the block of line {}", block_->push.line), "(pop 1) first");
    block_ = Block{.push = command, .integers = integers_};
    block_->query.constants = constants_;
  }

  void pop(const SExpression& command) {
    require_alone(command);
    if (!block_) fail(command, "this (pop 1) has no (push 1)");
    if (!block_->has_check) fail(command, "the block has no (check-sat)", "one in each block");
    // Comments before (push 1) speak of the block, so they come along.
    Query& query = block_->query;
    const std::size_t gap = obligation_.queries.empty() ? prelude_end_ : last_pop_end_;
    const std::string before = text().substr(0, prelude_end_) + text().substr(gap, block_->push.begin - gap);
    const auto from_to = [this](std::size_t begin, std::size_t end) {
      return text().substr(begin, end - begin);
    };
    query.text = before + from_to(block_->push.end, command.begin);
    if (!query.expect_sat && block_->last_assert) {
      query.premises = before + from_to(block_->push.end, block_->last_assert->begin) +
                       from_to(block_->last_assert->end, command.begin);
    }
    // Each question repeats what stands before all of them, so that a file of a mebibyte could ask for gigabytes.
    for (const std::string& constant : query.constants) all_questions_ += constant.size() + sizeof constant;
    all_questions_ += query.text.size() + query.premises.size();
    if (all_questions_ > most_questions)
      fail(command,
           fmt::format("makes its questions, with what stands before them, longer than {} bytes",
                       most_questions),
           "fewer blocks in a file, or less before them");
    obligation_.queries.push_back(std::move(query));
    block_.reset();
    last_pop_end_ = command.end;
  }

  void require_whole() const {
    const auto& queries = obligation_.queries;
    const auto expect = [](bool sat) {
      return [sat](const Query& query) { return query.expect_sat == sat; };
    };
    if (logic_.empty()) fail("names no logic", "(set-logic QF_NIA)");
    if (obligation_.statement.empty())
      fail("has neither statement nor belief", "(set-info :statement \"...\") or (set-info :belief \"...\")");
    if (queries.empty()) fail("has no blocks", "(push 1) ... (check-sat) (pop 1)");
    if (obligation_.belief && (!queries.back().expect_sat || queries.back().values.empty()))
      fail("is a belief whose last block does not ask for a counterexample",
           "end in a block with status sat and (get-value (...))");
    const auto twins_end = obligation_.belief ? queries.end() - 1 : queries.end();
    if (std::none_of(queries.begin(), twins_end, expect(true)))
      fail("has no block that shows the hypotheses possible", "one block more, with status sat");
    if (!obligation_.belief && std::none_of(queries.begin(), queries.end(), expect(false)))
      fail("claims something and denies it nowhere", "one block with status unsat, or more");
    const auto denies_nothing = [](const Query& query) {
      return !query.expect_sat && query.premises.empty();
    };
    if (std::any_of(queries.begin(), queries.end(), denies_nothing))
      fail("has a block with status unsat that denies nothing", "its last (assert ...) is the denied goal");
  }

  std::string where_;
  Obligation obligation_;
  std::string logic_;
  std::set<std::string> integers_;      // of sort Int, declared before the blocks
  std::vector<std::string> constants_;  // of those, the declared ones
  std::size_t prelude_end_ = 0, last_pop_end_ = 0;
  std::size_t all_questions_ = 0;  // bytes
  std::optional<Block> block_;
};

}  // namespace

Obligation parse_obligation(const std::string& name, const std::string& text, const std::string& where) {
  return Parser(name, text, where).parse();
}

std::string replace_check_sat(const std::string& text, std::string_view commands) {
  std::string result;
  std::size_t copied = 0;
  for (const SExpression& command : read_s_expressions("query", text)) {
    const bool status =
        command.is("set-info") && command.items.size() > 1 && command.items[1].atom == ":status";
    if (!status && !command.is("check-sat")) continue;
    result.append(text, copied, command.begin - copied).append(status ? "" : commands);
    copied = command.end;
  }
  return result.append(text, copied, std::string::npos);
}

}  // namespace fsconv
