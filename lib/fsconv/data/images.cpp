// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/data/images.hpp>
#include <fsconv/io/input_file.hpp>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

namespace fsconv {
namespace {

std::uint32_t crc_of(const std::uint8_t* bytes, Index count) {
  return static_cast<std::uint32_t>(crc32_z(0, bytes, static_cast<z_size_t>(count)));
}

std::optional<Index> bytes_of(const Shape& shape) {
  std::optional<Index> bytes = 1;
  for (const Index extent : shape)
    if (bytes) bytes = checked_multiply(*bytes, extent);
  return bytes;
}

Index size_of_one(const Shape& shape) {
  return std::accumulate(shape.begin() + 1, shape.end(), Index{1}, std::multiplies<>());
}

class InMemory final : public ImageStore {
 public:
  explicit InMemory(Tensor<std::uint8_t> images) : images_(std::move(images)) {
    const Shape& shape = images_.shape();
    if (shape.empty()) throw InvalidArgument("images", "have shape []", "they are [N, C, H, W]");
    size_ = size_of_one(shape);
  }
  const Shape& shape() const override { return images_.shape(); }
  void read(Index image, std::uint8_t* to) const override { std::copy_n(one(image), size_, to); }
  std::uint32_t crc(Index image) const override { return crc_of(one(image), size_); }
  const std::uint8_t* pixels() const override { return images_.data(); }

 private:
  const std::uint8_t* one(Index image) const { return images_.data() + image * size_; }

  Tensor<std::uint8_t> images_;
  Index size_ = 0;
};

class InFile final : public ImageStore {
 public:
  InFile(FilePlace place, Shape shape)
      : place_(std::move(place)), shape_(std::move(shape)), size_(size_of_one(shape_)) {}
  const Shape& shape() const override { return shape_; }
  std::uint32_t crc(Index image) const override { return crcs_[static_cast<std::size_t>(image)]; }

  void read(Index image, std::uint8_t* to) const override {
    fetch(image, to);
    if (const std::uint32_t found = crc_of(to, size_); found != crc(image))
      throw BadData(
          place_.name,
          fmt::format("image {} was damaged or changed: the CRC-32 of its pixels is {:08x}, not {:08x}",
                      image, found, crc(image)),
          cure);
  }

  void will_read(Index image) const override {
    place_.file->will_read(at(image), static_cast<std::uint64_t>(size_));
  }

  void set_crcs(std::vector<std::uint32_t> crcs) { crcs_ = std::move(crcs); }

  void make_crcs() {
    Progress progress("read", shape_[0], "images");
    std::vector<std::uint8_t> one(static_cast<std::size_t>(size_));
    crcs_.reserve(static_cast<std::size_t>(shape_[0]));
    for (Index image = 0; image < shape_[0]; ++image) {
      stop_if_interrupted();
      fetch(image, one.data());
      crcs_.push_back(crc_of(one.data(), size_));
      progress.advance();
    }
  }

 private:
  static constexpr auto cure = "use another copy, or make the file anew";

  std::uint64_t at(Index image) const { return place_.offset + static_cast<std::uint64_t>(image * size_); }

  void read_bytes(Index image, std::span<std::uint8_t> to) const {
    try {
      place_.file->read(at(image), std::as_writable_bytes(to));
    } catch (const BadData&) {
      throw BadData(place_.name, fmt::format("image {} is not there: the file has become shorter", image),
                    cure);
    }
  }

  // As [C, H, W], unchecked.
  void fetch(Index image, std::uint8_t* to) const {
    const auto bytes = static_cast<std::size_t>(size_);
    if (!place_.channels_last) return read_bytes(image, {to, bytes});
    std::vector<std::uint8_t> pixels(bytes);
    read_bytes(image, pixels);
    const auto channels = static_cast<std::size_t>(shape_[1]);
    for (std::size_t channel = 0; channel < channels; ++channel)
      for (std::size_t from = channel; from < bytes; from += channels) *to++ = pixels[from];
  }

