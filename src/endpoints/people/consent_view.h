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
// What of a page is another by now than the one that the form is of: who asks; what for, and what of that was allowed
// before (docs/adr/0014).
struct Changed {
  bool who_asks = false, what_is_asked = false;
};
Changed changed_since(const oauth::Form& form, const pages::ConsentView& view);
// The switches and the duration as they were posted, for a page that is shown again. Where what is asked for has
// changed, what is sensitive is switched on by hand, and nothing is switched off that was allowed meanwhile.
void set_as_posted(const oauth::Form& form, Changed changed, pages::ConsentView& view);

}  // namespace deputy::endpoints::people
