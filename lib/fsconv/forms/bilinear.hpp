// The form bilinear: an axis cut into tiles, each of them computed by three small matrices with fewer products than taps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/engine/tiled_axis.hpp>
#include <fsconv/forms/kept.hpp>
#include <fsconv/forms/layout.hpp>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace fsconv::bilinear {

// engine/tiled_axis.hpp cuts the axes, engine/bilinear.hpp has the matrices. Matrices of several axes are applied along one after
// the other, which is their Kronecker product; `scale` is then the product of those of the axes. With w, x and y' the taps, image
// pixels and code pixels of a tile,
//     scale * code     = code^T  ( (filter w) . (image x) )      summed over the phases
//     scale * image    = image^T ( (filter w) . (code y') )      summed over the tiles that share a pixel
//     scale * gradient = filter^T ( (code y') . (image x) )      summed over tiles and batch
// Everything is whole numbers but for the division at the end. Source: S. Winograd, Arithmetic Complexity of Computations, 1980.

using Matrices = std::array<const engine::SmallMatrix*, 3>;
using Positions =
    std::vector<Index>;  // flat offsets into the pixels or taps of a channel, or TiledAxis::absent

// What is computed: the axes in tiles, and the algorithms that these name by their places.
struct Tiling {
  std::array<engine::TiledAxis, 3> axes;
  std::vector<engine::Bilinear> algorithms{std::begin(engine::bilinear_algorithms),
                                           std::end(engine::bilinear_algorithms)};
};

inline Tiling tiling_of(const Geometry& geometry, const engine::Cut& cut = {.largest = 4}) {
  const std::array<Axis, 3> axes = three_axes(geometry);
  return {.axes = {tiled(axes[0], cut), tiled(axes[1], cut), tiled(axes[2], cut)}};
}

// The tiles that are of the same kind along every axis.
struct Kind {
  std::array<engine::Bilinear, 3> algorithms;
  std::vector<Positions> taps;  // [phase]
  struct Tile {
    Positions code;
    std::vector<Positions> image;  // [phase]
  };
  std::vector<Tile> tiles;

  Matrices code() const { return {&algorithms[0].code, &algorithms[1].code, &algorithms[2].code}; }
  Matrices filter() const { return {&algorithms[0].filter, &algorithms[1].filter, &algorithms[2].filter}; }
  Matrices image() const { return {&algorithms[0].image, &algorithms[1].image, &algorithms[2].image}; }
  std::size_t points() const {
    return static_cast<std::size_t>(algorithms[0].products * algorithms[1].products * algorithms[2].products);
  }
  Index scale() const { return algorithms[0].scale * algorithms[1].scale * algorithms[2].scale; }
};

inline Positions combined(const Positions& a, const Positions& b, const Positions& c, const Index3& extents) {
  Positions flat;
  for (const Index x : a)
    for (const Index y : b)
      for (const Index z : c)
        flat.push_back(x < 0 || y < 0 || z < 0 ? engine::TiledAxis::absent : flatten({x, y, z}, extents));
  return flat;
}

inline std::vector<Positions> combined(const std::vector<Positions>& a, const std::vector<Positions>& b,
                                       const std::vector<Positions>& c, const Index3& extents) {
  std::vector<Positions> phases;
  for (const Positions& x : a)
    for (const Positions& y : b)
      for (const Positions& z : c) phases.push_back(combined(x, y, z, extents));
  return phases;
}

inline std::vector<Kind> kinds_of(const Tiling& tiling, const Layout& at) {
  const auto& [first, second, third] = tiling.axes;
  const auto algorithm = [&](const engine::TiledAxis::Kind& kind) {
    return tiling.algorithms[static_cast<std::size_t>(kind.algorithm)];
  };
  std::vector<Kind> kinds;
  for (const auto& a : first.kinds)
    for (const auto& b : second.kinds)
      for (const auto& c : third.kinds)
        kinds.push_back({.algorithms = {algorithm(a), algorithm(b), algorithm(c)},
                         .taps = combined(a.taps, b.taps, c.taps, at.taps),
                         .tiles = {}});
  for (const auto& a : first.tiles)
    for (const auto& b : second.tiles)
      for (const auto& c : third.tiles) {
        const Index3 kind{a.kind, b.kind, c.kind};
        const Index3 count{static_cast<Index>(first.kinds.size()), static_cast<Index>(second.kinds.size()),
                           static_cast<Index>(third.kinds.size())};
        kinds[static_cast<std::size_t>(flatten(kind, count))].tiles.push_back(
            {.code = combined(a.code, b.code, c.code, at.out),
             .image = combined(a.image, b.image, c.image, at.in)});
      }
  return kinds;
}

