// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fsconv/forms/checkerboard.hpp>
#include <limits>

namespace fsconv::checkerboard {
namespace {

// The phase of every tap of one filter, and the phases themselves.
struct Phases {
  std::vector<Index> of_tap;
  std::vector<Index> taps;   // by phase
  std::vector<bool> counts;  // by phase: whether its sum matters
};

// Along one axis. `all`: also the phases that meet no pixel.
Phases phases_of(const Axis& axis, bool all) {
  Phases phases{.of_tap = {}, .taps = std::vector<Index>(static_cast<std::size_t>(axis.down)), .counts = {}};
  for (Index r = 0; r < axis.down; ++r) phases.counts.push_back(all || is_met(axis, r));
  for (Index k = 0; k < axis.taps; ++k) {
    phases.of_tap.push_back(axis.dilation * k % axis.down);
    ++phases.taps[static_cast<std::size_t>(phases.of_tap.back())];
  }
  return phases;
}

// Along all axes: phases and taps numbered with the last axis fastest.
Phases phases_of(const Geometry& geometry) {
  Phases all{.of_tap = {0}, .taps = {1}, .counts = {true}};
  for (const Axis& axis : geometry.axes) {
    const Phases one = phases_of(axis, false);
    const auto count = checked_multiply(static_cast<Index>(all.taps.size()), axis.down);
    require_memory(count.value_or(std::numeric_limits<Index>::max()), sizeof(Index), "phases");
    Phases next;
    for (const Index outer : all.of_tap)
      for (const Index inner : one.of_tap) next.of_tap.push_back(outer * axis.down + inner);
    for (std::size_t outer = 0; outer < all.taps.size(); ++outer)
      for (std::size_t inner = 0; inner < one.taps.size(); ++inner) {
        next.taps.push_back(all.taps[outer] * one.taps[inner]);
        next.counts.push_back(all.counts[outer] && one.counts[inner]);
      }
    all = std::move(next);
  }
  return all;
}

// The projection of one filter, in place.
void make_even(const Phases& phases, std::vector<double>& taps) {
  std::vector<double> sums(phases.taps.size());
  for (std::size_t k = 0; k < taps.size(); ++k) sums[static_cast<std::size_t>(phases.of_tap[k])] += taps[k];
  double weighted = 0, weights = 0;
  bool some_empty = false;  // a phase without taps has the sum 0, so all others must have it, too
  for (std::size_t r = 0; r < sums.size(); ++r) {
    if (!phases.counts[r]) continue;
    if (phases.taps[r] == 0) {
      some_empty = true;
      continue;
    }
    weighted += sums[r] / static_cast<double>(phases.taps[r]);
    weights += 1 / static_cast<double>(phases.taps[r]);
  }
  const double common = some_empty || weights == 0 ? 0 : weighted / weights;
  for (std::size_t k = 0; k < taps.size(); ++k) {
    const auto r = static_cast<std::size_t>(phases.of_tap[k]);
    if (phases.counts[r]) taps[k] += (common - sums[r]) / static_cast<double>(phases.taps[r]);
  }
}

Tensor<double> onto_equal_sums(const Geometry& geometry, Tensor<double> weight) {
  const Phases phases = phases_of(geometry);
  const auto taps = static_cast<Index>(phases.of_tap.size());
  std::vector<double> filter(phases.of_tap.size());
  for (Index first = 0; first < weight.size(); first += taps) {
    std::copy_n(weight.begin() + first, taps, filter.begin());
    make_even(phases, filter);
    std::copy_n(filter.begin(), taps, weight.begin() + first);
  }
  return weight;
}

// Boxes along the axes are independent of each other: one projection after the other is the projection onto all.
Tensor<double> onto_resize(const Geometry& geometry, Tensor<double> weight) {
  for (std::size_t at = 0; at < geometry.axes.size(); ++at) {
    const Phases phases = phases_of(geometry.axes[at], true);
    weight = on_lines(weight, at + 2, geometry.axes[at].taps, [&](std::vector<double> taps) {
      make_even(phases, taps);
      return taps;
    });
  }
  return weight;
}

}  // namespace

Geometry plain_conv(const Geometry& geometry) {
  Geometry upsampled = geometry;
  for (std::size_t at = 0; at < geometry.axes.size(); ++at) {
    const Axis& axis = geometry.axes[at];
    if (axis.extent() < axis.down)
      throw InvalidArgument(fmt::format("axis {} taps", at),
                            fmt::format("cover {} pixels, and the stride is {}", axis.extent(), axis.down),
                            "a filter shorter than the stride is no resize-convolution");
    upsampled.axes[at] = {.in = axis.in,
                          .out = axis.down * axis.out,
                          .taps = axis.extent() - axis.down + 1,
                          .down = 1,
                          .up = axis.up,
                          .dilation = 1,
                          .pad = axis.pad};
  }
  check(upsampled);
  return upsampled.transposed();
}

template <class T>
Tensor<T> projected(const Geometry& geometry, const Tensor<T>& weight, Onto onto) {
  Tensor<double> moved = cast<double>(weight);
  moved = onto == Onto::resize ? onto_resize(geometry, std::move(moved))
                               : onto_equal_sums(geometry, std::move(moved));
  return cast<T>(moved);
}

template <class T>
Unevenness unevenness(const Geometry& geometry, const Tensor<T>& weight) {
  const Tensor<double> sums = phase_sums(geometry, cast<double>(weight));
  const Phases all = phases_of(geometry);
  const std::vector<bool>& counts = all.counts;
  const auto phases = static_cast<Index>(counts.size()), taps = static_cast<Index>(all.of_tap.size());
  const auto met = static_cast<double>(std::count(counts.begin(), counts.end(), true));
  const auto ratio = [](double deviation, double mean) {
    if (deviation == 0) return 0.0;
    return mean == 0 ? std::numeric_limits<double>::infinity() : deviation / mean;
  };
  double variances = 0, squared_means = 0;
  std::vector<double> of_pairs;
  for (Index first = 0; first < sums.size(); first += phases) {
    double mean = 0, variance = 0;
    for (Index r = 0; r < phases; ++r)
      if (counts[static_cast<std::size_t>(r)]) mean += sums[first + r] / met;
    for (Index r = 0; r < phases; ++r)
      if (counts[static_cast<std::size_t>(r)]) variance += std::pow(sums[first + r] - mean, 2) / met;
    // Sums that differ by what their taps were rounded by are equal: those of a projection may all be 0.
    double magnitude = 0;
    for (Index k = 0; k < taps; ++k) magnitude += std::abs(double{weight[first / phases * taps + k]});
    if (std::sqrt(variance) <= std::numeric_limits<T>::epsilon() * magnitude) variance = 0;
    variances += variance;
    squared_means += mean * mean;
    of_pairs.push_back(ratio(std::sqrt(variance), std::abs(mean)));
  }
  if (of_pairs.empty()) return {};
  std::sort(of_pairs.begin(), of_pairs.end());
  const std::size_t half = of_pairs.size() / 2;
  return {.index = ratio(std::sqrt(variances), std::sqrt(squared_means)),
          .median = of_pairs.size() % 2 == 1 ? of_pairs[half] : (of_pairs[half - 1] + of_pairs[half]) / 2,
          .largest = of_pairs.back()};
}

template Tensor<float> projected(const Geometry&, const Tensor<float>&, Onto);
template Tensor<double> projected(const Geometry&, const Tensor<double>&, Onto);
template Unevenness unevenness(const Geometry&, const Tensor<float>&);
template Unevenness unevenness(const Geometry&, const Tensor<double>&);

}  // namespace fsconv::checkerboard
