#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/memory.hpp>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/nn/engine_pass.hpp>
#include <fsconv/nn/plan.hpp>
#include <fsconv/nn/pointwise.hpp>
#include <type_traits>
#include <utility>

namespace fsconv {
namespace {

using engine::BatchedMap;
using engine::Buffer;

// The pixel and the phase that each pixel of an enlarged image comes from, for Shuffle and Resize.
struct Origin {
  Index pixel, phase;
};
std::vector<Origin> origins(const Shape& size, Index factor) {
  Index pixels = element_count(size);
  for (std::size_t axis = 0; axis < size.size(); ++axis) pixels *= factor;
  std::vector<Origin> list(static_cast<std::size_t>(pixels));
  for (Index at = 0; at < pixels; ++at) {
    Index rest = at, pixel = 0, phase = 0, pixel_step = 1, phase_step = 1;
    for (std::size_t axis = size.size(); axis-- > 0;) {
      const Index extent = size[axis] * factor, position = rest % extent;
      pixel += position / factor * pixel_step;
      phase += position % factor * phase_step;
      pixel_step *= size[axis];
      phase_step *= factor;
      rest /= extent;
    }
    list[static_cast<std::size_t>(at)] = {pixel, phase};
  }
  return list;
}

// Adds up [pixels][rows][channels], per channel or, for biases with one value per element, per pixel too. Pixels are added as
// vectors of rows and channels, into `between` of that size, and rows at the end: a long chain of additions would round as
// often as it is long.
template <class T>
void add_sums(const T* block, Index pixels, Index rows, Index channels, bool per_pixel, T* between, T* sums) {
  const Index size = rows * channels;
  std::fill_n(between, size, T(0));
  for (Index pixel = 0; pixel < pixels; ++pixel, block += size) {
    for (Index at = 0; at < size; ++at) between[at] += block[at];
    if (!per_pixel && pixel + 1 < pixels) continue;
    T* into = per_pixel ? sums + pixel * channels : sums;
    for (Index at = 0; at < size; ++at) into[at % channels] += std::exchange(between[at], T(0));
  }
}

// to[first + at] = or += f(at), as a gradient is handed over.
template <class T, class F>
void hand_over(Into into, Index count, T* to, Index first, F&& f) {
  if (into == Into::store)
    for (Index at = 0; at < count; ++at) to[first + at] = f(at);
  else if (into == Into::add)
    for (Index at = 0; at < count; ++at) to[first + at] += f(at);
}
template <class T, class F>
void hand_over(Into into, Index count, T* to, F&& f) {
  hand_over(into, count, to, 0, std::forward<F>(f));
}

template <class N, class T = engine::Sum<N>>
class Pass : public BlockPass<T> {
 public:
  Pass(const Model& model, int threads, bool trains);

  void load(const Parameter<T>& parameter, ParameterId at) override;
  Losses losses(const Batch& block, double beta, int thread) override;
  Losses gradient(const Batch& block, double beta, double scale, int thread,
                  BlockGradients<T>& gradients) override;
  void encode(const Batch& block, int thread, T* codes, T* log_variances) override;
  void decode(Index rows, const T* codes, int thread, T* outputs) override;
  void fetch_target(const Batch& one_image, int thread) override;
  void decode_losses(Index rows, const T* codes, int thread, double* losses) override;
  BlockGradients<T> block_gradients() const override;
  void store(const BlockGradients<T>& sum, ParameterId at, Tensor<T>& gradient) const override;
  std::size_t bytes_per_thread() const override { return workspaces_.front().bytes(); }

 private:
  static constexpr bool rounds = !std::is_same_v<N, T>;

  // The numbers of one thread.
  struct Workspace {
    Buffer<unsigned char> arena;
    Buffer<T> scratch;  // of the maps
    Buffer<T> between;  // a pixel of any block, or a block of codes
    Buffer<T> plain;    // codes or noise of one row, in the order [channels][size...]
    Buffer<T> target;   // one image; and behind it the same once per row
    Index target_rows = 0;
    std::vector<double> losses;      // of the numbers of a pixel of the output
    std::vector<double> row_losses;  // of every draw
    std::vector<T> row_weights;
    std::vector<double> draw_losses, draw_weights;  // of one image

    std::size_t bytes() const {
      return static_cast<std::size_t>(arena.size()) +
             sizeof(T) *
                 static_cast<std::size_t>(scratch.size() + between.size() + plain.size() + target.size());
    }
  };

  // One block on its way.
  struct Run {
    const Pass& pass;
    Workspace& work;
    const Batch* batch;
    Index images;
    double beta = 1, scale = 1;
    BlockGradients<T>* gradients = nullptr;
  };
  struct Forward;
  struct Backward;

  // A map and the weight that it is packed with.
  struct Packed {
    std::unique_ptr<BatchedMap<N>> map;
    ParameterId weight;
    Buffer<engine::Step<N>> steps;
  };

  const Value& value(ValueId id) const { return model_.values[id]; }
  Index rows(ValueId id, Index images) const { return images * value(id).draws; }
  Index numbers(ValueId id, Index images) const { return rows(id, images) * value(id).elements(); }

