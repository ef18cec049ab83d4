// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/data/cifar.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/input_file.hpp>
#include <list>
#include <span>
#include <vector>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

constexpr Index channels = 3, side = 32, pixels = channels * side * side;

struct Label {
  const char* name;  // in messages, before "label"
  std::uint8_t largest;
};

// A record begins with its labels; the last of them is the image's.
struct Kind {
  const char* name;
  std::vector<Label> labels;

  Index record() const { return static_cast<Index>(labels.size()) + pixels; }
};

const Kind cifar10{"CIFAR-10", {{"", 9}}}, cifar100{"CIFAR-100", {{"coarse ", 19}, {"fine ", 99}}};

// How many records the file holds.
Index records_in(const Kind& kind, const InputFile& file) {
  const auto bytes = static_cast<Index>(file.size());
  if (bytes == 0 || bytes % kind.record() != 0)
    throw BadData(file.path(), with_kind(fmt::format("holds {} bytes", bytes), content_kind_of(file.path())),
                  fmt::format("a file of {} is a row of records of {} bytes", kind.name, kind.record()));
  return bytes / kind.record();
}

void require_labels(const Kind& kind, const InputFile& file, Index image,
                    std::span<const std::uint8_t> record) {
  for (std::size_t at = 0; at < kind.labels.size(); ++at) {
    const Label& label = kind.labels[at];
    if (record[at] > label.largest)
      throw BadData(file.path(),
                    fmt::format("its image {} has the {}label {}", image, label.name, record[at]),
                    fmt::format("{} has the {}labels 0 to {}", kind.name, label.name, label.largest));
  }
}

ImageSet read_files(const Kind& kind, const fs::path& folder, const std::vector<std::string>& names) {
  std::list<InputFile> files;  // a list, because an InputFile stays where it is
  Index count = 0;
  for (const std::string& name : names)
    count += records_in(kind, files.emplace_back((folder / name).string()));
  require_memory_for(folder.string(), count, static_cast<std::size_t>(kind.record()));

  Tensor<std::uint8_t> images({count, channels, side, side}, "images");
  std::vector<std::uint8_t> labels;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(kind.record()));
  auto image = images.begin();
  for (const InputFile& file : files)
    for (Index at = 0; at < records_in(kind, file); ++at) {
      stop_if_interrupted();
      file.read(static_cast<std::uint64_t>(at * kind.record()), std::as_writable_bytes(std::span(bytes)));
      require_labels(kind, file, at, bytes);
      labels.push_back(bytes[kind.labels.size() - 1]);
      image = std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(kind.labels.size()), bytes.end(), image);
    }
  return {std::move(images), std::move(labels)};
}

}  // namespace

Dataset read_cifar10_folder(const std::string& name, const std::string& folder) {
  return {name,
          folder,
          read_files(cifar10, folder,
                     {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                      "data_batch_5.bin"}),
          read_files(cifar10, folder, {"test_batch.bin"}),
          {}};
}

Dataset read_cifar100_folder(const std::string& name, const std::string& folder) {
  return {name,
          folder,
          read_files(cifar100, folder, {"train.bin"}),
          read_files(cifar100, folder, {"test.bin"}),
          {}};
}

}  // namespace fsconv
