// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/exchange/state.hpp>
#include <fsconv/nn/tensor_pass.hpp>
#include <fsconv/train/codes.hpp>
#include <fsconv/train/model_json.hpp>

namespace fsconv {
namespace {

// The form that is fast enough for large models in double. Tests compare with the engine.
constexpr auto check_form = "im2col";
constexpr Index check_images = 2;

}  // namespace

Tensor<float> check_input(const Model& model) {
  Shape shape = {check_images, model.images().channels};
  shape.insert(shape.end(), model.images().size.begin(), model.images().size.end());
  Tensor<float> images(shape, "images");
  Random random(0);
  for (float& pixel : images) pixel = static_cast<float>(random.integer(0, 255)) / 255.0F;
  return images;
}

template <class T>
ModelCheck check_of(const Model& of, const Parameters<float>& parameters, const Tensor<float>& input) {
  const Model model = with_draws(of, 1);
  const Index images = input.rank() == 0 ? 0 : input.shape()[0];
  const Shape wanted = batch_shape<T>(model.images(), images);
  if (images < 1 || input.shape() != wanted)
    throw InvalidArgument(
        "input", fmt::format("has shape [{}]", fmt::join(input.shape(), ", ")),
        fmt::format("images of the model are [N, {}]", fmt::join(wanted.begin() + 1, wanted.end(), ", ")));
  std::vector<Tensor<T>> numbers;
  for (const Parameter<float>& parameter : parameters) numbers.push_back(cast<T>(parameter.value));
  Tensor<T> noise;  // none: the mean is decoded
  if (const auto id = model.noise_value()) noise = Tensor<T>(batch_shape<T>(model.values[*id], images));
  const std::vector<Tensor<T>> values =
      tensor_values(model, numbers, form_named<T>(check_form), cast<T>(input), noise);
  const auto code_of = [&](ValueId id) {
    Shape shape = code_shape(model);
    shape.insert(shape.begin(), images);
    return cast<float>(values[id]).reshaped(std::move(shape));
  };
  const Reconstruction& term = model.reconstruction();
  ModelCheck check{.input = input,
                   .code = code_of(model.code),
                   .log_variance = {},
                   .output = cast<float>(values[term.output]),
                   .pixels = {}};
  if (const auto heads = model.heads()) check.log_variance = code_of(heads->log_variance);
  Tensor<T> pixels = values[term.output];
  for (T& z : pixels) z = expected_pixel(term.likelihood, z);
  check.pixels = cast<float>(pixels);
  return check;
}
template ModelCheck check_of<float>(const Model&, const Parameters<float>&, const Tensor<float>&);
template ModelCheck check_of<double>(const Model&, const Parameters<float>&, const Tensor<float>&);

std::vector<NamedTensor> tensors_of(const Model& model, const Parameters<float>& parameters) {
  std::vector<NamedTensor> tensors;
  const std::vector<ParameterName> names = pytorch_names(model);
  for (ParameterId id = 0; id < names.size(); ++id)
    tensors.push_back({.name = names[id].name,
                       .aliases = names[id].aliases,
                       .transposed = names[id].transposed,
                       .value = to_pytorch(names[id], parameters[id].value),
                       .parameter = parameters[id].name});
  return tensors;
}

ModelState state_of(const Model& model, const Parameters<float>& parameters) {
  ModelState state;
  state.tensors = tensors_of(model, parameters);
  state.check = check_of<double>(model, parameters, check_input(model));
  state.metadata = {{"producer", "fsconv"},
                    {"model", to_json(with_draws(model, 1)).dump()},
                    {"kind", model.heads() ? "vae" : "ae"},
                    {"likelihood", std::string(name(model.reconstruction().likelihood))}};
  return state;
}

ModelState state_of(const TrainedRun& run) {
  ModelState state = state_of(run.trained.model, run.trained.parameters);
  // A file's name may be any bytes; what the formats hold is UTF-8.
  const std::string file = std::filesystem::path(run.path).filename().string();
  state.metadata["run"] = excerpt(file, file.size());
  state.metadata["epoch"] = std::to_string(run.trained.epoch);
  if (run.trained.partial_step > 0) state.metadata["partial_step"] = std::to_string(run.trained.partial_step);
  state.metadata["weights"] = run.trained.is_best ? "best" : "last";
  return state;
}

}  // namespace fsconv
