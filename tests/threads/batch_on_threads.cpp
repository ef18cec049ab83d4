// Training steps on four threads, for ThreadSanitizer to watch; with --shared-scratch, a race that it must find.
#include <barrier>
#include <cstdio>
#include <cstring>
#include <fsconv/base/parallel.hpp>
#include <fsconv/base/random.hpp>
#include <fsconv/engine/batched_map.hpp>
#include <fsconv/nn/adam.hpp>
#include <fsconv/nn/batch.hpp>
#include <numeric>

using namespace fsconv;

namespace {

constexpr int threads = 4;

// Three steps, a loss and reconstructions. True if the loss comes out as on one thread.
bool steps(const std::string& form, Operands operands) {
  const AutoencoderShape shape{.image_size = {12, 12}, .convolutions = {{4, 4, 2}, {6, 4, 2}}, .latent = 5};
  Random random(1);
  Tensor<std::uint8_t> images({150, 1, 12, 12});
  for (auto& pixel : images) pixel = static_cast<std::uint8_t>(random.integer(0, 255));
  std::vector<Index> order(150);
  std::iota(order.begin(), order.end(), 0);
  const auto trained = [&](int count) {
    TiedAutoencoder<float> model(shape, form_named<float>(form), 0);
    BatchRunner<float> runner(model, count, operands);
    Adam adam;
    double total = 0;
    for (int step = 0; step < 3; ++step) {
      total += runner.gradient(Loss::bce, images, order);
      adam.step(model.parameters(), count);
    }
    runner.reconstruct(Loss::bce, images, order);
    return total + runner.loss(Loss::bce, images, order);
  };
  return trained(threads) == trained(1);
}

// What a map forbids: several threads with one scratch.
void share_scratch() {
  const Geometry geometry{{{12, 6, 4, 2, 1, 1, 1}, {12, 6, 4, 2, 1, 1, 1}}, 1, 20, 1};
  const engine::BatchedMap<float> map(geometry);
  const Index images = 32;
  engine::Buffer<float> code(map.code_size(images)), packed(map.packed_size()),
      scratch(map.scratch_size(images));
  std::barrier all_there(threads);
  parallel_for(threads, threads, [&](Index) {
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
  const bool same = steps("batched", Operands::fp32) && steps("batched", Operands::bf16) &&
                    steps("polyphase", Operands::fp32);
  if (!same) std::printf("another loss on %d threads\n", threads);
  return same ? 0 : 1;
}
