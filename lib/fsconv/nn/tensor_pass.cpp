// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/engine/block.hpp>
#include <fsconv/nn/tensor_pass.hpp>

namespace fsconv {
namespace {

template <class T>
class TensorPass : public BlockPass<T> {
 public:
  TensorPass(const Model& model, const Form<T>& form);

  void make_room(int) override {}  // every call has arrays of its own
  void load(const Parameter<T>& parameter, ParameterId at) override { parameters_[at] = parameter.value; }
  Losses losses(const Batch& block, double beta, int thread) override;
  Losses gradient(const Batch& block, double beta, double scale, int thread, BlockGradients<T>& gradients,
                  const AfterStep& after) override;
  void encode(const Batch& block, int thread, T* codes, T* log_variances) override;
  void decode(Index rows, const T* codes, int thread, T* outputs) override;
  void fetch_target(const Batch& one_image, int thread) override;
  void decode_losses(Index rows, const T* codes, int thread, double* losses) override;
  BlockGradients<T> block_gradients() const override;
  void store(const BlockGradients<T>& sum, ParameterId at, Tensor<T>& gradient) const override {
    std::copy_n(sum[at].data(), sum[at].size(), gradient.data());
  }
  std::size_t bytes_per_thread() const override;
  std::size_t parameter_bytes() const override {
    return static_cast<std::size_t>(model_.parameter_count()) * sizeof(T);
  }
  std::vector<StepAlgorithms> algorithms() const override { return {}; }

 private:
  struct Backward;

  std::vector<Tensor<T>> values_of(const Batch& block) const;
  Tensor<T> decoded(Index rows, const T* codes) const;

  Model model_;
  const Form<T>& form_;
  std::vector<Tensor<T>> parameters_;
};

template <class T>
TensorPass<T>::TensorPass(const Model& model, const Form<T>& form)
    : model_(model), form_(form), parameters_(model.parameters.size()) {
  for (const Step& step : model.steps)
    if (const auto* affine = std::get_if<Affine>(&step))
      for (const Op op : {Op::conv, Op::conv_transpose, Op::weight_gradient})
        if (const auto problem = form.unsupported(affine->geometry, op))
          throw InvalidArgument("form", fmt::format("{} cannot run this model: {}", form.name, *problem));
}

template <class T>
std::size_t TensorPass<T>::bytes_per_thread() const {
  Index numbers = 0;
  for (const Value& value : model_.values)
    numbers += 2 * value.elements() * value.draws * images_per_block(model_);
  return static_cast<std::size_t>(numbers) * sizeof(T);
}

template <class T>
std::vector<Tensor<T>> TensorPass<T>::values_of(const Batch& block) const {
  Tensor<T> images(batch_shape<T>(model_.images(), block.size())), noise;
  fetch(block, images.data());
  if (const auto id = model_.noise_value()) {
    const Value& value = model_.values[*id];
    noise = Tensor<T>(batch_shape<T>(value, block.size()));
    for (Index row = 0; row < noise.shape()[0]; ++row)
      noise_normals(block.latents,
                    static_cast<std::uint64_t>(block.order[static_cast<std::size_t>(row / value.draws)]),
                    static_cast<std::uint32_t>(row % value.draws), noise.data() + row * value.elements(),
                    value.elements());
  }
  return tensor_values(model_, parameters_, form_, images, noise);
}

template <class T>
Losses summed(const ImageLosses<T>& losses) {
  return {.objective = static_cast<double>(losses.objective),
          .reconstruction = static_cast<double>(losses.reconstruction),
          .kl = static_cast<double>(losses.kl)};
}

template <class T>
Losses TensorPass<T>::losses(const Batch& block, double beta, int) {
  const std::vector<Tensor<T>> values = values_of(block);
  Losses sum;
  for (Index image = 0; image < block.size(); ++image) {
    const ImageLosses<T> losses = image_losses(model_, parameters_, values, image, beta);
    sum += summed(losses);
  }
  return sum;
}

// Gradients of all values begin as zeros, and everything adds.
template <class T>
struct TensorPass<T>::Backward {
  const TensorPass& pass;
  const std::vector<Tensor<T>>& values;
  std::vector<Tensor<T>>& of_values;
  std::vector<Tensor<T>>& of_parameters;
  Index images;

  void add(Tensor<T>& sum, const Tensor<T>& term) const {
    for (Index at = 0; at < sum.size(); ++at) sum[at] += term[at];
  }

