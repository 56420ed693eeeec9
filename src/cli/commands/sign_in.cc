// deputy user authenticators|remove-authenticator|reset-code: how a person signs in, and how they get in again.
#include <fmt/format.h>

#include <ostream>

#include "base/encoding.h"
#include "cli/commands/all.h"
#include "cli/files.h"
#include "cli/lookup.h"
#include "cli/session.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr Kind kUsers[] = {Kind::user};

Result<Done, Failure> list(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const Found user, find(*api, kUsers, line.text("USER")));
  TRY(const json::object answer, api->get(path_of(Kind::user, user.id) + "/authenticators"));
  const json::array* items = json_member_array(answer, "items");
  session.show(items ? *items : json::array(), {"id", "type", "label", "created_at", "last_used_at"});
  return Done{};
}

Result<Done, Failure> remove(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const Found user, find(*api, kUsers, line.text("USER")));
  const std::string id = line.text("AUTHENTICATOR");
  TRY(const Done confirmed,
      session.confirm(fmt::format("Remove {} of {}? It opens nothing from then on.", id, line.text("USER"))));
  TRY(const Done removed, api->remove(path_of(Kind::user, user.id) + "/authenticators/" + percent_encode(id)));
  session.did("removed", id);
  return Done{};
}

Result<Done, Failure> reset_code(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const Found user, find(*api, kUsers, line.text("USER")));
  TRY(const json::object made, api->post(path_of(Kind::user, user.id) + "/reset-code", {}));
  session.show(made);
  session.err() << "Give this code to the person by a way you trust. It is shown this once.\n";
  return Done{};
}

}  // namespace

void add_sign_in(Table& table) {
  const Argument user{"USER", "An id or a username."};
  table.push_back({.words = "user authenticators",
                   .doc = "List how a user signs in: password, passkeys, one-time passwords.",
                   .example = "deputy user authenticators alice",
                   .arguments = {user},
                   .run = list});
  table.push_back({.words = "user remove-authenticator",
                   .doc = "Remove one: a lost phone or key. The user's sessions end.",
                   .example = "deputy user remove-authenticator alice atr_01jd",
                   .arguments = {user, {"AUTHENTICATOR", "Its id."}},
                   .run = remove});
  table.push_back({.words = "user reset-code",
                   .doc = "Make a code by which a user sets a password, within an hour.",
                   .example = "deputy user reset-code alice",
                   .arguments = {user},
                   .run = reset_code});
}

}  // namespace deputy::cli
