// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/data/area_resize.hpp>

namespace fsconv {
namespace {

// Which old pixels a new one covers, along one axis, and by how much.
struct Cover {
  Index first = 0, count = 0;
  std::size_t weights = 0;  // where those of this pixel begin
};

struct AxisCover {
  std::vector<Cover> pixels;
  std::vector<std::uint32_t> weights;

  AxisCover(Index old_size, Index new_size) {
    for (Index o = 0; o < new_size; ++o) {
      const Index begin = old_size * o, end = begin + old_size;  // in units of 1/(old*new)
      const Index first = begin / new_size, last = (end - 1) / new_size;
      pixels.push_back({first, last - first + 1, weights.size()});
      for (Index i = first; i <= last; ++i)
        weights.push_back(
            static_cast<std::uint32_t>(std::min(end, (i + 1) * new_size) - std::max(begin, i * new_size)));
    }
  }
};

// sums[p, c] = sum over columns j of weight(p, j) row[j, c]
template <int channels>
void sum_columns(const AxisCover& across, const std::uint8_t* row, std::uint32_t* sums) {
  for (const Cover& cover : across.pixels) {
    const std::uint32_t* weight = across.weights.data() + cover.weights;
    const std::uint8_t* pixel = row + cover.first * channels;
    std::uint32_t sum[channels] = {};
    for (Index j = 0; j < cover.count; ++j)
      for (int c = 0; c < channels; ++c) sum[c] += weight[j] * *pixel++;
    sums = std::copy(sum, sum + channels, sums);
  }
}

std::uint8_t rounded_quotient(std::uint64_t sum, std::uint64_t divisor) {
  const std::uint64_t quotient = sum / divisor, twice = 2 * (sum % divisor);
  return static_cast<std::uint8_t>(quotient + (twice > divisor || (twice == divisor && quotient % 2 == 1)));
}

void check(const Picture& picture, Index height, Index width) {
  const auto is_side = [](Index side) { return side >= 1 && side <= longest_resized_side; };
  if (!is_side(picture.height) || !is_side(picture.width) ||
      (picture.channels != 1 && picture.channels != 3) ||
      static_cast<Index>(picture.pixels.size()) != picture.height * picture.width * picture.channels)
    throw InvalidArgument(
        "picture", fmt::format("{} bytes are no picture of {}x{} pixels with {} channels",
                               picture.pixels.size(), picture.height, picture.width, picture.channels));
  if (!is_side(height) || !is_side(width))
    throw InvalidArgument("size", fmt::format("{}x{}", height, width),
                          fmt::format("sides of 1 to {} pixels", longest_resized_side));
}

}  // namespace

Picture area_resize(const Picture& picture, Index height, Index width) {
  check(picture, height, width);
  const Index channels = picture.channels, row_size = width * channels;
  require_memory(height * row_size, 1, "size");
  const AxisCover down(picture.height, height), across(picture.width, width);
  const auto divisor = static_cast<std::uint64_t>(picture.height * picture.width);
  Picture resized{width, height, channels, {}};
  resized.pixels.reserve(static_cast<std::size_t>(height * row_size));
  // The rows of two new pixels overlap in one old row at most, or lie in the same: it is summed once.
  std::vector<std::uint32_t> row_sums(static_cast<std::size_t>(row_size));
  std::vector<std::uint64_t> sums(row_sums.size());
  Index summed_row = -1;
  for (const Cover& cover : down.pixels) {
    std::fill(sums.begin(), sums.end(), 0);
    for (Index i = 0; i < cover.count; ++i) {
      stop_if_interrupted();
      const Index row = cover.first + i;
      if (row != summed_row) {
        const std::uint8_t* pixels = picture.pixels.data() + row * picture.width * channels;
        channels == 1 ? sum_columns<1>(across, pixels, row_sums.data())
                      : sum_columns<3>(across, pixels, row_sums.data());
        summed_row = row;
      }
      const std::uint64_t weight = down.weights[cover.weights + static_cast<std::size_t>(i)];
      for (std::size_t at = 0; at < sums.size(); ++at) sums[at] += weight * row_sums[at];
    }
    // Made row by row: all at once they would be filled with zeros first, deaf to whoever interrupts.
    const std::size_t done = resized.pixels.size();
    resized.pixels.resize(done + sums.size());
    std::transform(sums.begin(), sums.end(), resized.pixels.begin() + static_cast<std::ptrdiff_t>(done),
                   [&](std::uint64_t sum) { return rounded_quotient(sum, divisor); });
  }
  return resized;
}

}  // namespace fsconv
