// The generic commands: the noun's table of fields says which flags there are.
#include "cli/commands/noun.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/commands/access.h"
#include "cli/commands/delegation.h"
#include "cli/fields.h"
#include "cli/listing.h"
#include "cli/names.h"
#include "cli/session.h"
#include "client/refusal.h"
#include "directory/filter.h"

namespace deputy::cli {
namespace {

Argument which(Kind kind) { return {argument_of(kind), std::string(named_by(kind))}; }

std::string name_shown(Kind kind, const json::object& document) {
  return client::printable(json_text(document, key_field(kind)).value_or(""));
}

std::string key_argument(Kind kind) {
  std::string name(key_field(kind));
  for (char& letter : name) letter = static_cast<char>(std::toupper(letter));
  return name;
}

std::string sample(Kind kind) {
  switch (kind) {
    case Kind::organization: return "acme";
    case Kind::user: return "alice";
    case Kind::group: return "on-call";
    case Kind::agent_type: return "assistant";
    case Kind::agent: return "travel-bot";
    case Kind::application: return "portal";
    case Kind::resource: return "https://booking.example";
    case Kind::role: return "reader";
    case Kind::trusted_issuer: return "https://login.example";
    default: return "asn_01jd0000000000000000000000";
  }
}

// With what is required of one.
std::string sample_of_new(Kind kind) {
  switch (kind) {
    case Kind::resource: return sample(kind) + " --name Booking --scope booking:read --scope booking:write";
    case Kind::role: return sample(kind) + " --permission \"https://booking.example=booking:read\"";
    case Kind::trusted_issuer:
      return sample(kind) + " --jwks-uri https://login.example/jwks --permission \"https://booking.example=booking:*\"";
    default: return sample(kind);
  }
}

// A permission may be written before its scope is; who did not mean that is told.
void tell_of_undefined_scopes(Kind kind, const json::object& sent, client::Api& api, Session& session) {
  for (const directory::Field& field : directory::noun(kind).fields) {
    if (field.type != directory::Type::permissions) continue;
    const auto* permissions = json_member_array(sent, field.name);
    if (permissions == nullptr) continue;
    for (const auto& missing : undefined_scopes(*permissions, api))
      session.err() << "deputy: note: there is no scope " << missing << "; nothing is given by it until there is\n";
  }
}

Result<Done, Failure> create(Kind kind, const Line& line, Session& session) {
  TRY(json::object document, document_of(directory::noun(kind), Act::create, line, session));
  document[key_field(kind)] = line.text(key_argument(kind));
  TRY(const json::object resolved, resolve_references(directory::noun(kind), std::move(document), session));
  TRY(client::Api* const api, session.api());
  TRY(const json::object made, api->post(path_of(kind), resolved));
  session.show(made);
  tell_of_undefined_scopes(kind, resolved, *api, session);
  return Done{};
}

Result<Done, Failure> get(Kind kind, const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object document, read(*api, kind, line.text(argument_of(kind))));
  session.show(document);
  return Done{};
}

// Names stand where /v1 has ids. A filter that cannot be read is refused there, in its words.
Result<std::string, Failure> with_ids(Kind kind, const std::string& text, client::Api& api) {
  auto filter = directory::Filter::parse(text);
  if (!filter) return text;
  const auto mentions = filter->mentions(directory::noun(kind));
  if (mentions.empty()) return text;
  for (const auto& mention : mentions) {
    const auto found = find(api, mention.kinds, std::string(mention.text->get_string()));
    if (!found)
      return Fail{found.error().told_as(fmt::format("--filter: {}: {}", mention.path, found.error().sentence))};
    *mention.text = json::string(found->id);
  }
  return filter->text();
}

// Of the columns that a table shows, those of other records.
std::vector<std::string_view> references_shown(Kind kind) {
  std::vector<std::string_view> columns;
  for (const auto& column : columns_of(kind))
    if (const auto* field = directory::noun(kind).field(column);
        field != nullptr && field->type == directory::Type::reference)
      columns.push_back(field->name);
  return columns;
}

Result<Done, Failure> list(Kind kind, const Line& line, Session& session) {
  TRY(const std::size_t most, limit_of(line));
  TRY(client::Api* const api, session.api());
  client::Query query;
  if (line.has("filter")) {
    TRY(std::string filter, with_ids(kind, line.text("filter"), *api));
    query.emplace_back("filter", std::move(filter));
  }
  Names names(*api, Names::Bound::in_all);
  return show_listing(session, {.path = path_of(kind),
                                .query = std::move(query),
                                .what = plural_of(kind),
                                .columns = columns_of(kind),
                                .most = most,
                                .for_people = [&](json::array& items) {
                                  put_names(items, references_shown(kind), names);
                                }});
}

// The type that the agent is to have, or has.
Result<Done, Failure> check_attributes(const Line& line, const std::string& id, const json::object& patch,
                                       Session& session) {
  if (!line.has("attribute")) return Done{};
  if (patch.contains("type")) return refuse_typed_credentials(line, json_text(patch, "type").value_or(""), session);
  TRY(client::Api* const api, session.api());
  TRY(const json::object agent, api->get(path_of(Kind::agent, id)));
  return refuse_typed_credentials(line, json_text(agent, "type").value_or(""), session);
}

bool disables(const json::object& patch) { return json_text(patch, "state").value_or("active") != "active"; }

// An agent's work need not stop with a person's leaving, so whoever disables its owner is told of it; empty: nothing
// goes on, or the caller may not see it.
std::string agents_that_go_on(Kind kind, const std::string& id, const json::object& patch, Session& session) {
  if (kind != Kind::user || !disables(patch)) return "";
  const auto api = session.api();
  if (!api) return "";
  const auto filter = equals("owner", id) + " and " + equals("state", "active");
  const auto agents = (*api)->list(path_of(Kind::agent), {{"filter", filter}});
  if (!agents || agents->empty()) return "";
  return fmt::format("Active agents of this user that go on: {}. Transfer or suspend them; `deputy agent list --filter "
                     "'{}'` finds them.", agents->size(), filter);
}

// A change that ends something is as good as a deletion. Who is disabled is stopped, whatever there is to end.
Result<Done, Failure> confirm_change(Kind kind, const std::string& id, const json::object& patch, Session& session) {
  if (!session.asks() || !has_preview(kind)) return Done{};
  TRY(const std::string ended, ended_by_change(path_of(kind, id), patch, session));
  if (ended.empty() && !disables(patch)) return Done{};
  TRY(client::Api* const api, session.api());
  TRY(const json::object document, api->get(path_of(kind, id)));
  const std::string going_on = agents_that_go_on(kind, id, patch, session);
  return session.confirm(fmt::format("{} {} {} ({})?{}{}", disables(patch) ? "Disable" : "Change",
                                     directory::row(kind).name, name_shown(kind, document), id,
                                     ended.empty() ? "" : " It ends: " + ended + ".",
                                     going_on.empty() ? "" : " " + going_on));
}

Result<Done, Failure> update(Kind kind, const Line& line, Session& session) {
  TRY(json::object patch, document_of(directory::noun(kind), Act::update, line, session));
  if (patch.empty()) return misuse("name at least one field to change");
  TRY(const json::object resolved, resolve_references(directory::noun(kind), std::move(patch), session));
  TRY(client::Api* const api, session.api());
  TRY(const std::string id, find(*api, kind, line.text(argument_of(kind))));
  if (kind == Kind::agent) {
    TRY(const Done no_secrets, check_attributes(line, id, resolved, session));
  }
  if (line.has("preview")) {
    if (const auto going_on = agents_that_go_on(kind, id, resolved, session); !going_on.empty())
      session.err() << "deputy: note: " << going_on << '\n';
    return preview_change(path_of(kind, id), resolved, session);
  }
  TRY(const Done confirmed, confirm_change(kind, id, resolved, session));
  TRY(const json::object changed, api->patch(path_of(kind, id), resolved));
  session.show(changed);
  tell_of_undefined_scopes(kind, resolved, *api, session);
  return Done{};
}

Result<Done, Failure> remove(Kind kind, const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object document, read(*api, kind, line.text(argument_of(kind))));
  const std::string id(json_text(document, "id").value_or(""));
  if (line.has("preview")) return preview_removal(path_of(kind, id), session);
  TRY(const Done confirmed,
      session.confirm(fmt::format("Delete {} {} ({})?{}", directory::row(kind).name, name_shown(kind, document), id,
                                  has_preview(kind) ? ending_of_removal(path_of(kind, id), session) : "")));
  TRY(const Done removed, api->remove(path_of(kind, id)));
  session.did("deleted", id);
  return Done{};
}

