// Lists each kind, and each group's members.
#include "cli/apply/current.h"

#include <fmt/format.h>

#include "cli/lookup.h"
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

}  // namespace

Record record_of(Kind kind, const json::object& document) {
  const directory::Noun* noun = directory::noun_of(kind);
  CHECK(noun != nullptr);
  Record record{.kind = kind, .name = {}, .id = {}, .fields = {}, .members = {}};
  record.id = json_text(document, "id").value_or("");
  record.version = json_integer(document, "version").value_or(0);
  record.revoked = json_text(document, "state") == "revoked" && kind == Kind::agent;
  const json::value* built_in = document.if_contains("built_in");
  record.built_in = built_in != nullptr && built_in->is_bool() && built_in->get_bool();
  if (kind != Kind::assignment) record.name = json_text(document, key_field(kind)).value_or("");
  for (const directory::Field& field : noun->fields) {
    const json::value* value = document.if_contains(field.name);
    if (value != nullptr && !value->is_null() && field.need != directory::Need::read_only)
      record.fields[field.name] = *value;
  }
  return record;
}

Result<std::vector<Record>, Failure> current(Session& session, Members groups) {
  TRY(client::Api* const api, session.api());
  std::vector<Record> records;
  for (const Kind kind : kKinds) {
    TRY(const json::array items, api->list(path_of(kind), {}, [&](std::size_t count) {
      session.progress(fmt::format("reading {}: {}", directory::row(kind).plural, count));
    }));
    for (const json::value& item : items)
      if (item.is_object()) records.push_back(record_of(kind, item.get_object()));
  }
  std::string api_resource;
  for (const Record& record : records)
    if (record.kind == Kind::resource && record.built_in) api_resource = record.id;
  std::size_t read = 0;
  for (Record& record : records) {
    record.built_in = record.built_in || is_built_in_role(record, api_resource);
    if (record.kind != Kind::group || groups == Members::leave) continue;
    session.progress(fmt::format("reading members of groups: {}", ++read));
    TRY(const json::array members, api->list(path_of(Kind::group, record.id) + "/members"));
    record.members.emplace();
    for (const json::value& item : members)
      if (item.is_object()) record.members->emplace_back(json_text(item.get_object(), "member").value_or(""));
    std::sort(record.members->begin(), record.members->end());
  }
  session.end_progress();
  return records;
}

}  // namespace deputy::cli::apply
