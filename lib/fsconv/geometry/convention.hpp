// The conventions of other systems: their argument rules turn a user's words into a geometry.
#pragma once

#include <fsconv/geometry/geometry.hpp>
#include <fsconv/geometry/settings.hpp>
#include <span>
#include <string_view>

namespace fsconv {

enum class Convention { native, pytorch, tensorflow, keras, theano, onnx, jax };

std::span<const Convention> conventions();
std::string_view name(Convention convention);
Convention convention_named(std::string_view name);  // throws InvalidArgument that lists the names

// Which way the user's operator goes: conv from image to code, conv_transpose from code to image.
enum class Direction { conv, conv_transpose };

// What the arrays say: the size of the side the operator reads, the filter, and the channels of both sides.
struct ArraySizes {
  Shape source;  // spatial: of the image for conv, of the code for conv_transpose
  Shape kernel;
  Index image_channels = 1;
  Index code_channels = 1;
};

// The geometry that the system computes with when it is given these arrays and words. For conv_transpose the
// image size follows from the convention (output_padding, output_shape, input_shape, SAME, ...). Throws
// InvalidArgument where the system itself would refuse, naming the setting and what would be legal. Sources:
// tf.nn.conv2d_transpose; keras Conv2DTranspose; theano conv2d_grad_wrt_inputs; torch ConvTranspose1d/2d/3d;
// the ONNX operator ConvTranspose; jax.lax.conv_transpose and conv_general_dilated.
Geometry geometry_of(Convention convention, Direction direction, const ArraySizes& sizes,
                     const Settings& settings);

}  // namespace fsconv
