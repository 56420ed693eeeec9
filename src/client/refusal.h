// Refusal: why a call to the server gave nothing, in a sentence a person can act on.
#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "http/client.h"

namespace deputy::client {

struct Refusal {
  int status = 0;        // of HTTP; 0: no answer came
  std::string code;      // of the problem (RFC 9457 `type`) or of OAuth (RFC 6749 §5.2)
  std::string sentence;  // printable, one line
  std::string field;     // the one a problem names
  std::string correlation_id;
  std::string detail = {};  // as the server gave it, or the network; printable
};

// May the same call be answered in a moment, with nothing done about it? The server asks to wait, is not ready, or
// cannot be reached, itself or behind a proxy; who it is does not pass for another by itself.
bool passes_by_itself(const Refusal& refusal);

// From a problem document (RFC 9457), an OAuth error (RFC 6749 §5.2), or a bare status.
Refusal refusal_of(const http::Reply& reply);
Refusal refusal_of(const Fault& fault, std::string_view url);

// The text with what is not seen, or is shown as it is not, made visible as \x1b, \u202e, \U000e0041: a server's words
// must not drive the terminal they are shown on.
std::string printable(std::string_view text);

}  // namespace deputy::client
