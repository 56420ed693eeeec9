// POST /oauth2/token (RFC 6749 §3.2): who is the client, which grant, what is it entitled to, one signature.
#include "base/json.h"
#include "base/metrics.h"
#include "endpoints/app.h"
#include "endpoints/client_auth.h"
#include "endpoints/consent_end.h"
#include "endpoints/marks.h"
#include "endpoints/oauth.h"
#include "endpoints/possession.h"
#include "grants/all.h"

namespace deputy::endpoints {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::string_view repeatable[] = {"resource", "audience"};  // RFC 8707 §2, RFC 8693 §2.1
constexpr std::size_t marks_at = 1;  // where the request's marks stand in the batch: behind what the mint puts first

// What is answered, and written, where a code or a refresh token was spent before.
struct Reused {
  Error error{Code::invalid_grant, ""};
  store::Writes writes;
};

// Where it is kept that it was spent.
struct Mark {
  store::Use use;
  std::string tenant, key;
};

// What is known so far, for the event: it grows down the ladder, and whichever rung refuses, it is recorded.
struct Attempt {
  audit::Event event;
  store::Writes marks;  // of the client's assertion and of the proof
  grants::About about;  // of a request that is refused; what is issued says it itself
  audit::Event before;  // the event as it was before issuing: for what the store finds too late
  Code spent = Code::invalid_grant;  // then: the word of this grant for a budget that is
  std::string shared;  // the node that an earlier request made, and this one draws from
  Reused once;
};

// RFC 9449 §5.2: of a client that is registered so, a request without a proof is refused, whatever it asks for.
Result<Possession, Error> proven_key(const Call& call, App& app, const directory::Principal& client, Attempt& attempt) {
  TRY(auto possession, possession_of(call, app, client));
  if (client.dpop_bound_access_tokens && possession.jkt.empty()) return Fail{proof_missing()};
  for (auto& write : possession.writes) attempt.marks.push_back(std::move(write));
  return possession;
}

// The token's holder need not be the client, and a resource may want no other tokens: whatever the grant, none leaves.
Result<Done, Error> check_bound(const tokens::Authorization& authorization) {
  if (!authorization.jkt.empty()) return Done{};
  if (authorization.client->dpop_bound_access_tokens) return Fail{proof_missing()};
  if (authorization.resource && authorization.resource->sender_constrained_tokens_required)
    return Fail{Error(Code::invalid_dpop_proof, "the resource demands a bound token: send a DPoP proof",
                      "no DPoP header")};
  return Done{};
}

Result<tokens::Issued, Error> ladder(const Call& call, App& app, Attempt& attempt) {
  const auto revocations_seen = app.reader.revocations_seen();  // before anything is read that they may change
  TRY(auto form, parse_form(call, repeatable));
  TRY(auto client, authenticate_client(call, app, form, attempt.event, attempt.marks, Public::allowed));
  TRY(auto possession, proven_key(call, app, *client.principal, attempt));

  const auto grant_type = form.get("grant_type");
  if (!grant_type) return Fail{Error(Code::invalid_request, "grant_type is missing")};
  const auto* grant = grants::find(*grant_type);
  if (grant == nullptr)
    return Fail{Error(Code::unsupported_grant_type, "this server does not speak that grant: see its metadata")};
  // §4.4: "MUST only be used by confidential clients"; an exchange takes a client's word for who it is no more. What is
  // registered counts: a secret that such a client was given all the same is not kept either.
  if (client.principal->registration.is_public && grant->client_auth == grants::Grant::ClientAuth::required)
    return Fail{Error(Code::unauthorized_client, "a public client may not use this grant")};
  TRY(auto scope, oauth::ScopeSet::parse(form.get("scope").value_or("")));
  attempt.event.scope_asked = scope.text();

  grants::World world{call.tenant, call.issuer, call.now, app.directory, app.reader,
                      app.trusted_issuers, app.store, app.random};
  auto granted = grant->authorize({client.principal, form, std::move(scope), possession.jkt}, world);
  attempt.about = std::move(world.about);
  TRY(auto authorization, std::move(granted));
  attempt.event.actor = client.principal->id;  // a public client, by what it redeems
  TRY(auto bound, check_bound(authorization));
  authorization.revocations_seen = revocations_seen;
  attempt.before = attempt.event;
  attempt.spent = authorization.spent;
  if (authorization.drawn.shared) attempt.shared = authorization.drawn.delegation->id;
  if (auto& once = authorization.once) attempt.once = {std::move(once->error), std::move(once->on_reuse)};
  return tokens::issue(std::move(authorization), call.issuer, app.keyring, app.random, call.now, attempt.event);
}

// What is refused before its consent is read is recorded with that one's path, too.
void complete(grants::About& about, const Call& call, const App& app) {
  if (about.target.empty() || !about.delegations.empty()) return;
  const auto found = app.store.delegation(call.tenant, about.target);
  about.delegations = found && *found ? (*found)->path : std::vector{about.target};
}

void tell(audit::Event& event, grants::About about) {
  event.subject = std::move(about.subject);
  event.resource = std::move(about.resource);
  event.target = std::move(about.target);
  event.chain = std::move(about.chain);
  event.delegations = std::move(about.delegations);
}

// RFC 6749 §5.1; `scope` wherever there is any, so that a client never has to guess what it got. §3.3 has no empty one.
std::string body_of(const tokens::TokenSet& tokens) {
  std::string body = "{\"access_token\":";
  body.reserve(tokens.access_token.size() + tokens.scope.size() + tokens.details.size() +
               tokens.refresh_token.size() + tokens.id_token.size() + 192);
  append_json_string(body, tokens.access_token);
  if (!tokens.issued_token_type.empty()) {
    body.append(",\"issued_token_type\":");
    append_json_string(body, tokens.issued_token_type);
  }
  body.append(",\"token_type\":\"").append(tokens.token_type);
  body.append("\",\"expires_in\":").append(std::to_string(tokens.expires_in.count()));
  if (!tokens.scope.empty()) {
    body.append(",\"scope\":");
    append_json_string(body, tokens.scope);
  }
  if (!tokens.details.empty()) body.append(",\"authorization_details\":").append(tokens.details);  // RFC 9396 §7
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string&>{"refresh_token", tokens.refresh_token},
        {"id_token", tokens.id_token}}) {
    if (value.empty()) continue;
    body.append(",\"").append(name).append("\":");
    append_json_string(body, value);
  }
  body.push_back('}');
  return body;
}

