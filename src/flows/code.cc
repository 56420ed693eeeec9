// Codes are made here, and answers travel by the response mode that was asked for.
#include "flows/code.h"

#include "base/encoding.h"
#include "flows/page.h"
#include "flows/session.h"
#include "grants/carried.h"
#include "oauth/handle.h"
#include "pages/views/form_post.h"
#include "tokens/session_clients.h"

namespace deputy::flows {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string with_query(const std::string& redirect_uri, const Parameters& parameters) {
  auto location = redirect_uri;
  char separator = redirect_uri.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    location.append(1, separator).append(name).append("=").append(percent_encode(value));
    separator = '&';
  }
  return location;
}

// RFC 9700 §4.12: 303, so that no browser posts to the client what was posted here.
http::Response by_query(const std::string& redirect_uri, const Parameters& parameters) {
  return {.status = 303,
          .content_type = "",
          .body = "",
          .headers = {{"Location", with_query(redirect_uri, parameters)}, {"Cache-Control", "no-store"},
                      {"Referrer-Policy", "no-referrer"}},
          .feed = nullptr};
}

// OAuth 2.0 Form Post Response Mode §2. The page may post to nobody but the client, and its opener may be the client's.
http::Response by_form_post(const std::string& redirect_uri, Parameters parameters, const pages::Speaker& say) {
  return page(200, pages::form_post_page(say, {redirect_uri, std::move(parameters)}), form_target(redirect_uri),
              Opener::kept);
}

void complete(const AuthorizationRequest& request, std::string_view issuer, Parameters& parameters) {
  if (!request.state.empty()) parameters.emplace_back("state", request.state);
  parameters.emplace_back("iss", issuer);  // RFC 9207 §2: in every response, errors too
}

http::Response answer(const AuthorizationRequest& request, Parameters parameters, std::string_view issuer,
                      const pages::Speaker& say) {
  complete(request, issuer, parameters);
  return request.response_mode == "form_post" ? by_form_post(request.redirect_uri, std::move(parameters), say)
                                              : by_query(request.redirect_uri, parameters);
}

Parameters parameters_of(const oauth::Error& error) {
  Parameters parameters{{"error", std::string(oauth::row(error.code).wire)}};
  if (!error.description.empty()) parameters.emplace_back("error_description", error.description);
  return parameters;
}

enum class Of { resources, issuer };
oauth::ScopeSet those(Of whom, const oauth::ScopeSet& scope) {
  oauth::ScopeSet out;
  for (const auto& one : scope.tokens())
    if (is_openid_scope(one) == (whom == Of::issuer)) out.add(one);
  return out;
}

// Clients repeat what they sent: what was ignored of it may be named again, and gives nothing.
oauth::ScopeSet asked_of_issuer(const AuthorizationRequest& request) {
  auto out = those(Of::issuer, request.scope);
  for (const auto& one : request.ignored.tokens()) out.add(one);
  return out;
}

// 0, where it cannot be read now: then the clock alone says what was given before a stop.
std::uint64_t version_of(std::string_view principal, grants::World& world) {
  const auto found = world.directory.principal(world.tenant, principal);
  return found && *found ? (*found)->version : 0;
}

}  // namespace

Ending redirect_with_code(const AuthorizationRequest& request, const Session& session, const Given& given,
                          audit::Event event, const pages::Speaker& say, std::uint64_t revocations_seen,
                          grants::World& world) {
  CHECK(!session.user.empty());
  const auto code = oauth::make_handle(oauth::code_prefix, world.now, world.random);
  const auto key = oauth::handle_key(code);
  // OIDC Core §11: who is asked whether it may go on without them has said so; where they are not, their last word is
  // kept.
  const bool goes_on = request.scope.contains("offline_access") ? given.openid.contains("offline_access")
                                                                 : !given.path.empty() && given.while_away;
  const auto delegation = given.path.empty() ? std::string() : given.path.back();
  const grants::Carried carried{
      .client = request.client,
      .user = session.user,
      .delegation = delegation,
      .scope = those(Of::resources, request.scope),
      .details = given.details,
      .openid = given.openid,
      .openid_asked = asked_of_issuer(request),
      .disclosure = given.disclosure,
      .resources = given.resources,
      .resources_given = true,
      .authentication = {.auth_time = session.auth_time, .acr = {}, .sid = session.id, .amr = session.amr},
      .nonce = request.nonce,
      .claims = request.claims,
      .redirect_uri = request.redirect_uri,
      .code_challenge = request.code_challenge,
      .jkt = request.dpop_jkt,
      .family = "drf_" + key,
      .refreshable = !given.once && goes_on,
      .at = world.now,
      .user_version = version_of(session.user, world),
      .client_version = version_of(request.client, world),
      .asked_at = request.at,
      .given_at = world.now};

  Ending ending{.response = answer(request, {{"code", code}}, world.issuer, say), .writes = {}};
  // Who was stopped meanwhile is given no code, to be good for when they come back (A28).
  store::Unrevoked still{std::string(world.tenant), given.path, revocations_seen};
  still.names.insert(still.names.end(), {session.user, request.client});
  if (!given.disclosure.empty()) still.names.push_back(given.disclosure);
  ending.writes.emplace_back(std::move(still));
  // Nor who has signed out: their clients were told, and nobody would tell this one.
  ending.writes.emplace_back(store::Require{std::string(world.tenant), store::Kind::session, session.id});
  ending.writes.emplace_back(store::Keep{.use = store::Use::code,
                                         .tenant = std::string(world.tenant),
                                         .key = key,
                                         .until = world.now + grants::code_lifetime,
                                         .body = grants::encode(carried)});
  if (given.openid.contains("openid"))
    for (auto& write : tokens::note_client(world.tenant, session.id, request.client, session.ends_by))
      ending.writes.push_back(std::move(write));
  event.decision = audit::Decision::granted;
  event.actor = session.user;
  event.subject = session.user;
  event.target = delegation;
  event.delegations = given.path;
  ending.writes.emplace_back(store::Append{std::move(event)});
  return ending;
}

http::Response redirect_with_error(const AuthorizationRequest& request, std::string_view issuer,
                                   const oauth::Error& error, const pages::Speaker& say) {
  return answer(request, parameters_of(error), issuer, say);
}

http::Response page_with_error(const AuthorizationRequest& request, std::string_view issuer, const oauth::Error& error,
                               std::string text, const pages::Speaker& say) {
  const bool is_posted = request.response_mode == "form_post";
  auto parameters = parameters_of(error);
  complete(request, issuer, parameters);
  pages::GoOnView view{.text = std::move(text),
                       .destination = destination_of(request.redirect_uri),
                       .technical = error.description,
                       .posted = {.to = request.redirect_uri, .parameters = {}}};
  if (is_posted) view.posted.parameters = std::move(parameters);
  else view.posted.to = with_query(request.redirect_uri, parameters);
  return page(oauth::row(error.code).status == 503 ? 503 : 400, pages::go_on_page(say, view),
              is_posted ? form_target(request.redirect_uri) : "'none'", Opener::kept);
}

}  // namespace deputy::flows
