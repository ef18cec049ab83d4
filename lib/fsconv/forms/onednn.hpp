// The form onednn: an adapter to Intel's oneDNN, the library that deep-learning frameworks run on CPUs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/tensor.hpp>
#include <fsconv/geometry/geometry.hpp>
#include <optional>
#include <string>

namespace fsconv::onednn {

// float only. oneDNN knows integer strides and a padding that is not negative before the image.
std::optional<std::string> unsupported(const Geometry& geometry);

// conv is oneDNN's convolution, conv_transpose its deconvolution (its word), weight_gradient its backward weights.
Tensor<float> conv(const Geometry& geometry, const Tensor<float>& image, const Tensor<float>& weight);
Tensor<float> conv_transpose(const Geometry& geometry, const Tensor<float>& code,
                             const Tensor<float>& weight);
Tensor<float> weight_gradient(const Geometry& geometry, const Tensor<float>& code,
                              const Tensor<float>& image);

}  // namespace fsconv::onednn
