#include <fmt/format.h>
#include <omp.h>

#include <fsconv/forms/onednn.hpp>
#include <oneapi/dnnl/dnnl.hpp>

namespace fsconv::onednn {
namespace {

using dnnl::memory;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// A plain row-major array of ours as oneDNN sees it.
memory wrap(const memory::dims& shape, const memory::dims& strides, const float* values) {
  return memory({shape, memory::data_type::f32, strides}, cpu(), const_cast<float*>(values));
}

memory::dims row_major(const memory::dims& shape) {
  memory::dims strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

memory wrap(const Shape& shape, const float* values) { return wrap(shape, row_major(shape), values); }

// oneDNN wants grouped weights as [groups, out per group, in per group, taps...]; deconvolution swaps the
// two.
memory wrap_weight(const Geometry& geometry, const float* values, bool transposed) {
  memory::dims shape{geometry.groups, geometry.out_per_group(), geometry.in_per_group()};
  for (const Axis& axis : geometry.axes) shape.push_back(axis.taps);
  memory::dims strides = row_major(shape);
  if (transposed) {
    std::swap(shape[1], shape[2]);
    std::swap(strides[1], strides[2]);
  }
  return wrap(shape, strides, values);
}

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

// oneDNN chooses layouts that are fast for it; arrays in another one are copied there and back.
memory::desc any_layout(const memory& array) {
  return memory::desc(array.get_desc().dims(), memory::data_type::f32, memory::format_tag::any);
}

class Stream {
 public:
  // One thread: callers spread their own work over the cores.
  Stream() : stream_((omp_set_num_threads(1), cpu())) {}

  memory in_layout(memory array, const memory::desc& layout) {
    if (array.get_desc() == layout) return array;
    memory copy(layout, cpu());
    dnnl::reorder(array, copy).execute(stream_, array, copy);
    return copy;
  }

  // Runs a primitive on `sources`, and leaves its one result in `result`, whatever layout it prefers.
  template <class Primitive>
  void run(const Primitive& primitive, std::unordered_map<int, memory> arguments, int result_argument,
           const memory::desc& result_layout, memory& result) {
    const bool direct = result.get_desc() == result_layout;
    memory target = direct ? result : memory(result_layout, cpu());
    arguments.insert({result_argument, target});
    primitive.execute(stream_, arguments);
    if (!direct) dnnl::reorder(target, result).execute(stream_, target, result);
    stream_.wait();
  }

 private:
  dnnl::stream stream_;
};

}  // namespace

std::optional<std::string> unsupported(const Geometry& geometry) {
  for (const Axis& axis : geometry.axes) {
    if (axis.up != 1) return fmt::format("oneDNN has no rational stride {}", stride_text(axis));
    if (axis.pad < 0) return fmt::format("oneDNN has no negative padding {} before the image", axis.pad);
    if (axis.pad_end() + axis.down <= 0)
      return fmt::format("oneDNN cannot leave {} trailing pixels unread with stride {}", -axis.pad_end(),
                         axis.down);
  }
  return std::nullopt;
}

Tensor<float> conv(const Geometry& geometry, const Tensor<float>& image, const Tensor<float>& weight) {
  Tensor<float> code(geometry.code_shape(image.shape()[0]));
  Stream stream;  // first: a plan is made for the threads there are
  const Parameters p(geometry);
  const memory x = wrap(image.shape(), image.data()), w = wrap_weight(geometry, weight.data(), false);
  memory y = wrap(code.shape(), code.data());
  const dnnl::convolution_forward::primitive_desc plan(
      {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, any_layout(x), any_layout(w),
       any_layout(y), p.strides, p.dilates, p.padding_begin, p.padding_end},
      cpu());
  stream.run(dnnl::convolution_forward(plan),
             {{DNNL_ARG_SRC, stream.in_layout(x, plan.src_desc())},
              {DNNL_ARG_WEIGHTS, stream.in_layout(w, plan.weights_desc())}},
             DNNL_ARG_DST, plan.dst_desc(), y);
  return code;
}

Tensor<float> conv_transpose(const Geometry& geometry, const Tensor<float>& code,
                             const Tensor<float>& weight) {
  Tensor<float> image(geometry.image_shape(code.shape()[0]));
  Stream stream;  // first: a plan is made for the threads there are
  const Parameters p(geometry);
  const memory y = wrap(code.shape(), code.data()), w = wrap_weight(geometry, weight.data(), true);
  memory x = wrap(image.shape(), image.data());
  const dnnl::deconvolution_forward::primitive_desc plan(
      {dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct, any_layout(y),
       any_layout(w), any_layout(x), p.strides, p.dilates, p.padding_begin, p.padding_end},
      cpu());
  stream.run(dnnl::deconvolution_forward(plan),
             {{DNNL_ARG_SRC, stream.in_layout(y, plan.src_desc())},
              {DNNL_ARG_WEIGHTS, stream.in_layout(w, plan.weights_desc())}},
             DNNL_ARG_DST, plan.dst_desc(), x);
  return image;
}

Tensor<float> weight_gradient(const Geometry& geometry, const Tensor<float>& code,
                              const Tensor<float>& image) {
  Tensor<float> gradient(geometry.weight_shape());
  Stream stream;  // first: a plan is made for the threads there are
  const Parameters p(geometry);
  const memory x = wrap(image.shape(), image.data()), y = wrap(code.shape(), code.data());
  memory w = wrap_weight(geometry, gradient.data(), false);
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, any_layout(x), any_layout(w),
       any_layout(y), p.strides, p.dilates, p.padding_begin, p.padding_end},
      cpu());
  const dnnl::convolution_backward_weights::primitive_desc plan(
      {dnnl::algorithm::convolution_direct, any_layout(x), any_layout(w), any_layout(y), p.strides, p.dilates,
       p.padding_begin, p.padding_end},
      cpu(), forward);
  stream.run(dnnl::convolution_backward_weights(plan),
             {{DNNL_ARG_SRC, stream.in_layout(x, plan.src_desc())},
              {DNNL_ARG_DIFF_DST, stream.in_layout(y, plan.diff_dst_desc())}},
             DNNL_ARG_DIFF_WEIGHTS, plan.diff_weights_desc(), w);
  return gradient;
}

}  // namespace fsconv::onednn
