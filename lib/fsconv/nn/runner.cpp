// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/forms/form.hpp>
#include <fsconv/nn/engine_pass.hpp>
#include <fsconv/nn/runner.hpp>
#include <fsconv/nn/tensor_pass.hpp>
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

// By block: those of all ranks, of this one's.
std::vector<Losses> of_all(Communicator& ranks, const std::exception_ptr& failure,
                           const std::vector<Losses>& own) {
  static_assert(std::is_trivially_copyable_v<Losses>);
  std::vector<Losses> all;
  const std::string_view bytes(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(Losses));
  for (const std::string& piece : all_gather_or_agree(ranks, failure, bytes)) {
    const std::size_t before = all.size();
    all.resize(before + piece.size() / sizeof(Losses));
    if (!piece.empty()) std::memcpy(all.data() + before, piece.data(), piece.size());
  }
  return all;
}

}  // namespace

template <class T>
Runner<T>::Runner(const Model& model, const Computing& computing)
    : model_(model),
      threads_(computing.threads),
      trains_(computing.trains),
      ranks_(computing.ranks ? computing.ranks : &one_process()),
      block_images_(images_per_block(model)),
      pass_(make_pass<T>(model, computing)) {
  for (const ParameterSpec& parameter : model.parameters) sizes_.push_back(element_count(parameter.shape));
  largest_first_.resize(sizes_.size());
  std::iota(largest_first_.begin(), largest_first_.end(), ParameterId{0});
  std::stable_sort(largest_first_.begin(), largest_first_.end(),
                   [&](ParameterId a, ParameterId b) { return sizes_[a] > sizes_[b]; });
  if (!trains_ || ranks_->size() == 1) return;
  exchange_ = std::make_unique<GradientExchange<T>>(*ranks_, model_, threads_, computing.overlap,
                                                    computing.part_bytes);
  // A rank without blocks has a place, too, for the sum of the others'.
  gradients_.push_back(pass_->block_gradients());
  losses_.emplace_back();
}

template <class T>
Batch Runner<T>::block_of(const Batch& batch, Index block) const {
  const Index first = block * block_images_;
  return batch.part(first, std::min(block_images_, batch.size() - first));
}

template <class T>
std::size_t Runner<T>::gradient_bytes(Index images) const {
  const Index numbers = std::accumulate(sizes_.begin(), sizes_.end(), Index{0});
  Index blocks = std::min(share(images).size(), blocks_at_once(threads_));
  if (exchange_) blocks = std::max(blocks, Index{1});
  return static_cast<std::size_t>(numbers * (1 + blocks)) * sizeof(T) + (exchange_ ? exchange_->bytes() : 0);
}

template <class T>
void Runner<T>::for_each_block(Index images, const std::function<void(Index, int)>& work) {
  for_each_block({0, blocks_of(images)}, work);
}

template <class T>
void Runner<T>::for_each_block(const Share& blocks, const std::function<void(Index, int)>& work) {
  pass_->make_room(busy_threads(blocks.size()));
  parallel_for(blocks.size(), threads_, [&](Index at, int thread) { work(blocks.first + at, thread); });
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
  const Share blocks = share(batch.size());
  std::vector<Losses> parts(static_cast<std::size_t>(blocks.size()));
  const auto compute = [&] {
    for_each_block(blocks, [&](Index block, int thread) {
      stop_if_interrupted();
      parts[static_cast<std::size_t>(block - blocks.first)] =
          pass_->losses(block_of(batch, block), beta, thread);
    });
  };
  if (ranks_->size() == 1)
    compute();
  else
    parts = of_all(*ranks_, failure_of(compute), parts);
  TreeSum tree;
  for (std::size_t at = 0; at < parts.size(); ++at)
    for (const auto& [to, from] : tree.push(at)) parts[to] += parts[from];
  for (const auto& [to, from] : tree.finish()) parts[to] += parts[from];
  return parts[tree.root()];
}

// Sums that wait keep their places; the blocks of this round take others.
template <class T>
typename Runner<T>::Round Runner<T>::next_round(TreeSum& tree, Index first, Index last) {
  Round round{{first, last}, {}};
  for (std::size_t place = 0; static_cast<Index>(round.places.size()) < last - first; ++place) {
    if (place == gradients_.size()) {
      gradients_.push_back(pass_->block_gradients());
      losses_.emplace_back();
    }
    if (!tree.holds(place)) round.places.push_back(place);
  }
  for (const std::size_t place : round.places) {
    const std::vector<TreeSum::Addition> more = tree.push(place);
    round.additions.insert(round.additions.end(), more.begin(), more.end());
  }
  return round;
}

