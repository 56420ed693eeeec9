// Signed in: an ID token of ours as a subject token. It says who signed in to the client and gives nothing by itself:
// what is drawn on is what that person agreed to for that client, as it stands now.
#pragma once

#include "grants/exchange/subject.h"

namespace deputy::grants::exchange {

// Is it a token that says it is ours? Nothing of it is verified yet.
bool says_it_is_ours(std::string_view token, std::string_view issuer);

// Refuses (invalid_request) one that is forged, expired, revoked or another client's, whose session has ended, or whose
// person has no live consent for the client.
Result<Subject, oauth::Error> read_signed_in(const TokenRequest& request, std::string_view token, World& world);

}  // namespace deputy::grants::exchange
