// deputy credential create|list|update|revoke|rotate: what an agent, application or user proves itself with.
#include "cli/commands/credential.h"

#include <fmt/format.h>

#include <ostream>

#include "base/encoding.h"
#include "cli/files.h"
#include "cli/listing.h"
#include "cli/times.h"
#include "client/refusal.h"
#include "directory/instant.h"

namespace deputy::cli {
namespace {

constexpr Kind kHolders[] = {Kind::agent, Kind::application, Kind::user};

bool is_live(const json::object& credential, Instant now) {
  const auto until = json_text(credential, "expires_at");
  const auto ends = until ? directory::parse_rfc3339(*until) : std::nullopt;
  return !ends || *ends > now;
}

// Those of which this holds, where there are any.
template <typename Holds>
void keep(std::vector<const json::object*>& credentials, const Holds& holds) {
  const auto fails = [&](const json::object* one) { return !holds(*one); };
  if (!std::all_of(credentials.begin(), credentials.end(), fails)) std::erase_if(credentials, fails);
}

std::string id_of(const json::object& credential) { return client::printable(text_of(credential, "id")); }
std::string called(std::string_view label) { return fmt::format(" called \"{}\"", client::printable(label)); }
std::string with_label(const json::object& credential) {
  const auto label = text_of(credential, "label");
  return id_of(credential) + (label.empty() ? " without a label" : called(label));
}

Result<json::object, Failure> document_of(const Line& line, const World& world) {
  if (line.has("jwks") && line.has("jwks-uri")) return misuse("name --jwks or --jwks-uri, not both");
  if (line.has("secret-file") && (line.has("jwks") || line.has("jwks-uri")))
    return misuse("public keys have no secret to write: leave --secret-file away");
  json::object document{{"type", "secret"}};
  if (line.has("jwks")) {
    TRY(const std::string text, read_input(line.text("jwks"), world));
    auto set = parse_json_object(text);
    if (!set) return misuse("--jwks: the file holds no JSON object");
    document = {{"type", "jwks"}, {"jwks", *set}};
  } else if (line.has("jwks-uri")) {
    document = {{"type", "jwks_uri"}, {"jwks_uri", line.text("jwks-uri")}};
  }
  if (line.has("label")) document["label"] = line.text("label");
  TRY(const Done expiry, add_expiry(line, "expires", world, document));
  return document;
}

Result<Done, Failure> create(const Line& line, Session& session) {
  TRY(const json::object document, document_of(line, session.world()));
  TRY(SecretFile secret_file, make_secret_file(line));
  TRY(client::Api* const api, session.api());
  TRY(const Found holder, find(*api, kHolders, line.text("PRINCIPAL")));
  TRY(const json::object principal, api->get(path_of(holder.kind, holder.id)));
  TRY(json::object made, api->post(credentials_path(holder), document));
  made["client_id"] = client_id_of(principal);
  const std::string lost = if_lost(holder.id, id_of(made));
  return show_with_secret(session, std::move(made), std::move(secret_file), lost);
}

Result<Done, Failure> list(const Line& line, Session& session) {
  TRY(const std::size_t most, limit_of(line));
  TRY(client::Api* const api, session.api());
  TRY(const Found holder, find(*api, kHolders, line.text("PRINCIPAL")));
  return show_listing(session, {.path = credentials_path(holder),
                                .what = "credentials",
                                .columns = {"id", "label", "type", "created_at", "expires_at", "last_used_at"},
                                .most = most});
}

Result<Done, Failure> update(const Line& line, Session& session) {
  json::object patch;
  if (line.has("label")) patch["label"] = line.text("label");
  TRY(const Done expiry, add_expiry(line, "expires", session.world(), patch));
  for (const std::string& field : line.all("unset")) {
    if (patch.contains(field)) return misuse(fmt::format("a field is set or unset, not both: {}", field));
    patch[field] = nullptr;
  }
  if (patch.empty()) return misuse("name at least one field to change");
  TRY(client::Api* const api, session.api());
  TRY(const Found holder, find(*api, kHolders, line.text("PRINCIPAL")));
  const std::string path = credentials_path(holder);
  TRY(const std::string id, find_credential(*api, path, line.text("CREDENTIAL"), session.world().clock.now(),
                                           Successor::preferred));
  TRY(const json::object changed, api->patch(path + "/" + percent_encode(id), patch));
  session.show(changed);
  return Done{};
}

Result<Done, Failure> revoke(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const Found holder, find(*api, kHolders, line.text("PRINCIPAL")));
  TRY(const std::string id, find_credential(*api, credentials_path(holder), line.text("CREDENTIAL"),
                                           session.world().clock.now(), Successor::one_of_several));
  TRY(const Done confirmed,
      session.confirm(fmt::format("Revoke credential {} of {}? It stops at once.", id, line.text("PRINCIPAL"))));
  TRY(const Done removed, api->remove(credentials_path(holder) + "/" + percent_encode(id)));
  session.did("revoked", id);
  return Done{};
}

Result<Done, Failure> rotate(const Line& line, Session& session) {
  TRY(SecretFile secret_file, make_secret_file(line));
  TRY(client::Api* const api, session.api());
  TRY(const Found holder, find(*api, kHolders, line.text("PRINCIPAL")));
  return rotate_credential(holder, line.text("CREDENTIAL"), line, std::move(secret_file), session);
}

}  // namespace