  template <class Number>
  static Number* at(Workspace& work, const std::optional<Place>& place) {
    return reinterpret_cast<Number*>(work.arena.data() + place->offset);
  }
  N* operand(Workspace& work, ValueId id) const { return at<N>(work, plan_.values[id].operand); }
  T* exact(Workspace& work, ValueId id) const { return at<T>(work, plan_.values[id].exact); }
  // Null where none is wanted: of images and noise.
  T* gradient_of(Workspace& work, ValueId id) const {
    const auto& place = plan_.values[id].gradient;
    return place ? at<T>(work, place) : nullptr;
  }

  // A value that was made exactly becomes an operand, if one is wanted.
  void round(Workspace& work, ValueId id, Index images) const;
  bool bias_per_pixel(const Affine& step) const {
    return step.bias && model_.parameters[*step.bias].shape.size() > 1;
  }
  const Affine* affine_maker(ValueId id) const;

  void fetch_images(Run& run) const;
  void fetch_noise(Run& run) const;
  void forward(Run& run) const;
  void put_codes(Workspace& work, Index rows, const T* codes) const;
  void decode_rows(Workspace& work, Index rows, const T* codes) const;
  Losses terms(Run& run) const;
  void reconstruction_losses(Run& run, const T* target, bool derive) const;
  double image_kl(Run& run, Index image, double* in_objective) const;
  double log_ratio(Run& run, Index row) const;
  void term_gradients(Run& run) const;
  void finish_gradient(Run& run, const Affine& step) const;

  // Calls f(from, to) for every number of an enlarged value and the one that it comes from.
  template <class F>
  void for_each_origin(const Run& run, std::size_t step, ValueId in, ValueId out, F&& f) const;
  // Calls f(one, draw): the positions of a number of an image's mean and of each of its draws.
  template <class F>
  void for_each_draw(const Run& run, const Reparameterise& step, F&& f) const;

  void to_engine_order(ParameterId at, const T* parameter, T* engine) const;
  void from_engine_order(ParameterId at, const T* engine, T* parameter) const;
  Packed& packed_of(const Affine& step);

