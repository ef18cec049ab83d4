// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/block.hpp>
#include <fsconv/engine/gradient.hpp>

namespace fsconv::engine {
namespace {

// Pixels are gone through in bands, all taps of one band before the next band: so many numbers of the side that gives
// the columns. The band and what it is joined to on the other side then stay in the second cache. Every band takes the
// whole gradient through the caches once: with many channels a gradient is larger than any band, and only more pixels
// per band make these passes fewer.
constexpr Index numbers_in_band = 16384, least_pixels_in_band = 16;

// With so few rows per tap a tile would load more than it multiplies: the rows of several taps share one.
constexpr Index few_rows = 3;

// The most rows that any isa's `scattered` takes.
constexpr std::size_t most_scattered_rows = 16;

}  // namespace

template <class T>
Gradient<T>::Gradient(std::shared_ptr<const TapLists> lists, const WeightOrder& order,
                      const Kernels<T>& kernels)
    : lists_(std::move(lists)), order_(order), kernels_(&kernels), by_tap_(lists_->by_tap) {
  const std::vector<Run>& runs = order_.code_columns() ? lists_->code_runs : lists_->image_runs;
  auto row_step = static_cast<std::int32_t>(lists_->image_step);
  column_step_ = lists_->code_step;
  if (!order_.code_columns()) {
    for (Factor& factor : by_tap_.factors) std::swap(factor.a, factor.b);
    row_step = static_cast<std::int32_t>(lists_->code_step);
    column_step_ = lists_->image_step;
  }
  std::int32_t longest = 0;
  for (const Run& run : runs) longest = std::max(longest, run.count);
  for (std::int32_t j = 0; j < longest; ++j) along_run_.push_back({j * row_step, j});
}

// The inner dimension of these products is the images. Floats lie well for that: A is the transpose of a
// block, and B is a block, but for its width where channels fill no vector. BFloat16 multiply in pairs of
// images, which are not neighbours in a block: both sides are copied, B as [pixel][pair of images][channel],
// A as [pixel][channel][pair of images]. A copy is read by every tap; of columns that are gone through in runs only
// one run at a time, which then is in the first cache.
template <class T>
Index Gradient<T>::scratch_size(Index images) const {
  return columns_size(images) + rows_size(images);
}

template <class T>
bool Gradient<T>::in_runs() const {
  return order_.rows() <= few_rows;
}

template <class T>
Index Gradient<T>::columns_size(Index images) const {
  if (columns_as_they_are()) return 0;
  const Index pixels = in_runs() ? static_cast<Index>(along_run_.size()) : column_pixels();
  const Index width = in_runs() ? std::min(column_width(), kernels_->panel) : column_width();
  return pixels * ceil_div(images, Arithmetic<T>::numbers_per_step) * width;
}

template <class T>
Index Gradient<T>::rows_size(Index images) const {
  return pairs ? row_pixels() * ceil_div(images, 2) * order_.rows() : 0;
}

template <class T>
void Gradient<T>::apply(Index images, const T* code, const T* image, Sum<T>* gradient,
                        Sum<T>* scratch) const {
  if (kernels_->begin) kernels_->begin();
  const Index padded_rows = padded_channels<T>(order_.rows());
  const Index padded_columns = padded_channels<T>(order_.columns());
  const T* rows = order_.code_columns() ? image : code;
  const T* columns = order_.code_columns() ? code : image;
  auto* const copied_columns = reinterpret_cast<Step<T>*>(scratch);
  Step<T>* const copied_rows = copied_columns + columns_size(images);
  for (Index group = 0; group < order_.groups; ++group) {
    const Side row_side = {.values = rows + group * padded_rows,
                           .channels = order_.rows(),
                           .pixels = row_pixels(),
                           .row = padded_rows * order_.groups};
    const Side column_side = {.values = columns + group * padded_columns,
                              .channels = order_.columns(),
                              .pixels = column_pixels(),
                              .row = padded_columns * order_.groups};
    const Block row_block = rows_of(images, row_side, copied_rows);
    if (in_runs())
      by_run(images, row_block, column_side, copied_columns, gradient, group);
    else
      by_tap(images, row_block, columns_of(images, column_side, 0, 1, column_pixels(), copied_columns),
             gradient, group);
  }
}

// So many pixels, `step` apart from `first` on. The tile reads B in whole vectors: columns that fill none are copied,
// with zeros behind them.
template <class T>
typename Gradient<T>::Block Gradient<T>::columns_of(Index images, const Side& side, Index first, Index step,
                                                    Index pixels, Step<T>* to) const {
  const Index width = ceil_div(side.channels, kernels_->width) * kernels_->width;
  const Block copied = {.values = to,
                        .channel = 1,
                        .image = width,
                        .pixel = ceil_div(images, Arithmetic<T>::numbers_per_step) * width};
  const T* from = side.values + first * images * side.row;
  const Index from_pixel = step * images * side.row;
  if constexpr (pairs) {
    for (Index pixel = 0; pixel < pixels; ++pixel, from += from_pixel, to += copied.pixel)
      kernels_->pair_rows(from, side.row, images, side.channels, to, width);
  } else {
    if (columns_as_they_are()) return {.values = from, .channel = 1, .image = side.row, .pixel = from_pixel};
    // Copied in place: the rows are too short for a call, and too far apart for the hardware to foresee.
    constexpr Index piece = 16 / sizeof(T), rows_ahead = 32;
    for (Index pixel = 0; pixel < pixels; ++pixel, from += from_pixel)
      for (Index image = 0; image < images; ++image, to += width) {
        const T* row = from + image * side.row;
        Index n = 0;
        for (; n + piece <= side.channels; n += piece) {
          __builtin_prefetch(row + rows_ahead * side.row + n);
          std::copy_n(row + n, piece, to + n);
        }
        for (; n < width; ++n) to[n] = n < side.channels ? row[n] : T(0);
      }
  }
  return copied;
}

template <class T>
typename Gradient<T>::Block Gradient<T>::rows_of(Index images, const Side& side, Step<T>* to) const {
  if constexpr (pairs) {
    const Index image_pairs = ceil_div(images, 2);
    const Block copied = {
        .values = to, .channel = image_pairs, .image = 1, .pixel = side.channels * image_pairs};
    for (Index pixel = 0; pixel < side.pixels; ++pixel)
      kernels_->pair_transposed(side.values + pixel * images * side.row, side.row, images, side.channels,
                                to + pixel * copied.pixel, image_pairs);
    return copied;
  } else {
    return {.values = side.values, .channel = 1, .image = side.row, .pixel = images * side.row};
  }
}

// What all products of a block have in common.
template <class T>
Product<T> Gradient<T>::product(Index images, const Block& rows, const Block& columns) const {
  Product<T> p{};
  p.inner = ceil_div(images, Arithmetic<T>::numbers_per_step);
  p.a = rows.values;
  p.a_factor = rows.pixel;
  p.a_row = rows.channel;
  p.a_inner = rows.image;
  p.b_factor = columns.pixel;
  p.b_inner = columns.image;
  p.c_row = order_.columns();
  p.add = true;
  return p;
}

// gradient[tap] += sum over the tap's pixels: rows[a]^T * columns[b]. A tile stays on one tap for a whole band.
template <class T>
void Gradient<T>::by_tap(Index images, const Block& rows, const Block& columns, Sum<T>* gradient,
                         Index group) const {
  Product<T> p = product(images, rows, columns);
  p.rows = order_.rows();
  const auto run = pairs ? kernels_->strided : kernels_->neighbours;

  const Index band = std::max(least_pixels_in_band, numbers_in_band / columns.pixel);
  for (Index first = 0; first < column_pixels(); first += band)
    for (Index tap = 0; tap < order_.taps; ++tap) {
      const std::span<const Factor> all = by_tap_[tap];
      const auto before = [](const Factor& factor, Index pixel) { return factor.b < pixel; };
      const auto begin = std::lower_bound(all.begin(), all.end(), first, before);
      const auto end = std::lower_bound(begin, all.end(), first + band, before);
      if (begin == end) continue;
      p.factors = &*begin;
      p.count = end - begin;
      for (Index column = 0; column < order_.columns(); column += kernels_->panel) {
        p.columns = std::min(kernels_->panel, order_.columns() - column);
        p.b = columns.values + column;
        result_in_sums(p) = gradient + order_.matrix(group, tap) + column;
        run(p);
      }
    }
}

// The same for few rows: the pixels of a run have the same taps, so that a tile can take the rows of several
// taps and stay on them for the whole run. Several tiles read the same columns: of wide blocks a panel is copied, since
// what is read in steps of many lines falls on few places of the caches.
template <class T>
void Gradient<T>::by_run(Index images, const Block& rows, const Side& column_side, Step<T>* copied_columns,
                         Sum<T>* gradient, Index group) const {
  const TapList& list = order_.code_columns() ? lists_->by_code : lists_->by_image;
  const std::vector<Run>& runs = order_.code_columns() ? lists_->code_runs : lists_->image_runs;
  std::array<Size, most_scattered_rows> a_rows, c_rows;

  for (const Run& run : runs) {
    const std::span<const Factor> taps = list[run.first];
    if (taps.empty()) continue;
    const Index all_rows = static_cast<Index>(taps.size()) * order_.rows();
    const Index parts = ceil_div(all_rows, kernels_->scattered_rows);
    for (Index column = 0; column < order_.columns(); column += kernels_->panel) {
      Side panel = column_side;
      panel.values += column;
      panel.channels = std::min(kernels_->panel, order_.columns() - column);
      const Block columns = columns_of(images, panel, run.first, column_step_, run.count, copied_columns);
      Product<T> p = product(images, rows, columns);
      p.factors = along_run_.data();
      p.count = run.count;
      p.a_rows = a_rows.data();
      p.c_rows = c_rows.data();
      p.columns = panel.channels;
      p.b = columns.values;
      result_in_sums(p) = gradient + column;
      for (Index part = 0; part < parts; ++part) {
        const Index first = all_rows * part / parts, last = all_rows * (part + 1) / parts;
        p.rows = last - first;
        for (Index row = first; row < last; ++row) {
          const Factor& tap = taps[static_cast<std::size_t>(row / order_.rows())];
          const Index channel = row % order_.rows();
          a_rows[static_cast<std::size_t>(row - first)] = tap.a * rows.pixel + channel * rows.channel;
          c_rows[static_cast<std::size_t>(row - first)] =
              order_.matrix(group, tap.b) + channel * order_.columns();
        }
        kernels_->scattered(p);
      }
    }
  }
}

template class Gradient<float>;
template class Gradient<double>;
template class Gradient<BFloat16>;

}  // namespace fsconv::engine
