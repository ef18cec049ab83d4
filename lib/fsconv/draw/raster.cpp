// Every shape of a scene as a call of Cairo's.
// SPDX-License-Identifier: Apache-2.0
#include <cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fsconv/base/error.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/memory.hpp>
#include <fsconv/draw/raster.hpp>
#include <fsconv/draw/theme.hpp>
#include <numbers>

namespace fsconv::draw {

namespace {

struct Release {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* pen) const { cairo_destroy(pen); }
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

void require(cairo_status_t status) {
  if (status == CAIRO_STATUS_NO_MEMORY) throw std::bad_alloc();
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(ExitCode::runtime,
                fmt::format("cannot draw the picture: Cairo: {}", cairo_status_to_string(status)));
}

Owned<cairo_surface_t> blank(Index width, Index height) {
  Owned<cairo_surface_t> surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height)));
  require(cairo_surface_status(surface.get()));
  return surface;
}

// The distance of two lines or dots of a hatch: the tile of the SVG's patterns.
constexpr double hatch_tile = 6;

class Pen {
 public:
  Pen(cairo_surface_t* surface, double zoom, bool dark) : pen_(cairo_create(surface)), dark_(dark) {
    require(cairo_status(pen_.get()));
    cairo_scale(pen_.get(), zoom, zoom);
    // As a browser sets text at any size: letters where their widths put them, not on whole pixels.
    Owned<cairo_font_options_t> options(cairo_font_options_create());
    cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(pen_.get(), options.get());
  }

  void paper() {
    colour({Role::paper});
    cairo_paint(pen_.get());
  }

  void draw(const std::vector<Element>& elements) {
    for (const Element& element : elements) {
      stop_if_interrupted();
      std::visit([&](const auto& shape) { draw(shape); }, element.shape);
      require(cairo_status(pen_.get()));
    }
  }

 private:
  void draw(const Rectangle& shape) {
    if (shape.width <= 0 || shape.height <= 0) return;
    const double corner = std::clamp(shape.corner, 0.0, std::min(shape.width, shape.height) / 2);
    cairo_new_path(pen_.get());
    if (corner == 0) {
      cairo_rectangle(pen_.get(), shape.x, shape.y, shape.width, shape.height);
    } else {
      const double left = shape.x + corner, right = shape.x + shape.width - corner;
      const double top = shape.y + corner, bottom = shape.y + shape.height - corner;
      constexpr double quarter = std::numbers::pi / 2;
      cairo_arc(pen_.get(), right, top, corner, -quarter, 0);
      cairo_arc(pen_.get(), right, bottom, corner, 0, quarter);
      cairo_arc(pen_.get(), left, bottom, corner, quarter, 2 * quarter);
      cairo_arc(pen_.get(), left, top, corner, 2 * quarter, 3 * quarter);
      cairo_close_path(pen_.get());
    }
    finish(shape.style);
  }

  void draw(const Tiles& shape) {
    cairo_new_path(pen_.get());
    for (const Tiles::Tile& tile : shape.tiles)
      cairo_rectangle(pen_.get(), tile.x, tile.y, tile.width, tile.height);
    finish(shape.style);
  }

  void draw(const Path& shape) {
    if (shape.points.empty()) return;
    const auto& points = shape.points;
    cairo_new_path(pen_.get());
    cairo_move_to(pen_.get(), points[0].x, points[0].y);
    if (shape.smooth)
      for (std::size_t at = 1; at + 2 < points.size(); at += 3)
        cairo_curve_to(pen_.get(), points[at].x, points[at].y, points[at + 1].x, points[at + 1].y,
                       points[at + 2].x, points[at + 2].y);
    else
      for (std::size_t at = 1; at < points.size(); ++at)
        cairo_line_to(pen_.get(), points[at].x, points[at].y);
    if (shape.closed) cairo_close_path(pen_.get());
    finish(shape.style);
    if (!shape.arrow || points.size() < 2 || shape.style.stroke.role == Role::none) return;
    const std::vector<Point> head = arrow_head(shape);
    for (const Point& corner : head) cairo_line_to(pen_.get(), corner.x, corner.y);
    colour(shape.style.stroke);
    cairo_fill(pen_.get());
  }

  void draw(const Circle& shape) {
    if (shape.radius <= 0) return;
    cairo_new_path(pen_.get());
    cairo_arc(pen_.get(), shape.centre.x, shape.centre.y, shape.radius, 0, 2 * std::numbers::pi);
    cairo_close_path(pen_.get());
    finish(shape.style);
  }

