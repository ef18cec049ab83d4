// How well codes follow the numbers that images were drawn from: a table of correlations, and a linear fit.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fsconv {

// Of N images with codes z [N, D] and factors f [N, F]:
//     squared_correlation(a, d) = cov(f_a, z_d)^2 / (var f_a  var z_d), 0 where z_d is the same for all images
//     r2(a) = 1 - sum (f_a - g_a)^2 / sum (f_a - mean f_a)^2   over the odd images, where g_a is the function of the code,
//             linear with a constant, that has the least squares over the even images 0, 2, 4, ...
// So 1 is a factor that can be read off the code exactly, and 0 what its mean alone gives; on images that the fit has not
// seen it may be below. Of several functions with the least squares that with the smallest weights is taken.
struct FactorFit {
  std::vector<std::string> names;
  Index images = 0;                    // N
  Tensor<double> squared_correlation;  // [F, D]; of unrelated numbers 1 / (N - 1) in the mean
  std::vector<double>
      r2;  // F of them; or none, where there are not 2 (D + 1) even images, or D is above 1024
};

// codes [N, ...], whose further axes are taken as one; factors [N, F], F names. InvalidArgument "codes" or "factors" for
// other shapes, fewer than two images, or values that are not finite.
FactorFit fit_factors(const Tensor<float>& codes, const Tensor<float>& factors,
                      const std::vector<std::string>& names);

nlohmann::json to_json(const FactorFit& fit);

// A table: each factor with its r2 and the latent numbers that follow it most.
std::string text(const FactorFit& fit, std::size_t width);

}  // namespace fsconv
