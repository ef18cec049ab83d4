// Started by mpirun: gradients, losses and codes of several processes have the bits of one, failures end all with one message.
//   mpirun -n 4 fsconv_ranks_of_mpi 4            the test, of 4 ranks
//   mpirun -n 2 fsconv_ranks_of_mpi 2 overlap 1 256       how long steps take, with and without overlap: 1 thread each, 256 images
//   fsconv_ranks_of_mpi 1 delays 4 1000 100               the same of 4 ranks that are threads, whose messages take 1000 us + bytes/(100 MB/s)
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/distributed/measure.hpp>
#include <fsconv/distributed/mpi.hpp>

#include "nn/small_models.hpp"
#include "support/thread_ranks.hpp"

using namespace fsconv;
using namespace fsconv::test;

namespace {

template <class T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0;
}

void require(bool fact, const std::string& words) {
  if (!fact) throw Error(ExitCode::claim_failed, words + " is not so");
}

// A rank alone computes what all compute together.
void compare(Communicator& ranks, const NamedModel& named, const Computing& how, Index images_in_batch) {
  const Tensor<std::uint8_t> images = images_for(named.model, images_in_batch);
  const std::vector<Index> order = first_images(images_in_batch);
  const Batch batch = make_batch(images, order, binarise_for(named.model), 11, Split::train, 2);
  const Parameters<float> parameters = parameters_for<float>(named.model);
  Computing alone = how, shared = how;
  alone.trains = shared.trains = true;
  shared.ranks = &ranks;
  Runner<float> one(named.model, alone), all(named.model, shared);
  one.load(parameters);
  all.load(parameters);
  Gradients<float> wanted = zeros_like(parameters), found = zeros_like(parameters);
  const bool same_losses = one.gradient(batch, 0.7, wanted) == all.gradient(batch, 0.7, found) &&
                           one.losses(batch) == all.losses(batch);
  const Codes<float> codes = one.encode(batch), theirs = all.encode(batch);
  together(ranks, [&] {
    const std::string where =
        fmt::format("{}, {} images, {} threads: the same ", named.name, images_in_batch, how.threads);
    require(same_losses, where + "losses");
    for (std::size_t at = 0; at < wanted.size(); ++at)
      require(same_bits(wanted[at], found[at]), where + "gradient of " + parameters[at].name);
    require(same_bits(codes.means, theirs.means) && same_bits(codes.log_variances, theirs.log_variances),
            where + "codes");
  });
}

void check_messages(Communicator& ranks) {
  // Longer than what MPI sends at once, and nothing at all.
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{3'000'001}}) {
    const int last = ranks.size() - 1;
    std::string text(length, 'a'), answer(length, 'b');
    if (last > 0 && ranks.rank() == 0) {
      ranks.send(text.data(), length, last);
      ranks.receive(answer.data(), length, last);
    } else if (last > 0 && ranks.rank() == last) {
      ranks.receive(answer.data(), length, 0);
      ranks.send(answer.data(), length, 0);
    } else {
      answer = text;
    }
    ranks.broadcast(answer.data(), length, 0);
    const auto all = ranks.all_gather(std::string(static_cast<std::size_t>(ranks.rank()) * length / 3, 'c'));
    together(ranks, [&] {
      require(last == 0 || answer == text, "an answer of the same bytes");
      for (std::size_t rank = 0; rank < all.size(); ++rank)
        require(all[rank] == std::string(rank * length / 3, 'c'), "what every rank gathers");
    });
  }
  const std::uint64_t bits = ranks.all_or(std::uint64_t{1} << ranks.rank());
  together(ranks, [&] { require(bits + 1 == std::uint64_t{1} << ranks.size(), "a bit of every rank"); });
}

void check_failures(Communicator& ranks) {
  const int last = ranks.size() - 1;
  if (last == 0) return;
  std::string words;
  try {
    together(ranks, [&] {
      if (ranks.rank() == last) throw IoError("run.h5", "No space left on device");
    });
  } catch (const AgreedError& error) {
    words = error.what();
  }
  together(ranks, [&] {
    require(words == fmt::format("rank {}: run.h5: No space left on device", last), "one message");
  });
}

