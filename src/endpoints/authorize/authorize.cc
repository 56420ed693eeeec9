// GET and POST /oauth2/authorize: a request is held against every rule, then against the person: do they sign in, are
// they asked, or does the browser go back with a code?
#include "endpoints/authorize/authorize.h"

#include <algorithm>

#include "base/encoding.h"
#include "directory/redirect_uri.h"
#include "endpoints/people/answered.h"
#include "endpoints/people/browser.h"
#include "flows/asked.h"
#include "flows/code.h"
#include "flows/consent.h"
#include "signin/own.h"

namespace deputy::endpoints::authorize {
namespace {

using flows::AuthorizationRequest;
using oauth::Code;
using oauth::Error;
using PrincipalPtr = store::Directory::PrincipalPtr;

// A request on its way to an answer.
struct Way {
  const Call& call;
  App& app;
  AuthorizationRequest request;
  PrincipalPtr client;
  std::uint64_t revocations_seen = 0;  // how far the revocation set went before anything was read for this
  std::optional<people::Browser> browser;  // that it waits for; none: it does not yet
  audit::Event event;
};

// Whatever the store refuses here was answered before: a pushed request (RFC 9126 §4), or one that waited; of that a
// second click is given the first one's answer.
std::function<Answer(const store::Refused&)> answered_before(const Way& way) {
  return [&app = way.app, kept = people::Kept(way.call), event = way.event,
          ui_locales = way.request.ui_locales](const store::Refused&) {
    const auto call = kept.call();
    const auto now = people::browser_of(call, app);
    if (!now) return people::broken(call, now.error());
    if (now->answered) return people::not_waiting(call, app, *now);
    return error_page(call, app, event,
                      Error(Code::invalid_request_uri, "this request was answered before: begin again"), ui_locales);
  };
}

// The pages of a request that waits say what is asked of the sign-in.
const flows::Demands& said(const Way& way) { return way.browser->request->required; }

pages::Speaker speaker_of(const Way& way) { return people::speaker_of(way.call, way.app, way.request.ui_locales); }

// `made` goes with it. Of a request that waited the answer is kept for a moment, for a second click throws it away.
Answer back(Way& way, http::Response response, store::Writes made) {
  Answer answer{.response = std::move(response), .writes = std::move(made), .refused = answered_before(way)};
  if (way.browser) people::end_interaction(way.call, way.app, *way.browser, answer);
  else if (auto spent = flows::spend_pushed(way.request, way.call.tenant, way.call.now))
    answer.writes.push_back(std::move(*spent));
  return answer;
}

// What a person can do about it; what went wrong in the protocol's terms is not for them.
pages::Phrase sentence_of(Code code) {
  if (oauth::row(code).status >= 500) return "Something did not work here. Try again in a moment.";
  if (code == Code::invalid_request_uri)
    return "If you answered already, your answer holds. Otherwise go back to the application you came from and begin "
           "again there.";
  return "The application that sent you here made a mistake; go back to it, or tell those who run it.";
}

// RFC 9700 §4.11.2: "MUST always authenticate the user first", but where no page may be shown. A link that is wrong on
// purpose would take whoever follows it from here to where the client's registration pleases; of one that somebody
// vouches for that is known (docs/adr/0035).
bool is_sent_on(const Way& way) {
  if (way.request.prompt_none || way.client->registration.verified) return true;
  if (!way.event.actor.empty()) return true;  // who signed in for it, also where that has ended since
  const auto session = flows::session_of(way.call.request, way.call.tenant, way.app.store, way.call.now);
  return session && *session && !(*session)->user.empty();
}

Answer back_with_error(Way& way, const Error& error) {
  store::Writes made;
  made.emplace_back(record_refusal(way.event, oauth::row(error.code).wire,
                                   error.detail.empty() ? error.description : error.detail));
  const auto say = speaker_of(way);
  auto response = is_sent_on(way) ? flows::redirect_with_error(way.request, way.call.issuer, error, say)
                                  : flows::page_with_error(way.request, way.call.issuer, error,
                                                           say(sentence_of(error.code)), say);
  return back(way, std::move(response), std::move(made));
}

// What the code would speak of was revoked, or its session has ended, while this was decided (A28): the client asks
// again, and it is decided anew.
std::function<Answer()> stopped_meanwhile(const Way& way) {
  return [&app = way.app, kept = people::Kept(way.call), request = way.request, client = way.client,
          browser = way.browser, event = way.event] {
    const auto call = kept.call();
    Way again{.call = call, .app = app, .request = request, .client = client, .browser = browser, .event = event};
    return back_with_error(again, Error(Code::temporarily_unavailable, "what the code would rest on has ended "
                                                                       "meanwhile: try again"));
  };
}

// Do the pages of a request that waits say of each acr that is asked for that it is?
bool is_said(const Way& way, const flows::Demands& required) {
  return std::all_of(required.acr.begin(), required.acr.end(), [&](const auto& one) {
    const auto& acr = said(way).acr;
    return std::find(acr.begin(), acr.end(), one) != acr.end();
  });
}

// The person has something to do first: the request waits under an id, and the page is told which.
Answer wait_at(Way& way, std::string_view page) {
  // A42: for whoever has not signed in, as many wait as the bound of their source allows.
  if (!way.browser && way.event.actor.empty())
    if (const auto wait = way.app.strangers.take(signin::network_of(way.call.request.peer), way.call.now)) {
      auto answer = error_page(way.call, way.app, way.event, too_many_requests(), way.request.ui_locales);
      ask_to_wait(answer.response, *wait);
      return answer;
    }
  Answer answer{.refused = answered_before(way)};
  auto id = way.browser ? way.browser->interaction : std::string();
  if (!way.browser) {
    auto waiting = flows::keep_interaction(way.request, way.call.tenant, way.call.now, way.app.random);
    id = std::move(waiting.id);
    answer.writes.push_back(std::move(waiting.keep));
  } else if (!is_said(way, way.request.required)) {
    for (auto& write : flows::replace_interaction(id, way.request, way.call.tenant))
      answer.writes.push_back(std::move(write));
  }
  const auto base = way.call.tenant == "default" ? std::string() : "/t/" + way.call.tenant;
  answer.response = people::go(base + std::string(page) + "?i=" + id).response;
  return answer;
}

// too_weak, another: signed in for this, and still not as was asked, or not whom the request names.
enum class Stand { unknown, as_asked, too_weak, another };

Result<Stand, Fault> stand_of(const Way& way, const std::optional<flows::Session>& session,
                              const flows::Demands& required) {
  if (!session || session->user.empty()) return Stand::unknown;
  TRY(const auto user, way.app.directory.principal(way.call.tenant, session->user));
  if (user == nullptr || user->state(way.call.now) != directory::State::active) return Stand::unknown;
  auto request = way.request;
  request.required = required;
  TRY(const bool as_asked, flows::signed_in_as_asked(request, *session, way.call.tenant, way.app.store, way.call.now));
  if (as_asked) return Stand::as_asked;
  if (!session->auth_time || *session->auth_time < way.request.at) return Stand::unknown;
  TRY(const bool named, flows::is_whom_it_names(way.request, *session, way.call.tenant, way.app.store));
  // Of what is asked, a sign-in that has just been made leaves only the person or its strength to be wanting (A34).
  return named ? Stand::too_weak : Stand::another;
}

// Has the person a way to sign in that would do?
Result<bool, Fault> could_do(const Way& way, std::string_view user, const flows::Demands& required) {
  TRY(const auto policy, signin::policy_of(way.app.store, way.call.tenant));
  TRY(const auto ways, signin::ways_in(way.app.sign_in, way.call.tenant, user));
  auto request = way.request;
  request.required = required;
  return std::any_of(ways.begin(), ways.end(), [&](const auto& one) {
    return flows::strong_enough(request, signin::acr_of(one.amr, policy.acr), policy.acr);
  });
}

// None: nothing is wanting of the sign-in, with what `required` asks beside the request.
Result<std::optional<Answer>, Error> wants_sign_in(Way& way, const std::optional<flows::Session>& session,
                                                   const flows::Demands& required) {
  TRY(const auto stand, stand_of(way, session, required));
  if (stand == Stand::as_asked) return std::optional<Answer>();
  // RFC 9470 §5: what no sign-in here could be is said to all alike, and nobody is sent to try.
  TRY(const auto possible, check_possible(way.request, required, Ways::now, way.call, way.app));
  // OIDC Core §3.1.2.1: with prompt=none no page is shown, whatever is wanting.
  if (way.request.prompt_none) return Fail{Error(Code::login_required, "the person must sign in")};
  // OIDC Core §3.1.2.1, §3.1.2.2: the one it names is not here, and nobody else is answered of.
  if (stand == Stand::another)
    return Fail{Error(Code::login_required, "another person signed in than the request names")};
  // Who signed in before it was known what their offer asks for is told, and may do so again; so may who can do more.
  const bool was_told = !way.browser || is_said(way, required);
  bool over = stand == Stand::too_weak && was_told;
  if (over) {
    TRY(const bool could, could_do(way, session->user, required));
    over = !could;
  }
  if (over)
    return Fail{Error(Code::unmet_authentication_requirements, "the person signed in less strongly than was asked "
                                                               "for")};
  return std::optional(wait_at(way, "/sign-in"));
}

// What resources and scopes ask of the sign-in, onward and for called agents too (A34): only of who is here is known
// which of them they can get, and of those that they cannot nothing is asked.
Result<flows::Demands, Error> demands_of_offer(const Way& way, const flows::Session& session,
                                              const std::optional<flows::Agreed>& agreed, flows::World& world) {
  if (agreed) return agreed->required;
  TRY(const auto offer, flows::offer_of(way.request, *way.client, session.user, world));
  return flows::required_by(offer);
}

Result<Answer, Error> decide(Way& way) {
  const auto& request = way.request;
  TRY(const auto session, flows::session_of(way.call.request, way.call.tenant, way.app.store, way.call.now));
  if (session) way.event.actor = session->user;
  TRY(auto sign_in, wants_sign_in(way, session, {}));
  if (sign_in) return std::move(*sign_in);
  // OIDC Core §3.1.2.1: among the accounts that were here; whoever has signed in for this has chosen.
  if (request.prompt_select_account && *session->auth_time < request.at) return wait_at(way, "/sign-in");
  way.event.subject = session->user;
  auto world = people::world_of(way.call, way.app);
  TRY(auto agreed, flows::agreed_before(request, *way.client, session->user, world));
  if (request.prompt_consent || flows::is_asked_each_time(request, *way.client)) agreed.reset();
  if (!agreed && request.prompt_none) return Fail{Error(Code::consent_required, "the person must be asked")};
  TRY(const auto required, demands_of_offer(way, *session, agreed, world));
  way.request.required = required;
  TRY(auto step_up, wants_sign_in(way, session, required));
  if (step_up) return std::move(*step_up);
  if (!agreed) return wait_at(way, "/consent");
  const flows::Given given{.path = agreed->delegation ? agreed->delegation->path : std::vector<std::string>(),
                           .resources = std::move(agreed->resources),
                           .details = std::move(agreed->details),
                           .openid = std::move(agreed->identity),
                           .disclosure = std::move(agreed->disclosure),
                           .while_away = agreed->while_away};
  auto event = way.event;
  // One that is put together is on record with its code alone: of a refusal it is none.
  if (!agreed->put_together) way.event.delegations = given.path;
  store::Writes made;
  if (agreed->put_together) {
    event.reason = "put together of what was agreed to apart:";
    for (const auto& id : given.path) event.reason += " " + id;
    made.emplace_back(store::Delegate{std::move(*agreed->delegation)});
  }
  auto ending = flows::redirect_with_code(request, *session, given, std::move(event), speaker_of(way),
                                          way.revocations_seen, world);
  for (auto& write : ending.writes) made.push_back(std::move(write));
  auto stopped = stopped_meanwhile(way);
  auto answer = back(way, std::move(ending.response), std::move(made));
  answer.refused = [stopped = std::move(stopped), otherwise = std::move(answer.refused)](const auto& refused) {
    using Why = store::Refused::Why;
    return refused.why == Why::revoked || refused.why == Why::missing ? stopped() : otherwise(refused);
  };
  return answer;
}

Answer settle(Way way) {
  auto decided = decide(way);
  return decided ? std::move(decided).take() : back_with_error(way, decided.error());
}

}  // namespace

std::optional<Answer> by_get(const Call& call, std::string_view path, std::span<const std::string_view> names) {
  constexpr std::size_t target_max = 8 * 1024;  // beyond, a server on the way may refuse it
  if (call.request.method != "POST") return std::nullopt;
  const auto form = oauth::Form::parse(call.request.body, repeatable);
  if (!form) return std::nullopt;
  auto target = (call.tenant == "default" ? std::string() : "/t/" + call.tenant).append(path);
  char separator = '?';
  for (const auto& [name, value] : form->parameters()) {
    if (value.empty() || std::find(names.begin(), names.end(), name) == names.end()) continue;
    target.append(1, separator).append(percent_encode(name)).append("=").append(percent_encode(value));
    separator = '&';
  }
  if (target.size() > target_max) return std::nullopt;
  return people::go(std::move(target));
}

std::optional<Answer> once_more_by_get(const Call& call, std::string_view path,
                                       std::span<const std::string_view> names) {
  return flows::brought_cookie(call.request, call.tenant) ? std::nullopt : by_get(call, path, names);
}

// The languages that the request asks for, also where the rest of it cannot be read.
std::string languages_asked(const Call& call) {
  constexpr std::string_view member = "ui_locales=";
  std::string_view text = call.request.method == "POST" ? call.request.body : call.request.query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.starts_with(member)) return form_decode(pair.substr(member.size())).value_or("");
  }
  return "";
}