  Model model_;
  Plan plan_;
  const Pointwise<T>& pointwise_;
  std::vector<Packed> packed_;
  std::vector<std::size_t> packed_of_step_;  // by step
  std::vector<const BatchedMap<N>*>
      map_of_;                      // by parameter: whose order its numbers have; null for the others
  std::vector<Value> per_element_;  // by parameter: the value a bias is added to element by element
  std::vector<std::vector<Origin>> origins_;    // by step
  std::vector<bool> after_code_, before_code_;  // by step: what decoding and encoding run
  std::vector<Buffer<T>> engine_order_;         // by parameter
  ValueId decoder_input_;
  Index block_images_;
  std::vector<Workspace> workspaces_;  // one per thread
};

template <class N, class T>
Pass<N, T>::Pass(const Model& model, int threads, bool trains)
    : model_(model),
      plan_(make_plan(model, {.images = images_per_block(model),
                              .trains = trains,
                              .number_bytes = sizeof(N),
                              .sum_bytes = sizeof(T)})),
      pointwise_(pointwise_of<T>(engine::current_isa())),
      map_of_(model.parameters.size(), nullptr),
      per_element_(model.parameters.size()),
      origins_(model.steps.size()),
      after_code_(model.steps.size()),
      before_code_(model.steps.size()),
      decoder_input_(model.code),
      block_images_(images_per_block(model)) {
  packed_of_step_.resize(model.steps.size());
  const Index longest = value(model_.code).elements();
  Index scratch = 0, widest = longest * block_images_ * model.draws();
  std::vector<bool> from_code(model.values.size()), to_code(model.values.size());
  for (std::size_t step = 0; step < model.steps.size(); ++step) {
    const ValueId out = output(model.steps[step]);
    if (const auto* affine = std::get_if<Affine>(&model.steps[step])) {
      Packed& packed = packed_of(*affine);
      packed_of_step_[step] = static_cast<std::size_t>(&packed - packed_.data());
      scratch = std::max(scratch, packed.map->scratch_size(rows(out, block_images_)));
      if (bias_per_pixel(*affine)) per_element_[*affine->bias] = value(out);
    } else if (const auto* shuffle = std::get_if<Shuffle>(&model.steps[step])) {
      origins_[step] = origins(value(shuffle->in).size, shuffle->factor);
    } else if (const auto* resize = std::get_if<Resize>(&model.steps[step])) {
      origins_[step] = origins(value(resize->in).size, resize->factor);
    } else if (std::holds_alternative<Reparameterise>(model.steps[step])) {
      decoder_input_ = out;
    }
    widest = std::max(widest, rows(out, block_images_) * value(out).channels);
  }
  from_code[decoder_input_] = true;
  for (std::size_t step = 0; step < model.steps.size(); ++step) {
    const std::vector<ValueId> in = inputs(model.steps[step]);
    const ValueId out = output(model.steps[step]);
    after_code_[step] = std::any_of(in.begin(), in.end(), [&](ValueId id) { return from_code[id]; });
    if (after_code_[step]) from_code[out] = true;
    before_code_[step] = !after_code_[step] && !(out == decoder_input_ && decoder_input_ != model.code);
  }
  for (ParameterId at = 0; at < model.parameters.size(); ++at)
    engine_order_.emplace_back(element_count(model.parameters[at].shape), "parameters");

  const auto workspace = [&] {
    Workspace work;
    work.arena = Buffer<unsigned char>(plan_.bytes, "activations");
    work.scratch = Buffer<T>(scratch, "scratch");
    work.between = Buffer<T>(widest, "activations");
    work.plain = Buffer<T>(longest, "codes");
    work.target = Buffer<T>(model_.images().elements() * (1 + rows(decoder_input_, block_images_)), "target");
    const Value& made = value(model_.reconstruction().output);
    const auto of_output = static_cast<std::size_t>(block_images_ * made.draws);
    work.losses.resize(of_output * static_cast<std::size_t>(made.channels));
    work.row_losses.resize(of_output);
    work.row_weights.resize(of_output);
    work.draw_losses.reserve(static_cast<std::size_t>(made.draws));
    work.draw_weights.reserve(static_cast<std::size_t>(made.draws));
    return work;
  };
  workspaces_.push_back(workspace());
  require_memory(threads, workspaces_.front().bytes(), "activations of all threads");
  while (static_cast<int>(workspaces_.size()) < threads) workspaces_.push_back(workspace());
}

// Steps that share a weight share its map, if they have one geometry.
template <class N, class T>
typename Pass<N, T>::Packed& Pass<N, T>::packed_of(const Affine& step) {
  for (Packed& packed : packed_)
    if (packed.weight == step.weight && packed.map->geometry() == step.geometry) return packed;
  auto map = std::make_unique<BatchedMap<N>>(step.geometry);
  Buffer<engine::Step<N>> steps(map->packed_size(), "packed weights");
  if (map_of_[step.weight] == nullptr) map_of_[step.weight] = map.get();
  packed_.push_back({std::move(map), step.weight, std::move(steps)});
  return packed_.back();
}

template <class N, class T>
void Pass<N, T>::to_engine_order(ParameterId at, const T* parameter, T* engine) const {
  if (map_of_[at]) return map_of_[at]->import_weight(parameter, engine);
  const Value& elements = per_element_[at];
  if (!elements.size.empty())
    return engine::to_block(parameter, 1, elements.channels, elements.pixels(), engine);
  std::copy_n(parameter, engine_order_[at].size(), engine);
}

template <class N, class T>
void Pass<N, T>::from_engine_order(ParameterId at, const T* engine, T* parameter) const {
  if (map_of_[at]) return map_of_[at]->export_weight(engine, parameter);
  const Value& elements = per_element_[at];
  if (!elements.size.empty())
    return engine::from_block(engine, 1, elements.channels, elements.pixels(), parameter);
  std::copy_n(engine, engine_order_[at].size(), parameter);
}

template <class N, class T>
void Pass<N, T>::load(const Parameter<T>& parameter, ParameterId at) {
  to_engine_order(at, parameter.value.data(), engine_order_[at].data());
  for (Packed& packed : packed_)
    if (packed.weight == at) packed.map->pack(engine_order_[at].data(), packed.steps.data());
}

template <class N, class T>
BlockGradients<T> Pass<N, T>::block_gradients() const {
  BlockGradients<T> gradients;
  for (const Buffer<T>& parameter : engine_order_) gradients.emplace_back(parameter.size(), "gradients");
  return gradients;
}

template <class N, class T>
void Pass<N, T>::store(const BlockGradients<T>& sum, ParameterId at, Tensor<T>& gradient) const {
  from_engine_order(at, sum[at].data(), gradient.data());
}

template <class N, class T>
const Affine* Pass<N, T>::affine_maker(ValueId id) const {
  for (const Step& step : model_.steps)
    if (output(step) == id) return std::get_if<Affine>(&step);
  return nullptr;
}

template <class N, class T>
void Pass<N, T>::round(Workspace& work, ValueId id, Index images) const {
  if constexpr (rounds) {
    const ValuePlan& plan = plan_.values[id];
    if (!plan.operand || !plan.exact) return;
    engine::to_bfloat16(exact(work, id), value(id).pixels() * rows(id, images) * plan.operand_groups,
                        value(id).channels / plan.operand_groups, operand(work, id));
  }
}

template <class N, class T>
void Pass<N, T>::fetch_images(Run& run) const {
  const ValueId id = model_.image_value();
  T* plain = at<T>(run.work, plan_.images);
  fetch(*run.batch, plain);
  engine::to_block(plain, run.images, value(id).channels, value(id).pixels(), exact(run.work, id));
  round(run.work, id, run.images);
}

template <class N, class T>
void Pass<N, T>::fetch_noise(Run& run) const {
  const auto id = model_.noise_value();
  if (!id) return;
  const Value& noise = value(*id);
  const Index all = run.images * noise.draws, pixels = noise.pixels();
  for (Index row = 0; row < all; ++row) {
    const Index image = run.batch->order[static_cast<std::size_t>(row / noise.draws)];
    T* plain = run.work.plain.data();
    noise_normals(run.batch->latents, static_cast<std::uint64_t>(image),
                  static_cast<std::uint32_t>(row % noise.draws), plain, noise.elements());
    T* block = exact(run.work, *id) + row * noise.channels;
    for (Index pixel = 0; pixel < pixels; ++pixel)
      for (Index channel = 0; channel < noise.channels; ++channel)
        block[pixel * all * noise.channels + channel] = plain[channel * pixels + pixel];
  }
  round(run.work, *id, run.images);
}

template <class N, class T>
template <class F>
void Pass<N, T>::for_each_origin(const Run& run, std::size_t step, ValueId in, ValueId out, F&& f) const {
  const Index all = rows(in, run.images), from_channels = value(in).channels, channels = value(out).channels;
  const Index phases = from_channels / channels;  // 1 of a resize
  Index to = 0;
  for (const Origin& origin : origins_[step])
    for (Index row = 0; row < all; ++row) {
      const Index from = (origin.pixel * all + row) * from_channels + (phases > 1 ? origin.phase : 0);
      for (Index channel = 0; channel < channels; ++channel, ++to) f(from + channel * phases, to);
    }
}

template <class N, class T>
template <class F>
void Pass<N, T>::for_each_draw(const Run& run, const Reparameterise& step, F&& f) const {
  const Index channels = value(step.mean).channels, draws = value(step.out).draws;
  for (Index pixel = 0; pixel < value(step.mean).pixels(); ++pixel)
    for (Index image = 0; image < run.images; ++image) {
      const Index one = (pixel * run.images + image) * channels;
      for (Index draw = 0; draw < draws; ++draw)
        for (Index channel = 0; channel < channels; ++channel)
          f(one + channel, (one * draws) + draw * channels + channel);
    }
}

template <class N, class T>
struct Pass<N, T>::Forward {
  Run& run;
  std::size_t number;  // of the step

