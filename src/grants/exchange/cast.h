// Cast: everybody a delegated token speaks of, as they are now: the subject, and every actor on the chain (I3, I4).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delegation/narrow.h"
#include "grants/exchange/step_up.h"
#include "grants/grant.h"

namespace deputy::grants::exchange {

struct Cast {
  store::Directory::PrincipalPtr subject;
  std::vector<store::Directory::PrincipalPtr> actors;  // outermost first
  std::optional<directory::Role> at_most;  // what the trusted issuer it began with gives; none: it began with none
};

// Everybody by id; a null pointer for one that does not exist.
Result<Cast, Fault> cast_of(const std::string& subject, const std::vector<std::string>& chain, World& world);

// The first that is gone or not active: their id. None: everybody is.
std::optional<std::string> not_active(const Cast& cast, const std::string& subject,
                                      const std::vector<std::string>& chain, Instant now);

// The chain of one who takes up a user's authority first: an application's own token carries no `act`.
std::vector<std::string> first_chain(const directory::Principal& actor);

// Whose ceilings count: the chain's; and an application's, which holds its token in its own name and has no chain.
std::vector<std::string> bounded_by(const std::vector<std::string>& chain, const std::string& actor,
                                    const std::string& subject);

// I2: is a token with this chain within what the resource allows?
bool short_enough(const std::vector<std::string>& chain, const directory::Resource& resource);

// The first of those whose tokens were revoked just now (Reader::wait_to_mint): what is minted now would be dead with
// them.
struct RevokedNow {
  std::string id;
  Seconds wait;
};
std::optional<RevokedNow> revoked_just_now(const std::string& subject, const std::vector<std::string>& chain,
                                           const World& world);
// temporarily_unavailable, for so long, after a revocation of the tokens of `whom`.
oauth::Error ask_to_wait(std::string_view whom, Seconds wait);

// The earliest instant at which one of them expires (I6).
std::optional<Instant> first_expiry(const Cast& cast);

// What a principal holds at a resource when it acts for itself: of a user, at this server's own API, also what every
// user may do there.
Result<std::shared_ptr<const oauth::ScopeSet>, Fault> held_for_itself(const store::Directory::PrincipalPtr& principal,
                                                                      const store::Directory::ResourcePtr& resource,
                                                                      World& world);

// A user's own credential opens this server's API and nothing else: elsewhere a user is represented by an agent.
bool may_hold_its_own(const directory::Principal& client, const directory::Resource* resource);

// asked ∩ what the resource defines ∩ what the client holds for itself now: what it is given of its own authority.
Result<delegation::Narrowed, Fault> narrow_own(const oauth::ScopeSet& asked,
                                               const store::Directory::PrincipalPtr& client,
                                               const store::Directory::ResourcePtr& resource, World& world);

// What an actor may do for others there, whoever they are. Null: it has no ceiling.
Result<std::shared_ptr<const oauth::ScopeSet>, Fault> ceiling_of(const store::Directory::PrincipalPtr& actor,
                                                                 const store::Directory::ResourcePtr& resource,
                                                                 World& world);
std::string name_of_ceiling(const directory::Principal& actor);  // where it takes a scope away

// asked ∩ pool ∩ what the resource defines ∩ what the subject holds now ∩ what each actor may do for others now ∩ what
// the trusted issuer gives now (I3); and, where a person is the subject, ∩ what their sign-in suffices for (A34). None
// is said of it where it is asked for by other means: before a consent.
Result<delegation::Narrowed, Fault> narrow_live(const oauth::ScopeSet& asked, const oauth::ScopeSet& pool,
                                                const store::Directory::ResourcePtr& resource, const Cast& cast,
                                                World& world, const std::optional<SignIn>& sign_in = std::nullopt);

}  // namespace deputy::grants::exchange
