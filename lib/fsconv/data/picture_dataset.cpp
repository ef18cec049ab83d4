// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/data/picture_dataset.hpp>
#include <fsconv/data/picture_folder.hpp>
#include <fsconv/data/prepare.hpp>
#include <utility>

namespace fsconv {
namespace {

// Collects the images of the parts.
class Parts {
 public:
  explicit Parts(const PictureFolder& folder) : folder_(folder) {}

  void add(Index at, const Picture& picture) {
    if (image_.empty()) make_room(picture);
    const PictureEntry& entry = folder_.pictures[static_cast<std::size_t>(at)];
    const auto part = static_cast<std::size_t>(entry.part);
    const std::vector<std::uint8_t> pixels = planes(picture);
    pixels_[part].insert(pixels_[part].end(), pixels.begin(), pixels.end());
    if (entry.label) labels_[part].push_back(*entry.label);
  }

  ImageSet take(DataPart part) {
    const auto number = static_cast<std::size_t>(part);
    Shape shape = image_;
    shape.insert(shape.begin(), folder_.count(part));
    if (shape[0] == 0) return {};
    return {.images = Tensor<std::uint8_t>(shape, std::move(pixels_[number])),
            .labels = std::move(labels_[number]),
            .classes = folder_.classes};
  }

 private:
  void make_room(const Picture& picture) {
    image_ = {picture.channels, picture.height, picture.width};
    require_memory_for(folder_.folder, static_cast<Index>(folder_.pictures.size()), picture.pixels.size());
    for (const DataPart part : data_parts)
      pixels_[static_cast<std::size_t>(part)].reserve(static_cast<std::size_t>(folder_.count(part)) *
                                                      picture.pixels.size());
  }

  const PictureFolder& folder_;
  Shape image_;  // [C, H, W], once there is one
  std::array<std::vector<std::uint8_t>, 3> pixels_, labels_;
};

}  // namespace

Dataset read_pictures_of(const std::string& name, const std::string& path, bool divides, int threads) {
  PictureFolder folder = list_pictures(path);
  if (divides && folder.pictures.size() > 1) assign_parts(folder, {}, {});
  Parts parts(folder);
  try {
    Progress progress("read", static_cast<Index>(folder.pictures.size()), "pictures");
    read_pictures(folder, {}, {.threads = threads}, [&](Index at, const PreparedPicture& read) {
      parts.add(at, read.picture);
      progress.advance();
    });
  } catch (const BadData& error) {
    throw BadData(
        path, fmt::format("cannot be used as it is: {}", error.what()),
        "fsconv data prepare brings pictures to one size (--size) and kind (--channels), and leaves out those "
        "that are broken (--skip-broken)");
  }
  return {.name = name,
          .source = path,
          .train = parts.take(DataPart::train),
          .test = parts.take(DataPart::test),
          .validation = parts.take(DataPart::validation),
          .notes = folder.notes};
}

}  // namespace fsconv
