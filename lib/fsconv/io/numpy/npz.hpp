// NumPy's .npz format: a zip archive of .npy members.
#pragma once

#include <cstdint>
#include <fsconv/base/array.hpp>
#include <fsconv/io/atomic_file.hpp>
#include <span>
#include <string>
#include <vector>

namespace fsconv {

// The names of the arrays (without ".npy"), in the archive's order.
std::vector<std::string> npz_names(const std::string& path);

// Stored and deflated members; every size and position is checked against the file, and the content against
// its CRC (zip_reader.hpp). BadData says what is wrong, and lists the names if there is no array `name`.
Array read_npz(const std::string& path, const std::string& name);

// Writes several named arrays, stored (numpy.savez), zip64 where it is needed. The file appears with
// commit(). Arrays are streamed: nothing is copied.
class NpzWriter {
 public:
  explicit NpzWriter(const std::string& path);

  // `descr` is NumPy's type: "<f8", "<i8", "|S3"; `bytes` the values, C order, little endian. InvalidArgument
  // if the name is empty or there already; BadData names `path` if the bytes do not fill the shape.
  void add(const std::string& name, const std::string& descr, const Shape& shape,
           std::span<const std::byte> bytes);
  template <class T>
  void add(const std::string& name, const Tensor<T>& values);  // float, double, std::int64_t, std::uint8_t

  void commit();

 private:
  struct Member {
    std::string name;
    std::uint32_t crc;
    std::uint64_t size, offset;
  };
  void put(const std::string& bytes);

  AtomicFile file_;
  std::uint64_t position_ = 0;
  std::vector<Member> members_;
};

}  // namespace fsconv
