// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/numpy/npy.hpp>
#include <fsconv/io/numpy/npy_header.hpp>
#include <set>
#include <utility>
#include <vector>

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

  // The names of the fields up to the bracket that ends their list, as far as it can be understood.
  std::vector<std::string> field_names() {
    std::vector<std::string> names;
    int depth = 0;
    for (skip_space(); !(depth == 0 && accept(']')); skip_space()) {
      if (at_ == text_.size()) fail("a list of fields does not end");
      if (accept('(') || accept('[')) {
        if (depth++ == 0) names.emplace_back();
      } else if (accept(')') || accept(']')) {
        if (--depth < 0) fail("a field ends that has not begun");
      } else if (text_[at_] == '\'' || text_[at_] == '"') {
        const std::string text = quoted();
        if (!names.empty() && names.back().empty()) names.back() = text;
      } else {
        ++at_;
      }
    }
    if (names.empty()) fail("a list of fields is empty");
    return names;
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

constexpr auto legal_types = "fsconv reads f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1";

// NumPy's other names of the types, as its own reader takes them; sizes as on 64-bit Linux.
constexpr std::array<std::pair<std::string_view, std::string_view>, 52> other_names = {
    {{"?", "b1"},       {"bool", "b1"},   {"bool_", "b1"},     {"b", "i1"},        {"B", "u1"},
     {"h", "i2"},       {"H", "u2"},      {"i", "i4"},         {"I", "u4"},        {"l", "i8"},
     {"L", "u8"},       {"q", "i8"},      {"Q", "u8"},         {"e", "f2"},        {"f", "f4"},
     {"d", "f8"},       {"float", "f8"},  {"int", "i8"},       {"float16", "f2"},  {"float32", "f4"},
     {"float64", "f8"}, {"int8", "i1"},   {"int16", "i2"},     {"int32", "i4"},    {"int64", "i8"},
     {"uint8", "u1"},   {"uint16", "u2"}, {"uint32", "u4"},    {"uint64", "u8"},   {"double", "f8"},
     {"half", "f2"},    {"single", "f4"}, {"float_", "f8"},    {"byte", "i1"},     {"short", "i2"},
     {"intc", "i4"},    {"int_", "i8"},   {"long", "i8"},      {"longlong", "i8"}, {"intp", "i8"},
     {"int0", "i8"},    {"p", "i8"},      {"ubyte", "u1"},     {"ushort", "u2"},   {"uintc", "u4"},
     {"uint", "u8"},    {"ulong", "u8"},  {"ulonglong", "u8"}, {"uintp", "u8"},    {"uint0", "u8"},
     {"P", "u8"},       {"bool8", "b1"}}};

// A letter, and perhaps how many bytes, or of times what they count: no name of a type.
bool is_code(std::string_view type) {
  return type.size() == 1 ||
         (type.size() > 1 && std::string_view("0123456789[").find(type[1]) != std::string_view::npos);
}

// What a type that is no real number stands for; nothing for others.
const char* other_content(std::string_view type) {
  if (type.starts_with("complex")) return "holds complex numbers";
  if (type.starts_with("object")) return "holds Python objects";
  if (type.starts_with("str") || type.starts_with("bytes")) return "holds texts";
  if (type.starts_with("datetime64") || type.starts_with("timedelta64")) return "holds times";
  if (!is_code(type)) return nullptr;
  switch (type[0]) {
    case 'O':
      return "holds Python objects";
    case 'c':
    case 'F':
    case 'D':
      return "holds complex numbers";
    case 'S':
    case 'a':
    case 'U':
      return "holds texts";
    case 'V':
      return "holds bytes without a meaning (void)";
    case 'm':
    case 'M':
      return "holds times";
    default:
      return nullptr;
  }
}

// An order of bytes may stand before the type; where none does, and where it says "the machine's own" or "none", it is
// little-endian, as on every machine that fsconv runs on.
void read_descr(const std::string& descr, std::string_view where, NpyHeader& header) {
  const bool has_order = !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  std::string type = has_order ? descr.substr(1) : descr;
  for (const auto& [name, standard] : other_names)
    if (type == name && !(has_order && name.size() > 1)) {
      type = standard;
      break;
    }
  static const std::set<std::string> known = {"f2", "f4", "f8", "i1", "i2", "i4",
                                              "i8", "u1", "u2", "u4", "u8", "b1"};
  if (!known.contains(type)) {
    if (const char* content = other_content(type)) throw BadData(where, content, legal_types);
    throw BadData(where, fmt::format("its type '{}' is unknown", excerpt(descr)), legal_types);
  }
  header.kind = type[0];
  header.bytes = static_cast<std::size_t>(type[1] - '0');
  header.big_endian = descr[0] == '>';
}

// "[('a', '<f4'), ('b', '<i8', (2,))]": the fields of a record, after the first bracket.
[[noreturn]] void refuse_records(Parser& parser, std::string_view where) {
  const std::vector<std::string> names = parser.field_names();
  const std::string first = excerpt(names.front());
  throw BadData(
      where,
      names.size() == 1 ? fmt::format("holds records of one field, '{}'", first)
                        : fmt::format("holds records of several fields: {}", excerpt_of_names(names)),
      fmt::format("save the field you want as an array of its own: numpy.save(FILE, x['{}'])", first));
}

}  // namespace

NpyHeader parse_npy_header(std::string_view text, std::string_view where) {
  NpyHeader header;
  Parser parser(text, where);
  std::set<std::string> seen;
  parser.expect('{');
  while (!parser.accept('}')) {
    const std::string key = parser.quoted();
    if (!seen.insert(key).second) parser.fail(fmt::format("'{}' stands there twice", excerpt(key)));
    parser.expect(':');
    if (key == "descr") {
      if (parser.accept('[')) refuse_records(parser, where);
      read_descr(parser.quoted(), where, header);
    } else if (key == "fortran_order") {
      header.fortran_order = parser.boolean();
    } else if (key == "shape") {
      header.shape = parser.tuple();
    } else {
      parser.fail(fmt::format("'{}' is no key of it", excerpt(key)));
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
  append_little_endian(header, text.size(), 2);
  return header + text;
}

}  // namespace fsconv
