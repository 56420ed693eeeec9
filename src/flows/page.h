// Page: how a page of ours is answered, with the headers by which nobody frames it, adds to it, keeps it, or learns
// from it where its person was (A7).
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace deputy::flows {

// Kept: an application may have opened a window for this page, and what comes back there reports to it.
enum class Opener { severed, kept };

// Of every page: Content-Security-Policy, Referrer-Policy and their like, all but Cache-Control. `form_action`: what
// its forms may lead to, as form-action has it (Content Security Policy Level 3); "'none'" where it has no form.
http::Headers page_headers(std::string_view form_action, Opener opener);
// A page for one person, that nothing on the way keeps.
http::Response page(int status, std::string html, std::string_view form_action, Opener opener);

// What a page's form-action names for a form that ends at this URI: its scheme. Browsers hold every redirect that
// follows a form against it (Content Security Policy Level 3, form-action), and an application may send people on from
// its own URI to another host; nor has the policy a name for an address of IPv6. From loopback on that may be by http
// or https. Empty: it has none.
std::string form_target(std::string_view uri);

// "app.example:8443" of a redirect URI: where the answer goes. A private-use scheme is shown whole: what stands in it
// where others have a host is the application's own word (RFC 8252 §8.6).
std::string destination_of(std::string_view uri);

}  // namespace deputy::flows
