#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/data/cifar10.hpp>
#include <fsconv/io/array.hpp>
#include <fsconv/io/input_file.hpp>
#include <list>
#include <span>
#include <vector>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

constexpr Index channels = 3, side = 32, pixels = channels * side * side, record = 1 + pixels;
constexpr auto first_batch = "data_batch_1.bin";

// How many records the file holds.
Index records_in(const InputFile& file) {
  const auto bytes = static_cast<Index>(file.size());
  if (bytes == 0 || bytes % record != 0)
    throw BadData(file.path(), fmt::format("holds {} bytes", bytes),
                  fmt::format("a file of CIFAR-10 is a row of records of {} bytes", record));
  return bytes / record;
}

ImageSet read_batches(const fs::path& folder, const std::vector<std::string>& names) {
  std::list<InputFile> files;  // a list, because an InputFile stays where it is
  Index count = 0;
  for (const std::string& name : names) count += records_in(files.emplace_back((folder / name).string()));
  require_memory_for(folder.string(), count, static_cast<std::size_t>(record));

  ImageSet set{Tensor<std::uint8_t>({count, channels, side, side}, "images"), {}};
  std::array<std::uint8_t, record> bytes;
  auto image = set.images.begin();
  for (const InputFile& file : files)
    for (Index at = 0; at < records_in(file); ++at) {
      file.read(static_cast<std::uint64_t>(at * record), std::as_writable_bytes(std::span(bytes)));
      if (bytes.front() > 9)
        throw BadData(file.path(), fmt::format("its image {} has the label {}", at, bytes.front()),
                      "CIFAR-10 has the labels 0 to 9");
      set.labels.push_back(bytes.front());
      image = std::copy(bytes.begin() + 1, bytes.end(), image);
    }
  return set;
}

}  // namespace

bool is_cifar10_folder(const std::string& folder) {
  std::error_code none;
  return fs::exists(fs::path(folder) / first_batch, none);
}

Dataset read_cifar10_folder(const std::string& name, const std::string& folder) {
  return {name, folder,
          read_batches(folder, {first_batch, "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                "data_batch_5.bin"}),
          read_batches(folder, {"test_batch.bin"})};
}

}  // namespace fsconv