  void operator()(const Affine& step) const {
    Tensor<T> g = of_values[step.out];
    const Index elements = pass.model_.values[step.out].elements();
    for (Index at = 0; at < g.size(); ++at) {
      g[at] *= slope(step.activation, values[step.out][at]);
      if (step.bias) {
        Tensor<T>& bias = of_parameters[*step.bias];
        bias[at % elements / (elements / bias.size())] += g[at];
      }
    }
    const Tensor<T>&in = values[step.in], &w = pass.parameters_[step.weight];
    const Form<T>& form = pass.form_;
    if (step.direction == Direction::conv_transpose) {
      add(of_parameters[step.weight], form.weight_gradient(step.geometry, in, g));
      add(of_values[step.in], form.conv(step.geometry, g, w));
    } else {
      add(of_parameters[step.weight], form.weight_gradient(step.geometry, g, in));
      add(of_values[step.in], form.conv_transpose(step.geometry, g, w));
    }
  }

  void operator()(const Gain& step) const {
    const Index elements = pass.model_.values[step.in].elements(),
                pixels = pass.model_.values[step.in].pixels();
    for (Index at = 0; at < values[step.in].size(); ++at) {
      const Index channel = at % elements / pixels;
      of_values[step.in][at] += pass.parameters_[step.factor][channel] * of_values[step.out][at];
      of_parameters[step.factor][channel] += values[step.in][at] * of_values[step.out][at];
    }
  }

  void operator()(const Shuffle& step) const {
    TensorForward<T>::for_each_enlarged(
        pass.model_.values[step.in], step.factor, true, images,
        [&](Index from, Index to) { of_values[step.in][from] += of_values[step.out][to]; });
  }
  void operator()(const Resize& step) const {
    TensorForward<T>::for_each_enlarged(
        pass.model_.values[step.in], step.factor, false, images,
        [&](Index from, Index to) { of_values[step.in][from] += of_values[step.out][to]; });
  }

  void operator()(const Gate& step) const {
    for (Index at = 0; at < values[step.in].size(); ++at) {
      const T open = activate(Activation::sigmoid, values[step.gate][at]), g = of_values[step.out][at];
      of_values[step.in][at] += g * open;
      of_values[step.gate][at] += g * values[step.in][at] * open * (1 - open);
    }
  }

  void operator()(const Add& step) const {
    add(of_values[step.in], of_values[step.out]);
    add(of_values[step.other], of_values[step.out]);
  }

