// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/progress.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/data/prepared_file.hpp>
#include <fsconv/io/digest.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/json_text.hpp>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

namespace fsconv {
namespace {

using json = nlohmann::json;
namespace fs = std::filesystem;

constexpr auto kind = "data", command = "data prepare";
constexpr std::size_t piece_bytes = std::size_t{1} << 20;  // of pixels that wait to be written

std::string in(DataPart part, const char* dataset) { return fmt::format("/{}/{}", name(part), dataset); }

// As many bytes as all images have. InvalidArgument for sizes that are none.
Index bytes_of(const Shape& image, const std::array<Index, 3>& counts) {
  const bool is_image =
      image.size() == 3 && std::all_of(image.begin(), image.end(), [](Index extent) { return extent > 0; });
  if (!is_image)
    throw InvalidArgument("images", fmt::format("have shape [{}]", fmt::join(image, ", ")),
                          "they are [C, H, W]");
  if (counts[0] < 1 || counts[1] < 0 || counts[2] < 0)
    throw InvalidArgument("images", fmt::format("are {} to train on", counts[0]), "at least one");
  Index bytes = 0;
  for (const Index count : counts)
    if (__builtin_add_overflow(bytes, element_count({count, image[0], image[1], image[2]}, "images"), &bytes))
      throw InvalidArgument("images", "are too many");
  return bytes;
}

std::vector<std::string> texts_of(const hdf5::File& file, const char* attribute) {
  const json list = parsed_json(file.string_attribute("/", attribute));
  std::vector<std::string> texts;
  for (const json& entry : list.is_array() ? list : json::array({0})) {
    if (!entry.is_string())
      throw BadData(file.path(), fmt::format("its attribute {} is no list of texts in JSON", attribute));
    texts.push_back(entry);
  }
  return texts;
}

PreparedDescription description_of(const hdf5::File& file) {
  PreparedDescription description{.recipe = parsed_json(file.string_attribute("/", "recipe")),
                                  .decoder = file.string_attribute("/", "decoder"),
                                  .classes = texts_of(file, "classes"),
                                  .notes = texts_of(file, "notes")};
  if (!description.recipe.is_object())
    throw BadData(file.path(), "its attribute recipe is no object in JSON");
  return description;
}

// Opens what prepare has made. Without its digest nobody could tell whether it still is that.
hdf5::File open_file(const std::string& path) {
  hdf5::File file = hdf5::File::open(path);
  require_kind(file, kind, command);
  if (!file.has_attribute("/", "digest"))
    throw BadData(path, "has lost its digest: it was damaged or changed", "prepare it anew");
  return file;
}

std::vector<std::uint32_t> crcs_of(SealedReader& sealed, const std::string& path, DataPart part) {
  const std::string dataset = in(part, "crc32");
  const Tensor<std::int64_t> stored = sealed.read<std::int64_t>(dataset);
  std::vector<std::uint32_t> crcs;
  crcs.reserve(static_cast<std::size_t>(stored.size()));
  for (const std::int64_t crc : stored) {
    if (crc < 0 || crc > std::numeric_limits<std::uint32_t>::max())
      throw BadData(fmt::format("{}:{}", path, dataset), fmt::format("holds {}, which is no CRC-32", crc));
    crcs.push_back(static_cast<std::uint32_t>(crc));
  }
  return crcs;
}

// What the file says that it holds.
struct Contents {
  Shape image;
  bool has_labels;
  std::array<Index, 3> counts;
};

Contents contents_of(const hdf5::File& file) {
  const json stated = parsed_json(file.string_attribute("/", "contents"));
  // Not get<Index>(), which takes 1e300 and 2^63, too.
  const auto count = [](const json& value) {
    return integer_in("contents", value.is_number_integer() ? value.dump() : "no integer", 0,
                      std::numeric_limits<Index>::max());
  };
  try {
    Contents contents{{}, stated.at("labels").get<bool>(), {}};
    for (const json& extent : stated.at("image")) contents.image.push_back(count(extent));
    for (const DataPart part : data_parts)
      contents.counts[static_cast<std::size_t>(part)] = count(stated.at(std::string(name(part))));
    bytes_of(contents.image, contents.counts);
    return contents;
  } catch (const json::exception&) {
  } catch (const InvalidArgument&) {
  }
  throw BadData(file.path(), "its attribute contents is not what fsconv writes");
}

ImageSet read_part(const hdf5::File& file, SealedReader& sealed,
                   const std::shared_ptr<const InputFile>& pixels, DataPart part, const Contents& contents,
                   const std::vector<std::string>& classes) {
  const std::string images = in(part, "images"), labels = in(part, "label");
  const std::string where = file.path() + ":" + images;
  const Shape shape = file.shape(images);
  Shape wanted = contents.image;
  wanted.insert(wanted.begin(), contents.counts[static_cast<std::size_t>(part)]);
  if (shape != wanted)
    throw BadData(where, fmt::format("has shape [{}]", fmt::join(shape, ", ")),
                  fmt::format("the file says that it is [{}]", fmt::join(wanted, ", ")));
  if (file.dtype(images) != "u1") throw BadData(where, "holds numbers of type " + file.dtype(images));
  const auto place = file.place(images);
  if (!place) throw BadData(where, "does not lie in the file in one piece, as it was written");
  ImageSet set{images_in_file({pixels, *place, where}, shape, crcs_of(sealed, file.path(), part)), {}};
  if (!contents.has_labels) return set;
  set.classes = classes;
  const Tensor<std::uint8_t> read = sealed.read<std::uint8_t>(labels);
  if (read.shape() != Shape{shape[0]})
    throw BadData(file.path() + ":" + labels, fmt::format("has shape [{}]", fmt::join(read.shape(), ", ")),
                  fmt::format("there are {} images", shape[0]));
  set.labels.assign(read.begin(), read.end());
  return set;
}

}  // namespace

// ---- writing

void require_disk_room(const std::string& path, const Shape& image, Index count) {
  const Index bytes = bytes_of(image, {count, 0, 0});
  std::error_code unknown;
  fs::path folder = fs::absolute(path, unknown).parent_path();
  while (!fs::exists(folder, unknown) && folder.has_relative_path()) folder = folder.parent_path();
  const fs::space_info room = fs::space(folder, unknown);
  if (!unknown && room.available < static_cast<std::uintmax_t>(bytes))
    throw IoError(path, fmt::format("cannot write: its images take {} bytes, and the disk has {} left", bytes,
                                    room.available));
}

PreparedWriter::PreparedWriter(const std::string& path, RunInfo info, PreparedDescription description,
                               const Shape& image, const std::array<Index, 3>& counts)
    : info_(std::move(info)), description_(std::move(description)), image_(image), file_([&] {
        bytes_of(image, counts);  // throws where a count is none
        require_disk_room(path, image, std::accumulate(counts.begin(), counts.end(), Index{0}));
        return hdf5::File::create(path);
      }()) {
  info_.kind = kind;
  image_size_ = element_count(image_);
  for (const DataPart part : data_parts) {
    const Index count = at(part).count = counts[static_cast<std::size_t>(part)];
    if (count == 0) continue;
    file_.create_group(fmt::format("/{}", name(part)));
    file_.reserve<std::uint8_t>(in(part, "images"), {count, image_[0], image_[1], image_[2]},
                                {.dimensions = {"image", "channel", "row", "column"},
                                 .units = "1",
                                 .long_name = "pixels, 0 black to 255 white"});
  }
}

void PreparedWriter::add(DataPart part, std::span<const std::uint8_t> pixels, PreparedSource source) {
  Part& to = at(part);
  if (to.added == to.count)
    throw InvalidArgument("images", fmt::format("are more than {} in the part {}", to.count, name(part)));
  if (static_cast<Index>(pixels.size()) != image_size_)
    throw InvalidArgument("images", fmt::format("have {} bytes", pixels.size()),
                          fmt::format("[{}] are {}", fmt::join(image_, ", "), image_size_));
  // The first image decides for the part, the first one of all for the file (write_rest).
  if (to.added > 0 &&
      (source.label.has_value() == to.labels.empty() || source.sha256.empty() != to.sums.empty()))
    throw InvalidArgument(
        "images", fmt::format("{} has a label or SHA-256 where others have none, or none", source.name));
  to.crcs.push_back(
      static_cast<std::int64_t>(crc32_z(0, pixels.data(), static_cast<z_size_t>(pixels.size()))));
  if (source.label) to.labels.push_back(*source.label);
  to.names.push_back(std::move(source.name));
  if (!source.sha256.empty()) to.sums.push_back(std::move(source.sha256));
  to.waiting.insert(to.waiting.end(), pixels.begin(), pixels.end());
  ++to.added;
  if (to.waiting.size() >= piece_bytes) write_waiting(part);
}

void PreparedWriter::write_waiting(DataPart part) {
  Part& from = at(part);
  file_.write_part(in(part, "images"), from.written, std::span<const std::uint8_t>(from.waiting));
  from.written = from.added;
  from.waiting.clear();
}

void PreparedWriter::write_rest(DataPart part) {
  const Part& from = at(part);
  const auto storage = [](const char* long_name) {
    return hdf5::Storage{.dimensions = {"image"}, .units = "1", .long_name = long_name};
  };
  file_.write(in(part, "crc32"), from.crcs, storage("CRC-32 of the image's pixels"));
  if (!from.labels.empty()) file_.write(in(part, "label"), from.labels, storage("class of the image"));
  const auto write_texts = [&](const char* dataset, const std::vector<std::string>& texts,
                               const char* long_name) {
    file_.write_strings(in(part, dataset), texts, {.dimensions = {"image"}, .long_name = long_name});
  };
  write_texts("source", from.names, "file that the image was made of");
  if (!from.sums.empty()) write_texts("sha256", from.sums, "SHA-256 of that file");
}

void PreparedWriter::commit() {
  const Part& train = at(DataPart::train);
  for (const DataPart part : data_parts) {
    const Part& one = at(part);
    if (one.added < one.count)
      throw InvalidArgument("images", fmt::format("are {} in the part {}", one.added, name(part)),
                            fmt::format("{} were announced", one.count));
    if (one.count > 0 &&
        (one.labels.empty() != train.labels.empty() || one.sums.empty() != train.sums.empty()))
      throw InvalidArgument("images",
                            fmt::format("have labels or SHA-256 in only one of train and {}", name(part)));
  }
  Hashes not_hashed;  // a second pass over all pixels, of which crc32 speaks already
  for (const DataPart part : data_parts)
    if (at(part).count > 0) {
      stop_if_interrupted();
      write_waiting(part);
      write_rest(part);
      not_hashed[in(part, "images")] = "";
    }
  write_environment(file_, info_);
  const auto set = [&](const char* attribute, const std::string& text) {
    file_.set_attribute("/", attribute, text);
  };
  json contents = {{"image", image_}, {"labels", !train.labels.empty()}};
  for (const DataPart part : data_parts) contents[std::string(name(part))] = at(part).count;
  set("contents", contents.dump());
  set("recipe", description_.recipe.dump());
  set("decoder", description_.decoder);
  set("classes", json(description_.classes).dump());
  set("notes", json(description_.notes).dump());
  seal(file_, not_hashed);
  for (const auto& [dataset, none] : not_hashed) forget(file_, dataset);
  file_.commit();
}

// ---- reading

std::string kind_of_file(const std::string& path) {
  const hdf5::File file = hdf5::File::open(path);
  if (!file.has_attribute("/", "kind")) return "";
  const hdf5::Value value = file.attribute("/", "kind");
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

bool is_prepared(const std::string& path) { return kind_of_file(path) == kind; }

PreparedData open_prepared(const std::string& path) {
  const auto pixels = std::make_shared<const InputFile>(path);
  const hdf5::File file = open_file(path);
  SealedReader sealed(file);
  PreparedData data{description_of(file), {}};
  const Contents contents = contents_of(file);
  for (const DataPart part : data_parts)
    if (const auto number = static_cast<std::size_t>(part); contents.counts[number] > 0)
      data.parts[number] = read_part(file, sealed, pixels, part, contents, data.description.classes);
  return data;
}

std::vector<std::string> prepared_sources(const std::string& path, DataPart part) {
  const hdf5::File file = open_file(path);
  check_dataset(file, in(part, "source"));
  return file.read_strings(in(part, "source"));
}

Index verify_prepared(const std::string& path) {
  const PreparedData data = open_prepared(path);
  {
    const hdf5::File file = open_file(path);
    SealedReader(file).check_rest();
  }
  Index total = 0;
  for (const ImageSet& set : data.parts) total += set.images.count();
  Progress progress("verify", total, "images");
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(data[DataPart::train].images.image_size()));
  for (const ImageSet& set : data.parts)
    for (Index image = 0; image < set.images.count(); ++image) {
      stop_if_interrupted();
      set.images.read(image, pixels.data());
      progress.advance();
    }
  return total;
}

}  // namespace fsconv
