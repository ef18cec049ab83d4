// A model over batches on several ranks: the bits of one process, whatever the ranks, threads, blocks and parts are; and an
// end for all where one fails.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstring>
#include <fsconv/distributed/agreement.hpp>

#include "nn/gradient_case.hpp"
#include "support/thread_ranks.hpp"

using namespace fsconv;
using namespace fsconv::test;
using Catch::Matchers::Contains;

namespace {

constexpr double beta = 0.7;

template <class T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() &&
         (a.size() == 0 ||
          std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0);
}
bool same_bits(const Losses& a, const Losses& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// All that ranks compute together.
template <class T>
struct Results {
  Losses losses, trained;
  Gradients<T> gradients;
  Codes<T> codes;

  bool operator==(const Results& other) const {
    for (std::size_t at = 0; at < gradients.size(); ++at)
      if (!same_bits(gradients[at], other.gradients[at])) return false;
    return same_bits(losses, other.losses) && same_bits(trained, other.trained) &&
           same_bits(codes.means, other.codes.means) &&
           same_bits(codes.log_variances, other.codes.log_variances);
  }
};

// Of several batches, one after the other by the same runner.
template <class T>
std::vector<Results<T>> results(const Model& model, const Images& images, const std::vector<Index>& sizes,
                                Computing computing) {
  computing.trains = true;
  const Parameters<T> parameters = parameters_for<T>(model);
  Runner<T> runner(model, computing);
  runner.load(parameters);
  std::vector<Results<T>> list;
  for (const Index size : sizes) {
    const std::vector<Index> order = first_images(size);
    const Batch batch = make_batch(images, order, binarise_for(model), 11, Split::train, 2);
    Results<T>& one = list.emplace_back();
    one.gradients = zeros_like(parameters);
    one.trained = runner.gradient(batch, beta, one.gradients);
    one.losses = runner.losses(batch, beta);
    one.codes = runner.encode(batch);
  }
  return list;
}

template <class T>
std::vector<std::vector<Results<T>>> results_of_ranks(int ranks, const Transport& transport,
                                                      const Model& model, const Images& images,
                                                      const std::vector<Index>& sizes,
                                                      const Computing& computing) {
  std::vector<std::vector<Results<T>>> all(static_cast<std::size_t>(ranks));
  ThreadRanks(ranks, transport).run_well([&](Communicator& self) {
    Computing own = computing;
    own.ranks = &self;
    all[static_cast<std::size_t>(self.rank())] = results<T>(model, images, sizes, own);
  });
  return all;
}

// Bytes of an image of a store that throws for one of them.
class BrokenStore : public ImageStore {
 public:
  BrokenStore(Tensor<std::uint8_t> images, Index broken, std::function<void()> fail)
      : images_(std::move(images)), broken_(broken), fail_(std::move(fail)) {}

  const Shape& shape() const override { return images_.shape(); }
  void read(Index image, std::uint8_t* to) const override {
    if (image == broken_) fail_();
    const Index size = images_.size() / images_.shape()[0];
    std::copy_n(images_.data() + image * size, size, to);
  }
  std::uint32_t crc(Index) const override { return 0; }

 private:
  Tensor<std::uint8_t> images_;
  Index broken_;
  std::function<void()> fail_;
};

NamedModel model_named(const std::string& name) {
  for (const NamedModel& named : small_models())
    if (named.name == name) return named;
  throw std::logic_error("no model " + name);
}

// What each rank throws in work(runner, batch), of which an image breaks.
template <class F>
std::vector<std::exception_ptr> failures(int ranks, const Transport& transport, Index broken,
                                         const std::function<void()>& fail, F&& work) {
  const Model model = model_named("tied variational").model;
  const Images images(std::make_shared<BrokenStore>(images_for(model, 300), broken, fail));
  const std::vector<Index> order = first_images(300);
  return ThreadRanks(ranks, transport).run([&](Communicator& self) {
    Runner<float> runner(model, {.threads = 2, .trains = true, .ranks = &self, .part_bytes = 512});
    const Parameters<float> parameters = parameters_for<float>(model);
    runner.load(parameters);
    const Batch batch = make_batch(images, order, Binarise::dynamic, 11, Split::train, 2);
    work(runner, batch, parameters);
  });
}

const auto gradient_of = [](Runner<float>& runner, const Batch& batch, const Parameters<float>& parameters) {
  Gradients<float> gradients = zeros_like(parameters);
  runner.gradient(batch, beta, gradients);
};
const auto losses_of = [](Runner<float>& runner, const Batch& batch, const Parameters<float>&) {
  runner.losses(batch, beta);
};
const auto codes_of = [](Runner<float>& runner, const Batch& batch, const Parameters<float>&) {
  runner.encode(batch);
};

}  // namespace

