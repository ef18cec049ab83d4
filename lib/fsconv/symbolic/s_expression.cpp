// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/symbolic/s_expression.hpp>

namespace fsconv {
namespace {

constexpr std::size_t deepest = 1000;  // expressions are walked and destroyed by recursion

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool ends_atom(char c) { return is_space(c) || c == '(' || c == ')' || c == ';' || c == '"' || c == '|'; }

// The bytes of the UTF-8 character that `text` begins with (Unicode 15, table 3-7); 0 where there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const auto in = [&](std::size_t at, unsigned low, unsigned high) {
    return byte(at) >= low && byte(at) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (in(0, 0xC2, 0xDF)) return in(1, 0x80, 0xBF) ? 2 : 0;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;   // no longer than needed,
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;  // no surrogates, no more than
  if (!in(1, low, high) || !in(2, 0x80, 0xBF)) return 0;                   // 0x10FFFF
  if (in(0, 0xE0, 0xEF)) return 3;
  return in(0, 0xF0, 0xF4) && in(3, 0x80, 0xBF) ? 4 : 0;
}

class Reader {
 public:
  Reader(std::string_view where, std::string_view text) : where_(where), text_(text) {}

  std::vector<SExpression> read() {
    require_text();
    std::vector<SExpression> open(1);  // the innermost list last; the first stands for the whole text
    for (skip_space(); at_ < text_.size(); skip_space()) {
      if (text_[at_] == '(') {
        if (open.size() > deepest) fail(line_, fmt::format("nests lists deeper than {}", deepest));
        open.push_back({true, {}, {}, at_++, 0, line_});
      } else if (text_[at_] == ')') {
        if (open.size() == 1) fail(line_, "a ')' that closes nothing");
        open.back().end = ++at_;
        close_last(open);
      } else {
        open.back().items.push_back(read_atom());
      }
    }
    if (open.size() > 1) fail(open[1].line, "this '(' is never closed");
    return std::move(open.front().items);
  }

 private:
  [[noreturn]] void fail(Index line, std::string_view problem, std::string_view legal = {}) const {
    throw BadData(fmt::format("{}:{}", where_, line), problem, legal);
  }

  void require_text() const {
    Index line = 1;
    for (std::size_t at = 0, length = 0; at < text_.size(); at += length) {
      const auto byte = static_cast<unsigned char>(text_[at]);
      length = utf8_length(text_.substr(at));
      if (length == 0 || byte == 0x7F || (byte < 0x20 && !is_space(text_[at])))
        fail(line, fmt::format("the byte 0x{:02x} is no text", byte), "SMT-LIB files are UTF-8 text");
      line += byte == '\n';
    }
  }

  void skip_space() {
    for (; at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ';'); step())
      if (text_[at_] == ';')
        while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
  }
  void step() { line_ += text_[at_++] == '\n'; }

  SExpression read_atom() {
    SExpression atom{false, {}, {}, at_, 0, line_};
    const char first = text_[at_];
    if (first == '"' || first == '|') {
      skip_quoted(first, atom.line);
    } else {
      while (at_ < text_.size() && !ends_atom(text_[at_])) ++at_;
    }
    atom.end = at_;
    atom.atom = text_.substr(atom.begin, atom.end - atom.begin);
    return atom;
  }

  void skip_quoted(char quote, Index line) {
    do {
      for (++at_; at_ < text_.size() && text_[at_] != quote;) step();
      if (at_ == text_.size())
        fail(line, quote == '"' ? "this string has no end" : "this quoted symbol has no end");
      ++at_;
    } while (quote == '"' && at_ < text_.size() && text_[at_] == '"');  // "" within a string
  }

  static void close_last(std::vector<SExpression>& open) {
    SExpression list = std::move(open.back());
    open.pop_back();
    open.back().items.push_back(std::move(list));
  }

  std::string_view where_, text_;
  std::size_t at_ = 0;
  Index line_ = 1;
};

}  // namespace

bool SExpression::is(std::string_view head) const {
  return is_list && !items.empty() && !items.front().is_list && items.front().atom == head;
}

std::vector<SExpression> read_s_expressions(std::string_view where, std::string_view text) {
  return Reader(where, text).read();
}

std::optional<std::string> string_value(const SExpression& expression) {
  const std::string& atom = expression.atom;
  if (atom.size() < 2 || atom.front() != '"') return std::nullopt;
  std::string value;
  for (std::size_t at = 1; at + 1 < atom.size(); ++at) {
    value += atom[at];
    if (atom[at] == '"') ++at;
  }
  return value;
}

}  // namespace fsconv
