// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/nn/image_measures.hpp>
#include <vector>

namespace fsconv {
namespace {

using Window = std::array<double, ssim_window>;

Window gaussian_window() {
  Window window{};
  double sum = 0;
  for (Index k = 0; k < ssim_window; ++k) {
    const double distance = static_cast<double>(k - ssim_window / 2) / 1.5;
    sum += window[static_cast<std::size_t>(k)] = std::exp(-distance * distance / 2);
  }
  for (double& weight : window) weight /= sum;
  return window;
}

// Weighted sums of a, b, a^2, b^2 and a b over the window's rows, for one place of the window and each column.
struct ColumnSums {
  explicit ColumnSums(Index width) {
    for (auto& sum : sums) sum.resize(static_cast<std::size_t>(width));
  }
  std::array<std::vector<double>, 5> sums;
};

// The window is a product of one over rows and one over columns; the rows are summed first.
template <class T>
void sum_rows(const Window& window, const T* a, const T* b, Index width, ColumnSums& columns) {
  for (auto& sum : columns.sums) std::fill(sum.begin(), sum.end(), 0.0);
  auto& [sum_a, sum_b, sum_aa, sum_bb, sum_ab] = columns.sums;
  for (std::size_t k = 0; k < window.size(); ++k, a += width, b += width)
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x) {
      const double pixel_a = static_cast<double>(a[x]), pixel_b = static_cast<double>(b[x]);
      const double weighted_a = window[k] * pixel_a, weighted_b = window[k] * pixel_b;
      sum_a[x] += weighted_a;
      sum_b[x] += weighted_b;
      sum_aa[x] += weighted_a * pixel_a;
      sum_bb[x] += weighted_b * pixel_b;
      sum_ab[x] += weighted_a * pixel_b;
    }
}

double similarity(const std::array<double, 5>& means, double c1, double c2) {
  const auto& [a, b, aa, bb, ab] = means;
  return (2 * a * b + c1) * (2 * (ab - a * b) + c2) / ((a * a + b * b + c1) * (aa - a * a + bb - b * b + c2));
}

void require_range(double range) {
  if (!(range > 0) || !std::isfinite(range))
    throw InvalidArgument("range", fmt::format("{}", range), "above 0");
}

}  // namespace

template <class T>
double psnr(const T* original, const T* image, Index size, double range) {
  if (size < 1) throw InvalidArgument("size", fmt::format("{} pixels", size), "at least 1");
  require_range(range);
  double sum = 0;
  for (Index at = 0; at < size; ++at) {
    const double difference = static_cast<double>(original[at]) - static_cast<double>(image[at]);
    sum += difference * difference;
  }
  return 10 * std::log10(range * range * static_cast<double>(size) / sum);
}

template <class T>
double ssim(const T* a, const T* b, Index channels, Index height, Index width, double range) {
  if (channels < 1 || height < ssim_window || width < ssim_window)
    throw InvalidArgument("image",
                          fmt::format("{}x{} pixels with {} channels have no SSIM", height, width, channels),
                          fmt::format("at least {0}x{0} pixels, the size of its window", ssim_window));
  require_range(range);
  static const Window window = gaussian_window();
  const double c1 = std::pow(0.01 * range, 2), c2 = std::pow(0.03 * range, 2);
  const Index rows = height - ssim_window + 1, columns = width - ssim_window + 1;
  ColumnSums by_column(width);
  double sum = 0;
  for (Index c = 0; c < channels; ++c)
    for (Index y = 0; y < rows; ++y) {
      const Index top = (c * height + y) * width;
      sum_rows(window, a + top, b + top, width, by_column);
      for (std::size_t x = 0; x < static_cast<std::size_t>(columns); ++x) {
        std::array<double, 5> means{};
        for (std::size_t m = 0; m < means.size(); ++m)
          for (std::size_t k = 0; k < window.size(); ++k) means[m] += window[k] * by_column.sums[m][x + k];
        sum += similarity(means, c1, c2);
      }
    }
  return sum / static_cast<double>(channels * rows * columns);
}

template double psnr(const float*, const float*, Index, double);
template double psnr(const double*, const double*, Index, double);
template double ssim(const float*, const float*, Index, Index, Index, double);
template double ssim(const double*, const double*, Index, Index, Index, double);

}  // namespace fsconv