// Not a budget above it, which every hand-on counts against: the next finds it spent, and makes a node of its own.
bool is_itself_spent(App& app, std::string_view tenant, const std::string& node) {
  if (node.empty()) return false;
  const auto now = app.store.delegation(tenant, node);
  return now && *now && (*now)->limits.uses && (*now)->uses >= *(*now)->limits.uses;
}

// What the store found too late, when everything else was decided: another request, here or on another node, was first.
Error too_late(App& app, std::string_view tenant, const store::Refused& refused, Code spent,
               const std::string& shared) {
  if (refused.why == store::Refused::Why::spent && is_itself_spent(app, tenant, shared))
    return Error(Code::temporarily_unavailable, "the last token of an earlier delegation was drawn meanwhile: try "
                                                "again");
  if (refused.why == store::Refused::Why::spent)
    return Error(spent, "the tokens that this delegation allows have all been drawn");
  // A25: a revocation was acknowledged meanwhile. What it leaves is decided anew.
  return Error(Code::temporarily_unavailable, "what the token would rest on was revoked meanwhile: try again");
}

// A code that comes twice was stolen once: what came of it ends, the first access token too (RFC 6749 §4.1.2, A3).
store::Writes end_of_reused(App& app, store::Writes writes, const Mark& mark, const audit::Event& event) {
  if (writes.empty()) return writes;
  // It ends whether or not what it was can be read for the record; that of the refusal names it.
  if (auto ends = consent_ends(app, event, writes))
    writes.insert(writes.begin(), std::make_move_iterator(ends->begin()), std::make_move_iterator(ends->end()));
  const auto now = app.clock.now();
  const auto kept = app.store.kept(mark.use, mark.tenant, mark.key, now);
  if (kept && *kept && (*kept)->body.starts_with("jti_"))
    writes.emplace_back(store::Revoke{{.tenant = mark.tenant,
                                       .kind = store::Kills::token,
                                       .target = (*kept)->body.substr(0, (*kept)->body.find(' ')),
                                       .issued_before = now,
                                       .until = now + directory::token_lifetime_max,
                                       .at = now,
                                       .reason = "its code was used twice"}});
  return writes;
}

// A request by value, for the round after the store has answered its first.
struct Kept {
  http::Request request;
  std::string tenant, issuer;
  Instant now;
};
enum class Round { first, second };
Answer answer_in(Round round, const Call& call, App& app);