TEST_CASE("ranks: gradient, losses and codes have the bits of one process") {
  const std::vector<Index> sizes = {300, 1, 97};
  for (const std::string name : {"tied autoencoder", "variational with gain, elu, 3 draws",
                                 "importance weighted, gaussian, sigmoid", "gated and residual"}) {
    const Model model = model_named(name).model;
    const Images images(images_for(model, 300));
    const auto wanted = results<float>(model, images, sizes, {});
    for (const int ranks : {2, 3, 4, 5, 8})
      for (const int threads : {1, 2, 3}) {
        INFO(name << ", " << ranks << " ranks of " << threads << " threads");
        // Parts of 16 numbers, and one of them all.
        const std::size_t part_bytes = std::size_t{1} << (6 + (4 * ranks + 3 * threads) % 11);
        const Computing computing{.threads = threads, .overlap = ranks != 3, .part_bytes = part_bytes};
        for (const auto& of_rank : results_of_ranks<float>(ranks, {}, model, images, sizes, computing))
          CHECK(of_rank == wanted);
      }
  }
}

TEST_CASE("ranks: so they have in bf16, in doubles, through tensors, and with parts as they are sent") {
  const std::vector<Index> sizes = {129, 300};
  const Model model = model_named("tied variational").model;
  const Images images(images_for(model, 300));
  for (const Computing& computing :
       {Computing{.precision = Precision::bf16}, Computing{.threads = 2}, Computing{.form = "gather"}}) {
    const auto wanted = results<float>(model, images, sizes, computing);
    for (const auto& of_rank : results_of_ranks<float>(3, {}, model, images, sizes, computing))
      CHECK(of_rank == wanted);
  }
  const auto wanted = results<double>(model, images, sizes, {});
  for (const auto& of_rank : results_of_ranks<double>(2, {}, model, images, sizes, {.part_bytes = 1}))
    CHECK(of_rank == wanted);
}

TEST_CASE("ranks: slow messages change no bits") {
  const std::vector<Index> sizes = {257};
  const Model model = model_named("tied autoencoder").model;
  const Images images(images_for(model, 300));
  const auto wanted = results<float>(model, images, sizes, {});
  const Transport slow{.latency = std::chrono::microseconds(300), .bytes_per_second = 1e7};
  for (const bool overlap : {true, false})
    for (const auto& of_rank : results_of_ranks<float>(4, slow, model, images, sizes,
                                                       {.threads = 2, .overlap = overlap, .part_bytes = 256}))
      CHECK(of_rank == wanted);
}

TEST_CASE("ranks: one that works on its own blocks alone is seen") {
  const Model model = model_named("tied autoencoder").model;
  const Images images(images_for(model, 300));
  const auto wanted = results<float>(model, images, {300}, {});
  CHECK_FALSE(results<float>(model, images, {150}, {}) == wanted);
  // The images in another order are the same sum in another one.
  std::vector<Index> order = first_images(300);
  std::rotate(order.begin(), order.begin() + 32, order.end());
  Runner<float> runner(model, {.trains = true});
  runner.load(parameters_for<float>(model));
  Results<float> other = wanted[0];
  other.trained =
      runner.gradient(make_batch(images, order, Binarise::none, 11, Split::train, 2), beta, other.gradients);
  CHECK_FALSE(other == wanted[0]);
  CHECK(gradient_distance(other.gradients, wanted[0].gradients) < 1e-4);
}

TEST_CASE("ranks: what travels is counted") {
  const Model model = model_named("tied autoencoder").model;
  const Images images(images_for(model, 300));
  const std::vector<Index> order = first_images(300);  // 10 blocks
  std::vector<ExchangeCounters> counters(4);
  ThreadRanks(4).run_well([&](Communicator& self) {
    Runner<float> runner(model, {.trains = true, .ranks = &self});
    const Parameters<float> parameters = parameters_for<float>(model);
    runner.load(parameters);
    Gradients<float> gradients = zeros_like(parameters);
    for (int step = 0; step < 3; ++step)
      runner.gradient(make_batch(images, order, Binarise::none, 11, Split::train, 2), beta, gradients);
    counters[static_cast<std::size_t>(self.rank())] = runner.exchange();
    CHECK(runner.exchange_depth(300) == 3);
    CHECK(runner.exchange_depth(32) == 0);
  });
  // Losses and a flag behind all numbers.
  const auto bytes = static_cast<std::uint64_t>(model.parameter_count()) * sizeof(float) + 32;
  // Blocks 0-1, 2-4, 5-6 and 7-9: 2-3 go to 0-1, 5 to 4, 7 to 6, 6-7 to 4-5, 4-7 to 0-3, 8-9 to 0-7.
  const std::uint64_t sent[] = {0, 2, 2, 2}, received[] = {3, 2, 1, 0};
  std::uint64_t all_sent = 0, all_received = 0;
  for (std::size_t rank = 0; rank < 4; ++rank) {
    INFO(rank);
    CHECK(counters[rank].steps == 3);
    CHECK(counters[rank].bytes_broadcast == 3 * bytes);
    all_sent += counters[rank].bytes_sent;
    all_received += counters[rank].bytes_received;
    CHECK(counters[rank].bytes_sent == 3 * sent[rank] * bytes);
    CHECK(counters[rank].bytes_received == 3 * received[rank] * bytes);
    CHECK(counters[rank].seconds_exchanging >= 0);
  }
  CHECK(all_sent == all_received);
}

