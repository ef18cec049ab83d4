// HTML that is well-formed and escaped because there is no other way to make it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fsconv/draw/scene.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fsconv::report {

// Text of the program's own: only a literal of the sources becomes one, so that no name from a file can be a tag, the name
// of an attribute, a style or a script.
struct Literal {
  consteval Literal(const char* literal) : text(literal) {}
  std::string_view text;
};

struct Attribute {
  Literal name;
  std::string value;
};
using Attributes = std::vector<Attribute>;

// A piece of HTML: text, an element, or several one after the other. Text from outside comes in as text or as the value of an
// attribute, and is escaped there; what could reorder or hide letters (control characters, marks of direction, bytes that
// are no UTF-8) is shown as \xNN, as everywhere in fsconv.
class Html {
 public:
  Html() = default;
  Html(std::string_view text);
  Html(const std::string& text) : Html(std::string_view(text)) {}
  Html(const char* text) : Html(std::string_view(text)) {}

  Html& operator+=(const Html& next) {
    written_ += next.written_;
    return *this;
  }
  const std::string& written() const { return written_; }
  bool empty() const { return written_.empty(); }

 private:
  friend Html element(Literal, const Attributes&, const std::vector<Html>&);
  friend Html data(const std::string&, const nlohmann::json&);
  friend Html style(Literal);
  friend Html script(Literal);
  friend Html drawing(const draw::Scene&, const std::string&);
  friend Html drawing_style();
  std::string written_;
};

// <tag name="value">children</tag>; those that HTML leaves open (meta, input, img, br) have no children and no end.
Html element(Literal tag, const Attributes& attributes = {}, const std::vector<Html>& children = {});

// <script type="application/json" id="...">: in ASCII, with < > & written as \u003c, so that nothing in it ends the element
// or begins a comment. Numbers that are not finite are null.
Html data(const std::string& id, const nlohmann::json& json);

Html style(Literal css);
Html script(Literal code);

// The scene as SVG inside the page; `prefix` is one of its own. The page has drawing_style() once.
Html drawing(const draw::Scene& scene, const std::string& prefix);
Html drawing_style();

// JSON as data() writes it.
std::string json_text(const nlohmann::json& json);

// Text with what could reorder or hide letters as \xNN.
std::string shown(std::string_view text);

}  // namespace fsconv::report
