#include <algorithm>
#include <fsconv/engine/gradient.hpp>

namespace fsconv::engine {
namespace {

// Pixels are gone through in bands, all taps of one band before the next band: so many numbers of the side
// that gives the columns. The band and what it is joined to on the other side then stay in the second cache.
constexpr Index numbers_in_band = 16384;

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
  auto column_step = static_cast<std::int32_t>(lists_->code_step);
  if (!order_.code_columns()) {
    for (Factor& factor : by_tap_.factors) std::swap(factor.a, factor.b);
    std::swap(row_step, column_step);
  }
  std::int32_t longest = 0;
  for (const Run& run : runs) longest = std::max(longest, run.count);
  for (std::int32_t j = 0; j < longest; ++j) along_run_.push_back({j * row_step, j * column_step});
}

template <class T>
Index Gradient<T>::column_pixels() const {
  return order_.code_columns() ? lists_->code_pixels : lists_->image_pixels;
}

template <class T>
Index Gradient<T>::scratch_size(Index images) const {
  if (columns_fill_vectors()) return 0;
  return column_pixels() * images * ceil_div(order_.columns(), kernels_->width) * kernels_->width;
}

template <class T>
void Gradient<T>::apply(Index images, const T* code, const T* image, T* gradient, T* scratch) const {
  const Index row_step = order_.rows() * order_.groups, column_step = order_.columns() * order_.groups;
  const T* rows = order_.code_columns() ? image : code;
  const T* columns = order_.code_columns() ? code : image;
  for (Index group = 0; group < order_.groups; ++group) {
    const Block row_block = {rows + group * order_.rows(), row_step, images * row_step};
    const Block column_block =
        columns_fill_vectors() ? Block{columns + group * order_.columns(), column_step, images * column_step}
                               : pad_columns(images, columns + group * order_.columns(), scratch);
    if (order_.rows() <= few_rows)
      by_run(images, row_block, column_block, gradient, group);
    else
      by_tap(images, row_block, column_block, gradient, group);
  }
}

// A copy of one group's channels, each image's filled up to whole vectors: the tile reads those, and must not
// read beyond the end of the block.
template <class T>
typename Gradient<T>::Block Gradient<T>::pad_columns(Index images, const T* columns, T* scratch) const {
  const Index width = ceil_div(order_.columns(), kernels_->width) * kernels_->width;
  T* to = scratch;
  for (Index row = 0; row < column_pixels() * images;
       ++row, columns += order_.columns() * order_.groups, to += width) {
    std::copy(columns, columns + order_.columns(), to);
    std::fill(to + order_.columns(), to + width, T(0));
  }
  return {scratch, width, images * width};
}

// gradient[tap] += sum over the tap's pixels: rows[a]^T * columns[b]. A tile stays on one tap for a whole
// band.
template <class T>
void Gradient<T>::by_tap(Index images, const Block& rows, const Block& columns, T* gradient,
                         Index group) const {
  Product<T> p{};
  p.rows = order_.rows();
  p.inner = images;
  p.a = rows.values;
  p.a_factor = rows.pixel;
  p.a_row = 1;
  p.a_inner = rows.row;
  p.b_factor = columns.pixel;
  p.b_inner = columns.row;
  p.c_row = order_.columns();
  p.add = true;

  const Index band = std::max(Index{1}, numbers_in_band / columns.pixel);
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
        p.c = gradient + order_.matrix(group, tap) + column;
        kernels_->neighbours(p);
      }
    }
}

// The same for few rows: the pixels of a run have the same taps, so that a tile can take the rows of several
// taps and stay on them for the whole run.
template <class T>
void Gradient<T>::by_run(Index images, const Block& rows, const Block& columns, T* gradient,
                         Index group) const {
  const TapList& list = order_.code_columns() ? lists_->by_code : lists_->by_image;
  const std::vector<Run>& runs = order_.code_columns() ? lists_->code_runs : lists_->image_runs;
  std::array<Size, most_scattered_rows> a_rows, c_rows;
  Product<T> p{};
  p.factors = along_run_.data();
  p.inner = images;
  p.a = rows.values;
  p.a_factor = rows.pixel;
  p.a_inner = rows.row;
  p.a_rows = a_rows.data();
  p.b_factor = columns.pixel;
  p.b_inner = columns.row;
  p.c_rows = c_rows.data();
  p.add = true;

  for (const Run& run : runs) {
    const std::span<const Factor> taps = list[run.first];
    const Index all_rows = static_cast<Index>(taps.size()) * order_.rows();
    const Index parts = ceil_div(all_rows, kernels_->scattered_rows);
    p.count = run.count;
    for (Index part = 0; part < parts; ++part) {
      const Index first = all_rows * part / parts, last = all_rows * (part + 1) / parts;
      p.rows = last - first;
      for (Index row = first; row < last; ++row) {
        const Factor& tap = taps[static_cast<std::size_t>(row / order_.rows())];
        const Index channel = row % order_.rows();
        a_rows[static_cast<std::size_t>(row - first)] = tap.a * rows.pixel + channel;
        c_rows[static_cast<std::size_t>(row - first)] =
            order_.matrix(group, tap.b) + channel * order_.columns();
      }
      for (Index column = 0; column < order_.columns(); column += kernels_->panel) {
        p.columns = std::min(kernels_->panel, order_.columns() - column);
        p.b = columns.values + run.first * columns.pixel + column;
        p.c = gradient + column;
        kernels_->scattered(p);
      }
    }
  }
}

template class Gradient<float>;
template class Gradient<double>;

}  // namespace fsconv::engine
