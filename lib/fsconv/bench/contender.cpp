// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/bench/contender.hpp>
#include <fsconv/bench/engine_work.hpp>
#include <fsconv/bench/onednn_work.hpp>
#include <fsconv/forms/batched.hpp>

namespace fsconv::bench {
namespace {

using engine::Algorithm;
using engine::BFloat16;
using engine::Isa;

constexpr const char* engine_name = "engine";
constexpr const char* batched_name = "batched";
constexpr const char* onednn_name = "onednn";
constexpr const char* onednn_blocked_name = "onednn_blocked";

Index result_size(const Geometry& geometry, Op op, Index batch) {
  return element_count(result_shape(geometry, op, batch));
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
Contender called(const std::string& form, std::optional<Isa> isa, Precision precision,
                 const std::function<std::optional<std::string>(const Geometry&, Op)>& unsupported,
                 Calls<T> calls) {
  return {.form = form,
          .isa = isa,
          .precision = precision,
          .unsupported = unsupported,
          .prepare = [calls = std::move(calls)](const Geometry& geometry, Op op,
                                                const Operands& operands) -> std::unique_ptr<Work> {
            return std::make_unique<CallWork<T>>(calls, geometry, op, operands);
          },
          .size = result_size};
}

Contender form_contender(const Form<float>& form) {
  using Numbers = Tensor<float>;
  Contender contender =
      called<float>(std::string(form.name), std::nullopt, Precision::fp32, form.unsupported,
                    {[&form](const Geometry& g, const Numbers& image, const Numbers& weight) {
                       return conv(form, g, image, weight);
                     },
                     [&form](const Geometry& g, const Numbers& code, const Numbers& weight) {
                       return conv_transpose(form, g, code, weight);
                     },
                     [&form](const Geometry& g, const Numbers& code, const Numbers& image) {
                       return weight_gradient(form, g, code, image);
                     }});
  // By tiles, floats are exact on small integers only.
  if (form.name == "bilinear")
    contender.tiles = [](const Geometry&, Op, Index) { return std::string("F(m,r)"); };
  return contender;
}

template <class T>
Contender batched_contender(Isa isa) {
  using Numbers = Tensor<float>;
  return called<float>(batched_name, isa, precision_of<T>, form_named<float>(batched_name).unsupported,
                       {[isa](const Geometry& g, const Numbers& image, const Numbers& weight) {
                          return batched::conv_in<T>(isa, g, image, weight);
                        },
                        [isa](const Geometry& g, const Numbers& code, const Numbers& weight) {
                          return batched::conv_transpose_in<T>(isa, g, code, weight);
                        },
                        [isa](const Geometry& g, const Numbers& code, const Numbers& image) {
                          return batched::weight_gradient_in<T>(isa, g, code, image);
                        }});
}

template <class T>
Contender engine_contender(Isa isa, Algorithm algorithm) {
  return {.form = engine_name,
          .isa = isa,
          .algorithm = algorithm,
          .precision = precision_of<T>,
          .bfloat16_arrays = !std::is_same_v<T, float>,
          .unsupported = [](const Geometry&, Op) { return std::nullopt; },
          .prepare =
              [=](const Geometry& geometry, Op op, const Operands& operands) {
                return engine_work<T>(isa, algorithm, geometry, op, operands);
              },
          .size = [=](const Geometry& geometry, Op op,
                      Index batch) { return engine_work_size<T>(isa, algorithm, geometry, op, batch); },
          .tiles = [=](const Geometry& geometry, Op op,
                       Index batch) { return engine_tiles<T>(isa, algorithm, geometry, op, batch); }};
}

Contender onednn_contender(const char* form, Precision precision, MemoryFormat format) {
  return {.form = form,
          .isa = std::nullopt,
          .precision = precision,
          .bfloat16_arrays = precision == Precision::bf16,
          .unsupported = form_named<float>(onednn_name).unsupported,
          .prepare =
              [precision, format](const Geometry& geometry, Op op, const Operands& operands) {
                return onednn_work(precision, format, geometry, op, operands);
              },
          .size = onednn_work_size};
}

template <class T>
void append_engine(const std::string& form, const std::vector<Isa>& isas,
                   const std::vector<Algorithm>& algorithms, std::vector<Contender>& list) {
  for (const Isa isa : isas_that_differ(precision_of<T>, isas))
    if (form == batched_name)
      list.push_back(batched_contender<T>(isa));
    else
      for (const Algorithm algorithm : algorithms) list.push_back(engine_contender<T>(isa, algorithm));
}

// Nothing where the form has no such precision.
void append(const std::string& form, Precision precision, const std::vector<Isa>& isas,
            const std::vector<Algorithm>& algorithms, std::vector<Contender>& list) {
  const bool bf16 = precision == Precision::bf16;
  if (form == engine_name || form == batched_name) {
    if (bf16)
      append_engine<BFloat16>(form, isas, algorithms, list);
    else
      append_engine<float>(form, isas, algorithms, list);
  } else if (form == onednn_blocked_name) {
    list.push_back(onednn_contender(onednn_blocked_name, precision, MemoryFormat::blocked));
  } else if (!bf16) {
    list.push_back(form_contender(form_named<float>(form)));
  } else if (form == onednn_name) {
    list.push_back(onednn_contender(onednn_name, precision, MemoryFormat::plain));
  }
}

bool has_bf16(const std::string& form) {
  return form == engine_name || form == batched_name || form == onednn_name || form == onednn_blocked_name;
}

std::vector<std::string> all_names() {
  std::vector<std::string> names = {engine_name};
  for (const Form<float>& form : forms<float>()) names.emplace_back(form.name);
  names.emplace_back(onednn_blocked_name);
  return names;
}

}  // namespace

std::vector<std::string> contender_names(const std::vector<Precision>& precisions) {
  std::vector<std::string> names = all_names();
  const bool fp32 = std::find(precisions.begin(), precisions.end(), Precision::fp32) != precisions.end();
  if (!fp32) std::erase_if(names, [](const std::string& form) { return !has_bf16(form); });
  return names;
}

std::vector<Contender> contenders_named(const std::vector<std::string>& forms, const std::vector<Isa>& isas,
                                        const std::vector<Precision>& precisions,
                                        const std::vector<Algorithm>& algorithms) {
  const std::vector<std::string> known = all_names(), possible = contender_names(precisions);
  std::vector<Contender> list;
  for (const std::string& form : forms) {
    if (std::find(known.begin(), known.end(), form) == known.end())
      throw InvalidArgument("form", fmt::format("'{}' is unknown", form), instead_of(form, known));
    if (std::find(possible.begin(), possible.end(), form) == possible.end())
      throw InvalidArgument("precision", fmt::format("{} has no bf16", form),
                            "use fp32, or the forms " + alternatives(possible));
    for (const Precision precision : precisions) append(form, precision, isas, algorithms, list);
  }
  return list;
}

std::vector<Isa> isas_that_differ(Precision precision, const std::vector<Isa>& asked) {
  const auto kernels =
      precision == Precision::bf16 ? engine::isa_of_kernels<BFloat16> : engine::isa_of_kernels<float>;
  std::vector<Isa> list;
  for (const Isa isa : asked) {
    const Isa used = kernels(isa);
    if (std::find(list.begin(), list.end(), used) == list.end()) list.push_back(used);
  }
  return list;
}

Contender contender_of(const Witness& witness) {
  const Maps<double>& maps = witness.numbers;
  return called<double>(witness.name, std::nullopt, Precision::fp64, witness.unsupported,
                        {maps.conv, maps.conv_transpose, maps.weight_gradient});
}

}  // namespace fsconv::bench
