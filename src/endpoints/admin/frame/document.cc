// From a record to what a caller sees of it.
#include "endpoints/admin/frame/document.h"

#include "directory/agent_type.h"
#include "directory/fallback.h"
#include "directory/principal.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/endpoint.h"

namespace deputy::endpoints::admin {

Result<json::object, Fault> body_of_record(const store::Record& record) {
  auto body = parse_stored(record.body);
  if (!body)
    return Fail{Fault{Fault::Kind::corrupt,
                      "the record of a " + std::string(directory::row(record.kind).name) + " is damaged"}};
  if (const auto* noun = directory::noun_of(record.kind)) directory::complete(*noun, *body);
  return body;
}

json::object document_of(const store::Record& record, const json::object& body, Instant now) {
  json::object document{{"id", record.id},
                        {"version", record.version},
                        {"created_at", rfc3339(record.created_at)},
                        {"updated_at", rfc3339(record.updated_at)}};
  for (const auto& [name, value] : body)
    if (!is_secret_member(name)) document[name] = value;
  if (const auto* held = json_member_object(body, directory::credential_attributes)) {
    json::array names;
    for (const auto& [name, hash] : *held) names.emplace_back(name);
    document[directory::credential_attributes] = std::move(names);
  }
  if (record.kind == directory::Kind::agent)
    if (const auto agent = directory::Principal::from(record.kind, record.id, body))
      document["state"] = directory::name_of(agent->state(now));
  if (record.kind == directory::Kind::credential && record.touched_at)
    document["last_used_at"] = rfc3339(*record.touched_at);
  return document;
}

Result<json::object, Fault> document_of(const store::Record& record, Instant now) {
  TRY(auto body, body_of_record(record));
  return document_of(record, body, now);
}

http::Response document_response(int status, const json::object& document) {
  auto response = json_response(status, json::serialize(document));
  if (const auto version = json_integer(document, "version"))
    response.headers.emplace_back("ETag", "\"" + std::to_string(*version) + "\"");
  return response;
}

http::Response no_content() { return {.status = 204, .content_type = "", .body = "", .headers = {}, .feed = nullptr}; }

}  // namespace deputy::endpoints::admin
