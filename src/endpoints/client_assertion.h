// private_key_jwt (RFC 7523 §2.2, §3, as rfc7523bis narrows it): a client proves a key by a JWT made for us alone.
#pragma once

#include "endpoints/client_auth.h"

namespace deputy::endpoints {

Result<Client, oauth::Error> authenticate_assertion(const Call& call, App& app, const oauth::Form& form,
                                                    audit::Event& event, store::Writes& marks);

}  // namespace deputy::endpoints
