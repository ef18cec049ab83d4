#include <algorithm>
#include <fsconv/base/text.hpp>
#include <fsconv/verify/claim.hpp>

namespace fsconv {

std::span<const Claim> claims() {
  static constexpr Claim list[] = {
      {"matrix", "conv(x) = W x", false, true, true, claim::matrix, claim::matrix},
      {"transpose", "conv_transpose(y) = W^T y", false, true, true, claim::transpose, claim::transpose},
      {"fractional", "conv_transpose = inserted zeros, then a plain conv: stride 1/s", false, true, true,
       claim::fractional, claim::fractional},
      {"gradient", "dL/dx = conv_transpose(dL/dy)", false, true, true, claim::gradient, claim::gradient},
      {"adjoint", "<W x, y> = <x, W^T y>", false, true, true, claim::adjoint, claim::adjoint},
      {"weight-gradient", "dL/dw = weight_gradient(dL/dy, x)", false, true, true, claim::weight_gradient,
       claim::weight_gradient},
      {"shape", "sizes come back; s of them share one code size", false, false, false, claim::shape, nullptr},
      {"rational", "stride p/q transposes to stride q/p", false, true, true, claim::rational,
       claim::rational},
      {"sub-pixel", "conv_transpose = s^N small convs and a shuffle", false, true, true, claim::sub_pixel,
       claim::sub_pixel},
      {"composition", "layers transpose in reverse order: (V W)^T = W^T V^T", false, true, true,
       claim::composition, claim::composition},
      {"overlap", "overlap is even iff s divides k and is coprime to d", false, true, false, claim::overlap,
       nullptr},
      {"not-inverse", "belief: W^T W = I (\"deconvolution\")", true, true, false, claim::inverse,
       claim::inverse},
  };
  return list;
}

std::vector<Claim> claims_named(const std::vector<std::string>& names) {
  std::vector<Claim> chosen;
  for (const std::string& name : names) {
    const auto all = claims();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Claim& c) { return c.name == name; });
    if (found == all.end()) {
      std::vector<std::string> known;
      for (const Claim& claim : all) known.emplace_back(claim.name);
      throw InvalidArgument("claim", fmt::format("'{}' is unknown", name), "use " + alternatives(known));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace fsconv
