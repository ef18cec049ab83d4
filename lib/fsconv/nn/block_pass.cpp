#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/nn/block_pass.hpp>
#include <fsconv/nn/gather_batch.hpp>
#include <type_traits>
#include <utility>

namespace fsconv {
namespace {

using engine::images_per_block;

// Adds up [pixels][images][channels], per channel or, for biases with one value per element, per pixel too.
// Pixels are added as vectors of images and channels, into `row` of that size, and images at the end: a long
// chain of additions would round as often as it is long.
template <class T>
void add_sums(const T* block, Index pixels, Index images, Index channels, bool per_pixel, T* row, T* sums) {
  const Index size = images * channels;
  std::fill_n(row, size, T(0));
  for (Index pixel = 0; pixel < pixels; ++pixel, block += size) {
    for (Index at = 0; at < size; ++at) row[at] += block[at];
    if (!per_pixel && pixel + 1 < pixels) continue;
    T* into = per_pixel ? sums + pixel * channels : sums;
    for (Index at = 0; at < size; ++at) into[at % channels] += std::exchange(row[at], T(0));
  }
}

// Activations are blocks of N, [pixel][image][channel]; nothing is converted between layers, and a gradient
// is written over the activations that mask it. Both ends are numbers T, which for BFloat16 are blocks of
// their own.
template <class N, class T = engine::Sum<N>>
class EnginePass : public BlockPass<T> {
 public:
  EnginePass(const TiedAutoencoder<T>& model, int threads);

  void load(const Parameter<T>& parameter, std::size_t at) override;
  double loss(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order,
              int thread) override;
  double gradient(Loss loss, T scale, const Tensor<std::uint8_t>& images, std::span<const Index> order,
                  int thread, BlockGradients<T>& gradients) override;
  void reconstruct(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order, int thread,
                   T* pixels) override;
  BlockGradients<T> block_gradients() const override;
  void store(const BlockGradients<T>& sum, std::size_t at, Parameter<T>& parameter) const override;

 private:
  static constexpr bool rounds = !std::is_same_v<N, T>;

  struct Stage {
    const engine::BatchedMap<N>* map;
    bool transposed, relu, bias_per_pixel;
    std::size_t weight, bias;
    Index channels, pixels;  // of what leaves the layer
  };

  // What one thread works in.
  struct Workspace {
    std::vector<engine::Buffer<N>> activations;  // the images' block first, then what leaves each layer
    engine::Buffer<T> images, outputs;           // both ends as they are, where activations are rounded
    engine::Buffer<T> scratch;
    engine::Buffer<T> row;  // a pixel of the outputs' block

    std::size_t bytes() const {
      Index rounded = 0;
      for (const auto& block : activations) rounded += block.size();
      const Index exact = images.size() + outputs.size() + scratch.size() + row.size();
      return static_cast<std::size_t>(rounded) * sizeof(N) + static_cast<std::size_t>(exact) * sizeof(T);
    }
    T* images_block() {
      if constexpr (rounds)
        return images.data();
      else
        return activations.front().data();
    }
    // What leaves the last layer; then the loss's derivative by it.
    T* outputs_block() {
      if constexpr (rounds)
        return outputs.data();
      else
        return activations.back().data();
    }
  };

  Workspace workspace() const;
  Workspace& of(int thread) { return workspaces_[static_cast<std::size_t>(thread)]; }
  Index image_size() const { return image_channels_ * image_pixels_; }
  // What rounds: the block `from`, of so many images, becomes that of activations.
  void round(const T* from, Index count, engine::Buffer<N>& to) const;
  void to_engine_order(std::size_t at, const T* parameter, T* engine) const;
  void from_engine_order(std::size_t at, const T* engine, T* parameter) const;
  void forward(const Tensor<std::uint8_t>& images, std::span<const Index> order, Workspace& workspace) const;
  engine::Ending<N> ending_of(const Stage& stage) const;

