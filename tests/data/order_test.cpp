// The orders in which a data set is gone through.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/data/order.hpp>

using namespace fsconv;

TEST_CASE("epoch order: a permutation that only its arguments decide") {
  const auto order = epoch_order(1000, 7, 3);
  CHECK(order == epoch_order(1000, 7, 3));
  CHECK(order != epoch_order(1000, 7, 4));
  CHECK(order != epoch_order(1000, 8, 3));
  CHECK(order != natural_order(1000));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == natural_order(1000));
  CHECK(epoch_order(0, 7, 3).empty());
  CHECK_THROWS_AS(epoch_order(-1, 7, 3), InvalidArgument);
  CHECK_THROWS_AS(epoch_order(1, 7, -3), InvalidArgument);
}
