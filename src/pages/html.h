// Html: markup made of values. Text becomes markup in one way only, escaped; names of elements and attributes are
// literals of the program. So nothing that somebody sent can be an element, whoever forgets what.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deputy::pages {

class Html {
 public:
  Html() = default;
  Html(std::string_view text);  // escaped
  Html(const std::string& text) : Html(std::string_view(text)) {}
  Html(const char* text) : Html(std::string_view(text)) {}

  Html& add(const Html& more) {
    markup_ += more.markup_;
    return *this;
  }
  bool empty() const { return markup_.empty(); }
  const std::string& markup() const { return markup_; }

 private:
  friend class Element;
  std::string markup_;
};

// The name of an element or an attribute: a literal, lower-case letters and hyphens.
class Name {
 public:
  consteval Name(const char* literal) : text_(literal) {
    for (const char c : text_)
      if (!(c >= 'a' && c <= 'z') && c != '-' && !(c >= '1' && c <= '6')) throw "not a name";
    if (text_.starts_with("on") || text_ == "style" || text_ == "srcdoc") throw "no script and no style in markup";
  }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// One attribute: its value is escaped; one that is off is left out; one that is on has no value.
struct Attribute {
  Attribute(Name attribute, std::string_view text) : name(attribute), value(text) {}
  Attribute(Name attribute, const std::string& text) : name(attribute), value(text) {}
  Attribute(Name attribute, const char* text) : name(attribute), value(text) {}
  Attribute(Name attribute, bool present) : name(attribute), on(present) {}
  Name name;
  std::optional<std::string> value;
  bool on = true;
};
using Attributes = std::initializer_list<Attribute>;

// el("p", {{"class", "hint"}}, {"text ", el("b", {}, {name})})
Html el(Name name, Attributes attributes = {}, std::initializer_list<Html> children = {});
Html el(Name name, Attributes attributes, const std::vector<Html>& children);
// An element that holds nothing and has no end: input, meta, link.
Html void_el(Name name, Attributes attributes);
// Pieces, one behind the other.
Html all(std::initializer_list<Html> pieces);
// The document: what stands before the root element.
std::string document(const Html& root);

}  // namespace deputy::pages
