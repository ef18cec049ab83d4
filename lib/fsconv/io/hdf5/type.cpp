// The types of HDF5 by name and in words.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/text.hpp>
#include <fsconv/io/hdf5/handle.hpp>
#include <set>

namespace fsconv::hdf5 {
namespace {

// The names of an enumeration's values, or of a compound's fields.
std::vector<std::string> member_names(hid_t type) {
  std::vector<std::string> names;
  const int count = H5Tget_nmembers(type);
  for (int at = 0; at < count; ++at) {
    char* const name = H5Tget_member_name(type, static_cast<unsigned>(at));
    names.emplace_back(name ? name : "");
    H5free_memory(name);
  }
  return names;
}

// The value of an enumeration's name; the bytes of one value, which is short, are converted in place.
std::int64_t member_value(hid_t type, unsigned at) {
  std::array<std::int64_t, 4> value{};
  const Handle base(H5Tget_super(type), H5Tclose);
  if (H5Tget_size(type) > sizeof(std::int64_t) || H5Tget_member_value(type, at, value.data()) < 0 ||
      H5Tconvert(base.id(), H5T_NATIVE_INT64, 1, value.data(), nullptr, H5P_DEFAULT) < 0)
    return -1;
  return value[0];
}

// Whether it is how h5py and others write booleans: FALSE is 0 and TRUE is 1, and there is no third name.
bool is_named_as_boolean(hid_t type) {
  std::set<std::string> names;
  for (const std::string& name : member_names(type)) names.insert(upper_case(name));
  return H5Tget_nmembers(type) == 2 && names == std::set<std::string>{"FALSE", "TRUE"};
}

bool is_boolean(hid_t type) {
  if (H5Tget_class(type) != H5T_ENUM || H5Tget_size(type) > 8 || !is_named_as_boolean(type)) return false;
  const std::vector<std::string> names = member_names(type);
  for (unsigned at = 0; at < 2; ++at)
    if (member_value(type, at) != (upper_case(names[at]) == "TRUE" ? 1 : 0)) return false;
  return true;
}

// Two fields with the names that are usual for them: h5py's, MATLAB's, Julia's and netCDF's.
bool is_complex(const std::vector<std::string>& fields) {
  constexpr std::pair<const char*, const char*> usual[] = {
      {"r", "i"}, {"real", "imag"}, {"re", "im"}, {"real", "imaginary"}, {"re_", "im_"}};
  return fields.size() == 2 && std::any_of(std::begin(usual), std::end(usual), [&](const auto& pair) {
           return fields[0] == pair.first && fields[1] == pair.second;
         });
}

// IEEE 754's numbers of 16 bits, which HDF5 1.10 knows how to convert but has no name for.
Handle half_type(hid_t like) {
  Handle type(H5Tcopy(like), H5Tclose);
  H5Tset_fields(type.id(), 15, 10, 5, 0, 10);  // sign, exponent, significand: where, and how many bits
  H5Tset_size(type.id(), 2);
  H5Tset_ebias(type.id(), 15);
  return type;
}

bool is_one_of(hid_t type, std::initializer_list<hid_t> known) {
  return std::any_of(known.begin(), known.end(), [&](hid_t one) { return H5Tequal(type, one) > 0; });
}

bool is_standard_number(hid_t type) {
  if (H5Tget_class(type) == H5T_FLOAT)
    return is_one_of(type, {H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE,
                            half_type(H5T_IEEE_F32LE).id(), half_type(H5T_IEEE_F32BE).id()});
  return is_one_of(type,
                   {H5T_STD_I8LE, H5T_STD_I8BE, H5T_STD_I16LE, H5T_STD_I16BE, H5T_STD_I32LE, H5T_STD_I32BE,
                    H5T_STD_I64LE, H5T_STD_I64BE, H5T_STD_U8LE, H5T_STD_U8BE, H5T_STD_U16LE, H5T_STD_U16BE,
                    H5T_STD_U32LE, H5T_STD_U32BE, H5T_STD_U64LE, H5T_STD_U64BE});
}

}  // namespace

std::string type_name(hid_t type) {
  const std::size_t bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return fmt::format("f{}", bytes);
    case H5T_INTEGER:
      return fmt::format("{}{}", H5Tget_sign(type) == H5T_SGN_NONE ? 'u' : 'i', bytes);
    case H5T_STRING:
      return "str";
    case H5T_ENUM:
      return is_boolean(type) ? "b1" : "other";
    default:
      return "other";
  }
}

std::string type_description(hid_t type) {
  const std::size_t bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return fmt::format("floating-point numbers of {} bytes", bytes);
    case H5T_INTEGER:
      return fmt::format("integers of {} bytes", bytes);
    case H5T_STRING:
      return "texts";
    case H5T_ENUM:
      if (is_boolean(type)) return "booleans";
      return "an enumeration of " + excerpt_of_names(member_names(type)) +
             (is_named_as_boolean(type) ? ", which are not 0 and 1" : "");
    case H5T_BITFIELD:
      return fmt::format("bit fields of {} bits", 8 * bytes);
    case H5T_OPAQUE:
      return fmt::format("opaque elements of {} bytes", bytes);
    case H5T_COMPOUND: {
      const std::vector<std::string> fields = member_names(type);
      return is_complex(fields) ? "complex numbers" : "records with the fields " + excerpt_of_names(fields);
    }
    case H5T_REFERENCE:
      return "references to other objects";
    case H5T_VLEN:
      return "lists of varying length";
    case H5T_ARRAY:
      return "arrays as elements";
    default:
      return "no numbers that fsconv knows";
  }
}

void require_numbers(hid_t type, const std::string& where) {
  const std::string name = type_name(type);
  if (name == "str" || name == "other" || H5Tget_size(type) > 8)
    throw BadData(where, "holds " + type_description(type),
                  "floating-point numbers and integers of up to 8 bytes and booleans (FALSE, TRUE) are read");
  const Handle base(H5Tget_class(type) == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type), H5Tclose);
  if (!is_standard_number(base.id()))
    throw BadData(
        where, fmt::format("holds {} whose bits are laid out as in no standard type", type_description(type)),
        "IEEE 754 floating-point numbers and whole integers are read: the file is damaged, or uses types of its own");
}

}  // namespace fsconv::hdf5
