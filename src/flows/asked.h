// Asked: is the person signed in as the request asks?
#pragma once

#include <string_view>

#include "flows/interaction.h"
#include "flows/session.h"
#include "signin/acr.h"

namespace deputy::flows {

// Is it whoever the request is about? Nobody but the one it names by an ID token or a `sub`. A login_hint is held
// against a session that was there before; whoever signs in for the request may be somebody else after all.
Result<bool, Fault> is_whom_it_names(const AuthorizationRequest& request, const Session& session,
                                     std::string_view tenant, store::Store& store);

// By whom it names, recently enough, again where it asks so (prompt=login), and by strong enough methods (step-up,
// A34): every page on the way to a code asks this, not only the first.
Result<bool, Fault> signed_in_as_asked(const AuthorizationRequest& request, const Session& session,
                                       std::string_view tenant, store::Store& store, Instant now);

// RFC 9470 §4, OIDC Core §5.5.1.1: any of the ways that the client named, or a stronger one; and each of those that
// resources and scopes ask for.
bool strong_enough(const AuthorizationRequest& request, std::string_view acr, const signin::AcrTable& table);

}  // namespace deputy::flows