  void draw(const Label& shape) {
    if (shape.colour.role == Role::none) return;
    cairo_save(pen_.get());
    cairo_select_font_face(pen_.get(), "DejaVu Sans",
                           shape.italic ? CAIRO_FONT_SLANT_OBLIQUE : CAIRO_FONT_SLANT_NORMAL,
                           shape.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(pen_.get(), shape.size);
    const std::string text = one_line(shape.text);  // Cairo takes nothing but UTF-8
    cairo_text_extents_t extents;
    cairo_text_extents(pen_.get(), text.c_str(), &extents);
    const double share = shape.anchor == Anchor::start ? 0 : shape.anchor == Anchor::middle ? 0.5 : 1;
    cairo_translate(pen_.get(), shape.at.x, shape.at.y);
    cairo_rotate(pen_.get(), shape.turned * std::numbers::pi / 180);
    cairo_move_to(pen_.get(), -share * extents.x_advance, 0);
    colour(shape.colour);
    cairo_show_text(pen_.get(), text.c_str());
    cairo_restore(pen_.get());
  }

  void draw(const Pixels& shape) {
    struct Source {
      const std::vector<std::uint8_t>& png;
      std::size_t at = 0;
    } source{shape.png};
    const auto read = [](void* from, unsigned char* data, unsigned count) {
      auto& bytes = *static_cast<Source*>(from);
      if (bytes.png.size() - bytes.at < count) return CAIRO_STATUS_READ_ERROR;
      std::memcpy(data, bytes.png.data() + bytes.at, count);
      bytes.at += count;
      return CAIRO_STATUS_SUCCESS;
    };
    const Owned<cairo_surface_t> pixels(cairo_image_surface_create_from_png_stream(read, &source));
    require(cairo_surface_status(pixels.get()));
    const double across = cairo_image_surface_get_width(pixels.get());
    const double down = cairo_image_surface_get_height(pixels.get());
    cairo_save(pen_.get());
    cairo_translate(pen_.get(), shape.x, shape.y);
    cairo_scale(pen_.get(), shape.width / across, shape.height / down);
    cairo_set_source_surface(pen_.get(), pixels.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(pen_.get()), CAIRO_FILTER_NEAREST);
    cairo_rectangle(pen_.get(), 0, 0, across, down);
    cairo_fill(pen_.get());
    cairo_restore(pen_.get());
  }

  void colour(Paint paint, double opacity = 1) {
    const Colour rgb = colour_of(paint, dark_);
    cairo_set_source_rgba(pen_.get(), rgb.red / 255.0, rgb.green / 255.0, rgb.blue / 255.0, opacity);
  }

  // Fills, strokes and hatches the path, which is used up.
  void finish(const Style& style) {
    if (style.fill.role != Role::none) {
      colour(style.fill, style.opacity);
      cairo_fill_preserve(pen_.get());
    }
    if (style.stroke.role != Role::none) {
      constexpr double dashes[] = {3, 3};
      cairo_set_dash(pen_.get(), dashes, style.dashed ? 2 : 0, 0);
      cairo_set_line_width(pen_.get(), style.stroke_width);
      colour(style.stroke);
      cairo_stroke_preserve(pen_.get());
    }
    if (style.hatch != Hatch::none) hatch(style);
    cairo_new_path(pen_.get());
  }

  void hatch(const Style& style) {
    double left, top, right, bottom;
    cairo_path_extents(pen_.get(), &left, &top, &right, &bottom);
    cairo_save(pen_.get());
    cairo_clip(pen_.get());  // by the path
    colour(style.stroke);
    cairo_set_dash(pen_.get(), nullptr, 0, 0);
    cairo_set_line_width(pen_.get(), 1);
    const auto first = [](double at) { return std::floor(at / hatch_tile) * hatch_tile; };
    if (style.hatch == Hatch::dotted)
      for (double y = first(top); y < bottom; y += hatch_tile)
        for (double x = first(left); x < right; x += hatch_tile) {
          cairo_new_sub_path(pen_.get());
          cairo_arc(pen_.get(), x + hatch_tile / 2, y + hatch_tile / 2, 1, 0, 2 * std::numbers::pi);
        }
    const double height = bottom - top;
    if (style.hatch == Hatch::rising || style.hatch == Hatch::crossed)  // x + y a multiple of the tile
      for (double sum = first(left + top); sum <= right + bottom; sum += hatch_tile) {
        cairo_move_to(pen_.get(), sum - bottom, bottom);
        cairo_line_to(pen_.get(), sum - top, top);
      }
    if (style.hatch == Hatch::falling || style.hatch == Hatch::crossed)  // x - y is one
      for (double difference = first(left - bottom); difference <= right - top; difference += hatch_tile) {
        cairo_move_to(pen_.get(), difference + top, top);
        cairo_rel_line_to(pen_.get(), height, height);
      }
    if (style.hatch == Hatch::dotted)
      cairo_fill(pen_.get());
    else
      cairo_stroke(pen_.get());
    cairo_restore(pen_.get());
  }

  Owned<cairo_t> pen_;
  bool dark_;
};

// Bytes for a pixel: two surfaces of four, and a Picture of three.
constexpr std::size_t bytes_per_pixel = 2 * 4 + 3;

constexpr double smallest_zoom = 0.01;

Index side(double length, double zoom) {
  if (zoom < smallest_zoom)
    throw InvalidArgument("zoom", fmt::format("is {}", zoom), fmt::format("at least {}", smallest_zoom));
  const double pixels = std::ceil(length * zoom - 1e-6);
  if (!(pixels <= static_cast<double>(longest_raster_side)))
    throw InvalidArgument("zoom",
                          fmt::format("{} makes a picture of more than {} pixels", zoom, longest_raster_side),
                          fmt::format("at most {:.3g}, or an SVG, which has no pixels",
                                      std::floor(100 * longest_raster_side / length) / 100));
  return std::max<Index>(1, static_cast<Index>(pixels));
}

}  // namespace