  const Pass& pass() const { return run.pass; }
  T* exact(ValueId id) const { return pass().exact(run.work, id); }
  Index count(ValueId id) const { return pass().numbers(id, run.images); }

  void operator()(const Affine& step) const {
    const Packed& packed = pass().packed_[pass().packed_of_step_[number]];
    const ValuePlan& plan = pass().plan_.values[step.out];
    const bool relu = step.activation == Activation::relu;
    const engine::Ending<N> ending{.bias = step.bias ? pass().engine_order_[*step.bias].data() : nullptr,
                                   .relu = relu,
                                   .per_pixel = pass().bias_per_pixel(step)};
    const engine::Result<N> result = rounds && plan.exact
                                         ? engine::Result<N>(exact(step.out))
                                         : engine::Result<N>(pass().operand(run.work, step.out));
    const Index rows = pass().rows(step.out, run.images);
    const N* in = pass().operand(run.work, step.in);
    if (step.transposed)
      packed.map->conv_transpose(rows, in, packed.steps.data(), result, ending, run.work.scratch.data());
    else
      packed.map->conv(rows, in, packed.steps.data(), result, ending, run.work.scratch.data());
    if (!relu && step.activation != Activation::linear)
      pass().pointwise_.activate(step.activation, count(step.out), exact(step.out));
  }

  void operator()(const Gain& step) const {
    const Index channels = pass().value(step.in).channels;
    const T *factor = pass().engine_order_[step.factor].data(), *in = exact(step.in);
    T* out = exact(step.out);
    for (Index at = 0; at < count(step.in); at += channels)
      for (Index channel = 0; channel < channels; ++channel)
        out[at + channel] = factor[channel] * in[at + channel];
  }

  void operator()(const Shuffle& step) const {
    pass().for_each_origin(
        run, number, step.in, step.out,
        [in = exact(step.in), out = exact(step.out)](Index from, Index to) { out[to] = in[from]; });
  }
  void operator()(const Resize& step) const {
    pass().for_each_origin(
        run, number, step.in, step.out,
        [in = exact(step.in), out = exact(step.out)](Index from, Index to) { out[to] = in[from]; });
  }

  void operator()(const Gate& step) const {
    const T* in = exact(step.in);
    T* out = exact(step.out);
    std::copy_n(exact(step.gate), count(step.gate), out);
    pass().pointwise_.activate(Activation::sigmoid, count(step.gate), out);
    for (Index at = 0; at < count(step.in); ++at) out[at] *= in[at];
  }

  void operator()(const Add& step) const {
    const T *in = exact(step.in), *other = exact(step.other);
    T* out = exact(step.out);
    for (Index at = 0; at < count(step.in); ++at) out[at] = in[at] + other[at];
  }

