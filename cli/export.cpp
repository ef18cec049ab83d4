// fsconv export: a trained model for other programs.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/screen.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/exchange/export.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "run_options.hpp"

namespace fsconv::cli {
namespace {

boost::program_options::options_description options() {
  return OptionList("Options")
      .value("run", "FILE", "the same as the word RUN: the file of fsconv train")
      .value("weights", "NAME",
             "best: of the smallest validation loss, or the last where none was kept; last (best)")
      .value("to", "FILE[,FILE...]", "each ends with .npz, .safetensors, .pt, .onnx or .py")
      .value("part", "NAME", "of .onnx: whole, encoder or decoder (whole)")
      .flag("force", "replace files that fsconv export did not write, or that were changed since");
}

nlohmann::json json_of(const Exported& made) {
  return {{"file", made.path},      {"kind", name(made.kind)}, {"tensors", made.tensors},
          {"shared", made.shared},  {"bytes", made.bytes},     {"inputs", made.inputs},
          {"outputs", made.outputs}};
}

std::string words_of(const Exported& made) {
  if (made.kind == ExportKind::script) return "makes the model in PyTorch and checks it";
  std::string text = counted(made.tensors, "tensor");
  if (made.shared > 0) text += fmt::format(", {} of them shared", made.shared);
  if (made.kind == ExportKind::onnx)
    text += fmt::format("; {} -> {}", fmt::join(made.inputs, ", "), fmt::join(made.outputs, ", "));
  return text;
}

int run(const Options& options) {
  catch_interrupts();
  options.required_text("to");
  const std::vector<std::string> files = options.different_words("to");
  bool any_onnx = false;
  for (const std::string& file : files) any_onnx = export_kind(file) == ExportKind::onnx || any_onnx;
  constexpr const char* of_onnx[] = {"part"};
  if (!any_onnx) options.require_none_of(of_onnx, "it belongs to FILE.onnx");
  const ModelPart part = named<ModelPart>(options.text("part", "whole"));
  const TrainedRun trained = run_of(options);
  require_exports(files, trained.path, options.has("force"));

  const ModelState state = state_of(trained);
  const std::vector<Exported> made = write_exports(files, trained.trained.model, state, part);
  if (options.has("json")) {
    nlohmann::json list = nlohmann::json::array();
    for (const Exported& one : made) list.push_back(json_of(one));
    print_json(nlohmann::json{{"run", trained.path},
                              {"epoch", trained.trained.epoch},
                              {"partial_step", trained.trained.partial_step},
                              {"weights", state.metadata.at("weights")},
                              {"files", list}});
    return static_cast<int>(ExitCode::ok);
  }
  for (const Exported& one : made)
    fmt::print("{}",
               wrapped_text(fmt::format("{}  {}, {} bytes", one_line(one.path), words_of(one), one.bytes),
                            page_width(), 4));
  fmt::print("{}", wrapped_text(fmt::format("of {}, {}", one_line(trained.path), trained.epoch_text()),
                                page_width(), 4));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

Command export_command() {
  return {
      .name = "export",
      .summary = "a trained model for other programs: PyTorch, ONNX Runtime, NumPy, safetensors",
      .usage =
          "  fsconv export RUN --to FILE[,FILE...] [options]\n\n"
          "FILE.npz, FILE.safetensors and FILE.pt hold the weights under the names that PyTorch users expect "
          "(encoder.0.weight); a weight that encoder and decoder share is stored once, under both names. "
          "FILE.onnx is the model itself; --part takes the encoder (input -> code, of a vae code and "
          "log_variance) or the decoder (code -> pixels, output) alone. FILE.py makes the model in PyTorch.\n\n"
          "Every file of numbers also holds two images and what the model makes of them, so that whoever reads "
          "it can check itself: python3 rebuild.py weights.pt loads the weights, computes the same and ends "
          "with 1 where it is not the same. Codes are the mean of a vae; nothing is random.\n\n"
          "The examples use fsconv train --data generated --model vae --epochs 1 --output results/vae.h5",
      .examples =
          "  fsconv export results/vae.h5 --to results/vae.pt,results/rebuild.py\n"
          "  fsconv export results/vae.h5 --to results/vae.safetensors\n"
          "  fsconv export results/vae.h5 --to results/vae.onnx\n"
          "  fsconv export results/vae.h5 --to results/decoder.onnx --part decoder\n",
      .options = options,
      .run = run,
      .positional = "run"};
}

}  // namespace fsconv::cli
