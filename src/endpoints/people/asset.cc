// GET /assets/{name}: style sheet and scripts. A name stands for one content, for ever.
#include "endpoints/people/people.h"
#include "pages/assets.h"

namespace deputy::endpoints::people {

Answer asset(const Call& call, App&) {
  for (const auto* one : pages::assets())
    if (one->name == call.params[0])
      return {.response = {.status = 200,
                           .content_type = std::string(one->content_type),
                           .body = std::string(one->body),
                           .headers = {{"Cache-Control", "public, max-age=31536000, immutable"},
                                       {"Cross-Origin-Resource-Policy", "same-origin"}}}};
  return {.response = {.status = 404, .headers = {{"Cache-Control", "no-store"}}}};
}

}  // namespace deputy::endpoints::people