  void operator()(const Reparameterise& step) const {
    const T *mean = exact(step.mean), *log_variance = exact(step.log_variance), *noise = exact(step.noise);
    T* out = exact(step.out);
    pass().for_each_draw(run, step, [=](Index one, Index draw) {
      out[draw] = mean[one] + std::exp(log_variance[one] / 2) * noise[draw];
    });
  }
};

template <class N, class T>
void Pass<N, T>::forward(Run& run) const {
  fetch_images(run);
  fetch_noise(run);
  for (std::size_t step = 0; step < model_.steps.size(); ++step) {
    std::visit(Forward{run, step}, model_.steps[step]);
    round(run.work, output(model_.steps[step]), run.images);
  }
}

// Reconstruction losses of every row, into row_losses; with `derive` the output becomes the loss's gradient, in which
// row_weights weigh the rows.
template <class N, class T>
void Pass<N, T>::reconstruction_losses(Run& run, const T* target, bool derive) const {
  const Reconstruction& term = model_.reconstruction();
  const Value& made = value(term.output);
  Workspace& work = run.work;
  const Index all = rows(term.output, run.images), width = all * made.channels;
  std::fill_n(work.losses.data(), width, 0.0);
  T* output = exact(work, term.output);
  double factor = 1, log_variance = 0;
  if (term.likelihood == Likelihood::gaussian) {
    log_variance = term.log_variance ? static_cast<double>(engine_order_[*term.log_variance].data()[0])
                                     : std::log(term.variance);
    factor = std::exp(-log_variance) / 2;
  }
  if (derive) {
    if (T* gradient = gradient_of(work, term.output); gradient != output)
      output = std::copy_n(output, width * made.pixels(), gradient) - width * made.pixels();
    T* weights = at<T>(work, plan_.weights);
    for (Index at = 0; at < width; ++at)
      weights[at] =
          static_cast<T>(factor * run.scale) * work.row_weights[static_cast<std::size_t>(at / made.channels)];
    pointwise_.loss_gradient(term.likelihood, made.pixels(), width, target, output, weights,
                             work.losses.data());
  } else {
    pointwise_.loss(term.likelihood, made.pixels(), width, target, output, work.losses.data());
  }
  const auto count = static_cast<double>(made.elements());
  double slope = 0;  // by the log-variance
  for (Index row = 0; row < all; ++row) {
    double sum = 0;
    for (Index channel = 0; channel < made.channels; ++channel)
      sum += work.losses[static_cast<std::size_t>(row * made.channels + channel)];
    slope +=
        static_cast<double>(work.row_weights[static_cast<std::size_t>(row)]) * (count / 2 - factor * sum);
    if (term.likelihood == Likelihood::gaussian) sum = gaussian_loss(sum, log_variance, count);
    work.row_losses[static_cast<std::size_t>(row)] = sum;
  }
  if (derive && term.log_variance)
    (*run.gradients)[*term.log_variance].data()[0] += static_cast<T>(run.scale * slope);
}

// log q(z|x) - log p(z) of a draw: the sum of (z^2 - noise^2 - log_variance)/2.
template <class N, class T>
double Pass<N, T>::log_ratio(Run& run, Index row) const {
  for (const Term& term : model_.terms)
    if (const auto* ratio = std::get_if<LogRatio>(&term)) {
      const Value& drawn = value(ratio->sample);
      const T *sample = exact(run.work, ratio->sample), *noise = exact(run.work, ratio->noise);
      const T* log_variance = exact(run.work, ratio->log_variance);
      const Index all = run.images * drawn.draws;
      double sum = 0;
      for (Index pixel = 0; pixel < drawn.pixels(); ++pixel)
        for (Index channel = 0; channel < drawn.channels; ++channel) {
          const Index at = (pixel * all + row) * drawn.channels + channel;
          const Index one = (pixel * run.images + row / drawn.draws) * drawn.channels + channel;
          const auto z = static_cast<double>(sample[at]), e = static_cast<double>(noise[at]);
          sum += (z * z - e * e - static_cast<double>(log_variance[one])) / 2;
        }
      return sum;
    }
  return 0;
}

// The KL of an image, and what it counts in the objective.
template <class N, class T>
double Pass<N, T>::image_kl(Run& run, Index image, double* in_objective) const {
  const auto heads = model_.heads();
  if (!heads) return 0;
  const Value& head = value(heads->mean);
  const T *mean = exact(run.work, heads->mean), *log_variance = exact(run.work, heads->log_variance);
  const double free = model_.free_nats();
  double sum = 0, counted = 0;
  for (Index pixel = 0; pixel < head.pixels(); ++pixel)
    for (Index channel = 0; channel < head.channels; ++channel) {
      const Index at = (pixel * run.images + image) * head.channels + channel;
      const double kl = kl_to_normal(static_cast<double>(mean[at]), static_cast<double>(log_variance[at]));
      sum += kl;
      counted += std::max(kl, free);
    }
  *in_objective = counted;
  return sum;
}

template <class N, class T>
Losses Pass<N, T>::terms(Run& run) const {
  Workspace& work = run.work;
  const ValueId output = model_.reconstruction().output;
  const Index draws = value(output).draws, all = rows(output, run.images);
  const T* target = exact(work, model_.image_value());
  if (draws > 1) {
    T* repeated = at<T>(work, plan_.targets);
    const Value& image = model_.images();
    for (Index pixel = 0; pixel < image.pixels(); ++pixel)
      for (Index row = 0; row < all; ++row)
        repeated = std::copy_n(target + (pixel * run.images + row / draws) * image.channels, image.channels,
                               repeated);
    target = at<T>(work, plan_.targets);
  }
  // Importance weights follow from the losses: these come first, and the gradient after them.
  const bool weighs = model_.over_draws == OverDraws::log_mean_exp, derive = run.gradients != nullptr;
  std::fill_n(work.row_weights.data(), all, T(1) / static_cast<T>(draws));
  reconstruction_losses(run, target, derive && !weighs);

  Losses sum;
  for (Index image = 0; image < run.images; ++image) {
    double counted = 0, mean = 0;
    const double kl = image_kl(run, image, &counted);
    work.draw_losses.clear();
    for (Index draw = 0; draw < draws; ++draw) {
      const Index row = image * draws + draw;
      mean += work.row_losses[static_cast<std::size_t>(row)];
      if (weighs)
        work.draw_losses.push_back(work.row_losses[static_cast<std::size_t>(row)] +
                                   run.beta * log_ratio(run, row));
    }
    mean /= static_cast<double>(draws);
    if (weighs) {
      sum.objective += log_mean_exp_loss(work.draw_losses, work.draw_weights);
      for (Index draw = 0; draw < draws; ++draw)
        work.row_weights[static_cast<std::size_t>(image * draws + draw)] =
            static_cast<T>(work.draw_weights[static_cast<std::size_t>(draw)]);
    } else {
      sum.objective += mean + run.beta * counted;
    }
    sum.reconstruction += mean;
    sum.kl += kl;
  }
  if (derive && weighs) reconstruction_losses(run, target, true);
  return sum;
}

// What the terms add to the gradients of the posterior's mean and log-variance, or of its draws.
template <class N, class T>
void Pass<N, T>::term_gradients(Run& run) const {
  Workspace& work = run.work;
  const T factor = static_cast<T>(run.scale * run.beta);
  for (std::size_t number = 0; number < model_.terms.size(); ++number) {
    const std::vector<Into>& into = plan_.terms[number];
    if (const auto* kl = std::get_if<KlToNormal>(&model_.terms[number])) {
      const T *mean = exact(work, kl->mean), *log_variance = exact(work, kl->log_variance);
      const auto counts = [&](Index at) {
        return kl->free_nats <= 0 ||
               static_cast<double>(kl_to_normal(mean[at], log_variance[at])) > kl->free_nats;
      };
      const Index count = numbers(kl->mean, run.images);
      hand_over(into[0], count, gradient_of(work, kl->mean),
                [&](Index at) { return counts(at) ? factor * mean[at] : T(0); });
      hand_over(into[1], count, gradient_of(work, kl->log_variance),
                [&](Index at) { return counts(at) ? factor * (std::exp(log_variance[at]) - 1) / 2 : T(0); });
    } else if (const auto* ratio = std::get_if<LogRatio>(&model_.terms[number])) {
      const Value& drawn = value(ratio->sample);
      const T* sample = exact(work, ratio->sample);
      const Index all = rows(ratio->sample, run.images);
      hand_over(into[0], numbers(ratio->sample, run.images), gradient_of(work, ratio->sample), [&](Index at) {
        return factor * work.row_weights[static_cast<std::size_t>(at / drawn.channels % all)] * sample[at];
      });
      // the weights of an image's draws add up to 1
      hand_over(into[1], numbers(ratio->log_variance, run.images), gradient_of(work, ratio->log_variance),
                [&](Index) { return -factor / 2; });
    }
  }
}

template <class N, class T>
struct Pass<N, T>::Backward {
  Run& run;
  std::size_t number;  // of the step

