// deputy key list|rotate|compromised: the keys the server signs with.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/all.h"
#include "cli/commands/delegation.h"
#include "cli/lookup.h"
#include "cli/session.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

Result<Done, Failure> list(const Line&, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object answer, api->get("/keys"));  // all at once: there are never many
  const json::array* items = json_member_array(answer, "items");
  session.show(items == nullptr ? json::array{} : *items, {"kid", "algorithm", "state", "created_at", "changes_at"});
  return Done{};
}

Result<Done, Failure> rotate(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  const std::string algorithm = line.has("algorithm") ? line.text("algorithm") : "ES256";
  TRY(const Done confirmed, session.confirm(fmt::format("Make a new {} key the one that signs?", algorithm)));
  TRY(const json::object made, api->post("/keys/rotate", {{"algorithm", algorithm}}));
  session.show(made);
  if (json_text(made, "state") == "next")
    session.say(fmt::format("it is published and signs from {} on, when every verifier can know it",
                            client::printable(json_text(made, "changes_at").value_or(""))));
  return Done{};
}

Result<Done, Failure> compromised(const Line& line, Session& session) {
  const std::string path = path_of(Kind::key, line.text("KID")) + "/compromised";
  if (line.has("preview")) return preview(path, session);
  TRY(client::Api* const api, session.api());
  TRY(const Done confirmed,
      session.confirm(fmt::format("Withdraw key {} at once? Every token it signed stops verifying.{}",
                                  client::printable(line.text("KID")), ending(path, session))));
  TRY(const json::object answer, api->post(path, {}));
  session.show(answer);
  return Done{};
}

}  // namespace

void add_key(Table& table) {
  table.push_back({.words = "key list", .doc = "List the signing keys.", .example = "deputy key list", .run = list});
  table.push_back({.words = "key rotate",
                   .doc = "Make a new signing key, once every verifier can know it; the old one verifies until its "
                          "tokens have expired.",
                   .example = "deputy key rotate --algorithm ES256",
                   .flags = {{.name = "algorithm",
                              .value = "NAME",
                              .doc = "Of the new key (ES256 if not named).",
                              .choices = {"ES256", "EdDSA", "RS256"}}},
                   .run = rotate});
  table.push_back({.words = "key compromised",
                   .doc = "Withdraw a key that others may hold: nothing it signed verifies any more.",
                   .example = "deputy key compromised k3PnN3Rdc1TyaylAx189iy71fWDmgd6RlXh_Ky6ixBI",
                   .arguments = {{"KID", "The key's id, as `deputy key list` shows it."}},
                   .flags = {preview_flag()},
                   .run = compromised});
}

}  // namespace deputy::cli
