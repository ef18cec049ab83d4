// Names of values and of list entries: both ways, and errors that say what there is.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <fsconv/base/names.hpp>

using namespace fsconv;
using Catch::Contains;

namespace names_test {

enum class Fruit { apple, pear, plum };
constexpr auto names_of(Fruit) {
  return NameTable<Fruit, 3>{"fruit",
                             {{{Fruit::plum, "plum"}, {Fruit::apple, "apple"}, {Fruit::pear, "pear"}}}};
}

struct Tree {
  std::string_view name;
  int height;
};

}  // namespace names_test

using names_test::Fruit;

TEST_CASE("names: a value and its name lead to each other, in the order of the table") {
  for (const Fruit fruit : all_values<Fruit>()) CHECK(named<Fruit>(name(fruit)) == fruit);
  CHECK(all_names<Fruit>() == std::vector<std::string>{"plum", "apple", "pear"});
  CHECK(names_in(std::array{Fruit::pear, Fruit::pear}) == std::vector<std::string>{"pear", "pear"});
  static_assert(name(Fruit::plum) == "plum");
}

TEST_CASE("names: what is no name, or none of the legal ones, is refused with those that are") {
  for (const char* wrong : {"", "Apple", "appl", "apple ", "plum,pear"}) {
    INFO(wrong);
    CHECK_THROWS_WITH(named<Fruit>(wrong), Contains("fruit") && Contains("choose plum, apple or pear"));
  }
  constexpr std::array legal = {Fruit::apple, Fruit::pear};
  CHECK(named<Fruit>("pear", legal) == Fruit::pear);
  CHECK_THROWS_WITH(named<Fruit>("plum", legal),
                    Contains("'plum'") && Contains("choose apple or pear") && !Contains("plum,"));
}

TEST_CASE("names: an entry of a list is found by its name") {
  static constexpr names_test::Tree trees[] = {{"oak", 30}, {"fir", 50}};
  CHECK(&entry_named(trees, "tree", "fir") == &trees[1]);
  CHECK_THROWS_WITH(entry_named(trees, "tree", "elm", " here"),
                    Contains("tree: 'elm' is unknown here") && Contains("use oak or fir"));
  CHECK_THROWS_WITH(entry_named(trees, "tree", "okk"), Catch::EndsWith("; did you mean oak?"));
}