Answer error_page(const Call& call, App& app, audit::Event event, const Error& error, std::string_view ui_locales) {
  const auto browser = people::browser_of(call, app);
  if (!browser) return people::broken(call, browser.error());
  const auto asked = ui_locales.empty() ? languages_asked(call) : std::string(ui_locales);
  const auto say = asked.empty() ? browser->say : people::speaker_of(call, app, asked);
  const auto& row = oauth::row(error.code);
  auto answer = people::show(call, *browser, row.status == 503 ? 503 : 400,
                             pages::message_page(say, {.title = say("This request cannot be answered"),
                                                       .text = say(sentence_of(error.code)),
                                                       .to = browser->base + "/account",
                                                       .label = say("Your account"),
                                                       .technical = call.request.correlation_id + ": " +
                                                                    error.description}));
  answer.writes.emplace_back(
      record_refusal(std::move(event), row.wire, error.detail.empty() ? error.description : error.detail));
  return answer;
}

Answer authorize(const Call& call, App& app) {
  if (auto again = once_more_by_get(call, "/oauth2/authorize", parameters_read)) return std::move(*again);
  const auto revocations_seen = app.reader.revocations_seen();
  auto event = event_of(call, app, "authorization.request", audit::Decision::refused);
  auto parameters = parameters_of(call, app, event);
  if (!parameters) return error_page(call, app, std::move(event), parameters.error());
  AuthorizationRequest request{
      .client = parameters->client->id,
      .request_uri = parameters->request_uri,
      .is_signed = parameters->is_signed,
      .at = call.now};
  if (const auto redirect = check_redirect(*parameters, request); !redirect) {
    tell_of_asked(parameters->form, call, app, event);
    return error_page(call, app, std::move(event), redirect.error(),
                      parameters->form.get("ui_locales").value_or(""));
  }
  const auto checked = check_request(*parameters, call, app, request);
  Way way{.call = call, .app = app, .request = std::move(request), .client = parameters->client,
          .revocations_seen = revocations_seen, .event = std::move(event)};
  if (!checked) {
    // What is wrong may have been found before it was read whether a page may be shown, and in which languages.
    if (parameters->form.get("prompt") == "none") way.request.prompt_none = true;
    way.request.ui_locales = parameters->form.get("ui_locales").value_or("");
    tell_of_asked(parameters->form, call, app, way.event);
    return back_with_error(way, checked.error());
  }
  flows::tell_of(way.request, way.event);
  return settle(std::move(way));
}

