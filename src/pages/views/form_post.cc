// One form, that has nothing in it but what the client is answered.
#include "pages/views/form_post.h"

#include "pages/assets.h"
#include "pages/layout.h"

namespace deputy::pages {

std::string form_post_page(const Speaker& say, const FormPostView& view) {
  std::vector<Html> parts;
  for (const auto& [name, value] : view.parameters) parts.push_back(hidden(name, value));
  parts.push_back(button(say("Continue")));
  const auto title = say("Back to the application");
  const auto lead = say("If this page does not go on by itself, press the button.");
  return page(say, {.title = title, .script = &form_post_script()},
              all({el("div", {{"class", "head"}}, {el("h1", {}, {title}), el("p", {{"class", "lead"}}, {lead})}),
                   el("form", {{"method", "post"}, {"action", view.to}}, parts)}));
}

}  // namespace deputy::pages
