// A form as the claims see it: three maps on doubles, and how exactly they compute.
#pragma once

#include <fsconv/forms/form.hpp>
#include <functional>
#include <vector>

namespace fsconv {

struct Witness {
  using Map = std::function<Tensor<double>(const Geometry&, const Tensor<double>&, const Tensor<double>&)>;

  std::string name;
  std::string selector;  // how the command line asks for it: "--form gather"
  int bits;              // of its significand: 53 (double) or 24 (float). Integers below 2^bits are exact.
  std::function<std::optional<std::string>(const Geometry&, Op)> unsupported;
  Map conv;             // geometry, image, weight
  Map conv_transpose;   // geometry, code, weight
  Map weight_gradient;  // geometry, code, image

  double unit_roundoff() const;  // 2^-bits
};

// Every form in its widest precision, or all of them in float.
enum class Precision { widest, single };
std::vector<Witness> witnesses(Precision precision = Precision::widest);

// Those of `all` with these names. Throws InvalidArgument that names the option and lists the names.
std::vector<Witness> witnesses_named(const std::vector<Witness>& all, const std::vector<std::string>& names,
                                     std::string_view option = "form");

}  // namespace fsconv
