// Lists each kind, and each group's members.
#include "cli/apply/current.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/lookup.h"
#include "directory/agent_type.h"
#include "directory/instant.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

// Made with every tenant, and speaking of this server's own API: another server has its own.
bool is_built_in_role(const Record& record, const std::string& api_resource) {
  if (record.kind != Kind::role || (record.name != "administrator" && record.name != "auditor")) return false;
  const json::array* permissions = json_member_array(record.fields, "permissions");
  return permissions != nullptr && std::all_of(permissions->begin(), permissions->end(), [&](const json::value& item) {
           return item.is_object() && json_text(item.get_object(), "resource") == api_resource;
         });
}

void say_unreadable(const std::set<Kind>& kinds, Session& session) {
  if (kinds.empty()) return;
  std::string list;
  for (const Kind kind : kinds) list += (list.empty() ? "" : ", ") + plural_of(kind);
  session.err() << "deputy: note: you may not read these, and they are passed over: " << list << '\n';
}

}  // namespace

Record record_of(Kind kind, const json::object& document) {
  Record record{.kind = kind, .name = {}, .id = {}, .fields = {}, .members = {}};
  record.id = json_text(document, "id").value_or("");
  record.version = json_integer(document, "version").value_or(0);
  record.created_at = directory::parse_rfc3339(json_text(document, "created_at").value_or(""));
  if (kind == Kind::agent) {
    const auto state = json_text(document, "state");
    record.revoked = state == "revoked";
    record.expired = state == "expired";
    record.suspended = state == "suspended";
    record.credentials = texts_of(document, directory::credential_attributes);
  }
  const json::value* built_in = document.if_contains("built_in");
  record.built_in = built_in != nullptr && built_in->is_bool() && built_in->get_bool();
  if (kind != Kind::assignment) record.name = json_text(document, key_field(kind)).value_or("");
  for (const directory::Field& field : directory::noun(kind).fields) {
    const json::value* value = document.if_contains(field.name);
    if (value != nullptr && !value->is_null() && field.need != directory::Need::read_only)
      record.fields[field.name] = *value;
  }
  return record;
}

Result<Current, Failure> current(Session& session) {
  TRY(client::Api* const api, session.api());
  Current found;
  for (const Kind kind : kKinds) {
    const auto items = api->list(path_of(kind), {}, [&](std::size_t count) {
      session.progress(fmt::format("reading {}: {}", directory::row(kind).plural, count));
    });
    if (!items && items.error().code == "insufficient_scope")
      found.unreadable.insert(kind);
    else if (!items)
      return Fail{Failure(items.error())};
    else
      for (const json::value& item : *items)
        if (item.is_object()) found.records.push_back(record_of(kind, item.get_object()));
  }
  std::string api_resource;
  for (const Record& record : found.records)
    if (record.kind == Kind::resource && record.built_in) api_resource = record.id;
  std::size_t read = 0;
  for (Record& record : found.records) {
    record.built_in = record.built_in || is_built_in_role(record, api_resource);
    if (record.kind != Kind::group) continue;
    session.progress(fmt::format("reading members of groups: {}", ++read));
    TRY(const json::array members, api->list(path_of(Kind::group, record.id) + "/members"));
    record.members.emplace();
    for (const json::value& item : members)
      if (item.is_object()) record.members->emplace_back(json_text(item.get_object(), "member").value_or(""));
    std::sort(record.members->begin(), record.members->end());
  }
  session.end_progress();
  say_unreadable(found.unreadable, session);
  return found;
}

}  // namespace deputy::cli::apply
