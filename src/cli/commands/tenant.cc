// deputy tenant create|get|list|update: customers with an issuer, keys and a directory of their own.
#include <fmt/format.h>

#include "cli/commands/credential.h"
#include "cli/commands/noun.h"
#include "cli/fields.h"
#include "cli/listing.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

// The first administrator stands in a record of its own: what is shown of it is what `deputy login` asks for.
Result<Done, Failure> create(const Line& line, Session& session) {
  TRY(SecretFile secret_file, make_secret_file(line));
  TRY(json::object document, document_of(directory::noun(Kind::tenant), Act::create, line, session));
  document["id"] = line.text("ID");
  TRY(client::Api* const api, session.api());
  TRY(json::object made, api->post(path_of(Kind::tenant), document));
  const json::value* value = made.if_contains("admin");
  const json::object admin = value != nullptr && value->is_object() ? value->get_object() : json::object{};
  made.erase("admin");
  made["client_id"] = json_text(admin, "client_id").value_or("");
  made["secret"] = json_text(admin, "secret").value_or("");
  const std::string lost = fmt::format(
      "the secret of the tenant's administrator is lost: stop the server, and make another administrator (`deputy "
      "recover --tenant {}`)", client::printable(line.text("ID")));
  return show_with_secret(session, std::move(made), std::move(secret_file), lost);
}

Result<Done, Failure> get(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object document, api->get(path_of(Kind::tenant, line.text("TENANT"))));
  session.show(document);
  return Done{};
}

// A way of signing in that is taken away may be somebody's only one.
Result<Done, Failure> confirm_change(const std::string& id, const json::object& patch, Session& session) {
  std::string taken;
  for (const auto& [field, value] : patch)
    if (field.starts_with("sign_in_") && value == json::value(false))
      taken.append(taken.empty() ? "" : ", ").append(field.substr(std::string_view("sign_in_").size()));
  if (taken.empty()) return Done{};
  return session.confirm(fmt::format("Change tenant {}? Nobody signs in there by {} from then on.",
                                     client::printable(id), taken));
}

Result<Done, Failure> update(const Line& line, Session& session) {
  TRY(const json::object patch, document_of(directory::noun(Kind::tenant), Act::update, line, session));
  if (patch.empty()) return misuse("name at least one field to change");
  const std::string id = line.text("TENANT");
  TRY(const Done confirmed, confirm_change(id, patch, session));
  TRY(client::Api* const api, session.api());
  TRY(const json::object changed, api->patch(path_of(Kind::tenant, id), patch));
  session.show(changed);
  return Done{};
}

}  // namespace

void add_tenant(Table& table) {
  const Argument tenant{"TENANT", "Its id."};
  auto flags = flags_of(directory::noun(Kind::tenant), Act::create);
  flags.push_back(secret_file_flag());
  table.push_back({.words = "tenant create",
                   .doc = "Make a tenant. Its first administrator's client_id and secret are shown once.",
                   .example = "deputy tenant create acme --name \"Acme Ltd\" --secret-file acme-admin.secret",
                   .arguments = {{"ID", "What its issuer ends in: lower-case letters, digits and hyphens."}},
                   .flags = std::move(flags),
                   .run = create});
  table.push_back({.words = "tenant get",
                   .doc = "Show a tenant.",
                   .example = "deputy tenant get acme",
                   .arguments = {tenant},
                   .run = get});
  auto list = list_command(Kind::tenant);
  list.doc = "List the tenants of this server, by their ids. Only administrators of the default tenant see them.";
  list.flags = {limit_flag()};  // nothing of a tenant is indexed
  table.push_back(std::move(list));
  table.push_back({.words = "tenant update",
                   .doc = "Change fields of a tenant: its name, and how people sign in there.",
                   .example = "deputy tenant update acme --sign-in-totp false",
                   .arguments = {tenant},
                   .flags = flags_of(directory::noun(Kind::tenant), Act::update),
                   .run = update});
}

}  // namespace deputy::cli
