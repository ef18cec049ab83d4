// The layout [pixel][image][channel] and the memory that holds it.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdint>
#include <fsconv/base/error.hpp>
#include <fsconv/engine/block.hpp>
#include <fsconv/engine/buffer.hpp>
#include <numeric>

using namespace fsconv;
using namespace fsconv::engine;

TEST_CASE("block: two images of two channels and three pixels by hand") {
  //                                image 0: a0 a1 a2 | b0 b1 b2        image 1: c0 c1 c2 | d0 d1 d2
  const std::vector<float> batch = {1, 2, 3, 4, 5, 6, /**/ 7, 8, 9, 10, 11, 12};
  std::vector<float> block(12);
  to_block(batch.data(), 2, 2, 3, block.data());
  CHECK(block == std::vector<float>{1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12});
}

TEST_CASE("block: every number is where the formula says, and comes back") {
  for (const Index images : {1, 3, 33})
    for (const Index channels : {1, 3, 17})
      for (const Index pixels : {1, 16, 49}) {
        std::vector<double> batch(static_cast<std::size_t>(images * channels * pixels));
        std::iota(batch.begin(), batch.end(), 0);
        std::vector<double> block(batch.size()), back(batch.size());
        to_block(batch.data(), images, channels, pixels, block.data());
        for (Index n = 0; n < images; ++n)
          for (Index c = 0; c < channels; ++c)
            for (Index p = 0; p < pixels; ++p)
              REQUIRE(block[static_cast<std::size_t>((p * images + n) * channels + c)] ==
                      batch[static_cast<std::size_t>((n * channels + c) * pixels + p)]);
        from_block(block.data(), images, channels, pixels, back.data());
        REQUIRE(back == batch);
      }
}

TEST_CASE("buffer: is zero, and begins at a cache line") {
  const Buffer<float> buffer(1000);
  CHECK(buffer.size() == 1000);
  CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % cache_line == 0);
  CHECK(std::all_of(buffer.data(), buffer.data() + 1000, [](float value) { return value == 0; }));
  CHECK(Buffer<float>(0).size() == 0);
}

TEST_CASE("buffer: what does not fit the memory is rejected by name") {
  CHECK_THROWS_WITH(Buffer<double>(Index{1} << 50, "code block"), Catch::Matchers::Contains("code block"));
}

TEST_CASE("block: floats become BFloat16 and come back rounded, an odd channel with a zero behind it") {
  const std::vector<float> block = {1, 2, 3, 4, 5, 1 + 0x1p-8f};
  std::vector<BFloat16> halves(8, BFloat16{0xffff});
  to_bfloat16(block.data(), 2, 3, halves.data());
  CHECK(halves[3].bits == 0);
  CHECK(halves[7].bits == 0);
  std::vector<float> back(6);
  from_bfloat16(halves.data(), 2, 3, back.data());
  CHECK(back == std::vector<float>{1, 2, 3, 4, 5, 1});
  CHECK(padded_channels<BFloat16>(3) == 4);
  CHECK(padded_channels<BFloat16>(4) == 4);
  CHECK(padded_channels<float>(3) == 3);
}
