// Convolutions said in texts by name.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fsconv/base/error.hpp>
#include <fsconv/conventions/geometry_words.hpp>
#include <map>

using namespace fsconv;

namespace {

Said said(std::map<std::string, std::string, std::less<>> words) {
  return [words](std::string_view name) -> std::optional<std::string> {
    const auto found = words.find(name);
    return found == words.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string refusal(const std::map<std::string, std::string, std::less<>>& words) {
  try {
    read_sizes(said(words));
    read_settings(said(words));
  } catch (const InvalidArgument& refused) {
    return refused.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("geometry_words: texts become sizes and settings, and what is not said keeps its default") {
  const auto words = said({{"input-size", "7,8"},
                           {"kernel", "3"},
                           {"channels", "2,4"},
                           {"stride", "2/3"},
                           {"padding", "0:1"},
                           {"output-padding", "1,0"},
                           {"groups", "2"},
                           {"flip", "true"}});
  const ArraySizes sizes = read_sizes(words);
  CHECK(sizes.source == Shape{7, 8});
  CHECK(sizes.kernel == Shape{3, 3});
  CHECK(sizes.image_channels == 2);
  CHECK(sizes.code_channels == 4);
  const Settings settings = read_settings(words);
  CHECK(settings.stride == std::vector<Stride>{{2, 3}});
  CHECK(settings.padding == Padding{.begin = {0}, .end = {1}});
  CHECK(settings.output_padding == std::vector<Index>{1, 0});
  CHECK(settings.groups == 2);
  CHECK(settings.flip == true);
  CHECK(settings.dilation == std::vector<Index>{1});
  CHECK_FALSE(settings.size.has_value());
  CHECK_FALSE(settings.transpose_kernel);
  CHECK_FALSE(read_settings(said({})).padding.has_value());
}

TEST_CASE("geometry_words: refusals name the word") {
  const std::map<std::string, std::string, std::less<>> legal{{"input-size", "7"}, {"kernel", "3"}};
  CHECK(refusal(legal) == "none");
  const auto with = [&](const std::string& name, const std::string& text) {
    auto words = legal;
    words[name] = text;
    return refusal(words);
  };
  CHECK(refusal({{"kernel", "3"}}) == "input-size: is missing; give --input-size");
  CHECK(refusal({{"input-size", "3"}}) == "kernel: is missing; give --kernel");
  CHECK(with("input-size", "1,2,3,4").starts_with("input-size: has 4 axes"));
  CHECK(with("channels", "1").starts_with("channels: has 1 number"));
  CHECK(with("groups", "0") == "groups: is '0'; must be an integer from 1 to 1073741824");
  CHECK(with("groups", "two").starts_with("groups: 'two' is not an integer"));
  CHECK(with("flip", "yes") == "flip: is 'yes'; must be true or false");
  CHECK(with("stride", "0").starts_with("stride: "));
  CHECK(with("padding", "2x").starts_with("padding: "));
  CHECK(with("dilation", "1,x").starts_with("dilation: "));
}