  void operator()(const Reparameterise& step) const {
    for (Index at = 0; at < values[step.out].size(); ++at) {
      const Index one = TensorForward<T>::of_image(pass.model_, step.mean, step.out, at);
      const T g = of_values[step.out][at];
      of_values[step.mean][one] += g;
      of_values[step.log_variance][one] +=
          g * values[step.noise][at] * std::exp(values[step.log_variance][one] / 2) / 2;
    }
  }
};

template <class T>
Losses TensorPass<T>::gradient(const Batch& block, double beta, double scale, int,
                               BlockGradients<T>& gradients, const AfterStep& after) {
  const std::vector<Tensor<T>> values = values_of(block);
  std::vector<Tensor<T>> of_values, of_parameters;
  for (const Tensor<T>& value : values) of_values.emplace_back(value.shape());
  for (const Tensor<T>& parameter : parameters_) of_parameters.emplace_back(parameter.shape());

  const Reconstruction& term = model_.reconstruction();
  const Index elements = model_.images().elements(), draws = model_.values[term.output].draws;
  Losses sum;
  for (Index image = 0; image < block.size(); ++image) {
    const ImageLosses<T> losses = image_losses(model_, parameters_, values, image, beta);
    sum += summed(losses);
    const T log_variance =
        term.log_variance ? parameters_[*term.log_variance][0] : static_cast<T>(std::log(term.variance));
    const T factor = term.likelihood == Likelihood::gaussian ? std::exp(-log_variance) / 2 : T(1);
    for (Index draw = 0; draw < draws; ++draw) {
      const T weight = static_cast<T>(scale) * losses.draw_weights[static_cast<std::size_t>(draw)];
      for (Index at = 0; at < elements; ++at) {
        const T x = values[model_.image_value()][image * elements + at];
        const Index here = (image * draws + draw) * elements + at;
        of_values[term.output][here] +=
            weight * factor * pixel_loss_slope(term.likelihood, x, values[term.output][here]);
        if (term.log_variance)
          of_parameters[*term.log_variance][0] +=
              weight * (T(0.5) - factor * pixel_loss(term.likelihood, x, values[term.output][here]));
      }
    }
    for (const Term& each : model_.terms) {
      if (const auto* kl = std::get_if<KlToNormal>(&each)) {
        const Index latent = model_.values[kl->mean].elements();
        for (Index at = image * latent; at < (image + 1) * latent; ++at) {
          const T mean = values[kl->mean][at], log_var = values[kl->log_variance][at];
          if (kl->free_nats > 0 && !(kl_to_normal(mean, log_var) > static_cast<T>(kl->free_nats))) continue;
          of_values[kl->mean][at] += static_cast<T>(scale * beta) * mean;
          of_values[kl->log_variance][at] += static_cast<T>(scale * beta) * (std::exp(log_var) - 1) / 2;
        }
      } else if (const auto* ratio = std::get_if<LogRatio>(&each)) {
        const Index latent = model_.values[ratio->sample].elements();
        for (Index draw = 0; draw < draws; ++draw)
          for (Index at = 0; at < latent; ++at) {
            const T weight =
                static_cast<T>(scale * beta) * losses.draw_weights[static_cast<std::size_t>(draw)];
            const Index here = (image * draws + draw) * latent + at;
            of_values[ratio->sample][here] += weight * values[ratio->sample][here];
            of_values[ratio->log_variance][image * latent + at] -= weight / 2;
          }
      }
    }
  }
  for (std::size_t at = model_.steps.size(); at-- > 0;)
    std::visit(Backward{*this, values, of_values, of_parameters, block.size()}, model_.steps[at]);
  for (std::size_t at = 0; at < parameters_.size(); ++at)
    std::copy_n(of_parameters[at].data(), of_parameters[at].size(), gradients[at].data());
  if (after)
    for (std::size_t step = model_.steps.size() + 1; step-- > 0;) after(step);
  return sum;
}

template <class T>
BlockGradients<T> TensorPass<T>::block_gradients() const {
  BlockGradients<T> gradients;
  for (const ParameterSpec& parameter : model_.parameters)
    gradients.emplace_back(element_count(parameter.shape), "gradients");
  return gradients;
}

template <class T>
void TensorPass<T>::encode(const Batch& block, int, T* codes, T* log_variances) {
  const std::vector<Tensor<T>> values = values_of(block);
  std::copy(values[model_.code].begin(), values[model_.code].end(), codes);
  if (const auto heads = model_.heads(); heads && log_variances)
    std::copy(values[heads->log_variance].begin(), values[heads->log_variance].end(), log_variances);
}

// Runs the steps that depend on the code.
template <class T>
Tensor<T> TensorPass<T>::decoded(Index rows, const T* codes) const {
  const ValueId input = decoder_input(model_);
  std::vector<Tensor<T>> values(model_.values.size());
  Shape shape = batch_shape<T>(model_.values[input], 1);
  shape[0] = rows;
  values[input] = Tensor<T>(shape, std::vector<T>(codes, codes + rows * model_.values[input].elements()));
  for (const Step& step : model_.steps) {
    const std::vector<ValueId> in = inputs(step);
    if (output(step) != input &&
        std::all_of(in.begin(), in.end(), [&](ValueId id) { return values[id].size() > 0; }))
      std::visit(TensorForward<T>{model_, parameters_, form_, values, rows / model_.values[input].draws},
                 step);
  }
  return values[model_.reconstruction().output];
}

template <class T>
void TensorPass<T>::decode(Index rows, const T* codes, int, T* outputs) {
  const Tensor<T> made = decoded(rows, codes);
  std::copy(made.begin(), made.end(), outputs);
}

template <class T>
void TensorPass<T>::fetch_target(const Batch&, int) {
  throw InvalidArgument("form", fmt::format("{} has no likelihood of codes", form_.name),
                        "use --form batched");
}

template <class T>
void TensorPass<T>::decode_losses(Index, const T*, int, double*) {}

}  // namespace

template <class T>
std::unique_ptr<BlockPass<T>> make_tensor_pass(const Model& model, const Form<T>& form) {
  return std::make_unique<TensorPass<T>>(model, form);
}

template std::unique_ptr<BlockPass<float>> make_tensor_pass(const Model&, const Form<float>&);
template std::unique_ptr<BlockPass<double>> make_tensor_pass(const Model&, const Form<double>&);

}  // namespace fsconv
