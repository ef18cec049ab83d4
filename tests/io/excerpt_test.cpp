// Text from files in messages: nothing that a terminal would obey or hide.
#include <catch2/catch.hpp>
#include <fsconv/io/excerpt.hpp>

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
  CHECK(excerpt_of_names({"a", "\x1b", "c"}, 2) == "a, \\x1b and 1 more");
}

TEST_CASE("excerpt: a whole message keeps its lines and backslashes") {
  CHECK(printable("fsconv: a\\x1b.npy:\n  is none") == "fsconv: a\\x1b.npy:\n  is none");
  CHECK(printable("no\x1b[31m file\x07") == "no\\x1b[31m file\\x07");
  CHECK(printable(std::string(500, 'a')).size() == 500);
}
