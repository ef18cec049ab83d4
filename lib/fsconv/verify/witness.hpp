// A form as the claims see it: three maps on numbers and, where it is a template, on polynomials.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/engine/tiled_axis.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/symbolic/polynomial.hpp>
#include <functional>
#include <vector>

namespace fsconv {

template <class T>
struct Maps {
  using Map = std::function<Tensor<T>(const Geometry&, const Tensor<T>&, const Tensor<T>&)>;
  Map conv;             // geometry, image, weight
  Map conv_transpose;   // geometry, code, weight
  Map weight_gradient;  // geometry, code, image
};

// The bits of a form's significands: 53 (double), 24 (float) or 8 (BFloat16). Operands and sums that are
// integers below 2^bits are exact; other operands must be given as numbers that fit.
struct Significands {
  int operands, sums;
  auto operator<=>(const Significands&) const = default;
};

struct Witness {
  std::string name;
  std::string selector;  // how the command line asks for it: "--form gather"
  Significands bits;
  // A form of tiles: how it may cut an axis. Its sums grow by more than their terms, and it needs smaller integers and a larger
  // bound (tile_growth.hpp). None: a product for every tap.
  std::vector<engine::Cut> cuts = {};
  std::function<std::optional<std::string>(const Geometry&, Op)> unsupported;
  // Why it is not tried: `unsupported`, or what would take it too long.
  std::optional<std::string> skips(const Geometry& geometry, Op op) const;
  Maps<double> numbers;
  std::optional<Maps<Polynomial>> polynomials = {};  // none: a black box, known only by what it computes

  double unit_roundoff() const;  // of sums: 2^-bits
  bool in_tiles() const { return !cuts.empty(); }

  template <class T>
  const Maps<T>& maps() const {
    if constexpr (std::is_same_v<T, double>)
      return numbers;
    else
      return *polynomials;
  }
};

// The numbers that forms are asked to compute with: the widest that each has, or float.
enum class Scalars { widest, single };
constexpr auto names_of(Scalars) {
  return NameTable<Scalars, 2>{"precision", {{{Scalars::widest, "widest"}, {Scalars::single, "single"}}}};
}

// Every form; `batched` also with the other sets of instructions that this machine has, as batched/avx2, in BFloat16 with each of
// them, as batched/bf16/avx2, and by tiles, as batched/winograd2/avx2, batched/winograd4/avx2, batched/bf16/winograd2/avx2.
std::vector<Witness> witnesses(Scalars scalars = Scalars::widest);

// Those of `all` with these names. Throws InvalidArgument that names the option and lists the names.
std::vector<Witness> witnesses_named(const std::vector<Witness>& all, const std::vector<std::string>& names,
                                     std::string_view option = "form");

}  // namespace fsconv
