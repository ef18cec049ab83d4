#include <fmt/format.h>

#include <fsconv/forms/onednn.hpp>
#include <fsconv/forms/onednn_arrays.hpp>

namespace fsconv::onednn {
namespace {

// Where primitives run on arrays of ours.
class Stream {
 public:
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
  dnnl::stream stream_ = one_thread_stream();
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
  Stream stream;  // before the plan
  const memory x = wrap(plain(image.shape(), Type::f32), image.data());
  const memory w = wrap(plain_weight(geometry, Type::f32, false), weight.data());
  memory y = wrap(plain(code.shape(), Type::f32), code.data());
  const auto plan = conv_plan(geometry, x.get_desc(), w.get_desc(), y.get_desc());
  stream.run(dnnl::convolution_forward(plan),
             {{DNNL_ARG_SRC, stream.in_layout(x, plan.src_desc())},
              {DNNL_ARG_WEIGHTS, stream.in_layout(w, plan.weights_desc())}},
             DNNL_ARG_DST, plan.dst_desc(), y);
  return code;
}

Tensor<float> conv_transpose(const Geometry& geometry, const Tensor<float>& code,
                             const Tensor<float>& weight) {
  Tensor<float> image(geometry.image_shape(code.shape()[0]));
  Stream stream;  // before the plan
  const memory y = wrap(plain(code.shape(), Type::f32), code.data());
  const memory w = wrap(plain_weight(geometry, Type::f32, true), weight.data());
  memory x = wrap(plain(image.shape(), Type::f32), image.data());
  const auto plan = conv_transpose_plan(geometry, y.get_desc(), w.get_desc(), x.get_desc());
  stream.run(dnnl::deconvolution_forward(plan),
             {{DNNL_ARG_SRC, stream.in_layout(y, plan.src_desc())},
              {DNNL_ARG_WEIGHTS, stream.in_layout(w, plan.weights_desc())}},
             DNNL_ARG_DST, plan.dst_desc(), x);
  return image;
}

Tensor<float> weight_gradient(const Geometry& geometry, const Tensor<float>& code,
                              const Tensor<float>& image) {
  Tensor<float> gradient(geometry.weight_shape());
  Stream stream;  // before the plan
  const memory x = wrap(plain(image.shape(), Type::f32), image.data());
  const memory y = wrap(plain(code.shape(), Type::f32), code.data());
  memory w = wrap(plain_weight(geometry, Type::f32, false), gradient.data());
  const auto plan = weight_gradient_plan(geometry, x.get_desc(), y.get_desc(), w.get_desc());
  stream.run(dnnl::convolution_backward_weights(plan),
             {{DNNL_ARG_SRC, stream.in_layout(x, plan.src_desc())},
              {DNNL_ARG_DIFF_DST, stream.in_layout(y, plan.diff_dst_desc())}},
             DNNL_ARG_DIFF_WEIGHTS, plan.diff_weights_desc(), w);
  return gradient;
}

}  // namespace fsconv::onednn
