// Every character that HTML gives a meaning to is written as a reference, here and nowhere else.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fsconv/base/excerpt.hpp>
#include <fsconv/base/markup.hpp>
#include <fsconv/draw/svg.hpp>
#include <fsconv/report/html.hpp>

namespace fsconv::report {

std::string shown(std::string_view text) {
  // printable() bounds a message for a terminal; a page shows all of a text, so that it goes piece by piece: 256 bytes, and
  // never through the middle of a character.
  std::string all;
  while (!text.empty()) {
    std::size_t end = std::min<std::size_t>(text.size(), 256);
    while (end < text.size() && end > 250 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    if (const std::size_t line = text.substr(0, end).find('\n'); line != std::string_view::npos) end = line;
    all += printable(text.substr(0, end));
    text.remove_prefix(end);
    if (text.starts_with('\n')) {
      all += '\n';
      text.remove_prefix(1);
    }
  }
  return all;
}

Html::Html(std::string_view text) : written_(markup_text(shown(text))) {}

Html element(Literal tag, const Attributes& attributes, const std::vector<Html>& children) {
  Html html;
  std::string& to = html.written_;
  to += '<';
  to += tag.text;
  for (const auto& [name, value] : attributes) {
    to += ' ';
    to += name.text;
    to += "=\"";
    to += markup_text(shown(value));
    to += '"';
  }
  to += '>';
  for (const std::string_view open : {"meta", "input", "img", "br"})
    if (tag.text == open) return html;
  for (const Html& child : children) to += child.written_;
  to += "</";
  to += tag.text;
  to += ">\n";
  if (tag.text == "code" || tag.text == "b" || tag.text == "span" || tag.text == "a")
    to.pop_back();  // within a line, a blank would show
  return html;
}

std::string json_text(const nlohmann::json& json) {
  constexpr bool only_ascii = true;
  std::string safe;
  for (const char letter : json.dump(-1, ' ', only_ascii, nlohmann::json::error_handler_t::replace))
    if (letter == '<')
      safe += "\\u003c";
    else if (letter == '>')
      safe += "\\u003e";
    else if (letter == '&')
      safe += "\\u0026";
    else
      safe += letter;
  return safe;
}

Html data(const std::string& id, const nlohmann::json& json) {
  Html html;
  html.written_ = "<script type=\"application/json\" id=\"" + markup_text(shown(id)) + "\">" +
                  json_text(json) + "</script>\n";
  return html;
}

Html style(Literal css) {
  Html html;
  html.written_ = "<style>" + std::string(css.text) + "</style>\n";
  return html;
}

Html script(Literal code) {
  Html html;
  html.written_ = "<script>" + std::string(code.text) + "</script>\n";
  return html;
}

Html drawing(const draw::Scene& scene, const std::string& prefix) {
  Html html;
  html.written_ = draw::svg(scene, {.inline_prefix = prefix});
  return html;
}

Html drawing_style() {
  Html html;
  html.written_ = "<style>" + draw::svg_style(draw::Theme::automatic) + "</style>\n";
  return html;
}

}  // namespace fsconv::report
