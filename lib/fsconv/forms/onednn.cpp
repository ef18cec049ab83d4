// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/forms/form.hpp>
#include <fsconv/forms/kept.hpp>
#include <fsconv/forms/onednn.hpp>
#include <fsconv/forms/onednn_arrays.hpp>

namespace fsconv::onednn {
namespace {

// An argument of a primitive: an array of ours, and where the primitive prefers another layout, a copy.
class Argument {
 public:
  enum class Role { source, result };
  Argument(int number, Role role, const memory::desc& ours, const memory::desc& preferred)
      : number_(number), array_(ours, cpu(), nullptr), given_(array_), role_(role) {
    if (ours == preferred) return;
    given_ = memory(preferred, cpu());
    copy_ = role == Role::source ? dnnl::reorder(array_, given_) : dnnl::reorder(given_, array_);
  }

  int number() const { return number_; }
  const memory& given() const { return given_; }
  // oneDNN has no memory that is only read: sources are not written either.
  void use(const float* values, const dnnl::stream& stream) {
    array_.set_data_handle(const_cast<float*>(values), stream);
  }
  // To the copy where the primitive reads, from it where it has written.
  void copy(const dnnl::stream& stream) {
    if (!copy_) return;
    if (role_ == Role::source)
      copy_.execute(stream, array_, given_);
    else
      copy_.execute(stream, given_, array_);
  }

 private:
  int number_;
  memory array_, given_;
  Role role_;
  dnnl::reorder copy_;
};

// A primitive for arrays of given shapes, ready to run again and again.
class Operation {
 public:
  Operation(const dnnl::stream& stream, const dnnl::primitive& primitive, const Argument& a,
            const Argument& b, const Argument& result)
      : stream_(stream),
        primitive_(primitive),
        a_(a),
        b_(b),
        result_(result),
        arguments_{{a.number(), a.given()}, {b.number(), b.given()}, {result.number(), result.given()}} {}

  void run(const float* a, const float* b, float* result) {
    use_one_thread();
    a_.use(a, stream_);
    b_.use(b, stream_);
    result_.use(result, stream_);
    a_.copy(stream_);
    b_.copy(stream_);
    primitive_.execute(stream_, arguments_);
    result_.copy(stream_);
    stream_.wait();
  }

 private:
  dnnl::stream stream_;
  dnnl::primitive primitive_;
  Argument a_, b_, result_;
  std::unordered_map<int, memory> arguments_;
};

// The operation of a geometry on so many images: make(stream, layouts of our image, weight and code).
template <class Make>
std::shared_ptr<Operation> operation(Op op, const Geometry& geometry, Index batch, Make make) {
  constexpr Index ops = names_of(Op{}).entries.size();
  return prepared<Operation>(geometry, batch * ops + static_cast<Index>(op), [&] {
    const dnnl::stream stream = one_thread_stream();  // before the plan
    return std::make_shared<Operation>(make(stream, plain(geometry.image_shape(batch), Type::f32),
                                            plain_weight(geometry, Type::f32, direction_of(op)),
                                            plain(geometry.code_shape(batch), Type::f32)));
  });
}

// Asks for that operation and runs it on the arrays a, b and result.
template <class Make>
void run(Op op, const Geometry& geometry, Index batch, const float* a, const float* b, float* result,
         Make make) {
  try {
    operation(op, geometry, batch, make)->run(a, b, result);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    throw;
  }
}

using Role = Argument::Role;

}  // namespace

std::optional<std::string> unsupported(const Geometry& geometry) {
  for (const Axis& axis : geometry.axes) {
    if (axis.up != 1) return fmt::format("oneDNN has no rational stride {}", stride_text(axis));
    if (axis.pad < 0) return fmt::format("oneDNN has no negative padding {} before the image", axis.pad);
    if (axis.pad_end() + axis.down <= 0)
      return fmt::format("oneDNN cannot leave {} unread with stride {}",
                         counted(-axis.pad_end(), "trailing pixel"), axis.down);
  }
  return std::nullopt;
}

Tensor<float> conv(const Geometry& geometry, const Tensor<float>& image, const Tensor<float>& weight) {
  const Index batch = image.shape()[0];
  Tensor<float> code(geometry.code_shape(batch));
  run(Op::conv, geometry, batch, image.data(), weight.data(), code.data(),
      [&](const dnnl::stream& stream, auto x, auto w, auto y) {
        const auto plan = conv_plan(geometry, x, w, y);
        return Operation(stream, dnnl::convolution_forward(plan),
                         {DNNL_ARG_SRC, Role::source, x, plan.src_desc()},
                         {DNNL_ARG_WEIGHTS, Role::source, w, plan.weights_desc()},
                         {DNNL_ARG_DST, Role::result, y, plan.dst_desc()});
      });
  return code;
}

Tensor<float> conv_transpose(const Geometry& geometry, const Tensor<float>& code,
                             const Tensor<float>& weight) {
  const Index batch = code.shape()[0];
  Tensor<float> image(geometry.image_shape(batch));
  run(Op::conv_transpose, geometry, batch, code.data(), weight.data(), image.data(),
      [&](const dnnl::stream& stream, auto x, auto w, auto y) {
        const auto plan = conv_transpose_plan(geometry, y, w, x);
        return Operation(stream, dnnl::deconvolution_forward(plan),
                         {DNNL_ARG_SRC, Role::source, y, plan.src_desc()},
                         {DNNL_ARG_WEIGHTS, Role::source, w, plan.weights_desc()},
                         {DNNL_ARG_DST, Role::result, x, plan.dst_desc()});
      });
  return image;
}

Tensor<float> weight_gradient(const Geometry& geometry, const Tensor<float>& code,
                              const Tensor<float>& image) {
  const Index batch = image.shape()[0];
  Tensor<float> gradient(geometry.weight_shape());
  run(Op::weight_gradient, geometry, batch, image.data(), code.data(), gradient.data(),
      [&](const dnnl::stream& stream, auto x, auto w, auto y) {
        const auto plan = weight_gradient_plan(geometry, x, y, w);
        return Operation(stream, dnnl::convolution_backward_weights(plan),
                         {DNNL_ARG_SRC, Role::source, x, plan.src_desc()},
                         {DNNL_ARG_DIFF_DST, Role::source, y, plan.diff_dst_desc()},
                         {DNNL_ARG_DIFF_WEIGHTS, Role::result, w, plan.diff_weights_desc()});
      });
  return gradient;
}

}  // namespace fsconv::onednn
