#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/npy.hpp>
#include <fsconv/io/npy_header.hpp>
#include <set>

namespace fsconv {
namespace {

constexpr std::size_t most_axes = 32;  // NumPy's own limit

// Reads the few literals of Python that occur in a header.
class Parser {
 public:
  Parser(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  bool accept(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail(fmt::format("'{}' is missing", wanted));
  }

  std::string quoted() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const auto end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail("a text does not end");
    const auto content = text_.substr(at_, end - at_);
    at_ = end + 1;
    return std::string(content);
  }

  bool boolean() {
    skip_space();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    fail("True or False is missing");
  }

  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      if (shape.size() == most_axes) fail(fmt::format("more than {} axes", most_axes));
      shape.push_back(integer());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  void expect_end() {
    skip_space();
    if (at_ != text_.size()) fail("something follows the dictionary");
  }

  [[noreturn]] void fail(std::string_view problem) const {
    throw BadData(where_, fmt::format("its npy header cannot be understood: {}", problem));
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  Index integer() {
    skip_space();
    const auto end = text_.find_first_not_of("0123456789", at_);
    const auto value = to_integer(text_.substr(at_, end == std::string_view::npos ? end : end - at_));
    if (!value) fail("a size in its shape is no number that an array can have");
    at_ = end;
    accept('L');  // Python 2 wrote its long integers so
    return *value;
  }

  std::string_view text_, where_;
  std::size_t at_ = 0;
};

void read_descr(const std::string& descr, std::string_view where, NpyHeader& header) {
  constexpr auto legal = "fsconv reads f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1";
  if (descr.size() < 2) throw BadData(where, fmt::format("its type '{}' is unknown", descr), legal);
  const char order = descr[0];
  header.kind = descr[1];
  switch (header.kind) {
    case 'O':
      throw BadData(where, "holds Python objects", legal);
    case 'c':
      throw BadData(where, "holds complex numbers", legal);
    case 'S':
    case 'a':
    case 'U':
      throw BadData(where, "holds texts", legal);
    default:
      break;
  }
  static const std::set<std::string> known = {"f2", "f4", "f8", "i1", "i2", "i4",
                                              "i8", "u1", "u2", "u4", "u8", "b1"};
  if (!known.contains(descr.substr(1)) || std::string_view("<>|=").find(order) == std::string_view::npos)
    throw BadData(where, fmt::format("its type '{}' is unknown", descr), legal);
  header.bytes = static_cast<std::size_t>(descr[2] - '0');
  header.big_endian = order == '>';
  if (order == '|' && header.bytes > 1)
    throw BadData(where, fmt::format("its type '{}' does not say the order of its bytes", descr), legal);
}

}  // namespace

NpyHeader parse_npy_header(std::string_view text, std::string_view where) {
  NpyHeader header;
  Parser parser(text, where);
  std::set<std::string> seen;
  parser.expect('{');
  while (!parser.accept('}')) {
    const std::string key = parser.quoted();
    if (!seen.insert(key).second) parser.fail(fmt::format("'{}' stands there twice", key));
    parser.expect(':');
    if (key == "descr") {
      if (parser.accept('['))
        throw BadData(where, "holds records of several fields",
                      "save the field you want as an array of its own");
      read_descr(parser.quoted(), where, header);
    } else if (key == "fortran_order") {
      header.fortran_order = parser.boolean();
    } else if (key == "shape") {
      header.shape = parser.tuple();
    } else {
      parser.fail(fmt::format("'{}' is no key of it", key));
    }
    if (!parser.accept(',')) {
      parser.expect('}');
      break;
    }
  }
  parser.expect_end();
  if (seen.size() != 3) parser.fail("it needs the keys 'descr', 'fortran_order' and 'shape'");
  return header;
}

std::string npy_header(const std::string& descr, const Shape& shape) {
  std::string tuple;
  for (const Index extent : shape) tuple += fmt::format("{}, ", extent);
  if (shape.size() > 1) tuple.resize(tuple.size() - 2);
  if (shape.size() == 1) tuple.pop_back();  // (5,) is a tuple in Python, (5) is not
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, tuple);

  // Ten bytes of preamble, the text, and a newline after as many spaces as make the values start at a
  // multiple of 64.
  constexpr std::size_t preamble = 10;
  text.append(63 - (preamble + text.size()) % 64, ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xff);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace fsconv
