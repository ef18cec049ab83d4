// Text that fits a screen: wrapping, tables, matrices, commands, colours, and the line of progress.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/table.hpp>
#include <fsconv/base/text.hpp>

using namespace fsconv;

namespace {

// The lines of a text that take more than `width` columns.
std::string too_wide(const std::string& text, std::size_t width) {
  std::string found;
  for (const std::string& line : split(text, '\n'))
    if (visible_size(line) > width) found += line + "\n";
  return found;
}

}  // namespace

TEST_CASE("screen: a text is broken at blanks, and loses no letter") {
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("one two three", 8, 2) == std::vector<std::string>{"one two", "  three"});
  CHECK(wrapped("one two", 7) == std::vector<std::string>{"one two"});  // just so
  CHECK(wrapped("", 10) == std::vector<std::string>{""});
  CHECK(wrapped("  a    b", 80) == std::vector<std::string>{"  a    b"});  // columns within a line stay
  CHECK(wrapped("trailing   ", 80) == std::vector<std::string>{"trailing"});
  // What can be pasted is not broken.
  CHECK(wrapped("see /a/very/long/path now", 8) ==
        std::vector<std::string>{"see", "/a/very/long/path", "now"});
  CHECK(wrapped_text("a b\n\nc d\n", 1) == "a\nb\n\nc\nd\n");
  const std::string words = "the quick brown fox jumps over the lazy dog";
  for (std::size_t width = 5; width < 60; ++width) {
    std::string again;
    for (const std::string& line : wrapped(words, width)) {
      CHECK(line.size() <= width);
      again += (again.empty() ? "" : " ") + line;
    }
    CHECK(again == words);
  }
}

TEST_CASE("screen: colours and letters beyond ASCII take no columns of their own") {
  CHECK(visible_size("holds") == 5);
  CHECK(visible_size(painted("holds", Colour::good, true)) == 5);
  CHECK(visible_size("m\xc3\xbc") == 2);
  CHECK(painted("holds", Colour::good, false) == "holds");
  CHECK(painted("plain", Colour::none, true) == "plain");
  CHECK(painted("FAILS", Colour::bad, true) != painted("FAILS", Colour::good, true));
  CHECK(painted("FAILS", Colour::bad, true).ends_with("\033[0m"));
}

TEST_CASE("table: columns are two blanks apart, whatever is in them") {
  Table table({{"name"}, {"number", Align::right}, {"words", Align::wrapped}}, 80);
  table.add({"a", "1", "one"});
  table.add({"longer", "1234567", "two"});
  CHECK(table.text() ==
        "name     number  words\n"
        "a             1  one\n"
        "longer  1234567  two\n");
  // Of a table that is printed while it grows, a cell may be wider than its column.
  Table growing({{"epoch", Align::right}, {"loss", Align::right, 8}, {"seconds", Align::right}}, 80);
  CHECK(growing.head() == "epoch      loss  seconds\n");
  CHECK(growing.line({"1", "12.5", "3.0"}) == "    1      12.5      3.0\n");
  CHECK(growing.line({"2", "123456789012.5", "3.0"}) == "    2  123456789012.5  3.0\n");
  // Painted cells line up as plain ones do.
  Table painted_table({{"verdict"}, {"n", Align::right}}, 80);
  painted_table.add({painted("holds", Colour::good, true), "1"});
  CHECK(visible_size(split(painted_table.text(), '\n')[1]) == std::string("holds    1").size());
}

TEST_CASE("table: what does not fit stands on a line below, under its heading") {
  const auto table_of = [](std::size_t width) {
    Table table({{"claim"}, {"verdict"}, {"checks", Align::right}, {"statement", Align::wrapped}}, width);
    table.add({"weight-gradient", "holds", "80229",
               "dL/dw = weight_gradient(dL/dy, x), the third of the three maps"});
    table.add({"matrix", "holds", "7", "W"});
    return table.text();
  };
  CHECK(table_of(120) ==
        "claim            verdict  checks  statement\n"
        "weight-gradient  holds     80229  dL/dw = weight_gradient(dL/dy, x), the third of the three maps\n"
        "matrix           holds         7  W\n");
  CHECK(table_of(75) ==
        "claim            verdict  checks  statement\n"
        "weight-gradient  holds     80229  dL/dw = weight_gradient(dL/dy, x), the\n"
        "                                  third of the three maps\n"
        "matrix           holds         7  W\n");
  CHECK(table_of(60) ==
        "claim            verdict  checks\n"
        "    statement\n"
        "weight-gradient  holds     80229\n"
        "    dL/dw = weight_gradient(dL/dy, x), the third of the\n"
        "    three maps\n"
        "matrix           holds         7\n"
        "    W\n");
  for (std::size_t width = 40; width < 130; ++width) CHECK(too_wide(table_of(width), width) == "");
}

TEST_CASE("table: a row of fewer cells has its last one over the rest") {
  Table table({{"form"}, {"median", Align::right}, {"spread", Align::right}}, 40);
  table.add({"gather", "1.5 us", "3%"});
  table.add({"no_flip", "refused: it gives -14086 where 2464 is right"});
  CHECK(table.text() ==
        "form     median  spread\n"
        "gather   1.5 us      3%\n"
        "no_flip  refused: it gives -14086 where\n"
        "         2464 is right\n");
}

