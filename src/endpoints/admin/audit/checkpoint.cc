// GET /v1/audit/checkpoint, GET /v1/audit/key, POST /v1/audit/cosignatures.
#include "audit/checkpoint.h"

#include "endpoints/admin/audit/audit.h"
#include "endpoints/admin/first_tenant.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/page.h"

namespace deputy::endpoints::admin {
namespace {

Problem no_checkpoint() {
  return {ProblemType::not_found, "There is no such checkpoint: one is signed each second in which something happened; "
                                  "those without a cosignature are kept for an hour."};
}

// The checkpoint's note with this signature under it; as it was, if the key has signed it already.
Result<std::string, Problem> cosigned(const std::string& encoded, const audit::NoteSignature& signature,
                                      const std::vector<audit::NoteKey>& witnesses) {
  TRY(auto opened, audit::open_checkpoint(encoded));
  for (const auto& witness : witnesses) {
    if (!audit::verify(witness, signature, opened.note.text)) continue;
    if (audit::signature_by(witness, opened.note)) return encoded;
    return encoded + audit::signature_line(signature);
  }
  return Fail{Problem(ProblemType::invalid_field,
                      "It is not a signature of this checkpoint by a witness that audit.witnesses names.",
                      "cosignature")};
}

}  // namespace

http::Response text_response(std::string body, std::string_view content_type) {
  http::Response response;
  response.content_type = content_type;
  response.headers = {{"Cache-Control", "no-store"}};
  response.body = std::move(body);
  return response;
}

Result<std::optional<std::uint64_t>, Problem> size_of(const oauth::Form& query, std::string_view name,
                                                      std::uint64_t most) {
  const auto text = query.get(name);
  if (!text) return std::optional<std::uint64_t>();
  const auto size = audit::size_in(*text);
  if (!size || *size > most)
    return Fail{Problem(ProblemType::invalid_request, "Send a whole number, at most " + std::to_string(most) + ".",
                        std::string(name))};
  return size;
}

Result<std::string, Problem> newest_checkpoint(Visit& visit, const oauth::Form& query) {
  const auto wish = query.get("cosigned").value_or("false");
  if (wish != "true" && wish != "false")
    return Fail{Problem(ProblemType::invalid_request, "Send true or false.", "cosigned")};
  using Which = store::Log::Which;
  TRY(auto note, visit.app.store.log().latest_checkpoint(wish == "true" ? Which::cosigned : Which::any));
  if (!note) return Fail{no_checkpoint()};
  return *std::move(note);
}

Outcome read_checkpoint(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  constexpr std::string_view parameters[] = {"size", "cosigned"};
  TRY(auto query, query_of(visit, parameters));
  TRY(auto size, size_of(query, "size", INT64_MAX));
  if (!size) {
    TRY(auto newest, newest_checkpoint(visit, query));
    return Answer{.response = text_response(std::move(newest)), .writes = {}, .refused = {}};
  }
  TRY(auto note, visit.app.store.log().checkpoint(*size));
  if (!note) return Fail{no_checkpoint()};
  return Answer{.response = text_response(*std::move(note)), .writes = {}, .refused = {}};
}

Outcome read_audit_key(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  TRY(auto query, query_of(visit, {}));
  TRY(auto published, visit.app.audit_log.published());
  return Answer{.response = text_response(audit::vkey_of(published.key) + "\n"), .writes = {}, .refused = {}};
}

Outcome rotate_audit_key(Visit& visit) {
  // The log is of all tenants: its key is the default tenant's matter.
  if (visit.call.tenant != default_tenant) return Fail{no_such_record("the log's key is the default tenant's matter")};
  TRY(auto all, whole_tenant(visit));
  TRY(auto body, body_of(visit, Empty::allowed));
  TRY(auto known, only_members(body, {}));
  auto rotation = visit.app.audit_log.rotation();
  if (!rotation) {
    if (rotation.error().kind != Fault::Kind::conflict) return Fail{Problem(rotation.error())};
    return Fail{Problem(ProblemType::wrong_state,
                        "The last change is not signed for yet: ask again in a second, or when an event is recorded.")};
  }
  const auto after = audit::vkey_of(rotation->after);
  Change change;
  change.add(std::move(rotation->write));
  change.touched({{"key", audit::vkey_of(rotation->before)}}, {{"key", after}});
  return std::move(change).answer(visit, json_response(201, json::serialize(json::object{
                                                                {"name", rotation->after.name}, {"key", after}})));
}

// A cosignature needs no more authority than reading the checkpoint did: the witness's key is what makes it count.
Outcome add_cosignature(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  TRY(auto body, body_of(visit));
  TRY(auto known, only_members(body, {"size", "cosignature"}));
  const auto size = json_integer(body, "size");
  if (!size || *size < 0) return Fail{Problem(ProblemType::invalid_field, "Send the checkpoint's size.", "size")};
  auto signature = audit::parse_signature_line(json_text(body, "cosignature").value_or(""));
  if (!signature) return Fail{Problem(ProblemType::invalid_field, "Send one signature line of a note.", "cosignature")};
  TRY(auto before, visit.app.store.log().checkpoint(static_cast<std::uint64_t>(*size)));
  if (!before) return Fail{no_checkpoint()};
  TRY(auto after, cosigned(*before, *signature, visit.app.live.now()->audit_witnesses));
  auto response = json_response(200, json::serialize(json::object{{"size", *size}, {"checkpoint", after}}));
  if (after == *before) return Answer{.response = std::move(response), .writes = {}, .refused = {}};
  visit.about.event.target = signature->name;
  Change change;
  change.add(store::Cosign{static_cast<std::uint64_t>(*size), *before, after});
  change.touched({}, {{"size", *size}});
  return std::move(change).answer(visit, std::move(response));
}

}  // namespace deputy::endpoints::admin
