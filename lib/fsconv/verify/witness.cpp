// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fsconv/base/names.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/forms/batched.hpp>
#include <fsconv/forms/template_forms.hpp>
#include <fsconv/verify/witness.hpp>
#include <limits>

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

template <class T>
constexpr Significands significands() {
  constexpr int sums = std::numeric_limits<engine::Sum<T>>::digits;
  return {std::is_same_v<T, engine::BFloat16> ? 8 : sums, sums};
}

// All cuts of an axis into tiles of at most so many results, also into none.
std::vector<engine::Cut> cuts_up_to(Index results) {
  std::vector<engine::Cut> cuts;
  for (Index largest = 1; largest <= results; ++largest)
    for (const bool smaller_at_end : {true, false})
      cuts.push_back({.largest = largest, .smaller_at_end = smaller_at_end});
  return cuts;
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
  return {.name = std::string(form.name),
          .selector = fmt::format("{} {}", selector, form.name),
          .bits = significands<T>(),
          .cuts = form.name == "bilinear" ? cuts_up_to(4) : std::vector<engine::Cut>(),
          .unsupported = form.unsupported,
          .numbers = {as_double(conv<T>), as_double(conv_transpose<T>), as_double(weight_gradient<T>)},
          .polynomials = polynomial_maps(form.name)};
}

std::vector<engine::Cut> cuts_of(engine::Algorithm algorithm) {
  switch (algorithm) {
    case engine::Algorithm::winograd2:
      return cuts_up_to(3);
    case engine::Algorithm::winograd4:
      return cuts_up_to(4);
    default:
      return {};
  }
}

// The form `batched` multiplying Ns with an isa that need not be the one in force.
template <class N>
Witness batched_witness(engine::Isa isa, engine::Algorithm algorithm, const char* selector) {
  using Array = Tensor<engine::Sum<N>>;
  using Map = Array (*)(engine::Isa, const Geometry&, const Array&, const Array&, engine::Algorithm);
  const auto as_double = [=](Map map) {
    return [=](const Geometry& geometry, const Tensor<double>& a, const Tensor<double>& b) {
      return cast<double>(map(isa, geometry, cast<engine::Sum<N>>(a), cast<engine::Sum<N>>(b), algorithm));
    };
  };
  std::string name = "batched/";
  if (std::is_same_v<N, engine::BFloat16>) name += "bf16/";
  if (algorithm != engine::Algorithm::direct) name += fmt::format("{}/", fsconv::name(algorithm));
  name += fsconv::name(isa);
  return {.name = name,
          .selector = fmt::format("{} {}", selector, name),
          .bits = significands<N>(),
          .cuts = cuts_of(algorithm),
          .unsupported = supports_everything,
          .numbers = {as_double(batched::conv_in<N>), as_double(batched::conv_transpose_in<N>),
                      as_double(batched::weight_gradient_in<N>)}};
}

}  // namespace

std::optional<std::string> Witness::skips(const Geometry& geometry, Op op) const {
  if (auto problem = unsupported(geometry, op)) return problem;
  // Phases of so many taps have a point for every tap, and what bounds their rounding grows with the square.
  constexpr Index most_taps = 128;
  for (const Axis& axis : geometry.axes)
    if (in_tiles() && axis.taps > most_taps)
      return fmt::format("an axis of {} taps takes too long in tiles: {} at most are tried", axis.taps,
                         most_taps);
  return std::nullopt;
}

double Witness::unit_roundoff() const { return std::ldexp(1.0, -bits.sums); }

std::vector<Witness> witnesses(Scalars scalars) {
  std::vector<Witness> list;
  if (scalars == Scalars::widest)
    for (const Form<double>& form : forms<double>()) list.push_back(witness_of(form, "--form"));
  const char* selector = scalars == Scalars::single ? "--precision single --form" : "--form";
  for (const Form<float>& form : forms<float>()) {
    const bool there =
        std::any_of(list.begin(), list.end(), [&](const Witness& w) { return w.name == form.name; });
    if (!there) list.push_back(witness_of(form, selector));
  }
  using engine::Algorithm;
  for (const engine::Isa isa : engine::different_isas<float>())
    for (const Algorithm algorithm : {Algorithm::direct, Algorithm::winograd2, Algorithm::winograd4}) {
      const bool there = algorithm == Algorithm::direct &&
                         isa == engine::isa_of_kernels<float>(engine::current_isa());  // "batched"
      if (there) continue;
      list.push_back(scalars == Scalars::widest ? batched_witness<double>(isa, algorithm, selector)
                                                : batched_witness<float>(isa, algorithm, selector));
    }
  for (const engine::Isa isa : engine::different_isas<engine::BFloat16>())
    for (const Algorithm algorithm : {Algorithm::direct, Algorithm::winograd2})
      list.push_back(batched_witness<engine::BFloat16>(isa, algorithm, selector));
  return list;
}

std::vector<Witness> witnesses_named(const std::vector<Witness>& all, const std::vector<std::string>& names,
                                     std::string_view option) {
  std::vector<Witness> chosen;
  for (const std::string& name : names) chosen.push_back(entry_named(all, option, name));
  return chosen;
}

}  // namespace fsconv
