#include <fmt/format.h>

#include <array>
#include <cmath>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/io/hdf5/handle.hpp>
#include <limits>
#include <type_traits>

namespace fsconv::hdf5 {
namespace {

template <class T>
hid_t memory_type() {
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
}

// A numeric dataset that is about to be read, and where it is.
struct Source {
  const File::State& state;
  std::string name;
  Handle dataset;
  Shape shape;
  char kind;          // of the stored numbers: f, i, u, b
  std::size_t bytes;  // of one of them

  std::string where() const { return state.where(name); }

  template <class T>
  Tensor<T> read_as() const {
    require_memory_for(where(), element_count(shape), sizeof(T));
    Tensor<T> values(shape);
    if (values.size() > 0 &&
        H5Dread(dataset.id(), memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
      state.fail_to_read(name, "read it");
    return values;
  }
};

// A file can ask for filters that this HDF5 was built without; its own message for that is about folders of
// plugins.
void require_filters(hid_t dataset, const std::string& where) {
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  for (int at = 0; at < H5Pget_nfilters(properties.id()); ++at) {
    std::size_t values = 0;
    std::array<char, 64> name{};
    const H5Z_filter_t filter = H5Pget_filter2(properties.id(), static_cast<unsigned>(at), nullptr, &values,
                                               nullptr, name.size() - 1, name.data(), nullptr);
    if (H5Zfilter_avail(filter) > 0) continue;
    H5Eclear2(H5E_DEFAULT);
    throw BadData(
        where,
        fmt::format("is compressed by filter {} ({}), which this HDF5 does not have", filter, name.data()),
        "store it with gzip or without compression");
  }
}

Source open_source(const File::State& state, const std::string& name) {
  Handle dataset = state.open_dataset(name);
  const Handle type(H5Dget_type(dataset.id()), H5Tclose);
  require_numbers(type.id(), state.where(name));
  const std::string stored = type_name(type.id());
  const std::size_t bytes = H5Tget_size(type.id());
  require_filters(dataset.id(), state.where(name));
  Shape shape = shape_of(dataset.id(), state.where(name));
  return {state, name, std::move(dataset), std::move(shape), stored.front(), bytes};
}

// Floating-point numbers rounded to a shorter type.
Tensor<float> narrowed(const Source& source) {
  const Tensor<double> wide = source.read_as<double>();
  Tensor<float> values = cast<float>(wide);
  for (Index at = 0; at < values.size(); ++at)
    if (std::isinf(values[at]) && !std::isinf(wide[at]))
      throw BadData(source.where(), fmt::format("holds {} at {}, which no float can hold", wide[at],
                                                position_text(wide.shape(), at)));
  return values;
}

// Integers in floating point: each must be held exactly.
template <class T, class Integer>
Tensor<T> exact(const Source& source) {
  const Tensor<Integer> integers = source.read_as<Integer>();
  constexpr auto limit = static_cast<Integer>(std::uint64_t{1} << std::numeric_limits<T>::digits);
  for (Index at = 0; at < integers.size(); ++at)
    if (integers[at] > limit || (std::is_signed_v<Integer> && integers[at] < Integer{0} - limit))
      throw BadData(
          source.where(),
          fmt::format("holds the integer {} at {}", integers[at], position_text(integers.shape(), at)),
          fmt::format("beyond 2^{} they are not held exactly", std::numeric_limits<T>::digits));
  return cast<T>(integers);
}

// An enumeration of two names can hold other numbers all the same.
template <class T>
Tensor<T> truths(const Source& source) {
  const Tensor<std::uint8_t> values = source.read_as<std::uint8_t>();
  for (Index at = 0; at < values.size(); ++at)
    if (values[at] > 1)
      throw BadData(source.where(),
                    fmt::format("holds {} at {}", values[at], position_text(values.shape(), at)),
                    "its booleans are 0 and 1");
  return cast<T>(values);
}

}  // namespace

template <class T>
Tensor<T> File::read(const std::string& name) const {
  const Source source = open_source(*state_, name);
  if (source.kind == 'b') return truths<T>(source);
  if constexpr (std::is_floating_point_v<T>) {
    if (source.kind == 'i') return exact<T, std::int64_t>(source);
    if (source.kind == 'u') return exact<T, std::uint64_t>(source);
    if constexpr (std::is_same_v<T, float>)
      if (source.bytes > sizeof(float)) return narrowed(source);
  } else {
    constexpr bool is_signed = std::is_signed_v<T>;
    const bool fits = source.kind == 'i' ? is_signed && source.bytes <= sizeof(T)
                                         : source.kind == 'u' && source.bytes + is_signed <= sizeof(T);
    if (!fits)
      throw BadData(source.where(), fmt::format("holds numbers of type {}{}", source.kind, source.bytes),
                    fmt::format("{}{} is wanted, or a shorter one", is_signed ? 'i' : 'u', sizeof(T)));
  }
  return source.read_as<T>();
}

std::vector<std::string> File::read_strings(const std::string& name) const {
  const Handle dataset = state_->open_dataset(name);
  const Handle type(H5Dget_type(dataset.id()), H5Tclose), space(H5Dget_space(dataset.id()), H5Sclose);
  if (type_name(type.id()) != "str") throw BadData(state_->where(name), "holds no texts");
  const Shape shape = shape_of(dataset.id(), state_->where(name));
  const Index count = element_count(shape);
  require_memory_for(state_->where(name), count, std::max(sizeof(char*), H5Tget_size(type.id())));
  auto texts = read_texts(type.id(), space.id(), count, [&](hid_t memory, void* into) {
    return H5Dread(dataset.id(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, into);
  });
  if (!texts) state_->fail_to_read(name, "read it");
  return *texts;
}

Shape File::shape(const std::string& name) const {
  return shape_of(state_->open_dataset(name).id(), state_->where(name));
}

std::string File::dtype(const std::string& name) const {
  const Handle dataset = state_->open_dataset(name);
  return type_name(Handle(H5Dget_type(dataset.id()), H5Tclose).id());
}

std::optional<double> File::fill_value(const std::string& name) const {
  const Handle dataset = state_->open_dataset(name);
  const Handle creation(H5Dget_create_plist(dataset.id()), H5Pclose);
  H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
  double value = 0;
  const bool stated = H5Pfill_value_defined(creation.id(), &defined) >= 0 &&
                      defined == H5D_FILL_VALUE_USER_DEFINED &&
                      H5Pget_fill_value(creation.id(), H5T_NATIVE_DOUBLE, &value) >= 0;
  H5Eclear2(H5E_DEFAULT);
  return stated ? std::optional(value) : std::nullopt;
}

template Tensor<double> File::read(const std::string&) const;
template Tensor<float> File::read(const std::string&) const;
template Tensor<std::int64_t> File::read(const std::string&) const;
template Tensor<std::uint8_t> File::read(const std::string&) const;

}  // namespace fsconv::hdf5
