// Training steps on four threads, and on ranks of two threads, for ThreadSanitizer to watch; with --shared-scratch, a race that it must find.
// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <barrier>
#include <cstdio>
#include <cstring>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/nn/models.hpp>
#include <fsconv/nn/optimizer.hpp>
#include <fsconv/nn/runner.hpp>
#include <numeric>

#include "support/thread_ranks.hpp"

using namespace fsconv;

namespace {

constexpr int threads = 4;

// Three steps, a loss and reconstructions. True if the loss comes out as on one thread, alone and on three ranks, whose
// messages travel on a thread beside those that compute.
bool steps(const std::string& form, Precision precision) {
  ModelSpec spec{
      .kind = ModelKind::vae,
      .image_size = {12, 12},
      .layers = {{.channels = 4, .kernel = 4, .stride = 2}, {.channels = 6, .kernel = 4, .stride = 2}},
      .latent = 5};
  spec.tied = {true, true, true};
  spec.likelihood = Likelihood::bernoulli;
  const Model model = make_model(spec);
  Random random(1);
  Tensor<std::uint8_t> images({150, 1, 12, 12});
  for (auto& pixel : images) pixel = static_cast<std::uint8_t>(random.integer(0, 255));
  std::vector<Index> order(150);
  std::iota(order.begin(), order.end(), 0);
  const Batch batch = make_batch(images, order, Binarise::dynamic, 0, Split::train);
  const auto trained = [&](int count, Communicator* ranks = nullptr) {
    Parameters<float> parameters = initial_parameters<float>(model, 0);
    Gradients<float> gradients = zeros_like(parameters);
    Optimizer<float> adam({}, parameters);
    Runner<float> runner(model, {.form = form,
                                 .precision = precision,
                                 .threads = count,
                                 .trains = true,
                                 .ranks = ranks,
                                 .part_bytes = 1024});
    runner.load(parameters);
    double total = 0;
    for (int step = 0; step < 3; ++step) {
      total += runner.gradient(batch, 1, gradients).objective;
      adam.step(parameters, gradients, 1e-3, count);
      runner.load(parameters);
    }
    runner.reconstruct(batch);
    return total + runner.losses(batch).objective;
  };
  const double wanted = trained(1);
  std::atomic<int> same = trained(threads) == wanted ? 1 : 0;
  test::ThreadRanks(3).run_well([&](Communicator& self) { same += trained(2, &self) == wanted ? 1 : 0; });
  return same == 4;
}

// What a map forbids: several threads with one scratch.
void share_scratch() {
  const Geometry geometry{{{12, 6, 4, 2, 1, 1, 1}, {12, 6, 4, 2, 1, 1, 1}}, 1, 20, 1};
  const engine::BatchedMap<float> map(geometry);
  const Index images = 32;
  engine::Buffer<float> code(map.code_size(images)), packed(map.packed_size()),
      scratch(map.scratch_size(images));
  std::barrier all_there(threads);
  run_together(threads, [&](int) {
    engine::Buffer<float> image(map.image_size(images));
    all_there.arrive_and_wait();
    for (int time = 0; time < 20; ++time)
      map.conv_transpose(images, code.data(), packed.data(), image.data(), {}, scratch.data());
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--shared-scratch") == 0) {
    share_scratch();
    return 0;
  }
  const bool same = steps("batched", Precision::fp32) && steps("batched", Precision::bf16) &&
                    steps("polyphase", Precision::fp32);
  if (!same) std::printf("another loss on %d threads\n", threads);
  return same ? 0 : 1;
}
