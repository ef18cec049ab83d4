// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/error.hpp>
#include <fsconv/bench/onednn_work.hpp>
#include <fsconv/forms/onednn_arrays.hpp>

namespace fsconv::bench {
namespace {

using dnnl::memory;
using onednn::cpu;
using onednn::plain;
using onednn::plain_weight;
using onednn::Type;

class OnednnWork : public Work {
 public:
  OnednnWork(Precision precision, MemoryFormat format, const Geometry& geometry, Op op,
             const Operands& operands)
      : format_(format),
        op_(op),
        geometry_(geometry),
        batch_(operands.batch()),
        stream_(onednn::one_thread_stream()) {
    const Type type = precision == Precision::bf16 ? Type::bf16 : Type::f32;
    const Direction direction = direction_of(op);
    const bool from_code = op == Op::conv_transpose;
    const memory::desc image = plain(geometry.image_shape(batch_), type);
    const memory::desc code = plain(geometry.code_shape(batch_), type);
    const Type weight_type = op == Op::weight_gradient ? Type::f32 : type;
    const memory::desc weight = plain_weight(geometry, weight_type, direction);
    make_primitive(image, code, weight);

    if (op == Op::weight_gradient) {
      add_operand(DNNL_ARG_SRC, image, operands.image);
      add_operand(DNNL_ARG_DIFF_DST, code, operands.code);
      result_ = {DNNL_ARG_DIFF_WEIGHTS, memory(weight, cpu())};
    } else {
      add_operand(DNNL_ARG_SRC, from_code ? code : image, from_code ? operands.code : operands.image);
      result_ = {DNNL_ARG_DST, memory(from_code ? image : code, cpu())};
      reorder(from_floats(weight, operands.weight), arguments_.at(DNNL_ARG_WEIGHTS));
    }
    for (Array& operand : operands_) reorder(operand.plain, arguments_.at(operand.argument));
    stream_.wait();
  }

  void run() override {
    onednn::use_one_thread();  // another one than that of the constructor may run it
    if (format_ == MemoryFormat::plain)
      for (Array& operand : operands_) reorder(operand.plain, arguments_.at(operand.argument));
    primitive_.execute(stream_, arguments_);
    if (format_ == MemoryFormat::plain) reorder(arguments_.at(result_.argument), result_.plain);
    stream_.wait();
  }

  Tensor<float> result() const override {
    Tensor<float> values(result_shape(geometry_, op_, batch_));
    const memory& from = arguments_.at(result_.argument);
    const memory::desc layout = op_ == Op::weight_gradient
                                    ? plain_weight(geometry_, Type::f32, Direction::conv)
                                    : plain(values.shape(), Type::f32);
    memory to(layout, cpu(), values.data());
    dnnl::stream stream(cpu());
    dnnl::reorder(from, to).execute(stream, const_cast<memory&>(from), to);
    stream.wait();
    return values;
  }

 private:
  // An array as the caller has it, and which argument of the primitive it is.
  struct Array {
    int argument = 0;
    memory plain;
  };

  void make_primitive(const memory::desc& image, const memory::desc& code, const memory::desc& weight) {
    const auto add = [&](int argument, const memory::desc& layout) {
      arguments_.emplace(argument, memory(layout, cpu()));
    };
    try {
      if (op_ == Op::conv) {
        const auto plan = onednn::conv_plan(geometry_, image, weight, code);
        primitive_ = dnnl::convolution_forward(plan);
        add(DNNL_ARG_SRC, plan.src_desc());
        add(DNNL_ARG_WEIGHTS, plan.weights_desc());
        add(DNNL_ARG_DST, plan.dst_desc());
      } else if (op_ == Op::conv_transpose) {
        const auto plan = onednn::conv_transpose_plan(geometry_, code, weight, image);
        primitive_ = dnnl::deconvolution_forward(plan);
        add(DNNL_ARG_SRC, plan.src_desc());
        add(DNNL_ARG_WEIGHTS, plan.weights_desc());
        add(DNNL_ARG_DST, plan.dst_desc());
      } else {
        const auto plan = onednn::weight_gradient_plan(geometry_, image, code, weight);
        primitive_ = dnnl::convolution_backward_weights(plan);
        add(DNNL_ARG_SRC, plan.src_desc());
        add(DNNL_ARG_DIFF_DST, plan.diff_dst_desc());
        add(DNNL_ARG_DIFF_WEIGHTS, plan.diff_weights_desc());
      }
    } catch (const dnnl::error& error) {
      throw InvalidArgument("form", fmt::format("oneDNN has no {} for this: {}", name(op_), error.what()));
    }
  }

  void reorder(memory from, memory& to) { dnnl::reorder(from, to).execute(stream_, from, to); }

  memory from_floats(const memory::desc& layout, const Tensor<float>& values) {
    memory::desc floats = layout;
    floats.data.data_type = dnnl_f32;
    memory to(layout, cpu());
    reorder(onednn::wrap(floats, values.data()), to);
    stream_.wait();
    return to;
  }

  void add_operand(int argument, const memory::desc& layout, const Tensor<float>& values) {
    operands_.push_back({argument, from_floats(layout, values)});
  }

  MemoryFormat format_;
  Op op_;
  Geometry geometry_;
  Index batch_;
  dnnl::stream stream_;
  dnnl::primitive primitive_;
  std::unordered_map<int, memory> arguments_;  // in oneDNN's layout
  std::vector<Array> operands_;
  Array result_;
};

}  // namespace

std::unique_ptr<Work> onednn_work(Precision precision, MemoryFormat format, const Geometry& geometry, Op op,
                                  const Operands& operands) {
  return std::make_unique<OnednnWork>(precision, format, geometry, op, operands);
}

Index onednn_work_size(const Geometry& geometry, Op, Index batch) {
  constexpr Index channel_block = 16;
  const auto filled = [](const Shape& shape) {
    return element_count(shape) / shape[1] * ceil_div(shape[1], channel_block) * channel_block;
  };
  return 2 * (filled(geometry.image_shape(batch)) + filled(geometry.code_shape(batch)) +
              channel_block * element_count(geometry.weight_shape()));
}

}  // namespace fsconv::bench
