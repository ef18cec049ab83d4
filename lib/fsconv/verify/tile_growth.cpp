// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/forms/kept.hpp>
#include <fsconv/verify/tile_growth.hpp>

namespace fsconv {
namespace {

using engine::Bilinear;
using engine::SmallMatrix;
using engine::TiledAxis;

// The sum of |row t| over the columns that are there.
double row_sum(const SmallMatrix& matrix, int t, const std::vector<Index>& columns) {
  double sum = 0;
  for (std::size_t at = 0; at < columns.size(); ++at)
    if (columns[at] >= 0) sum += std::abs(static_cast<double>(matrix.at[t][at]));
  return sum;
}

double largest_row_sum(const SmallMatrix& matrix) {
  double largest = 0;
  for (int r = 0; r < matrix.rows; ++r)
    largest =
        std::max(largest, row_sum(matrix, r, std::vector<Index>(static_cast<std::size_t>(matrix.columns))));
  return largest;
}

// The sums of one axis by result: code pixel, image pixel or tap.
struct ByResult {
  explicit ByResult(Index results) : list(static_cast<std::size_t>(results)) {}

  // One phase of a tile. `c`: the matrix of the results; a, b: those of what is multiplied, with the places that are there.
  void add(const Bilinear& algorithm, const SmallMatrix& c, const std::vector<Index>& results,
           const SmallMatrix& a, const std::vector<Index>& a_places, const SmallMatrix& b,
           const std::vector<Index>& b_places) {
    for (int t = 0; t < algorithm.products; ++t) {
      const double product = row_sum(a, t, a_places) * row_sum(b, t, b_places);
      for (std::size_t at = 0; at < results.size(); ++at)
        if (results[at] >= 0) {
          const double sum = std::abs(static_cast<double>(c.at[t][at])) * product;
          One& one = list[static_cast<std::size_t>(results[at])];
          one.sums += sum;
          one.results += sum / static_cast<double>(algorithm.scale);
        }
    }
    for (const Index at : results)
      if (at >= 0) ++list[static_cast<std::size_t>(at)].terms;
  }

