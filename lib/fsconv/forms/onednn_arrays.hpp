// Geometries and arrays of ours in oneDNN's words: for the form onednn and for its bench, nobody else.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <omp.h>

#include <fsconv/base/memory.hpp>
#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

namespace fsconv::onednn {

using dnnl::memory;
using Type = memory::data_type;

// The one engine of the process: arrays and plans of different engines do not fit together.
inline const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Keeps oneDNN on the calling thread, whose setting this is: callers spread their own work over the cores. Throws
// std::bad_alloc where a limit of memory is near: oneDNN crashes, or waits for itself, where it finds none.
inline void use_one_thread() {
  require_room(std::size_t{32} << 20);
  omp_set_num_threads(1);
}

// Made before the plans that run on it: a plan is made for the threads that there are.
inline dnnl::stream one_thread_stream() {
  use_one_thread();
  return dnnl::stream(cpu());
}

// The distance between neighbours along each axis of an array of this shape, last index fastest.
inline memory::dims row_major(const memory::dims& shape) {
  memory::dims strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

// How our arrays lie.
inline memory::desc plain(const Shape& shape, Type type) {
  return memory::desc(shape, type, row_major(shape));
}

// How our weights lie. oneDNN wants them as [groups, out per group, in per group, taps...]; its deconvolution, our
// conv_transpose, swaps the two.
inline memory::desc plain_weight(const Geometry& geometry, Type type, Direction direction) {
  memory::dims shape{geometry.groups, geometry.out_per_group(), geometry.in_per_group()};
  for (const Axis& axis : geometry.axes) shape.push_back(axis.taps);
  memory::dims strides = row_major(shape);
  if (direction == Direction::conv_transpose) {
    std::swap(shape[1], shape[2]);
    std::swap(strides[1], strides[2]);
  }
  return memory::desc(shape, type, strides);
}

// The same array in whatever layout oneDNN finds fast: arrays in another one are copied there and back.
inline memory::desc any_layout(const memory::desc& array) {
  return memory::desc(array.dims(), array.data_type(), memory::format_tag::any);
}

// Floats of the caller, not copied. oneDNN has no memory that is only read: sources are not written either.
inline memory wrap(const memory::desc& layout, const float* values) {
  return memory(layout, cpu(), const_cast<float*>(values));
}

// The numbers of a geometry that every operation takes. Rational strides have none.
struct Parameters {
  explicit Parameters(const Geometry& geometry) {
    for (const Axis& axis : geometry.axes) {
      strides.push_back(axis.down);
      dilates.push_back(axis.dilation - 1);  // 0 is dense there
      padding_begin.push_back(axis.pad);
      padding_end.push_back(axis.pad_end());
    }
  }
  memory::dims strides, dilates, padding_begin, padding_end;
};

// The plans of the three operations, for arrays of these shapes and types in the layouts that oneDNN prefers.
// They throw dnnl::error where it has no such primitive.
inline dnnl::convolution_forward::primitive_desc conv_plan(const Geometry& geometry,
                                                           const memory::desc& image,
                                                           const memory::desc& weight,
                                                           const memory::desc& code) {
  const Parameters p(geometry);
  return {{dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, any_layout(image),
           any_layout(weight), any_layout(code), p.strides, p.dilates, p.padding_begin, p.padding_end},
          cpu()};
}

// `weight` is that of conv_transpose (plain_weight).
inline dnnl::deconvolution_forward::primitive_desc conv_transpose_plan(const Geometry& geometry,
                                                                       const memory::desc& code,
                                                                       const memory::desc& weight,
                                                                       const memory::desc& image) {
  const Parameters p(geometry);
  return {{dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct, any_layout(code),
           any_layout(weight), any_layout(image), p.strides, p.dilates, p.padding_begin, p.padding_end},
          cpu()};
}

// `gradient` may be of floats where image and code are of BFloat16; the forward pass, which oneDNN asks for
// as a hint, then has weights of their type.
inline dnnl::convolution_backward_weights::primitive_desc weight_gradient_plan(const Geometry& geometry,
                                                                               const memory::desc& image,
                                                                               const memory::desc& code,
                                                                               const memory::desc& gradient) {
  const Parameters p(geometry);
  const memory::desc weight(gradient.dims(), image.data_type(), memory::format_tag::any);
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, any_layout(image), weight,
       any_layout(code), p.strides, p.dilates, p.padding_begin, p.padding_end},
      cpu());
  return {{dnnl::algorithm::convolution_direct, any_layout(image), any_layout(gradient), any_layout(code),
           p.strides, p.dilates, p.padding_begin, p.padding_end},
          cpu(),
          forward};
}

}  // namespace fsconv::onednn