TEST_CASE("ranks: where one fails all throw the same, and none waits") {
  const auto refuse = [] { throw IoError("images.h5", "cannot read: Input/output error"); };
  const auto interrupt = [] { throw Interrupted("interrupted"); };
  const auto check = [](const std::vector<std::exception_ptr>& thrown, ExitCode code,
                        const std::string& words) {
    for (const std::exception_ptr& one : thrown) {
      REQUIRE(one);
      try {
        std::rethrow_exception(one);
      } catch (const Error& error) {
        CHECK(dynamic_cast<const Agreed*>(&error));
        CHECK(error.code() == code);
        CHECK(error.what() == words);
        CHECK((code == ExitCode::interrupted) == (dynamic_cast<const Interrupted*>(&error) != nullptr));
      }
    }
  };
  const std::string words = "images.h5: cannot read: Input/output error";
  // Image 299 is in the last block, 0 in the first: of the last rank, of the first that has any.
  for (const int ranks : {2, 5, 12})
    for (const Index broken : {Index{0}, Index{150}, Index{299}}) {
      if (ranks == 12 && broken != 299) continue;
      const Index block = broken / 32;
      int owner = 0;
      while (share_of(10, owner, ranks).last <= block) ++owner;
      INFO(ranks << " ranks, image " << broken << " of rank " << owner);
      const std::string told = fmt::format("rank {}: {}", owner, words);
      check(failures(ranks, {}, broken, refuse, gradient_of), ExitCode::io, told);
      check(failures(ranks, {}, broken, refuse, losses_of), ExitCode::io, told);
      check(failures(ranks, {}, broken, refuse, codes_of), ExitCode::io, told);
      check(failures(ranks, {}, broken, interrupt, gradient_of), ExitCode::interrupted, "interrupted");
      check(failures(ranks, {}, broken, interrupt, losses_of), ExitCode::interrupted, "interrupted");
    }
}

TEST_CASE("ranks: after a failure that all know of the next step is as good as ever") {
  const Model model = model_named("tied variational").model;
  const Tensor<std::uint8_t> pixels = images_for(model, 300);
  bool breaks = true;
  const Images images(std::make_shared<BrokenStore>(pixels, 140, [&] {
    if (breaks) throw BadData("images.h5", "image 140 is damaged");
  }));
  const auto wanted = results<float>(model, Images(pixels), {300}, {});
  const std::vector<Index> order = first_images(300);
  ThreadRanks(3).run_well([&](Communicator& self) {
    Runner<float> runner(model, {.threads = 2, .trains = true, .ranks = &self, .part_bytes = 128});
    const Parameters<float> parameters = parameters_for<float>(model);
    runner.load(parameters);
    Gradients<float> gradients = zeros_like(parameters);
    const Batch batch = make_batch(images, order, Binarise::dynamic, 11, Split::train, 2);
    const bool failed = failure_of([&] { runner.gradient(batch, beta, gradients); }) != nullptr;
    agree(self, nullptr);  // nobody mends what another still reads
    if (self.rank() == 0) breaks = false;
    agree(self, nullptr);
    const bool good = runner.gradient(batch, beta, gradients) == wanted[0].trained &&
                      std::equal(gradients.begin(), gradients.end(), wanted[0].gradients.begin(),
                                 [](const auto& a, const auto& b) { return same_bits(a, b); });
    agree(self, failed && good ? nullptr : std::make_exception_ptr(std::logic_error("it is not")));
  });
}

TEST_CASE("ranks: a network that breaks ends every rank") {
  // Each send and receive of a step in turn, until the step has no more.
  const auto nothing = [] {};
  for (const int rank : {0, 1, 2}) {
    int call = 0;
    for (bool broke = true; broke; ++call) {
      INFO("rank " << rank << ", message " << call);
      const auto thrown = failures(3, {.broken = {{rank, call}}}, -1, nothing, gradient_of);
      broke = thrown[static_cast<std::size_t>(rank)] != nullptr;
      if (broke)
        CHECK_THROWS_WITH(std::rethrow_exception(thrown[static_cast<std::size_t>(rank)]),
                          "the network is gone");
      else
        for (const std::exception_ptr& one : thrown) CHECK_FALSE(one);
      for (const std::exception_ptr& one : thrown)
        if (one) CHECK_THROWS_AS(std::rethrow_exception(one), Error);  // logic_error: it waited for ever
    }
    CHECK(call > 4);
  }
}