template <class T>
void Runner<T>::add(const std::vector<TreeSum::Addition>& additions) {
  for (const auto& [to, from] : additions) losses_[to] += losses_[from];
  for_each_range(sizes_, threads_, [&](std::size_t number, Index begin, Index end) {
    for (const auto& [to, from] : additions) {
      T* sum = gradients_[to][number].data();
      const T* term = gradients_[from][number].data();
      for (Index at = begin; at < end; ++at) sum[at] += term[at];
    }
  });
}

template <class T>
Losses Runner<T>::gradient(const Batch& batch, double beta, Gradients<T>& gradients) {
  if (!trains_) throw InvalidArgument("computing", "was asked for no gradients", "set Computing::trains");
  check(batch, model_);
  const double scale = 1 / static_cast<double>(batch.size());
  const auto compute = [&](const Round& round, const AfterStep& after) {
    parallel_for(round.blocks.size(), threads_, [&](Index at, int thread) {
      stop_if_interrupted();
      const std::size_t place = round.places[static_cast<std::size_t>(at)];
      losses_[place] = pass_->gradient(block_of(batch, round.blocks.first + at), beta, scale, thread,
                                       gradients_[place], after);
    });
  };
  const Share blocks = share(batch.size());
  TreeSum tree(static_cast<std::size_t>(blocks.first));
  const auto all_but_last_round = [&] {
    pass_->make_room(busy_threads(blocks.size()));
    const Index at_once = blocks_at_once(threads_);
    for (Index first = blocks.first;; first += at_once) {
      Round round = next_round(tree, first, std::min(blocks.last, first + at_once));
      if (round.blocks.last == blocks.last) return round;
      compute(round, {});
      add(round.additions);
    }
  };
  std::size_t root = 0;
  if (exchange_) {
    Round last;
    OwnSums<T> own{gradients_, losses_};
    const std::exception_ptr failure = failure_of([&] {
      last = all_but_last_round();
      own.blocks = last.blocks.size();
      own.additions = last.additions;
      own.nodes = tree.nodes();
    });
    root = exchange_->sum(
        blocks_of(batch.size()), own, [&](const AfterStep& after) { compute(last, after); }, failure);
  } else {
    Round last = all_but_last_round();
    compute(last, {});
    const std::vector<TreeSum::Addition> more = tree.finish();
    last.additions.insert(last.additions.end(), more.begin(), more.end());
    add(last.additions);
    root = tree.root();
  }
  parallel_for(static_cast<Index>(largest_first_.size()), threads_, [&](Index at) {
    const ParameterId id = largest_first_[static_cast<std::size_t>(at)];
    pass_->store(gradients_[root], id, gradients[id]);
  });
  return losses_[root];
}

template <class T>
Codes<T> Runner<T>::encode(const Batch& batch) {
  check(batch, model_);
  const Value& code = model_.values[model_.code];
  const bool varies = model_.heads().has_value();
  Shape shape = code.size;
  shape.insert(shape.begin(), {batch.size(), code.channels});
  Codes<T> codes;
  const auto compute = [&] {
    codes = {Tensor<T>(shape, "codes"), varies ? Tensor<T>(shape, "codes") : Tensor<T>()};
    for_each_block(share(batch.size()), [&](Index block, int thread) {
      const Index at = block * block_images_ * code.elements();
      pass_->encode(block_of(batch, block), thread, codes.means.data() + at,
                    varies ? codes.log_variances.data() + at : nullptr);
    });
  };
  if (ranks_->size() == 1)
    compute();
  else
    exchange_codes(batch.size(), failure_of(compute), codes);
  return codes;
}

template <class T>
void Runner<T>::exchange_codes(Index images, const std::exception_ptr& failure, Codes<T>& codes) {
  // Numbers of the images of a rank's share.
  const auto numbers = [&](int rank) {
    const Share blocks = share_of(blocks_of(images), rank, ranks_->size());
    const Index elements = model_.values[model_.code].elements();
    return Share{std::min(images, blocks.first * block_images_) * elements,
                 std::min(images, blocks.last * block_images_) * elements};
  };
  std::vector<Tensor<T>*> arrays = {&codes.means};
  if (model_.heads()) arrays.push_back(&codes.log_variances);
  for (Tensor<T>* array : arrays) {
    const auto bytes_of = [&](const Share& share) {
      return static_cast<std::size_t>(share.size()) * sizeof(T);
    };
    std::string_view mine;
    if (const Share own = numbers(ranks_->rank()); !failure)
      mine = {reinterpret_cast<const char*>(array->data() + own.first), bytes_of(own)};
    const std::vector<std::string> all = all_gather_or_agree(*ranks_, failure, mine);
    for (int rank = 0; rank < ranks_->size(); ++rank)
      std::memcpy(array->data() + numbers(rank).first, all[static_cast<std::size_t>(rank)].data(),
                  bytes_of(numbers(rank)));
  }
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
