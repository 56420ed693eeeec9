// One form, or one link, that has nothing in it but what the client is answered.
#include "pages/views/form_post.h"

#include "pages/assets.h"
#include "pages/inert.h"
#include "pages/layout.h"

namespace deputy::pages {

namespace {

Html form_of(const FormPostView& view, Html label) {
  std::vector<Html> parts;
  for (const auto& [name, value] : view.parameters) parts.push_back(hidden(name, value));
  parts.push_back(button(std::move(label)));
  return el("form", {{"method", "post"}, {"action", view.to}}, parts);
}

}  // namespace

std::string form_post_page(const Speaker& say, const FormPostView& view) {
  const auto title = say("Back to the application");
  const auto lead = say("If this page does not go on by itself, press the button.");
  return page(say, {.title = title, .script = &form_post_script()},
              all({el("div", {{"class", "head"}}, {el("h1", {}, {title}), el("p", {{"class", "lead"}}, {lead})}),
                   form_of(view, say("Continue"))}));
}

std::string go_on_page(const Speaker& say, const GoOnView& view) {
  const auto title = say("This request cannot be answered");
  const auto where = el("bdi", {}, {inert(view.destination, 300)});
  const auto label = say("Go on to {0}", {where});
  const auto onward = view.posted.parameters.empty()
                          ? el("p", {}, {el("a", {{"href", view.posted.to}, {"class", "button primary"}}, {label})})
                          : form_of(view.posted, label);
  const auto warning = say("It would take you to {0}, and nobody here vouches for it. Go on only if you know it.",
                           {where});
  return page(say, {.title = title},
              all({el("h1", {}, {title}), el("p", {}, {view.text}), el("p", {}, {warning}),
                   el("p", {{"class", "quiet"}}, {el("code", {{"lang", "en"}}, {inert(view.technical, 300)})}),
                   onward}));
}

}  // namespace deputy::pages
