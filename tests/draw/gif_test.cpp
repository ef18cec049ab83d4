// Animations read back through giflib, pixel by pixel; and the colours that stand for others.
// SPDX-License-Identifier: Apache-2.0
#include <gif_lib.h>
#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/draw/gif.hpp>
#include <fsconv/draw/palette.hpp>
#include <fsconv/draw/theme.hpp>
#include <memory>
#include <set>

using namespace fsconv;
using namespace fsconv::draw;
using Catch::Contains;

namespace {

struct Shown {
  Index stored;  // pixels that the file holds for it
  int hundredths;
  Picture picture;  // as a viewer has it then
};
struct ReadBack {
  std::vector<Shown> frames;
  std::vector<Colour> palette;
  int repeats = -1;  // 0: for ever; -1: nothing said
};

ReadBack read_back(const std::string& bytes) {
  struct Source {
    const std::string& bytes;
    std::size_t at = 0;
  } source{bytes};
  int reason = 0;
  const auto read = [](GifFileType* file, GifByteType* to, int size) {
    auto& from = *static_cast<Source*>(file->UserData);
    const std::size_t count = std::min(static_cast<std::size_t>(size), from.bytes.size() - from.at);
    std::memcpy(to, from.bytes.data() + from.at, count);
    from.at += count;
    return static_cast<int>(count);
  };
  const std::unique_ptr<GifFileType, void (*)(GifFileType*)> file(
      DGifOpen(&source, read, &reason), [](GifFileType* one) { DGifCloseFile(one, nullptr); });
  REQUIRE(file);
  REQUIRE(DGifSlurp(file.get()) == GIF_OK);
  CHECK(source.at == bytes.size());

  ReadBack all;
  Picture canvas{file->SWidth, file->SHeight, 3,
                 std::vector<std::uint8_t>(static_cast<std::size_t>(3 * file->SWidth * file->SHeight))};
  REQUIRE(file->SColorMap);
  for (int at = 0; at < file->SColorMap->ColorCount; ++at) {
    const GifColorType& colour = file->SColorMap->Colors[at];
    all.palette.push_back({colour.Red, colour.Green, colour.Blue});
  }
  for (int number = 0; number < file->ImageCount; ++number) {
    const SavedImage& image = file->SavedImages[number];
    const GifImageDesc& area = image.ImageDesc;
    CHECK(area.ColorMap == nullptr);
    for (int at = 0; at < image.ExtensionBlockCount; ++at) {
      const ExtensionBlock& block = image.ExtensionBlocks[at];
      if (block.Function == APPLICATION_EXT_FUNC_CODE && block.ByteCount == 11)
        CHECK(std::string(reinterpret_cast<const char*>(block.Bytes), 11) == "NETSCAPE2.0");
      if (block.Function == CONTINUE_EXT_FUNC_CODE && block.ByteCount == 3 && block.Bytes[0] == 1)
        all.repeats = block.Bytes[1] + 256 * block.Bytes[2];
    }
    GraphicsControlBlock control;
    REQUIRE(DGifSavedExtensionToGCB(file.get(), number, &control) == GIF_OK);
    CHECK(control.DisposalMode == DISPOSE_DO_NOT);
    CHECK((control.TransparentColor == NO_TRANSPARENT_COLOR) == (number == 0));
    for (int y = 0; y < area.Height; ++y)
      for (int x = 0; x < area.Width; ++x) {
        if (image.RasterBits[y * area.Width + x] == control.TransparentColor) continue;
        const GifColorType& colour = file->SColorMap->Colors[image.RasterBits[y * area.Width + x]];
        auto* to =
            &canvas.pixels.at(static_cast<std::size_t>(3 * ((area.Top + y) * file->SWidth + area.Left + x)));
        to[0] = colour.Red;
        to[1] = colour.Green;
        to[2] = colour.Blue;
      }
    all.frames.push_back({Index{area.Width} * area.Height, control.DelayTime, canvas});
  }
  return all;
}

// A square that walks over a row of cells, with its number: flat colours and letters.
Scene walk(int steps, bool letters) {
  Scene scene{
      .width = 20.0 * steps, .height = 30, .title = {}, .description = {}, .elements = {}, .frames = {}};
  for (int x = 0; x < steps; ++x) scene.add(Rectangle{20.0 * x, 5, 18, 18, 0, {.fill = {Role::cell}}});
  for (int x = 0; x < steps; ++x) {
    Frame frame{fmt::format("step {}", x), {}};
    frame.elements.push_back({Rectangle{20.0 * x, 5, 18, 18, 0, {.fill = {Role::series, x}}}, {}, {}});
    if (letters)
      frame.elements.push_back(
          {Label{{20.0 * x + 9, 19}, fmt::format("{}", x), 12, {Role::on}, Anchor::middle}, {}, {}});
    scene.frames.push_back(std::move(frame));
  }
  return scene;
}

Index squared_distance(Colour one, Colour other) {
  const Index red = one.red - other.red, green = one.green - other.green, blue = one.blue - other.blue;
  return red * red + green * green + blue * blue;
}

// Whether no colour of the palette is nearer to a pixel of `wanted` than the one that is shown, at any pixel.
bool is_nearest(const Picture& shown, const Picture& wanted, const std::vector<Colour>& palette) {
  for (std::size_t at = 0; at < wanted.pixels.size(); at += 3) {
    const auto colour = [&](const Picture& of) {
      return Colour{of.pixels.at(at), of.pixels.at(at + 1), of.pixels.at(at + 2)};
    };
    const Index distance = squared_distance(colour(shown), colour(wanted));
    for (const Colour& other : palette)
      if (squared_distance(other, colour(wanted)) < distance) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("gif: flat colours come back to the bit, frame by frame, for ever") {
  for (const bool dark : {false, true})
    for (const double zoom : {1.0, 2.0, 0.5}) {
      const Scene scene = walk(5, false);
      const ReadBack read = read_back(gif(scene, {{zoom, dark}, 0.25}));
      const Raster raster(scene, {zoom, dark});
      REQUIRE(read.frames.size() == 5);
      CHECK(read.repeats == 0);
      for (Index frame = 0; frame < 5; ++frame) {
        const Shown& shown = read.frames[static_cast<std::size_t>(frame)];
        CHECK(shown.picture == raster.frame(frame));
        CHECK(shown.hundredths == 25);
      }
    }
}

TEST_CASE("gif: only what changes is stored, and a frame that changes nothing is there") {
  Scene scene = walk(5, false);
  scene.frames.insert(scene.frames.begin() + 2, scene.frames[1]);
  const ReadBack read = read_back(gif(scene));
  REQUIRE(read.frames.size() == 6);
  CHECK(read.frames[0].stored == 100 * 30);
  CHECK(read.frames[1].stored == 38 * 18);  // the square that goes and the one that comes, by hand
  CHECK(read.frames[2].stored == 1);
  CHECK(read.frames[2].picture == read.frames[1].picture);
  CHECK(read.frames[3].stored == 38 * 18);
}

TEST_CASE("gif: with more colours than 255 each takes one that is near") {
  // Ramps of brightness behind letters: thousands of colours, which 256 cannot be.
  Scene scene = walk(4, true);
  std::vector<std::uint8_t> ramp;
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 80; ++x)
      for (const int value : {3 * x, 8 * y, 255 - 3 * x}) ramp.push_back(static_cast<std::uint8_t>(value));
  scene.elements.insert(scene.elements.begin(),
                        Element{Pixels{0, 0, 80, 30, png_bytes({80, 30, 3, ramp})}, {}, {}});
  const ReadBack read = read_back(gif(scene));
  const Raster raster(scene, {});
  REQUIRE(read.frames.size() == 4);
  CHECK(read.palette.size() == 256);
  for (Index frame = 0; frame < 4; ++frame) {
    const Picture& shown = read.frames[static_cast<std::size_t>(frame)].picture;
    CHECK(shown != raster.frame(frame));
    CHECK(is_nearest(shown, raster.frame(frame), read.palette));
    Picture wrong = shown;  // the check sees a single pixel of another colour
    wrong.pixels[0] ^= 0x40;
    CHECK_FALSE(is_nearest(wrong, raster.frame(frame), read.palette));
    // The most common colours stay what they are: those of the cells and of the squares.
    const auto at = static_cast<std::size_t>(3 * (7 * 80 + 20 * frame + 2));
    const Colour expected = colour_of({Role::series, static_cast<int>(frame)}, false);
    CHECK(Colour{shown.pixels[at], shown.pixels[at + 1], shown.pixels[at + 2]} == expected);
  }
}

TEST_CASE("gif: a scene without frames is one picture that does not repeat") {
  Scene scene = walk(3, false);
  scene.frames.clear();
  const ReadBack read = read_back(gif(scene));
  REQUIRE(read.frames.size() == 1);
  CHECK(read.repeats == -1);
  CHECK(read.frames[0].picture == raster(scene));
}

TEST_CASE("gif: what no GIF can be is refused") {
  const Scene scene = walk(3, false);
  for (const double seconds : {0.0, 0.01, -1.0, 601.0})
    CHECK_THROWS_WITH(gif(scene, {{}, seconds}), Contains("seconds: is") && Contains("0.02 to 600"));
  CHECK_THROWS_WITH(gif(scene, {{0}, 1}), Contains("zoom"));
  Scene many = walk(3, false);
  many.width = many.height = 16000;
  many.frames.resize(9);
  CHECK_THROWS_WITH(gif(many), Contains("9 frames of 16000x16000 pixels are too many; a smaller zoom"));
}

TEST_CASE("palette: the commonest colour first, then the worst served, by hand") {
  Palette palette;
  std::vector<std::uint8_t> pixels;
  const auto add = [&](int count, std::uint8_t grey) {
    pixels.insert(pixels.end(), static_cast<std::size_t>(3 * count), grey);
  };
  add(10, 0);
  add(3, 10);   // 3 pixels * 10^2 are less than
  add(1, 100);  // 1 * 100^2
  add(2, 98);
  palette.count(pixels);
  palette.choose(2);
  CHECK(palette.colours() == std::vector<std::uint32_t>{0x000000, 0x626262});  // 2 * 98^2 is more than either
  CHECK(palette.index_of(0x0a0a0a) == 0);
  CHECK(palette.index_of(0x646464) == 1);
  palette.choose(256);
  CHECK(std::set<std::uint32_t>(palette.colours().begin(), palette.colours().end()) ==
        std::set<std::uint32_t>{0, 0x0a0a0a, 0x646464, 0x626262});
  for (const std::uint32_t rgb : {0u, 0x0a0a0au, 0x646464u, 0x626262u})
    CHECK(palette.colours().at(palette.index_of(rgb)) == rgb);
  CHECK_THROWS(palette.index_of(0x123456));
}
