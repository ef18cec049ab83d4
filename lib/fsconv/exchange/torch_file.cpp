// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <fsconv/base/little_endian.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/exchange/torch_file.hpp>
#include <fsconv/io/zip/zip_writer.hpp>

// The opcodes: Python's Lib/pickletools.py; protocol 2.

namespace fsconv {
namespace {

constexpr std::uint64_t storage_alignment = 64;

class PickleText {
 public:
  PickleText() : bytes_("\x80\x02") {}

  PickleText& code(const char* opcodes) {
    bytes_ += opcodes;
    return *this;
  }
  PickleText& global(const char* module, const char* name) {
    bytes_ += fmt::format("c{}\n{}\n", module, name);
    return *this;
  }
  PickleText& text(const std::string& value) {
    bytes_ += 'X';
    return number(value.size(), 4).append(value);
  }
  PickleText& integer(Index value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value < 0x100) return code("K").number(bits, 1);
    if (value < 0x10000) return code("M").number(bits, 2);
    if (value < 0x80000000) return code("J").number(bits, 4);
    return code("\x8a\x08").number(bits, 8);
  }
  PickleText& tuple(const Shape& values) {
    code("(");
    for (const Index value : values) integer(value);
    return code("t");
  }
  PickleText& empty_dictionary() { return global("collections", "OrderedDict").code(")R"); }

  const std::string& bytes() const { return bytes_; }

 private:
  PickleText& number(std::uint64_t value, int width) {
    append_little_endian(bytes_, value, width);
    return *this;
  }
  PickleText& append(const std::string& value) {
    bytes_ += value;
    return *this;
  }
  std::string bytes_;
};

Shape row_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * std::max<Index>(1, shape[axis]);
  return strides;
}

// A view of the whole storage of this number.
void add_tensor(PickleText& pickle, const std::string& name, std::size_t storage, const Tensor<float>& values,
                const Shape& shape, const Shape& strides) {
  pickle.text(name).global("torch._utils", "_rebuild_tensor_v2").code("((");
  pickle.text("storage").global("torch", "FloatStorage").text(std::to_string(storage)).text("cpu");
  pickle.integer(values.size()).code("tQ").integer(0).tuple(shape).tuple(strides).code("\x89");
  pickle.empty_dictionary().code("tR");
}
void add_tensor(PickleText& pickle, const std::string& name, std::size_t storage,
                const Tensor<float>& values) {
  add_tensor(pickle, name, storage, values, values.shape(), row_strides(values.shape()));
}

std::string pickle_of(const ModelState& state) {
  PickleText pickle;
  std::size_t storage = 0;
  pickle.empty_dictionary().code("(");
  for (const NamedTensor& tensor : state.tensors) {
    add_tensor(pickle, tensor.name, storage, tensor.value);
    for (const std::string& alias : tensor.aliases) add_tensor(pickle, alias, storage, tensor.value);
    for (const std::string& name : tensor.transposed) {
      const Shape &shape = tensor.value.shape(), strides = row_strides(shape);
      add_tensor(pickle, name, storage, tensor.value, {shape.at(1), shape.at(0)}, {strides[1], strides[0]});
    }
    ++storage;
  }
  pickle.code("u}(").text("check").empty_dictionary().code("(");
  for (const auto& [name, member] : check_tensors)
    if (const Tensor<float>& values = state.check.*member; values.size() > 0)
      add_tensor(pickle, name, storage++, values);
  pickle.code("u").text("fsconv").code("}(");
  for (const auto& [key, text] : state.metadata) pickle.text(key).text(text);
  return pickle.code("uub.").bytes();
}

}  // namespace

void write_torch(const std::string& path, const ModelState& state) {
  ZipWriter file(path, ZipWriter::Seal::sha256);
  const auto add = [&](const std::string& name, std::span<const std::byte> content) {
    file.add("archive/" + name, std::array{content}, storage_alignment);
  };
  const auto add_text = [&](const std::string& name, const std::string& text) {
    add(name, std::as_bytes(std::span(text)));
  };
  add_text("data.pkl", pickle_of(state));
  add_text("byteorder", "little");
  std::size_t storage = 0;
  for (const NamedValues& tensor : all_tensors(state))
    add(fmt::format("data/{}", storage++),
        std::as_bytes(std::span(tensor.values->data(), static_cast<std::size_t>(tensor.values->size()))));
  add_text("version", "3\n");
  file.commit();
}

}  // namespace fsconv
