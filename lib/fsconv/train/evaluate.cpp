// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/distributed/share.hpp>
#include <fsconv/nn/image_measures.hpp>
#include <fsconv/nn/plan.hpp>
#include <fsconv/train/evaluate.hpp>
#include <limits>
#include <span>

namespace fsconv {
namespace {

// Images first ... last-1 of those that are evaluated, at once.
using Piece = Share;

// What a rank evaluates. The bits of an image depend on how many are in its block (block_pass.hpp), so that pieces are of the
// blocks that one process makes.
std::vector<Piece> pieces_of(Index images, Index block, const Communicator& ranks) {
  std::vector<Piece> blocks, pieces;
  for (Index first = 0; first < images; first += evaluated_at_once)
    for (Index at = first, end = std::min(images, first + evaluated_at_once); at < end; at += block)
      blocks.push_back({at, std::min(end, at + block)});
  const Share share = share_of(static_cast<Index>(blocks.size()), ranks.rank(), ranks.size());
  for (Index at = share.first; at < share.last; ++at) {
    const Piece& one = blocks[static_cast<std::size_t>(at)];
    if (pieces.empty() || one.first % evaluated_at_once == 0)
      pieces.push_back(one);
    else
      pieces.back().last = one.last;
  }
  return pieces;
}

// Calls work(round) for the `own` rounds of this rank, and stops all ranks between them where one of them fails or is asked to.
void in_rounds(Communicator& ranks, Index own, const std::function<void(Index)>& work) {
  Index most = 0;
  for (const std::string& count : ranks.all_gather(std::to_string(own)))
    most = std::max<Index>(most, std::stoll(count));
  for (Index round = 0; round < most; ++round)
    together(ranks, [&] {
      stop_if_interrupted();
      if (round < own) work(round);
    });
}

// Of `values`, so many per image, each rank has those of its own images: now all have all.
template <class T>
void gather(Communicator& ranks, const Share& own, Index per_image, T* values) {
  if (ranks.size() == 1) return;
  const auto bytes = [&](Index images) { return static_cast<std::size_t>(images * per_image) * sizeof(T); };
  const auto* mine = reinterpret_cast<const char*>(values + own.first * per_image);
  auto* to = reinterpret_cast<char*>(values);
  for (const std::string& part : ranks.all_gather({mine, bytes(own.size())})) {
    std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
}

// log of a running sum of weights that are given by their logarithms, however large or small these are.
class LogWeights {
 public:
  void add(double log_weight) {
    if (log_weight > largest_) {
      const double scale = std::exp(largest_ - log_weight);  // 0 for the first
      sum_ *= scale;
      squares_ *= scale * scale;
      largest_ = log_weight;
    }
    const double weight = std::exp(log_weight - largest_);
    sum_ += weight;
    squares_ += weight * weight;
    ++count_;
  }
  double log_mean() const { return largest_ + std::log(sum_) - std::log(static_cast<double>(count_)); }
  double effective() const { return sum_ * sum_ / squares_; }
  double largest_fraction() const { return 1 / sum_; }

 private:
  double largest_ = -std::numeric_limits<double>::infinity(), sum_ = 0, squares_ = 0;
  Index count_ = 0;
};

// What the draws of one image say of it.
class ImageDraws {
 public:
  ImageDraws(BlockPass<float>& pass, const Codes<float>& codes, Index latent, Index rows)
      : pass_(pass),
        codes_(codes),
        latent_(latent),
        rows_(rows),
        noise_(static_cast<std::size_t>(latent)),
        drawn_(static_cast<std::size_t>(rows * latent)),
        ratios_(static_cast<std::size_t>(rows)),
        losses_(static_cast<std::size_t>(rows)) {}

  void run(const Batch& image, Index samples, int thread, Index at, Progress& progress, Evaluation& into) {
    const auto number = static_cast<std::uint64_t>(image.order[0]);
    const float* mean = codes_.means.data() + at * latent_;
    const float* log_variance = codes_.log_variances.data() + at * latent_;
    pass_.fetch_target(image, thread);
    LogWeights weights;
    double reconstruction = 0;
    std::size_t milestone = 0;
    for (Index first = 0; first < samples; first += rows_) {
      stop_if_interrupted();
      const Index count = std::min(rows_, samples - first);
      for (Index row = 0; row < count; ++row)
        draw(image.latents, number, first + row, mean, log_variance, row);
      // always whole blocks: what a row's bits are depends on how many there are
      pass_.decode_losses(rows_, drawn_.data(), thread, losses_.data());
      for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
        reconstruction += losses_[row];
        weights.add(-losses_[row] - ratios_[row]);
        if (milestone < into.samples.size() && into.samples[milestone] == first + static_cast<Index>(row) + 1)
          into.log_likelihood[milestone++][static_cast<std::size_t>(at)] = weights.log_mean();
      }
      progress.advance(count);
    }
    const auto here = static_cast<std::size_t>(at);
    into.reconstruction[here] = reconstruction / static_cast<double>(samples);
    if (into.samples.empty()) return;
    into.effective_samples[here] = weights.effective();
    into.largest_weight[here] = weights.largest_fraction();
  }

 private:
  // z = mean + e^(log_variance/2) * noise, and log q(z|x) - log p(z).
  void draw(const NoiseKey& key, std::uint64_t image, Index number, const float* mean,
            const float* log_variance, Index row) {
    noise_normals(key, image, static_cast<std::uint32_t>(number), noise_.data(), latent_);
    double ratio = 0;
    for (Index at = 0; at < latent_; ++at) {
      const float noise = noise_[static_cast<std::size_t>(at)];
      const float z = mean[at] + std::exp(log_variance[at] / 2) * noise;
      drawn_[static_cast<std::size_t>(row * latent_ + at)] = z;
      ratio +=
          (static_cast<double>(z) * static_cast<double>(z) -
           static_cast<double>(noise) * static_cast<double>(noise) - static_cast<double>(log_variance[at])) /
          2;
    }
    ratios_[static_cast<std::size_t>(row)] = ratio;
  }

  BlockPass<float>& pass_;
  const Codes<float>& codes_;
  Index latent_, rows_;
  std::vector<float> noise_, drawn_;
  std::vector<double> ratios_, losses_;
};

void measure_likelihoods(Runner<float>& runner, const Images& images, const EvaluationPlan& plan,
                         const Codes<float>& codes, Communicator& ranks, const Share& own, Evaluation& into) {
  const Index count = own.size(), latent = runner.model().values[runner.model().code].elements();
  const bool varies = runner.model().heads().has_value();
  const Index samples = varies ? std::max<Index>(1, plan.importance_samples) : 1;
  const Index rows = varies ? images_per_block(runner.model()) : 1;
  std::vector<ImageDraws> draws;
  BlockPass<float>& pass = runner.pass(count);
  for (int thread = 0; thread < runner.busy_threads(count); ++thread)
    draws.emplace_back(pass, codes, latent, rows);
  const std::vector<Index> order = natural_order(images.count());
  Progress progress(varies && plan.importance_samples > 0 ? "likelihood" : "losses", count * samples,
                    "draws");
  const Index at_once = 16 * Index{runner.threads()};
  in_rounds(ranks, ceil_div(count, at_once), [&](Index round) {
    const Index first = own.first + round * at_once;
    parallel_for(std::min(at_once, own.last - first), runner.threads(), [&](Index piece, int thread) {
      const Index at = first + piece;
      const Batch image = make_batch(images, std::span(order).subspan(static_cast<std::size_t>(at), 1),
                                     plan.binarise, plan.seed, plan.split);
      if (varies) {
        draws[static_cast<std::size_t>(thread)].run(image, samples, thread, at, progress, into);
      } else {
        pass.fetch_target(image, thread);
        pass.decode_losses(1, codes.means.data() + at * latent, thread,
                           &into.reconstruction[static_cast<std::size_t>(at)]);
        progress.advance();
      }
    });
  });
}

void measure_codes(const Codes<float>& codes, Evaluation& into) {
  const Index count = codes.means.shape()[0], latent = codes.means.size() / count;
  into.code_variance.assign(static_cast<std::size_t>(latent), 0);
  for (Index at = 0; at < latent; ++at) {
    double mean = 0, squares = 0;
    for (Index image = 0; image < count; ++image)
      mean += static_cast<double>(codes.means[image * latent + at]);
    mean /= static_cast<double>(count);
    for (Index image = 0; image < count; ++image) {
      const double off = static_cast<double>(codes.means[image * latent + at]) - mean;
      squares += off * off;
    }
    into.code_variance[static_cast<std::size_t>(at)] = squares / static_cast<double>(count);
  }
  into.active_units = count_active(into.code_variance);
  if (codes.log_variances.size() == 0) return;
  into.kl.assign(static_cast<std::size_t>(count), 0);
  for (Index at = 0; at < codes.means.size(); ++at)
    into.kl[static_cast<std::size_t>(at / latent)] +=
        kl_to_normal(static_cast<double>(codes.means[at]), static_cast<double>(codes.log_variances[at]));
}

void measure_pictures(Runner<float>& runner, const Batch& batch, Index first, const Tensor<float>& means,
                      Evaluation& into) {
  const Shape& shape = batch.images.shape();
  const Index elements = batch.images.image_size();
  Tensor<float> originals({batch.size(), shape[1], shape[2], shape[3]});
  fetch(batch, originals.data());
  const Tensor<float> made = runner.decode(means);
  const bool large = shape[2] >= ssim_window && shape[3] >= ssim_window;
  for (Index at = 0; at < batch.size(); ++at) {
    const float *original = originals.data() + at * elements, *image = made.data() + at * elements;
    into.psnr[static_cast<std::size_t>(first + at)] = psnr(original, image, elements);
    if (large)
      into.ssim[static_cast<std::size_t>(first + at)] = ssim(original, image, shape[1], shape[2], shape[3]);
  }
}

}  // namespace

std::vector<Index> milestones(Index samples) {
  std::vector<Index> list;
  for (Index at = 1; at < samples; at *= 10) list.push_back(at);
  if (samples > 0) list.push_back(samples);
  return list;
}

Index count_active(const std::vector<double>& code_variance) {
  constexpr double active = 0.01;
  return std::count_if(code_variance.begin(), code_variance.end(),
                       [](double variance) { return variance > active; });
}

Losses mean_losses(Runner<float>& runner, const Images& images, Binarise binarise, std::uint64_t seed,
                   Split split) {
  Losses sum;
  const std::vector<Index> order = natural_order(images.count());
  for (std::size_t first = 0; first < order.size(); first += evaluated_at_once) {
    const std::size_t size = std::min<std::size_t>(evaluated_at_once, order.size() - first);
    sum += runner.losses(make_batch(images, std::span(order).subspan(first, size), binarise, seed, split));
  }
  const auto count = static_cast<double>(images.shape()[0]);
  return {sum.objective / count, sum.reconstruction / count, sum.kl / count};
}

Evaluation evaluate(Runner<float>& runner, const Images& images, const EvaluationPlan& plan,
                    Communicator& ranks) {
  const auto count = static_cast<std::size_t>(images.shape()[0]);
  const Value& code = runner.model().values[runner.model().code];
  Evaluation into;
  into.reconstruction.assign(count, 0);
  into.psnr.assign(count, 0);
  if (images.shape()[2] >= ssim_window && images.shape()[3] >= ssim_window) into.ssim.assign(count, 0);

  Shape shape = code.size;
  shape.insert(shape.begin(), {images.shape()[0], code.channels});
  const bool varies = runner.model().heads().has_value();
  Codes<float> codes{Tensor<float>(shape, "codes"), varies ? Tensor<float>(shape, "codes") : Tensor<float>()};
  const std::vector<Index> order = natural_order(images.count());
  const std::vector<Piece> pieces = pieces_of(images.count(), images_per_block(runner.model()), ranks);
  const Share own = pieces.empty() ? Share{0, 0} : Share{pieces.front().first, pieces.back().last};
  in_rounds(ranks, static_cast<Index>(pieces.size()), [&](Index round) {
    const Piece& piece = pieces[static_cast<std::size_t>(round)];
    const Batch batch = make_batch(images,
                                   std::span(order).subspan(static_cast<std::size_t>(piece.first),
                                                            static_cast<std::size_t>(piece.size())),
                                   plan.binarise, plan.seed, plan.split);
    const Codes<float> part = runner.encode(batch);
    std::copy(part.means.begin(), part.means.end(), codes.means.data() + piece.first * code.elements());
    if (varies)
      std::copy(part.log_variances.begin(), part.log_variances.end(),
                codes.log_variances.data() + piece.first * code.elements());
    measure_pictures(runner, batch, piece.first, part.means, into);
  });
  gather(ranks, own, code.elements(), codes.means.data());
  if (varies) gather(ranks, own, code.elements(), codes.log_variances.data());
  gather(ranks, own, 1, into.psnr.data());
  if (!into.ssim.empty()) gather(ranks, own, 1, into.ssim.data());
  measure_codes(codes, into);
  if (varies && plan.importance_samples > 0) {
    into.samples = milestones(plan.importance_samples);
    into.log_likelihood.assign(into.samples.size(), std::vector<double>(count));
    into.effective_samples.assign(count, 0);
    into.largest_weight.assign(count, 0);
  }
  measure_likelihoods(runner, images, plan, codes, ranks, own, into);
  gather(ranks, own, 1, into.reconstruction.data());
  for (std::vector<double>& one : into.log_likelihood) gather(ranks, own, 1, one.data());
  if (!into.samples.empty()) {
    gather(ranks, own, 1, into.effective_samples.data());
    gather(ranks, own, 1, into.largest_weight.data());
  }
  for (std::size_t image = 0; image < count; ++image)
    if (!std::isfinite(into.reconstruction[image]) || (varies && !std::isfinite(into.kl[image])))
      throw AgreedError(ExitCode::runtime,
                        fmt::format("image {}: its loss is not finite: the model's weights are too large "
                                    "for its numbers",
                                    image));
  return into;
}

Mean mean_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  // Equal numbers have no error, though their sum is rounded.
  if (const auto [least, most] = std::minmax_element(values.begin(), values.end());
      !values.empty() && *least == *most)
    return {*least, 0};
  const double mean = sum / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (count - 1) / count) : 0};
}

}  // namespace fsconv
