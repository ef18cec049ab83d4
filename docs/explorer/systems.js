// What the systems call their arguments, and geometries to begin with.
// SPDX-License-Identifier: Apache-2.0

const SYSTEMS = {
  pytorch: "PyTorch",
  tensorflow: "TensorFlow",
  keras: "Keras",
  jax: "JAX",
  onnx: "ONNX Runtime",
  "onnx-reference": "ONNX, its own text",
  theano: "Theano",
  native: "fsconv",
};

// Names of arguments under the names of the command line's options; what is not listed has the option's.
const ARGUMENTS = {
  pytorch: {kernel: "kernel_size", "output-padding": "output_padding", size: "output_size"},
  tensorflow: {stride: "strides", dilation: "dilations", size: "output_shape", kernel: "filter size",
               groups: "groups (TensorFlow reads them off the filter)"},
  keras: {kernel: "kernel_size", stride: "strides", "output-padding": "output_padding", dilation: "dilation_rate"},
  jax: {kernel: "filter size", stride: "strides", dilation: "rhs_dilation", groups: "feature_group_count",
        "transpose-kernel": "transpose_kernel", "use-consistent-padding": "use_consistent_padding"},
  onnx: {kernel: "kernel_shape", stride: "strides", padding: "pads or auto_pad", "output-padding": "output_padding",
         size: "output_shape", dilation: "dilations", groups: "group"},
  theano: {kernel: "filter size", stride: "subsample", padding: "border_mode", size: "input_shape",
           dilation: "filter_dilation", groups: "num_groups", flip: "filter_flip"},
  native: {"output-padding": "output padding", size: "image size"},
};
ARGUMENTS["onnx-reference"] = ARGUMENTS.onnx;

function argumentName(system, direction, option) {
  if (option === "stride" && system === "jax" && direction === "conv") return "window_strides / lhs_dilation";
  if (option === "stride" && system === "tensorflow" && direction === "conv") return "strides";
  return ARGUMENTS[system][option] ?? option.replaceAll("-", " ");
}

// The options that a field of the page stands for, in its order, and what is legal there.
const OPTIONS = ["input-size", "kernel", "stride", "padding", "output-padding", "size", "dilation", "channels", "groups",
                 "flip", "transpose-kernel", "use-consistent-padding"];
const YES_NO = new Set(["flip", "transpose-kernel", "use-consistent-padding"]);

// Whether the system has the option: `has` is the library's answer to {want: "words"}.
function hasOption(system, option, has) {
  if (option === "flip") return system === "native" || system === "theano";
  return has[option] ?? true;
}

function hintFor(option, system, direction, has) {
  switch (option) {
    case "input-size":
      return direction === "conv" ? "image" : "code";
    case "stride":
      return has.fractions ? "2, 1/2, 2/3" : "";
    case "padding": {
      const rules = has.padding.filter(rule => rule !== "numbers");
      const numbers = has.padding.includes("numbers") ? ["2 or 0:1"] : [];
      return [...numbers, ...rules].join(", ");
    }
    case "size":
      return "image";
    case "channels":
      return "image side, code side";
    default:
      return "";
  }
}

const PRESETS = [
  {name: "DCGAN layer", view: "scatter",
   words: {convention: "pytorch", op: "conv_transpose", "input-size": "4,4", kernel: "4", stride: "2", padding: "1"}},
  {name: "U-Net up-convolution", view: "phases",
   words: {convention: "pytorch", op: "conv_transpose", "input-size": "4,4", kernel: "2", stride: "2"}},
  {name: "Checkerboard, k3 s2", view: "overlap",
   words: {convention: "pytorch", op: "conv_transpose", "input-size": "4,4", kernel: "3", stride: "2", padding: "1",
           "output-padding": "1"}},
  {name: "Stride 2/3", view: "zeros",
   words: {convention: "native", op: "conv", "input-size": "8", kernel: "4", stride: "2/3", padding: "2:1"}},
  {name: "Dilated", view: "gather",
   words: {convention: "jax", op: "conv", "input-size": "6,6", kernel: "3", stride: "1", padding: "same", dilation: "2"}},
  {name: "TensorFlow SAME", view: "matrix",
   words: {convention: "tensorflow", op: "conv_transpose", "input-size": "4", kernel: "3", stride: "2", padding: "same",
           size: "8"}},
];

// The same as a command of the shell.
function commandLine(command, words, more = "") {
  const quoted = value => (/^[\w.,:\/+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);
  const said = Object.entries(words).filter(([, value]) => value.trim() !== "");
  return `fsconv ${command}` + said.map(([name, value]) => ` --${name} ${quoted(value)}`).join("") + more;
}
