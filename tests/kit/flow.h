// Flow: a person at a browser, an agent and two applications that they sign in to, and what goes back and forth.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"
#include "tests/kit/world.h"

namespace deputy::test {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class Flow {
 public:
  Flow();

  // --- the person
  // A session, as signing in makes it; its cookie goes with every request of the browser from now on.
  void sign_in(std::vector<std::string> amr = {"pwd"});
  void sign_out() { cookie.clear(); }
  // A root delegation of the person to the client, of all scopes of the invoices; gives its id.
  std::string consent(const Given& client, std::vector<std::string> scopes = {"read", "write"});
  // What the client may be told of who they are.
  void disclose(const Given& client, std::string_view scope);

  // --- the browser
  http::Response browse(std::string_view target);
  // An authorization request of the client: what is usual, changed by `change` (an empty value leaves it out).
  Pairs request(const Given& client, Pairs change = {}) const;
  http::Response authorize(const Given& client, Pairs change = {});
  // What the person answers who was sent to the consent page and allows all that is offered.
  http::Response allow(const http::Response& asked, std::string_view duration = "until_withdrawn");
  // The code of an authorization that must succeed at once; who is asked each time allows it.
  std::string code(const Given& client, Pairs change = {});

  // --- the client
  http::Response redeem(const Given& client, std::string_view code, Pairs change = {});
  http::Response refresh(const Given& client, std::string_view token, Pairs more = {});
  http::Response token_request(const Given& client, Pairs form);
  http::Response push(const Given& client, Pairs form);
  // A JWT signed by the key of the client `signer`, with these claims over the usual ones of a request object.
  std::string signed_request(const Given& client, json::object claims = {},
                             std::string_view type = "oauth-authz-req+jwt");
  bool active(std::string_view token);

  static constexpr auto invoices = "https://api.example/invoices";
  static constexpr auto payments = "https://api.example/payments";
  static constexpr auto callback = "https://agent.example/cb";
  static constexpr auto verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  static constexpr auto challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  World world;
  crypto::PrivateKey key;  // registered for the agent
  std::string user, role, invoices_id, payments_id, cookie, session;
  Given agent, other, app, portal;  // app: public, with no secret; portal: an application with one
  Given invoices_api;
};

// What is posted from a consent page by who allows all that it offers.
Pairs all_allowed(const std::string& page, std::string_view duration = "until_withdrawn");
// As a form or a query has them.
std::string form_text(const Pairs& pairs);
// The parameters of the URL a response redirects to; the test fails where it redirects nowhere.
std::map<std::string, std::string> redirected(const http::Response& response);
// "error" of that, or "code" where there is one, or the path of a page of ours.
std::string outcome_of(const http::Response& response);
std::string location_of(const http::Response& response);

}  // namespace deputy::test
