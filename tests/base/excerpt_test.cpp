// Text from outside in messages: nothing that a terminal would obey or hide, and no more than fits one.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>

using namespace fsconv;

TEST_CASE("excerpt: what can be seen stays, everything else is written in numbers") {
  CHECK(excerpt("") == "");
  CHECK(excerpt("weight_1 [0] ~") == "weight_1 [0] ~");
  CHECK(excerpt("gr\u00f6\u00dfe \u03c3 \u6f22") == "gr\u00f6\u00dfe \u03c3 \u6f22");
  CHECK(excerpt("\x1b]0;owned\x07\x1b[31m") == "\\x1b]0;owned\\x07\\x1b[31m");
  CHECK(excerpt("a\nb\rc\td") == "a\\x0ab\\x0dc\\x09d");
  CHECK(excerpt(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(excerpt("\x7f") == "\\x7f");
  CHECK(excerpt("\\x1b") == "\\x5cx1b");  // no backslash of its own: the numbers are ours
  CHECK(excerpt("\xc2\x9b"
                "31m") == "\\xc2\\x9b31m");  // the other spelling of ESC [
  CHECK(excerpt("\x9b"
                "31m") == "\\x9b31m");
  CHECK(excerpt("\xe2\x80\xae"
                "gpj") == "\\xe2\\x80\\xaegpj");        // turns the direction of writing
  CHECK(excerpt("\xe2\x80\x8b") == "\\xe2\\x80\\x8b");  // has no width
  CHECK(excerpt("\xef\xbb\xbf") == "\\xef\\xbb\\xbf");
  CHECK(excerpt("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate is no character
}

TEST_CASE("excerpt: bytes that are no UTF-8 do not hide what follows them") {
  CHECK(excerpt("\xc3") == "\\xc3");
  CHECK(excerpt("\xc3\x1b[m") == "\\xc3\\x1b[m");
  CHECK(excerpt("\xf0\x9f\x1b") == "\\xf0\\x9f\\x1b");
  CHECK(excerpt("\xc0\x9b") == "\\xc0\\x9b");  // ESC in more bytes than it needs
  CHECK(excerpt("\xe0\x80\x9b") == "\\xe0\\x80\\x9b");
  CHECK(excerpt("\xff\xfe") == "\\xff\\xfe");
}

TEST_CASE("excerpt: long texts are cut between characters") {
  CHECK(excerpt("abcdef", 6) == "abcdef");
  CHECK(excerpt("abcdef", 5) == "abcde...");
  CHECK(excerpt("ab\u00f6", 3) == "ab...");
  CHECK(excerpt(std::string(1000, 'x')).size() == 63);
  CHECK(excerpt_of_names({"a", "b"}) == "a, b");
  CHECK(excerpt_of_names({}) == "");
  CHECK(excerpt_of_names({"", "b"}) == "'', b");
  CHECK(excerpt_of_names({"a", "\x1b", "c"}, 2) == "a, \\x1b and 1 more");
}

TEST_CASE("excerpt: a whole message keeps its lines and backslashes") {
  CHECK(printable("fsconv: a\\x1b.npy:\n  is none") == "fsconv: a\\x1b.npy:\n  is none");
  CHECK(printable("no\x1b[31m file\x07") == "no\\x1b[31m file\\x07");
  CHECK(printable(std::string(500, 'a')).size() == 500);
}

TEST_CASE("excerpt: what has no ink or turns the writing is written in numbers") {
  for (const char* mark :
       {"\u00ad", "\u034f", "\u061c", "\u115f", "\u180e", "\u200b", "\u200f", "\u2028", "\u202e", "\u2066",
        "\u2800", "\u3164", "\ufe0f", "\ufeff", "\uffa0", "\U000e0041"}) {
    INFO(excerpt(mark));
    CHECK(excerpt(mark).starts_with("\\x"));
    CHECK(printable(mark) == excerpt(mark));
    CHECK(one_line(mark) == excerpt(mark));
  }
}

TEST_CASE("excerpt: one line keeps both ends of a long sentence, within its bound, whatever it is made of") {
  CHECK(one_line("a\nb\tc\\x1b") == "a\\x0ab\\x09c\\x1b");
  CHECK(one_line("begin " + std::string(500, 'x') + " end", 60).starts_with("begin xxx"));
  CHECK(one_line("begin " + std::string(500, 'x') + " end", 60).ends_with("xxx end"));
  for (const char* unit : {"a", "\u00f6", "\u6f22", "\U0001f600", "\x1b", "\xff", "\n", "\u202e", "\\"})
    for (std::size_t most = 40; most < 60; ++most) {
      std::string text;
      while (text.size() < 3000) text += unit;
      const std::string line = one_line(text, most);
      INFO(line);
      CHECK(line.size() <= most);
      CHECK(line.size() > most / 2);
      CHECK(line.find(" ... ") != std::string::npos);
      CHECK(one_line(line, most) == line);  // whole characters, and none that a terminal would obey
    }
  CHECK(one_line(std::string(40, 'a'), 40) == std::string(40, 'a'));
}

TEST_CASE("excerpt: a message has few lines of bounded length") {
  std::string lines;
  for (int line = 0; line < 60'001; ++line) lines += "line\n";
  CHECK(printable(lines) == "line\nline\nline\nline\nline\nline\nline\nline\n... and 59994 more lines");
  CHECK(printable("a\nb\n") == "a\nb\n");
  CHECK(printable(std::string(10'000'000, 'x')).size() <= 1200);
  CHECK(printable(std::string(10'000'000, '\x1b')).size() <= 1200);
}

TEST_CASE("excerpt: an error shows what it is about and what would be legal, however long each is") {
  const std::string endless(1'000'000, 'n'), lines = "a\n\x1b[2Jfsconv: all is well\n";
  const std::string long_subject = BadData(endless, "is damaged", "mend it").what();
  CHECK(long_subject.size() < 1200);
  CHECK(long_subject.ends_with(": is damaged; mend it"));
  const std::string long_problem = InvalidArgument("stride", "'" + endless + "' is none", "choose 2").what();
  CHECK(long_problem.size() < 1200);
  CHECK(long_problem.starts_with("stride: 'nnn"));
  CHECK(long_problem.ends_with("nnn' is none; choose 2"));
  for (const std::string& text :
       {std::string(BadData(lines, lines, lines).what()), std::string(IoError(lines, lines).what()),
        std::string(InvalidArgument(lines, lines, lines).what())}) {
    INFO(text);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
  }
  CHECK(std::string(BadData("a", std::string("\0b", 2)).what()) == "a: \\x00b");  // not cut at the zero
  CHECK(std::string(Error(ExitCode::runtime, "two\nlines").what()) == "two\nlines");
}

TEST_CASE("excerpt: a file's size that fits no memory is told under any name") {
  CHECK_THROWS_WITH(require_memory_for(std::string(500, 'a') + "\n", Index{1} << 60, 8),
                    Catch::Contains("a\\x0a: 1152921504606846976 elements of 8 bytes do not fit"));
}

TEST_CASE("excerpt: UTF-8 is told from other bytes") {
  for (const char* text : {"", "plain", "gr\u00f6\u00dfe", "\u6f22", "\U0001f600", "\x7f\n"})
    CHECK(is_utf8(text));
  for (const char* text : {"gr\xf6\xdf"
                           "e",
                           "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\x80"})
    CHECK_FALSE(is_utf8(text));
}
