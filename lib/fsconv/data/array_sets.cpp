// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/data/array_sets.hpp>
#include <fsconv/data/image_array.hpp>
#include <fsconv/io/numpy/npz.hpp>
#include <optional>

namespace fsconv {
namespace {

struct SetNames {
  const char *train_images, *train_labels, *test_images, *test_labels;  // the last two may be null
};

constexpr std::array known_names = {SetNames{"x_train", "y_train", "x_test", "y_test"},
                                    SetNames{"train_images", "train_labels", "test_images", "test_labels"},
                                    SetNames{"images", "labels", nullptr, nullptr}};

// Takes arrays out of one archive and remembers which.
class ArchiveReader {
 public:
  ArchiveReader(const std::string& path, DataFormat format) : path_(path), format_(format), archive_(path) {}

  std::size_t size() const { return archive_.names().size(); }
  bool has(const char* name) const {
    const std::vector<std::string>& names = archive_.names();
    return name != nullptr && std::find(names.begin(), names.end(), name) != names.end();
  }

  ImageSet read_set(const char* images, const char* labels, std::vector<std::string>& notes) {
    ImageArray array = read_npz_images(archive_, taken(images), where(images), format_);
    notes.insert(notes.end(), array.notes.begin(), array.notes.end());
    ImageSet set{std::move(array.images), {}};
    if (!has(labels))
      notes.push_back(fmt::format("{}: holds no {}; training needs no labels", path_, labels));
    else
      set.labels = read_labels(labels, images, set.images.shape()[0]);
    return set;
  }

  void note_what_was_taken(std::vector<std::string>& notes) const {
    std::vector<std::string> left;
    for (const std::string& name : archive_.names())
      if (std::find(taken_.begin(), taken_.end(), name) == taken_.end()) left.push_back(name);
    notes.push_back(fmt::format("{}: {} {} taken{}", path_, fmt::join(taken_, ", "),
                                taken_.size() == 1 ? "is" : "are",
                                left.empty() ? "" : ", and not " + excerpt_of_names(left)));
  }

 private:
  std::string where(const char* name) const { return fmt::format("{}:{}", path_, name); }

  // Its number in the archive.
  std::size_t taken(const char* name) {
    taken_.emplace_back(name);
    return archive_.number_of(name);
  }

  std::vector<std::uint8_t> read_labels(const char* name, const char* images, Index count) {
    const std::string cure = fmt::format("{} takes the images without labels", where(images));
    const auto one_each = [&](const NpyHeader& header) {
      const Shape& shape = header.shape;
      if (!(shape.size() == 1 || (shape.size() == 2 && shape[1] == 1)) || shape[0] != count)
        throw BadData(
            where(name),
            fmt::format("its shape is [{}], and there are {} images", fmt::join(shape, ", "), count), cure);
    };
    const ByteRule rule{[](double value) -> std::optional<std::uint8_t> {
                          if (!(value >= 0 && value <= 255) || value != std::floor(value)) return {};
                          return static_cast<std::uint8_t>(value);
                        },
                        "labels are 0 to 255; " + cure};
    const Tensor<std::uint8_t> labels = archive_.read_bytes(taken(name), one_each, rule).values;
    return {labels.begin(), labels.end()};
  }

  std::string path_;
  DataFormat format_;
  NpzReader archive_;
  std::vector<std::string> taken_;
};

}  // namespace

std::optional<Dataset> read_array_sets(const std::string& name, const std::string& path, DataFormat format) {
  ArchiveReader archive(path, format);
  const auto names = std::find_if(known_names.begin(), known_names.end(),
                                  [&](const SetNames& known) { return archive.has(known.train_images); });
  if (archive.size() < 2 || names == known_names.end()) return std::nullopt;

  Dataset data{name, path, {}, {}, {}};
  std::vector<std::string> notes;
  data.train = archive.read_set(names->train_images, names->train_labels, notes);
  if (archive.has(names->test_images)) {
    data.test = archive.read_set(names->test_images, names->test_labels, notes);
    const Shape &train = data.train.images.shape(), &test = data.test.images.shape();
    if (!std::equal(train.begin() + 1, train.end(), test.begin() + 1))
      throw BadData(path, fmt::format("its training images are [{}], its test images [{}]",
                                      fmt::join(train, ", "), fmt::join(test, ", ")));
  }
  archive.note_what_was_taken(data.notes);
  data.notes.insert(data.notes.end(), notes.begin(), notes.end());
  return data;
}

}  // namespace fsconv