std::string credentials_path(const Found& principal) { return path_of(principal.kind, principal.id) + "/credentials"; }

std::string client_id_of(const json::object& principal) {
  const auto client_id = json_text(principal, "client_id");
  return std::string(client_id ? *client_id : json_text(principal, "id").value_or(""));
}

Result<Done, Failure> add_expiry(const Line& line, const std::string& flag, const World& world,
                                 json::object& document) {
  if (!line.has(flag)) return Done{};
  const auto now = world.clock.now();
  const auto text = instant_of(line.text(flag), now);
  const auto instant = text ? directory::parse_rfc3339(*text) : std::nullopt;
  if (!instant) return misuse(fmt::format("--{} takes a time such as 90d or 2027-01-31", flag));
  if (*instant <= now) return misuse(fmt::format("--{} takes a time that lies ahead", flag));
  document["expires_at"] = *text;
  return Done{};
}

Flag secret_file_flag() {
  return {.name = "secret-file", .value = "FILE",
          .doc = "Write the secret into a new file (mode 0600) instead of showing it."};
}

Flag overlap_flag() {
  return {.name = "overlap", .value = "TIME",
          .doc = "How long the old secret still works (24h if not named; at most 30d)."};
}

Flag fresh_expiry_flag() {
  return {.name = "expires", .value = "WHEN",
          .doc = "When the new secret stops: 90d, or an instant (as long as the old one's life if not named)."};
}

Result<std::string, Failure> find_credential(client::Api& api, const std::string& path, const std::string& named,
                                             Instant now, Successor successor) {
  TRY(const json::array items, api.list(path));
  std::vector<const json::object*> meant;
  for (const json::value& item : items) {
    const json::object* credential = item.if_object();
    if (credential == nullptr) continue;
    if (!named.empty() && json_text(*credential, "id") == named) return named;
    if (named.empty() ? json_text(*credential, "type") == "secret" && is_live(*credential, now)
                      : json_text(*credential, "label") == named)
      meant.push_back(credential);
  }
  keep(meant, [&](const json::object& one) { return is_live(one, now); });
  if (successor == Successor::preferred)
    keep(meant, [](const json::object& one) { return !one.contains("replaced_by"); });
  if (meant.size() == 1) return text_of(*meant.front(), "id");
  const std::string name = named.empty() ? "" : called(named);
  const std::string what = named.empty() ? "live secret" : "credential";
  if (meant.empty()) return refuse(fmt::format("there is no {}{}; see `deputy credential list`", what, name));
  std::string list;
  for (const auto* one : meant) list += (list.empty() ? "" : ", ") + (named.empty() ? with_label(*one) : id_of(*one));
  return refuse(fmt::format("there are {} {}s{}: {}; say which by its {}id", meant.size(), what, name, list,
                            named.empty() ? "label or its " : ""));
}

