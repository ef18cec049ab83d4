// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/nn/engine_pass.hpp>
#include <fsconv/nn/runner.hpp>
#include <fsconv/nn/tensor_pass.hpp>
#include <fsconv/nn/tree_sum.hpp>
#include <numeric>

namespace fsconv {
namespace {

// Blocks that are computed before their gradients are added: enough to keep the threads busy, few enough that they fit
// beside each other however large the batch is.
Index blocks_at_once(int threads) { return 4 * Index{threads}; }

template <class T>
std::unique_ptr<BlockPass<T>> make_pass(const Model& model, const Computing& computing) {
  const Precision own = precision_of<T>, precision = computing.precision.value_or(own);
  if (computing.form == "batched")
    return make_engine_pass<T>(model, precision, computing.algorithm, computing.trains);
  if (precision != own)
    throw InvalidArgument("precision",
                          fmt::format("is {}, which the form {} lacks", name(precision), computing.form),
                          fmt::format("use --form batched, or {}", name(own)));
  if (!every_form_has(computing.algorithm))
    throw InvalidArgument(
        "algorithm", fmt::format("is {}, which the form {} lacks", name(computing.algorithm), computing.form),
        "use --form batched, or direct");
  return make_tensor_pass<T>(model, form_named<T>(computing.form));
}

}  // namespace

template <class T>
Runner<T>::Runner(const Model& model, const Computing& computing)
    : model_(model),
      threads_(computing.threads),
      trains_(computing.trains),
      block_images_(images_per_block(model)),
      pass_(make_pass<T>(model, computing)) {
  for (const ParameterSpec& parameter : model.parameters) sizes_.push_back(element_count(parameter.shape));
  largest_first_.resize(sizes_.size());
  std::iota(largest_first_.begin(), largest_first_.end(), ParameterId{0});
  std::stable_sort(largest_first_.begin(), largest_first_.end(),
                   [&](ParameterId a, ParameterId b) { return sizes_[a] > sizes_[b]; });
}

template <class T>
Batch Runner<T>::block_of(const Batch& batch, Index block) const {
  const Index first = block * block_images_;
  return batch.part(first, std::min(block_images_, batch.size() - first));
}

template <class T>
std::size_t Runner<T>::gradient_bytes(Index images) const {
  const Index numbers = std::accumulate(sizes_.begin(), sizes_.end(), Index{0});
  const Index blocks = std::min(blocks_of(images), blocks_at_once(threads_));
  return static_cast<std::size_t>(numbers * (1 + blocks)) * sizeof(T);
}

template <class T>
void Runner<T>::for_each_block(Index images, const std::function<void(Index, int)>& work) {
  pass_->make_room(threads_for(images));
  parallel_for(blocks_of(images), threads_, work);
}

template <class T>
void Runner<T>::load(const Parameters<T>& parameters) {
  parallel_for(static_cast<Index>(largest_first_.size()), threads_, [&](Index at) {
    const ParameterId id = largest_first_[static_cast<std::size_t>(at)];
    pass_->load(parameters[id], id);
  });
}

template <class T>
Losses Runner<T>::losses(const Batch& batch, double beta) {
  check(batch, model_);
  std::vector<Losses> parts(static_cast<std::size_t>(blocks_of(batch.size())));
  for_each_block(batch.size(), [&](Index block, int thread) {
    stop_if_interrupted();
    parts[static_cast<std::size_t>(block)] = pass_->losses(block_of(batch, block), beta, thread);
  });
  TreeSum tree;
  for (std::size_t at = 0; at < parts.size(); ++at)
    for (const auto& [to, from] : tree.push(at)) parts[to] += parts[from];
  for (const auto& [to, from] : tree.finish()) parts[to] += parts[from];
  return parts[tree.root()];
}

template <class T>
Losses Runner<T>::gradient(const Batch& batch, double beta, Gradients<T>& gradients) {
  if (!trains_) throw InvalidArgument("computing", "was asked for no gradients", "set Computing::trains");
  check(batch, model_);
  const Index blocks = blocks_of(batch.size()), at_once = blocks_at_once(threads_);
  const double scale = 1 / static_cast<double>(batch.size());
  pass_->make_room(threads_for(batch.size()));
  std::vector<Losses> losses(gradients_.size());  // by place, as gradients_ are
  TreeSum tree;
  for (Index first = 0; first < blocks; first += at_once) {
    const Index last = std::min(blocks, first + at_once);
    // Sums that wait keep their places; the blocks of this round take others.
    std::vector<std::size_t> places;
    for (std::size_t place = 0; static_cast<Index>(places.size()) < last - first; ++place) {
      if (place == gradients_.size()) {
        gradients_.push_back(pass_->block_gradients());
        losses.emplace_back();
      }
      if (!tree.holds(place)) places.push_back(place);
    }
    parallel_for(last - first, threads_, [&](Index at, int thread) {
      stop_if_interrupted();
      const std::size_t place = places[static_cast<std::size_t>(at)];
      losses[place] = pass_->gradient(block_of(batch, first + at), beta, scale, thread, gradients_[place]);
    });
    std::vector<TreeSum::Addition> additions;
    const auto note = [&](const std::vector<TreeSum::Addition>& more) {
      additions.insert(additions.end(), more.begin(), more.end());
    };
    for (const std::size_t place : places) note(tree.push(place));
    if (last == blocks) note(tree.finish());
    for (const auto& [to, from] : additions) losses[to] += losses[from];
    for_each_range(sizes_, threads_, [&](std::size_t number, Index begin, Index end) {
      for (const auto& [to, from] : additions) {
        T* sum = gradients_[to][number].data();
        const T* term = gradients_[from][number].data();
        for (Index at = begin; at < end; ++at) sum[at] += term[at];
      }
    });
  }
  parallel_for(static_cast<Index>(largest_first_.size()), threads_, [&](Index at) {
    const ParameterId id = largest_first_[static_cast<std::size_t>(at)];
    pass_->store(gradients_[tree.root()], id, gradients[id]);
  });
  return losses[tree.root()];
}

template <class T>
Codes<T> Runner<T>::encode(const Batch& batch) {
  check(batch, model_);
  const Value& code = model_.values[model_.code];
  const bool varies = model_.heads().has_value();
  Shape shape = code.size;
  shape.insert(shape.begin(), {batch.size(), code.channels});
  Codes<T> codes{Tensor<T>(shape, "codes"), varies ? Tensor<T>(shape, "codes") : Tensor<T>()};
  for_each_block(batch.size(), [&](Index block, int thread) {
    const Index at = block * block_images_ * code.elements();
    pass_->encode(block_of(batch, block), thread, codes.means.data() + at,
                  varies ? codes.log_variances.data() + at : nullptr);
  });
  return codes;
}

template <class T>
Tensor<T> Runner<T>::decode(const Tensor<T>& codes) {
  if (model_.draws() != 1)
    throw InvalidArgument("model", "draws several codes per image", "decode with_draws(model, 1)");
  if (!decodes_alone(model_)) throw InvalidArgument("model", "needs more than a code to make an image");
  const Value &code = model_.values[model_.code], &image = model_.images();
  Shape wanted = code.size;
  wanted.insert(wanted.begin(), code.channels);
  if (codes.rank() < 1 ||
      !std::equal(wanted.begin(), wanted.end(), codes.shape().begin() + 1, codes.shape().end()))
    throw InvalidArgument("codes", fmt::format("are [{}]", fmt::join(codes.shape(), ", ")),
                          fmt::format("the model takes [N, {}]", fmt::join(wanted, ", ")));
  const Index rows = codes.shape()[0];
  Shape shape = image.size;
  shape.insert(shape.begin(), {rows, image.channels});
  Tensor<T> pixels(shape, "images");
  const Likelihood likelihood = model_.reconstruction().likelihood;
  for_each_block(rows, [&](Index block, int thread) {
    const Index first = block * block_images_, count = std::min(block_images_, rows - first);
    T* to = pixels.data() + first * image.elements();
    pass_->decode(count, codes.data() + first * code.elements(), thread, to);
    for (Index at = 0; at < count * image.elements(); ++at) to[at] = expected_pixel(likelihood, to[at]);
  });
  return pixels;
}

template <class T>
Tensor<T> Runner<T>::reconstruct(const Batch& batch) {
  return decode(encode(batch).means);
}

template class Runner<float>;
template class Runner<double>;

}  // namespace fsconv
