#include <algorithm>
#include <cmath>
#include <fsconv/base/text.hpp>
#include <fsconv/forms/batched.hpp>
#include <fsconv/forms/template_forms.hpp>
#include <fsconv/verify/witness.hpp>

namespace fsconv {
namespace {

// Templates as polynomials see them: the same source, another scalar.
const std::vector<Form<Polynomial>>& polynomial_forms() {
  static const std::vector<Form<Polynomial>> list = template_forms<Polynomial>();
  return list;
}

std::optional<Maps<Polynomial>> polynomial_maps(std::string_view name) {
  for (const Form<Polynomial>& form : polynomial_forms())
    if (form.name == name) return Maps<Polynomial>{form.conv, form.conv_transpose, form.weight_gradient};
  return std::nullopt;
}

// The form `batched` with each set of instructions that this machine has, beside the one that is in force.
template <class T>
const std::vector<Form<T>>& batched_forms() {
  using engine::Isa;
  static const std::vector<Form<T>> list{
      {"batched/portable", "", supports_everything, batched::conv_with<T, Isa::portable>,
       batched::conv_transpose_with<T, Isa::portable>, batched::weight_gradient_with<T, Isa::portable>},
      {"batched/avx2", "", supports_everything, batched::conv_with<T, Isa::avx2>,
       batched::conv_transpose_with<T, Isa::avx2>, batched::weight_gradient_with<T, Isa::avx2>},
      {"batched/avx512", "", supports_everything, batched::conv_with<T, Isa::avx512>,
       batched::conv_transpose_with<T, Isa::avx512>, batched::weight_gradient_with<T, Isa::avx512>},
  };
  return list;
}

template <class T>
Witness witness_of(const Form<T>& form, const char* selector) {
  const auto as_double = [&form](auto map) {
    return [&form, map](const Geometry& geometry, const Tensor<double>& a, const Tensor<double>& b) {
      if constexpr (std::is_same_v<T, double>)
        return map(form, geometry, a, b);
      else
        return cast<double>(map(form, geometry, cast<T>(a), cast<T>(b)));
    };
  };
  return {std::string(form.name),
          fmt::format("{} {}", selector, form.name),
          sizeof(T) == 4 ? 24 : 53,
          form.unsupported,
          {as_double(conv<T>), as_double(conv_transpose<T>), as_double(weight_gradient<T>)},
          polynomial_maps(form.name)};
}

}  // namespace

double Witness::unit_roundoff() const { return std::ldexp(1.0, -bits); }

std::vector<Witness> witnesses(Precision precision) {
  std::vector<Witness> list;
  const auto add_other_isas = [&list](const auto& forms, const char* selector) {
    for (engine::Isa isa : engine::permitted_isas())
      if (isa != engine::current_isa())
        list.push_back(witness_of(forms[static_cast<std::size_t>(isa)], selector));
  };
  if (precision == Precision::widest)
    for (const Form<double>& form : forms<double>()) list.push_back(witness_of(form, "--form"));
  const char* selector = precision == Precision::single ? "--precision single --form" : "--form";
  for (const Form<float>& form : forms<float>()) {
    const bool there =
        std::any_of(list.begin(), list.end(), [&](const Witness& w) { return w.name == form.name; });
    if (!there) list.push_back(witness_of(form, selector));
  }
  if (precision == Precision::widest)
    add_other_isas(batched_forms<double>(), "--form");
  else
    add_other_isas(batched_forms<float>(), selector);
  return list;
}

std::vector<Witness> witnesses_named(const std::vector<Witness>& all, const std::vector<std::string>& names,
                                     std::string_view option) {
  std::vector<Witness> chosen;
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Witness& w) { return w.name == name; });
    if (found == all.end()) {
      std::vector<std::string> known;
      for (const Witness& witness : all) known.push_back(witness.name);
      throw InvalidArgument(option, fmt::format("'{}' is unknown", name), "use " + alternatives(known));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace fsconv
