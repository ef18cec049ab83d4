// Frames are drawn, cut to what changes, given one palette, and packed by giflib.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <cmath>
#include <fsconv/base/error.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/draw/gif.hpp>
#include <fsconv/draw/palette.hpp>
#include <memory>
#include <utility>

namespace fsconv::draw {

namespace {

constexpr std::size_t most_colours = 255;      // and one number that says: as before
constexpr Index most_pixels = Index{1} << 31;  // of all frames together: minutes of drawing

// Part of a picture, in its place.
struct Cutting {
  Index left = 0, top = 0, width = 0, height = 0;
  std::vector<std::uint8_t> pixels;  // red, green, blue
  std::vector<bool> stays;           // whether a pixel is what it was; none: all are new
};

// The smallest rectangle that holds all pixels in which two pictures of one size differ; one pixel where none does.
Cutting changes(const Picture& picture, const Picture& before) {
  const auto line = [&](const Picture& of, Index y) { return of.pixels.begin() + 3 * y * of.width; };
  const Index row = 3 * picture.width;
  Index top = picture.height, bottom = -1, first = row, last = -1;  // first and last: bytes of a line
  for (Index y = 0; y < picture.height; ++y) {
    const auto one = line(picture, y), other = line(before, y);
    const Index begin = std::mismatch(one, one + row, other).first - one;
    if (begin == row) continue;
    top = std::min(top, y);
    bottom = y;
    first = std::min(first, begin);
    Index end = row - 1;
    while (end > last && one[end] == other[end]) --end;
    last = std::max(last, end);
  }
  if (bottom < 0) top = bottom = first = last = 0;
  Cutting cutting{first / 3, top, last / 3 - first / 3 + 1, bottom - top + 1, {}, {}};
  require_memory(cutting.width * cutting.height, 3, "zoom");
  for (Index y = top; y <= bottom; ++y) {
    const auto from = line(picture, y) + 3 * cutting.left;
    const auto old = line(before, y) + 3 * cutting.left;
    cutting.pixels.insert(cutting.pixels.end(), from, from + 3 * cutting.width);
    for (Index x = 0; x < cutting.width; ++x)
      cutting.stays.push_back(std::equal(from + 3 * x, from + 3 * x + 3, old + 3 * x));
  }
  return cutting;
}

// A GIF that grows in memory.
class Encoder {
 public:
  Encoder() {
    int reason = 0;
    file_ = EGifOpen(this, &Encoder::take, &reason);
    if (file_ == nullptr) fail(reason);
  }
  ~Encoder() {
    if (file_ != nullptr) EGifCloseFile(file_, nullptr);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  void begin(Index width, Index height, const Palette& palette, bool repeats) {
    std::vector<GifColorType> colours;
    for (const std::uint32_t rgb : palette.colours())
      colours.push_back({static_cast<GifByteType>(rgb >> 16), static_cast<GifByteType>(rgb >> 8 & 255),
                         static_cast<GifByteType>(rgb & 255)});
    as_before_ = static_cast<int>(colours.size());
    colours.push_back(colours.front());  // never seen
    int bits = 1;                        // a table's size is a power of two
    while (std::size_t{1} << bits < colours.size()) ++bits;
    colours.resize(std::size_t{1} << bits, colours.front());
    const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> map(
        GifMakeMapObject(static_cast<int>(colours.size()), colours.data()), &GifFreeMapObject);
    if (!map) throw std::bad_alloc();
    EGifSetGifVersion(file_, true);  // 89a
    require(EGifPutScreenDesc(file_, static_cast<int>(width), static_cast<int>(height), 8, 0, map.get()));
    if (repeats) put_loop();
  }

  void put(const Cutting& cutting, const Palette& palette, int hundredths) {
    GraphicsControlBlock control{
        .DisposalMode = DISPOSE_DO_NOT,
        .UserInputFlag = false,
        .DelayTime = hundredths,
        .TransparentColor = cutting.stays.empty() ? NO_TRANSPARENT_COLOR : as_before_};
    GifByteType bytes[4];
    const std::size_t size = EGifGCBToExtension(&control, bytes);
    require(EGifPutExtension(file_, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(size), bytes));
    require(EGifPutImageDesc(file_, static_cast<int>(cutting.left), static_cast<int>(cutting.top),
                             static_cast<int>(cutting.width), static_cast<int>(cutting.height), false,
                             nullptr));
    std::vector<GifPixelType> line(static_cast<std::size_t>(cutting.width));
    std::size_t number = 0;
    for (auto at = cutting.pixels.begin(); at != cutting.pixels.end();) {
      for (GifPixelType& pixel : line) {
        // What stays is one number, whose long runs take next to no room.
        pixel = !cutting.stays.empty() && cutting.stays[number]
                    ? static_cast<GifPixelType>(as_before_)
                    : palette.index_of(static_cast<std::uint32_t>(at[0] << 16 | at[1] << 8 | at[2]));
        at += 3;
        ++number;
      }
      require(EGifPutLine(file_, line.data(), static_cast<int>(cutting.width)));
    }
  }

  std::string finish() {
    int reason = 0;
    GifFileType* file = std::exchange(file_, nullptr);
    if (EGifCloseFile(file, &reason) == GIF_ERROR) fail(reason);
    return std::move(bytes_);
  }

 private:
  // Netscape's extension: repeated 0 times means for ever.
  void put_loop() {
    constexpr unsigned char for_ever[] = {1, 0, 0};
    require(EGifPutExtensionLeader(file_, APPLICATION_EXT_FUNC_CODE));
    require(EGifPutExtensionBlock(file_, 11, "NETSCAPE2.0"));
    require(EGifPutExtensionBlock(file_, sizeof for_ever, for_ever));
    require(EGifPutExtensionTrailer(file_));
  }

  // Called from C, which knows no exceptions.
  static int take(GifFileType* file, const GifByteType* data, int size) noexcept try {
    static_cast<Encoder*>(file->UserData)
        ->bytes_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    return size;
  } catch (const std::exception&) {
    return 0;
  }

  void require(int result) const {
    if (result == GIF_ERROR) fail(file_->Error);
  }
  [[noreturn]] static void fail(int reason) {
    if (reason == E_GIF_ERR_NOT_ENOUGH_MEM) throw std::bad_alloc();
    const char* words = GifErrorString(reason);
    throw Error(ExitCode::runtime,
                fmt::format("cannot make the GIF: giflib: {}", words ? words : "unknown error"));
  }

  GifFileType* file_ = nullptr;
  int as_before_ = 0;  // the number of no colour
  std::string bytes_;
};

}  // namespace

std::string gif(const Scene& scene, const GifOptions& options) {
  require_seconds(options.seconds_per_frame);
  const int delay = static_cast<int>(std::lround(100 * options.seconds_per_frame));  // GIF counts hundredths
  const RasterSize size = raster_size(scene, options.raster);
  const Index frames = static_cast<Index>(scene.frames.size());
  if (frames > most_pixels / (size.width * size.height))
    throw InvalidArgument(
        "zoom", fmt::format("{} frames of {}x{} pixels are too many", frames, size.width, size.height),
        "a smaller zoom, one --step, or an SVG or a page, which are small");

  const Raster raster(scene, options.raster);
  std::vector<Cutting> cuttings;
  Palette palette;
  Picture before = frames > 0 ? raster.frame(0) : raster.still();
  cuttings.push_back({0, 0, before.width, before.height, before.pixels, {}});
  palette.count(cuttings.back().pixels);
  for (Index number = 1; number < frames; ++number) {
    stop_if_interrupted();
    Picture picture = raster.frame(number);
    cuttings.push_back(changes(picture, before));
    palette.count(cuttings.back().pixels);
    before = std::move(picture);
  }
  palette.choose(most_colours);

  Encoder encoder;
  encoder.begin(size.width, size.height, palette, frames > 1);
  for (const Cutting& cutting : cuttings) {
    stop_if_interrupted();
    encoder.put(cutting, palette, delay);
  }
  return encoder.finish();
}

}  // namespace fsconv::draw
