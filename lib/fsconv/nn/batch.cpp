#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fsconv/nn/batch.hpp>

namespace fsconv {
namespace {

// A word below v * 2^32/255 has probability v/255, within 2^-32.
std::uint64_t threshold(std::uint8_t value) { return ((std::uint64_t{value} << 32) + 127) / 255; }

template <class T>
void fetch_binarised(const std::uint8_t* from, Index count, const NoiseKey& key, Index image, T* to) {
  static const auto thresholds = [] {
    std::array<std::uint64_t, 256> list;
    for (std::size_t value = 0; value < list.size(); ++value)
      list[value] = threshold(static_cast<std::uint8_t>(value));
    return list;
  }();
  std::vector<std::uint32_t> words(static_cast<std::size_t>(count));
  noise_words(key, static_cast<std::uint64_t>(image), 0, words);
  for (Index at = 0; at < count; ++at)
    to[at] = words[static_cast<std::size_t>(at)] < thresholds[from[at]] ? T(1) : T(0);
}

}  // namespace

Batch make_batch(const Tensor<std::uint8_t>& images, std::span<const Index> order, Binarise binarise,
                 std::uint64_t seed, Split split, Index epoch) {
  const bool anew = split == Split::train;
  const auto key = [&](std::uint32_t use, bool every_epoch) {
    return NoiseKey{seed, 2 * static_cast<std::uint32_t>(split) + use,
                    every_epoch ? static_cast<std::uint32_t>(epoch) : 0};
  };
  Batch batch{images, order, std::nullopt, key(1, anew)};
  if (binarise != Binarise::none) batch.pixels = key(0, anew && binarise == Binarise::dynamic);
  return batch;
}

void check(const Batch& batch, const Model& model) {
  const Value& wanted = model.images();
  const Shape& shape = batch.images.shape();
  const bool fits = shape.size() == 2 + wanted.size.size() && shape[1] == wanted.channels &&
                    std::equal(wanted.size.begin(), wanted.size.end(), shape.begin() + 2);
  if (!fits)
    throw InvalidArgument(
        "images", fmt::format("are [{}]", fmt::join(shape, ", ")),
        fmt::format("the model takes [N, {}, {}]", wanted.channels, fmt::join(wanted.size, ", ")));
  if (batch.order.empty()) throw InvalidArgument("order", "names no image");
  for (const Index image : batch.order)
    if (image < 0 || image >= shape[0])
      throw InvalidArgument("order", fmt::format("names image {}", image),
                            fmt::format("there are {}", shape[0]));
}

template <class T>
void fetch(const Batch& batch, T* numbers) {
  const Index count = batch.images.size() / std::max<Index>(1, batch.images.shape()[0]);
  for (const Index image : batch.order) {
    const std::uint8_t* from = batch.images.data() + image * count;
    if (batch.pixels)
      fetch_binarised(from, count, *batch.pixels, image, numbers);
    else
      std::transform(from, from + count, numbers,
                     [](std::uint8_t value) { return static_cast<T>(value) / T(255); });
    numbers += count;
  }
}

template void fetch(const Batch&, float*);
template void fetch(const Batch&, double*);

}  // namespace fsconv