std::string if_lost(std::string_view principal, std::string_view credential) {
  return fmt::format("the secret of credential {1} is lost: take it away (`deputy credential revoke {0} {1}`), and "
                     "make another (`deputy credential create {0}`)", principal, credential);
}

Result<Done, Failure> rotate_credential(const Found& holder, const std::string& credential, const Line& line,
                                        SecretFile secret_file, Session& session) {
  const auto overlap = line.has("overlap") ? duration_of(line.text("overlap")) : Seconds(86'400);
  if (!overlap) return misuse("--overlap takes a time such as 24h or 7d");
  json::object asked{{"overlap_s", overlap->count()}};
  TRY(const Done expiry, add_expiry(line, "expires", session.world(), asked));
  TRY(client::Api* const api, session.api());
  const std::string path = credentials_path(holder);
  TRY(const std::string id, find_credential(*api, path, credential, session.world().clock.now(),
                                           Successor::preferred));
  const bool at_once = overlap->count() == 0;
  if (at_once) {
    TRY(const Done confirmed, session.confirm(fmt::format("Rotate credential {} of {}? The old secret stops at once.",
                                                          id, holder.id)));
  }
  TRY(json::object made, api->post(path + "/" + percent_encode(id) + "/rotate", asked));
  std::string retires;
  if (const json::object* replaces = json_member_object(made, "replaces")) {
    const bool stopped = at_once || !is_live(*replaces, session.world().clock.now());
    const auto until = client::printable(text_of(*replaces, "expires_at"));
    retires = fmt::format("The old secret ({}) {}.\n", id_of(*replaces),
                          stopped ? "has stopped" : "works until " + until);
  }
  const std::string lost = if_lost(holder.id, id_of(made));
  auto shown = show_with_secret(session, std::move(made), std::move(secret_file), lost);
  session.err() << retires;
  return shown;
}

void add_credential(Table& table) {
  const Argument principal{"PRINCIPAL", "An id, a name, or a kind and a name: agent/travel-bot."};
  const Argument credential{"CREDENTIAL", "Its id or its label."};
  table.push_back({.words = "credential create",
                   .doc = "Make a credential. A secret is shown once.",
                   .example = "deputy credential create agent/travel-bot --label ci --secret-file travel-bot.secret",
                   .arguments = {principal},
                   .flags = {{.name = "label", .value = "TEXT", .doc = "What it is for."},
                             {.name = "expires", .value = "WHEN", .doc = "When it stops: 90d, or an instant."},
                             {.name = "jwks", .value = "FILE", .doc = "Public keys instead of a secret: a JWK Set."},
                             {.name = "jwks-uri", .value = "URI",
                              .doc = "Where the public keys are, instead of a secret."},
                             secret_file_flag()},
                   .run = create});
  table.push_back({.words = "credential list",
                   .doc = "List the credentials of an agent, application or user; never their secrets.",
                   .example = "deputy credential list agent/travel-bot",
                   .arguments = {principal},
                   .flags = {limit_flag()},
                   .run = list});
  table.push_back({.words = "credential update",
                   .doc = "Change what a credential is called, or when it stops.",
                   .example = "deputy credential update agent/travel-bot ci --expires 90d",
                   .arguments = {principal, credential},
                   .flags = {{.name = "label", .value = "TEXT", .doc = "What it is for."},
                             {.name = "expires", .value = "WHEN", .doc = "When it stops: 90d, or an instant."},
                             {.name = "unset", .value = "FIELD", .doc = "Take this field away.",
                              .times = Flag::Times::many, .choices = {"label", "expires_at"}}},
                   .run = update});
  table.push_back({.words = "credential revoke",
                   .doc = "Stop a credential at once.",
                   .example = "deputy credential revoke agent/travel-bot ci",
                   .arguments = {principal, credential},
                   .run = revoke});
  table.push_back({.words = "credential rotate",
                   .doc = "Make a new secret, and let the old one retire.",
                   .example = "deputy credential rotate agent/travel-bot ci --overlap 1h",
                   .arguments = {principal, credential},
                   .flags = {overlap_flag(), fresh_expiry_flag(), secret_file_flag()},
                   .run = rotate});
}

}  // namespace deputy::cli
