// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/forms/checkerboard.hpp>
#include <fsconv/forms/template_forms.hpp>
#include <fsconv/verify/mutants.hpp>

namespace fsconv {
namespace {

// A witness whose maps for numbers and for polynomials are one generic function each.
template <class Conv, class Transpose, class Gradient>
Witness mutant(const std::string& name, Conv conv, Transpose conv_transpose, Gradient weight_gradient) {
  return {.name = name,
          .selector = "--mutant " + name,
          .bits = {53, 53},
          .unsupported = supports_everything,
          .numbers = {conv, conv_transpose, weight_gradient},
          .polynomials = Maps<Polynomial>{conv, conv_transpose, weight_gradient}};
}

// gather on a geometry, a weight or an input that has been tampered with.
template <class Geometries, class Weights>
Witness tampered(const std::string& name, Geometries geometry_of, Weights weight_of) {
  return mutant(
      name,
      [=](const Geometry& g, const auto& image, const auto& weight) {
        return gather::conv(geometry_of(g), image, weight_of(g, weight));
      },
      [=](const Geometry& g, const auto& code, const auto& weight) {
        return gather::conv_transpose(geometry_of(g), code, weight_of(g, weight));
      },
      [=](const Geometry& g, const auto& code, const auto& image) {
        return weight_of(g, gather::weight_gradient(geometry_of(g), code, image));
      });
}

constexpr auto right_conv = [](const Geometry& g, const auto& image, const auto& weight) {
  return gather::conv(g, image, weight);
};
constexpr auto right_weight_gradient = [](const Geometry& g, const auto& code, const auto& image) {
  return gather::weight_gradient(g, code, image);
};

Geometry same_geometry(const Geometry& g) { return g; }
constexpr auto same_weight = [](const Geometry&, const auto& w) { return w; };

template <class Change>
auto on_every_axis_of(Change change) {
  return [change](Geometry g) {
    for (Axis& axis : g.axes) change(axis);
    return g;
  };
}

template <class T>
Tensor<T> reversed(const Geometry& g, const Tensor<T>& weight) {
  std::vector<Index> order;
  std::vector<bool> backwards{false, false};
  for (std::size_t axis = 0; axis < g.axes.size() + 2; ++axis) order.push_back(static_cast<Index>(axis));
  backwards.resize(order.size(), true);
  return permute(weight, order, backwards);
}

constexpr auto without_last_tap = [](const Geometry& g, auto weight) {
  const Index filter = weight.size() / (g.out_channels * g.in_per_group());
  for (Index at = filter - 1; at < weight.size(); at += filter)
    weight[at] = std::decay_t<decltype(weight[at])>(0);
  return weight;
};

// The weights of the next group in place of each group's own.
constexpr auto rotated_groups = [](const Geometry& g, auto weight) {
  std::rotate(weight.begin(), weight.begin() + weight.size() / g.groups % std::max<Index>(weight.size(), 1),
              weight.end());
  return weight;
};

// Nearest upsampling and then the filter as it is: its phase sums do not matter any more.
constexpr auto upsampled_conv_transpose = [](const Geometry& g, const auto& code, const auto& weight) {
  Geometry plain = g;
  for (Axis& axis : plain.axes) {
    axis.out *= axis.down;
    axis.down = 1;
  }
  return gather::conv_transpose(plain, checkerboard::nearest(g, code), weight);
};

template <class T>
Tensor<T> squared(Tensor<T> values) {
  for (T& value : values) value = value * value;
  return values;
}

// A black box with a shortcut that is wrong and that no random image takes: probes must.
template <class Takes>
Witness shortcut(const std::string& name, Takes takes) {
  Witness box = tampered(name, same_geometry, same_weight);
  box.numbers.conv = [takes](const Geometry& g, const Tensor<double>& image, const Tensor<double>& weight) {
    Tensor<double> code = gather::conv(g, image, weight);
    if (takes(image))
      for (double& value : code) value += 1;
    return code;
  };
  box.polynomials.reset();
  return box;
}

using bilinear::Tiling;

// The form bilinear with tiles or matrices that have been tampered with.
template <class Change>
auto tiles_of(Change change) {
  return [change](const Geometry& g) {
    Tiling tiling = bilinear::tiling_of(g);
    change(tiling);
    return bilinear::kinds_of(tiling, Layout(g));
  };
}

template <class Change, class TransposedChange>
Witness tampered_tiles(const std::string& name, Change change, TransposedChange transposed_change) {
  const auto tiles = tiles_of(change);
  const auto transposed_tiles = tiles_of(transposed_change);
  Witness witness = mutant(
      name,
      [=](const Geometry& g, const auto& image, const auto& weight) {
        return bilinear::conv_by(tiles(g), g, image, weight);
      },
      [=](const Geometry& g, const auto& code, const auto& weight) {
        return bilinear::conv_transpose_by(transposed_tiles(g), g, code, weight);
      },
      [=](const Geometry& g, const auto& code, const auto& image) {
        return bilinear::weight_gradient_by(tiles(g), g, code, image);
      });
  witness.cuts = {{.largest = 4}};
  return witness;
}

// `change` of every algorithm that saves a product: geometries differ in which they use.
template <class Change>
auto of_algorithms(Change change) {
  return [change](Tiling& tiling) {
    for (engine::Bilinear& algorithm : tiling.algorithms)
      if (algorithm.results > 1) change(algorithm);
  };
}

template <class Change>
Witness tampered_matrices(const std::string& name, Change change) {
  return tampered_tiles(name, of_algorithms(change), of_algorithms(change));
}

void shift_last_tile(Tiling& tiling) {
  for (engine::TiledAxis& axis : tiling.axes)
    for (std::vector<Index>& pixels : axis.tiles.back().image) {
      if (pixels.size() == 1) continue;  // not tiled
      pixels.erase(pixels.begin());
      pixels.push_back(engine::TiledAxis::absent);
    }
}

}  // namespace

std::vector<Witness> mutants() {
  return {
      mutant(
          "no_flip", right_conv,
          [](const Geometry& g, const auto& code, const auto& weight) {
            return gather::conv(g.transposed(), code, transposed_weight(g, reversed(g, weight)));
          },
          right_weight_gradient),
      mutant(
          "pad_p", right_conv,
          [](const Geometry& g, const auto& code, const auto& weight) {
            Geometry t = g.transposed();
            for (std::size_t axis = 0; axis < t.axes.size(); ++axis) t.axes[axis].pad = g.axes[axis].pad;
            return gather::conv(t, code, transposed_weight(g, weight));
          },
          right_weight_gradient),
      tampered("swapped_pads", on_every_axis_of([](Axis& a) { a.pad = a.pad_end(); }), same_weight),
      tampered("cancelled_stride", on_every_axis_of([](Axis& a) {
                 const Index factor = a.stride_factor();
                 a.down /= factor;
                 a.up /= factor;
               }),
               same_weight),
      tampered("shifted", on_every_axis_of([](Axis& a) { ++a.pad; }), same_weight),
      tampered("wrong_group", same_geometry, rotated_groups),
      tampered("dropped_tap", same_geometry, without_last_tap),
      mutant("upsampled", right_conv, upsampled_conv_transpose, right_weight_gradient),
      mutant(
          "quadratic",
          [](const Geometry& g, const auto& image, const auto& weight) {
            return gather::conv(g, squared(image), weight);
          },
          [](const Geometry& g, const auto& code, const auto& weight) {
            return gather::conv_transpose(g, squared(code), weight);
          },
          right_weight_gradient),
      shortcut("unit_shortcut",
               [](const Tensor<double>& image) {
                 return std::count(image.begin(), image.end(), 0.0) == image.size() - 1;
               }),
      shortcut("ones_shortcut",
               [](const Tensor<double>& image) {
                 return std::count(image.begin(), image.end(), 1.0) == image.size();
               }),
      tampered_matrices("wrong_coefficient", [](engine::Bilinear& a) { a.code.at[1][0] += 1; }),
      tampered_matrices("wrong_sign", [](engine::Bilinear& a) { a.filter.at[1][1] *= -1; }),
      tampered_tiles("shifted_tile", shift_last_tile, shift_last_tile),
      tampered_tiles(
          "plain_matrix", [](Tiling&) {}, of_algorithms([](engine::Bilinear& a) {
            const engine::SmallMatrix image = a.image;
            for (int r = 0; r < image.rows; ++r)
              for (int c = 0; c < image.columns; ++c) a.image.at[c][r] = image.at[r][c];
          })),
      tampered_matrices("scaled_twice", [](engine::Bilinear& a) { a.scale *= a.scale; }),
  };
}

}  // namespace fsconv
