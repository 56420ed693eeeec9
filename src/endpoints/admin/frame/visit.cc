// The doorkeeper of /v1.
#include "endpoints/admin/frame/visit.h"

#include "base/visible.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/idempotency.h"
#include "endpoints/admin/frame/page.h"

namespace deputy::endpoints::admin {
namespace {

std::string scope_of(Kind kind, std::string_view verb) {
  std::string scope(directory::row(kind).plural);
  std::replace(scope.begin(), scope.end(), '-', '_');
  return scope.append(verb);
}

Problem refused_at_the_door(const oauth::Error& error, const std::string& scope) {
  switch (error.code) {
    case oauth::Code::invalid_token:
      return {ProblemType::invalid_token, "The access token is missing, expired, revoked or not for this API.", {},
              error.detail};
    case oauth::Code::invalid_dpop_proof: {
      const bool by_rs256 = error.description == proof_by_rs256;
      return {ProblemType::invalid_dpop_proof,
              by_rs256 ? error.description + "." : std::string(row(ProblemType::invalid_dpop_proof).doc), {},
              error.detail};
    }
    case oauth::Code::use_dpop_nonce:
      return {ProblemType::use_dpop_nonce, std::string(row(ProblemType::use_dpop_nonce).doc), {}, error.detail};
    case oauth::Code::insufficient_scope: {
      Problem problem{ProblemType::insufficient_scope, error.description + ": " + scope + ".", {}, error.detail};
      problem.scope = scope;  // RFC 6750 §3: "the scope attribute ... indicates the required scope"
      return problem;
    }
    case oauth::Code::invalid_request: {
      Problem problem{ProblemType::invalid_request,
                      "Send one access token, in one Authorization header and nowhere else.", {}, error.detail};
      problem.of_token = true;
      return problem;
    }
    case oauth::Code::temporarily_unavailable: return Fault{Fault::Kind::unavailable, error.detail};
    default: return Fault{Fault::Kind::corrupt, error.detail};
  }
}

// A change is made as it is asked for or not at all: with a parameter that is not known here, another was meant (a
// `preview`, where there is none). What reads reads its own query.
Result<Done, Problem> only_known_parameters(const Visit& visit, Deed::Preview known) {
  constexpr std::array<std::string_view, 1> preview{"preview"};
  const auto& method = visit.call.request.method;
  if (method == "GET" || method == "HEAD") return Done{};
  TRY(auto query, query_of(visit, std::span(preview).first(known == Deed::Preview::known ? 1 : 0)));
  return Done{};
}

Outcome take(Visit& visit, Step step, Deed::Preview preview) {
  TRY(auto known, only_known_parameters(visit, preview));
  return names_its_key(visit) ? once(visit, step) : step(visit);
}

Problem refused_behind(const store::Write& first) {
  if (std::holds_alternative<store::Mark>(first)) return refused_at_the_door(proof_used(), "");  // A18
  return {ProblemType::conflict, "What the caller may do changed meanwhile: repeat the request.", {},
          "what the caller's token rests on was revoked or narrowed, or everybody's was, while this was decided"};
}

// What goes in front of every batch that this answer may lead to: `mark`, for a proof is good once, whatever the answer
// is (RFC 9449 §11.1); and, where something is changed, that the caller still may (`still`).
// Where they do not for sure, `anew` decides by what they may then; null: it is refused.
Answer behind(Answer answer, store::Writes mark, std::optional<store::Unrevoked> still, Case about,
              std::optional<Later> anew = {}) {
  if (answer.later) {
    const auto then = [&](std::function<Answer()> make) {
      return [make = std::move(make), mark, still, about, anew] { return behind(make(), mark, still, about, anew); };
    };
    answer.later->work = then(std::move(answer.later->work));
    answer.later->when_full = then(std::move(answer.later->when_full));
    return answer;
  }
  auto front = mark;
  if (still && answer.response.status < 400 && !answer.writes.empty()) front.emplace_back(*still);
  if (front.empty()) return answer;
  answer.writes.insert(answer.writes.begin(), front.begin(), front.end());
  answer.refused = [otherwise = std::move(answer.refused), front = std::move(front), mark = std::move(mark),
                    still = std::move(still), about = std::move(about),
                    anew = std::move(anew)](const store::Refused& refused) mutable {
    if (refused.write < front.size()) {
      const bool used = refused.write < mark.size();
      if (!used && anew) {
        Answer once_more;
        once_more.later = std::move(anew);
        return once_more;
      }
      auto answer = refuse(about, refused_behind(front[refused.write]));
      return used ? std::move(answer) : behind(std::move(answer), std::move(mark), std::nullopt, std::move(about));
    }
    auto theirs = refused;
    theirs.write -= front.size();
    auto answer = otherwise ? otherwise(theirs) : unanswered(about);
    return behind(std::move(answer), std::move(mark), std::move(still), std::move(about), std::move(anew));
  };
  return answer;
}

// So many times is a stop decided anew whose caller was named in the sequence of revocations meanwhile.
constexpr int anew_max = 3;

Answer let_in(const Call& call, App& app, Deed deed, Step step, int before = 0);

// The same call from the door on: who calls is asked again, and what they hold by then.
Later once_more(const Call& call, App& app, Deed deed, Step step, int before, const Case& about,
                const store::Writes& proof) {
  return {.pool = &app.refreshes,
          .work = [request = call.request, tenant = call.tenant, issuer = call.issuer, params = call.params, &app,
                   deed = std::move(deed), step, before] {
            return let_in({request, tenant, issuer, params, app.clock.now()}, app, deed, step, before + 1);
          },
          .when_full = [about, proof] {
            return behind(refuse(about, Fault{Fault::Kind::unavailable, "the queue is full"}), proof, {}, about);
          }};
}

Answer let_in(const Call& call, App& app, Deed deed, Step step, int before) {
  const auto revocations_seen = app.reader.revocations_seen();  // before anything is read
  Case about(call, app, deed.action);
  store::Writes proof;
  auto caller = authenticate(call, app, deed.scope, about.event, proof);
  if (!caller)
    return behind(refuse(about, refused_at_the_door(caller.error(), deed.scope)), std::move(proof), {}, about);
  about.event.owner = caller->principal->owner;
  auto reach = reach_of(*caller, call, app, deed.scope);
  if (reach.none()) {
    // The token still carries the scope, but what gave it has been taken away since.
    const oauth::Error error(oauth::Code::insufficient_scope, "The caller does not hold the scope any more");
    return behind(refuse(about, refused_at_the_door(error, deed.scope)), std::move(proof), {}, about);
  }
  store::Unrevoked still{call.tenant, caller->rests_on, revocations_seen};
  const bool changes = call.request.method != "GET" && call.request.method != "HEAD";
  std::optional<Case> late;  // an event's worth, for what is written
  if (changes || !proof.empty()) late = about;
  Visit visit{call, app, std::move(caller).take(), std::move(reach), std::move(about)};
  auto outcome = take(visit, step, deed.preview);
  auto answer = outcome ? std::move(outcome).take() : refuse(std::move(visit.about), outcome.error());
  if (!late) return answer;
  if (!visit.stops) return behind(std::move(answer), std::move(proof), std::move(still), std::move(*late));
  // What the caller, or everybody, loses elsewhere, again and again, is no reason to put off a stop (A28); and whoever
  // takes from them here what they hold another way too would hold it up as well.
  still.resource = call.issuer + "/v1";
  std::optional<Later> anew;
  if (before < anew_max) anew = once_more(call, app, std::move(deed), step, before, *late, proof);
  return behind(std::move(answer), std::move(proof), std::move(still), std::move(*late), std::move(anew));
}

}  // namespace

Answer enter(const Call& call, App& app, Deed deed, Step step) {
  auto answer = let_in(call, app, std::move(deed), step);
  const auto nonce = fresh_nonce(call, app);
  offer_nonce(answer.response, nonce);
  if (!answer.later) return answer;
  const auto with_nonce = [&](std::function<Answer()> make) {
    return [make = std::move(make), nonce] {
      auto made = make();
      offer_nonce(made.response, nonce);
      return made;
    };
  };
  answer.later->work = with_nonce(std::move(answer.later->work));
  answer.later->when_full = with_nonce(std::move(answer.later->when_full));
  return answer;
}

Answer enter_apart(const Call& call, App& app, Deed deed, Step step) {
  Case about(call, app, deed.action);
  store::Writes proof;  // enter() looks again, and spends it
  const auto caller = authenticate(call, app, deed.scope, about.event, proof);
  if (!caller || reach_of(*caller, call, app, deed.scope).none()) return enter(call, app, std::move(deed), step);
  about.event.owner = caller->principal->owner;
  auto full = [about = std::move(about), proof = std::move(proof), nonce = fresh_nonce(call, app)] {
    auto refused = behind(refuse(about, Fault{Fault::Kind::unavailable, "the queue is full"}), proof, {}, about);
    offer_nonce(refused.response, nonce);
    return refused;
  };
  Answer answer;
  answer.later = Later{.pool = &app.sign_in.pool,
                       .work = [request = call.request, tenant = call.tenant, issuer = call.issuer,
                                params = call.params, now = call.now, &app, deed = std::move(deed),
                                step] { return enter({request, tenant, issuer, params, now}, app, deed, step); },
                       .when_full = std::move(full)};
  return answer;
}

namespace {
struct Copy {
  explicit Copy(const Visit& of)
      : request(of.call.request),
        call{request, of.call.tenant, of.call.issuer, of.call.params, of.call.now},
        visit{call, of.app, of.caller, of.reach, of.about} {}

