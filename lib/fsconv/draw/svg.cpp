// Every shape of a scene as an element of SVG, every role as a class of its style sheet.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <fsconv/base/base64.hpp>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/interrupt.hpp>
#include <fsconv/base/markup.hpp>
#include <fsconv/draw/svg.hpp>
#include <fsconv/draw/text_size.hpp>
#include <map>
#include <set>

namespace fsconv::draw {

namespace {

// Of every role that a class is made for; series and shades have one for each index that is used.
constexpr std::pair<Role, std::string_view> role_names[] = {
    {Role::paper, "paper"}, {Role::cell, "cell"}, {Role::line, "line"},     {Role::ink, "ink"},
    {Role::quiet, "quiet"}, {Role::code, "code"}, {Role::image, "image"},   {Role::step, "step"},
    {Role::crop, "crop"},   {Role::on, "on"},     {Role::series, "series"}, {Role::shade, "shade"}};

// "f-code", "s-series3": the class that fills or strokes with a paint.
std::string class_of(char use, Paint paint) {
  for (const auto& [role, name] : role_names)
    if (role == paint.role) {
      const bool indexed = role == Role::series || role == Role::shade;
      const int index = role == Role::series ? static_cast<int>(positive_mod(paint.index, series_colours))
                                             : std::clamp(paint.index, 0, 255);
      return indexed ? fmt::format("{}-{}{}", use, name, index) : fmt::format("{}-{}", use, name);
    }
  return {};
}

std::string hex(Colour colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue);
}

// Both uses of every role; shades are few hundred and would dwarf a small drawing, so that they are written where they
// are used.
std::string rules(bool dark) {
  std::string css;
  const auto rule = [&](Paint paint) {
    css += fmt::format(".{}{{fill:{}}}.{}{{stroke:{}}}", class_of('f', paint), hex(colour_of(paint, dark)),
                       class_of('s', paint), hex(colour_of(paint, dark)));
  };
  for (const auto& [role, name] : role_names) {
    if (role == Role::shade) continue;
    if (role == Role::series)
      for (int index = 0; index < series_colours; ++index) rule({role, index});
    else
      rule({role});
  }
  return css;
}

std::string shade_rules(const std::set<int>& shades, bool dark) {
  std::string css;
  for (const int index : shades)
    css += fmt::format(".f-shade{0}{{fill:{1}}}.s-shade{0}{{stroke:{1}}}", index,
                       hex(colour_of({Role::shade, index}, dark)));
  return css;
}

std::string themed(Theme theme, const auto& css_of) {
  std::string css;
  if (theme == Theme::dark) return css_of(true);
  css = css_of(false);
  if (theme == Theme::automatic)
    css += fmt::format("@media screen and (prefers-color-scheme:dark){{{}}}", css_of(true));
  return css;
}

// Text that may come from a file: what no XML can hold is written as a number.
std::string escaped(std::string_view text) { return markup_text(one_line(text, 4000)); }

// A length with two decimals at most, none where there are none.
std::string number(double value) {
  const double hundredths = std::round(value * 100);
  if (hundredths == 0) return "0";
  std::string text = fmt::format("{:.2f}", hundredths / 100);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

class Writer {
 public:
  Writer(const SvgOptions& options, std::size_t axes) : options_(options), axes_(axes) {}

  void draw(const std::vector<Element>& elements) {
    stop_if_interrupted();
    for (const Element& element : elements) draw(element);
  }

  std::string text;
  std::set<int> shades;
  std::map<std::string, std::string> patterns;  // by id

 private:
  void draw(const Element& element) {
    mark_ = element.mark ? mark_attributes(*element.mark) : std::string();
    title_ = element.title.empty() ? std::string() : fmt::format("<title>{}</title>", escaped(element.title));
    std::visit([&](const auto& shape) { write(shape); }, element.shape);
  }

  std::string mark_attributes(const Mark& mark) const {
    static constexpr std::string_view kinds[] = {"code", "image", "weight", "tap", "entry"};
    const auto at = [&](const char* name, const Index3& position) {
      std::string list;
      for (std::size_t axis = 3 - axes_; axis < 3; ++axis)
        list += fmt::format("{}{}", list.empty() ? "" : " ", position[axis]);
      return fmt::format(" data-{}=\"{}\"", name, list);
    };
    std::string all = fmt::format(" data-mark=\"{}\"", kinds[static_cast<std::size_t>(mark.kind)]);
    const bool pair = mark.kind == Mark::Kind::tap || mark.kind == Mark::Kind::entry;
    if (pair || mark.kind == Mark::Kind::code_pixel) all += at("o", mark.o);
    if (pair || mark.kind == Mark::Kind::image_pixel) all += at("i", mark.i);
    if (pair || mark.kind == Mark::Kind::weight) all += at("k", mark.k);
    return all;
  }

  void used(Paint paint) {
    if (paint.role == Role::shade) shades.insert(std::clamp(paint.index, 0, 255));
  }

  std::string style_attributes(const Style& style) {
    used(style.fill);
    used(style.stroke);
    const std::string fill = class_of('f', style.fill), stroke = class_of('s', style.stroke);
    std::string all = " class=\"" + (fill.empty() ? "f-none" : fill);
    if (!stroke.empty()) all += " " + stroke;
    if (style.dashed) all += " dashed";
    all += '"';
    if (!stroke.empty() && style.stroke_width != 1)
      all += fmt::format(" stroke-width=\"{}\"", number(style.stroke_width));
    if (style.opacity != 1) all += fmt::format(" fill-opacity=\"{}\"", number(style.opacity));
    return all;
  }

  // The id of the pattern that hatches in a colour.
  std::string pattern(const Style& style) {
    static constexpr std::string_view names[] = {"", "rising", "falling", "crossed", "dotted"};
    const std::string_view name = names[static_cast<std::size_t>(style.hatch)];
    const std::string stroke = class_of('s', style.stroke), fill = class_of('f', style.stroke);
    const std::string id = fmt::format("{}{}-{}", options_.inline_prefix, name, stroke);
    static constexpr std::string_view rising = "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2",
                                      falling = "M-1,5 l2,2 M0,0 l6,6 M5,-1 l2,2";
    std::string content;
    if (style.hatch == Hatch::dotted)
      content = fmt::format("<circle cx=\"3\" cy=\"3\" r=\"1\" class=\"{}\"/>", fill);
    else
      content = fmt::format(
          "<path d=\"{}{}{}\" class=\"f-none {}\"/>", style.hatch != Hatch::falling ? rising : "",
          style.hatch == Hatch::crossed ? " " : "", style.hatch != Hatch::rising ? falling : "", stroke);
    patterns[id] = fmt::format(
        "<pattern id=\"{}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">{}</pattern>", id,
        content);
    return id;
  }

  void close(const char* name) { text += title_.empty() ? "/>\n" : fmt::format(">{}</{}>\n", title_, name); }

  void write(const Rectangle& shape) {
    const std::string box =
        fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}", number(shape.x), number(shape.y),
                    number(shape.width), number(shape.height),
                    shape.corner > 0 ? fmt::format(" rx=\"{}\"", number(shape.corner)) : "");
    text += box + style_attributes(shape.style) + mark_;
    close("rect");
    if (shape.style.hatch != Hatch::none)
      text += box + fmt::format(" fill=\"url(#{})\"/>\n", pattern(shape.style));
  }

