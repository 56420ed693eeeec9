// Signing keys: which there are, rotation on demand, and the emergency.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome list_keys(Visit& visit);
Outcome rotate_key(Visit& visit);
Outcome compromised_key(Visit& visit);
// Is the key of this path an RSA key? To replace one takes long.
bool names_rsa_key(const Call& call, App& app);

}  // namespace deputy::endpoints::admin
