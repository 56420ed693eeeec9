// The page that brings a client its answer (OAuth 2.0 Form Post Response Mode §2): it submits itself, and where no
// script runs a person does it by its button.
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

}  // namespace deputy::pages
