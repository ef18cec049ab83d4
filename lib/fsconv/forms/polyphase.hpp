// The form polyphase: a fractional stride split into phases, each a small dense convolution without zeros.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/forms/layout.hpp>
#include <numeric>

namespace fsconv::polyphase {

// One phase of an axis. Result pixels first_result + result_step*m use the taps first_tap + tap_step*j, and
// tap j of result m reads source pixel first_source + source_step*m + source_dilation*j: no divisions are
// left. Source: [SHI16] w_phi[a] = w[r*a + phi], here for any dilation and rational stride.
struct Phase {
  Index first_result = 0, result_step = 1, results = 0;
  Index first_tap = 0, tap_step = 1, taps = 0;
  Index first_source = 0, source_step = 1, source_dilation = 1, sources = 0;
};

// The phases of  divisor*source = multiplier*result + sign*(dilation*k - pad), solved for the source. The
// taps of one phase solve  sign*dilation*k = sign*pad - multiplier*result  modulo the divisor (Bezout); they
// are divisor/gcd(dilation, divisor) apart, or there are none.
inline std::vector<Phase> phases(const Axis& axis, Index divisor, Index multiplier, Index sign, Index results,
                                 Index sources) {
  const Index common = std::gcd(axis.dilation, divisor);
  const Index tap_step = divisor / common;
  const Index inverse = inverse_modulo(axis.dilation / common, tap_step);
  std::vector<Phase> list;
  for (Index first = 0; first < std::min(divisor, results); ++first) {
    const Index residue = positive_mod(axis.pad - sign * multiplier * first, divisor);
    Phase phase{.first_result = first,
                .result_step = divisor,
                .results = (results - 1 - first) / divisor + 1,
                .tap_step = tap_step,
                .source_step = multiplier,
                .source_dilation = sign * axis.dilation / common,
                .sources = sources};
    if (residue % common == 0) {
      phase.first_tap = positive_mod(residue / common * inverse, tap_step);
      phase.taps = phase.first_tap < axis.taps ? (axis.taps - 1 - phase.first_tap) / tap_step + 1 : 0;
      phase.first_source =
          (multiplier * first + sign * (axis.dilation * phase.first_tap - axis.pad)) / divisor;
    }
    list.push_back(phase);
  }
  return list;
}

inline std::vector<Phase> conv_phases(const Axis& axis) {
  return phases(axis, axis.up, axis.down, +1, axis.out, axis.in);
}
inline std::vector<Phase> conv_transpose_phases(const Axis& axis) {
  return phases(axis, axis.down, axis.up, -1, axis.in, axis.out);
}

// Calls f(result, source, tap) for every tap in range of one phase.
template <class F>
void for_each_tap(const Phase& phase, F&& f) {
  for (Index m = 0; m < phase.results; ++m)
    for (Index j = 0; j < phase.taps; ++j) {
      const Index source = phase.first_source + phase.source_step * m + phase.source_dilation * j;
      if (source >= 0 && source < phase.sources)
        f(phase.first_result + phase.result_step * m, source, phase.first_tap + phase.tap_step * j);
    }
}

// The same over the three axes, all combinations of phases.
template <class F>
void for_each_tap(const std::array<std::vector<Phase>, 3>& axes, F&& f) {
  for (const Phase& a : axes[0])
    for (const Phase& b : axes[1])
      for (const Phase& c : axes[2])
        for_each_tap(a, [&](Index ra, Index sa, Index ka) {
          for_each_tap(b, [&](Index rb, Index sb, Index kb) {
            for_each_tap(c, [&](Index rc, Index sc, Index kc) {
              f(Index3{ra, rb, rc}, Index3{sa, sb, sc}, Index3{ka, kb, kc});
            });
          });
        });
}

template <class Phases>
std::array<std::vector<Phase>, 3> on_three_axes(const Layout& at, Phases phases_of) {
  return {phases_of(at.axes[0]), phases_of(at.axes[1]), phases_of(at.axes[2])};
}

template <class T>
Tensor<T> conv(const Geometry& geometry, const Tensor<T>& image, const Tensor<T>& weight) {
  const Layout at(geometry);
  const auto phases_of_axes = on_three_axes(at, conv_phases);
  const Index batch = image.shape()[0];
  Tensor<T> code(geometry.code_shape(batch));
  for (Index n = 0; n < batch; ++n)
    for_each_channel_pair(at, [&](Index co, Index ci) {
      for_each_tap(phases_of_axes, [&](const Index3& o, const Index3& i, const Index3& k) {
        code[at.code(n, co, o)] += weight[at.weight(co, ci, k)] * image[at.image(n, ci, i)];
      });
    });
  return code;
}

template <class T>
Tensor<T> conv_transpose(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& weight) {
  const Layout at(geometry);
  const auto phases_of_axes = on_three_axes(at, conv_transpose_phases);
  const Index batch = code.shape()[0];
  Tensor<T> image(geometry.image_shape(batch));
  for (Index n = 0; n < batch; ++n)
    for_each_channel_pair(at, [&](Index co, Index ci) {
      for_each_tap(phases_of_axes, [&](const Index3& i, const Index3& o, const Index3& k) {
        image[at.image(n, ci, i)] += weight[at.weight(co, ci, k)] * code[at.code(n, co, o)];
      });
    });
  return image;
}

template <class T>
Tensor<T> weight_gradient(const Geometry& geometry, const Tensor<T>& code, const Tensor<T>& image) {
  const Layout at(geometry);
  const auto phases_of_axes = on_three_axes(at, conv_transpose_phases);
  const Index batch = image.shape()[0];
  Tensor<T> gradient(geometry.weight_shape());
  for (Index n = 0; n < batch; ++n)
    for_each_channel_pair(at, [&](Index co, Index ci) {
      for_each_tap(phases_of_axes, [&](const Index3& i, const Index3& o, const Index3& k) {
        gradient[at.weight(co, ci, k)] += code[at.code(n, co, o)] * image[at.image(n, ci, i)];
      });
    });
  return gradient;
}

}  // namespace fsconv::polyphase
