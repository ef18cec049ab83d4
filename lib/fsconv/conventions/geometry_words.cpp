// SPDX-License-Identifier: Apache-2.0
#include <fsconv/base/text.hpp>
#include <fsconv/conventions/geometry_words.hpp>

namespace fsconv {
namespace {

std::optional<std::vector<Index>> integers(const Said& said, std::string_view name) {
  const auto text = said(name);
  if (!text) return std::nullopt;
  return to_integers(name, *text);
}

std::vector<Index> required_integers(const Said& said, std::string_view name) {
  const auto text = said(name);
  if (!text) throw InvalidArgument(name, "is missing", fmt::format("give --{}", name));
  return to_integers(name, *text);
}

std::optional<bool> truth(const Said& said, std::string_view name) {
  const auto text = said(name);
  if (!text) return std::nullopt;
  if (*text != "true" && *text != "false")
    throw InvalidArgument(name, fmt::format("is '{}'", *text), "must be true or false");
  return *text == "true";
}

std::optional<Index> groups(const Said& said) {
  constexpr Index most = Index{1} << 30;
  const auto text = said("groups");
  if (!text) return std::nullopt;
  return integer_in("groups", *text, 1, most);
}

}  // namespace

Settings read_settings(const Said& said) {
  Settings settings;
  if (const auto stride = said("stride")) settings.stride = parse_stride(*stride);
  if (const auto padding = said("padding")) settings.padding = parse_padding(*padding);
  settings.output_padding = integers(said, "output-padding");
  settings.dilation = integers(said, "dilation").value_or(std::vector<Index>{1});
  settings.groups = groups(said);
  settings.size = integers(said, "size");
  settings.data_format = said("data-format").value_or("");
  settings.flip = truth(said, "flip");
  settings.transpose_kernel = truth(said, "transpose-kernel").value_or(false);
  settings.consistent_padding = truth(said, "use-consistent-padding").value_or(false);
  return settings;
}

ArraySizes read_sizes(const Said& said) {
  ArraySizes sizes;
  sizes.source = required_integers(said, "input-size");
  if (sizes.source.size() > 3)
    throw InvalidArgument("input-size", fmt::format("has {} axes", sizes.source.size()),
                          "give 1, 2 or 3 of space");
  sizes.kernel = required_integers(said, "kernel");
  if (sizes.kernel.size() == 1 && sizes.source.size() > 1)
    sizes.kernel = std::vector<Index>(sizes.source.size(), sizes.kernel[0]);
  const auto channels = integers(said, "channels").value_or(std::vector<Index>{1, 1});
  if (channels.size() != 2)
    throw InvalidArgument("channels", "has " + counted(static_cast<Index>(channels.size()), "number"),
                          "give two: image side, code side");
  sizes.image_channels = channels[0];
  sizes.code_channels = channels[1];
  return sizes;
}

}  // namespace fsconv
