#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/contender.hpp>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/forms/batched.hpp>

namespace fsconv::bench {
namespace {

using engine::BatchedMap;
using engine::Buffer;
using engine::images_per_block;
using engine::Isa;

constexpr const char* engine_name = "engine";
constexpr const char* batched_name = "batched";

Index result_size(const Geometry& geometry, Op op, Index batch) {
  return element_count(op == Op::conv             ? geometry.code_shape(batch)
                       : op == Op::conv_transpose ? geometry.image_shape(batch)
                                                  : geometry.weight_shape());
}

// A form's three maps as users have them: a result of its own for every call.
template <class T>
struct Calls {
  std::function<Tensor<T>(const Geometry&, const Tensor<T>&, const Tensor<T>&)> conv, conv_transpose,
      weight_gradient;
};

template <class T>
class CallWork : public Work {
 public:
  CallWork(Calls<T> calls, const Geometry& geometry, Op op, const Operands& operands)
      : calls_(std::move(calls)), geometry_(geometry), op_(op), operands_(operands) {}

  void run() override {
    result_ = Tensor<T>();  // the memory goes back first, as it does between the steps of a loop
    result_ = op_ == Op::conv ? calls_.conv(geometry_, operands_.image, operands_.weight)
              : op_ == Op::conv_transpose
                  ? calls_.conv_transpose(geometry_, operands_.code, operands_.weight)
                  : calls_.weight_gradient(geometry_, operands_.code, operands_.image);
  }
  Tensor<float> result() const override { return cast<float>(result_); }

 private:
  // The operands in the number type of the form: float's are not copied.
  struct OfT {
    explicit OfT(const Operands& from)
        : image(cast<T>(from.image)), code(cast<T>(from.code)), weight(cast<T>(from.weight)) {}
    Tensor<T> image, code, weight;
  };
  Calls<T> calls_;
  Geometry geometry_;
  Op op_;
  std::conditional_t<std::is_same_v<T, float>, const Operands&, OfT> operands_;
  Tensor<T> result_;
};

template <class T>
Contender called(std::string form, std::optional<Isa> isa,
                 std::function<std::optional<std::string>(const Geometry&, Op)> unsupported, Calls<T> calls) {
  return {std::move(form), isa, std::move(unsupported),
          [calls](const Geometry& geometry, Op op, const Operands& operands) -> std::unique_ptr<Work> {
            return std::make_unique<CallWork<T>>(calls, geometry, op, operands);
          },
          result_size};
}

Contender form_contender(const Form<float>& form) {
  using Numbers = Tensor<float>;
  return called<float>(std::string(form.name), std::nullopt, form.unsupported,
                       {[&form](const Geometry& g, const Numbers& image, const Numbers& weight) {
                          return conv(form, g, image, weight);
                        },
                        [&form](const Geometry& g, const Numbers& code, const Numbers& weight) {
                          return conv_transpose(form, g, code, weight);
                        },
                        [&form](const Geometry& g, const Numbers& code, const Numbers& image) {
                          return weight_gradient(form, g, code, image);
                        }});
}

Contender batched_contender(Isa isa) {
  using Numbers = Tensor<float>;
  return called<float>(batched_name, isa, form_named<float>(batched_name).unsupported,
                       {[isa](const Geometry& g, const Numbers& image, const Numbers& weight) {
                          return batched::conv(isa, g, image, weight);
                        },
                        [isa](const Geometry& g, const Numbers& code, const Numbers& weight) {
                          return batched::conv_transpose(isa, g, code, weight);
                        },
                        [isa](const Geometry& g, const Numbers& code, const Numbers& image) {
                          return batched::weight_gradient(isa, g, code, image);
                        }});
}

// The engine as training uses it: arrays are in blocks and stay there, weights were packed when they changed,
// nothing is allocated. Timed is the map alone.
class EngineWork : public Work {
 public:
  EngineWork(Isa isa, const Geometry& geometry, Op op, const Operands& operands)
      : op_(op),
        batch_(operands.batch()),
        map_(geometry, isa),
        image_(map_.image_size(batch_), "image blocks"),
        code_(map_.code_size(batch_), "code blocks"),
        weight_(map_.weight_size(), "weight"),
        scratch_(map_.scratch_size(std::min(batch_, images_per_block)), "scratch") {
    // What the operation writes stays zero.
    if (op != Op::conv_transpose) to_blocks(operands.image, image_);
    if (op != Op::conv) to_blocks(operands.code, code_);
    if (op != Op::weight_gradient) {
      packed_ = Buffer<float>(map_.packed_size(), "packed weight");
      map_.import_weight(operands.weight.data(), weight_.data());
      map_.pack(weight_.data(), packed_.data());
    }
  }

