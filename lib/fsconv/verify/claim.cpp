// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/names.hpp>
#include <fsconv/verify/claim.hpp>

namespace fsconv {

std::span<const Claim> claims() {
  static constexpr Claim list[] = {
      {.name = "matrix", .statement = "conv(x) = W x", .check = claim::matrix, .prove = claim::matrix},
      {.name = "transpose",
       .statement = "conv_transpose(y) = W^T y",
       .check = claim::transpose,
       .prove = claim::transpose},
      {.name = "fractional",
       .statement = "conv_transpose = inserted zeros, then a plain conv: stride 1/s",
       .check = claim::fractional,
       .prove = claim::fractional},
      {.name = "gradient",
       .statement = "dL/dx = conv_transpose(dL/dy)",
       .check = claim::gradient,
       .prove = claim::gradient},
      {.name = "adjoint",
       .statement = "<W x, y> = <x, W^T y>",
       .check = claim::adjoint,
       .prove = claim::adjoint},
      {.name = "weight-gradient",
       .statement = "dL/dw = weight_gradient(dL/dy, x)",
       .check = claim::weight_gradient,
       .prove = claim::weight_gradient},
      {.name = "shape",
       .statement = "sizes come back; s of them share one code size",
       .needs_form = false,
       .draws_numbers = false,
       .check = claim::shape},
      {.name = "rational",
       .statement = "stride p/q transposes to stride q/p",
       .check = claim::rational,
       .prove = claim::rational},
      {.name = "sub-pixel",
       .statement = "conv_transpose = s^N small convs and a shuffle",
       .check = claim::sub_pixel,
       .prove = claim::sub_pixel},
      {.name = "composition",
       .statement = "layers transpose in reverse order: (V W)^T = W^T V^T",
       .check = claim::composition,
       .prove = claim::composition},
      {.name = "tiles",
       .statement = "tiles have every tap once, and F(m,r) multiplies them",
       .needs_form = false,
       .draws_numbers = false,
       .check = claim::tiles},
      {.name = "overlap",
       .statement = "overlap is even iff s divides k and is coprime to d",
       .draws_numbers = false,
       .check = claim::overlap},
      {.name = "checkerboard",
       .statement = "flat codes give phase sums of the filter, period s",
       .check = claim::checkerboard,
       .prove = claim::checkerboard},
      {.name = "resize",
       .statement = "equal phase sums along every axis: nearest, then a plain conv",
       .draws_numbers = false,
       .check = claim::resize,
       .prove = claim::resize},
      {.name = "not-inverse",
       .statement = "belief: W^T W = I (\"deconvolution\")",
       .belief = true,
       .draws_numbers = false,
       .check = claim::inverse,
       .prove = claim::inverse},
  };
  return list;
}

bool is_good(const Claim& claim, Verdict verdict) {
  return verdict == Verdict::skipped || verdict == (claim.belief ? Verdict::refuted : Verdict::holds);
}

const Claim* known_claim(const std::string& name) {
  const auto all = claims();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Claim& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<Claim> claims_named(const std::vector<std::string>& names) {
  const auto all = claims();
  std::vector<Claim> chosen;
  for (const std::string& name : names) chosen.push_back(entry_named(all, "claim", name));
  return chosen;
}

}  // namespace fsconv