Answer go_on(const Call& call, App& app) {
  const auto revocations_seen = app.reader.revocations_seen();
  const auto browser = people::browser_of(call, app);
  if (!browser) return people::broken(call, browser.error());
  if (!browser->request) return people::not_waiting(call, app, *browser);
  auto client = app.directory.principal(call.tenant, browser->request->client);
  if (!client) return people::broken(call, client.error());
  Way way{.call = call,
          .app = app,
          .request = *browser->request,
          .client = *client,
          .revocations_seen = revocations_seen,
          .browser = *browser,
          .event = event_of(call, app, "authorization.request", audit::Decision::refused)};
  flows::tell_of(way.request, way.event);
  // What was true when it was asked may not be any more: the client may be gone, or its URI (A28).
  if (way.client == nullptr || way.client->state(call.now) != directory::State::active)
    return error_page(call, app, std::move(way.event), no_client("client not active"));
  if (!directory::any_redirects_to(way.client->registration.redirect_uris, way.request.redirect_uri))
    return error_page(call, app, std::move(way.event),
                      Error(Code::invalid_request, "redirect_uri is not one that the client has registered any more"));
  if (const auto held = check_waiting(way.request, *way.client, app); !held) return back_with_error(way, held.error());
  return settle(std::move(way));
}

}  // namespace deputy::endpoints::authorize
