// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/engine/bfloat16.hpp>
#include <fsconv/engine/block.hpp>
#include <fsconv/engine/directed_map.hpp>
#include <fsconv/engine/weight_panels.hpp>

namespace fsconv::engine {
namespace {

// Results by the source pixel, not by the result pixel, where that keeps more lanes busy. Per image,
//     by result   every tap is a product of inner x columns, the columns rounded up to whole vectors;
//     by source   every source pixel is a product of inner x (taps*columns), and then every tap's columns
//                 are added to the result, which takes about two cycles per number.
// With 1 or 3 result channels the first leaves most lanes empty.
bool fewer_cycles_by_source(Index inner, Index columns, Index lanes, Index sources, const TapLists& lists) {
  const auto joined = static_cast<double>(lists.by_tap.factors.size());
  const auto vectors = [&](Index numbers) { return static_cast<double>(ceil_div(numbers, lanes)); };
  const double by_result = joined * static_cast<double>(inner) * vectors(columns);
  const double by_source = static_cast<double>(sources * inner) * vectors(lists.taps * columns) +
                           2 * joined * static_cast<double>(columns);
  return by_source < by_result;
}

// Numbers of a product that is added to the result right away, while it is in the first cache.
constexpr Index numbers_at_once = 4096;

// What a band of result pixels reads of the source, in steps: with a panel of weights it fits the second cache.
constexpr Index steps_in_band = 98304;

// Images as the rows of a product fill a register tile from this number on.
constexpr Index enough_rows = 8;

// Taps of a patch in whole rows of AMX registers; and rows of a product of patches, which the first cache holds.
constexpr Index patch_taps = 32, rows_of_patches = 64;

// From so many taps on a patch has more in it than the zeros of its pairs.
constexpr Index enough_taps = 4;

constexpr Factor single_factor = {0, 0};

// A step of the inner dimension from the weights of `left` channels, which are `apart`.
template <class T>
Step<T> step_of(const Sum<T>* weight, Index apart, Index left) {
  if constexpr (Arithmetic<T>::numbers_per_step == 2)
    return {rounded<T>(*weight), left > 1 ? rounded<T>(weight[apart]) : T{}};
  else
    return *weight;
}

}  // namespace

template <class T>
struct DirectedMap<T>::Call {
  Index images;
  const Step<T>* source;
  const Step<T>* packed;
  Result<T> result;
  const Ending<T>& ending;
  Sum<T>* scratch;

