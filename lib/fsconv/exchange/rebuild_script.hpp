// A Python file that is a trained model in PyTorch: a module to read, and the program that loads and checks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/exchange/state.hpp>
#include <string>

namespace fsconv {

// The file's text begins so: by that fsconv knows its own.
inline constexpr std::string_view rebuild_script_mark = "\"\"\"Written by fsconv export";

// class Model(nn.Module) with encode(), decode(), forward(), of a vae sample(), and pixels(); one module for each that
// pytorch_modules() names, made of step after step. A weight that encoder and decoder share belongs to one nn.Conv2d or
// nn.Linear, and the decoder calls conv_transpose2d or linear with it. As a program,
//     python3 rebuild.py WEIGHTS       a .pt, .safetensors or .npz that fsconv export wrote of the same model
// it loads them, computes the file's check in float64 and prints how far the numbers are apart; it ends with 1 where that is
// more than rounding, with 2 for a wrong call. It needs Python 3.8, NumPy and PyTorch 1.13 or newer. The weights are not in
// it: the text follows from the model and the metadata. Throws InvalidArgument "to" for a model that makes its pictures of
// more than the code.
std::string rebuild_script(const Model& model, const ModelState& state);

}  // namespace fsconv
