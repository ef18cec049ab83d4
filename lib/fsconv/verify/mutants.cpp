#include <algorithm>
#include <fsconv/forms/gather.hpp>
#include <fsconv/verify/mutants.hpp>

namespace fsconv {
namespace {

std::optional<std::string> everything(const Geometry&, Op) { return std::nullopt; }

// gather on a geometry, a weight or an input that has been tampered with.
template <class Geometries, class Weights>
Witness tampered(const std::string& name, Geometries geometry_of, Weights weight_of) {
  return {name,
          "--mutant " + name,
          53,
          everything,
          [=](const Geometry& g, const auto& image, const auto& weight) {
            return gather::conv(geometry_of(g), image, weight_of(g, weight));
          },
          [=](const Geometry& g, const auto& code, const auto& weight) {
            return gather::conv_transpose(geometry_of(g), code, weight_of(g, weight));
          },
          [=](const Geometry& g, const auto& code, const auto& image) {
            return weight_of(g, gather::weight_gradient(geometry_of(g), code, image));
          }};
}

Geometry same_geometry(const Geometry& g) { return g; }
Tensor<double> same_weight(const Geometry&, const Tensor<double>& w) { return w; }

template <class Change>
auto on_every_axis_of(Change change) {
  return [change](Geometry g) {
    for (Axis& axis : g.axes) change(axis);
    return g;
  };
}

Tensor<double> reversed(const Geometry& g, const Tensor<double>& weight) {
  std::vector<Index> order;
  std::vector<bool> backwards{false, false};
  for (std::size_t axis = 0; axis < g.axes.size() + 2; ++axis) order.push_back(static_cast<Index>(axis));
  backwards.resize(order.size(), true);
  return permute(weight, order, backwards);
}

Tensor<double> without_last_tap(const Geometry& g, Tensor<double> weight) {
  const Index filter = weight.size() / (g.out_channels * g.in_per_group());
  for (Index at = filter - 1; at < weight.size(); at += filter) weight[at] = 0;
  return weight;
}

// The weights of the next group in place of each group's own.
Tensor<double> rotated_groups(const Geometry& g, Tensor<double> weight) {
  std::rotate(weight.begin(), weight.begin() + weight.size() / g.groups % std::max<Index>(weight.size(), 1),
              weight.end());
  return weight;
}

Tensor<double> squared(Tensor<double> values) {
  for (double& value : values) value *= value;
  return values;
}

}  // namespace

std::vector<Witness> mutants() {
  Witness no_flip = tampered("no_flip", same_geometry, same_weight);
  no_flip.conv_transpose = [](const Geometry& g, const auto& code, const auto& weight) {
    return gather::conv(g.transposed(), code, transposed_weight(g, reversed(g, weight)));
  };
  Witness pad_p = tampered("pad_p", same_geometry, same_weight);
  pad_p.conv_transpose = [](const Geometry& g, const auto& code, const auto& weight) {
    Geometry t = g.transposed();
    for (std::size_t axis = 0; axis < t.axes.size(); ++axis) t.axes[axis].pad = g.axes[axis].pad;
    return gather::conv(t, code, transposed_weight(g, weight));
  };
  Witness quadratic = tampered("quadratic", same_geometry, same_weight);
  quadratic.conv = [](const Geometry& g, const auto& image, const auto& weight) {
    return gather::conv(g, squared(image), weight);
  };
  quadratic.conv_transpose = [](const Geometry& g, const auto& code, const auto& weight) {
    return gather::conv_transpose(g, squared(code), weight);
  };
  return {no_flip,
          pad_p,
          tampered("swapped_pads", on_every_axis_of([](Axis& a) { a.pad = a.pad_end(); }), same_weight),
          tampered("shifted", on_every_axis_of([](Axis& a) { ++a.pad; }), same_weight),
          tampered("wrong_group", same_geometry, rotated_groups),
          tampered("dropped_tap", same_geometry, without_last_tap),
          quadratic};
}

}  // namespace fsconv
