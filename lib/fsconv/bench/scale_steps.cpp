// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/bench/scale_steps.hpp>
#include <fsconv/bench/trained_weights.hpp>
#include <fsconv/data/generator.hpp>

namespace fsconv::bench {
namespace {

constexpr Index most_images = 4096;  // a larger batch has some of them more than once

class Steps {
 public:
  Steps(const TrainWorkload& workload, const Model& model, const Computing& computing, std::uint64_t seed)
      : binarise_(binarise_of(workload)),
        weights_(initial_parameters<float>(model, seed)),
        runner_(model, computing) {
    runner_.load(weights_.parameters);
  }

  void step(const Images& images, std::span<const Index> order, std::uint64_t seed) {
    runner_.gradient(make_batch(images, order, binarise_, seed, Split::train), 1, weights_.gradients);
    weights_.update(runner_);
  }

 private:
  Binarise binarise_;
  TrainedWeights weights_;
  Runner<float> runner_;
};

}  // namespace

StepTimings time_steps(const TrainWorkload& workload, const Computing& computing, Index batch, Index rounds,
                       std::uint64_t seed) {
  const Shape& size = workload.spec.image_size;
  const Model model = make_model(workload.spec);
  const Index images = std::min(batch, most_images);
  const ImageSet data = generate_shapes(
      images, seed, 0, {.height = size[0], .width = size[1], .channels = workload.spec.image_channels});
  std::vector<Index> order(static_cast<std::size_t>(batch));
  for (std::size_t at = 0; at < order.size(); ++at) order[at] = static_cast<Index>(at) % images;

  Computing waits = computing;
  waits.overlap = false;
  Steps overlapping(workload, model, computing, seed), waiting(workload, model, waits, seed);
  StepTimings timings;
  const auto sample = [&](Steps& steps, Timing& timing, bool counts) {
    if (computing.ranks) computing.ranks->all_or(0);  // nobody begins before all are there
    const auto start = Clock::now();
    steps.step(data.images, order, seed);
    if (computing.ranks) computing.ranks->all_or(0);
    if (counts) timing.seconds.push_back(seconds_since(start));
  };
  for (Index round = -1; round < rounds; ++round) {  // the first one is cold
    sample(overlapping, timings.overlapping, round >= 0);
    sample(waiting, timings.waiting, round >= 0);
  }
  for (Timing* timing : {&timings.overlapping, &timings.waiting}) {
    timing->calls = 1;
    summarize(*timing);
  }
  return timings;
}

}  // namespace fsconv::bench