  http::Request request;
  Call call;
  Visit visit;
};
}  // namespace

std::shared_ptr<const Visit> copy_of(const Visit& visit) {
  const auto copy = std::make_shared<const Copy>(visit);
  return {copy, &copy->visit};
}

std::string read_scope(Kind kind) { return scope_of(kind, ":read"); }
std::string write_scope(Kind kind) { return scope_of(kind, ":write"); }

Problem of_the_whole_tenant() {
  return {ProblemType::exceeds_authority,
          "This belongs to the tenant as a whole: it needs a role that is not bound to an organization."};
}

Result<Done, Problem> whole_tenant(const Visit& visit) {
  if (visit.reach.all()) return Done{};
  return Fail{of_the_whole_tenant()};
}

Result<json::object, Problem> body_of(const Visit& visit, Empty empty) {
  const auto& text = visit.call.request.body;
  if (text.empty() && empty == Empty::allowed) return json::object();
  auto body = parse_json_object(text, {.depth_max = 16, .bytes_max = 1u << 20});
  // RFC 8259, and RFC 7493 §2.3: what two readers could read two ways is refused (A12).
  if (!body) return Fail{Problem(ProblemType::invalid_json, body.error().detail)};
  return std::move(body).take();
}

namespace {
Problem unknown_member(std::string_view name) {
  constexpr std::size_t name_bytes_max = 40;
  const bool plain = name.size() <= name_bytes_max && std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || c == '_';
                     });
  return {ProblemType::invalid_field, "There is no such field: see the documentation for those there are.",
          plain ? std::string(name) : std::string()};
}
}  // namespace

