// Parts and frame. Everything works without script; what a script adds is hidden until it runs.
#include "pages/layout.h"

namespace deputy::pages {
namespace {

constexpr std::string_view problem_id = "problem";

// A name may run from right to left: what stands beside it stays where it is, here and in a title, which has no markup
// (Unicode UAX #9: FIRST STRONG ISOLATE, POP DIRECTIONAL ISOLATE).
std::string in_title(const House& house) {
  if (house.name.empty()) return "Deputy";
  return "\u2068" + house.name + "\u2069" + (house.id.empty() ? "" : " (" + house.id + ")") + " · Deputy";
}
Html in_header(const House& house) {
  Html whose;
  if (!house.name.empty()) whose.add(el("bdi", {}, {house.name}));
  if (!house.id.empty()) whose.add(" (" + house.id + ")");
  return el("span", {{"class", "house"}}, {whose, house.name.empty() ? "Deputy" : " · Deputy"});
}

}  // namespace

std::string page(const Speaker& say, const Frame& frame, const Html& main) {
  Html head = all({void_el("meta", {{"charset", "utf-8"}}),
                   void_el("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}),
                   void_el("meta", {{"name", "color-scheme"}, {"content", "light dark"}}),
                   void_el("meta", {{"name", "robots"}, {"content", "noindex"}}),
                   el("title", {},
                      {(frame.wrong ? say("Error: ") : "") + frame.title + " · " + in_title(say.house())}),
                   void_el("link", {{"rel", "icon"}, {"href", "data:,"}}),
                   void_el("link", {{"rel", "stylesheet"}, {"href", "/assets/" + style().name}})});
  if (frame.script) head.add(el("script", {{"src", "/assets/" + frame.script->name}, {"defer", true}}));
  const auto look = frame.width == Width::wide ? "wide" : "card";
  return document(
      el("html", {{"lang", say.tag()}},
         {el("head", {}, {head}),
          el("body", {},
             {el("a", {{"class", "skip"}, {"href", "#main"}}, {say("Skip to content")}),
              el("header", {{"class", "brand"}},
                 {el("span", {{"class", "mark"}, {"aria-hidden", "true"}}), in_header(say.house())}),
              el("main", {{"id", "main"}, {"class", look}}, {main})})}));
}

Html hidden(std::string_view name, std::string_view value) {
  return void_el("input", {{"type", "hidden"}, {"name", name}, {"value", value}});
}

Html form(std::string_view action, std::string_view csrf, std::initializer_list<Html> parts) {
  return el("form", {{"method", "post"}, {"action", action}}, {hidden("csrf", csrf), all(parts)});
}

Html input(const Input& input) {
  const auto hint_id = input.name + "-hint";
  auto label = el("label", {{"for", input.name}}, {input.label});
  Html hint;
  if (!input.hint.empty()) hint = el("p", {{"class", "hint"}, {"id", hint_id}}, {input.hint});
  std::string about = input.wrong ? std::string(problem_id) : "";
  if (!input.hint.empty()) about.append(about.empty() ? "" : " ").append(hint_id);
  Attribute mode("inputmode", input.mode), described("aria-describedby", about), invalid("aria-invalid", "true");
  mode.on = !input.mode.empty();
  described.on = !about.empty();
  invalid.on = input.wrong;
  return el("div", {{"class", "field"}},
            {label, hint,
             void_el("input", {{"id", input.name},
                               {"name", input.name},
                               {"type", input.type},
                               {"value", input.value},
                               {"autocomplete", input.autocomplete},
                               {"autocapitalize", "none"},
                               {"spellcheck", "false"},
                               {"maxlength", std::to_string(input.length_max)},
                               mode,
                               described,
                               invalid,
                               {"required", input.required},
                               {"autofocus", input.focus}})});
}

Html label_of(std::string_view label, const Html& which) {
  return all({label, el("span", {{"class", "unseen"}}, {" ", which})});
}

Html button(const Html& label, Look look, std::string_view name, std::string_view value) {
  const auto kind = look == Look::primary ? "primary" : look == Look::danger ? "danger" : "plain";
  Attribute named("name", name), worth("value", value);
  named.on = worth.on = !name.empty();
  return el("button", {{"type", "submit"}, {"class", kind}, named, worth}, {label});
}

Html link(std::string_view to, const Html& label) { return el("a", {{"href", to}}, {label}); }

Html problem(const Html& text) {
  return el("p", {{"id", problem_id}, {"class", "alert"}, {"role", "alert"}}, {text});
}
Html alert(const Html& text) { return el("p", {{"class", "alert"}, {"role", "alert"}}, {text}); }
Html notice(const Html& text) { return el("p", {{"class", "notice"}, {"role", "status"}}, {text}); }

}  // namespace deputy::pages