  const Pass& pass() const { return run.pass; }
  T* exact(ValueId id) const { return pass().exact(run.work, id); }
  T* gradient(ValueId id) const { return pass().gradient_of(run.work, id); }
  T* of_parameter(ParameterId id) const { return (*run.gradients)[id].data(); }
  Index count(ValueId id) const { return pass().numbers(id, run.images); }
  Into into(std::size_t input) const { return pass().plan_.steps[number][input]; }

  void operator()(const Affine& step) const {
    const Packed& packed = pass().packed_[pass().packed_of_step_[number]];
    const ValuePlan& plan = pass().plan_.values[step.out];
    pass().finish_gradient(run, step);
    const Index rows = pass().rows(step.out, run.images);
    const N* of_out = at<N>(run.work, plan.fused ? plan.operand : plan.gradient_operand);
    N* in = pass().operand(run.work, step.in);
    T* scratch = run.work.scratch.data();
    if (step.transposed)
      packed.map->weight_gradient(rows, in, of_out, of_parameter(step.weight), scratch);
    else
      packed.map->weight_gradient(rows, of_out, in, of_parameter(step.weight), scratch);
    if (into(0) == Into::nothing) return;

    engine::Ending<N> ending{};
    engine::Result<N> result(in);
    if (into(0) == Into::fused) {
      // The input's gradient takes the place of the input, which masks it where a ReLU made it.
      const Affine& below = *pass().affine_maker(step.in);
      if (below.activation == Activation::relu) ending.mask = in;
      if (below.bias) ending.sums = of_parameter(*below.bias);
      ending.per_pixel = pass().bias_per_pixel(below);
    } else {
      result = engine::Result<N>(gradient(step.in));
      ending.add = into(0) == Into::add;
    }
    if (step.transposed)
      packed.map->conv(rows, of_out, packed.steps.data(), result, ending, scratch);
    else
      packed.map->conv_transpose(rows, of_out, packed.steps.data(), result, ending, scratch);
  }