// A17: of two refreshes at once the store lets one make the successor. The other, of which nothing was written, is
// decided once more: it finds the mark, and is given the same one, as whoever lost an answer is.
std::optional<Kept> kept_for_second(Round round, const Call& call, const std::optional<Mark>& mark,
                                    const Reused& reuse) {
  const bool refreshes = mark && mark->use == store::Use::refresh_used && reuse.writes.empty();
  if (round == Round::second || !refreshes) return std::nullopt;
  return Kept{call.request, call.tenant, call.issuer, call.now};
}

// The store's writer finds it out, which commits for all (A42): it is decided, and signed, elsewhere.
Answer second_round(Kept kept, std::function<Answer()> when_full, App& app) {
  Answer answer;
  answer.later = Later{.pool = &app.refreshes,
                       .work =
                           [kept = std::move(kept), &app] {
                             return answer_in(Round::second, {kept.request, kept.tenant, kept.issuer, {}, kept.now},
                                              app);
                           },
                       .when_full = std::move(when_full)};
  return answer;
}

Answer answer_in(Round round, const Call& call, App& app) {
  Attempt attempt{.event = event_of(call, app, "token.issue", audit::Decision::refused)};
  auto issued = ladder(call, app, attempt);
  auto nonce = fresh_nonce(call, app);
  const auto refusal = [&app, nonce](audit::Event event, const Error& error) {
    auto answer = refuse(app, std::move(event), error);
    offer_nonce(answer.response, nonce);
    return answer;
  };
  if (!issued) {
    complete(attempt.about, call, app);
    tell(attempt.event, std::move(attempt.about));
    return refuse_once(refusal, std::move(attempt.event), issued.error(), std::move(attempt.marks));
  }
  tell(attempt.before, std::move(attempt.about));

  // The client's own single-use marks go in front of what the grant wrote.
  const auto once = issued->once == 0 ? 0 : issued->once + attempt.marks.size();
  std::optional<Mark> mark;
  if (issued->once != 0) {
    const auto& kept = std::get<store::Keep>(issued->writes[issued->once]);
    mark = {kept.use, kept.tenant, kept.key};
  }
  auto kept = kept_for_second(round, call, mark, attempt.once);
  Answer answer{.response = json_response(200, body_of(issued->tokens)),
                .writes = std::move(issued->writes),
                .refused = [&app, refusal, nonce, event = std::move(attempt.before), marks = attempt.marks,
                            spent = attempt.spent, shared = std::move(attempt.shared), once, mark = std::move(mark),
                            reuse = std::move(attempt.once),
                            kept = std::move(kept)](const store::Refused& by) mutable {
                  if (mark && by.write == once && by.why == store::Refused::Why::used) {
                    if (kept) {
                      auto full = [refusal, event = std::move(event), error = std::move(reuse.error),
                                   marks = std::move(marks)] { return refuse_once(refusal, event, error, marks); };
                      return second_round(std::move(*kept), std::move(full), app);
                    }
                    auto ends = end_of_reused(app, std::move(reuse.writes), *mark, event);
                    return refuse_once(refusal, std::move(event), reuse.error, std::move(marks), std::move(ends));
                  }
                  const auto replay = replayed(by, marks_at, marks);
                  const auto error = replay ? *replay : too_late(app, event.tenant, by, spent, shared);
                  return refuse_once(refusal, std::move(event), error, std::move(marks));
                },
                .counted = &tokens_issued()};
  offer_nonce(answer.response, std::move(nonce));
  // First what changes nothing and may refuse, then single-use marks, then the rest: no savepoint is needed.
  answer.writes.insert(answer.writes.begin() + marks_at, std::make_move_iterator(attempt.marks.begin()),
                       std::make_move_iterator(attempt.marks.end()));
  return answer;
}

}  // namespace

Result<oauth::Form, oauth::Error> parse_form(const Call& call, std::span<const std::string_view> may_repeat) {
  // RFC 6749 §3.2; OAuth 2.1 §3.2: parameters travel in the body, never in the query, where logs keep them (A21).
  if (!call.request.query.empty())
    return Fail{Error(Code::invalid_request, "send the parameters in the body, not in the query")};
  return oauth::Form::parse(call.request.body, may_repeat);
}

metrics::Counter& tokens_issued() {
  static auto count = metrics::counter("deputy_tokens_issued_total", "Access tokens issued.");
  return count;
}

Answer token(const Call& call, App& app) { return answer_in(Round::first, call, app); }

}  // namespace deputy::endpoints