// A whole number as a scalar. Eigen's dual numbers are made of real ones.
template <class T>
T whole(Index value) {
  if constexpr (requires { typename T::Scalar; })
    return T(static_cast<typename T::Scalar>(value));
  else
    return static_cast<T>(value);
}

// M x, or M^T x, with M the matrices along the three axes.
template <class T>
std::vector<T> along(const Matrices& matrices, bool transposed, std::vector<T> x) {
  Index before = 1, after = static_cast<Index>(x.size());
  for (const engine::SmallMatrix* matrix : matrices) {
    const Index from = transposed ? matrix->rows : matrix->columns;
    const Index to = transposed ? matrix->columns : matrix->rows;
    after /= from;
    std::vector<T> sums(static_cast<std::size_t>(before * to * after), T(0));
    for (Index r = 0; r < to; ++r)
      for (Index c = 0; c < from; ++c) {
        const std::int64_t entry = transposed ? matrix->at[c][r] : matrix->at[r][c];
        if (entry == 0) continue;
        for (Index b = 0; b < before; ++b)
          for (Index a = 0; a < after; ++a) {
            T& sum = sums[static_cast<std::size_t>((b * to + r) * after + a)];
            const T& value = x[static_cast<std::size_t>((b * from + c) * after + a)];
            if (entry == 1)
              sum += value;
            else
              sum += whole<T>(entry) * value;
          }
      }
    x = std::move(sums);
    before *= to;
  }
  return x;
}

// One array's numbers at these positions; what is not there is 0.
template <class T>
std::vector<T> picked(const T* channel, const Positions& positions) {
  std::vector<T> values(positions.size(), T(0));
  for (std::size_t at = 0; at < positions.size(); ++at)
    if (positions[at] >= 0) values[at] = channel[positions[at]];
  return values;
}

template <class T>
void add_products(std::vector<T>& sums, const std::vector<T>& a, const std::vector<T>& b) {
  for (std::size_t at = 0; at < sums.size(); ++at) sums[at] += a[at] * b[at];
}

// Exact scalars: throws std::logic_error where something is left over, for then the identity of the matrices does not hold. A
// scalar of another library brings its own divided_exactly(value, by).
template <class T>
T divided(const T& value, Index by) {
  if (by == 1) return value;
  if constexpr (requires { divided_exactly(value, by); }) {
    return divided_exactly(value, by);
  } else if constexpr (std::is_integral_v<T>) {
    if (value % by != 0) throw std::logic_error("a tile's result is no multiple of its scale");
    return static_cast<T>(value / by);
  } else {
    return T(value / whole<T>(by));
  }
}

// Adds what the tile's results are, divided by the scale, where they are there.
template <class T>
void add_results(const std::vector<T>& results, const Positions& positions, Index scale, T* channel) {
  for (std::size_t at = 0; at < positions.size(); ++at)
    if (positions[at] >= 0) channel[positions[at]] += divided(results[at], scale);
}

// The channels of one array in points: [channel].
template <class T>
std::vector<std::vector<T>> in_points(const Matrices& matrices, const Positions& positions, const T* channels,
                                      Index count, Index pixels) {
  std::vector<std::vector<T>> points;
  for (Index channel = 0; channel < count; ++channel)
    points.push_back(along(matrices, false, picked(channels + channel * pixels, positions)));
  return points;
}

// All filters in points, [phase][out_channel, in_channel of the group].
template <class T>
std::vector<std::vector<std::vector<T>>> filters_in_points(const Kind& kind, const Layout& at,
                                                           const Tensor<T>& weight) {
  const Index count = at.out_channels * at.in_per_group * static_cast<Index>(kind.taps.size());
  require_memory(count, sizeof(T) * kind.points(), "filters in points");
  std::vector<std::vector<std::vector<T>>> filters;
  for (const Positions& taps : kind.taps)
    filters.push_back(
        in_points(kind.filter(), taps, weight.data(), at.out_channels * at.in_per_group, volume(at.taps)));
  return filters;
}

// One image of a batch in points, [phase][in_channel].
template <class T>
std::vector<std::vector<std::vector<T>>> image_in_points(const Kind& kind, const Kind::Tile& tile,
                                                         const Layout& at, const T* image) {
  std::vector<std::vector<std::vector<T>>> points;
  for (const Positions& pixels : tile.image)
    points.push_back(in_points(kind.image(), pixels, image, at.in_channels, volume(at.in)));
  return points;
}

// Where the filter of two channels that share a group is among the filters.
inline std::size_t filter_of(const Layout& at, Index co, Index ci) {
  return static_cast<std::size_t>(co * at.in_per_group + ci % at.in_per_group);
}

