// Keeping answers under the hash of caller and key.
#include "endpoints/admin/frame/idempotency.h"

#include "base/encoding.h"
#include "base/pack.h"
#include "crypto/hash.h"
#include "oauth/scope.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::size_t key_bytes_max = 255;

struct Slot {
  std::string key;      // of the store: the hash of who calls and Idempotency-Key, which is never kept itself
  std::string request;  // the hash of method, path, query and body
  std::string context;  // what the sealed answer is bound to
  std::string scope;    // of the caller's token
};

// Who acts for somebody is another caller than they are: what is kept for them may be more than it may have (I3).
Slot slot_of(const Visit& visit, std::string_view idempotency_key) {
  const auto& request = visit.call.request;
  std::string whose;
  pack(whose, visit.caller.principal->id);
  pack(whose, visit.caller.client_id);
  for (const auto& actor : visit.caller.chain) pack(whose, actor);
  pack(whose, idempotency_key);
  const auto key = crypto::sha256_base64url(whose);
  return {.key = key,
          .request = crypto::sha256_base64url(request.method + " " + request.path + "?" + request.query + "\n" +
                                              request.body),
          .context = "idempotent answer/" + visit.call.tenant + "/" + key,
          .scope = visit.caller.scope};
}

std::string sealed(const http::Response& response, const Slot& slot, App& app) {
  json::array headers;
  for (const auto& [name, value] : response.headers) headers.push_back(json::array{name, value});
  const json::object kept{{"request", slot.request},
                          {"scope", slot.scope},
                          {"status", response.status},
                          {"content_type", response.content_type},
                          {"headers", std::move(headers)},
                          {"body", response.body}};
  return base64url(app.seal.seal(Secret(json::serialize(kept)), slot.context, app.random));
}

Result<json::object, Fault> opened(const store::Kept& kept, const Slot& slot, App& app) {
  const auto bytes = base64url_decode(kept.body);
  if (!bytes) return Fail{Fault{Fault::Kind::corrupt, "a kept answer is damaged"}};
  TRY(auto plain, app.seal.open(*bytes, slot.context));
  return parse_stored(plain.reveal());
}

// A narrowed token gets nothing that was made by one that carries more: it may hold a secret (I1).
Result<bool, Fault> carries_all(const Slot& slot, const json::object& answer) {
  TRY(const auto made_with, oauth::ScopeSet::parse_stored(text_of(answer, "scope")));
  TRY(const auto carried, oauth::ScopeSet::parse_stored(slot.scope));
  return made_with.within(carried);
}

// The answer that is kept, if the request is the same; none when nothing is kept.
Result<std::optional<http::Response>, Problem> kept_answer(App& app, const std::string& tenant, const Slot& slot,
                                                           Instant now) {
  TRY(auto kept, app.store.kept(store::Use::idempotency, tenant, slot.key, now));
  if (!kept) return std::optional<http::Response>();
  TRY(auto answer, opened(*kept, slot, app));
  if (json_text(answer, "request") != std::string_view(slot.request))
    return Fail{Problem(ProblemType::idempotency_mismatch, "Make a new Idempotency-Key for each new request.")};
  TRY(const bool all, carries_all(slot, answer));
  if (!all)
    return Fail{Problem(ProblemType::exceeds_authority, "The request was made by a token that carries more: send one "
                                                        "that carries as much, or make a new Idempotency-Key.")};
  http::Response response;
  response.status = static_cast<int>(json_integer(answer, "status").value_or(500));
  response.content_type = json_text(answer, "content_type").value_or("");
  response.body = json_text(answer, "body").value_or("");
  if (const auto* headers = json_member_array(answer, "headers"))
    for (const auto& header : *headers)
      if (const auto* pair = header.if_array(); pair != nullptr && pair->size() == 2)
        response.headers.emplace_back((*pair)[0].as_string(), (*pair)[1].as_string());
  return std::optional(std::move(response));
}

// Another request with this key was committed first: its answer is the answer.
Answer after_lost_race(const Case& about, App& app, const Slot& slot, Instant now) {
  auto kept = kept_answer(app, about.tenant, slot, now);
  if (!kept) return refuse(about, kept.error());
  if (!*kept)
    return refuse(about, {ProblemType::conflict, "A request with this Idempotency-Key is under way or long past: "
                                                 "make a new key."});
  return {.response = std::move(**kept), .writes = {}, .refused = {}};
}

Result<std::string, Problem> key_of(const Visit& visit) {
  const auto key = visit.call.request.header("Idempotency-Key");
  const bool visible = key && std::all_of(key->begin(), key->end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (!visible || key->empty() || key->size() > key_bytes_max)
    return Fail{Problem(ProblemType::invalid_request,
                        "Send one Idempotency-Key of 1 to 255 visible ASCII characters.")};
  return std::string(*key);
}

}  // namespace

bool names_its_key(const Visit& visit) {
  return visit.call.request.method == "POST" && visit.call.request.count("Idempotency-Key") > 0;
}

Outcome once(Visit& visit, Step step) {
  TRY(auto key, key_of(visit));
  auto slot = slot_of(visit, key);
  TRY(auto kept, kept_answer(visit.app, visit.call.tenant, slot, visit.call.now));
  if (kept) return Answer{.response = std::move(*kept), .writes = {}, .refused = {}};
  TRY(auto answer, step(visit));
  if (answer.response.status >= 300 || answer.writes.empty()) return answer;
  const auto at = answer.writes.size();
  answer.writes.emplace_back(store::Keep{.use = store::Use::idempotency,
                                         .tenant = visit.call.tenant,
                                         .key = slot.key,
                                         .until = visit.call.now + visit.app.config.idempotency_lifetime,
                                         .body = sealed(answer.response, slot, visit.app)});
  answer.refused = [about = visit.about, &app = visit.app, slot, at, now = visit.call.now,
                    otherwise = std::move(answer.refused)](const store::Refused& refused) {
    // The first request's writes may refuse the second's before its mark does (a unique name): the mark decides.
    auto first = kept_answer(app, about.tenant, slot, now);
    if (refused.write == at || (first && *first)) return after_lost_race(about, app, slot, now);
    return otherwise ? otherwise(refused) : unanswered(about);
  };
  return answer;
}

}  // namespace deputy::endpoints::admin