void check_all(Communicator& ranks) {
  check_messages(ranks);
  check_failures(ranks);
  const std::vector<NamedModel> models = small_models();
  for (const std::size_t at : {std::size_t{0}, std::size_t{10}})  // tied autoencoder; variational, 3 draws
    for (const int threads : {1, 2})
      for (const Index images : {Index{1}, Index{97}, Index{300}})
        compare(ranks, models[at], {.threads = threads, .part_bytes = 512}, images);
  compare(ranks, models[9], {.precision = Precision::bf16, .overlap = false}, 300);
}

// Steps of a model of 1.9 million numbers.
void measure(Communicator& ranks, int threads, Index images_in_batch) {
  ModelSpec spec;
  spec.image_channels = 1;
  spec.image_size = {28, 28};
  spec.layers = {{.channels = 64, .kernel = 4, .stride = 2}, {.channels = 128, .kernel = 4, .stride = 2}};
  spec.latent = 128;
  spec.tied = {};
  const Model model = make_model(spec);
  const Tensor<std::uint8_t> images = images_for(model, images_in_batch);
  const std::vector<Index> order = first_images(images_in_batch);
  const Batch batch = make_batch(images, order, Binarise::none, 11, Split::train, 2);
  const Parameters<float> parameters = parameters_for<float>(model);
  Gradients<float> gradients = zeros_like(parameters);
  const Link link = measure_link(ranks);
  if (ranks.rank() == 0)
    fmt::print(
        "{} ranks of {} threads, {} images a step, {:.1f} MB of gradient; a message takes {:.1f} us + {:.2f} ms/MB\n",
        ranks.size(), threads, images_in_batch, static_cast<double>(model.parameter_count()) * 4e-6,
        link.latency * 1e6, link.bandwidth > 0 ? 1e9 / link.bandwidth : 0);
  for (const std::size_t part : {std::size_t{1} << 18, std::size_t{1} << 20}) {
    std::vector<Runner<float>> runners;  // after all, and overlapped
    for (const bool overlap : {false, true}) {
      runners.emplace_back(
          model,
          Computing{
              .threads = threads, .trains = true, .ranks = &ranks, .overlap = overlap, .part_bytes = part});
      runners.back().load(parameters);
    }
    // In turn, so that whatever else the machine does slows both alike.
    constexpr std::size_t steps = 20;
    std::vector<double> seconds[2];
    for (std::size_t step = 0; step < steps; ++step)
      for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
        const auto start = std::chrono::steady_clock::now();
        runners[which].gradient(batch, 1, gradients);
        seconds[which].push_back(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      }
    for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
      std::sort(seconds[which].begin(), seconds[which].end());
      const ExchangeCounters counters = runners[which].exchange();
      if (ranks.rank() == 0)
        fmt::print(
            "  parts of {:4} KiB, {}: {:.1f} ms a step (median of {}; fastest {:.1f}), {:.1f} waited of {:.1f} exchanging\n",
            part >> 10, which == 1 ? "overlapped" : "after all ", seconds[which][steps / 2] * 1e3, steps,
            seconds[which][0] * 1e3, counters.seconds_waited / steps * 1e3,
            counters.seconds_exchanging / steps * 1e3);
    }
  }
}

}  // namespace

int main(int count, char** words) {
  int code = 0;
  Communicator* ranks = nullptr;
  try {
    ranks = &launched();
    require(count >= 2 && ranks->size() == std::atoi(words[1]), "as many ranks as were started");
    const std::string what = count >= 3 ? words[2] : "";
    const auto number = [&](int at, int otherwise) { return count > at ? std::atoi(words[at]) : otherwise; };
    if (what == "overlap")
      measure(*ranks, number(3, 1), number(4, 256));
    else if (what == "delays")
      ThreadRanks(number(3, 2), {.latency = std::chrono::microseconds(number(4, 1000)),
                                 .bytes_per_second = 1e6 * number(5, 100)})
          .run_well([](Communicator& self) { measure(self, 1, 256); });
    else
      check_all(*ranks);
    if (ranks->rank() == 0) fmt::print("{} ranks: ok\n", ranks->size());
  } catch (const Error& error) {
    code = static_cast<int>(error.code());
    const bool agreed = dynamic_cast<const Agreed*>(&error) != nullptr;
    if (!ranks || !agreed || ranks->rank() == 0) fmt::print(stderr, "{}\n", error.what());
    if (ranks && !agreed && ranks->size() > 1) ranks->abort(code);
  }
  return code;
}