template <class T>
Tensor<T> conv_by(const std::vector<Kind>& kinds, const Geometry& geometry, const Tensor<T>& image,
                  const Tensor<T>& weight) {
  const Layout at(geometry);
  const Index batch = image.shape()[0];
  Tensor<T> code(geometry.code_shape(batch));
  for (const Kind& kind : kinds) {
    const auto w = filters_in_points(kind, at, weight);
    for (const Kind::Tile& tile : kind.tiles)
      for (Index n = 0; n < batch; ++n) {
        const auto x = image_in_points(kind, tile, at, image.data() + at.image(n, 0, {}));
        for (Index co = 0; co < at.out_channels; ++co) {
          std::vector<T> sums(kind.points(), T(0));
          for (std::size_t phase = 0; phase < kind.taps.size(); ++phase)
            for (Index c = 0; c < at.in_per_group; ++c) {
              const Index ci = at.first_in_channel(co) + c;
              add_products(sums, w[phase][filter_of(at, co, ci)], x[phase][static_cast<std::size_t>(ci)]);
            }
          add_results(along(kind.code(), true, std::move(sums)), tile.code, kind.scale(),
                      code.data() + at.code(n, co, {}));
        }
      }
  }
  return code;
}

template <class T>
Tensor<T> conv_transpose_by(const std::vector<Kind>& kinds, const Geometry& geometry, const Tensor<T>& code,
                            const Tensor<T>& weight) {
  const Layout at(geometry);
  const Index batch = code.shape()[0];
  Tensor<T> image(geometry.image_shape(batch));
  for (const Kind& kind : kinds) {
    const auto w = filters_in_points(kind, at, weight);
    for (const Kind::Tile& tile : kind.tiles)
      for (Index n = 0; n < batch; ++n) {
        const auto y = in_points(kind.code(), tile.code, code.data() + at.code(n, 0, {}), at.out_channels,
                                 volume(at.out));
        for (std::size_t phase = 0; phase < kind.taps.size(); ++phase)
          for (Index ci = 0; ci < at.in_channels; ++ci) {
            std::vector<T> sums(kind.points(), T(0));
            const Index first = ci / at.in_per_group * at.out_per_group;
            for (Index co = first; co < first + at.out_per_group; ++co)
              add_products(sums, w[phase][filter_of(at, co, ci)], y[static_cast<std::size_t>(co)]);
            add_results(along(kind.image(), true, std::move(sums)), tile.image[phase], kind.scale(),
                        image.data() + at.image(n, ci, {}));
          }
      }
  }
  return image;
}

template <class T>
Tensor<T> weight_gradient_by(const std::vector<Kind>& kinds, const Geometry& geometry, const Tensor<T>& code,
                             const Tensor<T>& image) {
  const Layout at(geometry);
  const Index batch = image.shape()[0], filters = at.out_channels * at.in_per_group;
  Tensor<T> gradient(geometry.weight_shape());
  for (const Kind& kind : kinds) {
    const std::vector<std::vector<T>> no_sums(static_cast<std::size_t>(filters),
                                              std::vector<T>(kind.points(), T(0)));
    std::vector<std::vector<std::vector<T>>> sums(kind.taps.size(), no_sums);
    for (const Kind::Tile& tile : kind.tiles)
      for (Index n = 0; n < batch; ++n) {
        const auto x = image_in_points(kind, tile, at, image.data() + at.image(n, 0, {}));
        const auto y = in_points(kind.code(), tile.code, code.data() + at.code(n, 0, {}), at.out_channels,
                                 volume(at.out));
        for (std::size_t phase = 0; phase < kind.taps.size(); ++phase)
          for_each_channel_pair(at, [&](Index co, Index ci) {
            add_products(sums[phase][filter_of(at, co, ci)], y[static_cast<std::size_t>(co)],
                         x[phase][static_cast<std::size_t>(ci)]);
          });
      }
    for (std::size_t phase = 0; phase < kind.taps.size(); ++phase)
      for (Index filter = 0; filter < filters; ++filter)
        add_results(along(kind.filter(), true, std::move(sums[phase][static_cast<std::size_t>(filter)])),
                    kind.taps[phase], kind.scale(), gradient.data() + filter * volume(at.taps));
  }
  return gradient;
}

// The tiles of a geometry, kept for the next call in a KeepPrepared.
inline std::shared_ptr<const std::vector<Kind>> kinds_of(const Geometry& geometry) {
  return prepared<std::vector<Kind>>(geometry, 0, [&] {
    return std::make_shared<std::vector<Kind>>(kinds_of(tiling_of(geometry), Layout(geometry)));
  });
}

template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  return conv_by(*kinds_of(geometry), geometry, image, weight);
}

template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  return conv_transpose_by(*kinds_of(geometry), geometry, code, weight);
}

template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  return weight_gradient_by(*kinds_of(geometry), geometry, code, image);
}

}  // namespace fsconv::bilinear