  std::vector<std::unique_ptr<engine::BatchedMap<N>>> maps_;  // one per weight; tied layers share it
  std::vector<const engine::BatchedMap<N>*> map_of_;          // by parameter; null for biases
  std::vector<Stage> stages_;
  std::vector<engine::Buffer<T>> engine_order_;          // by parameter
  std::vector<engine::Buffer<engine::Step<N>>> packed_;  // by parameter; empty for biases
  std::vector<Index> sizes_;                             // of the parameters
  Index image_channels_, image_pixels_;
  std::vector<Workspace> workspaces_;  // one per thread
};

template <class N, class T>
EnginePass<N, T>::EnginePass(const TiedAutoencoder<T>& model, int threads) {
  const Parameters<T>& parameters = model.parameters();
  map_of_.resize(parameters.size(), nullptr);
  for (const Layer<T>& layer : model.layers()) {
    const Geometry& geometry = layer.map.geometry();
    if (map_of_[layer.weight] == nullptr) {
      maps_.push_back(std::make_unique<engine::BatchedMap<N>>(geometry));
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
  // Each thread's memory may fit where that of all does not.
  workspaces_.push_back(workspace());
  require_memory(threads, workspaces_.front().bytes(), "activations of all threads");
  while (static_cast<int>(workspaces_.size()) < threads) workspaces_.push_back(workspace());
}

template <class N, class T>
void EnginePass<N, T>::to_engine_order(std::size_t at, const T* parameter, T* engine) const {
  if (map_of_[at] != nullptr) return map_of_[at]->import_weight(parameter, engine);
  for (const Stage& stage : stages_)
    if (stage.bias == at && stage.bias_per_pixel)
      return engine::to_block(parameter, 1, stage.channels, stage.pixels, engine);
  std::copy_n(parameter, sizes_[at], engine);
}

template <class N, class T>
void EnginePass<N, T>::from_engine_order(std::size_t at, const T* engine, T* parameter) const {
  if (map_of_[at] != nullptr) return map_of_[at]->export_weight(engine, parameter);
  for (const Stage& stage : stages_)
    if (stage.bias == at && stage.bias_per_pixel)
      return engine::from_block(engine, 1, stage.channels, stage.pixels, parameter);
  std::copy_n(engine, sizes_[at], parameter);
}

template <class N, class T>
void EnginePass<N, T>::load(const Parameter<T>& parameter, std::size_t at) {
  to_engine_order(at, parameter.value.data(), engine_order_[at].data());
  if (map_of_[at] != nullptr) map_of_[at]->pack(engine_order_[at].data(), packed_[at].data());
}

template <class N, class T>
typename EnginePass<N, T>::Workspace EnginePass<N, T>::workspace() const {
  Workspace workspace;
  const auto add_block = [&](Index channels, Index pixels) {
    workspace.activations.emplace_back(images_per_block * engine::padded_channels<N>(channels) * pixels,
                                       "activations");
  };
  add_block(image_channels_, image_pixels_);
  Index scratch = 0;
  for (const Stage& stage : stages_) {
    add_block(stage.channels, stage.pixels);
    scratch = std::max(scratch, stage.map->scratch_size(images_per_block));
  }
  workspace.scratch = engine::Buffer<T>(scratch, "scratch");
  workspace.row = engine::Buffer<T>(images_per_block * image_channels_, "activations");
  if (rounds) {
    workspace.images = engine::Buffer<T>(images_per_block * image_size(), "activations");
    workspace.outputs = engine::Buffer<T>(images_per_block * image_size(), "activations");
  }
  return workspace;
}

template <class N, class T>
BlockGradients<T> EnginePass<N, T>::block_gradients() const {
  BlockGradients<T> gradients;
  for (const Index size : sizes_) gradients.emplace_back(size, "gradients");
  return gradients;
}

template <class N, class T>
void EnginePass<N, T>::round(const T* from, Index count, engine::Buffer<N>& to) const {
  if constexpr (rounds) engine::to_bfloat16(from, image_pixels_ * count, image_channels_, to.data());
}

template <class N, class T>
engine::Ending<N> EnginePass<N, T>::ending_of(const Stage& stage) const {
  return {.bias = engine_order_[stage.bias].data(), .relu = stage.relu, .per_pixel = stage.bias_per_pixel};
}

template <class N, class T>
void EnginePass<N, T>::forward(const Tensor<std::uint8_t>& images, std::span<const Index> order,
                               Workspace& workspace) const {
  const auto count = static_cast<Index>(order.size());
  // What leaves the last layer is as large as the images, and its place is free until then.
  T* batch = workspace.outputs_block();
  gather_batch(images, order, batch);
  engine::to_block(batch, count, image_channels_, image_pixels_, workspace.images_block());
  round(workspace.images_block(), count, workspace.activations.front());
  for (std::size_t at = 0; at < stages_.size(); ++at) {
    const Stage& stage = stages_[at];
    const bool last = at + 1 == stages_.size();
    const N* in = workspace.activations[at].data();
    const engine::Result<N> out = last ? engine::Result<N>(workspace.outputs_block())
                                       : engine::Result<N>(workspace.activations[at + 1].data());
    const engine::Step<N>* packed = packed_[stage.weight].data();
    if (stage.transposed)
      stage.map->conv_transpose(count, in, packed, out, ending_of(stage), workspace.scratch.data());
    else
      stage.map->conv(count, in, packed, out, ending_of(stage), workspace.scratch.data());
  }
}

template <class N, class T>
double EnginePass<N, T>::loss(Loss loss, const Tensor<std::uint8_t>& images, std::span<const Index> order,
                              int thread) {
  Workspace& workspace = of(thread);
  forward(images, order, workspace);
  return total_loss(loss, workspace.images_block(), workspace.outputs_block(),
                    static_cast<Index>(order.size()) * image_size());
}

template <class N, class T>
double EnginePass<N, T>::gradient(Loss loss, T scale, const Tensor<std::uint8_t>& images,
                                  std::span<const Index> order, int thread, BlockGradients<T>& gradients) {
  const auto count = static_cast<Index>(order.size());
  Workspace& workspace = of(thread);
  forward(images, order, workspace);
  for (auto& gradient : gradients) std::fill_n(gradient.data(), gradient.size(), T(0));

  T* last = workspace.outputs_block();
  const double total =
      replace_by_loss_gradient(loss, workspace.images_block(), last, count * image_size(), scale);
  const Stage& end = stages_.back();
  add_sums(last, end.pixels, count, end.channels, end.bias_per_pixel, workspace.row.data(),
           gradients[end.bias].data());
  round(last, count, workspace.activations.back());

  T* scratch = workspace.scratch.data();
  for (std::size_t at = stages_.size(); at-- > 0;) {
    const Stage& stage = stages_[at];
    N* input = workspace.activations[at].data();
    const N* output_gradient = workspace.activations[at + 1].data();
    T* weight_gradient = gradients[stage.weight].data();
    if (stage.transposed)
      stage.map->weight_gradient(count, input, output_gradient, weight_gradient, scratch);
    else
      stage.map->weight_gradient(count, output_gradient, input, weight_gradient, scratch);
    if (at == 0) break;

    // The input's gradient takes the place of the input, which masks it where a ReLU made it.
    const Stage& below = stages_[at - 1];
    const engine::Ending<N> ending{.mask = below.relu ? input : nullptr,
                                   .sums = gradients[below.bias].data(),
                                   .per_pixel = below.bias_per_pixel};
    const engine::Step<N>* packed = packed_[stage.weight].data();
    if (stage.transposed)
      stage.map->conv(count, output_gradient, packed, input, ending, scratch);
    else
      stage.map->conv_transpose(count, output_gradient, packed, input, ending, scratch);
  }
  return total;
}

template <class N, class T>
void EnginePass<N, T>::reconstruct(Loss loss, const Tensor<std::uint8_t>& images,
                                   std::span<const Index> order, int thread, T* pixels) {
  const auto count = static_cast<Index>(order.size());
  Workspace& workspace = of(thread);
  forward(images, order, workspace);
  engine::from_block(workspace.outputs_block(), count, image_channels_, image_pixels_, pixels);
  to_pixels(loss, pixels, count * image_size());
}

template <class N, class T>
void EnginePass<N, T>::store(const BlockGradients<T>& sum, std::size_t at, Parameter<T>& parameter) const {
  from_engine_order(at, sum[at].data(), parameter.gradient.data());
}

}  // namespace

std::string_view name(Operands operands) { return operands == Operands::bf16 ? "bf16" : "fp32"; }

Operands operands_named(std::string_view wanted) {
  for (const Operands operands : {Operands::fp32, Operands::bf16})
    if (wanted == name(operands)) return operands;
  throw InvalidArgument("precision", fmt::format("'{}' is unknown", wanted), "use fp32 or bf16");
}

template <class T>
std::unique_ptr<BlockPass<T>> make_block_pass(const TiedAutoencoder<T>& model, Operands operands,
                                              int threads) {
  if (operands == Operands::fp32) return std::make_unique<EnginePass<T>>(model, threads);
  if constexpr (std::is_same_v<T, float>)
    return std::make_unique<EnginePass<engine::BFloat16>>(model, threads);
  else
    throw InvalidArgument("precision", "is bf16", "sums of BFloat16 are floats, the model's are doubles");
}

template std::unique_ptr<BlockPass<float>> make_block_pass(const TiedAutoencoder<float>&, Operands, int);
template std::unique_ptr<BlockPass<double>> make_block_pass(const TiedAutoencoder<double>&, Operands, int);

}  // namespace fsconv