  void write(const Tiles& shape) {
    if (shape.tiles.empty()) return;
    std::string path;
    for (const Tiles::Tile& tile : shape.tiles)
      path += fmt::format("M{},{}h{}v{}h{}z", number(tile.x), number(tile.y), number(tile.width),
                          number(tile.height), number(-tile.width));
    text += fmt::format("<path d=\"{}\"", path) + style_attributes(shape.style) + mark_;
    close("path");
    if (shape.style.hatch != Hatch::none)
      text += fmt::format("<path d=\"{}\" fill=\"url(#{})\"/>\n", path, pattern(shape.style));
  }

  void write(const Path& shape) {
    if (shape.points.empty()) return;
    std::string path;
    for (std::size_t at = 0; at < shape.points.size(); ++at) {
      const char* step = at == 0 ? "M" : !shape.smooth ? "L" : at % 3 == 1 ? "C" : " ";
      path += fmt::format("{}{},{}", step, number(shape.points[at].x), number(shape.points[at].y));
    }
    if (shape.closed) path += "Z";
    text += fmt::format("<path d=\"{}\"{}{}", path, style_attributes(shape.style), mark_);
    close("path");
    if (shape.arrow && shape.points.size() > 1) write_arrow_head(shape);
  }

  void write_arrow_head(const Path& shape) {
    std::string corners;
    for (const Point& corner : arrow_head(shape))
      corners += fmt::format("{}{},{}", corners.empty() ? "" : " ", number(corner.x), number(corner.y));
    text +=
        fmt::format("<polygon points=\"{}\" class=\"{}\"/>\n", corners, class_of('f', shape.style.stroke));
  }

