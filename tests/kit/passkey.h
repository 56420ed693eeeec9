// Passkey: one that a person has with them: made on the page of their methods, and signed in with.
#pragma once

#include <string>
#include <string_view>

#include "signin/passkey/software_authenticator_test.h"
#include "tests/kit/person.h"

namespace deputy::test {

struct Passkey {
  explicit Passkey(std::string credential) { key.credential = std::move(credential); }

  // The form that makes it, from the page as it is shown now.
  Person::Filled made(const http::Response& page) {
    const auto response = key.register_as({.type = "webauthn.create", .challenge = challenge_on(page)});
    return Person::filled(page, "/account/security/passkey", {{"label", "Phone"}, {"response", response}});
  }
  // The form that signs this user in with it.
  Person::Filled signs_in(const http::Response& page, std::string_view user) {
    const auto response = key.sign_in({.type = "webauthn.get", .challenge = challenge_on(page)}, user);
    return Person::filled(page, "/sign-in/passkey", {{"response", response}});
  }
  static std::string challenge_on(const http::Response& page) {
    return between(page.body, "challenge&quot;:&quot;", "&quot;");
  }

  signin::test::SoftwareAuthenticator key{crypto::Algorithm::ES256};
};

}  // namespace deputy::test
