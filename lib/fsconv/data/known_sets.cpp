// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/text.hpp>
#include <fsconv/data/known_sets.hpp>

namespace fsconv {
namespace {

namespace fs = std::filesystem;

// The contents of Debian's package dataset-fashion-mnist; the publisher's archives unpack to the same.
KnownSet fashion_mnist() {
  return {.name = "fashion-mnist",
          .title = "Fashion-MNIST",
          .images = "60000 + 10000, 28x28 grey, 10 classes",
          .licence = "MIT",
          .source = "Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747",
          .get = "apt install dataset-fashion-mnist, or data/fetch fashion-mnist",
          .folders = {"/usr/share/datasets/fashion-mnist", "data/fashion-mnist"},
          .files = {{"train-images-idx3-ubyte", 47'040'016,
                     "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
                    {"train-labels-idx1-ubyte", 60'008,
                     "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
                    {"t10k-images-idx3-ubyte", 7'840'016,
                     "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
                    {"t10k-labels-idx1-ubyte", 10'008,
                     "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}}};
}

KnownSet mnist() {
  return {.name = "mnist",
          .title = "MNIST",
          .images = "60000 + 10000, 28x28 grey, 10 classes",
          .licence = "CC BY-SA 3.0, as Keras says of it",
          .source = "LeCun, Cortes and Burges, The MNIST database of handwritten digits",
          .get = "data/fetch mnist",
          .folders = {"data/mnist", "mnist"},
          .files = {{"train-images-idx3-ubyte", 47'040'016,
                     "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
                    {"train-labels-idx1-ubyte", 60'008,
                     "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
                    {"t10k-images-idx3-ubyte", 7'840'016,
                     "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
                    {"t10k-labels-idx1-ubyte", 10'008,
                     "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}};
}

// Their sums are published for the archives alone (TensorFlow Datasets, url_checksums).
constexpr std::string_view no_sums = "sums are published for the archive alone: keep it beside the files";

KnownSet cifar10() {
  constexpr Index batch = 10'000 * 3073;
  return {.name = "cifar-10",
          .title = "CIFAR-10, binary version",
          .images = "50000 + 10000, 32x32 colour, 10 classes",
          .licence = "none stated; cite the source",
          .source = "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
          .get = "data/fetch cifar-10",
          .folders = {"data/cifar-10", "cifar-10", "data/cifar-10-batches-bin", "cifar-10-batches-bin"},
          .files = {{"data_batch_1.bin", batch, ""},
                    {"data_batch_2.bin", batch, ""},
                    {"data_batch_3.bin", batch, ""},
                    {"data_batch_4.bin", batch, ""},
                    {"data_batch_5.bin", batch, ""},
                    {"test_batch.bin", batch, ""}},
          .archives = {{"cifar-10-binary.tar.gz", 170'052'171,
                        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", false}},
          .remark = no_sums,
          .kind = DataKind::cifar10_folder};
}

KnownSet cifar100() {
  return {.name = "cifar-100",
          .title = "CIFAR-100, binary version",
          .images = "50000 + 10000, 32x32 colour, 100 classes",
          .licence = "none stated; cite the source",
          .source = "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
          .get = "data/fetch cifar-100",
          .folders = {"data/cifar-100", "cifar-100", "data/cifar-100-binary", "cifar-100-binary"},
          .files = {{"train.bin", 50'000 * 3074, ""}, {"test.bin", 10'000 * 3074, ""}},
          .archives = {{"cifar-100-binary.tar.gz", 168'513'733,
                        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec", false}},
          .remark = no_sums,
          .kind = DataKind::cifar100_folder};
}

// Sums of torchvision's prototype CelebA and of TensorFlow Datasets, which agree where both have one.
KnownSet celeba() {
  return {
      .name = "celeba",
      .title = "CelebA, aligned and cropped",
      .images = "202599 JPEG, 178x218 colour, parts 162770/19867/19962",
      .licence = "non-commercial research only; may not be passed on",
      .source = "Liu, Luo, Wang and Tang 2015, Deep Learning Face Attributes in the Wild",
      .get = "by hand from its authors' page; data/fetch celeba says what to do",
      .folders = {"data/celeba", "celeba"},
      .files = {{"list_eval_partition.txt", 2'836'386,
                 "fc955bcb3ef8fbdf7d5640d9a8693a8431b5f2ee291a5c1449a1549e7e073fe7"},
                {"img_align_celeba.zip", 1'443'490'838,
                 "46fb89443c578308acf364d7d379fe1b9efb793042c0af734b6112e4fd3a8c74", false},
                {"list_attr_celeba.txt", 26'721'026,
                 "f0e5da289d5ccf75ffe8811132694922b60f2af59256ed362afa03fefba324d0", false},
                {"list_landmarks_align_celeba.txt", 12'156'055,
                 "6c02a87569907f6db2ba99019085697596730e8129f67a3d61659f198c48d43b", false},
                {"identity_CelebA.txt", 0, "c6143857c3e2630ac2da9f782e9c1232e5e59be993a9d44e8a7916c78a6158c0",
                 false},
                {"list_bbox_celeba.txt", 0,
                 "7487a82e57c4bb956c5445ae2df4a91ffa717e903c5fa22874ede0820c8ec41b", false}},
      .remark =
          "of the pictures only their zip has a sum: verify it before it is unpacked; fsconv data prepare keeps "
          "the sum of each",
      .kind = DataKind::picture_folder};
}

}  // namespace

std::span<const KnownSet> known_sets() {
  static const std::vector<KnownSet> sets = {fashion_mnist(), mnist(), cifar10(), cifar100(), celeba()};
  return sets;
}

const KnownSet* known_set(std::string_view name) {
  const auto sets = known_sets();
  const auto found =
      std::find_if(sets.begin(), sets.end(), [&](const KnownSet& one) { return one.name == name; });
  return found == sets.end() ? nullptr : &*found;
}

std::optional<std::string> place_of(const KnownSet& set, const std::string& root) {
  std::error_code none;
  for (const std::string_view folder : set.folders)
    if (const fs::path path = fs::path(root) / folder; fs::is_directory(path, none)) return path.string();
  return std::nullopt;
}

std::string how_to_get(const KnownSet& set) {
  return fmt::format("is not there: no folder {}; {}", alternatives({set.folders.begin(), set.folders.end()}),
                     set.get);
}

}  // namespace fsconv