  void write(const Circle& shape) {
    text += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}{}", number(shape.centre.x),
                        number(shape.centre.y), number(shape.radius), style_attributes(shape.style), mark_);
    close("circle");
  }

  void write(const Label& shape) {
    used(shape.colour);
    std::string all =
        fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" class=\"{}{}{}{}\"", number(shape.at.x),
                    number(shape.at.y), number(shape.size), class_of('f', shape.colour),
                    shape.anchor == Anchor::middle ? " middle"
                    : shape.anchor == Anchor::end  ? " end"
                                                   : "",
                    shape.bold ? " bold" : "", shape.italic ? " italic" : "");
    if (shape.turned != 0)
      all += fmt::format(" transform=\"rotate({} {} {})\"", number(shape.turned), number(shape.at.x),
                         number(shape.at.y));
    text += fmt::format("{}{}>{}{}</text>\n", all, mark_, title_, escaped(shape.text));
  }

  void write(const Pixels& shape) {
    text += fmt::format(
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" class=\"pixels\" "
        "href=\"data:image/png;base64,{}\"{}",
        number(shape.x), number(shape.y), number(shape.width), number(shape.height), base64(shape.png),
        mark_);
    close("image");
  }

  const SvgOptions& options_;
  std::size_t axes_;
  std::string mark_, title_;
};

constexpr std::string_view fixed_rules =
    ".f-none{fill:none}.middle{text-anchor:middle}.end{text-anchor:end}.bold{font-weight:700}"
    ".italic{font-style:italic}.dashed{stroke-dasharray:3 3}.pixels{image-rendering:pixelated}";

// Frame n of `count` is there for its share of the time, and the last one for who prefers stillness.
std::string animation(std::size_t count, double seconds, const std::string& prefix) {
  const double total = seconds * static_cast<double>(count), share = 100.0 / static_cast<double>(count);
  std::string css = fmt::format(
      "@keyframes {0}turn{{0%{{visibility:visible}}{1:.4f}%{{visibility:hidden}}100%{{visibility:hidden}}}}"
      ".{0}frame{{visibility:hidden;animation:{0}turn {2}s step-end infinite}}",
      prefix, share, number(total));
  for (std::size_t at = 0; at < count; ++at)
    css += fmt::format(".{}frame{}{{animation-delay:{}s}}", prefix, at,
                       number(seconds * static_cast<double>(at) - total));
  return css +
         fmt::format(
             "@media (prefers-reduced-motion:reduce){{.{0}frame{{animation:none}}.{0}frame{1}{{visibility:visible}}}}",
             prefix, count - 1);
}

}  // namespace

std::string svg_style(Theme theme) {
  return std::string(fixed_rules) + themed(theme, [](bool dark) { return rules(dark); });
}

std::string svg(const Scene& scene, const SvgOptions& options) {
  if (options.seconds_per_frame) require_seconds(*options.seconds_per_frame);
  const std::string& prefix = options.inline_prefix;
  Writer writer(options, scene.axes);
  writer.draw(scene.elements);
  for (std::size_t at = 0; at < scene.frames.size(); ++at) {
    const Frame& frame = scene.frames[at];
    if (options.seconds_per_frame)
      writer.text += fmt::format("<g class=\"{0}frame {0}frame{1}\">\n", prefix, at);
    else
      writer.text += fmt::format("<g class=\"frame\"{}>\n", at == 0 ? "" : " visibility=\"hidden\"");
    if (!frame.caption.empty()) writer.text += fmt::format("<desc>{}</desc>\n", escaped(frame.caption));
    writer.draw(frame.elements);
    writer.text += "</g>\n";
  }

  std::string css = prefix.empty() ? svg_style(options.theme) : std::string();
  if (!writer.shades.empty())
    css += themed(options.theme, [&](bool dark) { return shade_rules(writer.shades, dark); });
  if (options.seconds_per_frame && !scene.frames.empty())
    css += animation(scene.frames.size(), *options.seconds_per_frame, prefix);
  std::string patterns;
  for (const auto& [id, pattern] : writer.patterns) patterns += pattern + "\n";

  return fmt::format(
      "{9}<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-labelledby=\"{2}title {2}desc\" font-family=\"{3}\">\n<title id=\"{2}title\">{4}</title>\n"
      "<desc id=\"{2}desc\">{5}</desc>\n{6}{7}<rect width=\"100%\" height=\"100%\" class=\"f-paper\"/>\n{8}</svg>\n",
      number(scene.width), number(scene.height), prefix, font_family, escaped(scene.title),
      escaped(scene.description), css.empty() ? "" : "<style>" + css + "</style>\n",
      patterns.empty() ? "" : "<defs>\n" + patterns + "</defs>\n", writer.text,
      prefix.empty() ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" : "");
}

}  // namespace fsconv::draw
