// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fsconv/base/parallel.hpp>
#include <fsconv/distributed/agreement.hpp>
#include <fsconv/nn/gradient_exchange.hpp>

namespace fsconv {
namespace {

using Clock = std::chrono::steady_clock;

class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

// One sum.
template <class T>
struct GradientExchange<T>::Step {
  OwnSums<T>& own;
  WayBack& way_back;
  std::size_t place = 0;  // of the whole sum
  bool good = true;       // what this rank has, so far
  bool failed = false;    // this rank, or one whose numbers it has
};

template <class T>
GradientExchange<T>::GradientExchange(Communicator& ranks, const Model& model, int threads, bool overlap,
                                      std::size_t part_bytes)
    : ranks_(ranks),
      threads_(threads),
      overlap_(overlap),
      steps_(model.steps.size()),
      parts_(gradient_parts(model, static_cast<Index>(std::max(part_bytes / sizeof(T), std::size_t{1})))) {
  const auto numbers = static_cast<std::size_t>(parts_.front().size);  // none has more
  for (std::vector<std::byte>* buffer : {&outgoing_, &incoming_})
    buffer->resize(numbers * sizeof(T) + sizeof(Trailer));
}

template <class T>
std::size_t GradientExchange<T>::bytes_of(std::size_t part) const {
  return static_cast<std::size_t>(parts_[part].size) * sizeof(T) + (is_last(part) ? sizeof(Trailer) : 0);
}

// Puts the part of a place, with its losses, into outgoing_.
template <class T>
std::size_t GradientExchange<T>::pack(std::size_t part, const Step& step, std::size_t place) {
  std::byte* to = outgoing_.data();
  if (step.good)
    for (const Stretch& stretch : parts_[part].stretches) {
      const auto bytes = static_cast<std::size_t>(stretch.size()) * sizeof(T);
      std::memcpy(to, step.own.gradients[place][stretch.parameter].data() + stretch.first, bytes);
      to += bytes;
    }
  if (is_last(part)) {
    const Trailer trailer{step.good ? step.own.losses[place] : Losses{}, step.failed ? 1u : 0u};
    std::memcpy(outgoing_.data() + bytes_of(part) - sizeof trailer, &trailer, sizeof trailer);
  }
  return bytes_of(part);
}

// Calls take(stretch, numbers) for the numbers of a part.
template <class T>
template <class F>
void GradientExchange<T>::unpack(std::size_t part, const std::vector<std::byte>& from, F&& take) const {
  const T* numbers = reinterpret_cast<const T*>(from.data());
  for (const Stretch& stretch : parts_[part].stretches) {
    take(stretch, numbers);
    numbers += stretch.size();
  }
}

// The additions among blocks of this rank, on several threads.
template <class T>
void GradientExchange<T>::add(const GradientPart& part, Step& step) const {
  if (step.own.additions.empty()) return;
  std::vector<Index> sizes;
  for (const Stretch& stretch : part.stretches) sizes.push_back(stretch.size());
  for_each_range(sizes, threads_, [&](std::size_t number, Index begin, Index end) {
    const Stretch& stretch = part.stretches[number];
    for (const auto& [to, from] : step.own.additions) {
      T* sum = step.own.gradients[to][stretch.parameter].data() + stretch.first;
      const T* term = step.own.gradients[from][stretch.parameter].data() + stretch.first;
      for (Index at = begin; at < end; ++at) sum[at] += term[at];
    }
  });
}

// The additions of the tree that this rank has to do with.
template <class T>
void GradientExchange<T>::move(std::size_t part, Step& step) {
  const int self = ranks_.rank();
  const auto place_of = [&](std::size_t node) { return step.good ? step.own.nodes[node].place : 0; };
  for (const TreePlan::Move& move : plan_.moves) {
    if (move.from_rank == self && move.to_rank == self) {
      if (!step.good) continue;
      auto& gradients = step.own.gradients;
      for (const Stretch& stretch : parts_[part].stretches) {
        T* sum = gradients[place_of(move.to)][stretch.parameter].data();
        const T* term = gradients[place_of(move.from)][stretch.parameter].data();
        for (Index at = stretch.first; at < stretch.last; ++at) sum[at] += term[at];
      }
      if (is_last(part)) step.own.losses[place_of(move.to)] += step.own.losses[place_of(move.from)];
    } else if (move.from_rank == self) {
      const std::size_t bytes = pack(part, step, place_of(move.from));
      ranks_.send(outgoing_.data(), bytes, move.to_rank);
      counters_.bytes_sent += bytes;
      ++counters_.messages;
    } else if (move.to_rank == self) {
      ranks_.receive(incoming_.data(), bytes_of(part), move.from_rank);
      counters_.bytes_received += bytes_of(part);
      ++counters_.messages;
      if (is_last(part)) {
        Trailer trailer;
        std::memcpy(&trailer, incoming_.data() + bytes_of(part) - sizeof trailer, sizeof trailer);
        step.failed = step.failed || trailer.failed != 0;
        if (step.good) step.own.losses[place_of(move.to)] += trailer.losses;
      }
      if (step.good)
        unpack(part, incoming_, [&](const Stretch& stretch, const T* terms) {
          T* sum = step.own.gradients[place_of(move.to)][stretch.parameter].data() + stretch.first;
          for (Index at = 0; at < stretch.size(); ++at) sum[at] += terms[at];
        });
    }
  }
}

// The whole sum of a part, from the root to all.
template <class T>
void GradientExchange<T>::publish(std::size_t part, Step& step) {
  const bool is_root = ranks_.rank() == plan_.root_rank;
  if (is_root) pack(part, step, step.place);
  ranks_.broadcast(outgoing_.data(), bytes_of(part), plan_.root_rank);
  counters_.bytes_broadcast += bytes_of(part);
  ++counters_.messages;
  if (is_root) return;
  if (is_last(part)) {
    Trailer trailer;
    std::memcpy(&trailer, outgoing_.data() + bytes_of(part) - sizeof trailer, sizeof trailer);
    step.failed = trailer.failed != 0;
    if (step.good) step.own.losses[step.place] = trailer.losses;
  }
  if (step.good)
    unpack(part, outgoing_, [&](const Stretch& stretch, const T* sum) {
      std::copy_n(sum, stretch.size(),
                  step.own.gradients[step.place][stretch.parameter].data() + stretch.first);
    });
}

// Parts go up the tree one after the other, and down again a few parts later, so that those between are under way.
template <class T>
void GradientExchange<T>::travel(Step& step) {
  const Stopwatch stopwatch(counters_.seconds_exchanging);
  const auto under_way = static_cast<std::size_t>(2 * plan_.depth);
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    step.good = is_last(part) ? step.way_back.wait_for_end() : step.way_back.wait_for(parts_[part].after);
    if (step.good) {
      add(parts_[part], step);
      if (is_last(part))
        for (const auto& [to, from] : step.own.additions) step.own.losses[to] += step.own.losses[from];
      if (ranks_.rank() == plan_.root_rank) step.place = step.own.nodes.front().place;
    } else {
      step.failed = true;
    }
    move(part, step);
    if (part >= under_way) publish(part - under_way, step);
  }
  for (std::size_t part = parts_.size() - std::min(parts_.size(), under_way); part < parts_.size(); ++part)
    publish(part, step);
}

template <class T>
std::size_t GradientExchange<T>::sum(Index all_blocks, OwnSums<T>& own,
                                     const std::function<void(const AfterStep&)>& compute,
                                     std::exception_ptr failure) {
  if (plan_blocks_ != all_blocks) plan_ = tree_plan(all_blocks, ranks_.size());
  plan_blocks_ = all_blocks;
  WayBack way_back(steps_, own.blocks);
  Step step{own, way_back};
  Clock::time_point computed;
  const auto compute_all = [&] {
    try {
      if (!failure) compute([&](std::size_t at) { way_back.come_to(at); });
    } catch (...) {
      failure = std::current_exception();
    }
    computed = Clock::now();
    way_back.end(failure != nullptr);
  };
  std::atomic<bool> together = false;
  if (overlap_ && parts_.size() > 1 && own.blocks > 0 && !failure) {
    try {
      run_together(2, [&](int who) {
        together = true;
        if (who == 0)
          compute_all();
        else
          travel(step);
      });
    } catch (...) {
      // The system refuses a thread: one thing after the other, then.
      if (together) throw;
    }
  }
  if (!together) {
    compute_all();
    travel(step);
  }
  ++counters_.steps;
  counters_.seconds_waited += std::chrono::duration<double>(Clock::now() - computed).count();
  if (step.failed) agree(ranks_, failure);
  if (failure) std::rethrow_exception(failure);  // of a rank without blocks, which nobody has heard of
  return step.place;
}

template class GradientExchange<float>;
template class GradientExchange<double>;

}  // namespace fsconv
