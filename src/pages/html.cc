// The one place where markup is written.
#include "pages/html.h"

namespace deputy::pages {
namespace {

// Enough for text and for a value between double quotes alike.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\0':
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

// Opens on construction, closes on end(): the only writer of '<'.
class Element {
 public:
  Element(Name name, Attributes attributes) : name_(name.text()) {
    auto& out = html_.markup_;
    out.append("<").append(name_);
    for (const auto& attribute : attributes) {
      if (!attribute.on) continue;
      out.append(" ").append(attribute.name.text());
      if (!attribute.value) continue;
      out += "=\"";
      append_escaped(out, *attribute.value);
      out += '"';
    }
    out += '>';
  }
  void add(const Html& child) { html_.add(child); }
  Html end() && {
    html_.markup_.append("</").append(name_).append(">");
    return std::move(html_);
  }
  Html without_end() && { return std::move(html_); }
  static Html escaped(std::string_view text) {
    Html html;
    append_escaped(html.markup_, text);
    return html;
  }

 private:
  std::string_view name_;
  Html html_;
};

Html::Html(std::string_view text) : Html(Element::escaped(text)) {}

Html el(Name name, Attributes attributes, std::initializer_list<Html> children) {
  Element element(name, attributes);
  for (const auto& child : children) element.add(child);
  return std::move(element).end();
}

Html el(Name name, Attributes attributes, const std::vector<Html>& children) {
  Element element(name, attributes);
  for (const auto& child : children) element.add(child);
  return std::move(element).end();
}

Html void_el(Name name, Attributes attributes) { return Element(name, attributes).without_end(); }

Html all(std::initializer_list<Html> pieces) {
  Html html;
  for (const auto& piece : pieces) html.add(piece);
  return html;
}

std::string document(const Html& root) { return "<!doctype html>" + root.markup(); }

}  // namespace deputy::pages
