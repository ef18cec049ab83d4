// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <fsconv/base/error.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/content_kind.hpp>
#include <fsconv/io/input_file.hpp>
#include <fsconv/io/zip/zip_reader.hpp>
#include <string_view>
#include <vector>

namespace fsconv {
namespace {

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  const char* kind;
};

using namespace std::string_view_literals;

constexpr auto hdf5_kind = "an HDF5 file";

// In this order: what is more special comes first.
constexpr std::array signatures = {
    Signature{0, "\x93NUMPY"sv, "an array of NumPy (.npy)"},
    Signature{0, "\x89HDF\r\n\x1a\n"sv, hdf5_kind},
    Signature{512, "\x89HDF\r\n\x1a\n"sv, hdf5_kind},
    Signature{0, "MATLAB 5.0 MAT-file"sv,
              "a MATLAB file of version 5 to 7; save('-v7.3', ...) writes HDF5, which is read"},
    Signature{0, "CDF\x01"sv,
              "netCDF in its classic format; nccopy -k nc4 OLD NEW makes HDF5 of it, which is read"},
    Signature{0, "CDF\x02"sv,
              "netCDF in its classic format; nccopy -k nc4 OLD NEW makes HDF5 of it, which is read"},
    Signature{0, "CDF\x05"sv,
              "netCDF in its classic format; nccopy -k nc4 OLD NEW makes HDF5 of it, which is read"},
    Signature{0, "\x0e\x03\x13\x01"sv, "an HDF4 file; h4toh5 OLD NEW makes HDF5 of it, which is read"},
    Signature{0, "\xcd\xf3\x00\x01"sv, "a CDF file of NASA's format, which is not netCDF"},
    Signature{0, "\x1f\x8b"sv, "a gzip file"},
    Signature{0, "PK\x03\x04"sv, "a zip archive"},
    Signature{0, "PK\x05\x06"sv, "an empty zip archive"},
    Signature{0, "BZh"sv, "a bzip2 file"},
    Signature{0,
              "\xfd"
              "7zXZ"sv,
              "an xz file"},
    Signature{0, "\x28\xb5\x2f\xfd"sv, "a zstd file"},
    Signature{0, "\x89PNG"sv, "a PNG picture"},
    Signature{0, "\xff\xd8\xff"sv, "a JPEG picture"},
    Signature{0, "GIF8"sv, "a GIF picture"},
    Signature{0, "%PDF"sv, "a PDF document"},
    Signature{0,
              "\x7f"
              "ELF"sv,
              "a program"},
    Signature{257, "ustar"sv, "a tar archive; unpack it first"},
    Signature{0, "\x80\x02"sv, "a pickle of Python; save the array with numpy.save"},
    Signature{0, "\x80\x03"sv, "a pickle of Python; save the array with numpy.save"},
    Signature{0, "\x80\x04"sv, "a pickle of Python; save the array with numpy.save"},
    Signature{0, "\x80\x05"sv, "a pickle of Python; save the array with numpy.save"},
    Signature{0, "version https://git-lfs"sv, "a pointer of Git LFS; git lfs pull fetches the file"},
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t'; });
}

std::string kind_of_text(std::string_view bytes) {
  std::string start = lower_case(bytes);
  if (start.starts_with("\xef\xbb\xbf")) start.erase(0, 3);  // a mark of UTF-8
  const auto first = start.find_first_not_of(" \r\n\t");
  if (first == std::string::npos) return {};
  start.erase(0, first);
  if (contains(start, "<html") || start.starts_with("<!doctype html") || contains(start, "<head"))
    return "a web page (HTML): the download has failed, fetch it again";
  if (start.starts_with("<")) return "a text (XML or HTML): where it was downloaded, fetch it again";
  return is_text(bytes) ? "a text" : std::string();
}

// Archives are told apart by what is in them.
std::string kind_of_zip(const InputFile& file) {
  for (const ZipMember& member : zip_directory(file)) {
    if (member.name == "model.weights.h5")
      return "a model of Keras 3, a zip archive: unzip it, its weights are in model.weights.h5";
    if (member.name.ends_with("data.pkl"))
      return "a file of PyTorch: save the tensor with numpy.save(FILE, tensor.numpy())";
    if (member.name.ends_with(".npy")) return "an archive of NumPy (.npz)";
  }
  return "a zip archive";
}

}  // namespace

std::string content_kind(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Signature& signature : signatures)
    if (text.size() >= signature.offset + signature.bytes.size() &&
        text.substr(signature.offset).starts_with(signature.bytes))
      return signature.kind;
  return kind_of_text(text);
}

std::string content_kind_of(const std::string& path) {
  try {
    const InputFile file(path);
    std::vector<std::byte> bytes(std::min<std::uint64_t>(file.size(), 1024));
    file.read(0, bytes);
    const std::string kind = content_kind(bytes);
    return kind == "a zip archive" ? kind_of_zip(file) : kind;
  } catch (const Error&) {
    return {};
  }
}

bool is_hdf5_file(const std::string& path) { return content_kind_of(path) == hdf5_kind; }

std::string with_kind(const std::string& problem, const std::string& kind) {
  return kind.empty() ? problem : problem + "; it is " + kind;
}

}  // namespace fsconv
