// Consent view: what the consent page shows of a request that waits.
#pragma once

#include <cstdint>
#include <optional>

#include "endpoints/people/browser.h"
#include "flows/consent.h"
#include "pages/views/consent.h"
#include "store/cache/directory.h"

namespace deputy::endpoints::people {

// Everything a page of this URL is made of.
struct Asking {
  Browser browser;
  store::Directory::PrincipalPtr client;
  flows::Offer offer;
  std::optional<oauth::Error> nothing;  // why there is no offer: nothing is left of it for this person
  std::uint64_t revocations_seen = 0;  // how far the revocation set went before anything was read for this
};

// All of it, with the switches as the offer has them.
Result<pages::ConsentView, Fault> view_of(const Call& call, App& app, const Asking& asking);
// The page of who can allow nothing of what is asked.
Result<pages::NothingView, Fault> nothing_of(const Call& call, App& app, const Asking& asking);
// The switches and the duration as they were posted, for a page that is shown again.
void set_as_posted(const oauth::Form& form, pages::ConsentView& view);
// Does the form say that the client was shown as it is now?
bool is_as_shown(const oauth::Form& form, const Browser& browser, const directory::Principal& client);

}  // namespace deputy::endpoints::people
