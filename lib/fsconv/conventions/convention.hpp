// The conventions of other systems: their argument rules turn a user's words into a geometry.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/base/names.hpp>
#include <fsconv/conventions/settings.hpp>
#include <fsconv/geometry/direction.hpp>
#include <fsconv/geometry/geometry.hpp>

namespace fsconv {

// `onnx` is what ONNX Runtime computes; `onnx_reference` is what the operator's own formulas say.
enum class Convention { native, pytorch, tensorflow, keras, theano, onnx, onnx_reference, jax };

constexpr auto names_of(Convention) {
  return NameTable<Convention, 8>{"convention",
                                  {{{Convention::native, "native"},
                                    {Convention::pytorch, "pytorch"},
                                    {Convention::tensorflow, "tensorflow"},
                                    {Convention::keras, "keras"},
                                    {Convention::theano, "theano"},
                                    {Convention::onnx, "onnx"},
                                    {Convention::onnx_reference, "onnx-reference"},
                                    {Convention::jax, "jax"}}}};
}

// What the arrays say: the size of the side the operator reads, the filter, and the channels of both sides.
struct ArraySizes {
  Shape source;  // spatial: of the image for conv, of the code for conv_transpose
  Shape kernel;
  Index image_channels = 1;
  Index code_channels = 1;
  std::optional<Index> batch = {};       // where arrays are there
  std::optional<Index> batch_axes = {};  // the same: how many axes that is
  bool filter_is_result = false;         // weight_gradient, which reads both sides
};

// The geometry that the system computes with when it is given these arrays and words. For conv_transpose the
// image size follows from the convention (output_padding, output_shape, input_shape, SAME, ...). Throws
// InvalidArgument where the system itself would refuse, naming the setting and what would be legal; sizes of 0
// are legal where they are so in the system. Sources: tf.nn.conv2d_transpose; keras Conv2DTranspose; theano
// conv2d_grad_wrt_inputs; torch ConvTranspose1d/2d/3d; the ONNX operator ConvTranspose and ONNX Runtime 1.30;
// jax.lax.conv_transpose and conv_general_dilated.
Geometry geometry_of(Convention convention, Direction direction, const ArraySizes& sizes,
                     const Settings& settings);

// What a user should know of a geometry that is legal in the system: one sentence, or nothing.
std::string remark(Convention convention, Direction direction, const Geometry& geometry,
                   const Settings& settings);

// How the padding of every axis is said, by the settings or by the convention's default, of the geometry that
// geometry_of() makes of them. Where the system computes with another padding than the words name, as with an output_padding
// of a stride and more, it is as if nobody had said it.
std::vector<SaidPadding> said_padding(Convention convention, Direction direction, const Geometry& geometry,
                                      const Settings& settings);

}  // namespace fsconv