  void operator()(const Gain& step) const {
    const Index channels = pass().value(step.in).channels;
    const T *factor = pass().engine_order_[step.factor].data(), *in = exact(step.in), *g = gradient(step.out);
    T* sums = of_parameter(step.factor);
    for (Index at = 0; at < count(step.in); at += channels)
      for (Index channel = 0; channel < channels; ++channel)
        sums[channel] += g[at + channel] * in[at + channel];
    hand_over(into(0), count(step.in), gradient(step.in),
              [=](Index at) { return factor[at % channels] * g[at]; });
  }

  void operator()(const Shuffle& step) const { enlarged(step); }
  void operator()(const Resize& step) const { enlarged(step); }
  template <class S>
  void enlarged(const S& step) const {
    if (into(0) == Into::nothing) return;
    T* to = gradient(step.in);
    if (into(0) == Into::store) std::fill_n(to, count(step.in), T(0));
    pass().for_each_origin(run, number, step.in, step.out,
                           [=, g = gradient(step.out)](Index from, Index at) { to[from] += g[at]; });
  }

  void operator()(const Gate& step) const {
    constexpr Index longest = 512;
    T open[longest];  // the sigmoid of a piece of the gate, which others may read again
    for (Index first = 0; first < count(step.gate); first += longest) {
      const Index length = std::min(longest, count(step.gate) - first);
      const T *in = exact(step.in) + first, *g = gradient(step.out) + first;
      std::copy_n(exact(step.gate) + first, length, open);
      pass().pointwise_.activate(Activation::sigmoid, length, open);
      hand_over(into(0), length, gradient(step.in), first, [&](Index at) { return g[at] * open[at]; });
      hand_over(into(1), length, gradient(step.gate), first,
                [&](Index at) { return g[at] * in[at] * open[at] * (1 - open[at]); });
    }
  }

  void operator()(const Add& step) const {
    const T* g = gradient(step.out);
    hand_over(into(0), count(step.in), gradient(step.in), [=](Index at) { return g[at]; });
    hand_over(into(1), count(step.other), gradient(step.other), [=](Index at) { return g[at]; });
  }

