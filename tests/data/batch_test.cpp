// Shuffled orders and batches.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/data/batch.hpp>

using namespace fsconv;
using Catch::Matchers::Contains;

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

TEST_CASE("gather batch: the images in order, divided by 255") {
  const Tensor<std::uint8_t> images({3, 1, 1, 2}, {0, 255, 51, 102, 1, 2});
  const std::vector<Index> order = {2, 0, 1};
  CHECK(gather_batch(images, order, 1, 2) == Tensor<float>({2, 1, 1, 2}, {0, 1, 51 / 255.0f, 102 / 255.0f}));
  CHECK(gather_batch(images, order, 0, 1) == Tensor<float>({1, 1, 1, 2}, {1 / 255.0f, 2 / 255.0f}));
  CHECK(gather_batch(images, order, 3, 0).shape() == Shape{0, 1, 1, 2});
}

TEST_CASE("gather batch: ranges and entries outside are rejected") {
  const Tensor<std::uint8_t> images({3, 1, 1, 2});
  const std::vector<Index> order = {0, 1, 2}, wrong = {0, 3, -1};
  CHECK_THROWS_WITH(gather_batch(images, order, 2, 2), Contains("2 images from 2 on"));
  CHECK_THROWS_AS(gather_batch(images, order, -1, 2), InvalidArgument);
  CHECK_THROWS_AS(gather_batch(images, order, 0, -1), InvalidArgument);
  CHECK_THROWS_AS(gather_batch(images, order, INT64_MAX, 1), InvalidArgument);
  CHECK_THROWS_WITH(gather_batch(images, wrong, 0, 2), Contains("names image 3"));
  CHECK_THROWS_AS(gather_batch(images, wrong, 2, 1), InvalidArgument);
  CHECK_THROWS_AS(gather_batch(Tensor<std::uint8_t>({3, 2}), order, 0, 1), InvalidArgument);
}