  // Numbers of the result per image and pixel and group.
  Index result_channels(const Side& side) const {
    return result.numbers ? padded_channels<T>(side.channels) : side.channels;
  }
};

template <class T>
DirectedMap<T>::DirectedMap(std::shared_ptr<const TapLists> lists, const WeightOrder& order,
                            const Kernels<T>& kernels, Direction direction)
    : lists_(std::move(lists)), order_(order), kernels_(&kernels), direction_(direction) {
  const Side image = {.list = &lists_->by_image,
                      .runs = &lists_->image_runs,
                      .pixels = lists_->image_pixels,
                      .step = lists_->image_step,
                      .channels = order.image_channels};
  const Side code = {.list = &lists_->by_code,
                     .runs = &lists_->code_runs,
                     .pixels = lists_->code_pixels,
                     .step = lists_->code_step,
                     .channels = order.code_channels};
  source_ = direction == Direction::conv ? image : code;
  result_ = direction == Direction::conv ? code : image;
  by_source_ =
      fewer_cycles_by_source(source_.steps(), result_.channels, kernels.width, source_.pixels, *lists_);
  panels_ = panels_of<T>(order, direction, kernels);
  if (by_source_) {
    panels_.taps = 1;
    panels_.columns *= order.taps;
  }
  if constexpr (per_step == 2)
    by_patches_ = !by_source_ && source_.channels == 1 && result_.channels >= kernels.width &&
                  order.taps >= enough_taps;
  if (by_patches_) {
    panels_.taps = 1;
    panels_.inner = patch_steps();
  }
  if (kernels.neighbours && !by_source_ && source_.channels == 1 && order.groups == 1)
    lines_.emplace(*result_.list);
}

// Panels of [inner x columns]: the columns are the result's channels, or by source the taps and channels.
template <class T>
void DirectedMap<T>::pack(const Sum<T>* weight, Step<T>* packed) const {
  if constexpr (per_step == 2)
    if (by_patches_) {
      // a matrix [taps x columns] lies as it is wanted, but for the pairs
      std::fill_n(packed, packed_size(), Step<T>{});
      for (Index group = 0; group < order_.groups; ++group)
        for (Index panel = 0; panel < panels_.count(); ++panel)
          kernels_->round_pairs(weight + order_.matrix(group, 0) + panels_.first_column(panel),
                                order_.columns(), order_.taps, panels_.columns_of(panel),
                                packed + group * panels_.size() + panels_.offset(panel),
                                panels_.width(panel));
      return;
    }
  if (!by_source_) return pack_panels<T>(order_, direction_, panels_, *kernels_, weight, packed);
  const Index result_step = direction_ == Direction::conv ? order_.code_step() : order_.image_step();
  const Index source_step = direction_ == Direction::conv ? order_.image_step() : order_.code_step();
  for (Index group = 0; group < order_.groups; ++group)
    for (Index panel = 0; panel < panels_.count(); ++panel) {
      const Index first = panels_.first_column(panel), width = panels_.width(panel);
      std::fill_n(packed, panels_.inner * width, Step<T>{});
      for (Index n = 0; n < panels_.columns_of(panel); ++n) {
        const Index tap = (first + n) / result_.channels, channel = (first + n) % result_.channels;
        const Sum<T>* from = weight + order_.matrix(group, tap) + channel * result_step;
        for (Index k = 0; k < panels_.inner; ++k)
          packed[k * width + n] =
              step_of<T>(from + k * per_step * source_step, source_step, source_.channels - k * per_step);
      }
      packed += panels_.inner * width;
    }
}

// Of a patch: pairs of taps, up to whole AMX rows.
template <class T>
Index DirectedMap<T>::patch_steps() const {
  return ceil_div(order_.taps, patch_taps) * patch_taps / 2;
}

// Result pixels whose patches make one product.
template <class T>
Index DirectedMap<T>::patch_pixels(Index images) const {
  return std::clamp(rows_of_patches / images, Index{1}, result_.pixels);
}

// The source in halves, without the zeros beside them: [pixel][image], in steps.
template <class T>
Index DirectedMap<T>::halves_size(Index images) const {
  return ceil_div(source_.pixels * images, patch_taps) * patch_taps / 2;
}

// One source channel would leave half of every pair empty, and a tap to a product. So what the taps of a result pixel
// read is copied together: [tap][pixel, image], and from there by pairs of taps to [pixel, image][pair], rows of
// one product for all taps. A tap that is absent is a zero.
template <class T>
void DirectedMap<T>::by_patches(const Call& call) const {
  if constexpr (per_step == 2) {
    const Index images = call.images, steps = patch_steps();
    const Index at_once = call.ending.per_pixel ? 1 : patch_pixels(images), most = at_once * images;
    auto* const scratch = reinterpret_cast<Step<T>*>(call.scratch);
    auto* const halves = reinterpret_cast<T*>(scratch);
    auto* const windows = reinterpret_cast<T*>(scratch + halves_size(images));
    Step<T>* const patches = scratch + halves_size(images) + steps * most;
    for (Index group = 0; group < order_.groups; ++group) {
      const Step<T>* from = call.source + group;
      for (Index at = 0; at < source_.pixels * images; ++at) halves[at] = from[at * order_.groups].first;
      for (Index pixel = 0; pixel < result_.pixels; pixel += at_once) {
        const Index pixels = std::min(at_once, result_.pixels - pixel), rows = pixels * images;
        std::fill_n(windows, 2 * steps * rows, T{});
        for (Index one = 0; one < pixels; ++one)
          for (const Factor& tap : (*result_.list)[pixel + one])
            std::copy_n(halves + tap.a * images, images, windows + tap.b * rows + one * images);
        kernels_->pair_transposed(windows, rows, 2 * steps, rows, patches, steps);
        for (Index panel = 0; panel < panels_.count(); ++panel) {
          Product<T> p = product(call, group, panel);
          p.factors = &single_factor;
          p.count = 1;
          p.rows = rows;
          p.inner = steps;
          p.a = patches;
          p.a_row = steps;
          p.c_row = call.result_channels(result_) * order_.groups;
          end_at(p, call, group, panel, pixel, 0);
          kernels_->strided(p);
        }
      }
    }
  }
}

template <class T>
Index DirectedMap<T>::scratch_size(Index images) const {
  // a bound that grows with the images
  if (by_patches_) return halves_size(images) + 2 * patch_steps() * std::max(rows_of_patches, images);
  if (!by_source_) return 0;
  // what pixels_at_once() takes is at most numbers_at_once or one pixel: a bound that grows with the images
  return sums_size(images) + std::max(numbers_at_once, images * product_row()) +
         kernels_->width * product_row();
}

// Of the whole result, rounded up so that what follows is aligned.
template <class T>
Index DirectedMap<T>::sums_size(Index images) const {
  const Index size = result_.pixels * images * result_.channels * order_.groups;
  return ceil_div(size, kernels_->width) * kernels_->width;
}

template <class T>
Index DirectedMap<T>::pixels_at_once(Index images) const {
  return std::clamp(numbers_at_once / (images * product_row()), Index{1}, source_.pixels);
}

template <class T>
void DirectedMap<T>::apply(Index images, const T* source, const Step<T>* packed, Result<T> result,
                           const Ending<T>& ending, Sum<T>* scratch) const {
  const Call call{.images = images,
                  .source = reinterpret_cast<const Step<T>*>(source),
                  .packed = packed,
                  .result = result,
                  .ending = ending,
                  .scratch = scratch};
  if (kernels_->begin) kernels_->begin();
  by_source_ ? by_source(call) : by_patches_ ? by_patches(call) : by_result(call);
}

// What all products of a group and panel have in common: the strides and the weights.
template <class T>
Product<T> DirectedMap<T>::product(const Call& call, Index group, Index panel) const {
  Product<T> product{};
  product.inner = source_.steps();
  product.a_inner = 1;
  product.b = call.packed + group * panels_.size() + panels_.offset(panel);
  product.b_inner = panels_.width(panel);
  product.b_factor = panels_.inner * product.b_inner;
  return product;
}

// Where the results of a panel go from a pixel and image on, and their ending.
template <class T>
void DirectedMap<T>::end_at(Product<T>& product, const Call& call, Index group, Index panel, Index pixel,
                            Index image) const {
  const Ending<T>& ending = call.ending;
  const Index channels = call.result_channels(result_), first = panels_.first_column(panel);
  const Index at = ((pixel * call.images + image) * order_.groups + group) * channels + first;
  const Index per_channel =
      ((ending.per_pixel ? pixel * order_.groups : 0) + group) * result_.channels + first;
  product.columns = panels_.columns_of(panel);
  product.relu = ending.relu;
  product.add = ending.add;
  if (call.result.numbers)
    product.c = call.result.numbers + at;
  else
    product.c_sums = call.result.sums + at;
  product.mask = ending.mask ? ending.mask + at : nullptr;
  product.bias = ending.bias ? ending.bias + per_channel : nullptr;
  product.sums = ending.sums ? ending.sums + per_channel : nullptr;
}

// result[r] = sum over the taps of r: source[pixel of the tap] * weight[tap]. The rows of these products are
// images or, where the images are few, the pixels of a run. The images of one channel are neighbours, so that a factor can be a
// line of taps, its taps the inner dimension, instead of one number.
template <class T>
void DirectedMap<T>::by_result(const Call& call) const {
  const Ending<T>& ending = call.ending;
  const Index source_row = source_.steps() * order_.groups, source_pixel = call.images * source_row;
  const Index result_channels = call.result_channels(result_);
  const Index result_row = result_channels * order_.groups, result_pixel = call.images * result_row;
  const auto runs = static_cast<Index>(result_.runs->size());
  const bool along_runs =
      !ending.per_pixel && call.images < enough_rows && call.images * runs < result_.pixels;

  const bool by_lines = lines_ && !along_runs;
  const TapList& factors = by_lines ? lines_->starts : *result_.list;

  const Index band = along_runs ? result_.pixels : pixels_in_band(source_pixel);
  for (Index group = 0; group < order_.groups; ++group)
    for_each_panel_and_band(band, [&](Index panel, Index first_pixel, Index last_pixel) {
      Product<T> p = product(call, group, panel);
      p.a_factor = source_pixel;
      // The results of `rows` rows from a pixel and image on.
      const auto compute = [&](Index pixel, Index image, Index rows) {
        const std::span<const Factor> taps = factors[pixel];
        p.factors = taps.data();
        p.count = static_cast<Index>(taps.size());
        p.rows = rows;
        p.a = call.source + image * source_row + group * source_.steps();
        end_at(p, call, group, panel, pixel, image);
        if (!by_lines) return kernels_->strided(p);
        p.inner = lines_->length[static_cast<std::size_t>(pixel)];
        p.a_inner = lines_->step[static_cast<std::size_t>(pixel)] * source_pixel;
        kernels_->neighbours(p);
      };
      if (along_runs) {
        p.a_row = source_.step * source_pixel;
        p.c_row = result_.step * result_pixel;
        for (const Run& run : *result_.runs)
          for (Index image = 0; image < call.images; ++image) compute(run.first, image, run.count);
      } else {
        p.a_row = source_row;
        p.c_row = result_row;
        for (Index pixel = first_pixel; pixel < last_pixel; ++pixel) compute(pixel, 0, call.images);
      }
    });
}

// All panels of one band before the next: what the band reads of the source then stays in the second cache, but the
// panels pass by once per band. That is worth it where a panel is smaller than what a band reads.
template <class T>
Index DirectedMap<T>::pixels_in_band(Index source_pixel) const {
  const Index panel_steps = panels_.taps * panels_.inner * panels_.widest;
  if (panels_.count() == 1 || panel_steps > steps_in_band) return result_.pixels;
  return std::clamp(steps_in_band * result_.pixels / (source_.pixels * source_pixel), Index{1},
                    result_.pixels);
}

template <class T>
template <class F>
void DirectedMap<T>::for_each_panel_and_band(Index band, F&& f) const {
  for (Index first = 0; first < result_.pixels; first += band)
    for (Index panel = 0; panel < panels_.count(); ++panel)
      f(panel, first, std::min(first + band, result_.pixels));
}

// Every source pixel times the weights of all taps at once; then each tap's columns are added to the result
// pixel that the tap leads to. The sums are complete when the last source pixel is done: only then comes the
// ending. They are kept as [pixel][channel][image], so that images can be added as vectors.
template <class T>
void DirectedMap<T>::by_source(const Call& call) const {
  const Index images = call.images;
  const Index source_row = source_.steps() * order_.groups;
  const Index result_pixel = result_.channels * order_.groups * images;
  Sum<T>* sums = call.scratch;
  Sum<T>* products = sums + sums_size(images);
  Sum<T>* planes = products + pixels_at_once(images) * images * product_row();

  std::fill(sums, products, Sum<T>(0));
  for (Index group = 0; group < order_.groups; ++group)
    for (Index first = 0, at_once = pixels_at_once(images); first < source_.pixels; first += at_once) {
      const Index last = std::min(first + at_once, source_.pixels);
      for (Index panel = 0; panel < panels_.count(); ++panel) {
        Product<T> p = product(call, group, panel);
        p.factors = &single_factor;
        p.count = 1;
        p.rows = (last - first) * images;
        p.columns = panels_.width(panel);
        p.a = call.source + first * images * source_row + group * source_.steps();
        p.a_row = source_row;
        result_in_sums(p) = products + panels_.first_column(panel);
        p.c_row = product_row();
        kernels_->strided(p);
      }
      for (Index pixel = first; pixel < last; ++pixel) {
        const std::span<const Factor> taps = (*source_.list)[pixel];
        kernels_->spread({.factors = taps.data(),
                          .count = static_cast<Index>(taps.size()),
                          .images = images,
                          .channels = result_.channels,
                          .from = products + (pixel - first) * images * product_row(),
                          .from_row = product_row(),
                          .to = sums + group * result_.channels * images,
                          .to_factor = result_pixel,
                          .planes = planes});
      }
    }
  if (call.result.numbers)
    finish(call, sums, call.result.numbers, padded_channels<T>(result_.channels));
  else
    finish(call, sums, call.result.sums, result_.channels);
}

// The ending, as tile.hpp has it for results in registers, on sums [pixel][channel][image]. A group takes
// `row` numbers of an image's result.
template <class T>
template <class Number>
void DirectedMap<T>::finish(const Call& call, const Sum<T>* sums, Number* result, Index row) const {
  const Ending<T>& ending = call.ending;
  const bool only_bias = !ending.relu && !ending.mask && !ending.sums && !ending.add;
  const Index step = row * order_.groups;             // from one image's number to the next image's
  if (only_bias && step == 1 && !ending.per_pixel) {  // grey images: both orders are one
    const Sum<T> bias = ending.bias ? *ending.bias : Sum<T>(0);
    for (Index at = 0; at < result_.pixels * call.images; ++at) result[at] = rounded<Number>(sums[at] + bias);
    return;
  }
  for (Index pixel = 0; pixel < result_.pixels; ++pixel)
    for (Index at = 0; at < order_.groups * result_.channels; ++at, sums += call.images) {
      const Index group = at / result_.channels, channel = at % result_.channels;
      const Index first = pixel * call.images * step + group * row + channel;
      const Index per_channel = (ending.per_pixel ? pixel * order_.groups * result_.channels : 0) + at;
      const Sum<T> bias = ending.bias ? ending.bias[per_channel] : Sum<T>(0);
      Number* to = result + first;
      if (only_bias) {
        for (Index image = 0; image < call.images; ++image)
          to[image * step] = rounded<Number>(sums[image] + bias);
        continue;
      }
      Sum<T> total = 0;
      for (Index image = 0; image < call.images; ++image) {
        Sum<T> value = sums[image] + bias;
        if (ending.relu && value < 0) value = 0;
        if (ending.mask && !(number(ending.mask[first + image * step]) > 0)) value = 0;
        total += value;
        to[image * step] = rounded<Number>(ending.add ? number(to[image * step]) + value : value);
      }
      if (ending.sums) ending.sums[per_channel] += total;
    }
}

template class DirectedMap<float>;
template class DirectedMap<double>;
template class DirectedMap<BFloat16>;

}  // namespace fsconv::engine
