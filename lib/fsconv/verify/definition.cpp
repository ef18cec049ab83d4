// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/verify/definition.hpp>

namespace fsconv {
namespace {

struct Triple {
  Index o, i, k;
};

// Trying every triple is plain, not fast: beyond this many, nobody would wait for it.
constexpr double most_triples = 1e9;

std::vector<Triple> triples(const Axis& a) {
  if (static_cast<double>(a.out) * static_cast<double>(a.in) * static_cast<double>(a.taps) > most_triples)
    throw InvalidArgument("case",
                          fmt::format("an axis of {} x {} x {} is too long to be verified triple by triple",
                                      a.in, a.out, a.taps),
                          "verify a shorter one with the same taps, stride, dilation and padding");
  std::vector<Triple> list;
  for (Index o = 0; o < a.out; ++o)
    for (Index i = 0; i < a.in; ++i)
      for (Index k = 0; k < a.taps; ++k)
        if (a.up * i == a.down * o + a.dilation * k - a.pad) list.push_back({o, i, k});
  return list;
}

// The largest number of entries that share one value of a field.
template <class Field>
Index most_common(const std::vector<Definition::Entry>& entries, Index values, Field field) {
  std::vector<Index> count(static_cast<std::size_t>(values), 0);
  for (const auto& entry : entries) ++count[static_cast<std::size_t>(entry.*field)];
  return *std::max_element(count.begin(), count.end());
}

}  // namespace

Definition::Definition(const Geometry& geometry) : geometry_(geometry) {
  check_filled(geometry);
  require_memory(nonzeros(geometry), sizeof(Entry), "entries of W");
  const auto axes = three_axes(geometry);
  const auto first = triples(axes[0]), second = triples(axes[1]), third = triples(axes[2]);
  // Where things lie is written out here and not taken from the forms' common layout.
  const Index in_group = geometry.in_channels / geometry.groups,
              out_group = geometry.out_channels / geometry.groups;
  for (Index co = 0; co < geometry.out_channels; ++co)
    for (Index ci = 0; ci < geometry.in_channels; ++ci) {
      if (co / out_group != ci / in_group) continue;
      const Index filter = co * in_group + ci % in_group;
      for (const Triple& a : first)
        for (const Triple& b : second)
          for (const Triple& c : third)
            entries_.push_back(
                {.row = ((co * axes[0].out + a.o) * axes[1].out + b.o) * axes[2].out + c.o,
                 .column = ((ci * axes[0].in + a.i) * axes[1].in + b.i) * axes[2].in + c.i,
                 .weight = ((filter * axes[0].taps + a.k) * axes[1].taps + b.k) * axes[2].taps + c.k});
    }
  longest_row_ = most_common(entries_, element_count(geometry_.code_shape()), &Entry::row);
  longest_column_ = most_common(entries_, element_count(geometry_.image_shape()), &Entry::column);
  longest_weight_ = most_common(entries_, element_count(geometry_.weight_shape()), &Entry::weight);
}

Tensor<double> absolute(const Tensor<double>& values) {
  Tensor<double> positive = values;
  for (double& value : positive) value = std::abs(value);
  return positive;
}

}  // namespace fsconv
