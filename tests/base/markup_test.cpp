// Text in markup: nothing of it is a tag, an attribute's end or a forbidden character.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/markup.hpp>

using namespace fsconv;

TEST_CASE("markup: what has a meaning is a reference, everything else stays") {
  CHECK(markup_text("") == "");
  CHECK(markup_text("a < b && c > \"d\"") == "a &lt; b &amp;&amp; c &gt; &quot;d&quot;");
  CHECK(markup_text("<script>alert(1)</script>") == "&lt;script&gt;alert(1)&lt;/script&gt;");
  CHECK(markup_text("&amp;") == "&amp;amp;");
  CHECK(markup_text("W\u1d40 \u2264 gr\u00f6\u00dfe") == "W\u1d40 \u2264 gr\u00f6\u00dfe");
  CHECK(markup_text(std::string_view("a\0b\x1b[31m\x7f\n\t", 11)) == "a\uFFFDb\uFFFD[31m\uFFFD\n\t");
}
