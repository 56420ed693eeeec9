// Consent: what is to be asked of a user for a request, what they agreed to before, and the root delegation that a yes
// becomes. What the user does not hold, or the agent may not do for others, is never offered.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "delegation/delegation.h"
#include "directory/principal.h"
#include "flows/interaction.h"
#include "grants/grant.h"
#include "oauth/error.h"

namespace deputy::flows {

using grants::World;

// One thing the user may allow, switched by itself.
struct Switch {
  std::string key;  // in the form: the same for the same pair
  delegation::Pair pair;
  std::string resource_name, resource_identifier, description, sensitivity;
  Demands required;       // by its resource and scope
  bool agreed = false;    // by a live consent
  std::optional<Instant> agreed_until = {};  // by the one that lasts longest; none: until it is taken back
  bool declined = false;  // when it was asked for last
  // On before anybody switches it: what is sensitive, or was declined, is switched on by hand, unless it was before.
  bool stands_on() const { return agreed || (sensitivity != "high" && !declined); }
};

// One authorization detail of a type that its resource registers (RFC 9396): switched by itself too.
struct DetailSwitch {
  std::string key;
  delegation::Detail detail;
  store::Directory::ResourcePtr resource;
  bool agreed = false;    // by a live consent
  std::optional<Instant> agreed_until = {};  // as of a Switch
  bool declined = false;  // when it was asked for last
  bool stands_on() const { return agreed || !declined; }  // as of a Switch
};
// What names a detail in a form.
std::string key_of(const delegation::Detail& detail);

inline constexpr std::size_t switches_max = 100;  // beyond, nobody reads them

struct Offer {
  std::vector<Switch> switches;       // by resource, what is onward behind the client's own
  std::vector<DetailSwitch> details;  // of resources of which a scope is offered: they never stand alone
  delegation::Limits limits;          // that the request itself asks for, its end counted from when it came
  Instant asked_at;                   // when it came
  std::optional<Instant> client_ends;  // when the client expires: no yes is good for longer
  Seconds token_lifetime{0};          // the longest of the resources
  // openid, profile, email, offline_access and single claims (directory/person.h): what was asked of these. Of it,
  // what the client may be told already, and what was declined when it was asked for last; of the claims, which the
  // client says it cannot do without.
  oauth::ScopeSet identity, told, untold, essential;
  bool while_away = true;  // false: it was to stay connected (offline_access), and they declined when asked last
};

// What all that is offered asks of the sign-in: what is onward, and what called agents need, among it (A34).
Demands required_by(const Offer& offer);

// Refuses invalid_target (no such resource), invalid_scope (nothing is left to offer),
// invalid_authorization_details, access_denied (it is past the end that the request asks for).
Result<Offer, oauth::Error> offer_of(const AuthorizationRequest& request, const directory::Principal& client,
                                     std::string_view user, World& world);

// Ids of consents that are not remembered, were given since this was asked for, and give some of what stands on: to
// switch that off would end them too (docs/adr/0014).
Result<std::vector<std::string>, Fault> given_meanwhile(const Offer& offer, const AuthorizationRequest& request,
                                                        const directory::Principal& client, std::string_view user,
                                                        World& world);

struct Agreed {
  // The newest live root consent that gives all of the request but what the user declined when it was asked for, for at
  // least as long as a code is good.
  std::optional<delegation::Delegation> delegation;
  bool put_together = false;  // it is new, of several that were agreed to: to be written with the answer
  std::vector<delegation::Detail> details;  // of the request: what it gives is within it
  oauth::ScopeSet identity;  // what of it the client may be told
  std::string disclosure;    // by which record; empty: nothing is told
  std::vector<std::string> resources;  // identifiers: where the delegation gives some of the request now
  bool while_away = true;    // as of the offer
  Demands required;          // by what they agreed to of it
};
// None: the consent page must be shown. No delegation: nothing but who the user is was asked for, and may be told.
Result<std::optional<Agreed>, oauth::Error> agreed_before(const AuthorizationRequest& request,
                                                          const directory::Principal& client, std::string_view user,
                                                          World& world);

// What a page tells a person the client by: its name, who is accountable for it, its organization, whether somebody
// vouches for it, where it is answered, whether it can prove who it is, and whom it may hand on to. Where one of these
// is another than it was, they are asked anew: what they agreed to was agreed with somebody else, or for others (A37).
std::string shown_of(const directory::Principal& client);
// Is the client what it was when this was shown of it? One that somebody vouches for since is no worse.
bool is_still(std::string_view shown, const directory::Principal& client);

// A public client that is not reached by https (a scheme or a port of a device's own) can be anybody's: RFC 8252 §8.6
// has the person asked each time, whatever they agreed to before.
bool is_asked_each_time(const AuthorizationRequest& request, const directory::Principal& client);

enum class Duration { once, hour, month, until_withdrawn };
std::optional<Duration> duration_named(std::string_view name);
// When a yes for that long, now, would end, within what the request itself asks for and before the client expires;
// none: when it is taken back.
std::optional<Instant> end_of(Duration duration, const Offer& offer, Instant now);

// Of the resources that were asked for, in that order and by identifier: those at which this gives the client itself
// some of what is offered.
std::vector<std::string> resources_given(const Offer& offer, const delegation::Delegation& consent);

// The node that a yes becomes: the switches that are on, for that long; a detail only with a scope of its resource.
// Where the request bounds its end, and it is not for this once, it is made as of when the request came.
// Refuses access_denied where nothing is on that the client itself may draw.
Result<delegation::Delegation, oauth::Error> consented(const Offer& offer, std::span<const std::string_view> on,
                                                       Duration duration, const directory::Principal& client,
                                                       std::string_view user, World& world);

}  // namespace deputy::flows
