// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/tiled_map.hpp>
#include <fsconv/engine/weight_panels.hpp>
#include <limits>
#include <utility>

namespace fsconv::engine {
namespace {

WeightOrder order_of_points(WeightOrder order, Index filters) {
  order.taps = filters;
  return order;
}

// Whether a multiple q*scale times the rounded reciprocal is q, for all integers q that S has: the reciprocal's
// relative error may be a quarter of epsilon. Then q moves by less than half a unit in its last place; a power
// of two, below which units are half as large, may meet a tie, which goes to it.
template <class S>
bool exact_reciprocal(Index scale) {
  const S reciprocal = S(1) / static_cast<S>(scale);
  const long double error = static_cast<long double>(reciprocal) * static_cast<long double>(scale) - 1;
  return (error < 0 ? -error : error) <= static_cast<long double>(std::numeric_limits<S>::epsilon()) / 4;
}

// Calls f(first, rows, columns, first channel) for pieces of [images][channels] of at most `piece` numbers:
// whole rows, or parts of one.
template <class F>
void for_each_piece(Index images, Index channels, Index piece, F&& f) {
  if (channels <= piece) {
    const Index rows = piece / channels;
    for (Index image = 0; image < images; image += rows)
      f(image * channels, std::min(rows, images - image), channels, Index{0});
    return;
  }
  for (Index image = 0; image < images; ++image)
    for (Index channel = 0; channel < channels; channel += piece)
      f(image * channels + channel, Index{1}, std::min(piece, channels - channel), channel);
}

// Where parts of results can wait in the results' own block, or null: it holds sums, and nothing that is still read.
template <class T>
Sum<T>* block_for_parts(const Result<T>& result, const Ending<T>& ending) {
  if (ending.add) return nullptr;
  if (result.sums) return result.sums;
  if constexpr (std::is_same_v<T, Sum<T>>)
    if (ending.mask != result.numbers) return result.numbers;
  return nullptr;
}

}  // namespace

template <class T>
TiledMap<T>::TiledMap(const Geometry& geometry, std::shared_ptr<const TilePlan> plan,
                      const WeightOrder& order, Isa isa)
    : geometry_(geometry),
      plan_(std::move(plan)),
      order_(order),
      point_order_(order_of_points(order, plan_->filter_count)),
      kernels_(&kernels_of<T>(isa)),
      transforms_(&transforms_of<T>(isa)),
      to_code_(panels_of<T>(point_order_, Direction::conv, *kernels_)),
      to_image_(panels_of<T>(point_order_, Direction::conv_transpose, *kernels_)) {
  Index phases = 0;
  for (const Kind& kind : plan_->kinds) {
    const auto matrix = [&](Part part) { return TileTransform<T>(kind.algorithms, part, *transforms_); };
    matrices_.push_back({matrix(Part::image), matrix(Part::code), matrix(Part::image_transposed),
                         matrix(Part::code_transposed)});
    phases = std::max(phases, kind.phases);
  }
  for (const TilePlan::Filters& filters : plan_->filters)
    filter_matrices_.push_back({TileTransform<T>(filters.algorithms, Part::filter, *transforms_),
                                TileTransform<T>(filters.algorithms, Part::filter_transposed, *transforms_)});
  unscale_ = static_cast<Sum<T>>(plan_->scale);
  reciprocal_ = exact_reciprocal<Sum<T>>(plan_->scale);
  if (reciprocal_) unscale_ = 1 / unscale_;
  for (Index phase = 0; phase < phases; ++phase)
    each_phase_.push_back({static_cast<std::int32_t>(phase), static_cast<std::int32_t>(phase)});
}

template <class T>
TilePlaces<T> TiledMap<T>::places(Index images, Sum<T>* scratch) const {
  return TilePlaces<T>(*plan_, geometry_, order_, *kernels_, images, scratch);
}

template <class T>
Index TiledMap<T>::scratch_size(Index images) const {
  // Fewer images go through in chunks of more tiles, which may take more.
  Index most = 0;
  for (Index fewer = 1; fewer <= images; ++fewer) most = std::max(most, places(fewer, nullptr).size);
  return most;
}

// Calls f(kind, chunk, first tile, tiles) for all tiles.
template <class T>
template <class F>
void TiledMap<T>::for_each_chunk(Index images, F&& f) const {
  for (const Kind& kind : plan_->kinds) {
    const TileChunk chunk = chunk_of(kind, geometry_, images);
    for (Index tile = 0; tile < kind.tiles; tile += chunk.tiles)
      f(kind, chunk, tile, std::min(chunk.tiles, kind.tiles - tile));
  }
}

template <class T>
void TiledMap<T>::transform_filters(const Sum<T>* weight, Sum<T>* points) const {
  alignas(64) Sum<T> scratch[TileTransform<T>::scratch_size];
  const Sum<T>* from[TileTransform<T>::most_positions];
  Sum<T>* to[TileTransform<T>::most_positions];
  const Index size = order_.image_channels * order_.code_channels;
  for (std::size_t at = 0; at < plan_->filters.size(); ++at) {
    const TilePlan::Filters& filters = plan_->filters[at];
    const TileTransform<T>& transform = filter_matrices_[at].filter;
    for (Index group = 0; group < order_.groups; ++group)
      for (Index phase = 0; phase < filters.phases; ++phase) {
        const TilePlan::Pixel* taps = filters.taps_of(phase);
        for (Index j = 0; j < filters.filter_taps; ++j)
          from[j] = taps[j] < 0 ? nullptr : weight + order_.matrix(group, taps[j]);
        for (Index point = 0; point < filters.points; ++point)
          to[point] = points + point_order_.matrix(group, filters.filter(point, phase));
        transform.apply(from, to, size, scratch);
      }
  }
}

template <class T>
void TiledMap<T>::pack(Direction direction, const Sum<T>* points, Step<T>* packed) const {
  pack_panels<T>(point_order_, direction, panels(direction), *kernels_, points, packed);
}

template <class T>
void TiledMap<T>::image_to_points(Index images, const Kind& kind, const TileChunk& chunk, Index tile,
                                  Index count, const T* image, const TilePlaces<T>& at) const {
  const T* from[TileTransform<T>::most_positions];
  T* to[TileTransform<T>::most_positions];
  const TileTransform<T>& transform = matrices(kind).image;
  const Index size = images * image_row();
  for (Index t = 0; t < count; ++t)
    for (Index phase = 0; phase < kind.phases; ++phase) {
      const TilePlan::Pixel* pixels = kind.image.data() + kind.place(tile + t, phase);
      for (Index point = 0; point < kind.points; ++point) {
        from[point] = pixels[point] < 0 ? nullptr : image + pixels[point] * size;
        to[point] = at.image + point * chunk.image_point + phase * chunk.image_phase + t * size;
      }
      transform.apply(from, to, size, at.transform);
    }
}

template <class T>
void TiledMap<T>::code_to_points(Index images, const Kind& kind, const TileChunk& chunk, Index tile,
                                 Index count, const T* code, const TilePlaces<T>& at) const {
  const T* from[TileTransform<T>::most_positions];
  T* to[TileTransform<T>::most_positions];
  const TileTransform<T>& transform = matrices(kind).code;
  const Index size = images * code_row();
  for (Index t = 0; t < count; ++t) {
    const TilePlan::Pixel* pixels = kind.code_of(tile + t);
    for (Index r = 0; r < kind.results; ++r) from[r] = pixels[r] < 0 ? nullptr : code + pixels[r] * size;
    for (Index point = 0; point < kind.points; ++point)
      to[point] = at.code + point * chunk.code_point + t * size;
    transform.apply(from, to, size, at.transform);
  }
}

template <class T>
TileEnding<T> TiledMap<T>::with_scale(const Ending<T>& ending, Result<T> result, Sum<T>* parts) const {
  return {.scale = unscale_,
          .reciprocal = reciprocal_,
          .parts = parts,
          .bias = ending.bias,
          .relu = ending.relu,
          .mask = ending.mask,
          .sums = ending.sums,
          .add = ending.add,
          .numbers = result.numbers,
          .exact = result.sums};
}

template <class T>
void TiledMap<T>::end_pixels(const TileTransform<T>& transform, const Sum<T>* const* from, Index images,
                             Index channels, const TileEnding<T>& ending, const EndedPixel* pixels,
                             const TilePlaces<T>& at) const {
  Sum<T>* values[TileTransform<T>::most_positions];
  for (Index r = 0; r < transform.outputs(); ++r) values[r] = at.values + r * transform.piece();
  for_each_piece(images, channels, transform.piece(),
                 [&](Index first, Index rows, Index columns, Index channel) {
                   transform.apply_piece(from, first, values, 0, rows * columns, at.transform);
                   transforms_->end(ending, pixels, transform.outputs(),
                                    {at.values, transform.piece(), first, rows, columns, channel});
                 });
}

template <class T>
void TiledMap<T>::conv(Index images, const T* image, const Step<T>* packed, Result<T> code,
                       const Ending<T>& ending, Sum<T>* scratch) const {
  if (kernels_->begin) kernels_->begin();
  const TilePlaces<T> at = places(images, scratch);
  const TileEnding<T> to = with_scale(ending, code, nullptr);
  const Index per_channel = ending.per_pixel ? code_row() : 0;
  const Panels& panels = to_code_;
  const Sum<T>* from[TileTransform<T>::most_positions];
  EndedPixel pixels[TileTransform<T>::most_positions];
  for_each_chunk(images, [&](const Kind& kind, const TileChunk& chunk, Index tile, Index count) {
    image_to_points(images, kind, chunk, tile, count, image, at);
    Product<T> p{};
    p.factors = each_phase_.data();
    p.count = kind.phases;
    p.rows = count * images;
    p.inner = panels.inner;
    p.a_factor = chunk.image_phase / per_step;
    p.a_row = image_row() / per_step;
    p.a_inner = 1;
    p.c_row = code_row();
    for (Index point = 0; point < kind.points; ++point)
      for (Index group = 0; group < order_.groups; ++group)
        for (Index panel = 0; panel < panels.count(); ++panel) {
          p.columns = panels.columns_of(panel);
          p.b_inner = panels.width(panel);
          p.b_factor = panels.inner * p.b_inner;
          p.a = reinterpret_cast<const Step<T>*>(at.image + point * chunk.image_point) + group * panels.inner;
          p.b = packed + group * panels.size() + panels.offset(panel) + kind.filter(point) * p.b_factor;
          result_in_sums(p) = at.code_sums + point * chunk.code_point + group * order_.code_channels +
                              panels.first_column(panel);
          kernels_->strided(p);
        }
    for (Index t = 0; t < count; ++t) {
      for (Index point = 0; point < kind.points; ++point)
        from[point] = at.code_sums + point * chunk.code_point + t * images * code_row();
      for (Index r = 0; r < kind.results; ++r) {
        const TilePlan::Pixel pixel = kind.code_of(tile + t)[r];
        pixels[r] = {pixel * images * code_row(), pixel * per_channel, false, false};
      }
      end_pixels(matrices(kind).code_transposed, from, images, code_row(), to, pixels, at);
    }
  });
}

// Tiles share image pixels: the parts of a pixel's sum wait until the last tile ends it.
template <class T>
void TiledMap<T>::conv_transpose(Index images, const T* code, const Step<T>* packed, Result<T> image,
                                 const Ending<T>& ending, Sum<T>* scratch) const {
  if (kernels_->begin) kernels_->begin();
  const TilePlaces<T> at = places(images, scratch);
  Sum<T>* const own = block_for_parts(image, ending);
  const TileEnding<T> to = with_scale(ending, image, own ? own : at.parts);
  const Index per_channel = ending.per_pixel ? image_row() : 0;
  const Panels& panels = to_image_;
  const Sum<T>* from[TileTransform<T>::most_positions];
  EndedPixel pixels[TileTransform<T>::most_positions];
  for_each_chunk(images, [&](const Kind& kind, const TileChunk& chunk, Index tile, Index count) {
    code_to_points(images, kind, chunk, tile, count, code, at);
    Product<T> p{};
    const Factor factor = {0, 0};
    p.factors = &factor;
    p.count = 1;
    p.rows = count * images;
    p.inner = panels.inner;
    p.a_row = code_row() / per_step;
    p.a_inner = 1;
    p.c_row = image_row();
    for (Index point = 0; point < kind.points; ++point)
      for (Index phase = 0; phase < kind.phases; ++phase)
        for (Index group = 0; group < order_.groups; ++group)
          for (Index panel = 0; panel < panels.count(); ++panel) {
            p.columns = panels.columns_of(panel);
            p.b_inner = panels.width(panel);
            p.a = reinterpret_cast<const Step<T>*>(at.code + point * chunk.code_point) + group * panels.inner;
            p.b = packed + group * panels.size() + panels.offset(panel) +
                  (kind.filter(point) + phase) * panels.inner * p.b_inner;
            result_in_sums(p) = at.image_sums + point * chunk.image_point + phase * chunk.image_phase +
                                group * order_.image_channels + panels.first_column(panel);
            kernels_->strided(p);
          }
    for (Index t = 0; t < count; ++t)
      for (Index phase = 0; phase < kind.phases; ++phase) {
        const auto place = static_cast<std::size_t>(kind.place(tile + t, phase));
        for (Index point = 0; point < kind.points; ++point) {
          const auto here = place + static_cast<std::size_t>(point);
          from[point] = at.image_sums + point * chunk.image_point + phase * chunk.image_phase +
                        t * images * image_row();
          const TilePlan::Pixel pixel = kind.image[here];
          pixels[point] = {pixel * images * image_row(), pixel * per_channel, kind.first[here] == 0,
                           kind.last[here] == 0};
        }
        end_pixels(matrices(kind).image_transposed, from, images, image_row(), to, pixels, at);
      }
  });
  if (plan_->no_tap.empty()) return;
  const Index piece = TileTransform<T>::scratch_size / 2;
  std::fill_n(at.values, piece, Sum<T>(0));
  for (const TilePlan::Pixel pixel : plan_->no_tap) {
    const EndedPixel zero = {pixel * images * image_row(), pixel * per_channel, false, false};
    for_each_piece(images, image_row(), piece, [&](Index first, Index rows, Index columns, Index channel) {
      transforms_->end(to, &zero, 1, {at.values, piece, first, rows, columns, channel});
    });
  }
}

template <class T>
void TiledMap<T>::weight_gradient(Index images, const T* code, const T* image, Sum<T>* gradient,
                                  Sum<T>* scratch) const {
  if (kernels_->begin) kernels_->begin();
  const TilePlaces<T> at = places(images, scratch);
  for_each_chunk(images, [&](const Kind& kind, const TileChunk& chunk, Index tile, Index count) {
    image_to_points(images, kind, chunk, tile, count, image, at);
    code_to_points(images, kind, chunk, tile, count, code, at);
    add_products(kind, chunk, count * images, tile > 0, at);
  });
  add_gradient(gradient, at);
}

// Adds rows^T * columns of every point, phase and group: the inner dimension are the tiles and images of the
// chunk. The first of a filter are not added to anything. As in gradient.cpp, the side with fewer channels gives the
// rows, and BFloat16 are copied into pairs of images.
template <class T>
void TiledMap<T>::add_products(const Kind& kind, const TileChunk& chunk, Index images, bool begun,
                               const TilePlaces<T>& at) const {
  const bool code_columns = order_.code_columns();
  const Index row_size = code_columns ? image_row() : code_row();
  const Index column_size = code_columns ? code_row() : image_row();
  const Index image_pairs = ceil_div(images, Index{2});
  const Index width = ceil_div(order_.columns(), kernels_->width) * kernels_->width;
  Product<T> p{};
  const Factor factor = {0, 0};
  p.factors = &factor;
  p.count = 1;
  p.rows = order_.rows();
  p.inner = pairs ? image_pairs : images;
  p.a_row = pairs ? image_pairs : 1;
  p.a_inner = pairs ? 1 : row_size;
  p.b_inner = pairs ? width : column_size;
  p.c_row = order_.columns();
  for (Index point = 0; point < kind.points; ++point) {
    p.add = begun || !kind.fresh[static_cast<std::size_t>(point)];
    for (Index group = 0; group < order_.groups; ++group)
      for (Index phase = 0; phase < kind.phases; ++phase) {
        const T* of_image =
            at.image + point * chunk.image_point + phase * chunk.image_phase + group * order_.image_channels;
        const T* of_code = at.code + point * chunk.code_point + group * order_.code_channels;
        const T* rows = code_columns ? of_image : of_code;
        const T* columns = code_columns ? of_code : of_image;
        if constexpr (pairs) {
          // The code side is the same for all phases.
          if (code_columns || phase == 0)
            kernels_->pair_transposed(rows, row_size, images, order_.rows(), at.rows, image_pairs);
          if (!code_columns || phase == 0)
            kernels_->pair_rows(columns, column_size, images, order_.columns(), at.columns, width);
        }
        for (Index column = 0; column < order_.columns(); column += kernels_->panel) {
          p.columns = std::min(kernels_->panel, order_.columns() - column);
          if constexpr (pairs) {
            p.a = at.rows;
            p.b = at.columns + column;
          } else {
            p.a = rows;
            p.b = columns + column;
          }
          result_in_sums(p) = at.gradient + point_order_.matrix(group, kind.filter(point) + phase) + column;
          if constexpr (pairs)
            kernels_->strided(p);
          else
            kernels_->neighbours(p);
        }
      }
  }
}

template <class T>
void TiledMap<T>::add_gradient(Sum<T>* gradient, const TilePlaces<T>& at) const {
  const Sum<T>* from[TileTransform<T>::most_positions];
  EndedPixel pixels[TileTransform<T>::most_positions];
  const Index size = order_.image_channels * order_.code_channels;
  const TileEnding<T> to = with_scale({.add = true}, Result<T>(gradient), nullptr);
  for (std::size_t place = 0; place < plan_->filters.size(); ++place) {
    const TilePlan::Filters& filters = plan_->filters[place];
    for (Index group = 0; group < order_.groups; ++group)
      for (Index phase = 0; phase < filters.phases; ++phase) {
        for (Index point = 0; point < filters.points; ++point)
          from[point] = at.gradient + point_order_.matrix(group, filters.filter(point, phase));
        for (Index j = 0; j < filters.filter_taps; ++j) {
          const TilePlan::Pixel tap = filters.taps_of(phase)[j];
          pixels[j] = {tap < 0 ? TilePlan::absent : order_.matrix(group, tap), 0, false, false};
        }
        end_pixels(filter_matrices_[place].filter_transposed, from, 1, size, to, pixels, at);
      }
  }
}

template class TiledMap<float>;
template class TiledMap<double>;
template class TiledMap<BFloat16>;

}  // namespace fsconv::engine
