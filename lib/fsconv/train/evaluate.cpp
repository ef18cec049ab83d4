// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/data/order.hpp>
#include <fsconv/nn/image_measures.hpp>
#include <fsconv/train/evaluate.hpp>
#include <limits>
#include <span>

namespace fsconv {
namespace {

// Calls f(batch, first) for pieces of the images, and stops between them where the user wants that.
template <class F>
void for_each_piece(const Images& images, Binarise binarise, std::uint64_t seed, Split split, F&& f) {
  constexpr auto at_once = static_cast<std::size_t>(evaluated_at_once);
  const std::vector<Index> order = natural_order(images.shape()[0]);
  for (std::size_t first = 0; first < order.size(); first += at_once) {
    stop_if_interrupted();
    const auto part = std::span(order).subspan(first, std::min(at_once, order.size() - first));
    f(make_batch(images, part, binarise, seed, split), static_cast<Index>(first));
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
                         const Codes<float>& codes, Evaluation& into) {
  const Index count = images.shape()[0], latent = runner.model().values[runner.model().code].elements();
  const bool varies = runner.model().heads().has_value();
  const Index samples = varies ? std::max<Index>(1, plan.importance_samples) : 1;
  const Index rows = varies ? images_per_block(runner.model()) : 1;
  std::vector<ImageDraws> draws;
  BlockPass<float>& pass = runner.pass(count);
  for (int thread = 0; thread < runner.busy_threads(count); ++thread)
    draws.emplace_back(pass, codes, latent, rows);
  const std::vector<Index> order = natural_order(count);
  Progress progress(varies && plan.importance_samples > 0 ? "likelihood" : "losses", count * samples,
                    "draws");
  const Index at_once = 16 * Index{runner.threads()};
  for (Index first = 0; first < count; first += at_once) {
    stop_if_interrupted();
    parallel_for(std::min(at_once, count - first), runner.threads(), [&](Index piece, int thread) {
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
  }
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
  for_each_piece(images, binarise, seed, split,
                 [&](const Batch& batch, Index) { sum += runner.losses(batch); });
  const auto count = static_cast<double>(images.shape()[0]);
  return {sum.objective / count, sum.reconstruction / count, sum.kl / count};
}

Evaluation evaluate(Runner<float>& runner, const Images& images, const EvaluationPlan& plan) {
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
  for_each_piece(images, plan.binarise, plan.seed, plan.split, [&](const Batch& batch, Index first) {
    const Codes<float> part = runner.encode(batch);
    std::copy(part.means.begin(), part.means.end(), codes.means.data() + first * code.elements());
    if (varies)
      std::copy(part.log_variances.begin(), part.log_variances.end(),
                codes.log_variances.data() + first * code.elements());
    measure_pictures(runner, batch, first, part.means, into);
  });
  measure_codes(codes, into);
  if (varies && plan.importance_samples > 0) {
    into.samples = milestones(plan.importance_samples);
    into.log_likelihood.assign(into.samples.size(), std::vector<double>(count));
    into.effective_samples.assign(count, 0);
    into.largest_weight.assign(count, 0);
  }
  measure_likelihoods(runner, images, plan, codes, into);
  for (std::size_t image = 0; image < count; ++image)
    if (!std::isfinite(into.reconstruction[image]) || (varies && !std::isfinite(into.kl[image])))
      throw Error(ExitCode::runtime,
                  fmt::format("image {}: its loss is not finite: the model's weights are too large "
                              "for its numbers",
                              image));
  return into;
}

Mean mean_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (count - 1) / count) : 0};
}

}  // namespace fsconv
