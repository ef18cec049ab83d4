#include <algorithm>
#include <fsconv/nn/block_pass.hpp>

namespace fsconv {
namespace {

using engine::images_per_block;

// Adds up [pixels x images][channels], per channel or, for biases with one value per element, per pixel too.
template <class T>
void add_sums(const T* block, Index pixels, Index images, Index channels, bool per_pixel, T* sums) {
  for (Index pixel = 0; pixel < pixels; ++pixel) {
    T* into = per_pixel ? sums + pixel * channels : sums;
    for (Index image = 0; image < images; ++image, block += channels)
      for (Index channel = 0; channel < channels; ++channel) into[channel] += block[channel];
  }
}

}  // namespace

template <class T>
BlockPass<T>::BlockPass(const TiedAutoencoder<T>& model) {
  const Parameters<T>& parameters = model.parameters();
  map_of_.resize(parameters.size(), nullptr);
  for (const Layer<T>& layer : model.layers()) {
    const Geometry& geometry = layer.map.geometry();
    if (map_of_[layer.weight] == nullptr) {
      maps_.push_back(std::make_unique<engine::BatchedMap<T>>(geometry));
      map_of_[layer.weight] = maps_.back().get();
    }
    const Shape result = layer.transposed ? geometry.image_shape() : geometry.code_shape();
    const Index channels = result[1], pixels = element_count(result) / channels;
    stages_.push_back({map_of_[layer.weight], layer.transposed, layer.relu,
                       parameters[layer.bias].value.size() != channels, layer.weight, layer.bias, channels,
                       pixels});
  }
  for (std::size_t at = 0; at < parameters.size(); ++at) {
    sizes_.push_back(parameters[at].value.size());
    engine_order_.emplace_back(sizes_.back(), "weights");
    packed_.emplace_back(map_of_[at] == nullptr ? 0 : map_of_[at]->packed_size(), "packed weights");
  }
  const Shape image = model.layers().front().map.geometry().image_shape();
  image_channels_ = image[1];
  image_pixels_ = element_count(image) / image_channels_;
}

template <class T>
void BlockPass<T>::to_engine_order(std::size_t at, const T* parameter, T* engine) const {
  if (map_of_[at] != nullptr) return map_of_[at]->import_weight(parameter, engine);
  for (const Stage& stage : stages_)
    if (stage.bias == at && stage.bias_per_pixel)
      return engine::to_block(parameter, 1, stage.channels, stage.pixels, engine);
  std::copy_n(parameter, sizes_[at], engine);
}

template <class T>
void BlockPass<T>::from_engine_order(std::size_t at, const T* engine, T* parameter) const {
  if (map_of_[at] != nullptr) return map_of_[at]->export_weight(engine, parameter);
  for (const Stage& stage : stages_)
    if (stage.bias == at && stage.bias_per_pixel)
      return engine::from_block(engine, 1, stage.channels, stage.pixels, parameter);
  std::copy_n(engine, sizes_[at], parameter);
}

template <class T>
void BlockPass<T>::load(const Parameters<T>& parameters) {
  for (std::size_t at = 0; at < parameters.size(); ++at) {
    to_engine_order(at, parameters[at].value.data(), engine_order_[at].data());
    if (map_of_[at] != nullptr) map_of_[at]->pack(engine_order_[at].data(), packed_[at].data());
  }
}

template <class T>
typename BlockPass<T>::Workspace BlockPass<T>::workspace() const {
  Workspace workspace;
  workspace.activations.emplace_back(images_per_block * image_channels_ * image_pixels_, "activations");
  Index scratch = 0;
  for (const Stage& stage : stages_) {
    workspace.activations.emplace_back(images_per_block * stage.channels * stage.pixels, "activations");
    scratch = std::max(scratch, stage.map->scratch_size(images_per_block));
  }
  workspace.scratch = engine::Buffer<T>(scratch, "scratch");
  return workspace;
}

template <class T>
typename BlockPass<T>::BlockGradients BlockPass<T>::block_gradients() const {
  BlockGradients gradients;
  for (const Index size : sizes_) gradients.emplace_back(size, "gradients");
  return gradients;
}

template <class T>
engine::Ending<T> BlockPass<T>::ending_of(const Stage& stage) const {
  return {.bias = engine_order_[stage.bias].data(), .relu = stage.relu, .per_pixel = stage.bias_per_pixel};
}

template <class T>
void BlockPass<T>::forward(const T* images, Index count, Workspace& workspace) const {
  engine::to_block(images, count, image_channels_, image_pixels_, workspace.activations[0].data());
  for (std::size_t at = 0; at < stages_.size(); ++at) {
    const Stage& stage = stages_[at];
    const T* in = workspace.activations[at].data();
    T* out = workspace.activations[at + 1].data();
    const T* packed = packed_[stage.weight].data();
    if (stage.transposed)
      stage.map->conv_transpose(count, in, packed, out, ending_of(stage), workspace.scratch.data());
    else
      stage.map->conv(count, in, packed, out, ending_of(stage), workspace.scratch.data());
  }
}

template <class T>
double BlockPass<T>::loss(Loss loss, const T* images, Index count, Workspace& workspace) const {
  forward(images, count, workspace);
  return total_loss(loss, workspace.activations.front().data(), workspace.activations.back().data(),
                    count * image_channels_ * image_pixels_);
}

template <class T>
double BlockPass<T>::gradient(Loss loss, T scale, const T* images, Index count, Workspace& workspace,
                              BlockGradients& gradients) const {
  forward(images, count, workspace);
  for (auto& gradient : gradients) std::fill_n(gradient.data(), gradient.size(), T(0));

  T* last = workspace.activations.back().data();
  const double total = replace_by_loss_gradient(loss, workspace.activations.front().data(), last,
                                                count * image_channels_ * image_pixels_, scale);
  const Stage& end = stages_.back();
  add_sums(last, end.pixels, count, end.channels, end.bias_per_pixel, gradients[end.bias].data());

  T* scratch = workspace.scratch.data();
  for (std::size_t at = stages_.size(); at-- > 0;) {
    const Stage& stage = stages_[at];
    T* input = workspace.activations[at].data();
    const T* output_gradient = workspace.activations[at + 1].data();
    T* weight_gradient = gradients[stage.weight].data();
    if (stage.transposed)
      stage.map->weight_gradient(count, input, output_gradient, weight_gradient, scratch);
    else
      stage.map->weight_gradient(count, output_gradient, input, weight_gradient, scratch);
    if (at == 0) break;

    // The input's gradient takes the place of the input, which masks it where a ReLU made it.
    const Stage& below = stages_[at - 1];
    const engine::Ending<T> ending{.mask = below.relu ? input : nullptr,
                                   .sums = gradients[below.bias].data(),
                                   .per_pixel = below.bias_per_pixel};
    const T* packed = packed_[stage.weight].data();
    if (stage.transposed)
      stage.map->conv(count, output_gradient, packed, input, ending, scratch);
    else
      stage.map->conv_transpose(count, output_gradient, packed, input, ending, scratch);
  }
  return total;
}

template <class T>
void BlockPass<T>::reconstruct(Loss loss, const T* images, Index count, Workspace& workspace,
                               T* pixels) const {
  forward(images, count, workspace);
  engine::from_block(workspace.activations.back().data(), count, image_channels_, image_pixels_, pixels);
  to_pixels(loss, pixels, count * image_channels_ * image_pixels_);
}

template <class T>
void BlockPass<T>::add(BlockGradients& sum, const BlockGradients& term, std::size_t at) const {
  T* into = sum[at].data();
  std::transform(into, into + sizes_[at], term[at].data(), into, std::plus<T>());
}

template <class T>
void BlockPass<T>::store(const BlockGradients& sum, std::size_t at, Parameter<T>& parameter) const {
  from_engine_order(at, sum[at].data(), parameter.gradient.data());
}

template class BlockPass<float>;
template class BlockPass<double>;

}  // namespace fsconv
