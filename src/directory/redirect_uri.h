// Redirect URIs: which a client may register, and which request names one of them (RFC 9700 §2.1, RFC 8252 §7, A1).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deputy::directory {

// https; http on a loopback host; or a private-use scheme with a dot (RFC 8252 §7.1). Never a fragment, user info, a
// dot segment in any spelling, an encoded slash or a wildcard: what two parsers could read in two ways.
bool is_redirect_uri(std::string_view text);

// Does its own query hold one of these parameters? A response that adds it would hold it twice, and whoever reads it
// takes one of the two (RFC 6749 §3.1).
bool brings(std::string_view uri, std::span<const std::string_view> parameters);

// The same string, character by character; or, on a loopback host, the same but for the port (RFC 8252 §7.3).
bool redirects_to(std::string_view registered, std::string_view sent);
bool any_redirects_to(const std::vector<std::string>& registered, std::string_view sent);

}  // namespace deputy::directory
