// SPDX-License-Identifier: Apache-2.0
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

// The stream of augmentations: apart from those of pixels and latents (2 split + 0 or 1).
constexpr std::uint32_t augment_stream = 0x61756765;

// Reads the images of a batch one after the other, as they are shown.
class Reader {
 public:
  explicit Reader(const Batch& batch)
      : batch_(batch),
        chw_(batch.images.shape().begin() + 1, batch.images.shape().end()),
        read_(size_where(batch.images.in_place() == nullptr)),
        changed_(size_where(batch.augmentation.has_value())) {}

  // Valid until the next call.
  const std::uint8_t* pixels_of(Index image) {
    const std::uint8_t* pixels = batch_.images.in_place();
    if (pixels != nullptr) {
      pixels += image * batch_.images.image_size();
    } else {
      batch_.images.read(image, read_.data());
      pixels = read_.data();
    }
    if (!batch_.augmentation) return pixels;
    augment(batch_.augmentation->how, batch_.augmentation->key, image, chw_, pixels, changed_.data());
    return changed_.data();
  }

 private:
  std::size_t size_where(bool needed) const {
    return needed ? static_cast<std::size_t>(batch_.images.image_size()) : 0;
  }

  const Batch& batch_;
  Shape chw_;
  std::vector<std::uint8_t> read_, changed_;
};

}  // namespace

Batch make_batch(const Images& images, std::span<const Index> order, Binarise binarise, std::uint64_t seed,
                 Split split, Index epoch, const std::optional<Augment>& augment) {
  const bool anew = split == Split::train;
  const auto key = [&](std::uint32_t use, bool every_epoch) {
    return NoiseKey{seed, 2 * static_cast<std::uint32_t>(split) + use,
                    every_epoch ? static_cast<std::uint32_t>(epoch) : 0};
  };
  Batch batch{images, order, std::nullopt, key(1, anew)};
  if (binarise != Binarise::none) batch.pixels = key(0, anew && binarise == Binarise::dynamic);
  if (augment && anew)
    batch.augmentation = Augmentation{*augment, {seed, augment_stream, static_cast<std::uint32_t>(epoch)}};
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
  const Index count = batch.images.image_size();
  Reader reader(batch);
  for (const Index image : batch.order) {
    const std::uint8_t* from = reader.pixels_of(image);
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