  void operator()(const Reparameterise& step) const {
    const T *g = gradient(step.out), *noise = exact(step.noise), *log_variance = exact(step.log_variance);
    T *of_mean = gradient(step.mean), *of_log_variance = gradient(step.log_variance);
    if (into(0) == Into::store) std::fill_n(of_mean, count(step.mean), T(0));
    if (into(1) == Into::store) std::fill_n(of_log_variance, count(step.log_variance), T(0));
    const bool to_mean = into(0) != Into::nothing, to_log_variance = into(1) != Into::nothing;
    pass().for_each_draw(run, step, [=](Index one, Index draw) {
      if (to_mean) of_mean[one] += g[draw];
      if (to_log_variance)
        of_log_variance[one] += g[draw] * noise[draw] * std::exp(log_variance[one] / 2) / 2;
    });
  }
};

// All readers have handed over: the slope of the activation, the sums for the bias, and the rounding are left.
template <class N, class T>
void Pass<N, T>::finish_gradient(Run& run, const Affine& step) const {
  const ValuePlan& plan = plan_.values[step.out];
  if (plan.fused) return;
  const Value& made = value(step.out);
  T* gradient = gradient_of(run.work, step.out);
  if (step.activation != Activation::linear)
    pointwise_.multiply_by_slope(step.activation, numbers(step.out, run.images), exact(run.work, step.out),
                                 gradient);
  if (step.bias)
    add_sums(gradient, made.pixels(), rows(step.out, run.images), made.channels, bias_per_pixel(step),
             run.work.between.data(), (*run.gradients)[*step.bias].data());
  if constexpr (rounds) {
    const Index groups = step.geometry.groups;
    engine::to_bfloat16(gradient, made.pixels() * rows(step.out, run.images) * groups, made.channels / groups,
                        at<N>(run.work, plan.gradient_operand));
  }
}

template <class N, class T>
Losses Pass<N, T>::losses(const Batch& block, double beta, int thread) {
  Run run{*this, workspaces_[static_cast<std::size_t>(thread)], &block, block.size(), beta};
  forward(run);
  return terms(run);
}

template <class N, class T>
Losses Pass<N, T>::gradient(const Batch& block, double beta, double scale, int thread,
                            BlockGradients<T>& gradients) {
  Run run{*this,     workspaces_[static_cast<std::size_t>(thread)], &block, block.size(), beta, scale,
          &gradients};
  for (auto& gradient : gradients) std::fill_n(gradient.data(), gradient.size(), T(0));
  forward(run);
  const Losses sum = terms(run);
  term_gradients(run);
  for (std::size_t step = model_.steps.size(); step-- > 0;)
    std::visit(Backward{run, step}, model_.steps[step]);
  return sum;
}

template <class N, class T>
void Pass<N, T>::encode(const Batch& block, int thread, T* codes, T* log_variances) {
  Run run{*this, workspaces_[static_cast<std::size_t>(thread)], &block, block.size()};
  fetch_images(run);
  for (std::size_t step = 0; step < model_.steps.size(); ++step)
    if (before_code_[step]) {
      std::visit(Forward{run, step}, model_.steps[step]);
      round(run.work, output(model_.steps[step]), run.images);
    }
  const auto take = [&](ValueId id, T* to) {
    const Value& made = value(id);
    const ValuePlan& plan = plan_.values[id];
    if constexpr (rounds)
      if (!plan.exact) {
        engine::BatchSide<N>({1, made.channels, made.pixels()}, plan.operand_groups)
            .from_block(operand(run.work, id), 0, run.images, to, run.work.between.data());
        return;
      }
    engine::from_block(exact(run.work, id), run.images, made.channels, made.pixels(), to);
  };
  take(model_.code, codes);
  if (log_variances)
    if (const auto heads = model_.heads()) take(heads->log_variance, log_variances);
}

template <class N, class T>
void Pass<N, T>::put_codes(Workspace& work, Index all, const T* codes) const {
  const Value& code = value(decoder_input_);
  const ValuePlan& plan = plan_.values[decoder_input_];
  const Index images = all / code.draws;
  if constexpr (rounds)
    if (!plan.exact) {
      engine::BatchSide<N>({1, code.channels, code.pixels()}, plan.operand_groups)
          .to_block(codes, 0, all, operand(work, decoder_input_), work.between.data());
      return;
    }
  engine::to_block(codes, all, code.channels, code.pixels(), exact(work, decoder_input_));
  round(work, decoder_input_, images);
}

template <class N, class T>
void Pass<N, T>::decode_rows(Workspace& work, Index all, const T* codes) const {
  Run run{*this, work, nullptr, all / value(decoder_input_).draws};
  put_codes(work, all, codes);
  for (std::size_t step = 0; step < model_.steps.size(); ++step)
    if (after_code_[step]) {
      std::visit(Forward{run, step}, model_.steps[step]);
      round(work, output(model_.steps[step]), run.images);
    }
}

template <class N, class T>
void Pass<N, T>::decode(Index all, const T* codes, int thread, T* outputs) {
  Workspace& work = workspaces_[static_cast<std::size_t>(thread)];
  decode_rows(work, all, codes);
  const ValueId id = model_.reconstruction().output;
  engine::from_block(exact(work, id), all, value(id).channels, value(id).pixels(), outputs);
}

template <class N, class T>
void Pass<N, T>::fetch_target(const Batch& one_image, int thread) {
  Workspace& work = workspaces_[static_cast<std::size_t>(thread)];
  const Value& image = model_.images();
  T* plain = at<T>(work, plan_.images);
  fetch(one_image, plain);
  engine::to_block(plain, 1, image.channels, image.pixels(), work.target.data());
  work.target_rows = 0;
}

template <class N, class T>
void Pass<N, T>::decode_losses(Index all, const T* codes, int thread, double* losses) {
  Workspace& work = workspaces_[static_cast<std::size_t>(thread)];
  decode_rows(work, all, codes);
  const Value& image = model_.images();
  T* const repeated = work.target.data() + image.elements();
  if (std::exchange(work.target_rows, all) != all) {
    T* to = repeated;
    for (Index pixel = 0; pixel < image.pixels(); ++pixel)
      for (Index row = 0; row < all; ++row)
        to = std::copy_n(work.target.data() + pixel * image.channels, image.channels, to);
  }
  Run run{*this, work, nullptr, all / value(decoder_input_).draws};
  reconstruction_losses(run, repeated, false);
  std::copy_n(work.row_losses.data(), all, losses);
}

}  // namespace

Index images_per_block(const Model& model) {
  return std::max(Index{1}, engine::images_per_block / model.draws());
}

template <class T>
std::unique_ptr<BlockPass<T>> make_engine_pass(const Model& model, Operands operands, int threads,
                                               bool trains) {
  if (operands == Operands::fp32) return std::make_unique<Pass<T>>(model, threads, trains);
  if constexpr (std::is_same_v<T, float>)
    return std::make_unique<Pass<engine::BFloat16>>(model, threads, trains);
  else
    throw InvalidArgument("precision", "is bf16", "sums of BFloat16 are floats, the model's are doubles");
}

template std::unique_ptr<BlockPass<float>> make_engine_pass(const Model&, Operands, int, bool);
template std::unique_ptr<BlockPass<double>> make_engine_pass(const Model&, Operands, int, bool);

}  // namespace fsconv
