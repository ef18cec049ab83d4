// The claims about transposed convolution that fsconv checks on every form.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/verify/trial.hpp>
#include <span>

namespace fsconv {

// One row of the report: what is said, and the functions that try it. The list stands in claim.cpp.
struct Claim {
  std::string_view name;
  std::string_view statement;  // one line, for tables
  bool belief = false;         // a popular belief that is false: the good verdict is `refuted`
  bool needs_form = true;      // false: a statement about sizes alone, tried once per geometry
  bool draws_numbers =
      true;  // false: nothing random in it, so the method makes no difference and one try decides
  Outcome (*check)(const Trial<double>&) = nullptr;  // on numbers: for numeric and exact
  Outcome (*prove)(const Trial<Polynomial>&) =
      nullptr;  // on symbols, for all weights; null: exact takes its place
};

// Whether a verdict on the claim is the one that is wanted, or a skip.
bool is_good(const Claim& claim, Verdict verdict);

// matrix, transpose, fractional, gradient, adjoint, weight-gradient, shape, rational, sub-pixel, composition, tiles,
// overlap, checkerboard, resize, not-inverse.
std::span<const Claim> claims();
// The one of that name, or null: a file may name others.
const Claim* known_claim(const std::string& name);

// Throws InvalidArgument that lists the names.
std::vector<Claim> claims_named(const std::vector<std::string>& names);

// The checks, grouped by what they are about; each says in its source what it compares with what. Those that
// are templates compute with numbers or with symbols.
namespace claim {

// The operator: against the definition.
template <class T>
Outcome matrix(const Trial<T>& trial);
template <class T>
Outcome transpose(const Trial<T>& trial);
template <class T>
Outcome fractional(const Trial<T>& trial);
template <class T>
Outcome rational(const Trial<T>& trial);
template <class T>
Outcome sub_pixel(const Trial<T>& trial);
template <class T>
Outcome composition(const Trial<T>& trial);

// The derivatives: against automatic differentiation and finite differences, or taken symbolically.
Outcome gradient(const Trial<double>& trial);
Outcome gradient(const Trial<Polynomial>& trial);
Outcome weight_gradient(const Trial<double>& trial);
Outcome weight_gradient(const Trial<Polynomial>& trial);
Outcome adjoint(const Trial<double>& trial);
Outcome adjoint(const Trial<Polynomial>& trial);

// What is counted: sizes and overlaps.
Outcome shape(const Trial<double>& trial);
Outcome overlap(const Trial<double>& trial);

// Tiles: of the axes of the geometry, and of one axis that was cut somehow.
Outcome tiles(const Trial<double>& trial);
Outcome tiles_are_taps(const Axis& axis, const engine::TiledAxis& tiled);

// What a flat code gives, and the filters for which it is flat.
template <class T>
Outcome checkerboard(const Trial<T>& trial);
template <class T>
Outcome resize(const Trial<T>& trial);

// The wrong name "deconvolution": a transposed convolution undoes nothing.
Outcome inverse(const Trial<double>& trial);
Outcome inverse(const Trial<Polynomial>& trial);

// Why a claim is skipped: its form cannot compute one of `ops` on `geometry`.
template <class T>
std::optional<Outcome> skip_unless_supported(const Trial<T>& trial, const Geometry& geometry,
                                             std::initializer_list<Op> ops) {
  for (Op op : ops)
    if (const auto reason = trial.form.skips(geometry, op)) return Outcome{Verdict::skipped, 0, *reason};
  return std::nullopt;
}

}  // namespace claim
}  // namespace fsconv
