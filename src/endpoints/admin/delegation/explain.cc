// The grant's own rules, asked without a token. That somebody asked is recorded: it tells what people hold.
#include "endpoints/admin/delegation/explain.h"

#include "delegation/details.h"

#include "endpoints/admin/delegation/lens.h"
#include "endpoints/admin/frame/change.h"
#include "grants/exchange/what_if.h"

namespace deputy::endpoints::admin {
namespace {

using grants::exchange::Question;
using grants::exchange::Supposition;
using PrincipalPtr = store::Directory::PrincipalPtr;

constexpr std::size_t hands_max = 32;  // twice the longest chain: too long a one is explained as well

Problem not_there(std::string_view field) {
  return {ProblemType::missing_reference, "Name, by its id, one that exists and is within your reach.",
          std::string(field)};
}

enum class Role { subject, hand };
Result<PrincipalPtr, Problem> principal_of(const Visit& visit, std::string_view id, Role role, std::string_view field) {
  TRY(auto found, visit.app.directory.principal(visit.call.tenant, id));
  // Whoever may ask about a stranger would learn what the stranger holds: all must be in reach.
  if (found == nullptr || !reaches_principal(visit, *found)) return Fail{not_there(field)};
  const bool acts = found->kind == Kind::agent || found->kind == Kind::application;
  if (!acts && (role == Role::hand || found->kind != Kind::user))
    return Fail{Problem(ProblemType::invalid_field, "Name an agent or an application.", std::string(field))};
  return found;
}

Result<std::string, Problem> text_of(const json::object& body, std::string_view name) {
  const auto text = json_text(body, name);
  if (!text || text->empty()) return Fail{Problem(ProblemType::invalid_field, "Send a text.", std::string(name))};
  return std::string(*text);
}

Result<std::vector<PrincipalPtr>, Problem> hands_of(const Visit& visit, const json::object& body) {
  std::vector<PrincipalPtr> hands;
  const auto* through = json_member_array(body, "through");
  if (body.contains("through") && (through == nullptr || through->size() > hands_max))
    return Fail{Problem(ProblemType::invalid_field, "Send a list of ids of agents, at most 32.", "through")};
  if (through != nullptr)
    for (const auto& one : *through) {
      if (!one.is_string()) return Fail{Problem(ProblemType::invalid_field, "Send ids of agents.", "through")};
      TRY(auto hand, principal_of(visit, one.get_string(), Role::hand, "through"));
      hands.push_back(std::move(hand));
    }
  TRY(const auto id, text_of(body, "actor"));
  TRY(auto actor, principal_of(visit, id, Role::hand, "actor"));
  hands.push_back(std::move(actor));
  return hands;
}

// As in a request (RFC 9396): those of registered types.
Result<std::vector<json::object>, Problem> details_of(const Visit& visit, const json::object& body) {
  const auto* sent = body.if_contains("authorization_details");
  if (sent == nullptr) return std::vector<json::object>();
  auto parsed = delegation::parse_details(json::serialize(*sent), visit.call.now);
  if (!parsed || !parsed->as_it_is())
    return Fail{Problem(ProblemType::invalid_field, "Send a list of objects of types that the resource registers.",
                        "authorization_details")};
  return std::move(parsed->registered);
}

Result<Question, Problem> question_of(const Visit& visit) {
  TRY(const auto body, body_of(visit));
  TRY(auto known, only_members(body, {"actor", "subject", "through", "resource", "scope", "authorization_details",
                                       "acr"}));
  TRY(const auto subject_id, text_of(body, "subject"));
  TRY(auto subject, principal_of(visit, subject_id, Role::subject, "subject"));
  TRY(auto hands, hands_of(visit, body));
  TRY(const auto name, text_of(body, "resource"));
  TRY(auto resource, visit.app.directory.resource(visit.call.tenant, name));
  if (resource == nullptr) {
    TRY(auto by_id, visit.app.directory.resource_by_id(visit.call.tenant, name));
    resource = std::move(by_id);
  }
  if (resource == nullptr)
    return Fail{Problem(ProblemType::missing_reference, "Name one that is registered, by its identifier or its id.",
                        "resource")};
  auto scope = oauth::ScopeSet::parse(json_text(body, "scope").value_or(""));
  if (!scope || (body.contains("scope") && !json_text(body, "scope")))
    return Fail{Problem(ProblemType::invalid_field,
                        "Send at most 256 scopes, 8 KiB, with single spaces between them.", "scope")};
  TRY(auto details, details_of(visit, body));
  std::optional<std::string> acr;
  if (body.contains("acr")) {
    TRY(auto named, text_of(body, "acr"));
    acr = std::move(named);
  }
  return Question{std::move(subject), std::move(hands), std::move(resource), std::move(scope).take(),
                  std::move(details), std::move(acr)};
}

json::object document_of(const Supposition& supposed, Instant now) {
  json::array dropped, obstacles, demands, assumed, chain;
  for (const auto& [scope, reason] : supposed.dropped)
    dropped.push_back(json::object{{"scope", scope}, {"reason", reason}});
  for (const auto& sentence : supposed.obstacles) obstacles.emplace_back(sentence);
  for (const auto& sentence : supposed.demands) demands.emplace_back(sentence);
  for (const auto& sentence : supposed.assumed) assumed.emplace_back(sentence);
  for (const auto& id : supposed.chain) chain.emplace_back(id);
  const bool issued = supposed.obstacles.empty();
  const auto lives = std::chrono::floor<Seconds>(supposed.expires_at) - std::chrono::floor<Seconds>(now);
  json::object document{{"issued", issued},
                        {"scope", issued ? supposed.scope.text() : ""},
                        {"dropped", std::move(dropped)},
                        {"obstacles", std::move(obstacles)},
                        {"demands", std::move(demands)},
                        {"assumed", std::move(assumed)},
                        {"chain", std::move(chain)},
                        {"expires_in", issued ? lives.count() : 0}};
  if (auto details = parse_json(supposed.details.empty() ? "[]" : supposed.details); issued && details)
    document["authorization_details"] = std::move(details).take();
  return document;
}

}  // namespace

Outcome explain_decision(Visit& visit) {
  TRY(const auto question, question_of(visit));
  auto& app = visit.app;
  grants::World world{visit.call.tenant, visit.call.issuer, visit.call.now, app.directory, app.reader,
                      app.trusted_issuers, app.store, app.random};
  TRY(const auto supposed, grants::exchange::suppose(question, world));
  auto& event = visit.about.event;
  event.target = question.hands.back()->id;
  event.resource = question.resource->identifier;
  event.scope_asked = question.asked.text();
  event.reason = "for " + question.subject->id + (supposed.obstacles.empty() ? ": issued" : ": not issued");
  const auto document = document_of(supposed, visit.call.now);
  return Change().answer(visit, json_response(200, json::serialize(document)));
}

}  // namespace deputy::endpoints::admin
