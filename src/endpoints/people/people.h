// What people see: sign-in, consent and account, a file a page.
#pragma once

#include "endpoints/endpoint.h"

namespace deputy::endpoints::people {

Answer asset(const Call& call, App& app);  // GET /assets/{name}

Answer sign_in_form(const Call& call, App& app);        // GET /sign-in
Answer sign_in(const Call& call, App& app);             // POST /sign-in: username and password
Answer second_factor_form(const Call& call, App& app);  // GET /sign-in/code
Answer second_factor(const Call& call, App& app);       // POST /sign-in/code
Answer passkey(const Call& call, App& app);             // POST /sign-in/passkey
Answer go_back(const Call& call, App& app);             // POST /sign-in/back
Answer choose(const Call& call, App& app);              // POST /sign-in/choose
Answer reset_form(const Call& call, App& app);          // GET /sign-in/reset
Answer reset(const Call& call, App& app);               // POST /sign-in/reset

Answer consent_form(const Call& call, App& app);  // GET /consent
Answer consent(const Call& call, App& app);       // POST /consent

}  // namespace deputy::endpoints::people