  FilePlace place_;
  Shape shape_;
  std::vector<std::uint32_t> crcs_;
  Index size_;
};

// Once it is known to hold them all.
std::shared_ptr<InFile> store_in_file(FilePlace place, const Shape& shape) {
  const bool are_images =
      shape.size() == 4 && std::all_of(shape.begin(), shape.end(), [](Index extent) { return extent > 0; });
  const auto bytes = are_images ? bytes_of(shape) : std::nullopt;
  if (!bytes)
    throw BadData(place.name, fmt::format("has shape [{}]", fmt::join(shape, ", ")),
                  "images are [N, C, H, W]");
  if (place.offset > place.file->size() ||
      static_cast<std::uint64_t>(*bytes) > place.file->size() - place.offset)
    throw BadData(place.name, fmt::format("takes the {} bytes from {} on, and the file has {}", *bytes,
                                          place.offset, place.file->size()));
  return std::make_shared<InFile>(std::move(place), shape);
}

class Joined final : public ImageStore {
 public:
  Joined(Images a, Images b) : a_(std::move(a)), b_(std::move(b)), shape_(a_.shape()) {
    shape_[0] += b_.count();
  }
  const Shape& shape() const override { return shape_; }
  void read(Index image, std::uint8_t* to) const override {
    const auto [images, number] = holder(image);
    images.read(number, to);
  }
  std::uint32_t crc(Index image) const override {
    const auto [images, number] = holder(image);
    return images.crc(number);
  }
  void will_read(Index image) const override {
    const auto [images, number] = holder(image);
    images.will_read(std::span(&number, 1));
  }

 private:
  std::pair<const Images&, Index> holder(Index image) const {
    return image < a_.count() ? std::pair<const Images&, Index>{a_, image}
                              : std::pair<const Images&, Index>{b_, image - a_.count()};
  }

  Images a_, b_;
  Shape shape_;
};

}  // namespace

Images::Images() : shape_{0} {}

Images::Images(Tensor<std::uint8_t> images) : Images(std::make_shared<InMemory>(std::move(images))) {}

Images::Images(std::shared_ptr<const ImageStore> store)
    : store_(std::move(store)),
      pixels_(store_->pixels()),
      image_size_(size_of_one(store_->shape())),
      shape_(store_->shape()) {}

Images Images::part(Index first, Index count) const {
  if (first < 0 || count < 0 || count > this->count() || first > this->count() - count)
    throw InvalidArgument("images", fmt::format("{} from {} on are not all there", count, first));
  Images part = *this;
  part.first_ += first;
  part.shape_[0] = count;
  if (pixels_ != nullptr) part.pixels_ += first * image_size_;
  return part;
}

void Images::read(Index image, std::uint8_t* to) const { store_->read(first_ + image, to); }

std::uint32_t Images::crc(Index image) const { return store_->crc(first_ + image); }

void Images::will_read(std::span<const Index> images) const {
  if (pixels_ != nullptr) return;
  for (const Index image : images) store_->will_read(first_ + image);
}

Tensor<std::uint8_t> Images::in_memory(Index first, Index count) const {
  const Images taken = part(first, count);
  Tensor<std::uint8_t> images(taken.shape(), "images");
  if (taken.pixels_ != nullptr) {
    std::copy_n(taken.pixels_, taken.size(), images.begin());
  } else {
    for (Index image = 0; image < count; ++image) taken.read(image, images.data() + image * image_size_);
  }
  return images;
}

std::uint32_t Images::checksum() const {
  if (pixels_ != nullptr) return crc_of(pixels_, size());
  const uLong step = crc32_combine_gen(static_cast<z_off_t>(image_size_));
  uLong checksum = 0;
  for (Index image = 0; image < count(); ++image) checksum = crc32_combine_op(checksum, crc(image), step);
  return static_cast<std::uint32_t>(checksum);
}

bool operator==(const Images& a, const Images& b) {
  if (a.shape() != b.shape()) return false;
  std::vector<std::uint8_t> one(static_cast<std::size_t>(a.image_size())), other(one.size());
  for (Index image = 0; image < a.count(); ++image) {
    a.read(image, one.data());
    b.read(image, other.data());
    if (one != other) return false;
  }
  return true;
}

Images images_in_file(FilePlace place, const Shape& shape, std::vector<std::uint32_t> crcs) {
  if (shape.empty() || static_cast<Index>(crcs.size()) != shape[0])
    throw BadData(place.name,
                  fmt::format("has shape [{}] and {} checksums", fmt::join(shape, ", "), crcs.size()),
                  "there is one for each image");
  const auto store = store_in_file(std::move(place), shape);
  store->set_crcs(std::move(crcs));
  return Images(store);
}

Images images_in_file(FilePlace place, const Shape& shape) {
  const auto store = store_in_file(std::move(place), shape);
  store->make_crcs();
  return Images(store);
}

Images joined(const Images& a, const Images& b) {
  if (!std::equal(a.shape().begin() + 1, a.shape().end(), b.shape().begin() + 1, b.shape().end()))
    throw InvalidArgument("images", fmt::format("[{}] and [{}] cannot be joined", fmt::join(a.shape(), ", "),
                                                fmt::join(b.shape(), ", ")));
  if (a.store_ == b.store_ && a.first_ + a.count() == b.first_) {  // neighbours again
    Images both = a;
    both.shape_[0] += b.count();
    return both;
  }
  return Images(std::make_shared<Joined>(a, b));
}

}  // namespace fsconv
