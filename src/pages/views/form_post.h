// The pages that bring a client its answer. One submits itself (OAuth 2.0 Form Post Response Mode §2), and where no
// script runs a person does it by its button; the other leaves it to the person.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pages/strings.h"

namespace deputy::pages {

struct FormPostView {
  std::string to;  // the redirect URI
  std::vector<std::pair<std::string, std::string>> parameters;
};
std::string form_post_page(const Speaker& say, const FormPostView& view);

// A request that cannot be answered, of a client for which nobody vouches: where the person goes, if they will.
struct GoOnView {
  std::string text, destination;  // what is wrong, for a person; the host, or an application's own URI
  std::string technical;          // in English, for who runs the client
  FormPostView posted;            // without parameters its `to` is a link
};
std::string go_on_page(const Speaker& say, const GoOnView& view);

}  // namespace deputy::pages