TEST_CASE("screen: a matrix that is too wide is shown in blocks of columns") {
  std::vector<std::vector<std::string>> rows(2, std::vector<std::string>(5, "w0"));
  rows[1][4] = ".";
  CHECK(grid_text(rows, 80, 1) == "  w0 w0 w0 w0 w0\n  w0 w0 w0 w0  .\n");
  CHECK(grid_text(rows, 8) ==
        "columns 0 to 1\n w0 w0\n w0 w0\n"
        "\ncolumns 2 to 3\n w0 w0\n w0 w0\n"
        "\ncolumns 4 to 4\n w0\n  .\n");
  CHECK(grid_text({}, 80) == "");
}

TEST_CASE("screen: a long command goes on behind a backslash, so that it can be pasted") {
  CHECK(command_text("  ", "fsconv shape --kernel 3", 80, 6) == "  fsconv shape --kernel 3\n");
  CHECK(command_text("  ", "fsconv shape --kernel 3 --stride 2", 30, 6) ==
        "  fsconv shape --kernel 3 \\\n      --stride 2\n");
  CHECK(command_text("", "fsconv verify --mutant no_flip   # fails", 80, 4) ==
        "fsconv verify --mutant no_flip # fails\n");
  CHECK(command_text("", "fsconv verify --mutant no_flip # fails", 34, 4) ==
        "fsconv verify --mutant no_flip\n    # fails\n");
}

TEST_CASE("progress: the line is shorter than the terminal, down to nothing") {
  const ProgressState state{"verify", "geometries", 1200, 2531, 40};
  CHECK(progress_bar(state, 100) ==
        "verify [###########.............] 1200/2531 geometries, 30/s, 44 s left");
  CHECK(progress_bar(state, 60) == "verify [####......] 1200/2531, 30/s, 44 s left");
  CHECK(progress_bar(state, 40) == "verify 1200/2531, 30/s, 44 s left");
  CHECK(progress_bar(state, 20) == "verify 1200/2531");
  CHECK(progress_bar(state, 12) == "verify 47%");
  CHECK(progress_bar(state, 2) == "47");
  for (std::size_t width = 0; width < 100; ++width) CHECK(progress_bar(state, width).size() <= width);
  CHECK(progress_line(state) == "verify: 1200 of 2531 geometries after 40 s, 30/s, 44 s left");
  CHECK(progress_line({"prove", "statements", 0, 54, 12}) == "prove: 0 of 54 statements after 12 s");
  CHECK(progress_line({"epoch 1/2", "images", 60, 60000, 600}) ==
        "epoch 1/2: 60 of 60000 images after 10 min, 0.1/s, 166.5 h left");
}

TEST_CASE("text: things are counted in words") {
  CHECK(counted(1, "geometry", "geometries") == "1 geometry");
  CHECK(counted(0, "geometry", "geometries") == "0 geometries");
  CHECK(counted(2, "check") == "2 checks");
  CHECK(counted(1, "check") == "1 check");
}

TEST_CASE("text: a number that is too large is not called none") {
  CHECK(not_an_integer("99999999999999999999") ==
        "'99999999999999999999' is too large: at most 9223372036854775807");
  CHECK(not_an_integer("9223372036854775808") ==
        "'9223372036854775808' is too large: at most 9223372036854775807");
  CHECK(not_an_integer("-9223372036854775809") ==
        "'-9223372036854775809' is too small: at least -9223372036854775808");
  for (const char* word : {"x", "", "2x", "99999999999999999999x", "1.5", "+1"})
    CHECK(not_an_integer(word) == fmt::format("'{}' is not an integer", word));
  CHECK_THROWS_WITH(to_integers("size", "4,99999999999999999999"),
                    Catch::Contains("too large: at most 9223372036854775807"));
}

TEST_CASE("text: what was meant is named only where it is likely") {
  const std::vector<std::string> commands = {"shape", "matrix", "apply", "verify",
                                             "train", "encode", "decode"};
  CHECK(similar("shap", commands) == std::vector<std::string>{"shape"});
  CHECK(similar("hsape", commands) == std::vector<std::string>{"shape"});  // swapped
  CHECK(similar("VERIFY", commands) == std::vector<std::string>{"verify"});
  CHECK(similar("trian", commands) == std::vector<std::string>{"train"});
  CHECK(similar("dencode", commands) == std::vector<std::string>{"encode", "decode"});
  CHECK(similar("v", commands) == std::vector<std::string>{"verify"});  // begun and not ended
  for (const char* word : {"", "frobnicate", "xyz", "deconvolution", "14"})
    CHECK(similar(word, commands).empty());
  CHECK(similar("max", {"max-size", "max-kernel", "max-stride"}).empty());  // too many begin so
  CHECK(did_you_mean("epoch", {"epochs", "batch"}, "--") == "did you mean --epochs?");
  CHECK(did_you_mean("dencode", commands) == "did you mean encode or decode?");
  CHECK(did_you_mean("zzz", commands) == "");
}
