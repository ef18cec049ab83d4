// Shards: what is read as one, and that together they are the whole.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/shard.hpp>

using namespace fsconv;

TEST_CASE("shard: I/N is read, from 1/1 to N/N") {
  CHECK(parse_shard("1/1") == Shard{});
  CHECK(parse_shard("1/1").whole());
  CHECK(parse_shard("3/4") == Shard{3, 4});
  CHECK(parse_shard("1000000/1000000").number == most_shards);
  CHECK(parse_shard("3/4").text() == "3/4");
}

TEST_CASE("shard: anything else is refused with what would be legal") {
  for (const char* wrong :
       {"", "/", "1", "1/", "/2", "0/2", "3/2", "-1/2", "1/-2", "1/0", "1/2/3", "a/b", " 1/2", "1/2 ",
        "1.5/2", "1/1000001", "99999999999999999999/99999999999999999999"}) {
    INFO("'" << wrong << "'");
    CHECK_THROWS_AS(parse_shard(wrong), InvalidArgument);
    CHECK_THROWS_WITH(parse_shard(wrong), Catch::Contains("shard") && Catch::Contains("1 <= I <= N"));
  }
}

TEST_CASE("shard: every piece is in exactly one, and they differ by one piece at most") {
  for (Index of = 1; of <= 7; ++of)
    for (Index pieces = 0; pieces <= 20; ++pieces) {
      std::vector<Index> taken(static_cast<std::size_t>(pieces), 0);
      Index all = 0;
      for (Index number = 1; number <= of; ++number) {
        const Shard shard{number, of};
        Index mine = 0;
        for (Index piece = 0; piece < pieces; ++piece)
          if (shard.takes(piece)) ++taken[static_cast<std::size_t>(piece)], ++mine;
        CHECK(shard.count(pieces) == mine);
        CHECK(mine >= pieces / of);
        CHECK(mine <= (pieces + of - 1) / of);
        all += mine;
      }
      CHECK(all == pieces);
      for (const Index times : taken) CHECK(times == 1);
    }
}