void add_preview(Kind kind, std::vector<Flag>& flags) {
  if (has_preview(kind)) flags.push_back(preview_flag());
}

}  // namespace

bool has_preview(Kind kind) {
  return kind != Kind::agent_type && kind != Kind::group && kind != Kind::organization;
}

std::string word_of(Kind kind) {
  std::string word(directory::row(kind).name);
  std::replace(word.begin(), word.end(), '_', '-');
  return word;
}

std::string argument_of(Kind kind) {
  std::string name(directory::row(kind).name);
  for (char& letter : name) letter = static_cast<char>(std::toupper(letter));
  return name;
}

Columns columns_of(Kind kind) {
  switch (kind) {
    case Kind::agent: return {"id", "name", "state", "owner", "organization", "expires_at"};
    case Kind::user: return {"id", "username", "name", "email", "state", "organization"};
    case Kind::resource: return {"id", "identifier", "name", "token_format"};
    case Kind::assignment: return {"id", "role", "principal", "acts", "organization"};
    case Kind::tenant: return {"id", "name"};
    case Kind::organization: return {"id", "name", "parent"};
    case Kind::trusted_issuer: return {"id", "issuer", "name", "subject_claim", "subject_field", "state"};
    case Kind::application: return {"id", "name", "state", "owner", "organization"};
    default: return {"id", std::string(key_field(kind)), "description"};
  }
}

