// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <fsconv/base/array.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/exchange/foreign_tensors.hpp>
#include <fsconv/exchange/weights_npz.hpp>
#include <fsconv/io/json_text.hpp>
#include <fsconv/io/numpy/npz.hpp>

namespace fsconv {
namespace {

constexpr auto text_name = "__fsconv__";

Tensor<float> read_weights(const NpzReader& archive, std::size_t number, const std::string& where) {
  return archive.read_floats(number, [&](const NpyHeader& header) {
    if (header.kind != 'f')
      throw BadData(where, fmt::format("holds numbers of the type {}", header.dtype()),
                    "weights are f2, f4 or f8");
  });
}

void read_text(const std::string& path, const Array& array, ForeignTensors& found) {
  std::string text;
  if (array.dtype == "u1")
    for (const double byte : array.values) text += static_cast<char>(static_cast<unsigned char>(byte));
  const auto json = parsed_json(text);
  const std::string where = fmt::format("{}:{}", path, text_name);
  if (!json.is_object() || !json.contains("aliases") || !json.contains("transposed") ||
      !json.contains("metadata") || !json["metadata"].is_object())
    throw BadData(where, "is not the JSON text that fsconv writes");
  found.add_aliases(json["aliases"].dump());
  found.add_transposed(json["transposed"].dump());
  for (const auto& [key, value] : json["metadata"].items()) {
    if (!value.is_string()) throw BadData(where, fmt::format("has no text under {}", excerpt(key)));
    found.add_metadata(key, value.get<std::string>());
  }
}

}  // namespace

void write_npz(const std::string& path, const ModelState& state) {
  NpzWriter file(path, ZipWriter::Seal::sha256);
  for (const NamedValues& tensor : all_tensors(state)) file.add(tensor.name, *tensor.values);
  const nlohmann::json json = {
      {"aliases", alias_names(state)}, {"transposed", transposed_names(state)}, {"metadata", state.metadata}};
  const std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  file.add(text_name, "|u1", {static_cast<Index>(text.size())}, std::as_bytes(std::span(text)));
  file.commit();
}

ModelState read_npz_state(const std::string& path) {
  ForeignTensors found(path);
  const NpzReader archive(path);
  const std::vector<std::string>& names = archive.names();
  for (std::size_t at = 0; at < names.size(); ++at)
    if (names[at] != text_name)
      found.add(names[at], read_weights(archive, at, fmt::format("{}:{}", path, excerpt(names[at]))));
  if (std::find(names.begin(), names.end(), text_name) != names.end())
    read_text(path, archive.read(archive.number_of(text_name)), found);
  return std::move(found).state();
}

}  // namespace fsconv
