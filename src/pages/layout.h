// Layout: the frame of every page, and the parts that pages are put together from.
#pragma once

#include <string>
#include <string_view>

#include "pages/assets.h"
#include "pages/strings.h"

namespace deputy::pages {

enum class Width { card, wide };
struct Frame {
  std::string title;          // of the browser's tab
  Width width = Width::card;  // wide: /account
  const Asset* script = nullptr;  // that adds to it; none: it has no script
  bool wrong = false;             // something was not right: the title says so first
};
std::string page(const Speaker& say, const Frame& frame, const Html& main);

// What a form brings back unseen.
Html hidden(std::string_view name, std::string_view value);
// A form that posts to `action`, with its CSRF token.
Html form(std::string_view action, std::string_view csrf, std::initializer_list<Html> parts);

struct Input {
  std::string name, label;
  std::string type = "text", value = "", autocomplete = "off", hint = "", mode = "";
  bool required = true, focus = false;
  bool wrong = false;  // the page's problem() is about it
  int length_max = 256;
};
Html input(const Input& input);

enum class Look { primary, plain, danger };
Html button(const Html& label, Look look = Look::primary, std::string_view name = "", std::string_view value = "");
// A label that many buttons of a page bear, and which one this is, for who hears it and sees no row.
Html label_of(std::string_view label, const Html& which);
Html link(std::string_view to, const Html& label);  // to a path of ours

// What went wrong, read out at once; what went well.
Html alert(const Html& text);
Html problem(const Html& text);  // an alert about what was typed: one a page
Html notice(const Html& text);

}  // namespace deputy::pages
