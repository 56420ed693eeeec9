// /v1/users/{id}/authenticators and reset-code: what an administrator sees and undoes of how a person signs in.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome list_authenticators(Visit& visit);   // facts about them; never a hash, a key or a secret
Outcome delete_authenticator(Visit& visit);  // a lost phone or key; the person's sessions end
Outcome create_reset_code(Visit& visit);     // shown this once: with it a person sets a password

}  // namespace deputy::endpoints::admin