double largest_zoom(const Scene& scene) {
  return static_cast<double>(longest_raster_side) / std::max({scene.width, scene.height, 1.0});
}

struct Raster::Canvas {
  double zoom;
  Index width, height;
  Owned<cairo_surface_t> base, frame = {};

  Picture picture(cairo_surface_t* surface) const {
    cairo_surface_flush(surface);
    Picture picture{width, height, 3,
                    std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height))};
    const unsigned char* data = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    auto out = picture.pixels.begin();
    for (Index y = 0; y < height; ++y)
      for (Index x = 0; x < width; ++x) {
        std::uint32_t rgb;  // of the machine's byte order
        std::memcpy(&rgb, data + y * stride + 4 * x, sizeof rgb);
        for (const int shift : {16, 8, 0}) *out++ = static_cast<std::uint8_t>(rgb >> shift & 255);
      }
    return picture;
  }
};

RasterSize raster_size(const Scene& scene, const RasterOptions& options) {
  if (!(options.zoom > 0) || !std::isfinite(options.zoom))
    throw InvalidArgument("zoom", fmt::format("is {}", options.zoom), "a number above 0");
  const RasterSize size{side(scene.width, options.zoom), side(scene.height, options.zoom)};
  require_memory(size.width * size.height, bytes_per_pixel, "zoom");
  return size;
}

Raster::Raster(const Scene& scene, const RasterOptions& options) : scene_(scene), dark_(options.dark) {
  const auto [width, height] = raster_size(scene, options);
  canvas_ = std::make_unique<Canvas>(Canvas{options.zoom, width, height, blank(width, height)});
  Pen pen(canvas_->base.get(), options.zoom, dark_);
  pen.paper();
  pen.draw(scene.elements);
}

Raster::~Raster() = default;

Picture Raster::still() const { return canvas_->picture(canvas_->base.get()); }

Picture Raster::frame(Index number) const {
  if (number < 0 || number >= static_cast<Index>(scene_.frames.size()))
    throw InvalidArgument("step", fmt::format("is {}", number),
                          scene_.frames.empty() ? std::string("this picture has no steps")
                                                : fmt::format("0 to {}", scene_.frames.size() - 1));
  if (!canvas_->frame) canvas_->frame = blank(canvas_->width, canvas_->height);
  const Owned<cairo_t> copy(cairo_create(canvas_->frame.get()));
  cairo_set_source_surface(copy.get(), canvas_->base.get(), 0, 0);
  cairo_paint(copy.get());
  require(cairo_status(copy.get()));
  Pen(canvas_->frame.get(), canvas_->zoom, dark_)
      .draw(scene_.frames[static_cast<std::size_t>(number)].elements);
  return canvas_->picture(canvas_->frame.get());
}

Picture raster(const Scene& scene, const RasterOptions& options) { return Raster(scene, options).still(); }

}  // namespace fsconv::draw