Result<Done, Problem> only_fields(const json::object& body, const directory::Noun& noun) {
  for (const auto& [name, value] : body) {
    if (noun.field(name) != nullptr) continue;
    if (std::find(every_record_has.begin(), every_record_has.end(), std::string_view(name)) != every_record_has.end())
      return Fail{Problem(ProblemType::invalid_field, std::string(name) + " is set by the server: leave it out.",
                          std::string(name))};
    return Fail{unknown_member(name)};
  }
  return Done{};
}

Result<Done, Problem> only_members(const json::object& body, std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : body)
    if (std::find(names.begin(), names.end(), std::string_view(name)) == names.end())
      return Fail{unknown_member(name)};
  return Done{};
}

Result<std::string, Problem> reason_of(const Visit& visit) {
  TRY(auto body, body_of(visit, Empty::allowed));
  TRY(auto known, only_members(body, {"reason"}));
  if (!body.contains("reason")) return std::string();
  const auto reason = json_text(body, "reason");
  constexpr std::size_t reason_bytes_max = 500;
  if (!reason || reason->size() > reason_bytes_max || !is_printable(*reason, Lines::one))  // A40
    return Fail{Problem(ProblemType::invalid_field,
                        "Send a text of one line without control characters, at most 500 bytes.", "reason")};
  return std::string(*reason);
}

Result<Mode, Problem> mode_of(const Visit& visit) {
  constexpr std::string_view parameters[] = {"preview"};
  TRY(auto query, query_of(visit, parameters));
  const auto preview = query.get("preview").value_or("false");
  if (preview == "true") return Mode::preview;
  if (preview == "false") return Mode::act;
  return Fail{Problem(ProblemType::invalid_request, "Send true or false.", "preview")};
}

}  // namespace deputy::endpoints::admin