  void run() override {
    if (op_ == Op::weight_gradient) std::fill_n(weight_.data(), weight_.size(), 0.0f);
    for_each_block([&](Index first, Index images) {
      float* image = image_.data() + map_.image_size(first);
      float* code = code_.data() + map_.code_size(first);
      if (op_ == Op::conv)
        map_.conv(images, image, packed_.data(), code, {}, scratch_.data());
      else if (op_ == Op::conv_transpose)
        map_.conv_transpose(images, code, packed_.data(), image, {}, scratch_.data());
      else
        map_.weight_gradient(images, code, image, weight_.data(), scratch_.data());
    });
  }

  Tensor<float> result() const override {
    const Geometry& geometry = map_.geometry();
    if (op_ == Op::conv) return from_blocks(code_, geometry.code_shape(batch_));
    if (op_ == Op::conv_transpose) return from_blocks(image_, geometry.image_shape(batch_));
    Tensor<float> gradient(geometry.weight_shape());
    map_.export_weight(weight_.data(), gradient.data());
    return gradient;
  }

 private:
  template <class F>
  void for_each_block(F&& f) const {
    for (Index first = 0; first < batch_; first += images_per_block)
      f(first, std::min(images_per_block, batch_ - first));
  }

  // An image has shape[1] channels of so many pixels; images first..first+images-1 lie at the same place in
  // both.
  static Index pixels(const Shape& shape) { return element_count(shape) / (shape[0] * shape[1]); }

  void to_blocks(const Tensor<float>& from, Buffer<float>& to) const {
    const Index channels = from.shape()[1], size = pixels(from.shape());
    for_each_block([&](Index first, Index images) {
      const Index at = first * channels * size;
      engine::to_block(from.data() + at, images, channels, size, to.data() + at);
    });
  }

  Tensor<float> from_blocks(const Buffer<float>& from, const Shape& shape) const {
    Tensor<float> to(shape);
    const Index channels = shape[1], size = pixels(shape);
    for_each_block([&](Index first, Index images) {
      const Index at = first * channels * size;
      engine::from_block(from.data() + at, images, channels, size, to.data() + at);
    });
    return to;
  }

  Op op_;
  Index batch_;
  BatchedMap<float> map_;
  Buffer<float> image_, code_, weight_, scratch_, packed_;
};

Contender engine_contender(Isa isa) {
  return {engine_name, isa, [](const Geometry&, Op) { return std::nullopt; },
          [isa](const Geometry& geometry, Op op, const Operands& operands) -> std::unique_ptr<Work> {
            return std::make_unique<EngineWork>(isa, geometry, op, operands);
          },
          [isa](const Geometry& geometry, Op op, Index batch) {
            const BatchedMap<float> map(geometry, isa);
            return map.image_size(batch) + map.code_size(batch) + map.weight_size() +
                   map.scratch_size(std::min(batch, images_per_block)) +
                   (op == Op::weight_gradient ? 0 : map.packed_size());
          }};
}

}  // namespace

std::vector<std::string> contender_names() {
  std::vector<std::string> names = {engine_name};
  for (const Form<float>& form : forms<float>()) names.emplace_back(form.name);
  return names;
}

std::vector<Contender> contenders_named(const std::vector<std::string>& forms, const std::vector<Isa>& isas) {
  const std::vector<std::string> known = contender_names();
  std::vector<Contender> list;
  for (const std::string& form : forms) {
    if (std::find(known.begin(), known.end(), form) == known.end())
      throw InvalidArgument("form", fmt::format("'{}' is unknown", form), "use " + alternatives(known));
    if (form == engine_name)
      for (const Isa isa : isas) list.push_back(engine_contender(isa));
    else if (form == batched_name)
      for (const Isa isa : isas) list.push_back(batched_contender(isa));
    else
      list.push_back(form_contender(form_named<float>(form)));
  }
  return list;
}

Contender contender_of(const Witness& witness) {
  const Maps<double>& maps = witness.numbers;
  return called<double>(witness.name, std::nullopt, witness.unsupported,
                        {maps.conv, maps.conv_transpose, maps.weight_gradient});
}

}  // namespace fsconv::bench