  struct One {
    double sums = 0, results = 0, terms = 0;
  };
  std::vector<One> list;
};

void take_larger(TileGrowth& growth, const TileGrowth& other) {
  growth.operands = std::max(growth.operands, other.operands);
  growth.sums = std::max(growth.sums, other.sums);
  growth.results = std::max(growth.results, other.results);
  growth.products = std::max(growth.products, other.products);
  growth.terms = std::max(growth.terms, other.terms);
  growth.roundings = std::max(growth.roundings, other.roundings);
}

double most_taps(const Axis& axis, Op op) {
  std::vector<double> taps(static_cast<std::size_t>(op == Op::conv             ? axis.out
                                                    : op == Op::conv_transpose ? axis.in
                                                                               : axis.taps));
  for (Index o = 0; o < axis.out; ++o)
    for (Index k = 0; k < axis.taps; ++k)
      if (const auto i = image_at(axis, o, k))
        ++taps[static_cast<std::size_t>(op == Op::conv ? o : op == Op::conv_transpose ? *i : k)];
  return *std::max_element(taps.begin(), taps.end());
}

TileGrowth growth_of(const Axis& axis, Op op, const engine::Cut& cut) {
  const TiledAxis tiled = engine::tiled(axis, cut);
  TileGrowth growth{.products = most_taps(axis, op)};
  ByResult sums(op == Op::conv ? axis.out : op == Op::conv_transpose ? axis.in : axis.taps);
  for (const TiledAxis::Tile& tile : tiled.tiles) {
    const TiledAxis::Kind& kind = tiled.kinds[static_cast<std::size_t>(tile.kind)];
    const Bilinear& a = kind.bilinear();
    for (std::size_t phase = 0; phase < kind.taps.size(); ++phase) {
      const std::vector<Index>&taps = kind.taps[phase], &image = tile.image[phase];
      if (op == Op::conv)
        sums.add(a, a.code, tile.code, a.filter, taps, a.image, image);
      else if (op == Op::conv_transpose)
        sums.add(a, a.image, image, a.filter, taps, a.code, tile.code);
      else
        sums.add(a, a.filter, taps, a.code, tile.code, a.image, image);
    }
    growth.operands = std::max(
        {growth.operands, largest_row_sum(a.code), largest_row_sum(a.filter), largest_row_sum(a.image)});
    growth.roundings =
        std::max<Index>(growth.roundings, a.code.columns + a.filter.columns + a.image.columns + a.products);
  }
  for (const ByResult::One& one : sums.list)
    take_larger(growth, {.sums = one.sums, .results = one.results, .terms = one.terms});
  return growth;
}

TileGrowth computed_growth(const Geometry& geometry, Op op, const std::vector<engine::Cut>& cuts,
                           Index batch) {
  const double channels = static_cast<double>(op == Op::conv             ? geometry.in_per_group()
                                              : op == Op::conv_transpose ? geometry.out_per_group()
                                                                         : batch);
  TileGrowth growth{.sums = channels, .results = channels, .products = channels, .terms = channels};
  for (const Axis& axis : geometry.axes) {
    TileGrowth largest;
    for (const engine::Cut& cut : cuts) take_larger(largest, growth_of(axis, op, cut));
    growth.operands *= largest.operands;
    growth.sums *= largest.sums;
    growth.results *= largest.results;
    growth.products *= largest.products;
    growth.terms *= largest.terms;
    growth.roundings += largest.roundings;
  }
  return growth;
}

double largest(const Tensor<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

}  // namespace

TileGrowth tile_growth(const Geometry& geometry, Op op, const std::vector<engine::Cut>& cuts, Index batch) {
  // What it depends on beside the geometry, in one number.
  Index variant = static_cast<Index>(op) + 3 * batch;
  for (const engine::Cut& cut : cuts) variant = variant * 10 + 2 * cut.largest + cut.smaller_at_end;
  return *prepared<TileGrowth>(geometry, variant, [&] {
    return std::make_shared<TileGrowth>(computed_growth(geometry, op, cuts, batch));
  });
}

double tile_error(const TileGrowth& growth, const Significands& bits, double a, double b) {
  const double nu = (static_cast<double>(growth.roundings) + growth.terms + 3) * std::ldexp(1.0, -bits.sums);
  if (nu >= 0.5)
    throw InvalidArgument(
        "numeric", fmt::format("sums of {} terms cannot be bounded in {} bits", growth.terms, bits.sums),
        "use a smaller geometry");
  double relative = nu / (1 - nu);
  if (bits.operands != bits.sums)
    relative = (1 + relative) * std::pow(1 + std::ldexp(1.0, -bits.operands), 2) - 1;
  return relative * growth.results * a * b;
}

Significands bits_for_integers(const Geometry& geometry, const std::vector<engine::Cut>& cuts,
                               const Significands& bits, Index batch) {
  TileGrowth growth{.sums = 1, .products = 1};
  for (const Op op : {Op::conv, Op::conv_transpose, Op::weight_gradient})
    take_larger(growth, tile_growth(geometry, op, cuts, batch));
  const auto without = [](int of, double times) {
    return std::max(0, of - static_cast<int>(std::ceil(std::log2(times))));
  };
  return {without(bits.operands, growth.operands), without(bits.sums, growth.sums / growth.products)};
}

TileRecord both(const TileRecord& these, const TileRecord& those) {
  return {std::max(these.error, those.error), these.exact && those.exact};
}

Maps<double> recorded(const Witness& form, TileRecord& record) {
  const auto recording = [&form, &record](Op op, const Maps<double>::Map& map) {
    return [&form, &record, op, &map](const Geometry& geometry, const Tensor<double>& a,
                                      const Tensor<double>& b) {
      const TileGrowth growth = tile_growth(geometry, op, form.cuts, a.shape()[0]);
      const double of_a = largest(a), of_b = largest(b);
      const bool exact = growth.sums * of_a * of_b < std::ldexp(1.0, form.bits.sums) &&
                         growth.operands * std::max(of_a, of_b) <= std::ldexp(1.0, form.bits.operands);
      record = both(record, {tile_error(growth, form.bits, of_a, of_b), exact});
      return map(geometry, a, b);
    };
  };
  return {recording(Op::conv, form.numbers.conv), recording(Op::conv_transpose, form.numbers.conv_transpose),
          recording(Op::weight_gradient, form.numbers.weight_gradient)};
}

}  // namespace fsconv
