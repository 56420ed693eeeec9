// What a person can do about a refusal, in one sentence.
#include "endpoints/people/weakness.h"

#include <array>
#include <utility>

namespace deputy::endpoints::people {

using Why = signin::Refusal::Why;

std::optional<pages::Phrase> sentence_of(const signin::Refusal& refusal) {
  using Row = std::pair<std::string_view, pages::Phrase>;
  const std::array weak{
      Row{"password_short", pages::Phrase("That password is too short: use at least 8 characters.")},
      Row{"password_long", pages::Phrase("That password is too long: use at most 256 characters.")},
      Row{"password_common", pages::Phrase("That password is among the first that others try. Choose another.")},
      Row{"password_breached", pages::Phrase("That password was stolen elsewhere. Choose another.")},
      Row{"password_context", pages::Phrase("That password is too close to a name. Choose another.")},
  };
  switch (refusal.why) {
    case Why::weak:
      for (const auto& [key, phrase] : weak)
        if (key == refusal.sentence) return phrase;
      return pages::Phrase("That password cannot be used. Choose another.");
    case Why::throttled:
      return pages::Phrase("Too many tries. Wait a little, then try again.");
    case Why::unavailable:
      return pages::Phrase("Something did not work here. Try again in a moment.");
    case Why::not_offered:
      return pages::Phrase("This tenant does not offer that way of signing in.");
    case Why::expired:
      return pages::Phrase("That took too long, or was done before: nothing was changed. Begin again.");
    case Why::last:
      return pages::Phrase("That is the last way by which you could sign in: add another first.");
    default:
      return pages::Phrase("That does not match. Check what you typed and try again.");
  }
}

}  // namespace deputy::endpoints::people
