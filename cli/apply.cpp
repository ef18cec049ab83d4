// fsconv apply: conv, conv_transpose or weight_gradient of arrays in files, in any system's layout.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/conventions/apply.hpp>
#include <fsconv/geometry/case_string.hpp>
#include <fsconv/io/kept_files.hpp>
#include <nlohmann/json.hpp>

#include "arrays.hpp"
#include "commands.hpp"
#include "filter_options.hpp"
#include "geometry_options.hpp"
#include "json_text.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  OptionList list("Options");
  list.value("op", "NAME", "conv, conv_transpose or weight_gradient")
      .value("input", "FILE", "what the operator reads: .npy, .npz:name or file.h5:/dataset")
      .value("weight", "FILE|FILTER",
             "the filter: an array, or nearest:F, bilinear:F, bicubic:F[:A] or lanczos:F[:LOBES], "
             "which enlarge by F (2, 3/2; 2,3 for two axes)")
      .value("bias", "FILE", "one number per channel of the result")
      .value("output-gradient", "FILE", "weight_gradient: the gradient of the code side")
      .value("kernel", "K[,K...]", "weight_gradient: the filter size")
      .value("output", "FILE", "where the result goes: .npy or file.h5:/dataset")
      .value(
          "form", "NAME",
          "gather, scatter, zero_insertion, polyphase, matrix, bilinear, im2col (default), batched or onednn (f4 only)");
  add_geometry_options(list);
  return list;
}

int run(const Options& options) {
  ApplyRequest request;
  request.op = named<Op>(options.required_text("op"));
  request.convention = convention_of(options);
  request.settings = settings_of(options);
  request.form = options.text("form", "im2col");
  constexpr const char* of_gradient[] = {"output-gradient", "kernel"};
  constexpr const char* of_maps[] = {"weight", "bias"};
  if (request.op == Op::weight_gradient)
    options.require_none_of(of_maps, "weight_gradient has none");
  else
    options.require_none_of(of_gradient, "it belongs to weight_gradient");
  const std::string output = options.required_text("output");
  require_array_place(output);
  if (request.op != Op::weight_gradient) request.filter = filter_of(options);
  request.input = read_named_array(options.required_text("input"));
  if (request.op == Op::weight_gradient) {
    request.output_gradient = read_named_array(options.required_text("output-gradient"));
    request.kernel = options.integers("kernel");
  } else if (!request.filter) {
    request.weight = read_named_array(options.required_text("weight"));
  }
  if (options.has("bias")) request.bias = read_named_array(options.required_text("bias"));

  require_output(
      {.path = output, .inputs = files_named(options, {"input", "weight", "bias", "output-gradient"})});
  const ApplyResult result = apply(request);
  tell_notes(result.notes);
  catch_interrupts();  // from here on a half-written file would be left behind
  write_array(output, result.values, result.dtype);
  if (options.has("json"))
    print_json(nlohmann::json{{"case", print_case(result.geometry)},
                              {"shape", result.values.shape()},
                              {"dtype", result.dtype},
                              {"output", output}});
  else
    fmt::print("{}  [{}] {}  {}\n", one_line(output), fmt::join(result.values.shape(), ", "), result.dtype,
               print_case(result.geometry));
  return 0;
}

}  // namespace

Command apply_command() {
  return {
      .name = "apply",
      .summary = "conv, conv_transpose or weight_gradient of arrays in files",
      .usage = R"(  fsconv apply --op NAME --input FILE --weight FILE|FILTER -o FILE [options]

Layouts, defaults and rules are the convention's: TensorFlow and Keras NHWC with [kh,kw,out,in], PyTorch and
ONNX NCHW with [in,out/groups,kh,kw], Theano NCHW with the forward filters. f4 arrays are computed in float,
everything else in double.

A FILTER needs no file: each channel is enlarged by itself, by interpolation with half-pixel centres, as a transposed
convolution whose stride, padding, groups and size are the filter's where they are not said. bicubic has A = -0.5 as
Pillow (PyTorch: bicubic:F:-0.75), lanczos 3 lobes. Outside the input there are zeros, so borders darken; a line on
stderr says by how much. --op conv is its transpose.

The examples use arrays that lie in the project's data folder.)",
      .examples =
          R"(  fsconv apply --op conv --input data/samples/image.npy --weight data/samples/filter.npy --stride 2 --padding 1 --output code.npy
  fsconv apply --op conv_transpose --input code.npy --weight data/samples/filter.npy --stride 2 --padding 1 --size 8,8 -o image.npy
  fsconv apply --op conv_transpose --input data/samples/image.npy --weight bilinear:2 -o twice.npy
)",
      .options = options,
      .run = run};
}

}  // namespace fsconv::cli
