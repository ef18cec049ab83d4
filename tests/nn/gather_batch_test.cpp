// Bytes become the numbers of a batch, in the order asked for.
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/nn/gather_batch.hpp>

using namespace fsconv;
using Catch::Matchers::Contains;
using Order = std::vector<Index>;

TEST_CASE("gather batch: the images in order, divided by 255") {
  const Tensor<std::uint8_t> images({3, 1, 1, 2}, {0, 255, 51, 102, 1, 2});
  CHECK(gather_batch<float>(images, Order{0, 1}) ==
        Tensor<float>({2, 1, 1, 2}, {0, 1, 51 / 255.0f, 102 / 255.0f}));
  CHECK(gather_batch<double>(images, Order{2, 2, 0}) ==
        Tensor<double>({3, 1, 1, 2}, {1 / 255.0, 2 / 255.0, 1 / 255.0, 2 / 255.0, 0, 1}));
  CHECK(gather_batch<float>(images, Order{}).shape() == Shape{0, 1, 1, 2});
}

TEST_CASE("gather batch: every byte is its own quotient, in vectors and in what is left over") {
  Tensor<std::uint8_t> images({1, 1, 1, 256 + 3});
  for (Index at = 0; at < images.size(); ++at) images[at] = static_cast<std::uint8_t>(at % 256);
  const auto batch = gather_batch<float>(images, Order{0});
  for (Index at = 0; at < images.size(); ++at) CHECK(batch[at] == static_cast<float>(at % 256) / 255.0f);
}

TEST_CASE("gather batch: entries outside and other arrays are rejected") {
  const Tensor<std::uint8_t> images({3, 1, 1, 2});
  CHECK_THROWS_WITH(gather_batch<float>(images, Order{0, 3}), Contains("names image 3"));
  CHECK_THROWS_AS(gather_batch<float>(images, Order{-1}), InvalidArgument);
  CHECK_THROWS_AS(gather_batch<float>(Tensor<std::uint8_t>({3, 2}), Order{0}), InvalidArgument);
  CHECK_THROWS_AS(check_order(images, Order{1, 3}), InvalidArgument);
  CHECK_NOTHROW(check_order(images, Order{2, 0, 2}));
}
