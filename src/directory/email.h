// An e-mail address, as the claim `email` tells it.
#pragma once

#include <string_view>

namespace deputy::directory {

// RFC 5322 §3.4.1, as OIDC Core §5.1 has the claim: an addr-spec, here one of the kind that is in use, without quotes,
// comments and addresses in brackets.
bool is_addr_spec(std::string_view text);

}  // namespace deputy::directory