Command create_command(Kind kind) {
  return {.words = word_of(kind) + " create",
          .doc = fmt::format("Make {}.", with_article(kind)),
          .example = fmt::format("deputy {} create {}", word_of(kind), sample_of_new(kind)),
          .arguments = {{key_argument(kind), "What it is to be known by."}},
          .flags = flags_of(directory::noun(kind), Act::create),
          .run = [kind](const Line& line, Session& session) { return create(kind, line, session); }};
}

Command get_command(Kind kind) {
  return {.words = word_of(kind) + " get",
          .doc = fmt::format("Show {}.", with_article(kind)),
          .example = fmt::format("deputy {} get {}", word_of(kind), sample(kind)),
          .arguments = {which(kind)},
          .run = [kind](const Line& line, Session& session) { return get(kind, line, session); }};
}

Command list_command(Kind kind) {
  return {.words = word_of(kind) + " list",
          .doc = fmt::format("List the {} within your reach, oldest first.", plural_of(kind)),
          .example = fmt::format("deputy {} list", word_of(kind)),
          .flags = {{.name = "filter", .value = "FILTER",
                     .doc = "Only those that match, such as 'name eq \"x\"'. Others stand in it by name or id, as "
                            "anywhere on the command line."},
                    limit_flag()},
          .run = [kind](const Line& line, Session& session) { return list(kind, line, session); }};
}

Command update_command(Kind kind) {
  auto flags = flags_of(directory::noun(kind), Act::update);
  add_preview(kind, flags);
  return {.words = word_of(kind) + " update",
          .doc = fmt::format("Change fields of {}. A list given replaces the list there was.", with_article(kind)),
          .example = fmt::format("deputy {} update {} --file changes.yaml", word_of(kind), sample(kind)),
          .arguments = {which(kind)},
          .flags = std::move(flags),
          .run = [kind](const Line& line, Session& session) { return update(kind, line, session); }};
}

Command delete_command(Kind kind) {
  std::vector<Flag> flags;
  add_preview(kind, flags);
  return {.words = word_of(kind) + " delete",
          .doc = fmt::format("Delete {} that nothing refers to.", with_article(kind)),
          .example = fmt::format("deputy {} delete {}", word_of(kind), sample(kind)),
          .arguments = {which(kind)},
          .flags = std::move(flags),
          .run = [kind](const Line& line, Session& session) { return remove(kind, line, session); }};
}

void add_nouns(Table& table) {
  for (const Kind kind : {Kind::agent_type, Kind::resource, Kind::role, Kind::user, Kind::group, Kind::application,
                          Kind::organization, Kind::trusted_issuer}) {
    table.push_back(create_command(kind));
    table.push_back(get_command(kind));
    table.push_back(list_command(kind));
    if (kind == Kind::user || kind == Kind::application) table.push_back(access_command(kind));
    table.push_back(update_command(kind));
    table.push_back(delete_command(kind));
  }
  table.push_back(get_command(Kind::assignment));
  table.push_back(list_command(Kind::assignment));
  table.push_back(delete_command(Kind::assignment));
}

}  // namespace deputy::cli
