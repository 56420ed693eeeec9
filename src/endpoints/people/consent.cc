// GET and POST /consent: a user says what a client may do for them, switch by switch, and for how long. A yes is a root
// delegation, and the browser goes back with a code; a no goes back too, and says so.
#include "flows/consent.h"

#include <algorithm>

#include "delegation/grow.h"
#include "delegation/registered.h"
#include "directory/person.h"
#include "directory/redirect_uri.h"
#include "endpoints/authorize/authorize.h"
#include "endpoints/people/answered.h"
#include "endpoints/people/consent_view.h"
#include "endpoints/people/note.h"
#include "endpoints/people/people.h"
#include "flows/asked.h"
#include "flows/code.h"
#include "flows/disclosure.h"
#include "flows/withdrawal.h"
#include "grants/consents.h"

namespace deputy::endpoints::people {
namespace {

using flows::Offer;
using oauth::Code;
using oauth::Error;

constexpr std::string_view may_repeat[] = {"allow", "tell"};
// Every switch that a page may hold, and what else its form has: the token, the duration, the answer, what is told.
constexpr std::size_t parameters_max = flows::switches_max + oauth::Form::usual_max;

Answer back_with_error(const Call& call, App& app, const Browser& browser, const Error& error) {
  auto event = event_of(call, app, "consent.refuse", audit::Decision::refused);
  event.subject = event.actor = browser.session.user;
  flows::tell_of(*browser.request, event);
  Answer answer{.response = flows::redirect_with_error(*browser.request, call.issuer, error, browser.say)};
  answer.writes.emplace_back(record_refusal(std::move(event), oauth::row(error.code).wire,
                                            error.detail.empty() ? error.description : error.detail));
  end_interaction(call, app, browser, answer);
  return answer;
}

std::string sign_in_path(const Browser& browser) { return browser.way("").path("/sign-in"); }

// The steps both methods share; what is not a page yet is an answer already.
std::optional<Answer> ask(const Call& call, App& app, Asking& asking) {
  asking.revocations_seen = app.reader.revocations_seen();
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  asking.browser = std::move(browser).take();
  if (!asking.browser.request) return not_waiting(call, app, asking.browser);
  // Whoever comes here by hand has not passed the ladder of the authorization endpoint: the same is asked here (A34).
  auto request = *asking.browser.request;
  request.required = {};  // what scopes ask counts for those that the person can get: of the offer, below
  auto satisfied = asking.browser.signed_in()
                       ? flows::signed_in_as_asked(request, asking.browser.session, call.tenant, app.store, call.now)
                       : Result<bool, Fault>(false);
  if (!satisfied) return broken(call, satisfied.error());
  if (!*satisfied) return go(sign_in_path(asking.browser));
  const auto user = app.directory.principal(call.tenant, asking.browser.session.user);
  if (!user) return broken(call, user.error());
  if (*user == nullptr || (*user)->state(call.now) != directory::State::active)
    return go(sign_in_path(asking.browser) + "&other=1");
  auto client = app.directory.principal(call.tenant, request.client);
  if (!client) return broken(call, client.error());
  // A28: to where nobody of theirs is any more nothing is answered, and no code given for what is not asked as it must
  // be now (A4); the authorization endpoint says so.
  if (*client == nullptr || !directory::any_redirects_to((*client)->registration.redirect_uris, request.redirect_uri) ||
      !authorize::check_waiting(request, **client, app))
    return go(asking.browser.way("").path("/oauth2/authorize/continue"));
  if ((*client)->state(call.now) != directory::State::active)
    return back_with_error(call, app, asking.browser, Error(Code::access_denied, "the client is not active"));
  asking.client = *client;
  auto world = world_of(call, app);
  auto offer = flows::offer_of(request, *asking.client, asking.browser.session.user, world);
  if (!offer && offer.error().code == Code::invalid_scope) {
    asking.nothing = offer.error();
    return std::nullopt;
  }
  if (!offer) return back_with_error(call, app, asking.browser, offer.error());
  asking.offer = std::move(offer).take();
  // What is offered, what is onward and what called agents need asks of the sign-in: before it is shown, and before it
  // is given (A34).
  request.required = flows::required_by(asking.offer);
  satisfied = flows::signed_in_as_asked(request, asking.browser.session, call.tenant, app.store, call.now);
  if (!satisfied) return broken(call, satisfied.error());
  if (!*satisfied) return go(sign_in_path(asking.browser));
  return std::nullopt;
}

// What the person switched on, and for how long.
struct Choice {
  std::vector<std::string_view> on;
  oauth::ScopeSet tell;
  flows::Duration duration = flows::Duration::once;
};
Choice choice_of(const oauth::Form& form, const Offer& offer) {
  Choice choice{.on = form.all("allow")};
  for (const auto& scope : offer.identity.tokens()) {
    const auto told = form.all("tell");
    if (std::find(told.begin(), told.end(), scope) != told.end()) choice.tell.add(scope);
  }
  // A form without a duration gives the least.
  choice.duration = flows::duration_named(form.get("duration").value_or("once")).value_or(flows::Duration::once);
  return choice;
}

// What is remembered with the consent: what may be told, and what was declined and is not asked for again and again.
flows::Said said_of(const Choice& choice, const Offer& offer) {
  flows::Said said{.told = choice.tell};
  const auto note = [&](const std::string& key) {
    const bool on = std::find(choice.on.begin(), choice.on.end(), key) != choice.on.end();
    (on ? said.allowed : said.declined).push_back(key);
  };
  for (const auto& one : offer.switches) note(one.key);
  for (const auto& one : offer.details) note(one.key);
  for (const auto& scope : offer.identity.tokens())
    if (!choice.tell.contains(scope)) said.declined.push_back(scope);
  return said;
}

Result<store::Put, Error> remember(const Asking& asking, const Choice& choice, grants::World& world) {
  const auto& [browser, client, offer, nothing, seen] = asking;
  auto said = said_of(choice, offer);
  said.shown = flows::shown_of(*client);
  TRY(auto before, flows::disclosed_to(client->id, browser.session.user, world.tenant, world.store));
  // What was declined beside a consent is forgotten with it.
  TRY(const auto consents, grants::live_consents(*client, browser.session.user, world));
  if (before && consents.empty())
    std::erase_if(before->declined, [&](const auto& one) {
      return !flows::is_openid_scope(one) && directory::claim_of_token(one).empty();
    });
  return flows::disclose(before, said, client->id, browser.session.user, world.tenant, world.random, world.now);
}

// What was told before and is switched off is told no more, also beside a yes for this once. Nor may it go on without
// them, whether that was told before or not (OIDC Core §11): agents do by requests without the scope.
Result<Done, Error> tell_less(const Asking& asking, const Choice& choice, grants::World& world, store::Writes& writes) {
  flows::Said said;
  for (const auto& one : asking.offer.told.tokens())
    if (!choice.tell.contains(one)) said.declined.push_back(one);
  const auto& offer = asking.offer;
  const std::string away = "offline_access";
  if (offer.identity.contains(away) && !offer.told.contains(away) && !choice.tell.contains(away))
    said.declined.push_back(away);
  if (said.declined.empty()) return Done{};
  const auto& user = asking.browser.session.user;
  TRY(auto before, flows::disclosed_to(asking.client->id, user, world.tenant, world.store));
  writes.emplace_back(flows::disclose(before, said, asking.client->id, user, world.tenant, world.random, world.now));
  return Done{};
}

// What is switched off now is taken back, wherever it was allowed, also where that is not remembered or its uses are
// spent: those consents end, and what else they gave stays. What was put together of them ends with its parts. What
// stood off by itself nobody has switched off.
Result<Done, Error> take_back(const Call& call, App& app, const Asking& asking, const Choice& choice,
                              grants::World& world, store::Writes& writes) {
  const auto& [browser, client, offer, nothing, revocations_seen] = asking;
  const auto off = [&](const auto& one) {
    return one.stands_on() && std::find(choice.on.begin(), choice.on.end(), one.key) == choice.on.end();
  };
  const flows::Taken taken{
      .pair =
          [&](const delegation::Pair& pair) {
            return std::any_of(offer.switches.begin(), offer.switches.end(),
                               [&](const auto& one) { return one.pair == pair && off(one); });
          },
      .detail =
          [&](const delegation::Detail& detail) {
            return std::any_of(offer.details.begin(), offer.details.end(), [&](const auto& one) {
              return off(one) && !delegation::drawable({one.detail}, {detail}, *one.resource).empty();
            });
          }};
  constexpr std::size_t newest = 10'000;  // as many as are taken back on the account page
  TRY(const auto consents, world.store.consents({world.tenant, browser.session.user, client->id}, call.now, newest));
  for (const auto& root : consents) {
    if (delegation::is_put_together(root) || !taken.some_of(root)) continue;
    TRY(auto ended, flows::withdraw(root, flows::what_stays(root, taken, app.random, call.now),
                                    event_of(call, app, "consent.withdraw", audit::Decision::done), revocations_seen,
                                    world.directory, call.now));
    for (auto& write : ended) writes.push_back(std::move(write));
  }
  return Done{};
}

// A yes: the root delegation (none where only who the user is was asked), what may be told, and the code.
Result<Answer, Error> allow(const Call& call, App& app, const Asking& asking, const Choice& choice) {
  const auto& [browser, client, offer, nothing, revocations_seen] = asking;
  const auto& user = browser.session.user;
  auto world = world_of(call, app);
  auto event = event_of(call, app, "consent.give", audit::Decision::granted);
  event.subject = event.actor = user;
  flows::tell_of(*browser.request, event);
  event.owner = client->owner;
  flows::Given given{.path = {},
                     .resources = {},
                     .openid = choice.tell,
                     .once = !offer.switches.empty() && choice.duration == flows::Duration::once,
                     .while_away = offer.while_away};
  store::Writes writes;
  oauth::ScopeSet scopes;
  if (!offer.switches.empty()) {
    TRY(auto node, flows::consented(offer, choice.on, choice.duration, *client, user, world));
    TRY(const auto taken, take_back(call, app, asking, choice, world, writes));
    given.path = node.path;
    given.resources = flows::resources_given(offer, node);
    given.details = node.details;
    event.details = delegation::text_of(node.details);
    event.chain = node.chain;
    TRY(auto resources, grants::resources_of(node.authority, world.tenant, world.directory));
    event.resources = std::move(resources);  // what is onward may be elsewhere
    for (const auto& pair : node.authority) scopes.add(pair.scope);
    writes.emplace_back(store::Delegate{std::move(node)});
  } else if (!choice.tell.contains("openid")) {  // OIDC Core §3.1.2.1: no token could tell the rest without
    return Fail{Error(Code::access_denied, "the user did not allow openid, without which nothing is told")};
  }
  for (const auto& told : choice.tell.tokens()) scopes.add(told);
  event.scope_given = scopes.text();
  if (offer.switches.empty() || choice.duration != flows::Duration::once) {
    TRY(auto remembered, remember(asking, choice, world));
    given.disclosure = remembered.record.id;
    writes.emplace_back(std::move(remembered));
  } else {
    TRY(const auto less, tell_less(asking, choice, world, writes));
  }
  auto ending = flows::redirect_with_code(*browser.request, browser.session, given, std::move(event), browser.say,
                                          revocations_seen, world);
  for (auto& write : ending.writes) writes.push_back(std::move(write));
  Answer answer{.response = std::move(ending.response), .writes = std::move(writes)};
  // Refused where another window was quicker, or somebody was stopped meanwhile (A28).
  end_interaction(call, app, browser, answer);
  return answer;
}

Answer shown(const Call& call, const Browser& browser, int status, const pages::ConsentView& view) {
  return show(call, browser, status, pages::consent_page(browser.say, view));
}

// I3: an empty offer is `invalid_scope`, and never a consent. But the one who can allow it may have the page open in
// another tab: the client is told when this person says so, and not because they came by (docs/adr/0014).
Answer nothing_to_allow(const Call& call, App& app, const Asking& asking) {
  auto view = nothing_of(call, app, asking);
  if (!view) return broken(call, view.error());
  return show(call, asking.browser, 200, pages::nothing_page(asking.browser.say, *view));
}

// Neither a yes nor a no: Enter on a switch, or no button of ours. Nothing was answered.
Answer unanswered(const Call& call, const Browser& browser, const oauth::Form& form, pages::ConsentView view) {
  set_as_posted(form, {}, view);
  view.problem = pages::Phrase("Nothing was allowed yet. The space bar turns a switch; the buttons at the end answer.");
  return shown(call, browser, 200, view);
}

// Nothing was allowed: the person was shown another client than there is now, or was asked for something else
// (docs/adr/0014).
Answer shown_again(const Call& call, App& app, const Browser& browser, const oauth::Form& form, Changed changed,
                   pages::ConsentView view) {
  set_as_posted(form, changed, view);
  if (changed.who_asks && changed.what_is_asked)
    view.problem = pages::Phrase("What you see here of who asks has changed since, and so has what it asks for, or "
                                 "what you allowed before. Nothing was allowed yet: look at it again.");
  else if (changed.who_asks)
    view.problem = pages::Phrase("What you see here of who asks has changed since. Nothing was allowed yet: look at it "
                                 "again.");
  else
    view.problem = pages::Phrase("What it asks for, or what you allowed before, has changed since. Nothing was allowed "
                                 "yet: look at it again.");
  auto answer = shown(call, browser, 400, view);
  auto event = event_of(call, app, "consent.give", audit::Decision::refused);
  event.subject = event.actor = browser.session.user;
  flows::tell_of(*browser.request, event);
  answer.writes.emplace_back(
      changed.who_asks
          ? record_refusal(std::move(event), "client_changed",
                           changed.what_is_asked ? "the client, and what is asked for, are not as shown to the user"
                                                 : "the client is not as it was shown to the user")
          : record_refusal(std::move(event), "offer_changed", "what is asked for is not as it was shown to the user"));
  return answer;
}

}  // namespace

Answer consent_form(const Call& call, App& app) {
  Asking asking;
  if (auto answer = ask(call, app, asking)) return std::move(*answer);
  if (asking.nothing) return nothing_to_allow(call, app, asking);
  auto view = view_of(call, app, asking);
  if (!view) return broken(call, view.error());
  if (const auto note = note_of(call, app, asking.browser); note.is_of_form())
    view->problem = note.problem();
  return shown(call, asking.browser, 200, *view);
}

Answer consent(const Call& call, App& app) {
  Asking asking;
  if (auto answer = ask(call, app, asking)) return std::move(*answer);
  const auto& browser = asking.browser;
  auto here = browser.way("").path("/consent");
  const auto form = posted(call, browser, "consent", may_repeat, parameters_max);
  if (!form) return unread_form(call, app, browser, "consent.refuse", std::move(here), form.error());
  if (!form->genuine) return old_form(call, app, browser, "consent.refuse", std::move(here));
  const auto said = form->form.get("answer");
  if (said == "deny")
    return back_with_error(call, app, browser,
                           asking.nothing.value_or(Error(Code::access_denied, "the user did not allow it")));
  if (asking.nothing) return nothing_to_allow(call, app, asking);
  auto view = view_of(call, app, asking);
  if (!view) return broken(call, view.error());
  if (const auto changed = changed_since(form->form, *view); changed.who_asks || changed.what_is_asked)
    return shown_again(call, app, browser, form->form, changed, std::move(*view));
  if (said != "allow") return unanswered(call, browser, form->form, std::move(*view));
  auto allowed = allow(call, app, asking, choice_of(form->form, asking.offer));
  if (!allowed) return back_with_error(call, app, browser, allowed.error());
  return std::move(allowed).take();
}

}  // namespace deputy::endpoints::people
