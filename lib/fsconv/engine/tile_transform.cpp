// SPDX-License-Identifier: Apache-2.0
#include <fsconv/engine/tile_transform.hpp>

namespace fsconv::engine {
namespace {

// What is between two axes, in numbers, stays in the first cache with the lines that are read and written.
constexpr Index numbers_between = 4096;
constexpr Index largest_piece = 512;

static_assert(2 * numbers_between <= TileTransform<float>::scratch_size);

alignas(64) constexpr double zeros[largest_piece] = {};  // of any type

Index inputs_of(int algorithm, Part part) {
  const Bilinear& a = bilinear_algorithms[algorithm];
  switch (part) {
    case Part::image:
      return a.products;
    case Part::code:
      return a.results;
    case Part::filter:
      return a.taps;
    default:
      return a.products;
  }
}

Index outputs_of(int algorithm, Part part) {
  const Bilinear& a = bilinear_algorithms[algorithm];
  switch (part) {
    case Part::code_transposed:
      return a.results;
    case Part::filter_transposed:
      return a.taps;
    default:
      return a.products;
  }
}

}  // namespace

template <class T>
TileTransform<T>::TileTransform(const std::array<int, 3>& algorithms, Part part, const Transforms<T>& loops)
    : loops_(&loops), part_(part) {
  for (const int algorithm : algorithms) inputs_ *= inputs_of(algorithm, part);
  Index before = 1, after = inputs_, most = inputs_;
  for (const int algorithm : algorithms) {
    if (algorithm == 0) continue;  // one pixel, one product
    const Index in = inputs_of(algorithm, part), out = outputs_of(algorithm, part);
    after /= in;
    passes_[static_cast<std::size_t>(count_++)] = {algorithm, before, in, out, after};
    before *= out;
    most = std::max(most, before * after);
  }
  outputs_ = before;
  if (count_ == 2)
    for (int at = 0; at < plane_count; ++at)
      if (plane_algorithms[at].y == passes_[0].algorithm && plane_algorithms[at].x == passes_[1].algorithm)
        plane_ = at;
  // Numbers are widened by the first pass and rounded by the last one: where these are one, a copy follows.
  for (const int passes = std::is_same_v<T, Sum<T>> ? 1 : 2; count_ < passes; ++count_)
    passes_[static_cast<std::size_t>(count_)] = {0, before, 1, 1, 1};
  piece_ = std::clamp(numbers_between / most / least_piece * least_piece, least_piece, largest_piece);
}

// One pass: from(position) and to(position) say where the numbers of a position are.
template <class T>
template <class From, class To, class FromAt, class ToAt>
void TileTransform<T>::run(const Pass& pass, Index count, FromAt&& from, ToAt&& to) const {
  const Line<From, To> apply_matrix = line<From, To>(pass);
  const From* sources[most_products];
  To* targets[most_products];
  for (Index b = 0; b < pass.before; ++b)
    for (Index a = 0; a < pass.after; ++a) {
      for (Index c = 0; c < pass.in; ++c) sources[c] = from((b * pass.in + c) * pass.after + a);
      for (Index r = 0; r < pass.out; ++r) targets[r] = to((b * pass.out + r) * pass.after + a);
      apply_matrix(sources, targets, count);
    }
}

template <class T>
template <class Number>
void TileTransform<T>::apply_piece(const Number* const* from, Index from_first, Number* const* to,
                                   Index to_first, Index count, Sum<T>* scratch) const {
  const auto input = [&](Index at) {
    return from[at] ? from[at] + from_first : reinterpret_cast<const Number*>(zeros);
  };
  const auto output = [&](Index at) { return to[at] + to_first; };
  const auto between = [&](int half) {
    return [start = scratch + half * (scratch_size / 2), this](Index at) { return start + at * piece_; };
  };
  if (const auto both = plane<Number>()) {
    const Number* sources[most_products * most_products];
    Number* targets[most_products * most_products];
    for (Index at = 0; at < inputs_; ++at) sources[at] = input(at);
    for (Index at = 0; at < outputs_; ++at) targets[at] = output(at);
    return both(sources, targets, count);
  }
  if constexpr (std::is_same_v<Number, Sum<T>>)
    if (count_ == 1) return run<Number, Number>(passes_[0], count, input, output);
  run<Number, Sum<T>>(passes_[0], count, input, between(0));
  if (count_ == 3) run<Sum<T>, Sum<T>>(passes_[1], count, between(0), between(1));
  run<Sum<T>, Number>(passes_[static_cast<std::size_t>(count_ - 1)], count, between(count_ - 2), output);
}

#define FSCONV_INSTANTIATE(T, Number)                                                                     \
  template void TileTransform<T>::apply_piece<Number>(const Number* const*, Index, Number* const*, Index, \
                                                      Index, Sum<T>*) const;
template class TileTransform<float>;
template class TileTransform<double>;
template class TileTransform<BFloat16>;
FSCONV_INSTANTIATE(float, float)
FSCONV_INSTANTIATE(double, double)
FSCONV_INSTANTIATE(BFloat16, BFloat16)
FSCONV_INSTANTIATE(BFloat16, float)
#undef FSCONV_INSTANTIATE

}  // namespace fsconv::engine
