// Images that lie in memory or in a file, seen the same way.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fsconv/base/tensor.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

class InputFile;

// What holds the pixels. Everything is const and may be called from several threads at once.
class ImageStore {
 public:
  ImageStore() = default;
  virtual ~ImageStore() = default;
  ImageStore(const ImageStore&) = delete;
  ImageStore& operator=(const ImageStore&) = delete;

  virtual const Shape& shape() const = 0;  // [N, C, H, W]
  virtual void read(Index image, std::uint8_t* to) const = 0;
  virtual std::uint32_t crc(Index image) const = 0;               // CRC-32 of its C*H*W bytes
  virtual const std::uint8_t* pixels() const { return nullptr; }  // of all, where they lie in memory
  virtual void will_read(Index /*image*/) const {}                // a hint
};

// [N, C, H, W] bytes: a view of images first ... first + count - 1 of a store. Copies share the store.
class Images {
 public:
  Images();  // none: [0]

  // Those of a tensor [N, C, H, W], or of another number of axes behind the first. They move in where they are given away.
  // InvalidArgument for a tensor without axes.
  Images(Tensor<std::uint8_t> images);

  explicit Images(std::shared_ptr<const ImageStore> store);

  const Shape& shape() const { return shape_; }
  Index count() const { return shape_[0]; }
  Index image_size() const { return image_size_; }  // bytes of one
  Index size() const { return count() * image_size_; }

  // The images first ... first + count - 1 of these; no pixel is copied. InvalidArgument if they are not all there.
  Images part(Index first, Index count) const;

  // Where these lie in memory, one behind the other; null where they do not.
  const std::uint8_t* in_place() const { return pixels_; }

  // The image_size() bytes of an image. Of a file: IoError if it cannot be read, BadData that names file and image if
  // its bytes are not those that the CRC-32 belongs to, which includes a file that became shorter meanwhile.
  void read(Index image, std::uint8_t* to) const;

  // CRC-32 of the image's bytes.
  std::uint32_t crc(Index image) const;

  // That these will be read soon: a file's are fetched in the background, where the system does so.
  void will_read(std::span<const Index> images) const;

  // A copy as a tensor [count, C, H, W]. InvalidArgument if they are not all there or do not fit the memory.
  Tensor<std::uint8_t> in_memory(Index first, Index count) const;
  Tensor<std::uint8_t> in_memory() const { return in_memory(0, count()); }

  // CRC-32 over all their pixels, the same wherever they lie. Of a file it follows from the images' own.
  std::uint32_t checksum() const;

  // Of the same shape and pixels.
  friend bool operator==(const Images& a, const Images& b);
  friend Images joined(const Images& a, const Images& b);

 private:
  std::shared_ptr<const ImageStore> store_;
  const std::uint8_t* pixels_ = nullptr;
  Index first_ = 0, image_size_ = 0;
  Shape shape_;
};

// How images lie in a file: one behind the other, uncompressed, from `offset` on.
struct FilePlace {
  std::shared_ptr<const InputFile> file;
  std::uint64_t offset = 0;
  std::string name;            // in messages, as FILE.h5:/train/images
  bool channels_last = false;  // whether they lie there as [H, W, C]
};

// Images [N, C, H, W] that are read where they are used, each checked against its CRC-32 (`crcs`, one an image, of its bytes
// as [C, H, W]). BadData if the file does not hold them all, there are more or fewer CRCs, or the shape is none of images.
Images images_in_file(FilePlace place, const Shape& shape, std::vector<std::uint32_t> crcs);

// The same of a file without checksums: all are read once to make them, so that a change is found from then on.
// Interrupted after Ctrl-C, where it is caught.
Images images_in_file(FilePlace place, const Shape& shape);

// Arrays of bytes of more than so many stay in their file, where they lie there as they are.
constexpr Index largest_in_memory = Index{1} << 28;

// The images of `a`, then those of `b`, which have the same size. InvalidArgument if they do not.
Images joined(const Images& a, const Images& b);

}  // namespace fsconv
